"""The image tests as one hash, and which of them each layer passed when it was baked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from ops.image.inputs import REPOSITORY
from ops.image.layer import TESTS, Playbook

FOLDER: Final = Path("tests/image")
SEALED: Final = "test_hygiene.py"
"""Runs on the tree that is about to become an image, not on a machine."""


def booted_tests(repository: Path = REPOSITORY) -> list[Path]:
    """The files that a booted machine can answer."""
    return [path for path in sorted((repository / FOLDER).glob("test_*.py")) if path.name != SEALED]


def hash_of(tests: Iterable[Path], repository: Path = REPOSITORY) -> str:
    """One hash over the names and texts of these tests and what they share."""
    digest = hashlib.sha256()
    for path in sorted({*tests, repository / FOLDER / "conftest.py"}):
        digest.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def note(layer: Playbook, target: Path, repository: Path = REPOSITORY) -> None:
    """Write beside a layer that was just baked which tests it passed.

    A layer that is not baked again is not tested again either, so this is kept with it.
    """
    names = (*TESTS[layer], SEALED)
    tests = [repository / FOLDER / name for name in names]
    _beside(target).write_text(hash_of(tests, repository), encoding="utf-8")


def noted(layers: Sequence[Path]) -> str:
    """One hash over the suites that these layers passed; empty when one was not noted."""
    notes = [_beside(layer) for layer in layers]
    if not all(each.is_file() for each in notes):
        return ""
    texts = [each.read_text(encoding="utf-8") for each in notes]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _beside(layer: Path) -> Path:
    return layer.with_suffix(".suite")
