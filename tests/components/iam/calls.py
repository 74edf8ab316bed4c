"""Calls of the API that machines make, and that somebody on one of them might try."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.components.iam.roles import (
    BUCKET,
    KEY,
    OTHER_BUCKET,
    PREFIX,
    TABLE,
    ZONE,
    arn,
    encryption_of,
    group,
    log,
    record,
    secret,
)

LEADER, WORKER = "blue-leader", "blue-worker"
MACHINES = (LEADER, WORKER)
HOST = "leader-blue.lakehouse.internal"
LOGS = "/millrace/prod/blue"
A_ROLE = f"arn:aws:iam::123456789012:role/{PREFIX}"
OWN_ROLE = f"{A_ROLE}-blue-leader-1234567"
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
    Call("change its own role", "iam:PutRolePolicy", OWN_ROLE),
    Call("attach a policy to itself", "iam:AttachRolePolicy", OWN_ROLE),
    Call("shed its boundary", "iam:DeleteRolePermissionsBoundary", OWN_ROLE),
    Call("let others take its role", "iam:UpdateAssumeRolePolicy", OWN_ROLE),
    Call("call itself a leader", "iam:TagRole", OWN_ROLE),
    Call("make a key that stays", "iam:CreateAccessKey", "arn:aws:iam::123456789012:user/x"),
    Call("take a reader's role", "sts:AssumeRole", f"{A_ROLE}-reader-dashboards"),
    Call("take a writer's role", "sts:AssumeRole", f"{A_ROLE}-ingest-airflow"),
    Call("tag its session", "sts:TagSession", OWN_ROLE),
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
    Call("take rights on tables", "lakeformation:RevokePermissions"),
    Call("give rights in bulk", "lakeformation:BatchGrantPermissions"),
    Call("tag a table for others", "lakeformation:AddLFTagsToResource"),
    Call("show more rows", "lakeformation:UpdateDataCellsFilter"),
    Call("read as Lake Formation", "lakeformation:GetDataAccess"),
    Call("open the catalog", "glue:UpdateCatalog", arn("glue", "catalog/s3tablescatalog")),
    Call("drop the catalog", "glue:DeleteCatalog", arn("glue", "catalog/s3tablescatalog")),
    Call("share the catalog", "glue:PutResourcePolicy", arn("glue", "catalog")),
    Call("list buckets of tables", "s3tables:ListTableBuckets"),
    Call("list the state of stacks", "ssm:GetParametersByPath", arn("ssm", "parameter/millrace")),
    Call(
        "claim for another stack", "ssm:PutParameter", arn("ssm", "parameter/millrace/governance")
    ),
    Call("see who did what", "cloudtrail:LookupEvents"),
    Call("read the trail", "s3:GetObject", "arn:aws:s3:::millrace-prod-trail/AWSLogs/x"),
    Call("read the record of queries", "logs:FilterLogEvents", log(AUDIT)),
    Call("end the record of queries", "logs:DeleteLogStream", log(AUDIT)),
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

NO_WORKER_MAY = [
    Call("read a token", "secretsmanager:GetSecretValue", secret("token-airflow")),
    Call("read another token", "secretsmanager:GetSecretValue", secret("token-notebooks")),
    Call("read the certificate", "secretsmanager:GetSecretValue", secret("gateway")),
    Call("read many at once", "secretsmanager:BatchGetSecretValue"),
    Call("forge who ran what", "logs:PutLogEvents", log(AUDIT)),
    Call("be the leader", "route53:ChangeResourceRecordSets", ZONE, record(HOST)),
    Call("grow its fleet", "autoscaling:SetDesiredCapacity", group(f"{PREFIX}-blue-worker")),
    Call("see the fleet", "autoscaling:DescribeAutoScalingGroups"),
    Call("see machines", "ec2:DescribeInstances"),
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
