"""Spark's settings, environment, pools and logging as text."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from lakehouse.boot import BootDocument, CatalogBoot, Role, SparkBoot
from node import paths, probe_result
from node.errors import LastingError
from node.instance import Instance
from node.render import environment, gateway, jvm, log4j, pools, properties, spark_conf
from node.sizes import Sizes


def settings(document: BootDocument, instance: Instance, sizes: Sizes) -> dict[str, str]:
    return spark_conf.render_settings(
        document, instance, sizes, "s3cret", spark="3.5.7", archive=True
    )


@pytest.mark.parametrize("role", ["leader", "worker"])
@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("spark.authenticate", "true", "nobody without the secret joins"),
        ("spark.authenticate.secret", "s3cret", "standalone takes it from a file only"),
        ("spark.network.crypto.enabled", "true", "RPC is encrypted"),
        ("spark.network.crypto.cipher", "AES/CTR/NoPadding", "GCM never registers on 3.5.7"),
        ("spark.network.crypto.authEngineVersion", "2", "version 1 is CVE-2025-55039"),
        ("spark.network.crypto.saslFallback", "false", "no downgrade"),
        ("spark.decommission.enabled", "true", "the worker's SIGPWR handler needs it"),
        ("spark.deploy.maxExecutorRetries", "-1", "spot storms must not kill the application"),
        ("spark.deploy.recoveryMode", "FILESYSTEM", "a restarted master goes on"),
        ("spark.master.rest.enabled", "false", "the REST port has no authentication"),
        ("spark.ui.killEnabled", "false", "web pages end no work"),
        ("spark.worker.cleanup.enabled", "true", "disks are finite"),
    ],
)
def test_both_roles_have(
    role: Role,
    key: str,
    value: str,
    reason: str,
    leader: BootDocument,
    worker: BootDocument,
    instance: Instance,
    sizes: Sizes,
) -> None:
    document = {"leader": leader, "worker": worker}[role]
    assert settings(document, instance, sizes)[key] == value, reason


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("spark.master", "spark://10.0.1.4:7077", "the driver's master is its own machine"),
        ("spark.io.compression.codec", "zstd", "what is handed over has to move within a notice"),
        ("spark.driver.host", "10.0.1.4", "executors call this address"),
        ("spark.driver.bindAddress", "10.0.1.4", "and nothing else is bound"),
        ("spark.driver.port", "7079", "the firewall opens one port"),
        ("spark.driver.blockManager.port", "7080", "the firewall opens one port"),
        ("spark.port.maxRetries", "0", "a taken port is a fault, not a move"),
        ("spark.connect.grpc.binding.port", "15002", "where the gateway passes to"),
        (
            "spark.connect.execute.reattachable.senderMaxStreamDuration",
            "30s",
            "reattaching keeps a session with a running query",
        ),
        ("spark.scheduler.mode", "FAIR", "small queries pass big ones"),
        ("spark.task.reaper.enabled", "true", "cancelled means stopped"),
        ("spark.dynamicAllocation.enabled", "false", "the fleet decides"),
        ("spark.pyspark.python", "/opt/spark/venv/bin/python", "UDFs run in the image's Python"),
        ("spark.driver.memory", "2048m", "sizes"),
        ("spark.executor.memory", "768m", "sizes"),
        ("spark.sql.defaultCatalog", "lake", "the first catalog"),
        ("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog", "Iceberg"),
        (
            "spark.sql.catalog.lake.catalog-impl",
            "io.millrace.spark.PagedS3TablesCatalog",
            "the vendor's lists endless pages",
        ),
        ("spark.sql.catalog.lake.cache-enabled", "false", "sessions see others' commits"),
        (
            "spark.sql.catalog.lake.table-default.commit.retry.num-retries",
            "30",
            "concurrent appends all land",
        ),
    ],
)
def test_the_leader_has(
    key: str, value: str, reason: str, leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    assert settings(leader, instance, sizes)[key] == value, reason


def test_a_worker_knows_neither_catalogs_nor_the_driver(
    worker: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    conf = settings(worker, instance, sizes)
    assert not [key for key in conf if key.startswith(("spark.sql.", "spark.driver."))]


def test_on_aws_no_endpoint_is_named(
    leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    conf = settings(leader, instance, sizes)
    assert not [key for key in conf if "endpoint" in key or "path-style" in key]


def test_an_emulated_account_is_named_per_catalog(
    leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    document = replace(
        leader,
        aws_endpoint_url="http://192.0.2.10:4566",
        catalogs=(*leader.catalogs, CatalogBoot(name="raw", warehouse="arn:raw")),
    )
    conf = settings(document, instance, sizes)
    for name in ("lake", "raw"):
        prefix = f"spark.sql.catalog.{name}"
        assert conf[f"{prefix}.s3tables.endpoint"] == "http://192.0.2.10:4566"
        assert conf[f"{prefix}.s3.endpoint"] == "http://192.0.2.10:4566"
        assert conf[f"{prefix}.s3.path-style-access"] == "true"
    assert conf["spark.sql.defaultCatalog"] == "lake"


def test_no_jar_is_added_at_start(leader: BootDocument, instance: Instance, sizes: Sizes) -> None:
    conf = settings(leader, instance, sizes)
    assert not {"spark.jars", "spark.jars.packages"} & set(conf), (
        "session class loaders break Iceberg's classes; jars are in the image"
    )


def test_metadata_version_1_is_off_in_the_sdk(
    leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    conf = settings(leader, instance, sizes)
    for who in ("driver", "executor"):
        assert "-Daws.disableEc2MetadataV1=true" in conf[f"spark.{who}.extraJavaOptions"]


def test_a_metadata_service_that_is_slow_for_a_moment_fails_no_task(
    leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    conf = settings(leader, instance, sizes)
    for who in ("driver", "executor"):
        assert "-Daws.ec2MetadataServiceTimeout=10" in conf[f"spark.{who}.extraJavaOptions"]


def test_several_executors_on_a_worker_need_several_ports(
    leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    conf = settings(leader, instance, replace(sizes, executor_cores=1))
    assert conf["spark.executor.cores"] == "1"
    assert int(conf["spark.port.maxRetries"]) == spark_conf.EXECUTORS_PER_WORKER - 1


def test_the_environment_has_the_last_word(
    leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    document = replace(leader, spark=SparkBoot(conf={"spark.task.maxFailures": "2"}))
    assert settings(document, instance, sizes)["spark.task.maxFailures"] == "2"


@pytest.mark.parametrize(
    "key",
    [
        "spark.authenticate",
        "spark.authenticate.secret",
        "spark.network.crypto.cipher",
        "spark.driver.bindAddress",
        "spark.connect.grpc.binding.port",
        "spark.master.rest.enabled",
    ],
)
def test_the_environment_cannot_open_what_is_closed(
    key: str, leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    document = replace(leader, spark=SparkBoot(conf={key: "x"}))
    with pytest.raises(LastingError, match=f"{key} = 'x'.*remove it"):
        settings(document, instance, sizes)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("plain", "k plain\n"),
        ("a\\b", "k a\\\\b\n"),
        ("two\nlines", "k two\\nlines\n"),
        (" space", "k \\ space\n"),
    ],
)
def test_a_value_comes_back_as_it_went_in(value: str, line: str) -> None:
    assert properties.render({"k": value}) == line


def test_a_key_cannot_smuggle_a_second_setting() -> None:
    with pytest.raises(LastingError, match="is not a name"):
        properties.render({"spark.a b\nspark.authenticate": "false"})


def test_units_get_their_numbers_and_no_secret(
    worker: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    text = environment.render(worker, instance, sizes)
    assert 'MILLRACE_WORKER_MEMORY_MIB="832"\n' in text
    assert 'MILLRACE_LEADER_HOST="leader-blue.lake.internal"\n' in text
    assert "secret" not in text.lower()


def test_the_connect_server_gets_no_daemon_settings(
    leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    assert "SPARK_DAEMON" not in environment.render(leader, instance, sizes), (
        "spark-class would take the daemons' heap for the Connect server's"
    )
    assert 'SPARK_DAEMON_MEMORY="256m"' in environment.render_daemon(instance, archive=True)


def test_pools_are_fair_inside_too() -> None:
    tree = ET.fromstring(pools.render())  # noqa: S314  our own text
    assert {pool.get("name") for pool in tree} == {"default", "interactive", "etl"}
    assert {pool.findtext("schedulingMode") for pool in tree} == {"FAIR"}


def test_logs_go_to_standard_error() -> None:
    text = log4j.render()
    assert "appender.console.target = SYSTEM_ERR" in text
    assert "File" not in text, "the journal keeps logs"


def test_the_class_archive_is_named_only_where_there_is_one() -> None:
    flag = f"-XX:SharedArchiveFile={paths.CLASS_ARCHIVE}"
    assert flag in jvm.options(archive=True)
    assert "SharedArchiveFile" not in jvm.options(archive=False), (
        "a JVM told of a missing archive drops its built-in one too"
    )


def test_no_directory_with_files_is_on_the_class_path(
    leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    assert 'SPARK_CONF_DIR="/nonexistent"' in environment.render(leader, instance, sizes)
    assert f"-Dlog4j2.configurationFile=file://{paths.LOG4J}" in jvm.options(archive=True)


def test_an_event_of_a_jvm_is_one_line_and_the_audit_s_has_a_mark() -> None:
    lines = dict(line.split(" = ") for line in log4j.render().splitlines())
    pattern = lines["appender.console.layout.pattern"]
    assert pattern.startswith("%p "), "no line but the audit's begins with its mark"
    assert r"[\\r\\n]+" in pattern, "a message could write a line of its own"
    assert lines["appender.console.layout.alwaysWriteExceptions"] == "false"
    assert lines["appender.audit.layout.pattern"] == f"{log4j.AUDIT_MARK}%m%n"
    assert lines["logger.audit.additivity"] == "false"


def test_who_ran_what_is_written_down_and_the_gateway_says_who(
    leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    conf = settings(leader, instance, sizes)
    assert conf["spark.extraListeners"].startswith("io.millrace.spark.AuditListener,")
    assert conf["spark.connect.grpc.interceptor.classes"] == "io.millrace.spark.GatewayIdentity"
    assert conf["spark.millrace.audit.statements"] == "false", "statements quote data"
    assert conf["spark.millrace.audit.ignoredUser"] == probe_result.USER


def test_the_environment_adds_listeners_and_removes_none(
    leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    document = replace(leader, spark=SparkBoot(conf={"spark.extraListeners": "a.B"}))
    conf = settings(document, instance, sizes)
    ours = settings(leader, instance, sizes)["spark.extraListeners"]
    assert conf["spark.extraListeners"] == f"{ours},a.B"


@pytest.mark.parametrize(
    "key", ["spark.connect.grpc.interceptor.classes", "spark.millrace.audit.statements"]
)
def test_the_environment_cannot_turn_the_audit_off(
    key: str, leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    document = replace(leader, spark=SparkBoot(conf={key: "x"}))
    with pytest.raises(LastingError, match="decides itself"):
        settings(document, instance, sizes)


def test_no_user_of_the_endpoint_can_be_the_probe() -> None:
    with pytest.raises(LastingError, match="endpoint user"):
        gateway.render_tokens({probe_result.USER: "0123456789abcdef"})
