"""The leader's autoscaler on a real group of the emulated account, with the account's clock."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lakehouse.boot import AutoscaleBoot, BootDocument, SecretsBoot, SparkBoot
from node.autoscale.__main__ import Autoscaler
from node.autoscale.group import WorkerGroup
from node.autoscale.model import Decision
from node.autoscale.record import Record, status
from node.errors import NodeError

pytestmark = pytest.mark.thorough

TAGS = {
    "millrace:project": "millrace",
    "millrace:stack": "test",
    "millrace:generation": "blue",
    "millrace:role": "worker",
}
CORES = 2


class Fleet:
    """A group with workers that register with Spark as soon as they are in service."""

    def __init__(self, network: Any, state: Path, policy: dict[str, Any], **sizes: int) -> None:
        self.network = network
        self.cloud = network.cloud
        spot = network.spot_policy("t3.small", "t3a.small")
        network.group(
            MixedInstancesPolicy=spot,
            Tags=[
                {"Key": key, "Value": value, "PropagateAtLaunch": True}
                for key, value in TAGS.items()
            ],
            **sizes,
        )
        self.backlog = 0
        self.running: dict[str, int] = {}
        """Address -> tasks; every other worker has none."""
        self.began: Counter[str] = Counter()
        self.risky: set[str] = set()
        self.cordoned: set[str] = set()
        """Addresses of those that take no new task."""
        self.state = state
        document = BootDocument(
            role="leader",
            project="millrace",
            stack="test",
            generation="blue",
            region="eu-central-1",
            leader_host="leader",
            zone_id="Z1",
            catalogs=(),
            secrets=SecretsBoot(spark_auth="arn:auth"),
            spark=SparkBoot(),
            autoscale=AutoscaleBoot(enabled=True, subnets=tuple(network.subnets), **policy),
        )
        self.autoscaler = Autoscaler(
            document,
            "10.9.0.1",
            WorkerGroup(document, self.cloud.autoscaling, self.cloud.ec2),
            Record(state),
            get_json=self.answer,
            at_risk=lambda: dict.fromkeys(self.risky, "recommendation"),
            cordon=lambda _, address: self.cordoned.add(address),
            clock=self.now,
        )

    def now(self) -> float:
        return float(self.cloud.local("POST", "clock", {"advance": 0})["now"])

    def addresses(self) -> dict[str, str]:
        """Instance -> address, of what is in service."""
        serving = {name for name, state in self.network.members().items() if state == "InService"}
        return {
            each["InstanceId"]: each["PrivateIpAddress"]
            for each in self.network.instances()
            if each["InstanceId"] in serving
        }

    def answer(self, host: str, port: int, path: str) -> Any:
        if path == "/json/":
            return {
                "workers": [
                    {
                        "host": address,
                        "cores": CORES,
                        "state": "DECOMMISSIONED" if address in self.cordoned else "ALIVE",
                    }
                    for address in self.addresses().values()
                ]
            }
        if path == "/api/v1/applications":
            return [{"id": "app-1"}]
        if path.endswith("/executors"):
            return [
                {
                    "hostPort": f"{address}:7080",
                    "activeTasks": self.running.get(address, 0),
                    "totalTasks": self.began[address] + self.running.get(address, 0),
                }
                for address in self.addresses().values()
            ]
        total = self.backlog + sum(self.running.values())
        active = sum(self.running.values())
        return [{"numTasks": total, "numActiveTasks": active, "numCompleteTasks": 0}]

    def step(self, seconds: float = 5.0) -> Decision:
        """One look; whatever a test is about, nobody at work may be taken by it."""
        self.cloud.after(seconds)
        decision = self.autoscaler.step()
        kept = status(self.state) or {}
        for each in kept["decisions"]:
            busy = [name for name, was in each.get("taken", {}).items() if was["running"]]
            assert not busy, f"{busy} were taken from their work: {each}"
        assert decision.desired >= kept["minimum"], "never below the minimum"
        return decision

    def until(self, wanted: Any, limit: float, step: float = 15.0) -> float:
        """Steps until `wanted()`; the seconds that it took."""
        spent = 0.0
        while not wanted():
            assert spent < limit, f"not within {limit} s; last: {status(self.state)}"
            self.step(step)
            spent += step
        return spent

    def markets(self) -> Counter[str]:
        return Counter(
            each.get("InstanceLifecycle", "on-demand")
            for each in self.network.instances()
            if each["State"]["Name"] == "running"
        )

    def busy(self) -> None:
        """Give every worker all it can take."""
        self.running = dict.fromkeys(self.addresses().values(), CORES)

    def idle(self) -> None:
        self.began.update(self.running)
        self.running = {}


@pytest.fixture
def fleet(network: Any, tmp_path: Path) -> Any:
    def make(policy: dict[str, Any] | None = None, **sizes: int) -> Fleet:
        given = {"MinSize": 0, "MaxSize": 6, "DesiredCapacity": 2, **sizes}
        quick = {"cooldown_seconds": 300, **(policy or {})}
        return Fleet(network, tmp_path / "state.json", quick, **given)

    return make


def dry(fleet: Fleet, limit: int | None) -> None:
    fleet.cloud.local("PUT", "capacity", {"t3.small": limit, "t3a.small": limit and 0})


def test_from_nobody_to_the_work_and_back_to_nobody(fleet: Any) -> None:
    own = fleet(DesiredCapacity=0)
    own.backlog = 16
    assert own.step().desired == 4
    own.backlog = 0
    own.busy()
    own.step(600)
    assert len(own.addresses()) == 4, "all of them work"
    own.idle()
    own.step()
    assert own.until(lambda: not own.network.members(), limit=400, step=30) <= 330


def test_only_those_without_a_task_are_taken(fleet: Any) -> None:
    own = fleet(DesiredCapacity=4)
    first, *_ = own.addresses().values()
    own.running = {first: 2}
    own.step()
    own.until(lambda: len(own.addresses()) < 4, limit=400, step=30)
    assert first in own.addresses().values()


def test_a_task_that_comes_between_the_look_and_the_end_spares_its_worker(fleet: Any) -> None:
    own = fleet(DesiredCapacity=1)
    own.step()
    own.cloud.after(300)
    look, original = [], own.answer

    def late(host: str, port: int, path: str) -> Any:
        if path == "/json/":
            look.append(path)
            if len(look) == 2:
                own.busy()
        return original(host, port, path)

    own.autoscaler._get_json = late
    decision = own.autoscaler.step()
    assert decision.terminate
    assert set(own.network.members().values()) == {"InService"}
    assert status(own.state)["decisions"][-1]["spared"] == list(decision.terminate)


def test_they_leave_through_the_terminating_hook(fleet: Any) -> None:
    own = fleet(DesiredCapacity=1)
    own.cloud.autoscaling.put_lifecycle_hook(
        AutoScalingGroupName="workers",
        LifecycleHookName="drain",
        LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
        HeartbeatTimeout=300,
        DefaultResult="CONTINUE",
    )
    own.step()
    own.step(300)
    assert list(own.network.members().values()) == ["Terminating:Wait"]


def test_a_dry_market_is_left_in_time_and_returned_to(fleet: Any) -> None:
    own = fleet(MinSize=2, DesiredCapacity=2)
    own.step()
    dry(own, 1)
    for each in own.network.instances()[1:]:
        own.cloud.local(
            "POST", "spot-interruptions", {"instance_id": each["InstanceId"], "notice": False}
        )
    assert own.markets() == {"spot": 1}
    own.busy()
    spent = own.until(lambda: own.markets()["on-demand"] == 1, limit=180)
    assert spent <= 180
    assert own.markets() == {"spot": 1, "on-demand": 1}, "the spot machine was left alone"

    dry(own, None)
    own.busy()
    own.until(lambda: own.markets()["spot"] == 2, limit=2100, step=60)
    assert sum(own.markets().values()) >= 2, "never below the minimum"
    own.idle()
    own.until(lambda: own.markets() == {"spot": 2}, limit=900, step=60)
    told = " ".join(reason for each in status(own.state)["decisions"] for reason in each["reasons"])
    for words in ("on demand for what is missing", "try one spot machine", "spot is back"):
        assert words in told


def test_a_trial_that_fails_leaves_the_on_demand_machines(fleet: Any) -> None:
    dry_policy = {"return_seconds": 600}
    own = fleet(dry_policy, MinSize=1, DesiredCapacity=0)
    dry(own, 0)
    own.until(lambda: own.markets()["on-demand"] == 1, limit=185)
    own.busy()
    for _ in range(14):
        own.step(80)
        assert own.markets() == {"on-demand": 1}
    assert any(
        "on demand again" in reason
        for each in status(own.state)["decisions"]
        for reason in each["reasons"]
    )


def test_a_zone_that_runs_dry_is_joined_by_the_next(fleet: Any) -> None:
    own = fleet({"fallback_seconds": 600}, DesiredCapacity=0)
    own.step()
    assert _places(own) == own.network.subnets[:1]
    zone = {"t3.small@eu-central-1a": 0, "t3a.small@eu-central-1a": 0}
    own.cloud.local("PUT", "capacity", zone)
    own.backlog = 4
    own.until(lambda: own.markets()["spot"] == 1, limit=90)
    assert _places(own) == own.network.subnets


def _places(own: Fleet) -> list[str]:
    [group] = own.cloud.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    return list(group["VPCZoneIdentifier"].split(","))


def test_twenty_recommendations_in_ten_minutes_launch_no_more_than_the_bound(fleet: Any) -> None:
    own = fleet(MinSize=6, MaxSize=30, DesiredCapacity=6)
    for _ in range(20):
        free = [name for name in own.addresses() if name not in own.risky]
        if free:
            own.cloud.local("POST", "rebalance", {"instance_id": free[0]})
            own.risky.add(free[0])
        own.busy()
        # Less than ten minutes altogether, however long this machine takes for it.
        own.step(20)
    launched = len(own.network.instances())
    assert launched == 6 + 4
    assert len(own.addresses()) == 10, "all were at work, so nobody was taken"
    assert len(own.cordoned) == 4, "only those take no new task whose replacements are in service"


def test_a_machine_at_risk_is_replaced_first_emptied_next_and_taken_last(fleet: Any) -> None:
    own = fleet(MinSize=2, MaxSize=6, DesiredCapacity=2)
    own.busy()
    victim = min(own.addresses())
    address = own.addresses()[victim]
    own.cloud.local("POST", "rebalance", {"instance_id": victim})
    own.risky.add(victim)
    assert own.step().desired == 3
    assert own.cordoned == set()
    own.step()
    assert own.cordoned == {address}
    for _ in range(12):
        own.busy()
        own.step(30)
        assert victim in own.addresses(), "its tasks go on"
    own.began[address] += own.running.pop(address)
    own.until(lambda: victim not in own.addresses(), limit=90)
    assert len(own.addresses()) == 2
    told = [reason for each in status(own.state)["decisions"] for reason in each["reasons"]]
    steps = (": at risk", "takes no new task", "its replacement is in service")
    places = [next(n for n, each in enumerate(told) if words in each) for words in steps]
    assert places == sorted(places), "each step says why"


def test_decisions_are_kept_and_told_as_lines(fleet: Any, caplog: Any) -> None:
    own = fleet(DesiredCapacity=0)
    own.backlog = 2
    with caplog.at_level("INFO", logger="node.autoscale"):
        own.step()
    [line] = [json.loads(each.message) for each in caplog.records if each.name == "node.autoscale"]
    assert (line["was"], line["desired"], line["backlog"]) == (0, 1, 2)
    for turn in range(25):
        own.backlog = 0 if turn % 2 else 2
        own.step(200)
    shown = status(own.state)
    assert len(shown["decisions"]) <= 20
    assert "memory" not in shown


def test_another_life_goes_on_where_the_last_ended(fleet: Any) -> None:
    own = fleet(MinSize=1, DesiredCapacity=0)
    dry(own, 0)
    own.until(lambda: own.markets()["on-demand"] == 1, limit=185)
    assert Record(own.state).memory.mode == "fallback"


def test_a_group_that_is_not_there_is_said(network: Any, fleet: Any) -> None:
    own = fleet()
    network.cloud.autoscaling.delete_auto_scaling_group(
        AutoScalingGroupName="workers", ForceDelete=True
    )
    with pytest.raises(NodeError, match="0 groups have the tags"):
        own.step()
