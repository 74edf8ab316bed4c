"""What several stacks need of one account: who adds it, and who may take it away.

Lake Formation's settings and the federated catalog are one per account and region. Each stack
writes down what it needs; what any of ours added is written down once. So the last stack that
needs a thing removes it, whoever added it, and what was there before us stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """What to do to the account, and what our stacks have added when it is done."""

    add: frozenset[str]
    remove: frozenset[str]
    made: frozenset[str]


def settle(
    *,
    before: Iterable[str],
    needs: Iterable[str],
    others: Mapping[str, Iterable[str]],
    present: Iterable[str],
    made: Iterable[str],
) -> Change:
    """The change when a stack that needed `before` now needs `needs` (nothing, when it leaves).

    `others` are the needs of the other stacks, `present` is what the account has and `made`
    what our stacks have added to it.
    """
    wanted, there, ours = frozenset(needs), frozenset(present), frozenset(made)
    kept = wanted.union(*map(frozenset, others.values()))
    add = wanted - there
    remove = ((frozenset(before) - kept) & ours) & there
    # What vanished by another hand is no longer ours to remove should it come back.
    return Change(add=add, remove=remove, made=(ours & there) - remove | add)
