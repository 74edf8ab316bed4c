"""The policy pack on the real engine: it lets prod through, and stops it when data is not safe.

`examples` brings every stack file up under the same pack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lakehouse.errors import ToolError
from tests.engine.accounts import ROOT, open_stack, prove_image, running_account, use_image

pytestmark = pytest.mark.engine

PACK = ROOT / "policy" / "pack" / "analyzer"
DEADLINE_SECONDS = 600


@pytest.fixture(scope="module")
def account() -> Iterator[tuple[str, str]]:
    """Where it is, and an image in it."""
    with running_account() as url:
        yield url, prove_image(url)


def preview(
    account: tuple[str, str], folder: Path, spoil: Callable[[dict[str, Any]], None], said: list[str]
) -> None:
    """Let the engine say of prod under the pack what it has to, whether it goes on or stops."""
    url, image = account

    def edit(config: dict[str, Any]) -> None:
        use_image(config, image)
        spoil(config)

    program = open_stack("prod", url, folder, edit)
    program._run(
        ["preview", "--stack", "prod", "--policy-pack", str(PACK)], DEADLINE_SECONDS, said.append
    )


def test_prod_keeps_the_rules(account: tuple[str, str], tmp_path: Path) -> None:
    said: list[str] = []
    preview(account, tmp_path, lambda _: None, said)
    assert any("millrace@v" in each for each in said), "the pack has judged it"
    assert not [each for each in said if "[mandatory]" in each]


def test_prod_with_unprotected_data_is_stopped_in_the_words_of_the_rule(
    account: tuple[str, str], tmp_path: Path
) -> None:
    def unprotect(config: dict[str, Any]) -> None:
        config["millrace:catalog"]["protect"] = False

    said: list[str] = []
    with pytest.raises(ToolError):
        preview(account, tmp_path, unprotect, said)
    broken = [each for each in said if "[mandatory]" in each]
    assert broken
    assert all("protect-data" in each for each in broken), "no other rule is broken"
    assert any("Protect s3tables.TableBucket 'millrace-prod-tables'" in each for each in said)
