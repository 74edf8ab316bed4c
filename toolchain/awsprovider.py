"""What answers for ``pulumi-resource-aws``: the official plugin, or the stand-in's launcher.

The stand-in (`toolchain.awsplugin`) drives the real Terraform AWS provider, so it needs that
provider's executable; the official plugin needs nothing.
"""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as distribution_version
from pathlib import Path
from typing import Final

from lakehouse.errors import PreflightError
from toolchain import installed, mirrors, versions
from toolchain.cache import cached, content_key
from toolchain.progress import Log

PROGRAM: Final = "pulumi-resource-aws"
OVERRIDE: Final = "MILLRACE_TERRAFORM_PROVIDER_AWS"
"""Environment variable that names the Terraform AWS provider's executable outright."""

_CHECKOUT: Final = Path(__file__).parent.parent

_LAUNCHER: Final = """\
#!/bin/sh
# Pulumi starts this as its aws plugin: the stand-in over the real Terraform AWS provider.
# The provider aborts on a CA bundle of the environment when it is driven without Terraform.
unset AWS_CA_BUNDLE
TF_AWS_PROVIDER={provider}
PYTHONPATH={checkout}${{PYTHONPATH:+:$PYTHONPATH}}
export TF_AWS_PROVIDER PYTHONPATH
exec {python} -m toolchain.awsplugin "$@"
"""


@dataclass(frozen=True, kw_only=True)
class AwsPlugin:
    """Where ``pulumi-resource-aws`` is, and over which provider if it is the stand-in."""

    folder: Path
    terraform_provider: Path | None

    @property
    def official(self) -> bool:
        """Whether this is Pulumi's own plugin."""
        return self.terraform_provider is None


def aws_plugin(log: Log) -> AwsPlugin:
    """The plugin to put on PATH; raises at once if this machine has nothing to make one of."""
    official = find_official()
    if official is not None:
        return AwsPlugin(folder=official.parent, terraform_provider=None)
    provider = find_provider()
    script = launcher(provider, Path(sys.executable), _CHECKOUT)

    def make(directory: Path) -> None:
        path = directory / PROGRAM
        path.write_text(script, encoding="utf-8")
        path.chmod(0o755)

    folder = cached("aws-plugin", content_key(script), make, log)
    return AwsPlugin(folder=folder, terraform_provider=provider)


def find_official() -> Path | None:
    """Pulumi's own plugin: on PATH, or in its plugin folder in the version the SDK wants."""
    on_path = next(installed.candidates(PROGRAM), None)
    if on_path is not None:
        return on_path
    home = Path(os.environ.get("PULUMI_HOME") or "~/.pulumi").expanduser()
    path = home / "plugins" / f"resource-aws-v{_sdk_version()}" / PROGRAM
    return path if path.is_file() and os.access(path, os.X_OK) else None


def find_provider(root: Path = Path("/")) -> Path:
    """The Terraform AWS provider's executable."""
    named = os.environ.get(OVERRIDE)
    if named:
        path = Path(named).expanduser().absolute()
        if path.is_file() and os.access(path, os.X_OK):
            return path
        msg = f"{OVERRIDE} is {named}, which is not an executable file; correct or unset it"
        raise PreflightError(msg)
    found = mirrors.aws_provider(versions.TERRAFORM_PROVIDER_AWS, root)
    if found is not None:
        return found
    raise PreflightError(_remedy(root))


def launcher(provider: Path, python: Path, checkout: Path) -> str:
    """The script that starts the stand-in."""
    words = {"provider": provider, "python": python, "checkout": checkout}
    return _LAUNCHER.format(**{name: shlex.quote(str(path)) for name, path in words.items()})


def _sdk_version() -> str:
    try:
        return distribution_version("pulumi-aws")
    except PackageNotFoundError as error:
        msg = "pulumi-aws is not installed beside this Python; run `uv sync --frozen` first"
        raise PreflightError(msg) from error


def _remedy(root: Path) -> str:
    version, target = versions.TERRAFORM_PROVIDER_AWS, mirrors.target()
    searched = "\n".join(f"  {folder}" for folder in mirrors.folders(root))
    return (
        f"no {PROGRAM} and no terraform-provider-aws {version} ({target}) on this machine. Do one"
        " of:\n"
        f"  pulumi plugin install resource aws {_sdk_version()}\n"
        f"  terraform providers mirror ~/.terraform.d/plugins   (hashicorp/aws {version}, then"
        " unpack)\n"
        f"  export {OVERRIDE}=/path/to/terraform-provider-aws_v{version}\n"
        f"Looked for registry.terraform.io/hashicorp/aws/{version}/{target}/ below:\n{searched}"
    )
