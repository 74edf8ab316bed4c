"""The soak's own arithmetic: phases, schedules, answers, histories, the report."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.interruption import history, slowdown, work
from benchmarks.interruption.lanes import Done
from benchmarks.interruption.plan import MIX, Phases, Strike, choose, strikes
from benchmarks.interruption.record import Soak, Struck, add_up, markdown
from benchmarks.interruption.slowdown import Pair, Slowdown

TAG = "SparkConnect_OperationTag_User_etl_Session_{}_Operation_o"


def job(session: str, *stages: int) -> dict[str, Any]:
    return {"stageIds": list(stages), "jobTags": [TAG.format(session)]}


def stage(number: int, *, running: int = 1, **bytes_: int) -> dict[str, Any]:
    none = {"outputBytes": 0, "shuffleWriteBytes": 0, "shuffleReadBytes": 0}
    return {"stageId": number, "numActiveTasks": running, **none, **bytes_}


@pytest.mark.parametrize("count", [1, 2, 3, 10, 11, 50, 100])
def test_exactly_so_many_machines_are_taken(count: int) -> None:
    assert sum(each.machines for each in strikes(count)) == count


def test_ten_interruptions_know_every_phase_both_ways_and_two_at_once() -> None:
    planned = strikes(10)
    assert {each.phase for each in planned} == {"map", "reduce", "write", "commit"}
    assert {each.notice for each in planned} == {True, False}
    assert max(each.machines for each in planned) == 2


def test_the_mix_has_every_phase_with_and_without_notice() -> None:
    have = {(each.notice, each.phase) for each in MIX}
    assert have == {(n, p) for n in (True, False) for p in ("map", "reduce", "write", "commit")}


def test_the_phase_that_passes_soonest_is_not_let_pass() -> None:
    planned = strikes(100)
    found = choose(planned, {"map", "commit"}, usable=3, fleet=3)
    assert found is not None
    assert found.phase == "commit", "a map will be there again, a commit is over in a second"


def test_an_act_that_would_leave_nobody_waits() -> None:
    two = [Strike(machines=2, notice=True, phase="map")]
    assert choose(two, {"map"}, usable=2, fleet=3) is None
    assert choose(two, {"map"}, usable=3, fleet=3) == two[0]
    assert choose(two, {"map"}, usable=1, fleet=1) == two[0], "where there is only one"


def test_nothing_is_taken_in_a_phase_that_nobody_is_in() -> None:
    assert choose(strikes(100), {"reduce"}, usable=3, fleet=3) is not None
    assert choose(strikes(1), {"reduce"}, usable=3, fleet=3) is None


def test_every_planned_act_is_done_whatever_comes_first() -> None:
    left = strikes(100)
    for _ in range(len(left)):
        act = choose(left, {"map", "reduce", "write", "commit"}, usable=3, fleet=3)
        assert act is not None
        left.remove(act)
    assert left == []


@pytest.mark.parametrize(
    ("given", "phase"),
    [
        ({"shuffleWriteBytes": 5}, "map"),
        ({"shuffleWriteBytes": 5, "shuffleReadBytes": 5}, "map"),
        ({"shuffleReadBytes": 5}, "reduce"),
        ({"shuffleReadBytes": 5, "outputBytes": 5}, "write"),
    ],
)
def test_a_phase_is_told_by_what_finished_tasks_did(given: dict[str, int], phase: str) -> None:
    found = Phases().look([job("s", 1)], [stage(1, **given)], {"s": 1.0})
    assert [(each.session, each.phase) for each in found] == [("s", phase)]


@pytest.mark.parametrize(
    ("jobs", "stages"),
    [
        ([job("other", 1)], [stage(1, shuffleWriteBytes=5)]),
        ([job("s", 1)], [stage(1)]),
        ([job("s", 1)], [stage(1, running=0, shuffleWriteBytes=5)]),
    ],
    ids=["a stranger's", "nothing done yet", "nothing running"],
)
def test_what_nobody_could_lose_is_no_phase(jobs: list[Any], stages: list[Any]) -> None:
    assert Phases().look(jobs, stages, {"s": 1.0}) == []


def test_a_statement_commits_between_its_last_write_and_its_return() -> None:
    phases = Phases()
    phases.look([job("s", 1)], [stage(1, running=0, outputBytes=9)], {"s": 1.0})
    assert [each.phase for each in phases.look([], [], {"s": 1.0})] == ["commit"]
    assert phases.look([], [], {"s": 2.0}) == [], "the next statement has written nothing"
    assert phases.look([], [], {}) == [], "it has come back"


def test_a_job_that_follows_the_write_is_no_commit() -> None:
    phases = Phases()
    phases.look([job("s", 1)], [stage(1, outputBytes=9)], {"s": 1.0})
    assert phases.look([job("s", 2)], [], {"s": 1.0}) == []


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_the_answer_of_merges_is_that_of_merging_in_memory(steps: int) -> None:
    rows: dict[int, tuple[int, int]] = {}
    for step in range(steps):
        for key in range(step * work.STEP, (step + 2) * work.STEP):
            n = rows[key][0] + 1 if key in rows else 1
            rows[key] = (n, step)
    total = (
        len(rows),
        len(rows),
        sum(n for n, _ in rows.values()),
        sum(s for _, s in rows.values()),
    )
    assert work.merged_answer(steps) == (total,)


def test_batches_add_up_by_lane() -> None:
    keys = sum(range(work.STEP))
    assert work.appended_answer({"b": 2, "a": 1, "c": 0}) == (
        ("a", work.STEP, 1, work.STEP, keys),
        ("b", 2 * work.STEP, 2, 2 * work.STEP, 2 * keys),
    )


def test_a_fork_in_a_history_is_found() -> None:
    assert history.chain([(1, None), (2, 1), (3, 2)], 3) == []
    assert len(history.chain([(1, None), (2, 1), (3, 1)], 3)) == 1
    assert len(history.chain([(1, None), (2, 1)], 1)) == 1, "a newer snapshot was forgotten"


def test_rows_that_nobody_added_are_found() -> None:
    right = [
        {"added-records": 5, "total-records": 5},
        {"added-records": 3, "deleted-records": 2, "total-records": 6},
    ]
    assert history.counts(right) == []
    assert len(history.counts([right[0], {**right[1], "total-records": 7}])) == 1


def test_rows_are_records_less_those_that_delete_files_take_out() -> None:
    assert history.rows({"total-records": 9, "total-position-deletes": 4}) == 5


@pytest.mark.parametrize(("count", "most"), [(0, 5), (3, 5), (5, 5), (100, 24)])
def test_a_sample_has_the_first_and_the_last(count: int, most: int) -> None:
    found = history.sample(count, most)
    assert len(found) == min(count, most)
    assert not count or (found[0], found[-1]) == (0, count - 1)


def done(name: str, started: float, seconds: float, **more: str) -> Done:
    return Done(name=name, user="etl", started=started, seconds=seconds, **more)


def test_statements_are_told_apart_by_whether_machines_went_meanwhile() -> None:
    found = add_up("MERGE", [done("MERGE", 0, 2), done("MERGE", 10, 6), done("MERGE", 20, 3)], [12])
    assert (found.done, found.disturbed) == (3, 1)
    assert (found.quiet_seconds, found.disturbed_seconds, found.longest_seconds) == (2.5, 6.0, 6.0)


def soak(**changes: Any) -> Soak:
    struck = Struck(
        name=Strike(machines=2, notice=False, phase="map").name,
        machines=("i-1", "i-2"),
        notice=False,
        phase="map",
        met=True,
        running=("MERGE",),
        at=3.0,
        waited=0.5,
    )
    made = Soak(interruptions=2, workers=3, notice_seconds=30, seconds=60, strikes=[struck])
    made.statements = [add_up("MERGE", [done("MERGE", 0, 2)], [])]
    for key, value in changes.items():
        setattr(made, key, value)
    return made


def test_the_page_tells_the_acts_and_the_verdict() -> None:
    page = markdown(soak())
    assert "**0 failed, 0 wrong answers, 0 problems.**" in page
    assert "| no notice, two at once, during map | 1 | 2 | 1 |" in page


def test_the_page_lists_what_went_wrong() -> None:
    assert "- the fleet did not recover" in markdown(soak(problems=["the fleet did not recover"]))


def test_a_run_that_was_stopped_says_so_and_has_not_passed() -> None:
    stopped = soak(interruptions=100)
    assert not stopped.passed, "fewer than asked for prove less than asked for"
    assert "stopped before all 100" in markdown(stopped)
    assert soak().passed


def test_the_record_for_machines_has_everything() -> None:
    found = json.loads(soak().to_json())
    assert found["strikes"][0]["machines"] == ["i-1", "i-2"]
    assert found["problems"] == []


def slow(*pairs: tuple[float, float]) -> Slowdown:
    found = Slowdown(workers=3, rows=1, notice_seconds=120)
    found.pairs = [Pair(quiet=quiet, disturbed=disturbed, met=True) for quiet, disturbed in pairs]
    return found


def test_a_notice_comes_once_shuffle_files_are_read_whatever_is_written() -> None:
    assert slowdown.reading(stage(1, shuffleReadBytes=9, shuffleWriteBytes=1))
    assert not slowdown.reading(stage(1, shuffleWriteBytes=9)), "nobody has read one yet"
    assert not slowdown.reading(stage(1, running=0, shuffleReadBytes=9)), "nobody is left to"


def test_the_price_of_a_notice_is_the_median_of_the_pairs_ratios() -> None:
    found = slow((10, 10.5), (20, 30), (5, 5.2))
    assert found.median == pytest.approx(1.05), "one bad pair must not decide"
    assert "**Median of the ratios 1.05**" in slowdown.markdown(found)
    assert json.loads(found.to_json())["ratios"] == [1.05, 1.5, 1.04]
