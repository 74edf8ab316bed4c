"""Where Terraform keeps providers on disk: its configured mirrors, then its implied ones."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_ADDRESS: Final = "registry.terraform.io/hashicorp/aws"
_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_COMMENT = re.compile(r"(?m)^\s*(#|//).*$")
_MIRROR_PATH = re.compile(r'filesystem_mirror\s*\{[^}]*?\bpath\s*=\s*"([^"]+)"')
_PLUGIN_CACHE = re.compile(r'(?m)^\s*plugin_cache_dir\s*=\s*"([^"]+)"')


def target() -> str:
    """This machine as Terraform names it, such as ``linux_amd64``."""
    machine = platform.machine()
    return f"linux_{_MACHINES.get(machine, machine)}"


def configured(text: str) -> list[Path]:
    """The folders that a Terraform CLI configuration names as mirrors of providers."""
    plain = _COMMENT.sub("", text)
    names = [*_MIRROR_PATH.findall(plain), *_PLUGIN_CACHE.findall(plain)]
    return [Path(os.path.expandvars(name)).expanduser() for name in names]


def folders(root: Path = Path("/")) -> Iterator[Path]:
    """Every folder that may hold ``registry.terraform.io/...``, most deliberate first."""
    home = Path("~").expanduser()
    configuration = Path(os.environ.get("TF_CLI_CONFIG_FILE") or home / ".terraformrc")
    if configuration.is_file():
        yield from configured(configuration.read_text(encoding="utf-8"))
    plugin_cache = os.environ.get("TF_PLUGIN_CACHE_DIR")
    if plugin_cache:
        yield Path(plugin_cache)
    yield home / ".terraform.d" / "plugins"
    yield root / "usr/share/terraform/plugins"
    yield root / "usr/local/share/terraform/plugins"
    yield from sorted(path for path in (root / "opt").glob("*") if path.is_dir())


def aws_provider(version: str, root: Path = Path("/")) -> Path | None:
    """The provider's executable of exactly `version` for this machine, wherever it is first."""
    for folder in folders(root):
        place = folder / _ADDRESS / version / target()
        for path in sorted(place.glob("terraform-provider-aws_v*")):
            if path.is_file() and os.access(path, os.X_OK):
                return path
    return None
