"""The identities that a stack makes, read from what it registers, and the ARNs around them."""

from __future__ import annotations

import copy
import functools
import runpy
from collections.abc import Mapping
from typing import Any

from tests.components.iam.evaluator import Decision, Document, Request, decide, read
from tests.components.programs import ROOT, stack_settings, whole
from tests.components.recorder import ACCOUNT_ID, REGION, Recorded, build

STACK = "prod"
PREFIX = f"millrace-{STACK}"


def of(recorded: Recorded) -> Mapping[str, list[Document]]:
    """Identity policies by the logical name of their role."""
    found: dict[str, list[Document]] = {}
    for each in recorded.of("RolePolicy"):
        found.setdefault(each.name, []).append(read(each.inputs["policy"]))
    unseen = {each.name for each in recorded.of("Role")} - set(found)
    assert unseen == set(), "a role without an inline policy of its own"
    return found


@functools.cache
def policies() -> Mapping[str, list[Document]]:
    """Identity policies of a stack by role, `blue-leader` for example."""
    return {name.removeprefix(f"{PREFIX}-"): each for name, each in of(whole(STACK)).items()}


def decision(role: str, action: str, resource: str, context: Mapping[str, Any]) -> Decision:
    """What IAM says to a call that a role makes."""
    request = Request(action=action, resource=resource, context=context)
    return decide(request, policies()[role])


def with_settings(**sections: Any) -> Mapping[str, list[Document]]:
    """Identity policies of the same stack with other sections in its file."""
    settings = copy.deepcopy(stack_settings(STACK))
    settings |= {f"millrace:{name}": section for name, section in sections.items()}
    program = str(ROOT / "__main__.py")
    recorded = build(lambda: runpy.run_path(program), stack=STACK, config=settings)
    return {name.removeprefix(f"{PREFIX}-"): each for name, each in of(recorded).items()}


@functools.cache
def scaling_leader() -> list[Document]:
    """The policy of blue's leader in the same stack, when it sizes its fleet."""
    generations = copy.deepcopy(stack_settings(STACK)["millrace:generations"])
    generations["blue"]["workers"]["autoscale"] = {"enabled": True}
    return with_settings(generations=generations)["blue-leader"]


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


def called(namespace: str, table: str = "") -> dict[str, Any]:
    """The context that S3 Tables gives: what a table is called, and where it is."""
    named = {"s3tables:namespace": namespace}
    return {**named, "s3tables:tableName": table} if table else named


def record(*names: str, kind: str = "A", action: str = "UPSERT") -> dict[str, Any]:
    """The context that Route 53 gives with a change of records."""
    return {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": list(names),
        "route53:ChangeResourceRecordSetsRecordTypes": [kind],
        "route53:ChangeResourceRecordSetsActions": [action],
    }
