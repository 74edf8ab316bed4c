"""IAM documents: least privilege, with an ARN wherever AWS knows one."""

from __future__ import annotations

from typing import Any

import pytest

from lakehouse import fleet_policies, policies

ACCOUNT = policies.Account(region="eu-central-1", account_id="123456789012")
BUCKET = "arn:aws:s3tables:eu-central-1:123456789012:bucket/lake"
SILVER = f"{BUCKET}-silver"
COMMON: dict[str, Any] = {
    "account": ACCOUNT,
    "bucket_arns": [BUCKET, SILVER],
    "key_arn": "arn:aws:kms:eu-central-1:123456789012:key/1",
    "group_pattern": "millrace-prod-blue-leader-*",
}
LOGS, AUDIT = "/millrace/prod/blue", "/millrace/prod/audit/queries"
LEADER = policies.leader(
    secrets=["arn:b", "arn:a"],
    zone_id="Z1",
    host="leader-blue.lake.internal",
    log_groups=[LOGS, AUDIT],
    **COMMON,
)
WORKER = policies.worker(secrets=["arn:a"], log_groups=[LOGS], **COMMON)
BOTH = pytest.mark.parametrize("document", [LEADER, WORKER], ids=["leader", "worker"])

WITHOUT_RESOURCE_TYPES = {"SessionManagerChannels", "OwnFigures", "SeeWorkers"}


def statement(document: policies.Document, sid: str) -> dict[str, Any]:
    (found,) = [each for each in document["Statement"] if each["Sid"] == sid]
    return dict(found)


def actions(each: dict[str, Any]) -> list[str]:
    return [each["Action"]] if isinstance(each["Action"], str) else list(each["Action"])


@BOTH
def test_every_statement_names_what_it_is_about(document: policies.Document) -> None:
    for each in document["Statement"]:
        if each["Sid"] not in WITHOUT_RESOURCE_TYPES:
            assert "*" not in each["Resource"] or each["Resource"].startswith("arn:"), each["Sid"]


@BOTH
def test_no_action_is_a_wildcard(document: policies.Document) -> None:
    listed = [action for each in document["Statement"] for action in actions(each)]
    assert [action for action in listed if "*" in action] == []


@BOTH
def test_table_data_is_that_of_the_stack_s_buckets(document: policies.Document) -> None:
    assert statement(document, "TableBucket")["Resource"] == [BUCKET, SILVER]
    assert statement(document, "TableData")["Resource"] == [
        BUCKET,
        f"{BUCKET}/table/*",
        SILVER,
        f"{SILVER}/table/*",
    ]


@BOTH
def test_the_key_is_used_for_tables_of_the_bucket_only(document: policies.Document) -> None:
    condition = statement(document, "TableKey")["Condition"]["StringLike"]
    assert condition == {"kms:EncryptionContext:aws:s3:arn": [f"{BUCKET}/*", f"{SILVER}/*"]}


@BOTH
def test_a_machine_completes_the_hooks_of_its_own_group_only(
    document: policies.Document,
) -> None:
    resource = statement(document, "OwnLifecycle")["Resource"]
    assert resource.endswith("autoScalingGroupName/millrace-prod-blue-leader-*")


@BOTH
def test_no_role_may_read_parameters_or_change_policies(document: policies.Document) -> None:
    listed = {action for each in document["Statement"] for action in actions(each)}
    assert not listed & {"ssm:GetParameter", "ssm:GetParameters", "iam:PassRole"}
    assert not [action for action in listed if "Policy" in action]


def test_a_leader_changes_its_own_record_and_no_other() -> None:
    record = statement(LEADER, "OwnRecord")
    assert record["Resource"] == "arn:aws:route53:::hostedzone/Z1"
    condition = record["Condition"]["ForAllValues:StringEquals"]
    assert condition["route53:ChangeResourceRecordSetsNormalizedRecordNames"] == [
        "leader-blue.lake.internal"
    ]
    assert condition["route53:ChangeResourceRecordSetsRecordTypes"] == ["A"]


def test_a_worker_may_do_less_than_a_leader() -> None:
    def sids(document: policies.Document) -> set[str]:
        return {each["Sid"] for each in document["Statement"]}

    assert sids(LEADER) - sids(WORKER) == {"OwnRecord", "OwnFigures", "SeeWorkers"}
    assert sids(WORKER) < sids(LEADER)


def test_equal_documents_are_equal_text() -> None:
    again = policies.leader(
        secrets=["arn:a", "arn:b"],
        zone_id="Z1",
        host="leader-blue.lake.internal",
        log_groups=[LOGS, AUDIT],
        **COMMON,
    )
    assert policies.as_json(again) == policies.as_json(LEADER), "else every preview shows a change"


def test_another_partition_gets_its_own_arns() -> None:
    china = policies.Account(region="cn-north-1", account_id="1", partition="aws-cn")
    assert china.arn("logs", "x") == "arn:aws-cn:logs:cn-north-1:1:x"


def test_a_leader_that_scales_changes_its_own_group_of_workers_only() -> None:
    scaling = policies.leader(
        secrets=["arn:a"],
        zone_id="Z1",
        host="leader-blue.lake.internal",
        fleet=fleet_policies.change(COMMON["account"], "millrace-prod-blue-worker-*"),
        log_groups=[],
        **COMMON,
    )
    own = statement(scaling, "OwnFleet")
    assert own["Resource"].endswith("autoScalingGroupName/millrace-prod-blue-worker-*")
    assert set(own["Action"]) == {
        "autoscaling:SetDesiredCapacity",
        "autoscaling:TerminateInstanceInAutoScalingGroup",
        "autoscaling:UpdateAutoScalingGroup",
    }
    listed = {action for each in scaling["Statement"] for action in actions(each)}
    assert not listed & {"ec2:RunInstances", "iam:PassRole"}, "launching is the group's own right"


def test_a_leader_that_does_not_scale_may_not() -> None:
    listed = {action for each in LEADER["Statement"] for action in actions(each)}
    assert "autoscaling:SetDesiredCapacity" not in listed


def test_a_machine_adds_to_its_logs_and_takes_nothing_away() -> None:
    logs = statement(WORKER, "OwnLogs")
    assert logs["Resource"] == [
        f"arn:aws:logs:eu-central-1:123456789012:log-group:{LOGS}",
        f"arn:aws:logs:eu-central-1:123456789012:log-group:{LOGS}:*",
    ]
    assert not [each for each in actions(logs) if "Delete" in each or "Retention" in each]


def test_only_a_leader_writes_who_ran_what() -> None:
    assert AUDIT in str(statement(LEADER, "OwnLogs")["Resource"])
    assert AUDIT not in str(WORKER)


def test_a_leader_puts_figures_into_one_namespace() -> None:
    figures = statement(LEADER, "OwnFigures")
    assert figures["Condition"] == {"StringEquals": {"cloudwatch:namespace": "Millrace"}}
    assert "PutMetricData" not in str(WORKER)


def test_machines_that_keep_their_logs_may_send_none() -> None:
    document = policies.worker(secrets=["arn:a"], log_groups=[], **COMMON)
    assert "logs:" not in str(document)
