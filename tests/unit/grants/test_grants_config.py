"""Grants that would not hold are refused, each with its key, value, rule and remedy."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakehouse.config import LakehouseConfig
from lakehouse.errors import ConfigError
from lakehouse.grants.declared import ANY_ACCOUNT, Declared, declare
from lakehouse.names import Names
from lakehouse.policies import Account
from lakehouse.tiers import tiers

ROOT = Path(__file__).parents[3]
EXAMPLE = yaml.safe_load((ROOT / "Pulumi.example.yaml").read_text())["config"]
ROLE = "arn:aws:iam::123456789012:role"
GOVERNED: dict[str, Any] = {
    "federation": "create",
    "third_party_engines": True,
    "admins": [f"{ROLE}/platform"],
    "other_buckets": {"silver": ["raw"]},
    "lf_tags": {"sensitivity": ["public", "secret"]},
    "readers": {
        "spark-one": {"engines": ["spark"], "trusted": [f"{ROLE}/x"]},
        "bi": {"engines": ["athena", "redshift"], "trusted": [f"{ROLE}/bi"]},
        "audit": {"engines": ["emr"], "arn": f"{ROLE}/audit"},
    },
    "grants": [],
}
SALES = {"namespace": "sales"}
ORDERS = {"namespace": "sales", "table": "orders"}


def read(**changes: Any) -> LakehouseConfig:
    settings = copy.deepcopy(EXAMPLE)
    settings["millrace:governance"] = {**copy.deepcopy(GOVERNED), **changes}
    return LakehouseConfig.from_pulumi(settings)


def refused(**changes: Any) -> str:
    with pytest.raises(ConfigError) as error:
        read(**changes)
    return "\n".join(error.value.findings)


def reader(**fields: Any) -> dict[str, Any]:
    base = {"engines": ["athena"], "trusted": [f"{ROLE}/x"]}
    return {"readers": {"bi": {key: v for key, v in {**base, **fields}.items() if v is not None}}}


ACCEPTED: list[dict[str, Any]] = [
    {"to": "spark-one", **ORDERS},
    {"to": "spark-one", "namespace": "sales", "table": "*", "actions": ["select", "describe"]},
    {"to": "spark-one", "actions": ["describe"]},
    {"to": "spark-one", "tags": {"sensitivity": ["public"]}},
    {"to": "bi", **ORDERS, "columns": ["day"]},
    {"to": "bi", **ORDERS, "except_columns": ["email"]},
    {"to": "bi", **ORDERS, "rows": "country = 'de'"},
    {"to": "bi", **ORDERS, "rows": "country = 'de'", "columns": ["day"]},
    {"to": "bi", **SALES, "actions": ["all"], "grantable": ["describe"]},
    {"to": "audit", "bucket": "silver", "namespace": "raw", "table": "*"},
    {"to": "audit", "tags": {"sensitivity": ["secret"]}, "tagged": "namespace",
     "actions": ["describe"]},
]  # fmt: skip

BAD_GRANTS: list[tuple[dict[str, Any], str]] = [
    ({"to": "spark-one", **ORDERS, "columns": ["day"]}, 'columns = ["day"]: would not be enforced'),
    ({"to": "spark-one", **ORDERS, "except_columns": ["day"]}, "except_columns = "),
    ({"to": "spark-one", **ORDERS, "rows": "a = 1"}, 'rows = "a = 1": would not be enforced'),
    ({"to": "leader", **ORDERS}, 'to = "leader": is no reader; machines read tables by IAM'),
    ({"to": "bii", **ORDERS}, 'to = "bii": is no reader; did you mean bi?'),
    ({"to": "bi", "namespace": "slaes"}, '"slaes": is not in catalog.namespaces; did you mean sal'),
    ({"to": "bi", "bucket": "gold"}, "is neither the stack's own nor in governance.other_buckets;"),
    ({"to": "bi", "bucket": "silver", "namespace": "sales"}, "is not in the namespaces of silver;"),
    ({"to": "bi", "table": "orders"}, 'table = "orders": has no namespace; add the namespace'),
    ({"to": "bi", **SALES, "table": "Orders"}, "is no table of S3 Tables; use up to 255 lower cas"),
    ({"to": "bi", **SALES, "table": "*", "columns": ["a"]}, "is about one table; name it in table"),
    ({"to": "bi", **SALES, "rows": "a = 1", "actions": ["select"]}, 'rows = "a = 1": is about one'),
    ({"to": "bi", **ORDERS, "columns": ["a"], "except_columns": ["b"]}, "takes one of the two"),
    ({"to": "bi", **ORDERS, "columns": ["a", "a"]}, "is written 2 times; write it once"),
    ({"to": "bi", **ORDERS, "columns": ["a"], "actions": ["insert"]}, "a part of a table can only"),
    (
        {"to": "bi", **ORDERS, "actions": ["create_table"]},
        "cannot be granted on a table; use alter",
    ),
    (
        {"to": "bi", **SALES, "actions": ["select"]},
        "cannot be granted on a namespace; use alter, c",
    ),
    ({"to": "bi", "actions": ["insert"]}, "cannot be granted on a bucket; use alter, create_datab"),
    (
        {"to": "bi", **ORDERS, "actions": ["read"]},
        'actions[0] = "read": is not one of the choices;',
    ),
    ({"to": "bi", **ORDERS, "grantable": ["drop"]}, "is passed on without being held; add it to"),
    ({"to": "bi", **ORDERS, "actions": []}, "has too few entries; give at least 1"),
    ({"to": "bi", **ORDERS, "rows": "a = 1; drop"}, "is more than a condition; write what would"),
    (
        {"to": "bi", **ORDERS, "tags": {"sensitivity": ["public"]}},
        "an object is found by tags or by",
    ),
    (
        {"to": "bi", "tags": {"sensitivty": ["public"]}},
        "is not in governance.lf_tags; did you mean",
    ),
    (
        {"to": "bi", "tags": {"sensitivity": ["publik"]}},
        "is no value of that tag; did you mean pub",
    ),
    ({"to": "bi", "tags": {"sensitivity": []}}, "has no values; name some of public, secret"),
    ({"to": "bi", **ORDERS, "tagged": "column"}, "is not one of the choices; write namespace or t"),
    ({"to": "bi", **ORDERS, "colums": ["a"]}, "grants[0].colums: is not a setting; did you mean c"),
    ({**ORDERS}, "grants[0].to: is missing and has no default (a grant is to somebody); add it"),
]

BAD_GOVERNANCE: list[tuple[dict[str, Any], str]] = [
    (
        {"federation": "yes"},
        'federation = "yes": is not one of the choices; write create, use or n',
    ),
    ({"federation": "none"}, "governance.admins: needs Lake Formation, but governance.federation"),
    ({"admins": ["root"]}, '"root": is no IAM role or user; write its ARN as arn:aws:iam::123'),
    ({"third_party_engines": False}, "has spark, which Lake Formation gives nothing while"),
    ({"spark_reader": "nobody"}, 'spark_reader = "nobody": is no reader; remove it, or use one of'),
    ({"spark_reader": "bi"}, "is a reader that is not used from spark; add spark to"),
    ({"spark_reader": "audit"}, "is a role that exists (arn), whose trust this stack cannot set"),
    (reader(engines=[]), "readers.bi.engines = []: has too few entries"),
    (reader(engines=["presto"]), '"presto": is not one of the choices; write spark, athena,'),
    (reader(engines=["athena", "athena"]), "is written 2 times; write it once"),
    (reader(engines=None), "readers.bi.engines: is missing and has no default (whether a grant"),
    (reader(trusted=[]), "readers.bi.trusted: is empty, so that nobody could take this role;"),
    (reader(trusted_services=["ec2"]), "is no AWS service; write it as redshift.amazonaws.com"),
    (reader(arn=f"{ROLE}/audit"), "is about a role that is made, but arn names one that exists"),
    (reader(arn=f"{ROLE}/platform", trusted=None), "is a Lake Formation administrator"),
    (
        reader(statements=[{"Effect": "Allow", "Action": "s3tables:Get*", "Resource": "*"}]),
        "allows s3tables:GetTableData, s3tables:GetTableMetadataLocation, with which tables are",
    ),
    (
        reader(managed_policies=["arn:aws:iam::aws:policy/AmazonS3TablesReadOnlyAccess"]),
        "lets its holder read tables past Lake Formation; name a policy without",
    ),
    (
        {"readers": {"leader": {"engines": ["athena"], "trusted": [f"{ROLE}/x"]}}},
        "is the name of a machine's own role",
    ),
    (
        {"readers": {"a" * 23: {"engines": ["athena"], "trusted": [f"{ROLE}/x"]}}},
        "has a name of 23 characters; use at most 22",
    ),
    (
        {"grants": [{"to": "bi", **ORDERS}, {"to": "bi", **ORDERS, "columns": ["a"]}]},
        "grants[1]: hides nothing: reader bi may also select all of sales.orders",
    ),
    (
        {"grants": [{"to": "bi", **ORDERS, "rows": "a"}, {"to": "bi", **SALES, "table": "*"}]},
        "grants[0]: hides nothing: reader bi may also select all of sales.*",
    ),
]


@pytest.mark.parametrize("grant", ACCEPTED)
def test_a_grant_that_somebody_enforces_is_accepted(grant: dict[str, Any]) -> None:
    assert len(read(grants=[grant]).governance.grants) == 1


@pytest.mark.parametrize(("grant", "message"), BAD_GRANTS)
def test_a_wrong_grant_is_refused_in_words(grant: dict[str, Any], message: str) -> None:
    assert message in refused(grants=[grant])
    assert "millrace:governance.grants[0]" in refused(grants=[grant])


@pytest.mark.parametrize(("changes", "message"), BAD_GOVERNANCE)
def test_wrong_governance_is_refused_in_words(changes: dict[str, Any], message: str) -> None:
    assert message in refused(**changes)


def test_every_wrong_grant_is_told_at_once() -> None:
    text = refused(grants=[bad for bad, _ in BAD_GRANTS[:6]])
    assert [f"grants[{index}]" in text for index in range(6)] == [True] * 6


def test_a_reader_that_is_an_administrator_is_refused_once_the_account_is_known() -> None:
    config = read(admins=[f"{ROLE}/millrace-dev-reader-bi"])
    with pytest.raises(ConfigError, match=r"readers\.bi: its role .* is in governance\.admins"):
        declare(
            config.governance,
            account=Account(region="eu-central-1", account_id="123456789012"),
            names=Names(project="millrace", stack="dev"),
            tiers=tiers(config.catalog, Names(project="millrace", stack="dev")),
        )


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        ("millrace-dev-ingest-airflow", True),
        ("millrace-dev-blue-leader-0a1b2c3", True),
        ("millrace-dev-blue-worker-0a1b2c3", True),
        ("millrace-dev-2-ingest-airflow", False),
        ("millrace-stage-ingest-airflow", False),
        ("analysts-leader-0a1b2c3", False),
        ("airflow", False),
    ],
)
def test_a_role_of_the_stack_s_that_uses_tables_by_iam_is_no_reader(
    role: str, refused: bool
) -> None:
    names = Names(project="millrace", stack="dev")
    config = read(readers={"jobs": {"engines": ["emr"], "arn": f"{ROLE}/{role}"}})
    account = Account(region="eu-central-1", account_id="123456789012")
    buckets = tiers(config.catalog, names)
    if not refused:
        assert declare(config.governance, account=account, names=names, tiers=buckets).principals
        return
    with pytest.raises(ConfigError, match=r"readers\.jobs\.arn = .*by IAM, past Lake Formation"):
        declare(config.governance, account=account, names=names, tiers=buckets)


def declared_in(account_id: str) -> Declared:
    names = Names(project="millrace", stack="dev")
    config = read()
    account = Account(region="eu-central-1", account_id=account_id)
    return declare(
        config.governance, account=account, names=names, tiers=tiers(config.catalog, names)
    )


def test_a_reader_of_another_account_is_refused_once_the_account_is_known() -> None:
    assert declared_in("123456789012").principals["audit"] == f"{ROLE}/audit"
    with pytest.raises(ConfigError) as error:
        declared_in("210987654321")
    (finding,) = error.value.findings
    assert finding == (
        f'millrace:governance.readers.audit.arn = "{ROLE}/audit": is of account 123456789012 and '
        "the tables are of 210987654321; that an engine there is held to a grant on S3 Tables is "
        "not documented. Leave arn out, which makes a role here, and let theirs take it: name it "
        "in trusted"
    )


def test_to_explain_grants_no_account_need_be_known() -> None:
    assert declared_in(ANY_ACCOUNT).principals["audit"] == f"{ROLE}/audit"


def test_a_role_here_may_be_taken_from_another_account() -> None:
    """What the refusal says to do instead."""
    theirs = "arn:aws:iam::210987654321:role/analysts"
    config = read(**reader(trusted=[theirs]))
    assert config.governance.readers["bi"].trusted == (theirs,)


def test_without_a_section_there_is_no_governance() -> None:
    config = LakehouseConfig.from_pulumi(
        {key: value for key, value in EXAMPLE.items() if key != "millrace:governance"}
    )
    assert config.governance.federation == "none"
    assert config.governance.grants == ()
