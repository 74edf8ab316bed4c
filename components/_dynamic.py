"""What our own resources have in common: those that Pulumi's AWS provider does not have.

They are previewed, updated, refreshed and deleted by the engine like all others. The engine keeps
a reference to the class, not its code, so a class stays where it is for as long as a stack may
have such a resource. AWS is called in the provider's methods only, never by the program.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from pulumi.dynamic import DiffResult, ResourceProvider

T = TypeVar("T")

Props = dict[str, Any]

DEADLINE: Final = 120.0
"""Seconds until the account must show what was done: IAM alone may take one minute."""

PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 5.0

WHERE: Final = ("account_id", "region")
"""Inputs of every resource; another account or region is another resource."""

_RETRIED: Final = frozenset(
    {"ConcurrentModificationException", "OperationTimeoutException", "ThrottlingException"}
)
_PRINCIPAL: Final = "invalid principal"
"""What Lake Formation says of a role that IAM has not yet told it about."""

_lock = threading.Lock()
_clients: dict[tuple[str, str], Any] = {}
_accounts: dict[str, str] = {}


class AwsProvider(ResourceProvider):
    """Base of the providers: equal inputs are no change, and only AWS's answer is remembered."""

    serialize_as_secret_always = False
    # What is serialized is the name of the class: nothing to hide, and nothing to show as changed.

    identity: tuple[str, ...] = ()
    """Inputs whose change makes another resource, besides `WHERE`."""

    compared: tuple[str, ...] = ()
    """Inputs whose change is made in place."""

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Which inputs differ from what is there."""
        replaced = [key for key in (*WHERE, *self.identity) if _olds.get(key) != _news.get(key)]
        changed = [key for key in self.compared if _olds.get(key) != _news.get(key)]
        return DiffResult(changes=bool(replaced or changed), replaces=replaced)


def client(props: Mapping[str, Any], service: str) -> Any:
    """A client of the account that the stack is in.

    Credentials come from where boto3 finds them, which may not be where the stack's provider
    does, so another account is refused.
    """
    region = props["region"]
    with _lock:
        if (service, region) not in _clients:
            config = Config(retries={"mode": "standard", "max_attempts": 8})
            _clients[service, region] = boto3.client(service, region_name=region, config=config)
        found = _clients[service, region]
        if region not in _accounts:
            sts = boto3.client("sts", region_name=region)
            _accounts[region] = sts.get_caller_identity()["Account"]
    if _accounts[region] != props["account_id"]:
        msg = (
            f"credentials are of account {_accounts[region]}, the stack is in "
            f"{props['account_id']}; set AWS_PROFILE or the keys of that account"
        )
        raise RuntimeError(msg)
    return found


def code_of(error: ClientError) -> str:
    """AWS's name of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def patiently(call: Callable[[], T], what: str) -> T:
    """`call`, again while the account is busy or has not heard of a new principal.

    Raises:
        TimeoutError: it still is at the deadline; the message holds AWS's last answer.
    """
    deadline, pause = time.monotonic() + DEADLINE, PAUSE
    while True:
        try:
            return call()
        except ClientError as error:
            unheard = _PRINCIPAL in str(error).lower()
            if code_of(error) not in _RETRIED and not unheard:
                raise
            if time.monotonic() > deadline:
                msg = f"{what}: not possible for {DEADLINE:g} s; AWS said last: {error}"
                raise TimeoutError(msg) from error
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def shown(probe: Callable[[], T], is_right: Callable[[T], bool], what: str) -> T:
    """What `probe` finds as soon as it is right.

    Raises:
        TimeoutError: it is not at the deadline; the message holds what was seen last.
    """
    deadline, pause = time.monotonic() + DEADLINE, PAUSE
    while not is_right(seen := probe()):
        if time.monotonic() > deadline:
            msg = f"{what}: not so after {DEADLINE:g} s; last seen: {seen}"
            raise TimeoutError(msg)
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
    return seen
