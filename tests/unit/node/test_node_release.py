"""What a machine sets differently for each release of Spark."""

from __future__ import annotations

from typing import Any

import pytest

from lakehouse.boot import BootDocument, Role
from lakehouse.versions import load_set, pin_files
from node.errors import LastingError
from node.instance import Instance
from node.probe import hurry
from node.render import release, spark_conf
from node.sizes import Sizes


@pytest.mark.parametrize("role", ["leader", "worker"])
@pytest.mark.parametrize("version_set", pin_files())
def test_an_image_says_of_every_set_which_spark_it_holds(version_set: str, role: Role) -> None:
    versions = load_set(version_set)
    spark = release.spark_version({"components": versions.versions})
    assert spark == versions.spark
    assert release.settings(spark, role)


@pytest.mark.parametrize("document", [{}, {"components": None}, {"components": {"java": "17"}}])
def test_an_image_that_does_not_say_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(LastingError, match="names no version of Spark: bake the image again"):
        release.spark_version(document)


@pytest.mark.parametrize(
    ("spark", "key", "value", "reason"),
    [
        ("3.5.7", "spark.network.crypto.cipher", "AES/CTR/NoPadding", "GCM never registers"),
        ("4.1.4", "spark.network.crypto.cipher", "AES/GCM/NoPadding", "authenticated as well"),
        ("3.5.7", "spark.connect.grpc.binding.address", None, "3.5 does not know it"),
        ("4.1.4", "spark.connect.grpc.binding.address", "127.0.0.1", "the gateway's alone"),
        ("3.5.7", "spark.sql.ansi.enabled", "false", "what 3.5 does by itself"),
        ("4.1.4", "spark.sql.ansi.enabled", "true", "what 4.x does by itself"),
    ],
)
def test_a_leader_has(spark: str, key: str, value: str | None, reason: str) -> None:
    assert release.settings(spark, "leader").get(key) == value, reason


def test_shuffle_files_of_a_finished_statement_are_removed_by_spark_or_by_us(
    leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    ours, theirs = "FinishedShuffles", "spark.sql.connect.shuffleDependency.fileCleanup.enabled"
    conf = {
        spark: spark_conf.render_settings(leader, instance, sizes, "s", spark=spark, archive=False)
        for spark in ("3.5.7", "4.1.4")
    }
    assert ours in conf["3.5.7"]["spark.extraListeners"]
    assert theirs not in conf["3.5.7"], "3.5 does not know it"
    assert ours not in conf["4.1.4"]["spark.extraListeners"], "one is enough"
    assert conf["4.1.4"][theirs] == "true"


def test_an_executor_that_leaves_serves_its_last_readers_where_spark_does_not_find_them_others(
    leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    leader.spark.conf["spark.plugins"] = "a.B"
    found = [
        spark_conf.render_settings(leader, instance, sizes, "s", spark=spark, archive=False)
        for spark in ("3.5.7", "4.1.4")
    ]
    assert [conf["spark.plugins"] for conf in found] == ["io.millrace.spark.LastReaders,a.B", "a.B"]


@pytest.mark.parametrize("spark", ["3.5.7", "4.1.4"])
def test_leader_and_worker_speak_one_cipher(spark: str) -> None:
    cipher = "spark.network.crypto.cipher"
    roles: tuple[Role, ...] = ("leader", "worker")
    assert len({release.settings(spark, role)[cipher] for role in roles}) == 1


@pytest.mark.parametrize(
    "key", ["spark.connect.grpc.binding.address", "spark.connect.authenticate.token"]
)
def test_who_reaches_the_server_is_not_the_environments_to_say(
    key: str, leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    leader.spark.conf[key] = "x"
    with pytest.raises(LastingError, match="which the machine decides itself"):
        spark_conf.render_settings(leader, instance, sizes, "s", spark="4.1.4", archive=False)


def test_an_environment_may_keep_the_older_sql(
    leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    leader.spark.conf["spark.sql.ansi.enabled"] = "false"
    conf = spark_conf.render_settings(leader, instance, sizes, "s", spark="4.1.4", archive=False)
    assert conf["spark.sql.ansi.enabled"] == "false"


class _Client35:
    def __init__(self) -> None:
        self._retry_policy = {"max_retries": 15, "jitter": 500}


def test_a_probe_of_either_release_does_not_wait_ten_minutes() -> None:
    client = _Client35()
    hurry(client)
    assert client._retry_policy["max_retries"] == 1
