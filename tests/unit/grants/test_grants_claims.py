"""Stacks that share an account: nobody loses what it needs, and nobody's things are taken."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from lakehouse.grants.claims import settle

THINGS = ("catalog", "admin:a", "admin:b", "third-party-engines")
STACKS = ("one", "two", "three")


@dataclass
class World:
    """An account, and what stacks wrote down about it."""

    present: set[str]
    made: frozenset[str] = frozenset()
    needs: dict[str, set[str]] = field(default_factory=dict)

    def turn(self, stack: str, needs: set[str]) -> None:
        """One stack comes to need something else, or nothing."""
        before = self.needs.pop(stack, set())
        change = settle(
            before=before, needs=needs, others=self.needs, present=self.present, made=self.made
        )
        self.present = (self.present | change.add) - change.remove
        self.made = change.made
        if needs:
            self.needs[stack] = needs


turns = st.lists(st.tuples(st.sampled_from(STACKS), st.sets(st.sampled_from(THINGS))), max_size=12)


@given(st.sets(st.sampled_from(THINGS)), turns)
def test_a_stack_always_has_what_it_needs(
    foreign: set[str], turns: list[tuple[str, set[str]]]
) -> None:
    world = World(set(foreign))
    for stack, needs in turns:
        world.turn(stack, needs)
        assert set().union(*world.needs.values()) <= world.present
        assert foreign <= world.present, "what was there before us stays"


@given(st.sets(st.sampled_from(THINGS)), turns)
def test_when_all_have_left_the_account_is_as_it_was(
    foreign: set[str], turns: list[tuple[str, set[str]]]
) -> None:
    world = World(set(foreign))
    for stack, needs in turns:
        world.turn(stack, needs)
    for stack in STACKS:
        world.turn(stack, set())
    assert world.present == foreign
    assert world.made == frozenset()


def test_the_last_one_removes_what_another_added() -> None:
    world = World(set())
    world.turn("one", {"catalog"})
    world.turn("two", {"catalog"})
    world.turn("one", set())
    assert world.present == {"catalog"}, "two still uses it"
    world.turn("two", set())
    assert world.present == set()


def test_what_vanished_by_another_hand_is_added_again_and_is_ours() -> None:
    world = World(set())
    world.turn("one", {"catalog"})
    world.present.clear()
    world.turn("one", {"catalog"})
    assert world.present == {"catalog"}
    assert world.made == {"catalog"}
