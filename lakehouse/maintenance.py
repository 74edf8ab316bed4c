"""Maintenance of tables: what is wanted of S3 Tables, in full, and in the words of its API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import BaseModel

COMPACTION: Final = "icebergCompaction"
SNAPSHOTS: Final = "icebergSnapshotManagement"

SORTING: Final = frozenset({"sort", "z-order"})
"""Strategies for tables with a sort order only."""

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Maintenance:
    """Settings of one table. The defaults are those of S3 Tables (user guide, "S3 Tables
    maintenance")."""

    compaction: bool = True
    target_file_mb: int = 512
    strategy: str = "auto"
    snapshot_management: bool = True
    minimum_snapshots: int = 1
    maximum_snapshot_age_hours: int = 120

    @property
    def history_hours(self) -> float:
        """For so long no snapshot is removed; without snapshot management, for ever."""
        return self.maximum_snapshot_age_hours if self.snapshot_management else float("inf")

    def to_mapping(self) -> Document:
        """Plain values, to be kept and compared."""
        return asdict(self)

    def to_api(self) -> dict[str, Document]:
        """Kind of maintenance -> what PutTableMaintenanceConfiguration takes."""
        return {
            COMPACTION: _configuration(
                COMPACTION,
                enabled=self.compaction,
                targetFileSizeMB=self.target_file_mb,
                strategy=self.strategy,
            ),
            SNAPSHOTS: _configuration(
                SNAPSHOTS,
                enabled=self.snapshot_management,
                minSnapshotsToKeep=self.minimum_snapshots,
                maxSnapshotAgeHours=self.maximum_snapshot_age_hours,
            ),
        }


OUT_OF_THE_BOX: Final = Maintenance()
"""What a table has that nobody looked after."""


def resolved(*layers: BaseModel) -> Maintenance:
    """What several sections say together, the most special one last; unset says nothing."""
    chosen: Document = {}
    for layer in layers:
        said = layer.model_dump(include=set(Maintenance.__dataclass_fields__))
        chosen |= {key: value for key, value in said.items() if value is not None}
    return Maintenance(**chosen)


def from_mapping(values: Mapping[str, Any]) -> Maintenance:
    """The opposite of `to_mapping`, from values that may have gone through JSON's one number."""
    return Maintenance(
        compaction=bool(values["compaction"]),
        target_file_mb=int(values["target_file_mb"]),
        strategy=str(values["strategy"]),
        snapshot_management=bool(values["snapshot_management"]),
        minimum_snapshots=int(values["minimum_snapshots"]),
        maximum_snapshot_age_hours=int(values["maximum_snapshot_age_hours"]),
    )


def from_api(configuration: Mapping[str, Any]) -> Maintenance:
    """What GetTableMaintenanceConfiguration says; what it leaves out is S3 Tables' default."""
    compaction, joined = _read(configuration, COMPACTION)
    snapshots, kept = _read(configuration, SNAPSHOTS)
    default = OUT_OF_THE_BOX
    return Maintenance(
        compaction=compaction,
        target_file_mb=joined.get("targetFileSizeMB", default.target_file_mb),
        strategy=joined.get("strategy", default.strategy),
        snapshot_management=snapshots,
        minimum_snapshots=kept.get("minSnapshotsToKeep", default.minimum_snapshots),
        maximum_snapshot_age_hours=kept.get(
            "maxSnapshotAgeHours", default.maximum_snapshot_age_hours
        ),
    )


def _configuration(kind: str, *, enabled: bool, **settings: Any) -> Document:
    # Settings are sent along where the job is off, too: AWS replaces the whole configuration.
    return {"status": "enabled" if enabled else "disabled", "settings": {kind: settings}}


def _read(configuration: Mapping[str, Any], kind: str) -> tuple[bool, Document]:
    found = configuration.get(kind, {})
    settings = found.get("settings", {}).get(kind, {})
    return found.get("status", "enabled") == "enabled", dict(settings)
