"""What each role of a stack may do and what it may not, decided over its policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.components.programs import whole
from tests.unit.iam.evaluator import Decision, Request, decide
from tests.unit.iam.roles import (
    BUCKET,
    KEY,
    OTHER_BUCKET,
    PREFIX,
    STACK,
    TABLE,
    ZONE,
    arn,
    decision,
    encryption_of,
    group,
    log,
    policies,
    record,
    scaling_leader,
    secret,
)

LEADER, WORKER = "blue-leader", "blue-worker"
MACHINES = (LEADER, WORKER)
HOST = "leader-blue.lakehouse.internal"
LOGS = "/millrace/prod/blue"
AUDIT = "/millrace/prod/audit/queries"


@dataclass(frozen=True)
class Call:
    """One call of the API, and why somebody might make it."""

    why: str
    action: str
    resource: str = "*"
    context: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.why.replace(" ", "-")


EVERY_MACHINE_MAY = [
    Call("read Spark's shared secret", "secretsmanager:GetSecretValue", secret("blue-spark-auth")),
    Call("see the table bucket", "s3tables:GetTableBucket", BUCKET),
    Call("list namespaces", "s3tables:ListNamespaces", BUCKET),
    Call("make a namespace", "s3tables:CreateNamespace", BUCKET),
    Call("list tables", "s3tables:ListTables", BUCKET),
    Call("make a table", "s3tables:CreateTable", BUCKET),
    Call("find a table", "s3tables:GetTable", TABLE),
    Call("read a table", "s3tables:GetTableData", TABLE),
    Call("write a table", "s3tables:PutTableData", TABLE),
    Call("read a table's pointer", "s3tables:GetTableMetadataLocation", TABLE),
    Call("commit to a table", "s3tables:UpdateTableMetadataLocation", TABLE),
    Call("rename a table", "s3tables:RenameTable", TABLE),
    Call("drop a table", "s3tables:DeleteTable", TABLE),
    Call("decrypt a table", "kms:Decrypt", KEY, encryption_of(TABLE)),
    Call("encrypt a table", "kms:GenerateDataKey", KEY, encryption_of(TABLE)),
    Call("write own logs", "logs:PutLogEvents", log(LOGS)),
    Call("make a log stream", "logs:CreateLogStream", log(LOGS)),
    Call("be seen by Session Manager", "ssm:UpdateInstanceInformation", arn("ec2", "instance/i-1")),
    Call("hold a Session Manager channel", "ssmmessages:OpenDataChannel"),
]

NO_MACHINE_MAY = [
    Call("take the authority's key", "secretsmanager:GetSecretValue", secret("authority")),
    Call("take green's secret", "secretsmanager:GetSecretValue", secret("green-spark-auth")),
    Call("change a secret", "secretsmanager:PutSecretValue", secret("blue-spark-auth")),
    Call("delete a secret", "secretsmanager:DeleteSecret", secret("blue-spark-auth")),
    Call("list secrets", "secretsmanager:ListSecrets"),
    Call("read a parameter", "ssm:GetParameter", arn("ssm", "parameter/millrace/images/x")),
    Call("write a parameter", "ssm:PutParameter", arn("ssm", "parameter/millrace/images/x")),
    Call("run a command elsewhere", "ssm:SendCommand", arn("ec2", "instance/i-2")),
    Call("start a session elsewhere", "ssm:StartSession", arn("ec2", "instance/i-2")),
    Call("delete the bucket", "s3tables:DeleteTableBucket", BUCKET),
    Call("change the bucket's policy", "s3tables:PutTableBucketPolicy", BUCKET),
    Call("change a table's policy", "s3tables:PutTablePolicy", TABLE),
    Call("change the encryption", "s3tables:PutTableBucketEncryption", BUCKET),
    Call("stop maintenance", "s3tables:PutTableBucketMaintenanceConfiguration", BUCKET),
    Call("make a bucket", "s3tables:CreateTableBucket"),
    Call("read another stack's table", "s3tables:GetTableData", f"{OTHER_BUCKET}/table/1"),
    Call("write another stack's table", "s3tables:PutTableData", f"{OTHER_BUCKET}/table/1"),
    Call("list another stack's tables", "s3tables:ListTables", OTHER_BUCKET),
    Call("decrypt without saying what", "kms:Decrypt", KEY),
    Call("decrypt others' data", "kms:Decrypt", KEY, encryption_of(f"{OTHER_BUCKET}/table/1")),
    Call("use another key", "kms:Decrypt", arn("kms", "key/other"), encryption_of(TABLE)),
    Call("change the key's policy", "kms:PutKeyPolicy", KEY),
    Call("delete the key", "kms:ScheduleKeyDeletion", KEY),
    Call("lend the key out", "kms:CreateGrant", KEY),
    Call("read any bucket of S3", "s3:GetObject", "arn:aws:s3:::somebody/secrets"),
    Call("write any bucket of S3", "s3:PutObject", "arn:aws:s3:::somebody/secrets"),
    Call("list buckets of S3", "s3:ListAllMyBuckets"),
    Call("change a role", "iam:PutRolePolicy", f"arn:aws:iam::123456789012:role/{PREFIX}-x"),
    Call("hand on a role", "iam:PassRole", f"arn:aws:iam::123456789012:role/{PREFIX}-x"),
    Call("make a user", "iam:CreateUser", "arn:aws:iam::123456789012:user/x"),
    Call("take another role", "sts:AssumeRole", "arn:aws:iam::123456789012:role/admin"),
    Call("launch a machine", "ec2:RunInstances", arn("ec2", "instance/*")),
    Call("end a machine past its group", "ec2:TerminateInstances", arn("ec2", "instance/i-2")),
    Call("open a port", "ec2:AuthorizeSecurityGroupIngress", arn("ec2", "security-group/sg-1")),
    Call("copy a disk", "ec2:CreateSnapshot", arn("ec2", "volume/vol-1")),
    Call("change a template", "ec2:CreateLaunchTemplateVersion", arn("ec2", "launch-template/1")),
    Call(
        "resize the leader's group",
        "autoscaling:SetDesiredCapacity",
        group(f"{PREFIX}-blue-leader"),
    ),
    Call("resize green", "autoscaling:SetDesiredCapacity", group(f"{PREFIX}-green-worker")),
    Call(
        "shrink green",
        "autoscaling:TerminateInstanceInAutoScalingGroup",
        group(f"{PREFIX}-green-worker"),
    ),
    Call("delete a group", "autoscaling:DeleteAutoScalingGroup", group(f"{PREFIX}-blue-worker")),
    Call("vouch for green", "autoscaling:CompleteLifecycleAction", group(f"{PREFIX}-green-leader")),
    Call("write green's logs", "logs:PutLogEvents", log("/millrace/prod/green")),
    Call("write another stack's logs", "logs:PutLogEvents", log("/millrace/stage/blue")),
    Call("delete logs", "logs:DeleteLogGroup", arn("logs", f"log-group:{LOGS}")),
    Call("shorten logs", "logs:PutRetentionPolicy", arn("logs", f"log-group:{LOGS}")),
    Call("read logs", "logs:GetLogEvents", log(LOGS)),
    Call(
        "change the listener",
        "elasticloadbalancing:ModifyListener",
        arn("elasticloadbalancing", "listener/1"),
    ),
    Call("give rights on tables", "lakeformation:GrantPermissions"),
    Call("change the lake's settings", "lakeformation:PutDataLakeSettings"),
    Call("write another stack's audit", "logs:PutLogEvents", log("/millrace/stage/audit/queries")),
    Call(
        "forge figures of AWS",
        "cloudwatch:PutMetricData",
        context={"cloudwatch:namespace": "AWS/NetworkELB"},
    ),
    Call("silence an alarm", "cloudwatch:DisableAlarmActions", arn("cloudwatch", "alarm:x")),
    Call("stop the audit", "cloudtrail:StopLogging", arn("cloudtrail", "trail/1")),
]

ONLY_A_LEADER_MAY = [
    Call("write who ran what", "logs:PutLogEvents", log(AUDIT)),
    Call(
        "put its figures", "cloudwatch:PutMetricData", context={"cloudwatch:namespace": "Millrace"}
    ),
    Call("see its workers' group", "autoscaling:DescribeAutoScalingGroups"),
    Call("read the gateway's certificate", "secretsmanager:GetSecretValue", secret("gateway")),
    Call("read a user's token", "secretsmanager:GetSecretValue", secret("token-analyst")),
    Call("keep its own record", "route53:ChangeResourceRecordSets", ZONE, record(HOST)),
]

NO_LEADER_MAY = [
    Call(
        "take the endpoint's name",
        "route53:ChangeResourceRecordSets",
        ZONE,
        record("connect.lakehouse.internal"),
    ),
    Call(
        "take green's name",
        "route53:ChangeResourceRecordSets",
        ZONE,
        record("leader-green.lakehouse.internal"),
    ),
    Call(
        "take another name along",
        "route53:ChangeResourceRecordSets",
        ZONE,
        record(HOST, "connect.lakehouse.internal"),
    ),
    Call(
        "point its name elsewhere",
        "route53:ChangeResourceRecordSets",
        ZONE,
        record(HOST, kind="CNAME"),
    ),
    Call(
        "write into another zone",
        "route53:ChangeResourceRecordSets",
        "arn:aws:route53:::hostedzone/ZOTHER",
        record(HOST),
    ),
    Call("delete the zone", "route53:DeleteHostedZone", ZONE),
]


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
    for action in ("SetDesiredCapacity", "TerminateInstanceInAutoScalingGroup"):
        call = Request(action=f"autoscaling:{action}", resource=own)
        assert decide(call, scaling) is Decision.ALLOWED
        for wrong in (others, group(f"{PREFIX}-{LEADER}"), group(f"{PREFIX}-{WORKER}-worker")):
            call = Request(action=f"autoscaling:{action}", resource=wrong)
            assert decide(call, scaling) is not Decision.ALLOWED
        assert decision(LEADER, f"autoscaling:{action}", own, {}) is not Decision.ALLOWED


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
    for action in ("SetDesiredCapacity", "TerminateInstanceInAutoScalingGroup"):
        assert decision(WORKER, f"autoscaling:{action}", own, {}) is not Decision.ALLOWED
