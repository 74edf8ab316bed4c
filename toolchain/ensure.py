"""Everything that a preview, a deployment and an image bake start: found, or built once."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from lakehouse.errors import PreflightError
from toolchain.awsprovider import aws_plugin
from toolchain.cache import cache_dir
from toolchain.packer_kit import PackerKit, packer_kit
from toolchain.progress import Log
from toolchain.pulumi_kit import pulumi_bin

_NOT_FOR_PULUMI = ("AWS_CA_BUNDLE",)


@dataclass(frozen=True, kw_only=True)
class PulumiKit:
    """A Pulumi CLI that finds its Python language host, dynamic provider and aws plugin."""

    pulumi_bin: Path
    """Folder with ``pulumi``, ``pulumi-language-python`` and the dynamic provider."""

    aws_plugin_bin: Path
    """Folder with ``pulumi-resource-aws``."""

    terraform_provider_aws: Path | None
    """What the aws plugin stands on; none if it is Pulumi's own."""

    @property
    def pulumi(self) -> Path:
        """The CLI."""
        return self.pulumi_bin / "pulumi"

    @property
    def pulumi_home_env(self) -> dict[str, str]:
        """The variables that Pulumi needs whatever stack it is about."""
        path = [str(self.aws_plugin_bin), str(self.pulumi_bin), os.environ.get("PATH", os.defpath)]
        return {
            "PATH": os.pathsep.join(path),
            "PULUMI_HOME": str(cache_dir() / "pulumi-home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_PYTHON_CMD": sys.executable,
        }

    def environment(self, state_dir: Path) -> dict[str, str]:
        """A whole environment for Pulumi with its state in `state_dir`, which is created.

        The passphrase is the caller's: it decides who can read the state's secrets.
        """
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        inherited = {k: v for k, v in os.environ.items() if k not in _NOT_FOR_PULUMI}
        backend = {"PULUMI_BACKEND_URL": state_dir.absolute().as_uri()}
        return {**inherited, **self.pulumi_home_env, **backend}


@dataclass(frozen=True, kw_only=True)
class Tools(PulumiKit):
    """`PulumiKit` and Packer with its plugins."""

    packer_kit: PackerKit

    @property
    def packer(self) -> Path:
        """Packer itself."""
        return self.packer_kit.packer

    @property
    def packer_plugin_path(self) -> Path:
        """What ``PACKER_PLUGIN_PATH`` has to be."""
        return self.packer_kit.plugin_path

    def packer_environment(self) -> dict[str, str]:
        """A whole environment for Packer."""
        return self.packer_kit.environment()


def ensure_pulumi(log: Log) -> PulumiKit:
    """Pulumi alone. Fails before any build if nothing can answer for the aws plugin."""
    _require_pip()
    plugin = aws_plugin(log)
    (cache_dir() / "pulumi-home").mkdir(parents=True, exist_ok=True)
    return PulumiKit(
        pulumi_bin=pulumi_bin(log),
        aws_plugin_bin=plugin.folder,
        terraform_provider_aws=plugin.terraform_provider,
    )


def _require_pip() -> None:
    # Its metadata, for the import system would be asked through a hook of setuptools, which
    # warns wherever somebody has imported distutils.
    try:
        distribution("pip")
    except PackageNotFoundError:
        msg = (
            f"pip is not installed beside {sys.executable}; Pulumi's Python language host asks it"
            " which packages a program has. Bring the project's environment up to date with"
            " `make setup`"
        )
        raise PreflightError(msg) from None


def ensure_packer(log: Log) -> PackerKit:
    """Packer alone, which an image bake needs."""
    return packer_kit(log)


def ensure(log: Log) -> Tools:
    """Every tool; seconds when all are there, minutes on the first run."""
    pulumi = ensure_pulumi(log)
    packer = ensure_packer(log)
    return Tools(
        pulumi_bin=pulumi.pulumi_bin,
        aws_plugin_bin=pulumi.aws_plugin_bin,
        terraform_provider_aws=pulumi.terraform_provider_aws,
        packer_kit=packer,
    )
