"""Cleaning up after the suite."""

from __future__ import annotations

from ops.context import OpsContext
from ops.wait import Pending, until

DEADLINE = 60.0


def drop_namespace(context: OpsContext, name: str, catalog: str = "") -> None:
    """Delete a namespace through the account's API: it works also when the engine does not.
    It is of the first catalog, or of the one named.

    A statement that was cut off may still commit a table meanwhile, so it is looked for until
    there is none.
    """
    client = context.account.client("s3tables")
    warehouses = {each.name: each.warehouse for each in context.outputs.catalogs}
    warehouse = warehouses[catalog or context.outputs.catalogs[0].name]
    where = {"tableBucketARN": warehouse, "namespace": name}

    def empty() -> bool | Pending:
        pages = client.get_paginator("list_tables").paginate(**where)
        tables = [table["name"] for page in pages for table in page["tables"]]
        for table in tables:
            client.delete_table(**where, name=table)
        return Pending(f"{len(tables)} tables") if tables else True

    until(empty, deadline=DEADLINE, describe=f"namespace {name} to be empty", interval=0.1)
    client.delete_namespace(**where)
