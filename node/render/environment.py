"""Environment files of the units that run as the Spark user. No secret in them.

`spark.env` is everybody's; `daemon.env` is master's and worker's only: `spark-class` would give
`SPARK_DAEMON_*` to the Connect server too, as heap and options instead of the driver's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lakehouse.boot import BootDocument
from node import paths
from node.instance import Instance
from node.render import catalogs, jvm
from node.sizes import DAEMON_HEAP_MIB, Sizes

# Daemons do little and must start quickly: one collector thread, no second compiler tier.
_DAEMON_JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"


def render(
    document: BootDocument, instance: Instance, sizes: Sizes, scratch: Sequence[Path] = ()
) -> str:
    """What the units substitute and what `spark-class` reads; `scratch` is on local disks."""
    values = {
        "MILLRACE_PRIVATE_IP": instance.private_ip,
        "MILLRACE_LEADER_HOST": document.leader_host,
        "MILLRACE_WORKER_CORES": str(sizes.worker_cores),
        "MILLRACE_WORKER_MEMORY_MIB": str(sizes.worker_mib),
        "SPARK_HOME": str(paths.SPARK_HOME),
        "SPARK_CONF_DIR": str(paths.CLASS_PATH_CONF),
        "SPARK_LOCAL_DIRS": ",".join(map(str, scratch or [paths.SPARK_STATE / "local"])),
        # The Connect server stamps this interpreter on every Python function; without it the
        # executors would run the system's Python, which has no pandas (SparkConnectPlanner).
        "PYSPARK_PYTHON": str(paths.SPARK_PYTHON),
        "AWS_REGION": document.region,
        "PYTHONUNBUFFERED": "1",
    }
    if catalogs.reader_role(document):
        values["AWS_CONFIG_FILE"] = str(paths.AWS_CONFIG)
    return _lines(values)


def render_aws_config(document: BootDocument) -> str:
    """The AWS profile of a Spark that takes a reader's role with the machine's credentials."""
    lines = {
        "region": document.region,
        "role_arn": catalogs.reader_role(document),
        "credential_source": "Ec2InstanceMetadata",
        # Shown by CloudTrail as who asked.
        "role_session_name": f"{document.project}-{document.stack}-{document.generation}",
    }
    return "[default]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())


def render_daemon(instance: Instance, *, archive: bool) -> str:
    """How the daemons run; `archive`: whether the image has a class archive."""
    return _lines(
        {
            # Binds one address: web pages too, which Spark otherwise opens on all of them.
            "SPARK_LOCAL_IP": instance.private_ip,
            "SPARK_DAEMON_MEMORY": f"{DAEMON_HEAP_MIB}m",
            "SPARK_DAEMON_JAVA_OPTS": f"{_DAEMON_JVM} {jvm.options(archive=archive)}",
        }
    )


def _lines(values: Mapping[str, str]) -> str:
    return "".join(f'{name}="{_quoted(value)}"\n' for name, value in values.items())


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
