"""Settings of the catalog: where tables are kept."""

from __future__ import annotations

from lakehouse.config._settings import Section, setting
from lakehouse.effects import Effect
from lakehouse.types import BucketName, Identifier


class CatalogConfig(Section):
    """One S3 Tables bucket and how Spark calls it."""

    name: Identifier = setting(
        "Name of the catalog in SQL: SELECT ... FROM <name>.<namespace>.<table>.",
        default="lake",
        effect=Effect.SWAP_LEADER,
    )
    bucket: BucketName | None = setting(
        "Name of the S3 Tables bucket; unset means <project>-<stack>.",
        default=None,
        effect=Effect.REFUSED,
    )
    namespaces: tuple[Identifier, ...] = setting(
        "Namespaces that exist from the start. One that is taken off the list must be empty.",
        default=("default",),
        effect=Effect.IN_PLACE,
    )
    protect: bool = setting(
        "Whether Pulumi refuses to delete the bucket and its key.",
        default=True,
        effect=Effect.NONE,
    )
    key_deletion_days: int = setting(
        "Days that AWS keeps a deleted encryption key, 7 to 30: the time in which tables "
        "can still be rescued.",
        default=30,
        effect=Effect.IN_PLACE,
        ge=7,
        le=30,
    )
    unreferenced_days: int = setting(
        "Days after which S3 Tables removes files that no snapshot refers to.",
        default=3,
        effect=Effect.IN_PLACE,
        ge=1,
    )
    noncurrent_days: int = setting(
        "Days that removed files can still be recovered.",
        default=10,
        effect=Effect.IN_PLACE,
        ge=1,
    )
