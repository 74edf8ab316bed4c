"""The architecture on one page: each paragraph is a component, fed by those above it."""

from __future__ import annotations

from components.access import Access, AccessArgs
from components.audit import Audit, AuditArgs
from components.catalog import Catalog, CatalogArgs
from components.chaos import Chaos, ChaosArgs
from components.cluster import Cluster, ClusterArgs
from components.endpoint import Endpoint, EndpointArgs, TargetArgs
from components.governance import Governance, GovernanceArgs
from components.network import Network, NetworkArgs
from components.observability import Observability, ObservabilityArgs
from components.stack import read
from components.traffic import Traffic, TrafficArgs

stack = read()
config, names, tags = stack.config, stack.names, stack.tags

network = Network(names.prefix, NetworkArgs(**stack.networking, tags=tags))

catalog = Catalog(names.prefix, CatalogArgs(**stack.keeping))

access = Access(names.prefix, AccessArgs(**stack.admitting, key_arn=catalog.key_arn))

clusters = {
    generation: Cluster(
        names.generation(generation),
        ClusterArgs(
            **stack.generation(generation),
            vpc_id=network.vpc_id,
            subnet_ids=network.subnet_ids,
            zone_id=network.zone_id,
            leader_security_group_id=network.leader_security_group_id,
            worker_security_group_id=network.worker_security_group_id,
            warehouses=catalog.warehouses,
            key_arn=catalog.key_arn,
            tls_arn=access.tls_arn,
            token_arns=access.token_arns,
        ),
    )
    for generation in config.generations
}

endpoint = Endpoint(
    names.prefix,
    EndpointArgs(
        subnet_ids=network.subnet_ids,
        security_group_id=network.endpoint_security_group_id,
        zone_id=network.zone_id,
        host=stack.connect_host,
        targets={
            generation: TargetArgs(arn=clusters[generation].target_group, weight=shape.weight)
            for generation, shape in config.generations.items()
        },
        idle_timeout_seconds=config.endpoint.idle_timeout_seconds,
        tags=tags,
    ),
)

observability = Observability(
    names.prefix,
    ObservabilityArgs(
        **stack.watching,
        balancer=endpoint.balancer_arn,
        target_groups={generation: each.target_group for generation, each in clusters.items()},
    ),
)

Traffic(names.prefix, TrafficArgs(**stack.recording(observability.key_arn), vpc_id=network.vpc_id))

audit = Audit(
    names.prefix,
    AuditArgs(account=stack.account, shape=config.audit, warehouses=catalog.arns, tags=tags),
)

Governance.where_asked(names.prefix, GovernanceArgs(**stack.governing, after=[catalog]))
chaos = Chaos.where_asked(names.prefix, ChaosArgs(**stack.interrupting))

stack.export(network, catalog, access, clusters, endpoint, observability, audit, chaos)
