"""How each tool is built from the Go module proxy.

The module that requires a tool is in ``toolchain/go/<tool>/``; its go.sum decides every byte of
source, so a recipe's key is the hash of those files and of the flags.
"""

from __future__ import annotations

import json
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from toolchain import golang, versions
from toolchain.cache import cached, content_key, entry
from toolchain.process import run
from toolchain.progress import Log

MODULES: Final = Path(__file__).parent / "go"
BUILD_DEADLINE_SECONDS: Final = 1500.0
"""The slowest, the Pulumi CLI, takes under four minutes on two cores with an empty cache."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One program, the version it is, and the package that is its main."""

    name: str
    version: str
    package: str
    linker_flags: str = "-s -w"
    modules: Path = MODULES

    @property
    def module(self) -> Path:
        """The folder with the committed go.mod and go.sum."""
        return self.modules / self.name

    @property
    def key(self) -> str:
        """Changes exactly when the result would."""
        sums = [(self.module / name).read_bytes() for name in ("go.mod", "go.sum")]
        flags = [self.package, self.linker_flags, golang.environment()["GOFLAGS"]]
        return content_key(self.version, *flags, platform.machine(), *sums)

    @property
    def binary(self) -> Path:
        """Where the built program is, or will be."""
        return entry(f"{self.name}-{self.version}", self.key) / self.name

    def build(self, log: Log) -> Path:
        """The built program, building it first if the cache has none."""

        def make(directory: Path) -> None:
            _build(self, directory, log)

        return cached(f"{self.name}-{self.version}", self.key, make, log) / self.name


def download(recipe: Recipe, module: str, log: Log) -> Path:
    """The folder of one module's source, checked against the go.sum of `recipe`."""
    answer = run(
        [golang.go(log), "mod", "download", "-json", module],
        what=f"{recipe.name}: fetching {module}",
        log=log,
        directory=recipe.module,
        environment=golang.environment(),
    )
    return Path(json.loads(answer)["Dir"])


def _build(recipe: Recipe, directory: Path, log: Log) -> None:
    command = golang.go(log)
    log(f"{recipe.name} {recipe.version}: building from the Go module proxy")
    # Built in a copy: a checkout may be read-only, and go rewrites what it finds untidy.
    source = directory / "module"
    source.mkdir()
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(recipe.module / name, source / name)
    output = directory / recipe.name
    run(
        [command, "build", "-ldflags", recipe.linker_flags, "-o", output, recipe.package],
        what=f"{recipe.name}: building",
        log=log,
        directory=source,
        environment=golang.environment(),
        deadline=BUILD_DEADLINE_SECONDS,
    )
    shutil.rmtree(source)


PULUMI: Final = Recipe(
    name="pulumi",
    version=versions.PULUMI,
    package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    linker_flags="-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
    f"=v{versions.PULUMI}",
)
PULUMI_LANGUAGE_PYTHON: Final = Recipe(
    name="pulumi-language-python",
    version=versions.PULUMI_LANGUAGE_HOST,
    package="github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
)
PACKER: Final = Recipe(
    name="packer", version=versions.PACKER, package="github.com/hashicorp/packer"
)
PACKER_PLUGIN_AMAZON: Final = Recipe(
    name="packer-plugin-amazon",
    version=versions.PACKER_PLUGIN_AMAZON,
    package="github.com/hashicorp/packer-plugin-amazon",
)
PACKER_PLUGIN_ANSIBLE: Final = Recipe(
    name="packer-plugin-ansible",
    version=versions.PACKER_PLUGIN_ANSIBLE,
    package="github.com/hashicorp/packer-plugin-ansible",
    # Released as a library of packer, it calls itself 1.0.3-dev unless told otherwise.
    linker_flags="-s -w -X github.com/hashicorp/packer-plugin-ansible/version.VersionPrerelease=",
)
ALL: Final = (
    PULUMI,
    PULUMI_LANGUAGE_PYTHON,
    PACKER,
    PACKER_PLUGIN_AMAZON,
    PACKER_PLUGIN_ANSIBLE,
)
