"""Judges the history of tables from their files. A process of its own, inside the VPC:

    python -m benchmarks.interruption.history OUTPUTS NAMESPACE TABLE...

Prints one JSON line a table. Reads what Iceberg wrote and nothing that Spark remembers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.tpch.land import open_catalog
from ops.context import context_from_environment, read_outputs

READ: Final = 24
"""Snapshots of a table whose rows are read; the files of every snapshot are looked for."""


@dataclass(kw_only=True)
class History:
    """What was found of one table."""

    table: str
    snapshots: int = 0
    rows: int = 0
    """Of the current snapshot, by its own count."""
    added: int = 0
    """Rows that all snapshots together added."""
    files: int = 0
    """Data and delete files that some snapshot refers to."""
    current_files: int = 0
    read: int = 0
    """Snapshots whose rows were read and counted."""
    problems: list[str] = field(default_factory=list)


def main(argv: list[str]) -> int:
    """Judge each table."""
    outputs, namespace, *names = argv
    catalog = open_catalog(context_from_environment(read_outputs(Path(outputs))))
    for name in names:
        found = judge(name, catalog.load_table(f"{namespace}.{name}"))
        sys.stdout.write(json.dumps(asdict(found)) + "\n")
        sys.stdout.flush()
    return 0


def judge(name: str, table: Any) -> History:
    """Look at every snapshot, at every file, and at the rows of some."""
    snapshots = sorted(table.metadata.snapshots, key=lambda each: each.sequence_number)
    summaries = [_summary(each) for each in snapshots]
    found = History(table=name, snapshots=len(snapshots))
    found.problems += chain(
        [(each.snapshot_id, each.parent_snapshot_id) for each in snapshots],
        table.metadata.current_snapshot_id,
    )
    found.problems += counts(summaries)
    if snapshots:
        found.rows = rows(summaries[-1])
        found.added = sum(each.get("added-records", 0) for each in summaries)
    _look_for_files(table, snapshots, found)
    for index in sample(len(snapshots), READ):
        expected = rows(summaries[index])
        read = table.scan(snapshot_id=snapshots[index].snapshot_id).to_arrow().num_rows
        found.read += 1
        if read != expected:
            found.problems.append(f"snapshot {index + 1} has {read} rows and counts {expected}")
    return found


def chain(parents: Sequence[tuple[int, int | None]], current: int | None) -> list[str]:
    """Whether each snapshot (id, parent) follows the one before, and the last is the current."""
    problems = []
    before: int | None = None
    for place, (snapshot, parent) in enumerate(parents, start=1):
        if parent != before:
            problems.append(f"snapshot {place} follows {parent}, not {before}: history has a fork")
        before = snapshot
    if before != current:
        problems.append(f"the current snapshot is {current}, not the last one, {before}")
    return problems


def counts(summaries: Sequence[Mapping[str, int]]) -> list[str]:
    """Whether what each snapshot added and deleted makes its total."""
    problems = []
    total = 0
    for place, each in enumerate(summaries, start=1):
        total += each.get("added-records", 0) - each.get("deleted-records", 0)
        if each.get("total-records", 0) != total:
            problems.append(
                f"snapshot {place} counts {each.get('total-records')} records, which is not "
                f"{total}, what all before it and itself added and deleted"
            )
    return problems


def rows(summary: Mapping[str, int]) -> int:
    """Rows of a snapshot: records in its files, less those that its delete files take out."""
    return summary.get("total-records", 0) - summary.get("total-position-deletes", 0)


def sample(count: int, most: int) -> list[int]:
    """Indices of so many, evenly, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(each * (count - 1) / (most - 1)) for each in range(most)})


def _summary(snapshot: Any) -> dict[str, int]:
    given = snapshot.summary.additional_properties if snapshot.summary else {}
    return {key: int(value) for key, value in given.items() if str(value).isdigit()}


def _look_for_files(table: Any, snapshots: Sequence[Any], found: History) -> None:
    known: dict[str, bool] = {}

    def there(path: str) -> bool:
        if path not in known:
            known[path] = bool(table.io.new_input(path).exists())
        return known[path]

    data: set[str] = set()
    manifests: dict[str, set[str]] = {}
    for place, snapshot in enumerate(snapshots, start=1):
        if not there(snapshot.manifest_list):
            found.problems.append(f"snapshot {place}: {snapshot.manifest_list} does not exist")
            continue
        current: set[str] = set()
        for manifest in snapshot.manifests(table.io):
            path = manifest.manifest_path
            if path not in manifests:
                if not there(path):
                    found.problems.append(f"snapshot {place}: manifest {path} does not exist")
                    continue
                entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
                manifests[path] = {entry.data_file.file_path for entry in entries}
            current |= manifests[path]
        missing = sorted(path for path in current if not there(path))
        found.problems += [f"snapshot {place}: {path} does not exist" for path in missing]
        data |= current
        found.current_files = len(current)
    found.files = len(data)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
