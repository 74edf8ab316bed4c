"""`spark.env`: the environment file of every unit that runs as the Spark user. No secret."""

from __future__ import annotations

from lakehouse.boot import BootDocument
from node import paths
from node.instance import Instance
from node.sizes import DAEMON_HEAP_MIB, Sizes

# Daemons do little and must start quickly: one collector thread, no second compiler tier.
_DAEMON_JVM = (
    "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError "
    "-Djava.net.preferIPv4Stack=true"
)


def render(document: BootDocument, instance: Instance, sizes: Sizes) -> str:
    """What the units substitute and what `spark-class` reads."""
    values = {
        "MILLRACE_PRIVATE_IP": instance.private_ip,
        "MILLRACE_LEADER_HOST": document.leader_host,
        "MILLRACE_WORKER_CORES": str(sizes.worker_cores),
        "MILLRACE_WORKER_MEMORY_MIB": str(sizes.worker_mib),
        "SPARK_HOME": str(paths.SPARK_HOME),
        "SPARK_CONF_DIR": str(paths.SPARK_CONF),
        "SPARK_LOCAL_DIRS": str(paths.SPARK_STATE / "local"),
        "SPARK_DAEMON_MEMORY": f"{DAEMON_HEAP_MIB}m",
        "SPARK_DAEMON_JAVA_OPTS": _DAEMON_JVM,
        "AWS_REGION": document.region,
        # Of the account's services only the catalogs speak to S3; their URL is in Spark's
        # settings, per catalog, and not here.
        "PYTHONUNBUFFERED": "1",
    }
    return "".join(f'{name}="{_quoted(value)}"\n' for name, value in values.items())


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
