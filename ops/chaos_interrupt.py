"""Taking spot machines back: the emulated EC2 does it when told, AWS by an experiment of FIS."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Final, Protocol

from lakehouse.chaos import VICTIM, VICTIM_TAG
from lakehouse.errors import DeadlineError, PreflightError, ToolError
from lakehouse.outputs import GenerationOutputs
from ops.context import OpsContext
from ops.machines import Machine
from ops.wait import Clock, Pending, until

NOTICE_SECONDS: Final = 120
"""What AWS gives; a local cloud may be told another time."""

SHORTEST_NOTICE: Final = 15
"""Below this a node agent, which leaves ten seconds for its last lines, has no time to drain."""

START_SECONDS: Final = 180


class Interrupter(Protocol):
    """How machines of one place are taken back."""

    def interrupt(self, machines: Sequence[Machine], *, notice: bool) -> str:
        """Begin; says in a few words what was done."""
        ...


class LocalInterrupter:
    """The emulated EC2 of a local cloud."""

    def __init__(self, context: OpsContext, *, seconds: float = NOTICE_SECONDS) -> None:
        """`seconds`: from the notice to the end."""
        if seconds < SHORTEST_NOTICE:
            msg = f"--notice-seconds {seconds:g}: give {SHORTEST_NOTICE} or more, to drain in"
            raise PreflightError(msg)
        self._context = context
        self._seconds = seconds

    def interrupt(self, machines: Sequence[Machine], *, notice: bool) -> str:
        """Tell the account; without notice the machines are ended at once.

        Raises:
            ToolError: it does not know a machine, or does not answer.
        """
        with self._context.inside():
            for machine in machines:
                self._post(
                    {
                        "instance_id": machine.instance_id,
                        "seconds": self._seconds,
                        "notice": notice,
                    }
                )
        return f"notice of {self._seconds:g} s by the metadata service" if notice else "no notice"

    def _post(self, body: dict[str, object]) -> None:
        url = f"{self._context.outputs.aws_endpoint_url}/_local/spot-interruptions"
        request = urllib.request.Request(  # noqa: S310
            url,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=30):  # noqa: S310
                return
        except (urllib.error.URLError, OSError) as error:
            msg = f"the local account did not interrupt {body['instance_id']}: {error}"
            raise ToolError(msg) from error


class FisInterrupter:
    """AWS: the chosen machines get a tag, the stack's experiment takes those that have it."""

    def __init__(
        self,
        context: OpsContext,
        generation: GenerationOutputs,
        *,
        clock: Clock | None = None,
    ) -> None:
        """`generation` has experiments where `chaos.enabled` is set.

        Raises:
            PreflightError: the stack has none.
        """
        self._templates = context.outputs.chaos.experiments.get(generation.name, {})
        if not self._templates:
            msg = (
                f"stack {context.stack} has no experiments: set chaos.enabled in its "
                "configuration and run `pulumi up`"
            )
            raise PreflightError(msg)
        self._context = context
        self._clock = clock

    def interrupt(self, machines: Sequence[Machine], *, notice: bool) -> str:
        """Tag, start the experiment, wait until it has acted, and take the tags off again.

        Raises:
            ToolError: the experiment failed or was stopped by its alarm.
            DeadlineError: it did not act in time.
        """
        ids = [machine.instance_id for machine in machines]
        with self._context.inside():
            ec2 = self._context.account.client("ec2")
            tags = [{"Key": VICTIM_TAG, "Value": VICTIM}]
            ec2.create_tags(Resources=ids, Tags=tags)
            try:
                found = self._run(self._templates["notice" if notice else "abrupt"])
            finally:
                ec2.delete_tags(Resources=ids, Tags=tags)
        return f"experiment {found}"

    def _run(self, template: str) -> str:
        fis = self._context.account.client("fis")
        found = str(fis.start_experiment(experimentTemplateId=template)["experiment"]["id"])

        def acted() -> str | Pending:
            state = fis.get_experiment(id=found)["experiment"]["state"]
            if state["status"] in ("completed", "failed", "stopped", "cancelled"):
                return f"{state['status']}: {state.get('reason', '')}"
            return Pending(state["status"])

        try:
            ended = until(
                acted,
                deadline=START_SECONDS,
                describe=f"experiment {found}",
                interval=3.0,
                clock=self._clock,
            )
        except DeadlineError:
            fis.stop_experiment(id=found)
            raise
        if not ended.startswith("completed"):
            msg = f"experiment {found} of FIS ended as {ended}"
            raise ToolError(msg)
        return found


def interrupter(
    context: OpsContext, generation: GenerationOutputs, *, seconds: float = NOTICE_SECONDS
) -> Interrupter:
    """The one for where the stack is."""
    if context.state is not None:
        return LocalInterrupter(context, seconds=seconds)
    return FisInterrupter(context, generation)
