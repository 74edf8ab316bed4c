"""The boot document: what a machine of ours learns at boot, and the only thing it learns.

The cluster component writes it as user data; `node boot` reads it through IMDSv2. It holds
names, ARNs and sizes and **no secret**: secrets are fetched by ARN with the machine's role.
Standard library only, because a machine carries this module without the rest of the house.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, get_args

SCHEMA: Final = 1
"""Raised by one when a field changes meaning; `node boot` refuses a schema it does not know."""

USER_DATA_LIMIT: Final = 16_384
"""Bytes of user data that EC2 accepts before base64 (EC2 user guide, "Work with user data")."""

SCHEDULE_ENTRY: Final = (
    r"(mon|tue|wed|thu|fri|sat|sun)(?:-(mon|tue|wed|thu|fri|sat|sun))? "
    r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d) (\d{1,4})"
)
"""An entry of the autoscaler's schedule: days, from and to in UTC, fewest workers."""

Role = Literal["leader", "worker"]

_SILENT: Final = {"audit_log_group": "", "audit_statements": False, "notices_queue": ""}
"""Left out where they say nothing, so that an image from before them still reads the document."""


class BootDocumentError(ValueError):
    """The document is not one that this machine may act on; names the key, value and rule."""


@dataclass(frozen=True, kw_only=True)
class CatalogBoot:
    """One Spark catalog. `name` is what users write before the dot in SQL."""

    name: str
    warehouse: str
    """ARN of the S3 Tables bucket; for `glue_rest` the catalog's id in Glue."""
    kind: Literal["s3tables", "glue_rest"] = "s3tables"
    """`s3tables` reads and writes by IAM; `glue_rest` reads what Lake Formation grants."""
    role_arn: str = ""
    """Role that Spark takes for `glue_rest`; empty means the machine's own."""


@dataclass(frozen=True, kw_only=True)
class SparkBoot:
    """Sizes, in MiB and cores. Zero means: take it from the machine."""

    driver_memory_mib: int = 0
    worker_memory_mib: int = 0
    worker_cores: int = 0
    executor_memory_mib: int = 0
    executor_cores: int = 0
    conf: dict[str, str] = field(default_factory=dict)
    """Settings of the environment, applied over the image's own defaults."""


@dataclass(frozen=True, kw_only=True)
class SecretsBoot:
    """ARNs in Secrets Manager; the machine's role may read exactly those of its role."""

    spark_auth: str
    """Plain string: the shared secret of Spark's RPC (both roles)."""
    tls: str = ""
    """JSON {"certificate": PEM chain, "private_key": PEM} (leader only)."""
    tokens: dict[str, str] = field(default_factory=dict)
    """User name -> ARN of that user's token, a plain string (leader only)."""


@dataclass(frozen=True, kw_only=True)
class AutoscaleBoot:
    """How the leader sizes its fleet (leader only); the group itself tells minimum and maximum."""

    enabled: bool = False
    idle_seconds: int = 300
    """A worker that ran nothing for so long may leave."""
    cooldown_seconds: int = 600
    """Nothing leaves so soon after growing, nor below what the demand was in this time."""
    backlog_seconds: int = 10
    """Tasks must wait for so long before workers are added; the first worker comes at once."""
    tasks_per_core: int = 2
    """Waiting tasks that one core is expected to work off."""
    fallback_seconds: int = 150
    """Spot that does not come in this time is taken on demand."""
    return_seconds: int = 1800
    """On demand for so long, then spot is tried again."""
    zone_seconds: int = 60
    """Machines that do not come in this time are also launched in the next zone."""
    one_zone: bool = True
    """Launch into one zone while it has capacity."""
    settle_seconds: int = 30
    """Idle for so long is enough for a machine whose replacement is there."""
    replacements: int = 4
    """Replacements of running machines that may begin within `replacement_seconds`."""
    replacement_seconds: int = 600
    schedule: tuple[str, ...] = ()
    """Entries of `SCHEDULE_ENTRY`: the most demanding one that holds is the minimum."""
    subnets: tuple[str, ...] = ()
    """Where the group may launch, preferred first."""


