"""Where tables are, in the words of Glue and Lake Formation: catalogs below `s3tablescatalog`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lakehouse.policies import Account

FEDERATED_CATALOG: Final = "s3tablescatalog"
"""Name that AWS services look for: one per account and region, for all table buckets."""

CONNECTION: Final = "aws:s3tables"
"""Connection of Glue that stands for S3 Tables."""


@dataclass(frozen=True, kw_only=True)
class Lake:
    """The table buckets that grants may be about, with their namespaces."""

    account: Account
    buckets: Mapping[str, tuple[str, ...]]
    """Bucket name -> namespaces."""

    def catalog_id(self, bucket: str) -> str:
        """Of one bucket's catalog. Longer than an account id, so it fits only inside a resource."""
        return f"{self.account.account_id}:{FEDERATED_CATALOG}/{bucket}"

    @property
    def buckets_arn(self) -> str:
        """All table buckets of the account and region, which is what is federated."""
        return self.account.arn("s3tables", "bucket/*")


def bucket_of(catalog_id: str) -> str:
    """The table bucket that a catalog id is about; empty when it is about none."""
    head, _, bucket = catalog_id.partition(f":{FEDERATED_CATALOG}/")
    return bucket if head.isdigit() else ""
