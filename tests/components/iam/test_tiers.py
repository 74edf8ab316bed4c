"""Machines read and write every tier of their stack, with its key, and nothing beside them."""

from __future__ import annotations

import base64
import functools
import json
import runpy
from typing import Any

import pytest

from lakehouse import boot
from lakehouse.outputs import StackOutputs
from tests.components.iam.evaluator import Decision, Request, decide
from tests.components.iam.roles import KEY, PREFIX, STACK, arn, encryption_of, of
from tests.components.programs import ROOT, stack_settings
from tests.components.recorder import Recorded, build

BUCKETS = [arn("s3tables", f"bucket/{PREFIX}{suffix}") for suffix in ("", "-bronze", "-gold")]
STRANGER = arn("s3tables", f"bucket/{PREFIX}-copper")
MACHINES = ("blue-leader", "blue-worker")


@functools.cache
def tiered() -> Recorded:
    """The whole program of prod with two tiers more."""
    settings = stack_settings(STACK)
    catalog = settings["millrace:catalog"]
    settings["millrace:catalog"] = {
        **catalog,
        "tiers": {"bronze": {"namespaces": ["raw"]}, "gold": {}},
    }
    program = str(ROOT / "__main__.py")
    return build(lambda: runpy.run_path(program), stack=STACK, config=settings)


def may(machine: str, action: str, resource: str, **context: Any) -> bool:
    request = Request(action=action, resource=resource, context=context)
    return decide(request, of(tiered())[f"{PREFIX}-{machine}"]) is Decision.ALLOWED


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_machine_uses_every_tier_and_its_key(machine: str, bucket: str) -> None:
    table = f"{bucket}/table/0f1e2d3c"
    assert may(machine, "s3tables:CreateNamespace", bucket)
    assert may(machine, "s3tables:CreateTable", bucket)
    assert may(machine, "s3tables:GetTableData", table)
    assert may(machine, "s3tables:UpdateTableMetadataLocation", table)
    assert may(machine, "kms:GenerateDataKey", KEY, **encryption_of(table))


@pytest.mark.parametrize("machine", MACHINES)
def test_a_bucket_that_is_called_alike_is_somebody_else_s(machine: str) -> None:
    table = f"{STRANGER}/table/0f1e2d3c"
    assert not may(machine, "s3tables:ListTables", STRANGER)
    assert not may(machine, "s3tables:GetTableData", table)
    assert not may(machine, "kms:Decrypt", KEY, **encryption_of(table))


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    "action",
    [
        "s3tables:DeleteTableBucket",
        "s3tables:PutTableBucketMaintenanceConfiguration",
        "s3tables:PutTableMaintenanceConfiguration",
        "s3tables:PutTableRecordExpirationConfiguration",
        "s3tables:PutTableBucketEncryption",
    ],
)
def test_no_machine_changes_how_tables_are_kept(machine: str, action: str) -> None:
    for bucket in BUCKETS:
        assert not may(machine, action, bucket)
        assert not may(machine, action, f"{bucket}/table/0f1e2d3c"), "sessions could lose history"


def test_every_tier_is_in_the_boot_document_the_outputs_and_the_trail() -> None:
    names = ["lake", "bronze", "gold"]
    for role in MACHINES:
        data = tiered().one("LaunchTemplate", role).inputs["userData"]
        document = boot.parse(base64.b64decode(data).decode())
        assert [each.name for each in document.catalogs] == names, "the first is the default"
        assert [each.warehouse for each in document.catalogs] == BUCKETS
    outputs = StackOutputs.from_mapping(tiered().exports)
    assert [each.name for each in outputs.catalogs] == names
    assert [each.warehouse for each in outputs.catalogs] == BUCKETS
    assert outputs.catalogs[1].namespaces == ("raw",)
    selectors = json.dumps(tiered().one("Trail").inputs["advancedEventSelectors"])
    assert [bucket for bucket in BUCKETS if selectors.count(f'["{bucket}"]') != 2] == []


def test_grants_reach_tiers_by_their_names() -> None:
    settings = stack_settings(STACK)
    governance = settings["millrace:governance"]
    grant = {"to": "auditors", "bucket": "bronze", "namespace": "raw", "table": "*"}
    settings["millrace:catalog"]["tiers"] = {"bronze": {"namespaces": ["raw"]}}
    settings["millrace:governance"] = {**governance, "grants": [grant]}
    program = str(ROOT / "__main__.py")
    recorded = build(lambda: runpy.run_path(program), stack=STACK, config=settings)
    assert recorded.one("Grant").inputs["object"] == f"{PREFIX}-bronze.raw.*"
