"""The leader's knowledge of its workers: two paths, and either is enough."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakehouse import ports
from node import paths, web
from node.autoscale.__main__ import at_risk
from node.autoscale.group import Machine, workers
from node.autoscale.spark import Work
from node.errors import NodeError
from node.fleet import ask, record
from node.fleet.__main__ import PATIENCE, Watch
from node.fleet.events import Event, read
from node.fleet.queue import NoticeQueue
from node.fleet.states import HELD, LOST, SHOWN, Fleet

NOW = 1_800_000_000.0


def message(kind: str, detail: dict[str, str], at: str = "2027-01-15T08:00:00Z") -> str:
    return json.dumps({"detail-type": kind, "time": at, "source": "aws.ec2", "detail": detail})


# Events


@pytest.mark.parametrize(
    ("kind", "detail", "read_as"),
    [
        ("EC2 Spot Instance Interruption Warning", {"instance-id": "i-1"}, "interruption"),
        ("EC2 Instance Rebalance Recommendation", {"instance-id": "i-1"}, "rebalance"),
        ("EC2 Instance Launch Successful", {"EC2InstanceId": "i-1"}, "launched"),
        ("EC2 Instance-terminate Lifecycle Action", {"EC2InstanceId": "i-1"}, "leaving"),
        ("EC2 Instance Terminate Successful", {"EC2InstanceId": "i-1"}, "terminated"),
    ],
)
def test_messages_of_both_services_are_read(kind: str, detail: Any, read_as: str) -> None:
    event = read(message(kind, detail))
    assert event is not None
    assert (event.kind, event.instance_id, event.at) == (read_as, "i-1", NOW)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        "null",
        message("EC2 Instance State-change Notification", {}),
        '{"detail": 1}',
    ],
)
def test_what_is_no_notice_is_nothing(body: str) -> None:
    assert read(body) is None


class FakeQueue:
    def __init__(self, *bodies: str) -> None:
        self.bodies = list(bodies)
        self.deleted: list[str] = []
        self.asked = 0
        self.missing = False

    def get_queue_url(self, **named: str) -> dict[str, str]:
        self.asked += 1
        if self.missing:
            raise ClientError({"Error": {"Code": "QueueDoesNotExist"}}, "GetQueueUrl")
        return {"QueueUrl": f"url-of-{named['QueueName']}"}

    def receive_message(self, **_: Any) -> dict[str, Any]:
        found = [{"Body": each, "ReceiptHandle": f"r{n}"} for n, each in enumerate(self.bodies)]
        self.bodies = []
        return {"Messages": found} if found else {}

    def delete_message(self, **named: str) -> None:
        self.deleted.append(named["ReceiptHandle"])


def test_messages_are_taken_out_whatever_they_say() -> None:
    client = FakeQueue("{}", message("EC2 Instance Rebalance Recommendation", {"instance-id": "i"}))
    source = NoticeQueue(client, "notices")
    assert [each.kind for each in source.take()] == ["rebalance"]
    assert client.deleted == ["r0", "r1"]
    assert source.take() == []
    assert client.asked == 1, "the address is asked for once"


def test_a_queue_that_is_not_there_is_said_and_asked_for_again() -> None:
    client = FakeQueue()
    client.missing = True
    source = NoticeQueue(client, "notices")
    with pytest.raises(NodeError, match="queue notices"):
        source.take()
    client.missing = False
    assert source.take() == []


# States


def said(state: str, name: str = "i-1", **more: Any) -> dict[str, Any]:
    return {"instance_id": name, "state": state, "reason": "", "deadline": None, **more}


def rebalance(name: str = "i-1") -> Event:
    return Event(kind="rebalance", at=NOW, instance_id=name)


def interruption(name: str = "i-1") -> Event:
    return Event(kind="interruption", at=NOW, instance_id=name)


@pytest.fixture
def fleet() -> Fleet:
    made = Fleet()
    made.see({"10.0.0.1": said("active")}, ["10.0.0.1"], NOW)
    return made


def test_a_recommendation_is_known_by_the_worker_s_word(fleet: Fleet) -> None:
    fleet.see({"10.0.0.1": said("at risk")}, ["10.0.0.1"], NOW + 2)
    assert fleet.at_risk() == {"i-1": "recommendation"}


def test_a_recommendation_is_known_by_the_queue(fleet: Fleet) -> None:
    fleet.hear([rebalance()], NOW + 2)
    fleet.see({"10.0.0.1": said("active")}, ["10.0.0.1"], NOW + 4)
    assert fleet.at_risk() == {"i-1": "recommendation"}, (
        "the worker, which has not heard, does not take it back"
    )
    assert list(fleet.workers["i-1"].heard) == ["rebalance by events"]


def test_one_with_notice_is_to_be_replaced_until_it_drains(fleet: Fleet) -> None:
    fleet.hear([rebalance()], NOW + 2)
    told = said("leaving", reason="spot", deadline=NOW + 110)
    fleet.see({"10.0.0.1": told}, ["10.0.0.1"], NOW + 4)
    assert fleet.at_risk() == {"i-1": "notice"}, "its replacement should boot while it works on"
    told = said("draining", reason="spot", deadline=NOW + 110)
    fleet.see({"10.0.0.1": told}, [], NOW + 6)
    assert fleet.at_risk() == {}
    worker = fleet.workers["i-1"]
    assert (worker.state, worker.reason, worker.deadline) == ("draining", "spot", NOW + 110)


def test_one_that_its_group_lets_go_is_not_to_be_replaced(fleet: Fleet) -> None:
    fleet.hear([Event(kind="leaving", at=NOW, instance_id="i-1")], NOW + 2)
    assert fleet.workers["i-1"].state == "leaving"
    assert fleet.at_risk() == {}


def test_a_notice_to_a_machine_of_others_is_nobody_s(fleet: Fleet) -> None:
    fleet.hear([interruption("i-of-others")], NOW)
    fleet.see({}, ["10.0.0.1"], NOW + HELD + 1)
    assert list(fleet.workers) == ["i-1"]
    assert fleet._held == []


def test_a_notice_before_the_machine_is_known_is_kept_for_it() -> None:
    fleet = Fleet()
    fleet.hear([rebalance()], NOW)
    fleet.see({"10.0.0.1": said("active")}, ["10.0.0.1"], NOW + 60)
    assert fleet.at_risk() == {"i-1": "recommendation"}


def test_the_group_s_own_events_name_our_machines(fleet: Fleet) -> None:
    fleet.hear([Event(kind="launched", at=NOW, instance_id="i-2")], NOW)
    assert fleet.workers["i-2"].state == "starting"
    fleet.hear([Event(kind="terminated", at=NOW, instance_id="i-2")], NOW)
    assert fleet.workers["i-2"].state == "gone"


def test_one_that_falls_silent_is_gone_and_later_forgotten(fleet: Fleet) -> None:
    fleet.see({}, [], NOW + LOST)
    assert fleet.workers["i-1"].state == "active", "a few seconds mean nothing"
    fleet.see({}, [], NOW + LOST + 1)
    assert fleet.workers["i-1"].state == "gone"
    fleet.see({}, [], NOW + LOST + SHOWN + 2)
    assert fleet.workers == {}


def test_one_whose_agent_is_silent_is_there_while_the_master_says_so(fleet: Fleet) -> None:
    fleet.see({}, ["10.0.0.1"], NOW + 900)
    assert fleet.workers["i-1"].state == "active"


# The watch


class Place:
    """A master with workers, as HTTP answers."""

    def __init__(self, directory: Path) -> None:
        self.now = NOW
        self.states = {"10.0.0.1": "ALIVE", "10.0.0.2": "ALIVE"}
        self.words: dict[str, Any] = {
            "10.0.0.1": said("active"),
            "10.0.0.2": said("active", "i-2"),
        }
        self.told_to_leave: list[str] = []
        self.watch = Watch(
            "10.0.0.9",
            directory,
            get_json=self.answer,
            decommission=lambda _, address: self.told_to_leave.append(address),
            clock=lambda: self.now,
        )

    def answer(self, host: str, port: int, path: str) -> Any:
        if port == ports.MASTER_UI:
            return {"workers": [{"host": h, "state": s} for h, s in self.states.items()]}
        assert (port, path) == (ports.WORKER_STATE, "/")
        if self.words.get(host) is None:
            msg = "no route"
            raise web.WebError(msg)
        return self.words[host]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_states_are_written_for_the_status(place: Place, tmp_path: Path) -> None:
    place.watch.step([])
    shown = record.read_states(tmp_path / paths.WORKER_STATES.name)
    assert shown is not None
    assert [(each["instance_id"], each["state"]) for each in shown["workers"]] == [
        ("i-1", "active"),
        ("i-2", "active"),
    ]
    assert shown["queue"] == {"problem": "", "heard_at": None}


def test_machines_at_risk_are_written_for_the_autoscaler(place: Place, tmp_path: Path) -> None:
    place.words["10.0.0.2"] = said("at risk", "i-2")
    place.watch.step([rebalance("i-1")])
    assert at_risk(tmp_path / paths.AT_RISK.name) == {
        "i-1": "recommendation",
        "i-2": "recommendation",
    }, "one by each path"


def test_the_autoscaler_learns_which_machines_have_notice(place: Place, tmp_path: Path) -> None:
    place.words["10.0.0.2"] = said("leaving", "i-2", reason="spot", deadline=NOW + 110)
    place.watch.step([rebalance("i-1")])
    told = at_risk(tmp_path / paths.AT_RISK.name)
    machines = [
        Machine(
            instance_id=f"i-{number}",
            address=f"10.0.0.{number}",
            market="spot",
            place="a",
            phase="in service",
        )
        for number in (1, 2, 3)
    ]
    seen = workers(machines, Work(), {}, told)
    assert [(each.at_risk, each.noticed) for each in seen] == [
        (True, False),
        (True, True),
        (False, False),
    ], "one that is only recommended to be left does not stop by itself"


def test_a_worker_that_drains_itself_is_left_alone(place: Place) -> None:
    place.watch.step([interruption()])
    place.states["10.0.0.1"] = "DECOMMISSIONED"
    place.words["10.0.0.1"] = said("draining", reason="spot")
    place.now += PATIENCE + 1
    place.watch.step([])
    assert place.told_to_leave == []


def test_a_worker_that_works_on_knowingly_is_left_alone_until_it_falls_silent(place: Place) -> None:
    place.words["10.0.0.1"] = said("leaving", reason="spot", deadline=NOW + 110)
    place.watch.step([interruption()])
    place.now += PATIENCE + 20
    place.watch.step([])
    assert place.told_to_leave == [], "it knows what it holds, and so when to stop"
    place.words["10.0.0.1"] = None
    place.watch.step([])
    assert place.told_to_leave == [], "a look may fail"
    place.now += PATIENCE
    place.watch.step([])
    assert place.told_to_leave == ["10.0.0.1"], "nobody there will stop it in time"


def test_a_worker_that_does_nothing_on_its_notice_is_told_by_the_master_once(place: Place) -> None:
    place.watch.step([])
    place.words["10.0.0.1"] = None
    place.watch.step([interruption()])
    assert place.told_to_leave == [], "first it may do so itself"
    place.now += PATIENCE
    place.watch.step([])
    place.watch.step([])
    assert place.told_to_leave == ["10.0.0.1"]


def test_what_the_queue_said_survives_a_silent_master(place: Place, tmp_path: Path) -> None:
    place.watch.step([])
    place.states = {}
    place.watch._get_json = _silent
    with pytest.raises(NodeError):
        place.watch.step([rebalance()])
    assert at_risk(tmp_path / paths.AT_RISK.name) == {"i-1": "recommendation"}


def _silent(host: str, port: int, path: str) -> Any:
    msg = f"{host}:{port}{path}: refused"
    raise web.WebError(msg)


def test_a_master_of_another_form_is_said() -> None:
    with pytest.raises(web.WebError, match="another form"):
        ask.listed("leader", lambda *_: {"workers": [{}]})
