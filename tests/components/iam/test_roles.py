"""What each role of a stack may do and what it may not, decided over its policies."""

from __future__ import annotations

import pytest

from tests.components.iam.calls import (
    EVERY_MACHINE_MAY,
    LEADER,
    MACHINES,
    NO_LEADER_MAY,
    NO_MACHINE_MAY,
    NO_WORKER_MAY,
    ONLY_A_LEADER_MAY,
    WORKER,
    Call,
)
from tests.components.iam.evaluator import Decision, Request, decide
from tests.components.iam.roles import (
    PREFIX,
    STACK,
    arn,
    decision,
    group,
    log,
    policies,
    scaling_leader,
)
from tests.components.programs import whole

SIZING = (
    "SetDesiredCapacity",
    "TerminateInstanceInAutoScalingGroup",
    "UpdateAutoScalingGroup",
)


def test_every_role_of_the_stack_has_its_list() -> None:
    generations = ("blue", "green")
    machines = {f"{each}-{role}" for each in generations for role in ("leader", "worker")}
    # Readers have theirs in test_readers, writers in test_writers, flow logs in test_flows.
    elsewhere = ("reader-", "ingest-", "flows")
    others = {each for each in policies() if not each.startswith(elsewhere)}
    assert others == machines, "say here what the new role may and may not do"


def test_machines_hold_no_policies_that_are_not_judged_here() -> None:
    attached = {each.inputs["role"] for each in whole(STACK).of("RolePolicyAttachment")}
    assert not [each for each in attached if "-reader-" not in each]


@pytest.mark.parametrize("role", MACHINES)
@pytest.mark.parametrize("call", EVERY_MACHINE_MAY, ids=str)
def test_a_machine_may(role: str, call: Call) -> None:
    assert decision(role, call.action, call.resource, call.context) is Decision.ALLOWED


@pytest.mark.parametrize("role", MACHINES)
@pytest.mark.parametrize("call", NO_MACHINE_MAY, ids=str)
def test_no_machine_may(role: str, call: Call) -> None:
    assert decision(role, call.action, call.resource, call.context) is not Decision.ALLOWED


@pytest.mark.parametrize("call", NO_WORKER_MAY, ids=str)
def test_no_worker_may(call: Call) -> None:
    assert decision(WORKER, call.action, call.resource, call.context) is not Decision.ALLOWED


@pytest.mark.parametrize("call", ONLY_A_LEADER_MAY, ids=str)
def test_only_a_leader_may(call: Call) -> None:
    assert decision(LEADER, call.action, call.resource, call.context) is Decision.ALLOWED
    assert decision(WORKER, call.action, call.resource, call.context) is not Decision.ALLOWED


@pytest.mark.parametrize("call", NO_LEADER_MAY, ids=str)
def test_no_leader_may(call: Call) -> None:
    assert decision(LEADER, call.action, call.resource, call.context) is not Decision.ALLOWED


@pytest.mark.parametrize("role", MACHINES)
@pytest.mark.parametrize("action", ["CompleteLifecycleAction", "RecordLifecycleActionHeartbeat"])
def test_a_machine_vouches_for_machines_of_its_own_group_only(role: str, action: str) -> None:
    other = WORKER if role == LEADER else LEADER
    own, others = group(f"{PREFIX}-{role}"), group(f"{PREFIX}-{other}")
    assert decision(role, f"autoscaling:{action}", own, {}) is Decision.ALLOWED
    assert decision(role, f"autoscaling:{action}", others, {}) is not Decision.ALLOWED


@pytest.mark.parametrize("role", MACHINES)
def test_a_name_that_begins_alike_is_another_stack_s(role: str) -> None:
    """Stack prod-blue with a generation called leader is nothing of stack prod's."""
    alike = group(f"{PREFIX}-{role}-worker")
    for action in ("CompleteLifecycleAction", "RecordLifecycleActionHeartbeat"):
        assert decision(role, f"autoscaling:{action}", alike, {}) is not Decision.ALLOWED


