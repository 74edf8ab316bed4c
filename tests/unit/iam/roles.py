"""The identities that a stack makes, read from what it registers, and the ARNs around them."""

from __future__ import annotations

import copy
import functools
import runpy
from collections.abc import Mapping
from typing import Any

from tests.components.programs import ROOT, stack_settings, whole
from tests.components.recorder import ACCOUNT_ID, REGION, build
from tests.unit.iam.evaluator import Decision, Document, Request, decide, read

STACK = "prod"
PREFIX = f"millrace-{STACK}"


@functools.cache
def policies() -> Mapping[str, list[Document]]:
    """Identity policies by role, `blue-leader` for example."""
    recorded = whole(STACK)
    found: dict[str, list[Document]] = {}
    for each in recorded.of("RolePolicy"):
        found.setdefault(each.name.removeprefix(f"{PREFIX}-"), []).append(
            read(each.inputs["policy"])
        )
    assert len(found) == len(recorded.of("Role")), "a role without an inline policy of its own"
    assert recorded.of("RolePolicyAttachment") == [], "the evaluator would not see it"
    return found


def decision(role: str, action: str, resource: str, context: Mapping[str, Any]) -> Decision:
    """What IAM says to a call that a role makes."""
    request = Request(action=action, resource=resource, context=context)
    return decide(request, policies()[role])


@functools.cache
def scaling_leader() -> list[Document]:
    """The policy of blue's leader in the same stack, when it sizes its fleet."""
    settings = copy.deepcopy(stack_settings(STACK))
    workers = settings["millrace:generations"]["blue"]["workers"]
    workers["autoscale"] = {"enabled": True}
    program = str(ROOT / "__main__.py")
    recorded = build(lambda: runpy.run_path(program), stack=STACK, config=settings)
    return [read(recorded.one("RolePolicy", "blue-leader").inputs["policy"])]


def arn(service: str, resource: str) -> str:
    """An ARN in the stack's account and region."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT_ID}:{resource}"


def secret(name: str) -> str:
    """A secret of the stack, as the fake account calls it."""
    return f"arn:aws:secret:{REGION}:{ACCOUNT_ID}:{PREFIX}-{name}"


def group(name: str) -> str:
    """An Auto Scaling group with the suffix that Pulumi gives it."""
    return arn("autoscaling", f"autoScalingGroup:0f1e:autoScalingGroupName/{name}-1234567")


def log(group_name: str) -> str:
    """A log stream of a machine."""
    return arn("logs", f"log-group:{group_name}:log-stream:i-1")


BUCKET = arn("s3tables", f"bucket/{PREFIX}")
TABLE = f"{BUCKET}/table/0f1e2d3c"
OTHER_BUCKET = arn("s3tables", "bucket/millrace-stage")
KEY = f"arn:aws:key:{REGION}:{ACCOUNT_ID}:{PREFIX}-tables"
ZONE = "arn:aws:route53:::hostedzone/Z0123456789"


def encryption_of(table: str) -> dict[str, Any]:
    """The context that S3 Tables gives when it asks for a key."""
    return {"kms:EncryptionContext:aws:s3:arn": table}


def record(*names: str, kind: str = "A", action: str = "UPSERT") -> dict[str, Any]:
    """The context that Route 53 gives with a change of records."""
    return {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": list(names),
        "route53:ChangeResourceRecordSetsRecordTypes": [kind],
        "route53:ChangeResourceRecordSetsActions": [action],
    }
