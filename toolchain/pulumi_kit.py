"""The Pulumi CLI with what runs Python programs and dynamic resources beside it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from toolchain import installed, recipes, versions
from toolchain.cache import cached, content_key, entry
from toolchain.progress import Log

_SDK: Final = "github.com/pulumi/pulumi/sdk/v3"
_FROM_SDK: Final = (
    "python/cmd/pulumi-language-python-exec",
    "python/dist/pulumi-resource-pulumi-python",
)


def find_installed(log: Log) -> Path | None:
    """The folder of an installed CLI of an accepted version that has its language host along."""
    program = installed.find("pulumi", ["version"], versions.PULUMI, log)
    if program is None:
        return None
    for folder in (program.parent, program.resolve().parent):
        if os.access(folder / "pulumi-language-python", os.X_OK):
            return folder
    log(f"pulumi: {program} has no pulumi-language-python beside it; passed over")
    return None


def pulumi_bin(log: Log) -> Path:
    """A folder with the CLI, the language host, its launcher and the dynamic provider."""
    found = find_installed(log)
    if found is not None:
        return found
    return cached(f"pulumi-kit-{versions.PULUMI}", _key(), lambda d: _assemble(d, log), log)


def where() -> Path:
    """The folder that a build puts the kit in."""
    return entry(f"pulumi-kit-{versions.PULUMI}", _key())


def _key() -> str:
    parts = (recipes.PULUMI.key, recipes.PULUMI_LANGUAGE_PYTHON.key, *_FROM_SDK)
    return content_key(*parts)


def _assemble(directory: Path, log: Log) -> None:
    programs = [recipes.PULUMI.build(log), recipes.PULUMI_LANGUAGE_PYTHON.build(log)]
    sdk = recipes.download(recipes.PULUMI, _SDK, log)
    programs += [sdk / path for path in _FROM_SDK]
    for program in programs:
        target = directory / program.name
        shutil.copyfile(program, target)
        target.chmod(0o755)
