"""The life of every example stack, from an empty stack to a destroyed one, in emulated accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from lakehouse.errors import LakehouseError
from lakehouse.outputs import StackOutputs
from tests.engine.accounts import prove_image, running_account
from tests.engine.examples import others
from tests.engine.examples.edits import rows
from tests.engine.examples.holdings import STATES, difference, held
from tests.engine.examples.stacks import Example, open_example, secrets_in_clear

ACCOUNTS = (("prod", "stage"), ("example",), ("dev",), ("given-vpc",))
"""Stacks by the account that they share, longest first; later ones come into what is there."""

IN_BUCKET = "dev"
"""The stack whose state is where docs/operator.md puts it: in S3, with its secrets under KMS."""

SIDE_BY_SIDE = 2
"""Accounts at work at once: one for each core that there always is."""


@dataclass
class Life:
    """What was seen of one stack."""

    name: str
    made: int = 0
    """Entries of the account's listings that were not there before."""
    expected: set[str] = field(default_factory=set)
    planned: set[str] = field(default_factory=set)
    """Steps of the edit of ten settings at once: by the table, and by the engine."""
    left: list[str] = field(default_factory=list)
    """How the account differs, once the stack is destroyed, from how the stack found it."""
    outputs: StackOutputs | None = None
    """What it exports."""
    exposed: int = 0
    """Secrets that stand in its state in clear."""
    secrets: int = 0
    """Secrets that it made."""
    failures: dict[str, LakehouseError] = field(default_factory=dict)
    """Act -> why the engine refused it."""

    def act(self, name: str, run: Callable[[], None]) -> None:
        """Do something that a test asks about; what fails is told by that test."""
        try:
            run()
        except LakehouseError as error:
            self.failures[name] = error

    def came_through(self, name: str) -> None:
        """Fail the test that asks about an act that failed, or that was never come to."""
        for each in ("up", name):
            if each in self.failures:
                pytest.fail(f"{self.name}: {each}: {self.failures[each]}", pytrace=False)


def live(example: Example, life: Life, url: str, meanwhile: Callable[[], None] | None) -> None:
    """One stack from nothing to nothing; meanwhile another may come and go."""
    before = held(url)
    life.act("up", example.up)
    if "up" not in life.failures:
        _while_up(example, life, url, before, meanwhile)
    life.act("destroy", lambda: example.program.destroy(lambda _: None))
    life.left = difference(before, held(url))


def _while_up(
    example: Example,
    life: Life,
    url: str,
    before: dict[str, str],
    meanwhile: Callable[[], None] | None,
) -> None:
    life.made = len(held(url).keys() - before.keys())
    life.outputs = example.program.outputs()
    life.act("second preview", example.preview_nothing)
    life.secrets, life.exposed = secrets_in_clear(url, example)
    edits = [each for each in rows() if each.is_for(example.name)]
    for each in edits:
        life.expected |= each.expected(example.prefix, example.generations)
    life.act("edited preview", lambda: life.planned.update(example.steps(*edits)))
    example.edit(*edits)
    life.act("edited up", example.up)
    life.act("preview of what was edited", example.preview_nothing)
    life.act("refresh", example.refresh_nothing)
    if meanwhile:
        meanwhile()
        life.act("preview after another stack", example.preview_nothing)


def _account(names: tuple[str, ...], folder: Path) -> dict[str, Life]:
    lives = {name: Life(name) for name in names}
    with running_account() as url:
        image = prove_image(url)
        others.settle(url)

        def enter(name: str, *later: str) -> None:
            place = folder / name
            place.mkdir()
            states = STATES if name == IN_BUCKET else ""
            example = open_example(name, url, image, place, states=states)
            live(example, lives[name], url, partial(enter, *later) if later else None)

        enter(*names)
    return lives


@pytest.fixture(scope="session")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Life]]:
    """Stack -> its life, once that is over."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        begun: dict[str, Future[dict[str, Life]]] = {}
        for names in ACCOUNTS:
            future = pool.submit(_account, names, tmp_path_factory.mktemp(names[0]))
            begun |= dict.fromkeys(names, future)
        yield lambda name: begun[name].result()[name]
