"""Lands the smaller tables with pyiceberg. A process of its own, started by `demo`:

    python -m benchmarks.tpch.land OUTPUTS FOLDER NAMESPACE TABLE...

Arrow reads and writes S3 from threads that it starts when it likes; a process that is inside
the VPC as a whole needs not care which thread that is.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.tpch import tables
from ops.context import OpsContext, context_from_environment, read_outputs
from ops.s3tables_catalog import S3TablesCatalog


def main(argv: list[str]) -> int:
    """Land each table and print one JSON line for it."""
    outputs_file, folder, namespace, *names = argv
    catalog = open_catalog(context_from_environment(read_outputs(Path(outputs_file))))
    if not catalog.namespace_exists(namespace):
        catalog.create_namespace(namespace)
    for name in names:
        start = time.monotonic()
        rows = land(catalog, Path(folder), f"{namespace}.{name}", name)
        line = {"table": name, "rows": rows, "seconds": round(time.monotonic() - start, 2)}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    return 0


def land(catalog: S3TablesCatalog, folder: Path, identifier: str, name: str) -> int:
    """Replace a table by the generated one; returns its rows as the catalog counts them."""
    data = tables.read(folder, name)
    if catalog.table_exists(identifier):
        catalog.drop_table(identifier)
    table = catalog.create_table(identifier, data.schema)
    table.append(data)
    snapshot = catalog.load_table(identifier).current_snapshot()
    return int(snapshot.summary["total-records"]) if snapshot and snapshot.summary else 0


_CREDENTIALS: Final = {
    "s3.access-key-id": "AWS_ACCESS_KEY_ID",
    "s3.secret-access-key": "AWS_SECRET_ACCESS_KEY",
    "s3.session-token": "AWS_SESSION_TOKEN",
}


def open_catalog(context: OpsContext, name: str = "") -> S3TablesCatalog:
    """A catalog of the stack for pyiceberg; the first one, unless it is named."""
    outputs = context.outputs
    properties = {"s3.region": outputs.region}
    if outputs.aws_endpoint_url:
        properties["s3.endpoint"] = outputs.aws_endpoint_url
    for key, variable in _CREDENTIALS.items():
        if variable in os.environ:
            properties[key] = os.environ[variable]
    chosen = next(each for each in outputs.catalogs if name in ("", each.name))
    return S3TablesCatalog(
        chosen.name, context.account.client("s3tables"), chosen.warehouse, properties
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
