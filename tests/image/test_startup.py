"""The class data archive: usable as the image lies, which its layers must not change."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.install

_ARCHIVE = "/opt/spark/cds/spark.jsa"
_SHARED = f"/opt/java/bin/java -Xshare:on -XX:SharedArchiveFile={_ARCHIVE}"


def test_a_jvm_accepts_the_archive_for_sparks_jars(host: Any) -> None:
    result = host.run(f"{_SHARED} -cp '/opt/spark/home/jars/*' -version")
    assert result.rc == 0, result.stdout


def test_a_folder_that_does_not_exist_may_come_before_the_jars(host: Any) -> None:
    result = host.run(f"{_SHARED} -cp '/nonexistent/:/opt/spark/home/jars/*' -version")
    assert result.rc == 0, result.stdout


@pytest.mark.parametrize(
    "name",
    [
        "org.apache.spark.deploy.master.Master",
        "org.apache.spark.deploy.worker.Worker",
        "org.apache.spark.executor.CoarseGrainedExecutorBackend",
        "org.apache.spark.launcher.Main",
        "org.apache.spark.sql.connect.service.SparkConnectServer",
        "org.apache.iceberg.spark.SparkCatalog",
        "io.millrace.spark.PagedS3TablesCatalog",
    ],
)
def test_a_class_of_every_process_was_recorded(host: Any, name: str) -> None:
    listed = host.run(f"grep -cxF '{name.replace('.', '/')}' /opt/spark/cds/classes.lst")
    assert listed.stdout.strip() == "1"
