"""Settings that differ between Spark's releases, chosen by what the image says it holds.

The image's version document names Spark's version; nothing is tried out at boot. A setting of
the environment wins over those here that are not the machine's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lakehouse.boot import Role
from node.errors import LastingError

_FIRST_WITH_GCM: Final = 4
_FIRST_WITH_CLEANUP: Final = 4
"""Of a statement's shuffle files at its end (`spark.sql.connect.shuffleDependency.*`, 4.1)."""

_FIRST_WITH_FRESH_LOCATIONS: Final = 4
"""A reader that fails asks the driver where its files are now (SPARK-44635)."""

_ANSI: Final = "spark.sql.ansi.enabled"


def spark_version(document: Mapping[str, Any]) -> str:
    """Spark's version, such as `3.5.7`, from the image's version document.

    Raises:
        LastingError: the document does not tell; such an image was not baked by this project.
    """
    version = (document.get("components") or {}).get("spark", "")
    if not version:
        msg = "the image's version document names no version of Spark: bake the image again"
        raise LastingError(msg)
    return str(version)


def settings(spark: str, role: Role) -> dict[str, str]:
    """What a machine of `role` sets because its Spark is of version `spark`."""
    major = int(spark.partition(".")[0])
    if major < _FIRST_WITH_GCM:
        conf = {
            # AES/GCM never registers a worker on 3.5.7 (SPARK-56227), so CTR; version 2 of the
            # key exchange is what makes CTR acceptable (CVE-2025-55039).
            "spark.network.crypto.cipher": "AES/CTR/NoPadding",
        }
        if role == "leader":
            conf[_ANSI] = "false"
        return conf
    conf = {"spark.network.crypto.cipher": "AES/GCM/NoPadding"}
    if role == "leader":
        # The firewall closes the port as well; 3.5 cannot be told.
        conf["spark.connect.grpc.binding.address"] = "127.0.0.1"
        # 4.0's default, said aloud: an overflow or a bad cast is an error, not a null.
        conf[_ANSI] = "true"
        # What `io.millrace.spark.FinishedShuffles` does on 3.5.
        conf["spark.sql.connect.shuffleDependency.fileCleanup.enabled"] = "true"
    return conf


def plugins(spark: str) -> tuple[str, ...]:
    """Plugins of our jar that driver and executors of version `spark` need."""
    if int(spark.partition(".")[0]) < _FIRST_WITH_FRESH_LOCATIONS:
        return ("io.millrace.spark.LastReaders",)
    return ()


def listeners(spark: str) -> tuple[str, ...]:
    """Classes of our jar that a driver of version `spark` needs besides the audit."""
    if int(spark.partition(".")[0]) < _FIRST_WITH_CLEANUP:
        return ("io.millrace.spark.FinishedShuffles",)
    return ()
