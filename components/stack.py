"""The stack that is being previewed or brought up: its configuration, names and account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime import config as runtime

from components import _image, _network_facts
from lakehouse.chaos import production
from lakehouse.config import LakehouseConfig
from lakehouse.config.catalog import sql_name
from lakehouse.given_vpc import Joined
from lakehouse.grants.declared import Declared, declare
from lakehouse.names import Names
from lakehouse.outputs import (
    EXPORT,
    CatalogOutputs,
    ChaosOutputs,
    EndpointOutputs,
    GenerationOutputs,
    StackOutputs,
    WatchOutputs,
)
from lakehouse.policies import Account
from lakehouse.tiers import Tier, tiers


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What the program starts from."""

    config: LakehouseConfig
    names: Names
    account: Account
    images: Mapping[str, _image.Image]
    """Generation -> its image, proved."""
    tiers: tuple[Tier, ...]
    """Table buckets, the first one foremost."""
    declared: Declared
    """Readers and their grants."""
    joined: Joined | None
    """The VPC that is joined; nothing where the stack builds one."""

    @property
    def tags(self) -> dict[str, str]:
        """Tags of every resource."""
        return self.names.tags(self.config.tags)

    @property
    def connect_host(self) -> str:
        """DNS name of the endpoint."""
        return self.names.connect_host(self.config.network.zone_name)

    @property
    def advertised_host(self) -> str:
        """What clients are told to connect to."""
        return self.config.endpoint.advertised_host or self.connect_host

    def leader_host(self, generation: str) -> str:
        """DNS name that a generation's leader keeps."""
        return self.names.leader_host(generation, self.config.network.zone_name)

    @property
    def certificate_names(self) -> tuple[str, ...]:
        """Names that the gateway's certificate is for, the chief one first."""
        names = (self.connect_host, self.advertised_host, *self.config.endpoint.additional_names)
        return tuple(dict.fromkeys(names))

    def log_group(self, generation: str) -> str:
        """Where a generation's machines send their logs; empty keeps them there."""
        return self.names.log_group(generation) if self.config.observability.logs else ""

    @property
    def audit_log_group(self) -> str:
        """Where leaders send who ran what; empty keeps it there."""
        return self.names.audit_log_group if self.config.audit.queries else ""

    def generation(self, generation: str) -> dict[str, Any]:
        """What a cluster is told that no other component makes: inputs of `Cluster` by name."""
        config = self.config
        return {
            "account": self.account,
            "names": self.names,
            "generation": generation,
            "image": self.images[generation],
            "shape": config.generations[generation],
            "access": config.access,
            "log_group": self.log_group(generation),
            "audit_log_group": self.audit_log_group,
            "audit_statements": config.audit.statements,
            "drain_seconds": config.endpoint.drain_seconds,
            "aws_endpoint_url": config.aws.endpoint_url,
            "zone_name": config.network.zone_name,
            "catalogs": [tier.catalog for tier in self.tiers],
            "reader_arn": self.spark_reader_arn,
            "governed": self.governed_catalogs if self.spark_reader_arn else {},
            "tags": self.tags,
        }

    @property
    def keeping(self) -> dict[str, Any]:
        """What the catalog is told: inputs by name."""
        return {
            "account": self.account,
            "names": self.names,
            "shape": self.config.catalog,
            "tiers": self.tiers,
            "tags": self.tags,
        }

    @property
    def networking(self) -> dict[str, Any]:
        """What the network is told: inputs of `Network` by name."""
        return {"account": self.account, "shape": self.config.network, "joined": self.joined}

    @property
    def spark_reader_arn(self) -> str:
        """Role that this stack's Spark reads as; empty where IAM lets it read and write."""
        return self.declared.principals.get(self.config.governance.spark_reader or "", "")

    @property
    def governed_catalogs(self) -> dict[str, str]:
        """Catalogs of a Spark that reads as a reader: name in SQL -> id in Glue, own ones first."""
        lake = self.declared.lake
        named = {tier.catalog: tier.bucket for tier in self.tiers}
        named |= {sql_name(each): each for each in lake.buckets if each not in self.declared.own}
        return {name: lake.catalog_id(bucket) for name, bucket in named.items()}

    @property
    def admitting(self) -> dict[str, Any]:
        """What access is told that no other component makes: inputs by name."""
        return {
            "account": self.account,
            "names": self.names,
            "shape": self.config.access,
            "certificate_names": self.certificate_names,
            "buckets": {
                name: each.bucket for each in self.tiers for name in (each.name, each.bucket)
            },
            "tags": self.tags,
        }

    def recording(self, key_arn: pulumi.Output[str]) -> dict[str, Any]:
        """What traffic is told that no other component makes: inputs by name."""
        config = self.config
        return {
            "account": self.account,
            "shape": config.network.flow_logs,
            "enabled": config.network.records_flows,
            "log_group": self.names.flow_log_group,
            "subnets": config.network.vpc.subnets if config.network.vpc else {},
            "key_arn": key_arn if config.observability.encrypt else None,
            "boundary": config.access.permissions_boundary,
            "tags": self.tags,
        }

    @property
    def interrupting(self) -> dict[str, Any]:
        """What chaos is told: inputs by name."""
        config = self.config
        return {
            "account": self.account,
            "names": self.names,
            "shape": config.chaos,
            "generations": tuple(config.generations),
            "permissions_boundary": config.access.permissions_boundary,
            "tags": self.tags,
        }

    @property
    def production(self) -> str:
        """Why people depend on this stack; empty where they do not."""
        config = self.config
        return production(
            self.names.stack,
            config.tags,
            protected=config.catalog.protect,
            declared=config.chaos.production,
        )

    @property
    def governing(self) -> dict[str, Any]:
        """What governance is told that no other component makes: inputs by name."""
        return {
            "names": self.names,
            "shape": self.config.governance,
            "declared": self.declared,
            "boundary": self.config.access.permissions_boundary,
            "tags": self.tags,
        }

    @property
    def watching(self) -> dict[str, Any]:
        """What observability is told that no other component makes: inputs by name."""
        config = self.config
        return {
            "account": self.account,
            "names": self.names,
            "shape": config.observability,
            "audit": config.audit,
            "log_days": config.access.log_retention_days,
            "minimum_workers": {
                name: each.workers.minimum for name, each in config.generations.items()
            },
            "tags": self.tags,
        }

    def export(
        self,
        network: Any,
        catalog: Any,
        access: Any,
        clusters: Mapping[str, Any],
        endpoint: Any,
        observability: Any,
        audit: Any,
        chaos: Any = None,
    ) -> None:
        """Export the stack's one output, once every part of it is known."""
        made = pulumi.Output.all(
            vpc_id=network.vpc_id,
            warehouses=catalog.warehouses,
            generations={name: each.facts for name, each in clusters.items()},
            dns_name=endpoint.dns_name,
            listener=endpoint.listener_arn,
            ca_certificate=access.ca_certificate,
            tokens=access.token_arns,
            alarm_topic=observability.topic,
            dashboard=observability.dashboard,
            trail_bucket=audit.bucket,
            experiments=chaos.experiments if chaos else {},
        )
        pulumi.export(EXPORT, made.apply(self._document))

    def _document(self, made: Mapping[str, Any]) -> dict[str, Any]:
        config = self.config
        return StackOutputs(
            project=self.names.project,
            stack=self.names.stack,
            region=config.region,
            account_id=self.account.account_id,
            aws_endpoint_url=config.aws.endpoint_url,
            vpc_id=made["vpc_id"],
            zone_name=config.network.zone_name,
            catalogs=tuple(
                CatalogOutputs(
                    name=tier.catalog,
                    warehouse=made["warehouses"][tier.catalog],
                    namespaces=tier.shape.namespaces,
                )
                for tier in self.tiers
            ),
            generations=tuple(
                GenerationOutputs(
                    name=name,
                    weight=config.generations[name].weight,
                    leader_host=self.leader_host(name),
                    **parts,
                )
                for name, parts in sorted(made["generations"].items())
            ),
            endpoint=EndpointOutputs(
                host=self.advertised_host,
                port=config.endpoint.advertised_port,
                dns_name=made["dns_name"],
                listener=made["listener"],
                ca_certificate=made["ca_certificate"],
                tokens=dict(made["tokens"]),
            ),
            watch=WatchOutputs(
                log_groups={name: self.log_group(name) for name in config.generations}
                if config.observability.logs
                else {},
                audit_log_group=self.audit_log_group,
                alarm_topic=made["alarm_topic"],
                dashboard=made["dashboard"],
                trail_bucket=made["trail_bucket"],
            ),
            chaos=ChaosOutputs(production=self.production, experiments=made["experiments"]),
        ).to_exports()


def read() -> Stack:
    """Read the configuration, ask the account who it is and which images are meant.

    Raises:
        ConfigError: with every finding, before any resource is registered.
    """
    names = Names(project=pulumi.get_project(), stack=pulumi.get_stack())
    config = LakehouseConfig.from_pulumi(settings())
    caller = aws.get_caller_identity()
    partition = aws.get_partition()
    account = Account(
        region=config.region, account_id=caller.account_id, partition=partition.partition
    )
    buckets = tiers(config.catalog, names)
    declared = declare(
        config.governance,
        account=account,
        names=names,
        tiers=buckets,
    )
    joined = _network_facts.resolve(config, names)
    images = _image.resolve(config.generations)
    return Stack(
        config=config,
        names=names,
        account=account,
        images=images,
        tiers=buckets,
        declared=declared,
        joined=joined,
    )


def settings() -> Mapping[str, Any]:
    """Every key of the stack's configuration, so that one nobody knows can be found."""
    return {**runtime.get_config_env(), **runtime.CONFIG.get()}
