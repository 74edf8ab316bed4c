"""Stack outputs: the one seam between the infrastructure and everything that comes after it.

`__main__.py` writes them; `ops/`, `tests/smoke` and the client read nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from lakehouse.errors import ContractError

EXPORT: Final = "lakehouse"
"""Name of the single stack output that carries the whole document."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CatalogOutputs(_Model):
    """One Spark catalog: the name in SQL, and where its tables are."""

    name: str
    warehouse: str
    namespaces: tuple[str, ...]


class GenerationOutputs(_Model):
    """One cluster: what ops needs to find its machines and its share of the endpoint."""

    name: str
    image: str
    version_set: str
    weight: int
    leader_group: str
    """Auto Scaling group of the leader."""
    worker_group: str
    """Auto Scaling group of the workers."""
    target_group: str
    """ARN of the load balancer's target group."""
    leader_host: str


class EndpointOutputs(_Model):
    """How a client gets in."""

    host: str
    """Name that clients use (the advertised one where the stack has one)."""
    port: int
    dns_name: str
    """The load balancer's own name."""
    listener: str
    """ARN of the listener that forwards by weight."""
    ca_certificate: str
    """PEM of the authority that signed the gateway's certificate."""
    tokens: dict[str, str]
    """User name -> ARN of that user's token in Secrets Manager."""


class WatchOutputs(_Model):
    """Where to look when something is not well; empty where the stack has none of it."""

    log_groups: dict[str, str] = {}
    """Generation -> log group of its machines."""
    audit_log_group: str = ""
    """Log group of who ran what."""
    alarm_topic: str = ""
    """ARN of the topic that alarms tell."""
    dashboard: str = ""
    """Name of the dashboard."""
    trail_bucket: str = ""
    """Bucket with CloudTrail's records of table access."""


class ChaosOutputs(_Model):
    """Whether machines may be taken here on purpose, and by which experiments."""

    production: str = "its outputs do not say what it is for: run `pulumi up`"
    """Why the stack is one that people depend on; empty where it is not."""
    experiments: dict[str, dict[str, str]] = {}
    """Generation -> `notice` and `abrupt` -> id of the experiment template."""


class StackOutputs(_Model):
    """Everything that is known of a running stack. No secret value is in it, only ARNs."""

    project: str
    stack: str
    region: str
    account_id: str
    aws_endpoint_url: str = ""
    vpc_id: str
    zone_name: str
    catalogs: tuple[CatalogOutputs, ...]
    generations: tuple[GenerationOutputs, ...]
    endpoint: EndpointOutputs
    watch: WatchOutputs = WatchOutputs()
    chaos: ChaosOutputs = ChaosOutputs()

    def to_exports(self) -> dict[str, Any]:
        """The document as plain JSON values, ready for `pulumi.export(EXPORT, ...)`."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, text: str) -> StackOutputs:
        """Read `pulumi stack output --json` (the whole map) or the document alone.

        Raises:
            ContractError: not JSON, the stack was never brought up, or another schema.
        """
        try:
            raw = json.loads(text)
        except ValueError as error:
            msg = f"stack outputs are not JSON: {error}"
            raise ContractError(msg) from error
        return cls.from_mapping(raw)

    @classmethod
    def from_mapping(cls, raw: Mapping[str, Any]) -> StackOutputs:
        """As `from_json`, from parsed values."""
        document = raw.get(EXPORT, raw)
        if not document:
            msg = "the stack has no outputs: bring it up first (`pulumi up`, or `make up` here)"
            raise ContractError(msg)
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            msg = f"stack outputs are of another version of this program: {error}"
            raise ContractError(msg) from error

    def generation(self, name: str) -> GenerationOutputs:
        """The generation of that name.

        Raises:
            ContractError: there is none; the message lists those there are.
        """
        for generation in self.generations:
            if generation.name == name:
                return generation
        have = ", ".join(each.name for each in self.generations) or "none"
        msg = f"no generation {name!r} in stack {self.stack}; there are: {have}"
        raise ContractError(msg)
