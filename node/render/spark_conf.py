"""`spark-defaults.conf` of a machine, every setting with its reason.

Measured on Spark 3.5.7 standalone where a comment gives a figure. Settings of the environment
(`spark.conf` of the boot document) are applied last and win, except over `_OURS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from lakehouse import ports
from lakehouse.boot import BootDocument
from node import handover, paths, probe_result
from node.errors import LastingError
from node.instance import Instance
from node.render import catalogs, jvm, release
from node.sizes import Sizes

EXECUTORS_PER_WORKER: Final = 16
"""Block manager ports that the firewall opens from `ports.BLOCK_MANAGER` on."""

_OURS: Final = (
    "spark.authenticate",
    "spark.network.crypto.",
    "spark.driver.host",
    "spark.driver.port",
    "spark.driver.bindAddress",
    "spark.blockManager.port",
    "spark.driver.blockManager.port",
    "spark.connect.grpc.binding",
    "spark.connect.authenticate",
    "spark.master",
    "spark.ui.port",
    "spark.connect.grpc.interceptor.classes",
    "spark.millrace",
)
"""Who may reach what, and what is known of it, rests on these: not the environment's to change."""

_SECURITY: Final = {
    "spark.authenticate": "true",
    "spark.network.crypto.enabled": "true",
    # Version 1, 3.5's default, is what CVE-2025-55039 is about.
    "spark.network.crypto.authEngineVersion": "2",
    # A peer that cannot do AES is refused instead of served with weak SASL.
    "spark.network.crypto.saslFallback": "false",
}

_DECOMMISSION: Final = {
    # SIGPWR to a worker moves its shuffle blocks away: 36.3 s against 35.1 s undisturbed and
    # 72.8 s after a hard kill.
    "spark.decommission.enabled": "true",
    "spark.storage.decommission.enabled": "true",
    # 30 s by default: a quarter of a two-minute notice.
    "spark.storage.decommission.replicationReattemptInterval": "5s",
    # Where speculation is on, tasks that would outlive the machine are begun elsewhere too: it has
    # this long when draining begins (`node.handover.BASE`). Executors are gone before it is.
    "spark.executor.decommission.killInterval": f"{handover.BASE:.0f}s",
    "spark.executor.decommission.forceKillTimeout": "115s",
    # A fetch from a machine that left by notice does not count against its stage; the driver
    # must remember such executors for that (0 by default).
    "spark.stage.ignoreDecommissionFetchFailure": "true",
    "spark.scheduler.maxRetainedRemovedDecommissionExecutors": "100",
    # 120 s by default, and tried four times: a machine that is gone from a VPC answers nothing.
    "spark.shuffle.io.connectionCreationTimeout": "10s",
    "spark.stage.maxConsecutiveAttempts": "10",
    "spark.task.maxFailures": "8",
}

_DAEMONS: Final = {
    # A restarted master finds application and workers again (1.3 s), jobs go on.
    "spark.deploy.recoveryMode": "FILESYSTEM",
    "spark.deploy.recoveryDirectory": str(paths.SPARK_STATE / "recovery"),
    # Ten lost executors in a row kill an application by default; spot storms must not.
    "spark.deploy.maxExecutorRetries": "-1",
    "spark.worker.timeout": "60",
    # Directories of ended executors would fill the disk of a long-lived worker.
    "spark.worker.cleanup.enabled": "true",
    "spark.worker.cleanup.interval": "1800",
    "spark.worker.cleanup.appDataTtl": "86400",
    # The web pages offer nothing that ends work.
    "spark.ui.killEnabled": "false",
    "spark.master.ui.decommission.allow.mode": "LOCAL",
    "spark.master.rest.enabled": "false",
}

_DRIVER: Final = {
    # Small queries pass big ones: 57.3 s behind one with FIFO, 8.2 s with FAIR.
    "spark.scheduler.mode": "FAIR",
    "spark.scheduler.allocation.file": f"file://{paths.FAIR_SCHEDULER}",
    "spark.connect.grpc.binding.port": str(ports.CONNECT),
    # gRPC reflection is for exploring a server, which nobody reaches past the gateway.
    "spark.connect.grpc.debug.enabled": "false",
    # 2 minutes by default. Each reattach counts as use of the session, so a running query is
    # not evicted by newer sessions; and no stream is silent for longer than this.
    "spark.connect.execute.reattachable.senderMaxStreamDuration": "30s",
    "spark.connect.copyFromLocalToFs.allowDestLocal": "false",
    # A cancelled query really stops, also inside a task that does not look.
    "spark.task.reaper.enabled": "true",
    # A reduce task waits 3 s for a place on machines with a fifth of its input or more: in a
    # small fleet these are the old ones, and a new worker had nothing to do for minutes (a query
    # of 58 s took 83 s with a notice to one of three workers, and 71 s without the wait). With
    # six workers or more no machine has a fifth.
    "spark.shuffle.reduceLocality.enabled": "false",
    # A worker with notice hands over its shuffle files, and who takes them in works less meanwhile.
    # With lz4, the default, that made 30 s of a stage of 21 s, with zstd 25 s; undisturbed the
    # query took as long with either (100.7 s, 100.2 s).
    "spark.io.compression.codec": "zstd",
    # The fleet decides how many executors there are.
    "spark.dynamicAllocation.enabled": "false",
    # Kept for the UI in the driver's heap, which is the one thing all sessions share.
    "spark.ui.retainedJobs": "200",
    "spark.ui.retainedStages": "200",
    "spark.ui.retainedTasks": "20000",
    "spark.ui.dagGraph.retainedRootRDDs": "100",
    "spark.sql.ui.retainedExecutions": "100",
    "spark.ui.showConsoleProgress": "false",
    # A machine's own zone is no property of a query.
    "spark.sql.session.timeZone": "UTC",
    # The heap after a collection is not among what a driver tells of itself.
    "spark.metrics.conf.driver.source.jvm.class": "org.apache.spark.metrics.source.JvmSource",
    # Executors' logs stay on the worker: bounded.
    "spark.executor.logs.rolling.strategy": "size",
    "spark.executor.logs.rolling.maxSize": "67108864",
    "spark.executor.logs.rolling.maxRetainedFiles": "3",
}


