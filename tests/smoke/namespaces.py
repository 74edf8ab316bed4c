"""Cleaning up after the suite."""

from __future__ import annotations

from ops.context import OpsContext


def drop_namespace(context: OpsContext, name: str) -> None:
    """Delete a namespace through the account's API: it works also when the engine does not."""
    client = context.account.client("s3tables")
    bucket = context.outputs.catalogs[0].warehouse
    pages = client.get_paginator("list_tables").paginate(tableBucketARN=bucket, namespace=name)
    for table in [table for page in pages for table in page["tables"]]:
        client.delete_table(tableBucketARN=bucket, namespace=name, name=table["name"])
    client.delete_namespace(tableBucketARN=bucket, namespace=name)
