"""What every command works with, passed in explicitly: outputs, account, network, clock."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.config import Config

from lakehouse.errors import PreflightError
from lakehouse.outputs import StackOutputs
from ops import netns, program
from ops.aws import Account
from ops.redact import Redactor
from ops.state import DEFAULT_CLOUD, LOCAL_STACK, NAMESPACE_KEY, PROJECT_KEY, LocalState
from ops.wait import Clock, SystemClock

CHECKOUT = Path(__file__).parents[1]

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class OpsContext:
    """One stack as an operator sees it."""

    stack: str
    outputs: StackOutputs
    environment: Mapping[str, str] = field(repr=False)
    """Credentials and region of the account, where they are not the operator's own."""
    state: LocalState | None = None
    """Only for a local cloud."""
    clock: Clock = field(default_factory=SystemClock)
    redactor: Redactor = field(default_factory=Redactor)

    @property
    def cloud(self) -> str:
        """Name of the local cloud; the default one's for a stack on AWS."""
        return self.state.directory.name if self.state else DEFAULT_CLOUD

    @cached_property
    def account(self) -> Account:
        """The account's services. Call them `inside()`."""
        return Account(self._client)

    def inside(self) -> AbstractContextManager[None]:
        """Where the account's API and the machines answer. The endpoint answers outside."""
        return netns.inside(self.environment.get(NAMESPACE_KEY, ""))

    def _client(self, service: str) -> Any:
        outputs = self.outputs
        return _open_client(service, self.environment, outputs.region, outputs.aws_endpoint_url)


@dataclass(frozen=True, kw_only=True)
class AccountContext:
    """An account as an operator sees it, whether a stack is in it or not."""

    region: str
    environment: Mapping[str, str] = field(repr=False)

    @cached_property
    def account(self) -> Account:
        """The account's services. Call them `inside()`."""
        url = self.environment.get("AWS_ENDPOINT_URL", "")
        return Account(lambda service: _open_client(service, self.environment, self.region, url))

    def inside(self) -> AbstractContextManager[None]:
        """Where the account's API answers."""
        return netns.inside(self.environment.get(NAMESPACE_KEY, ""))


def _open_client(
    service: str, environment: Mapping[str, str], region: str, endpoint_url: str
) -> Any:
    session = boto3.Session(
        aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=environment.get("AWS_SESSION_TOKEN"),
        region_name=region,
    )
    return session.client(
        service,
        endpoint_url=endpoint_url or None,
        config=Config(
            retries={"mode": "standard", "total_max_attempts": 4},
            connect_timeout=5,
            read_timeout=30,
        ),
    )


def open_account(stack: str, *, cloud: str = "", redactor: Redactor) -> AccountContext:
    """The account that a stack is or will be in: images come before stacks.

    Raises:
        PreflightError: the local cloud is not up, or there is no such stack file.
    """
    if stack == LOCAL_STACK:
        environment = LocalState.of(cloud).environment()
        if not environment:
            msg = "the local cloud is not up: run `make up`"
            raise PreflightError(msg)
        _learn(redactor, environment)
        return AccountContext(region=environment["AWS_REGION"], environment=environment)
    path = CHECKOUT / f"Pulumi.{stack}.yaml"
    try:
        document = yaml.safe_load(path.read_text())
        return AccountContext(region=document["config"]["aws:region"], environment={})
    except (FileNotFoundError, KeyError, TypeError) as error:
        msg = f"{path.name} does not say aws:region of stack {stack}: {error}"
        raise PreflightError(msg) from error


def _learn(redactor: Redactor, environment: Mapping[str, str]) -> None:
    for key in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        redactor.learn(environment.get(key, ""))


def open_context(
    stack: str,
    *,
    cloud: str = "",
    redactor: Redactor | None = None,
    log: program.Log = _logger.info,
) -> OpsContext:
    """Find the stack's outputs: the local cloud's copy, else `pulumi stack output`.

    Raises:
        PreflightError: the local cloud is not up, or there is no pulumi.
        ToolError: pulumi does not know the stack.
        ContractError: the stack has no outputs, or those of another version.
    """
    redactor = redactor or Redactor()
    if stack == LOCAL_STACK:
        state = LocalState.of(cloud)
        environment = state.environment()
        if not state.outputs_file.exists():
            msg = f"the local stack is not up ({state.outputs_file} is missing): run `make up`"
            raise PreflightError(msg)
        outputs = StackOutputs.from_json(state.outputs_file.read_text())
    else:
        state = None
        environment = {}
        outputs = open_program(stack, log=log).outputs()
    _learn(redactor, environment)
    return OpsContext(
        stack=stack, outputs=outputs, environment=environment, state=state, redactor=redactor
    )


def open_program(
    stack: str, *, cloud: str = "", log: program.Log = _logger.info
) -> program.Program:
    """The Pulumi program of that stack, with what its engine needs in the environment."""
    pulumi, extra = program.find_pulumi(log)
    environment = LocalState.of(cloud).environment() if stack == LOCAL_STACK else {}
    directory = Path(environment.get(PROJECT_KEY) or CHECKOUT)
    return program.Program(
        stack=stack, directory=directory, pulumi=pulumi, environment={**environment, **extra}
    )


def read_outputs(path: Path) -> StackOutputs:
    """Outputs from a file, for commands and suites that are given one."""
    try:
        return StackOutputs.from_json(path.read_text())
    except FileNotFoundError as error:
        msg = f"{path}: no such file; `pulumi stack output --json` writes the outputs"
        raise PreflightError(msg) from error


def context_from_environment(
    outputs: StackOutputs, environment: Mapping[str, str] = os.environ
) -> OpsContext:
    """A context that knows the outputs and the process's environment only."""
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", NAMESPACE_KEY)
    return OpsContext(
        stack=outputs.stack,
        outputs=outputs,
        environment={key: environment[key] for key in keys if key in environment},
    )
