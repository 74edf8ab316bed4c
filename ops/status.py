"""The state of a stack: collected here, drawn by `status_view`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lakehouse.outputs import StackOutputs
from ops.aws import AwsError
from ops.connect import choose_user, fetch_token
from ops.context import OpsContext
from ops.endpoint import NodeStatus, node_status
from ops.machines import Machine, find_machines


@dataclass(frozen=True, kw_only=True)
class Status:
    """Everything that `lakehouse status` shows."""

    outputs: StackOutputs
    machines: tuple[Machine, ...]
    node: NodeStatus
    user: str
    account_problem: str = ""

    @property
    def answering(self) -> bool:
        """Whether the endpoint answered an authenticated request."""
        return not self.node.problem

    def to_mapping(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "stack": self.outputs.stack,
            "endpoint": {
                "host": self.outputs.endpoint.host,
                "port": self.outputs.endpoint.port,
                "answering": self.answering,
                "problem": self.node.problem,
                "seconds": round(self.node.seconds, 3),
            },
            "generations": [each.model_dump(mode="json") for each in self.outputs.generations],
            "machines": [asdict(machine) for machine in self.machines],
            "node": dict(self.node.document),
            "problem": self.account_problem,
        }


def collect(context: OpsContext, user: str = "") -> Status:
    """Ask the account and the endpoint. A part that does not answer is reported, not fatal."""
    machines: tuple[Machine, ...] = ()
    problem = ""
    node = NodeStatus(seconds=0.0, problem="not asked: no token")
    chosen = choose_user(context.outputs, user)
    try:
        with context.inside():
            machines = find_machines(context.account, context.outputs)
        token = fetch_token(context, chosen)
    except AwsError as error:
        problem = str(error)
    else:
        node = node_status(context.outputs.endpoint, token)
    return Status(
        outputs=context.outputs,
        machines=machines,
        node=node,
        user=chosen,
        account_problem=problem,
    )
