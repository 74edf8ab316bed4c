"""The balancer does what listeners, target groups and targets say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lakehouse.errors import LakehouseError, ToolError
from local.haproxy import Forward, Frontend, Pool, ServerStatus, render, server_of, weigh
from local.observe_balancers import health_check, weights
from local.targets import Memory, Target, allocate, follow_targets, health
from local.world import HealthCheck, TargetGroup, World
from tests.unit.local.worlds import balancer, instance, target_group, world

CHECK = target_group("tg").check
POOL = Pool(name="tg-1", check=CHECK, servers={"i-1.15443": ("10.0.1.4", 15443)})
LISTENER = Frontend(
    name="listener-1", address="10.0.1.254", port=15002, idle_timeout=350, pools=(POOL,)
)
UP = ServerStatus(up=True, checked=True, weight=1, sessions=0)
DOWN = ServerStatus(up=False, checked=True, weight=0, sessions=0)


def text(**changes: Any) -> str:
    facts: dict[str, Any] = {
        "namespace": "millrace",
        "run": Path("/run/x"),
        "pools": [POOL],
        "frontends": [LISTENER],
        "forward": None,
        "weights": {},
    }
    return render(**{**facts, **changes})


def test_a_listener_is_bound_inside_the_namespace_only() -> None:
    binds = [line.strip() for line in text().splitlines() if line.strip().startswith("bind")]
    assert binds == ["bind 10.0.1.254:15002 namespace millrace"]


def test_the_host_sees_the_endpoint_on_its_loopback_only() -> None:
    forward = Forward(host_port=15902, address="10.0.1.254", port=15002)
    binds = [line for line in text(forward=forward).splitlines() if " bind 127" in line]
    assert binds == ["  bind 127.0.0.1:15902"]


def test_health_is_asked_on_the_declared_port_and_path() -> None:
    lines = text().splitlines()
    assert any("send meth GET uri /healthz" in line for line in lines)
    assert any(line.endswith("rise 2 fall 2 port 15444") for line in lines)
    assert "  http-check expect status 200" in lines


def test_a_bare_connection_is_checked_without_http() -> None:
    pool = Pool(name="tg-1", check=HealthCheck(), servers=POOL.servers)
    assert "httpchk" not in text(pools=[pool])


def test_a_matcher_that_haproxy_cannot_read_is_refused() -> None:
    pool = Pool(name="tg-1", check=HealthCheck(protocol="HTTP", matcher="2xx"), servers={})
    with pytest.raises(ToolError, match="matcher '2xx'"):
        text(pools=[pool])


def test_a_new_server_gets_nothing_until_it_was_checked() -> None:
    assert "weight 0 namespace millrace source 10.0.1.254 track tg-1/i-1.15443" in text()


def test_a_reload_keeps_the_weights_in_force() -> None:
    key = (LISTENER.name, server_of(POOL, "i-1.15443"))
    assert "weight 77 " in text(weights={key: 77})


@pytest.mark.parametrize(
    ("groups", "servers", "expected"),
    [
        ({"blue": 100, "green": 0}, {"blue": ["b"], "green": ["g"]}, {"b": 256}),
        ({"blue": 1, "green": 3}, {"blue": ["b"], "green": ["g"]}, {"b": 85, "g": 256}),
        (
            {"blue": 50, "green": 50},
            {"blue": ["b1", "b2"], "green": ["g"]},
            {"b1": 128, "b2": 128, "g": 256},
        ),
        ({"blue": 50, "green": 50}, {"blue": [], "green": ["g"]}, {"g": 256}),
        ({"blue": 1, "green": 999}, {"blue": ["b"], "green": ["g"]}, {"b": 1, "g": 256}),
        ({"blue": 0}, {"blue": ["b"]}, {}),
        ({}, {}, {}),
    ],
)
def test_groups_share_by_weight_and_servers_share_evenly(
    groups: dict[str, int], servers: dict[str, list[str]], expected: dict[str, int]
) -> None:
    assert weigh(groups, servers) == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"Type": "forward", "TargetGroupArn": "a"}, {"a": 1}),
        (
            {
                "Type": "forward",
                "ForwardConfig": {
                    "TargetGroups": [
                        {"TargetGroupArn": "a", "Weight": 90},
                        {"TargetGroupArn": "b", "Weight": 10},
                    ]
                },
            },
            {"a": 90, "b": 10},
        ),
        (
            {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "a"}]}},
            {"a": 1},
        ),
        ({"Type": "redirect"}, {}),
    ],
)
def test_a_forward_action_is_read_in_each_of_its_forms(
    action: dict[str, Any], expected: dict[str, int]
) -> None:
    assert weights([action]) == expected


def test_a_health_check_on_the_traffic_port_has_no_port_of_its_own() -> None:
    assert health_check({"HealthCheckPort": "traffic-port"}).port is None
    assert health_check({"HealthCheckPort": "15444"}).port == 15444


def test_a_load_balancer_keeps_its_address_when_another_goes() -> None:
    memory = Memory()
    allocate(memory, world(balancers=(balancer({}, "one"), balancer({}, "two"))))
    assert memory.addresses == {"one": "10.0.1.254", "two": "10.0.1.253"}
    allocate(memory, world(balancers=(balancer({}, "two"),)))
    assert memory.addresses == {"two": "10.0.1.253"}


def test_a_load_balancer_does_not_take_an_instances_address() -> None:
    memory = Memory()
    here = instance(private_ip="10.0.1.254")
    allocate(memory, world(here, balancers=(balancer({}),)))
    assert memory.addresses == {"nlb": "10.0.1.253"}


def test_a_full_subnet_is_an_error_that_names_it() -> None:
    everyone = [instance(n, private_ip=f"10.0.1.{n}") for n in range(1, 256)]
    with pytest.raises(LakehouseError, match=r"10\.0\.1\.0/24"):
        allocate(Memory(), world(*everyone, balancers=(balancer({}),)))


def following(memory: Memory, seen: World, now: float, sessions: int) -> list[Target]:
    return follow_targets(memory, seen, now, lambda _: sessions)


def registered(*groups: TargetGroup) -> World:
    return world(instance(), target_groups={each.arn: each for each in groups})


def test_a_deregistered_target_drains_while_it_has_sessions() -> None:
    memory = Memory()
    following(memory, registered(target_group("tg", instance())), 0, 0)
    assert following(memory, registered(target_group("tg")), 1, 3) == []
    assert memory.targets[0].draining_until == 301


def test_draining_ends_with_the_last_session() -> None:
    memory = Memory()
    following(memory, registered(target_group("tg", instance())), 0, 0)
    following(memory, registered(target_group("tg")), 1, 3)
    assert len(following(memory, registered(target_group("tg")), 2, 0)) == 1
    assert memory.targets == []


def test_draining_ends_with_the_delay() -> None:
    memory = Memory()
    gone = registered(target_group("tg", deregistration_delay=10))
    following(memory, registered(target_group("tg", instance())), 0, 0)
    following(memory, gone, 1, 3)
    assert len(following(memory, gone, 12, 3)) == 1


def test_a_target_that_comes_back_is_new() -> None:
    memory = Memory()
    there = registered(target_group("tg", instance()))
    following(memory, there, 0, 0)
    memory.targets[0].was_up = True
    following(memory, registered(target_group("tg")), 1, 3)
    following(memory, there, 2, 3)
    assert memory.targets[0].draining_until is None
    assert not memory.targets[0].was_up


def test_targets_survive_a_restart_of_the_reconciler(tmp_path: Path) -> None:
    memory = Memory({"nlb": "10.0.1.254"}, [Target("tg", "i-1", "10.0.1.4", 15443, 1.0, 5.0)])
    memory.write(tmp_path / "balancer.json")
    assert Memory.read(tmp_path / "balancer.json") == memory


@pytest.mark.parametrize(
    ("target", "status", "now", "expected"),
    [
        (Target("tg", "i-1", "10.0.1.4", 1, 0.0), None, 1, "initial"),
        (Target("tg", "i-1", "10.0.1.4", 1, 0.0), DOWN, 1, "initial"),
        (Target("tg", "i-1", "10.0.1.4", 1, 0.0), DOWN, 21, "unhealthy"),
        (Target("tg", "i-1", "10.0.1.4", 1, 0.0, was_up=True), DOWN, 1, "unhealthy"),
        (Target("tg", "i-1", "10.0.1.4", 1, 0.0), UP, 1, "healthy"),
        (Target("tg", "i-1", "10.0.1.4", 1, 0.0, draining_until=9.0), UP, 1, "draining"),
    ],
)
def test_health_is_reported_in_ec2s_words(
    target: Target, status: ServerStatus | None, now: float, expected: str
) -> None:
    assert health(target, target_group("tg"), status, now) == expected
