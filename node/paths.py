"""Where things are on a machine: the one place that names them.

Unit files name the same paths (they are copied as they are); a test compares the two.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

RUN: Final = Path("/run/millrace")
"""Rendered at boot. A tmpfs, so that no secret reaches a disk."""

BOOT_DOCUMENT: Final = RUN / "boot.json"
INSTANCE: Final = RUN / "instance.json"
"""What the metadata service said about this machine, for the agents that start later."""

SPARK_CONF: Final = RUN / "spark"
SPARK_DEFAULTS: Final = SPARK_CONF / "spark-defaults.conf"
SPARK_ENV: Final = SPARK_CONF / "spark.env"
DAEMON_ENV: Final = SPARK_CONF / "daemon.env"
LOG4J: Final = SPARK_CONF / "log4j2.properties"
FAIR_SCHEDULER: Final = SPARK_CONF / "fairscheduler.xml"
AWS_CONFIG: Final = SPARK_CONF / "aws-config"
"""Whose permissions Spark has, where they are not the machine's."""

GATEWAY: Final = RUN / "gateway"
NGINX_CONF: Final = GATEWAY / "nginx.conf"
TLS_CERTIFICATE: Final = GATEWAY / "tls.crt"
TLS_KEY: Final = GATEWAY / "tls.key"
TOKENS: Final = GATEWAY / "tokens.map"
GATEWAY_RUNTIME: Final = Path("/run/millrace-gateway")
"""The gateway unit's RuntimeDirectory: pid and request bodies."""

FIREWALL: Final = RUN / "firewall.nft"

PROBE: Final = Path("/run/millrace-probe/probe.json")
"""In the probe unit's RuntimeDirectory: written by the probe, read by health."""

SHIPPER_STATE: Final = Path("/var/lib/millrace-shipper")
"""StateDirectory of the shipper: how far the journal has been sent survives a reboot."""

SHIPPED: Final = Path("/run/millrace-shipper/shipped.json")
"""In the shipper unit's RuntimeDirectory: who leaves waits for it."""

AUTOSCALE: Final = RUN / "autoscale.json"
"""Written by boot where the autoscaler is on: its unit asks for it."""

AUTOSCALER_STATE: Final = Path("/run/millrace-autoscaler/state.json")
"""In the autoscaler unit's RuntimeDirectory: written by it, read by health."""

AT_RISK: Final = Path("/run/millrace-notices/at-risk.json")
"""Instance ids that spot recommended to leave, a JSON list or the keys of a map. In the fleet
unit's RuntimeDirectory: written by it, read by the autoscaler."""

WORKER_STATES: Final = Path("/run/millrace-notices/workers.json")
"""Where each worker is in its life: written by the fleet unit, read by health."""

SPARK_STATE: Final = Path("/var/lib/spark")
"""StateDirectory of the Spark units."""

SCRATCH: Final = Path("/mnt/scratch")
"""Local disks, one directory each, where the machine has some: shuffle files and spill."""

SCRATCH_STATE: Final = Path("/run/millrace-scratch/directories.json")
"""In the scratch unit's RuntimeDirectory: which of them were prepared, read by boot."""

SPARK_HOME: Final = Path("/opt/spark/home")
CLASS_PATH_CONF: Final = Path("/nonexistent")
"""SPARK_CONF_DIR, which Spark puts first on every class path. A JVM ignores its class archive
when a directory with files is there, so settings and logging are given by name instead."""

CLASS_ARCHIVE: Final = Path("/opt/spark/cds/spark.jsa")
"""Classes as the JVM maps them, made at bake (role `startup`): a Connect server is open after
2.4 s of processor time instead of 5.1 s. A machine without it only starts more slowly."""

SPARK_PYTHON: Final = Path("/opt/spark/venv/bin/python")
VERSION: Final = Path("/etc/millrace/version.json")
AUTHORIZED_KEYS: Final = Path("/root/.ssh/authorized_keys")

SPARK_USER: Final = "spark"
GATEWAY_USER: Final = "www-data"
SHIPPER_USER: Final = "shipper"
"""Reads the journal. Not Spark's user: users' code runs as that one and must not stop the audit."""
