"""Readers look things up and ask Lake Formation: they hold nothing with which to pass it by."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakehouse.grants import bypass, roles
from lakehouse.grants.lake import Lake
from lakehouse.grants.model import Action, Grant, Target
from lakehouse.policies import Account

LAKE = Lake(
    account=Account(region="eu-central-1", account_id="123456789012"),
    buckets={"gold": ("hr", "sales"), "silver": ("raw",)},
)


def grant(**target: Any) -> Grant:
    return Grant(principal="arn", target=Target(**target), actions=frozenset({Action.SELECT}))


def resources(*grants: Grant) -> list[str]:
    found: list[str] = roles.reader(LAKE, grants)["Statement"][0]["Resource"]
    return found


def test_a_reader_holds_no_way_around() -> None:
    document = roles.reader(LAKE, [grant(bucket="gold", namespace="sales", table="*")])
    assert bypass.in_statements(document["Statement"]) == ()
    assert "s3tables:" not in json.dumps(document)


def test_a_reader_looks_up_only_what_it_is_granted() -> None:
    found = resources(grant(bucket="gold", namespace="sales", table="orders"))
    assert [each.partition("123456789012:")[2] for each in found] == [
        "catalog",
        "catalog/s3tablescatalog",
        "catalog/s3tablescatalog/gold",
        "database/s3tablescatalog/gold/sales",
        "table/s3tablescatalog/gold/sales/*",
    ]


def test_a_reader_of_a_bucket_looks_up_its_namespaces() -> None:
    text = " ".join(resources(grant(bucket="gold")))
    assert "gold/hr" in text
    assert "gold/sales" in text
    assert "silver" not in text


def test_a_reader_by_tags_looks_up_everything_since_tags_may_be_anywhere() -> None:
    text = " ".join(resources(grant(tags=(("team", ("bi",)),), tagged="table")))
    assert "gold/hr" in text
    assert "silver/raw" in text


def test_only_what_has_no_resource_type_is_allowed_on_everything() -> None:
    documents = [
        roles.reader(LAKE, [grant(bucket="gold")]),
        roles.lake_formation_data(LAKE),
    ]
    everywhere = [
        action
        for document in documents
        for statement in document["Statement"]
        if statement["Resource"] == "*"
        for action in [statement["Action"]]
    ]
    assert everywhere == ["lakeformation:GetDataAccess", "s3tables:ListTableBuckets"]


def test_lake_formation_may_say_for_whom_it_reads() -> None:
    [statement] = roles.lake_formation_trust("123456789012")["Statement"]
    assert {"sts:SetContext", "sts:SetSourceIdentity"} <= set(statement["Action"])
    assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == "123456789012"


def test_a_role_is_trusted_to_whom_its_owner_names_and_to_the_stack_s_leaders() -> None:
    bi = "arn:aws:iam::123456789012:role/bi"
    people, services, machines = roles.trust(
        LAKE, [bi], ["redshift.amazonaws.com"], machines="millrace-dev-*-leader-*"
    )["Statement"]
    assert people["Principal"] == {"AWS": [bi]}
    assert services["Condition"]["StringEquals"]["aws:SourceAccount"] == "123456789012"
    pattern = machines["Condition"]["ArnLike"]["aws:PrincipalArn"]
    assert pattern == "arn:aws:iam::123456789012:role/millrace-dev-*-leader-*"


@pytest.mark.parametrize(
    ("statement", "finds"),
    [
        ({"Effect": "Allow", "Action": "s3tables:GetTableData", "Resource": "*"}, 1),
        ({"Effect": "Allow", "Action": ["s3tables:*"], "Resource": "*"}, 4),
        ({"Effect": "Allow", "Action": "S3Tables:get*", "Resource": "*"}, 2),
        ({"Effect": "Allow", "Action": "s3tables:?etTableData", "Resource": "*"}, 1),
        ({"Effect": "Allow", "Action": "*", "Resource": "*"}, 5),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, 5),
        ({"Effect": "Allow", "NotAction": ["s3tables:*", "lakeformation:*"], "Resource": "*"}, 0),
        ({"Effect": "Allow", "Action": "lakeformation:Put*", "Resource": "*"}, 1),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, 0),
        ({"Effect": "Allow", "Action": "s3tables:ListTables", "Resource": "*"}, 0),
        ({"Effect": "Allow", "Action": "lakeformation:GetDataAccess", "Resource": "*"}, 0),
    ],
)
def test_a_way_around_is_found_however_it_is_written(statement: dict[str, Any], finds: int) -> None:
    assert len(bypass.in_statements([statement])) == finds


def test_aws_s_own_policies_that_hold_one_are_known() -> None:
    arns = [
        "arn:aws:iam::aws:policy/AmazonS3TablesReadOnlyAccess",
        "arn:aws:iam::aws:policy/AmazonAthenaFullAccess",
        "arn:aws:iam::123456789012:policy/AdministratorAccess",
    ]
    assert bypass.in_managed(arns) == (arns[0],)