@dataclass(frozen=True, kw_only=True)
class BootDocument:
    """All that a machine is told. See the field comments for units."""

    role: Role
    project: str
    stack: str
    generation: str
    region: str
    leader_host: str
    """DNS name of this generation's leader; the leader itself keeps the record."""
    zone_id: str
    """Route 53 private hosted zone that holds `leader_host`."""
    catalogs: tuple[CatalogBoot, ...]
    secrets: SecretsBoot
    spark: SparkBoot
    log_group: str = ""
    """CloudWatch Logs group; empty keeps logs on the machine."""
    audit_log_group: str = ""
    """CloudWatch Logs group of who ran what; empty keeps that on the machine too (leader only)."""
    audit_statements: bool = False
    """Whether the audit, and errors in the logs, may quote what users' statements say."""
    aws_endpoint_url: str = ""
    """Empty on AWS; the emulated account's URL elsewhere."""
    lifecycle_hook: str = ""
    """Launching hook to complete when ready; empty when the group has none."""
    notices_queue: str = ""
    """Name of the queue that EventBridge fills with notices; empty where there is none (leader
    only)."""
    autoscale: AutoscaleBoot = field(default_factory=AutoscaleBoot)
    schema: int = SCHEMA

    def to_json(self) -> str:
        """Render compactly, keys sorted, so that equal documents are equal text.

        Raises:
            BootDocumentError: the text would not fit into EC2 user data.
        """
        raw = asdict(self)
        if self.autoscale == AutoscaleBoot():
            # Left out where it says nothing: an image from before it still reads the document.
            del raw["autoscale"]
        for name, silent in _SILENT.items():
            if raw[name] == silent:
                del raw[name]
        for catalog in raw["catalogs"]:
            if not catalog["role_arn"]:
                del catalog["role_arn"]
        text = json.dumps(raw, sort_keys=True, separators=(",", ":"))
        size = len(text.encode())
        if size > USER_DATA_LIMIT:
            msg = f"boot document is {size} bytes; EC2 user data holds {USER_DATA_LIMIT}"
            raise BootDocumentError(msg)
        return text


def parse(text: str) -> BootDocument:
    """Read a boot document, refusing anything that is not exactly of this schema.

    Raises:
        BootDocumentError: not JSON, another schema, a missing or unknown key, a wrong role.
    """
    try:
        raw = json.loads(text)
    except ValueError as error:
        msg = f"user data is not a boot document: {error}"
        raise BootDocumentError(msg) from error
    if not isinstance(raw, dict):
        msg = "user data is not a boot document: not a JSON object"
        raise BootDocumentError(msg)
    if raw.get("schema") != SCHEMA:
        msg = f"boot document has schema {raw.get('schema')!r}; this image reads {SCHEMA}"
        raise BootDocumentError(msg)
    if raw.get("role") not in get_args(Role):
        msg = f"role is {raw.get('role')!r}; it is one of {', '.join(get_args(Role))}"
        raise BootDocumentError(msg)
    return _build(raw)


def _build(raw: dict[str, Any]) -> BootDocument:
    try:
        return BootDocument(
            **{
                **raw,
                "catalogs": tuple(CatalogBoot(**catalog) for catalog in raw["catalogs"]),
                "secrets": SecretsBoot(**raw["secrets"]),
                "spark": SparkBoot(**raw["spark"]),
                "autoscale": _autoscale(raw.get("autoscale", {})),
            }
        )
    except (KeyError, TypeError) as error:
        msg = f"boot document does not fit schema {SCHEMA}: {error}"
        raise BootDocumentError(msg) from error


def _autoscale(raw: dict[str, Any]) -> AutoscaleBoot:
    lists = {name: tuple(raw.get(name, ())) for name in ("schedule", "subnets")}
    return AutoscaleBoot(**{**raw, **lists})