_LISTENERS: Final = "spark.extraListeners"
_PLUGINS: Final = "spark.plugins"


def render_settings(
    document: BootDocument,
    instance: Instance,
    sizes: Sizes,
    secret: str,
    *,
    spark: str,
    archive: bool,
) -> dict[str, str]:
    """All settings of this machine's role, the secret of Spark's RPC among them.

    `spark` is the version in the image, `archive` tells whether it has a class archive
    (executors' machines have the same).

    Raises:
        LastingError: the environment sets something that is not its to set.
    """
    conf = {**_SECURITY, **_DECOMMISSION, **_DAEMONS, "spark.authenticate.secret": secret}
    conf.update(release.settings(spark, document.role))
    if document.role == "leader":
        conf.update(_DRIVER)
        conf.update(_driver(instance, sizes, jvm.options(archive=archive)))
        conf.update(catalogs.settings(document))
    _check(document.spark.conf)
    conf.update(document.spark.conf)
    if document.role == "leader":
        conf.update(_audit(document, release.listeners(spark)))
        ours = release.plugins(spark)
        if ours:
            conf[_PLUGINS] = ",".join([*ours, *filter(None, [document.spark.conf.get(_PLUGINS)])])
    return conf


def _audit(document: BootDocument, more: Sequence[str]) -> dict[str, str]:
    """Who a request is from is the gateway's to say, and what it ran is written down; `more` are
    further listeners of our own.
    """
    listeners = ["io.millrace.spark.AuditListener", *more]
    theirs = document.spark.conf.get(_LISTENERS, "")
    return {
        "spark.connect.grpc.interceptor.classes": "io.millrace.spark.GatewayIdentity",
        _LISTENERS: ",".join([*listeners, *filter(None, [theirs])]),
        "spark.millrace.audit.statements": str(document.audit_statements).lower(),
        "spark.millrace.audit.ignoredUser": probe_result.USER,
    }


def _driver(instance: Instance, sizes: Sizes, options: str) -> dict[str, str]:
    conf = {
        "spark.master": f"spark://{instance.private_ip}:{ports.MASTER}",
        "spark.driver.host": instance.private_ip,
        "spark.driver.bindAddress": instance.private_ip,
        "spark.driver.port": str(ports.DRIVER),
        "spark.driver.blockManager.port": str(ports.BLOCK_MANAGER),
        "spark.blockManager.port": str(ports.BLOCK_MANAGER),
        "spark.ui.port": str(ports.DRIVER_UI),
        # A taken port is a fault to see at once; 4040 moving to 4041 blinds the watchdog. Only
        # several executors on one worker need more than one block manager port.
        "spark.port.maxRetries": str(EXECUTORS_PER_WORKER - 1 if sizes.executor_cores else 0),
        "spark.driver.memory": f"{sizes.driver_mib}m",
        "spark.executor.memory": f"{sizes.executor_mib}m",
        "spark.driver.extraJavaOptions": options,
        "spark.executor.extraJavaOptions": options,
        "spark.pyspark.python": str(paths.SPARK_PYTHON),
        "spark.pyspark.driver.python": str(paths.SPARK_PYTHON),
        "spark.sql.warehouse.dir": f"file://{paths.SPARK_STATE / 'warehouse'}",
    }
    if sizes.executor_cores:
        conf["spark.executor.cores"] = str(sizes.executor_cores)
    return conf


def _check(conf: Mapping[str, str]) -> None:
    for key, value in conf.items():
        if any(key == name or key.startswith(name.rstrip(".") + ".") for name in _OURS):
            msg = (
                f"spark.conf sets {key} = {value!r}, which the machine decides itself; "
                "remove it from the stack's config"
            )
            raise LastingError(msg)
