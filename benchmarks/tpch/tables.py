"""The eight tables: who lands each, and what they look like in Arrow and in Spark."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.errors import ToolError

BY_PYICEBERG: Final = ("region", "nation", "supplier", "part", "customer")
"""The smaller tables: one commit each, straight from this machine."""

BY_SPARK: Final = ("partsupp", "orders", "lineitem")
"""The larger ones, sent through the endpoint."""

NAMES: Final = (*BY_PYICEBERG, *BY_SPARK)

GENERATOR_DEADLINE: Final = 600.0


def generate(folder: Path, scale: float) -> None:
    """Write the tables as Parquet with the TPC's own generator, in its Rust port.

    Raises:
        ToolError: the generator is missing or failed.
    """
    program = Path(sys.executable).with_name("tpchgen-cli")
    command = [str(program), "parquet", "-s", f"{scale:g}", f"--output-dir={folder}"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=GENERATOR_DEADLINE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"tpchgen-cli: {error}; it comes with the demo dependencies"
        raise ToolError(msg) from error
    if done.returncode != 0:
        msg = f"tpchgen-cli ended with code {done.returncode}: {done.stderr[-500:]}"
        raise ToolError(msg)


def read(folder: Path, name: str) -> Any:
    """A table in Arrow, with types that every reader here knows, and all columns optional."""
    table = pq.read_table(folder / f"{name}.parquet")
    fields = [pa.field(field.name, _plain(field.type)) for field in table.schema]
    return table.cast(pa.schema(fields))


def rows(folder: Path, name: str) -> int:
    """Number of rows, from the file's footer."""
    return int(pq.ParquetFile(folder / f"{name}.parquet").metadata.num_rows)


def _plain(kind: Any) -> Any:
    # The generator writes the newer view layout; pyiceberg and Spark want the plain one.
    return pa.string() if pa.types.is_string_view(kind) else kind


def spark_schema(table: Any) -> str:
    """The table's columns as Spark DDL."""
    return ", ".join(f"{field.name} {_spark_type(field.type)}" for field in table.schema)


def _spark_type(kind: Any) -> str:
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    names = {pa.int64(): "bigint", pa.int32(): "int", pa.date32(): "date", pa.string(): "string"}
    return names[kind]
