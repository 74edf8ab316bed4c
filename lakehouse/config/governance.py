"""Settings of governance: who may read what through Lake Formation."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator

from lakehouse.config._settings import Section, setting
from lakehouse.effects import Effect
from lakehouse.grants.model import Action
from lakehouse.grants.truth import Engine
from lakehouse.iam_types import IamStatement, LfTagKey, LfTagValues
from lakehouse.types import (
    BucketName,
    Identifier,
    PolicyArn,
    PrincipalArn,
    ServicePrincipal,
    Slug,
)

MAXIMUM_GRANTS: Final = 5000

_TABLE = re.compile(r"\*|[a-z0-9_]{1,255}")


def _table(value: str) -> str:
    if not _TABLE.fullmatch(value):
        msg = (
            "is no table of S3 Tables; use up to 255 lower case letters, digits and underscores, "
            "or * for every table"
        )
        raise ValueError(msg)
    return value


TableName = Annotated[str, AfterValidator(_table)]


def _expression(value: str) -> str:
    if ";" in value or "--" in value:
        msg = "is more than a condition; write what would stand after WHERE, as region = 'eu'"
        raise ValueError(msg)
    return value


RowCondition = Annotated[str, AfterValidator(_expression)]


class ReaderConfig(Section):
    """A principal that reads through Lake Formation: a role that is made, or one that exists."""

    engines: tuple[Engine, ...] = setting(
        "Engines that it is used from: spark (of this project), athena, redshift, emr. What "
        "one of them would not hold is refused.",
        effect=Effect.NONE,
        required="whether a grant is enforced depends on the engine",
        min_length=1,
    )
    arn: PrincipalArn | None = setting(
        "ARN of an IAM role or user that exists; unset makes a role "
        "<project>-<stack>-reader-<name>.",
        default=None,
        effect=Effect.REPLACE,
    )
    trusted: tuple[PrincipalArn, ...] = setting(
        "ARNs of the principals that may take the role that is made.",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=50,
    )
    trusted_services: tuple[ServicePrincipal, ...] = setting(
        "AWS services that may take the role that is made, as redshift.amazonaws.com.",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=10,
    )
    managed_policies: tuple[PolicyArn, ...] = setting(
        "ARNs of managed policies of the role that is made, for what its engine needs besides "
        "tables.",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=10,
    )
    statements: tuple[IamStatement, ...] = setting(
        "Further IAM statements of the role that is made, for what its engine needs besides "
        "tables.",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=20,
    )


class GrantConfig(Section):
    """What one reader may do with one object. Name the object from its bucket downwards."""

    to: Slug = setting(
        "Name of a reader in governance.readers.",
        effect=Effect.IN_PLACE,
        required="a grant is to somebody",
    )
    actions: tuple[Action, ...] = setting(
        "Lake Formation's permissions in lower case; `all` means each that the object knows.",
        default=(Action.SELECT,),
        effect=Effect.IN_PLACE,
        min_length=1,
    )
    grantable: tuple[Action, ...] = setting(
        "Those that the reader may pass on.",
        default=(),
        effect=Effect.IN_PLACE,
    )
    bucket: BucketName | None = setting(
        "Table bucket; unset means the stack's own.",
        default=None,
        effect=Effect.REPLACE,
    )
    namespace: Identifier | None = setting(
        "Namespace; unset means the bucket itself.",
        default=None,
        effect=Effect.REPLACE,
    )
    table: TableName | None = setting(
        "Table, or * for every table of the namespace; unset means the namespace itself.",
        default=None,
        effect=Effect.REPLACE,
    )
    columns: tuple[Identifier, ...] = setting(
        "The only columns that may be read; empty means all.",
        default=(),
        effect=Effect.REPLACE,
    )
    except_columns: tuple[Identifier, ...] = setting(
        "The columns that may not be read.",
        default=(),
        effect=Effect.REPLACE,
    )
    rows: RowCondition | None = setting(
        "Condition on the rows that may be read, as it would stand after WHERE; unset means all.",
        default=None,
        effect=Effect.REPLACE,
        min_length=1,
        max_length=2048,
    )
    tags: dict[str, tuple[str, ...]] = setting(
        "LF-tags instead of a name: whatever carries one of the values of each key.",
        factory=dict,
        effect=Effect.REPLACE,
    )
    tagged: Literal["namespace", "table"] = setting(
        "Whether `tags` are about namespaces or tables.",
        default="table",
        effect=Effect.REPLACE,
    )


class TaggedConfig(Section):
    """LF-tags of one object. A table has those of its namespace that it has none of its own of."""

    bucket: BucketName | None = setting(
        "Table bucket or tier of this stack; unset means the stack's first.",
        default=None,
        effect=Effect.REPLACE,
    )
    namespace: Identifier | None = setting(
        "Namespace; unset means every namespace of the bucket, since buckets carry no LF-tags.",
        default=None,
        effect=Effect.REPLACE,
    )
    table: TableName | None = setting(
        "Table, which must exist; unset means the namespace itself.",
        default=None,
        effect=Effect.REPLACE,
    )
    tags: dict[str, str] = setting(
        "Key and value of each LF-tag, from governance.lf_tags.",
        effect=Effect.IN_PLACE,
        required="an entry is about some tag",
        min_length=1,
        max_length=50,
    )


class GovernanceConfig(Section):
    """Lake Formation: readers, their grants, and the account-wide parts that grants rest on."""

    federation: Literal["create", "use", "none"] = setting(
        "The catalog s3tablescatalog, one per account and region: `create` in one stack, `use` "
        "in the others, `none` without Lake Formation.",
        default="none",
        effect=Effect.IN_PLACE,
    )
    third_party_engines: bool = setting(
        "Whether Lake Formation gives credentials for whole tables to engines outside AWS, "
        "which Spark here is. Account-wide.",
        default=False,
        effect=Effect.IN_PLACE,
    )
    admins: tuple[PrincipalArn, ...] = setting(
        "ARNs that are Lake Formation administrators. Added to those there are; taken away "
        "only if our stacks added them.",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=30,
    )
    other_buckets: dict[BucketName, tuple[Identifier, ...]] = setting(
        "Table buckets of other stacks that grants are about, with their namespaces.",
        factory=dict,
        effect=Effect.NONE,
    )
    lf_tags: dict[LfTagKey, LfTagValues] = setting(
        "LF-tags and their values, for grants by tag. What the account lacks of them is made; "
        "what was there before us stays.",
        factory=dict,
        effect=Effect.IN_PLACE,
    )
    tagged: tuple[TaggedConfig, ...] = setting(
        "What carries which LF-tags.",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=MAXIMUM_GRANTS,
    )
    readers: dict[Slug, ReaderConfig] = setting(
        "Who reads through Lake Formation, by name.",
        factory=dict,
        effect=Effect.IN_PLACE,
    )
    spark_reader: Slug | None = setting(
        "Reader that this stack's Spark is: it reads by Glue's Iceberg REST with credentials of "
        "Lake Formation, and its machines hold no permission on tables. Unset means that Spark "
        "reads and writes tables by IAM, past Lake Formation.",
        default=None,
        effect=Effect.SWAP_LEADER,
    )
    grants: tuple[GrantConfig, ...] = setting(
        "What readers may do. The order means nothing.",
        default=(),
        effect=Effect.IN_PLACE,
        max_length=MAXIMUM_GRANTS,
    )
