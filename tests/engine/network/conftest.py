"""An emulated account with an image that was proved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.accounts import prove_image, running_account


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    with running_account() as url:
        prove_image(url)
        yield url