def test_a_leader_writes_the_record_of_queries_and_a_worker_does_not() -> None:
    audit = log("/millrace/prod/audit/queries")
    assert decision(LEADER, "logs:PutLogEvents", audit, {}) is Decision.ALLOWED
    assert decision(WORKER, "logs:PutLogEvents", audit, {}) is not Decision.ALLOWED


def test_a_leader_reports_figures_under_our_name_only() -> None:
    ours, others = ({"cloudwatch:namespace": each} for each in ("Millrace", "AWS/EC2"))
    assert decision(LEADER, "cloudwatch:PutMetricData", "*", ours) is Decision.ALLOWED
    assert decision(LEADER, "cloudwatch:PutMetricData", "*", others) is not Decision.ALLOWED
    assert decision(LEADER, "cloudwatch:PutMetricData", "*", {}) is not Decision.ALLOWED
    assert decision(WORKER, "cloudwatch:PutMetricData", "*", ours) is not Decision.ALLOWED


def test_a_leader_that_scales_changes_its_own_fleet_and_no_other_group() -> None:
    own, others = group(f"{PREFIX}-{WORKER}"), group(f"{PREFIX}-green-worker")
    scaling = scaling_leader()
    for action in SIZING:
        call = Request(action=f"autoscaling:{action}", resource=own)
        assert decide(call, scaling) is Decision.ALLOWED
        for wrong in (others, group(f"{PREFIX}-{LEADER}"), group(f"{PREFIX}-{WORKER}-worker")):
            call = Request(action=f"autoscaling:{action}", resource=wrong)
            assert decide(call, scaling) is not Decision.ALLOWED
        assert decision(LEADER, f"autoscaling:{action}", own, {}) is not Decision.ALLOWED


@pytest.mark.parametrize("call", [*NO_MACHINE_MAY, *NO_LEADER_MAY], ids=str)
def test_a_leader_that_scales_may_do_no_more_of_anything_else(call: Call) -> None:
    request = Request(action=call.action, resource=call.resource, context=call.context)
    assert decide(request, scaling_leader()) is not Decision.ALLOWED


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("autoscaling:CreateAutoScalingGroup", group(f"{PREFIX}-{WORKER}")),
        ("autoscaling:DeleteAutoScalingGroup", group(f"{PREFIX}-{WORKER}")),
        ("autoscaling:PutLifecycleHook", group(f"{PREFIX}-{WORKER}")),
        ("autoscaling:DeleteLifecycleHook", group(f"{PREFIX}-{WORKER}")),
        ("ec2:CreateFleet", "*"),
        ("ec2:RunInstances", arn("ec2", "launch-template/1")),
        ("iam:CreateServiceLinkedRole", "*"),
    ],
)
def test_launching_stays_the_group_s_own_right(action: str, resource: str) -> None:
    request = Request(action=action, resource=resource, context={})
    assert decide(request, scaling_leader()) is not Decision.ALLOWED


def test_a_leader_takes_notices_out_of_its_own_queue_and_puts_none_in() -> None:
    own, others = (arn("sqs", f"{PREFIX}-{each}-notices") for each in ("blue", "green"))
    for action in ("ReceiveMessage", "DeleteMessage", "GetQueueUrl"):
        assert decision(LEADER, f"sqs:{action}", own, {}) is Decision.ALLOWED
        assert decision(LEADER, f"sqs:{action}", others, {}) is not Decision.ALLOWED
        assert decision(WORKER, f"sqs:{action}", own, {}) is not Decision.ALLOWED
    for action in ("SendMessage", "PurgeQueue", "SetQueueAttributes"):
        for role in (LEADER, WORKER):
            assert decision(role, f"sqs:{action}", own, {}) is not Decision.ALLOWED


def test_a_worker_changes_the_size_of_no_group() -> None:
    own = group(f"{PREFIX}-{WORKER}")
    for action in SIZING:
        assert decision(WORKER, f"autoscaling:{action}", own, {}) is not Decision.ALLOWED
