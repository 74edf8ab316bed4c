"""Cluster: an autoscaler is told, permitted and given its fleet only where it is asked for."""

from __future__ import annotations

import base64
import json

import pytest

from lakehouse import boot
from lakehouse.config.autoscale import AutoscaleConfig
from tests.components.programs import cluster, stack_config
from tests.components.recorder import Recorded, build


def built(*, enabled: bool, one_zone: bool = True) -> Recorded:
    shape = stack_config().generations["blue"].workers
    scaling = AutoscaleConfig(
        enabled=enabled, idle_seconds=120, schedule=("sat 08:00-12:00 3",), one_zone=one_zone
    )
    return build(lambda: cluster("blue", workers=shape.model_copy(update={"autoscale": scaling})))


def document(recorded: Recorded, role: str) -> boot.BootDocument:
    text = recorded.one("LaunchTemplate", role).inputs["userData"]
    return boot.parse(base64.b64decode(text).decode())


@pytest.fixture(scope="module")
def scaling() -> Recorded:
    return built(enabled=True)


@pytest.fixture(scope="module")
def fixed() -> Recorded:
    return built(enabled=False)


def test_the_leader_is_told_its_settings_and_where_workers_may_be(scaling: Recorded) -> None:
    told = document(scaling, "leader").autoscale
    assert told.enabled
    assert (told.idle_seconds, told.schedule) == (120, ("sat 08:00-12:00 3",))
    assert told.subnets == ("subnet-a", "subnet-b")


def test_a_fleet_that_scales_begins_in_one_zone(scaling: Recorded, fixed: Recorded) -> None:
    assert scaling.one("Group", "worker").inputs["vpcZoneIdentifiers"] == ["subnet-a"]
    assert fixed.one("Group", "worker").inputs["vpcZoneIdentifiers"] == ["subnet-a", "subnet-b"]
    everywhere = built(enabled=True, one_zone=False)
    assert len(everywhere.one("Group", "worker").inputs["vpcZoneIdentifiers"]) == 2


def test_workers_are_not_told(scaling: Recorded) -> None:
    assert document(scaling, "worker").autoscale == boot.AutoscaleBoot()


def test_settings_that_are_off_change_no_machine(fixed: Recorded) -> None:
    text = base64.b64decode(fixed.one("LaunchTemplate", "leader").inputs["userData"])
    assert b"autoscale" not in text


@pytest.mark.parametrize("enabled", [True, False])
def test_who_replaces_machines_at_risk_is_one(
    enabled: bool, scaling: Recorded, fixed: Recorded
) -> None:
    recorded = scaling if enabled else fixed
    assert recorded.one("Group", "worker").inputs["capacityRebalance"] is not enabled
    statements = json.loads(recorded.one("RolePolicy", "leader").inputs["policy"])["Statement"]
    assert any(each["Sid"] == "OwnFleet" for each in statements) is enabled
