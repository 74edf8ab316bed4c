"""Results in the cache: whole or absent, named by their inputs, made once."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from lakehouse.errors import DeadlineError
from toolchain import cache
from toolchain.progress import quiet


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLRACE_CACHE", str(tmp_path / "cache"))


def test_the_cache_is_in_the_home_directory_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MILLRACE_CACHE")
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache.cache_dir() == Path("/home/someone/.cache/millrace")


def test_a_key_depends_on_every_part_and_on_where_parts_end() -> None:
    keys = {
        cache.content_key("ab", "c"),
        cache.content_key("a", "bc"),
        cache.content_key("abc"),
        cache.content_key("c", "ab"),
    }
    assert len(keys) == 4, "two different lists of inputs share a key"
    assert cache.content_key("ab", b"c") == cache.content_key(b"ab", "c")


def test_a_result_is_made_once() -> None:
    made: list[Path] = []
    first = cache.cached("thing", "k", made.append, quiet)
    second = cache.cached("thing", "k", made.append, quiet)
    assert first == second
    assert len(made) == 1


def test_a_failed_making_leaves_no_result_and_its_leftover_goes_at_the_next_try() -> None:
    def fail(directory: Path) -> None:
        (directory / "half").write_text("")
        msg = "killed here"
        raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="killed here"):
        cache.cached("thing", "k", fail, quiet)
    assert not cache.entry("thing", "k").exists(), "half a result stands under its name"
    result = cache.cached("thing", "k", lambda folder: (folder / "whole").touch(), quiet)
    assert [path.name for path in result.iterdir()] == ["whole"]
    assert [path.name for path in result.parent.iterdir()] == [result.name], "a leftover stayed"


def test_two_that_want_one_result_wait_for_one_another() -> None:
    made: list[Path] = []

    def slowly(directory: Path) -> None:
        time.sleep(0.1)
        made.append(directory)

    workers = [
        threading.Thread(target=cache.cached, args=("thing", "k", slowly, quiet)) for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)
    assert len(made) == 1


def test_waiting_for_a_lock_says_so_and_ends_at_its_deadline() -> None:
    said: list[str] = []
    with (
        cache.locked("thing", quiet),
        pytest.raises(DeadlineError, match=r"thing\.lock was still held"),
        cache.locked("thing", said.append, deadline=0.1),
    ):
        pass
    assert said == ["thing: waiting for another process that is making it"]
