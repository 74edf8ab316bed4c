"""Following Auto Scaling groups that replace their machines after an update."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from lakehouse.errors import ToolError
from ops.aws import Account
from ops.wait import Clock, Pending, until

_UNDER_WAY: Final = frozenset({"Pending", "InProgress", "Cancelling", "RollbackInProgress"})
_WELL: Final = "Successful"


def await_replaced(
    account: Account,
    groups: Iterable[str],
    *,
    deadline: float,
    log: Callable[[str], None],
    clock: Clock | None = None,
) -> None:
    """Wait until no group is replacing machines. Returns at once when none is.

    An update of a stack only starts this: its machines change afterwards.

    Raises:
        ToolError: a replacement that was followed did not succeed.
        DeadlineError: it goes on after `deadline` seconds; says how far it is.
    """
    followed: dict[str, str] = {}

    def probe() -> bool | Pending:
        seen: list[str] = []
        for group in groups:
            refresh = account.autoscaling.newest_refresh(group)
            if refresh and refresh["Status"] in _UNDER_WAY:
                if group not in followed:
                    log(f"{group} replaces its machines")
                followed[group] = refresh["InstanceRefreshId"]
                seen.append(f"{group} {refresh.get('PercentageComplete', 0)} %")
            elif refresh and followed.get(group) == refresh["InstanceRefreshId"]:
                _require_success(group, refresh["Status"], refresh.get("StatusReason", ""))
        return Pending(", ".join(seen)) if seen else True

    until(probe, deadline=deadline, describe="new machines", interval=1.0, clock=clock)


def _require_success(group: str, status: str, reason: str) -> None:
    if status != _WELL:
        msg = f"replacing the machines of {group} ended as {status} {reason}".rstrip()
        raise ToolError(msg)
