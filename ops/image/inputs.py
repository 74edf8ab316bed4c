"""Everything an image is made from, hashed, so that equal inputs are never baked twice.

Four layers, lowest first: `base` is Debian, `runtime` is Java, Spark and the jars, `startup` is
the archive of their classes, `project` is what changes with every commit of ours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import yaml

from lakehouse.versions import PIN_FILE, Versions, pin_file

REPOSITORY: Final = PIN_FILE.parent.parent

Layer = Literal["base", "runtime", "startup", "project"]
LAYERS: Final[tuple[Layer, ...]] = ("base", "runtime", "startup", "project")

_PACKAGE_LISTS: Final = ("base", "java", "spark", "gateway")

_PATTERNS: Final[Mapping[Layer, tuple[str, ...]]] = {
    "base": ("ops/image/base.py",),
    "runtime": (
        "ansible/playbooks/runtime.yml",
        "ansible/roles/java/**/*",
        "ansible/roles/spark/**/*",
        "ansible/roles/iceberg/**/*",
        "jvm/pom.xml",
        "jvm/src/main/**/*",
    ),
    "startup": (
        "ansible/playbooks/startup.yml",
        "ansible/roles/startup/**/*",
    ),
    "project": (
        "packer/*.hcl",
        "ansible/ansible.cfg",
        "ansible/playbooks/hygiene.yml",
        "ansible/playbooks/image.yml",
        "ansible/playbooks/project.yml",
        "ansible/roles/base/**/*",
        "ansible/roles/gateway/**/*",
        "ansible/roles/node/**/*",
        "ansible/roles/image_hygiene/**/*",
        "lakehouse/__init__.py",
        "lakehouse/boot.py",
        "lakehouse/ports.py",
        "node/**/*.py",
        "ops/image/layer.py",
        "ops/image/machine.py",
        "ops/image/seal.py",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What an image for `architecture` is made from now."""

    architecture: str
    """Debian's name."""
    packages: tuple[str, ...]
    """Debian packages of the base layer."""
    files: Mapping[Layer, Mapping[str, str]]
    """Per layer: path in the repository -> SHA-256; and facts that are not files."""
    keys: Mapping[Layer, str]
    """Per layer: hash of its own inputs and those of the layers below."""

    @property
    def content_hash(self) -> str:
        """The image's name."""
        return self.keys["project"]

    def flat(self) -> dict[str, str]:
        """All inputs by name, for comparing with those of another image."""
        return {name: value for layer in LAYERS for name, value in self.files[layer].items()}


def collect(versions: Versions, architecture: str, repository: Path = REPOSITORY) -> Inputs:
    """Hash the inputs as they are on disk."""
    packages = tuple(sorted(debian_packages(repository)))
    files: dict[Layer, dict[str, str]] = {
        layer: dict(_hashed(repository, _PATTERNS[layer])) for layer in LAYERS
    }
    # Of the pins only this set's: another one's say nothing about this image.
    pins = f"packer/{pin_file(versions.version_set).name}"
    files["runtime"].update(_hashed(repository, [pins]))
    files["base"]["Debian packages"] = _digest("\n".join(packages).encode())
    files["base"]["Debian release"] = f"{versions.debian} revision {versions.base_revision}"
    keys: dict[Layer, str] = {}
    below = architecture
    for layer in LAYERS:
        below = _digest(json.dumps([below, files[layer]], sort_keys=True).encode())
        keys[layer] = below
    return Inputs(architecture=architecture, packages=packages, files=files, keys=keys)


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Names of the inputs that differ, with what happened to them."""
    words: list[str] = []
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            words.append(f"{name} (removed)")
        elif name not in before:
            words.append(f"{name} (new)")
        elif before[name] != after[name]:
            words.append(name)
    return words


def debian_packages(repository: Path = REPOSITORY) -> set[str]:
    """The packages that the roles install: the base layer brings them, the roles find them."""
    packages: set[str] = set()
    for role in _PACKAGE_LISTS:
        path = repository / "ansible" / "roles" / role / "defaults" / "main.yml"
        packages.update(yaml.safe_load(path.read_text(encoding="utf-8"))[f"{role}_packages"])
    return packages


def _hashed(repository: Path, patterns: Iterable[str]) -> Iterable[tuple[str, str]]:
    for pattern in patterns:
        for path in sorted(repository.glob(pattern)):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(repository)), _digest(path.read_bytes())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
