"""What an instance type's name says of its processor."""

from __future__ import annotations

import pytest

from lakehouse.types import architecture


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [
        ("m7g.large", "arm64"),
        ("r8gd.xlarge", "arm64"),
        ("t4g.small", "arm64"),
        ("im4gn.large", "arm64"),
        ("is4gen.large", "arm64"),
        ("g5g.xlarge", "arm64"),
        ("a1.large", "arm64"),
        ("m7i.large", "x86_64"),
        ("g5.xlarge", "x86_64"),
        ("m7i-flex.large", "x86_64"),
        ("t3a.small", "x86_64"),
        ("i4i.large", "x86_64"),
        ("u7i-12tb.224xlarge", "x86_64"),
    ],
)
def test_graviton_is_told_by_the_letter_after_the_number(instance_type: str, expected: str) -> None:
    assert architecture(instance_type) == expected
