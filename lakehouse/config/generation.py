"""Settings of a generation: one immutable cluster, its image, its leader and its workers."""

from __future__ import annotations

from lakehouse.config._settings import Section, setting
from lakehouse.config.autoscale import AutoscaleConfig
from lakehouse.effects import Effect
from lakehouse.types import ImageReference, InstanceType


class LeaderConfig(Section):
    """The machine that runs Spark Connect: one, on demand."""

    instance_type: InstanceType = setting(
        "EC2 type of the leader; its architecture is the image's.",
        effect=Effect.SWAP_LEADER,
        required="it sets the price and the number of sessions",
    )
    volume_gib: int = setting(
        "Size of the root volume in GiB, encrypted gp3.",
        default=50,
        effect=Effect.SWAP_LEADER,
        ge=8,
        le=16384,
    )
    driver_memory_mib: int = setting(
        "Heap of the Connect server in MiB; 0 takes it from the machine.",
        default=0,
        effect=Effect.SWAP_LEADER,
        ge=0,
    )
    ready_minutes: int = setting(
        "Minutes in which a leader must answer its first query before it is replaced.",
        default=10,
        effect=Effect.IN_PLACE,
        ge=1,
        le=60,
    )


class WorkersConfig(Section):
    """The fleet that runs executors: spot instances of many types."""

    instance_types: tuple[InstanceType, ...] = setting(
        "EC2 types of the fleet, preferred first. Types times zones are the spot pools; "
        "at least six are asked for.",
        effect=Effect.ROLL_WORKERS,
        required="which types fit your queries and your budget is yours to know",
        min_length=1,
        max_length=40,
    )
    minimum: int = setting(
        "Fewest workers.",
        default=1,
        effect=Effect.IN_PLACE,
        ge=0,
    )
    maximum: int = setting(
        "Most workers.",
        default=8,
        effect=Effect.IN_PLACE,
        ge=1,
        le=1000,
    )
    initial: int = setting(
        "Workers at creation; afterwards the autoscaler owns the number.",
        default=2,
        effect=Effect.NONE,
        ge=0,
    )
    on_demand_base: int = setting(
        "Workers that are on demand before spot is used.",
        default=0,
        effect=Effect.ROLL_WORKERS,
        ge=0,
    )
    volume_gib: int = setting(
        "Size of the root volume in GiB, encrypted gp3; shuffle files are on it.",
        default=100,
        effect=Effect.ROLL_WORKERS,
        ge=8,
        le=16384,
    )
    worker_memory_mib: int = setting(
        "Memory that a worker offers in MiB; 0 takes it from the machine.",
        default=0,
        effect=Effect.ROLL_WORKERS,
        ge=0,
    )
    worker_cores: int = setting(
        "Cores that a worker offers; 0 takes them from the machine.",
        default=0,
        effect=Effect.ROLL_WORKERS,
        ge=0,
    )
    executor_memory_mib: int = setting(
        "Heap of one executor in MiB; 0 takes 768, which fits the smallest workers.",
        default=0,
        effect=Effect.SWAP_LEADER,
        ge=0,
    )
    executor_cores: int = setting(
        "Cores of one executor; 0 gives all of a worker to one executor.",
        default=0,
        effect=Effect.SWAP_LEADER,
        ge=0,
    )
    ready_minutes: int = setting(
        "Minutes in which a worker must register with its leader before it is replaced.",
        default=10,
        effect=Effect.IN_PLACE,
        ge=1,
        le=60,
    )
    drain_seconds: int = setting(
        "Seconds that a leaving worker has to hand over its shuffle files, as many as a spot "
        "notice leaves or more.",
        default=300,
        effect=Effect.IN_PLACE,
        ge=120,
        le=7200,
    )
    autoscale: AutoscaleConfig = setting(
        "How the leader sizes the fleet.",
        factory=AutoscaleConfig,
        effect=Effect.SWAP_LEADER,
    )


class GenerationConfig(Section):
    """One cluster. A change of what runs on its machines is best made as a new generation."""

    image: ImageReference = setting(
        "Image of the machines: channel:<name>, read at preview, or an image id.",
        effect=Effect.SWAP_LEADER,
        required="a cluster without a chosen image would change under your feet",
    )
    weight: int = setting(
        "Share of new connections, 0 to 999, against the other generations'.",
        default=100,
        effect=Effect.IN_PLACE,
        ge=0,
        le=999,
    )
    leader: LeaderConfig = setting(
        "The leader.", effect=Effect.SWAP_LEADER, required="its type has no default"
    )
    workers: WorkersConfig = setting(
        "The workers.", effect=Effect.ROLL_WORKERS, required="their types have no default"
    )
    spark_conf: dict[str, str] = setting(
        "Spark settings of this generation, over the image's own.",
        factory=dict,
        effect=Effect.SWAP_LEADER,
    )
    auth_rotation: int = setting(
        "Raise by one for a new shared secret of Spark's own traffic.",
        default=1,
        effect=Effect.SWAP_LEADER,
        ge=1,
    )
