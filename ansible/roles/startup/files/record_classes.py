"""Run a small standalone cluster for a minute and write down every class its JVMs load.

``record_classes.py USER LIST`` runs master, worker and Connect server as USER, asks them what
clients ask first, and writes the union of the classes to LIST. Nothing here is a test: what
fails to load is merely not in the archive.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SPARK_CLASS = "/opt/spark/home/bin/spark-class"
PYTHON = "/opt/spark/venv/bin/python"
CONNECT_PORT = 15002
# A minute natively; under the emulation of another architecture it is many.
DEADLINE_SECONDS = 1800.0
HALT_SECONDS = 60.0

SETTINGS = """
spark.master spark://127.0.0.1:7077
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
spark.driver.memory 1g
spark.driver.extraJavaOptions {record}driver.lst
spark.executor.memory 512m
spark.executor.cores 1
spark.executor.extraJavaOptions {record}executor.lst
spark.authenticate true
spark.authenticate.secret of-no-use-after-the-bake
spark.network.crypto.enabled true
spark.network.crypto.authEngineVersion 2
spark.network.crypto.cipher AES/CTR/NoPadding
spark.io.encryption.enabled true
spark.scheduler.mode FAIR
spark.sql.extensions org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions
spark.sql.catalog.files org.apache.iceberg.spark.SparkCatalog
spark.sql.catalog.files.type hadoop
spark.sql.catalog.files.warehouse {work}/warehouse
spark.sql.catalog.files.cache-enabled false
spark.sql.catalog.lake org.apache.iceberg.spark.SparkCatalog
spark.sql.catalog.lake.catalog-impl io.millrace.spark.PagedS3TablesCatalog
spark.sql.catalog.lake.warehouse arn:aws:s3tables:eu-central-1:123456789012:bucket/lake
spark.sql.catalog.lake.client.region eu-central-1
spark.sql.catalog.lake.s3tables.endpoint http://127.0.0.1:9
spark.sql.catalog.lake.s3.endpoint http://127.0.0.1:9
"""

QUESTIONS = """
import pandas
from pyspark.sql import SparkSession, functions

spark = SparkSession.builder.remote("sc://127.0.0.1:15002").getOrCreate()
print(spark.range(1000).selectExpr("id % 7 as k").groupBy("k").count().orderBy("k").toPandas())
for statement in (
    "create table files.n.t using iceberg partitioned by (k) as "
    "select id, id % 7 as k, cast(id as string) as s from range(1000)",
    "insert into files.n.t select id, id % 7, 'x' from range(1000, 1100)",
    "merge into files.n.t a using (select 5 as id, 'y' as s) b on a.id = b.id "
    "when matched then update set s = b.s when not matched then insert (id, k, s) "
    "values (b.id, 0, b.s)",
    "delete from files.n.t where id = 7",
    "select count(*), sum(a.id) from files.n.t a join files.n.t b on a.id = b.id",
    "select k, rank() over (partition by k order by s) from files.n.t",
    "show tables in files.n",
    "describe extended files.n.t",
    "select * from files.n.t.snapshots",
    "show catalogs",
):
    print(statement, len(spark.sql(statement).collect()))
twice = functions.udf(lambda x: x * 2, "long")
print(spark.createDataFrame(pandas.DataFrame({"x": [1, 2]})).select(twice("x")).collect())
try:
    spark.sql("show namespaces in lake").collect()
except Exception as error:
    # Nothing answers there; the classes that ask are what is wanted.
    print(type(error).__name__)
"""


def main(user: str, target: Path) -> None:
    """Record for `user` into `target`."""
    work = Path(tempfile.mkdtemp(prefix="record-classes-", dir="/var/tmp"))
    record = f"-XX:DumpLoadedClassList={work}/"
    settings = SETTINGS.format(record=record, work=work)
    (work / "spark.conf").write_text(settings, encoding="utf-8")
    shutil.chown(work, user, user)
    conf = ["--properties-file", f"{work}/spark.conf"]
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *words: str) -> None:
        options = "" if name == "connect" else f"{record}{name}.lst"
        environment = {
            "PATH": os.defpath,
            "JAVA_HOME": "/opt/java",
            "SPARK_HOME": "/opt/spark/home",
            "SPARK_CONF_DIR": "/nonexistent",
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_WORKER_DIR": f"{work}/work",
            "SPARK_LOCAL_DIRS": f"{work}/local",
            "PYSPARK_PYTHON": PYTHON,
            "SPARK_DAEMON_JAVA_OPTS": options,
            "SPARK_LAUNCHER_OPTS": f"{record}launcher-{name}.lst",
            "AWS_ACCESS_KEY_ID": "of-no-use",
            "AWS_SECRET_ACCESS_KEY": "of-no-use",
            "HOME": str(work),
        }
        with (work / f"{name}.log").open("wb") as log:
            command = [SPARK_CLASS, *words]
            started.append(
                subprocess.Popen(
                    command,
                    cwd=work,
                    env=environment,
                    user=user,
                    group=user,
                    extra_groups=[],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )

    package = "org.apache.spark"
    try:
        start("master", f"{package}.deploy.master.Master", "-h", "127.0.0.1", "-p", "7077", *conf)
        start(
            "worker",
            f"{package}.deploy.worker.Worker",
            "-h",
            "127.0.0.1",
            "-c",
            "1",
            "-m",
            "1g",
            *conf,
            "spark://127.0.0.1:7077",
        )
        start(
            "connect",
            f"{package}.deploy.SparkSubmit",
            *conf,
            "--class",
            f"{package}.sql.connect.service.SparkConnectServer",
            "spark-internal",
        )
        wait_for_port(CONNECT_PORT, work / "connect.log")
        subprocess.run(
            [PYTHON, "-c", QUESTIONS],
            cwd=work,
            env={"PATH": os.defpath, "HOME": str(work)},
            user=user,
            group=user,
            extra_groups=[],
            check=True,
            timeout=DEADLINE_SECONDS,
        )
    finally:
        for process in reversed(started):
            halt(process)
    write_union(work, target)
    shutil.rmtree(work)


def wait_for_port(port: int, log: Path) -> None:
    """Wait until the server answers, quoting what it said if it does not."""
    start = time.monotonic()
    while time.monotonic() - start < DEADLINE_SECONDS:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    said = "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-20:])
    msg = f"nothing answers on port {port} after {DEADLINE_SECONDS:.0f} s\n{said}"
    raise SystemExit(msg)


def halt(process: subprocess.Popen[bytes]) -> None:
    """End a process so that it closes its list."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(HALT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def write_union(work: Path, target: Path) -> None:
    """Merge the lists, first seen first, so that a superclass stays before its children."""
    lists = sorted(work.rglob("*.lst"))
    lines: dict[str, None] = {}
    for path in lists:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                # Numbers are of one process: without them the class is found by its name.
                lines[line.split(" id: ")[0]] = None
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(lines)} classes from {len(lists)} processes\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
