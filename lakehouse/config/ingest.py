"""Settings of ingest: who writes tables from outside the cluster."""

from __future__ import annotations

from lakehouse.config._settings import Section, setting
from lakehouse.config.governance import TableName
from lakehouse.effects import Effect
from lakehouse.iam_types import ExternalId, IamStatement
from lakehouse.types import (
    BucketName,
    Identifier,
    PrincipalArn,
    ServicePrincipal,
)


class IngestTargetConfig(Section):
    """Tables that a writer may write."""

    bucket: BucketName | None = setting(
        "Table bucket or tier of this stack; unset means the stack's first.",
        default=None,
        effect=Effect.IN_PLACE,
    )
    namespace: Identifier = setting(
        "Namespace of the tables.",
        effect=Effect.IN_PLACE,
        required="a writer is for named namespaces",
    )
    tables: tuple[TableName, ...] = setting(
        "Tables, or * for every table of the namespace, also those that are made later.",
        default=("*",),
        effect=Effect.IN_PLACE,
        min_length=1,
        max_length=50,
    )


class IngestConfig(Section):
    """A role <project>-<stack>-ingest-<name> for a writer outside the cluster.

    It writes by IAM, past Lake Formation, and may neither read secrets nor change who may what.
    """

    into: tuple[IngestTargetConfig, ...] = setting(
        "What it may write.",
        effect=Effect.IN_PLACE,
        required="a writer without tables needs no role",
        min_length=1,
        max_length=20,
    )
    trusted: tuple[PrincipalArn, ...] = setting(
        "ARNs of the principals that may take the role, as that of Airflow's workers.",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=50,
    )
    trusted_services: tuple[ServicePrincipal, ...] = setting(
        "AWS services that may take the role, as lambda.amazonaws.com.",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=10,
    )
    external_id: ExternalId | None = setting(
        "What `trusted` must say to take the role, where they act for several customers.",
        default=None,
        effect=Effect.IN_PLACE,
    )
    create_tables: bool = setting(
        "Whether it may make tables in those of its namespaces of which it may write every table.",
        default=False,
        effect=Effect.IN_PLACE,
    )
    statements: tuple[IamStatement, ...] = setting(
        "Further IAM statements, for what it reads from: a bucket of files, a queue. None on "
        "tables, secrets or rights.",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=20,
    )
