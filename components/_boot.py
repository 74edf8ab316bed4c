"""The boot document of each role, from what is configured and what the account answered."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

from lakehouse.boot import AutoscaleBoot, BootDocument, CatalogBoot, SecretsBoot, SparkBoot
from lakehouse.config import GenerationConfig
from lakehouse.names import Names

READY_HOOK: Final = "ready"
"""The launching hook that a machine completes when it can serve."""


def user_data(
    role: str,
    *,
    names: Names,
    region: str,
    generation: str,
    shape: GenerationConfig,
    zone_name: str,
    catalogs: Sequence[str],
    reader_arn: str,
    governed: Mapping[str, str],
    aws_endpoint_url: str,
    log_group: str,
    audit_log_group: str,
    audit_statements: bool,
    known: Mapping[str, Any],
) -> str:
    """The document in base64, as launch templates want it."""
    is_leader = role == "leader"
    document = BootDocument(
        role="leader" if is_leader else "worker",
        project=names.project,
        stack=names.stack,
        generation=generation,
        region=region,
        leader_host=names.leader_host(generation, zone_name),
        zone_id=known["zone"],
        catalogs=_governed(governed, reader_arn)
        if reader_arn
        else tuple(
            CatalogBoot(name=name, warehouse=known["warehouses"][name]) for name in catalogs
        ),
        secrets=SecretsBoot(
            spark_auth=known["auth"],
            tls=known["tls"] if is_leader else "",
            tokens=dict(known["tokens"]) if is_leader else {},
        ),
        spark=_spark(shape, role),
        log_group=log_group,
        audit_log_group=audit_log_group if is_leader else "",
        # A worker's errors quote statements too.
        audit_statements=audit_statements,
        aws_endpoint_url=aws_endpoint_url,
        lifecycle_hook=READY_HOOK,
        notices_queue=names.notices_queue(generation) if is_leader else "",
        autoscale=_autoscale(shape, known) if is_leader else AutoscaleBoot(),
    )
    return base64.b64encode(document.to_json().encode()).decode()


def _governed(catalogs: Mapping[str, str], reader_arn: str) -> tuple[CatalogBoot, ...]:
    """Catalogs that Lake Formation decides about, and none beside them that it does not."""
    return tuple(
        CatalogBoot(name=name, warehouse=catalog_id, kind="glue_rest", role_arn=reader_arn)
        for name, catalog_id in catalogs.items()
    )


def _spark(shape: GenerationConfig, role: str) -> SparkBoot:
    """What a role acts on, and no more: else a change for one would replace the other too."""
    leader, workers = shape.leader, shape.workers
    if role == "worker":
        return SparkBoot(
            worker_memory_mib=workers.worker_memory_mib,
            worker_cores=workers.worker_cores,
            conf=dict(shape.spark_conf),
        )
    return SparkBoot(
        driver_memory_mib=leader.driver_memory_mib,
        executor_memory_mib=workers.executor_memory_mib,
        executor_cores=workers.executor_cores,
        conf=dict(shape.spark_conf),
    )


def _autoscale(shape: GenerationConfig, known: Mapping[str, Any]) -> AutoscaleBoot:
    """Nothing where it is off: else its settings would replace a leader that ignores them."""
    settings = shape.workers.autoscale
    if not settings.enabled:
        return AutoscaleBoot()
    return AutoscaleBoot(**settings.model_dump(), subnets=tuple(known["subnets"]))
