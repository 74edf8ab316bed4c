"""A daemon is found by pid and start time, so that a recycled pid is never taken for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from local.daemon import Daemon, Identity, clean_environment
from local.paths import CloudPaths

STAT = "4242 (odd) name (x)) S 1 4242 4242 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 1"


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CloudPaths:
    monkeypatch.setenv("MILLRACE_STATE", str(tmp_path))
    found = CloudPaths("unit")
    found.run.mkdir(parents=True)
    return found


def own_stat() -> str:
    return Path("/proc/self/stat").read_text()


def test_identity_is_read_past_a_command_with_brackets() -> None:
    assert Identity.of_stat(STAT) == Identity(4242, 987654)


def test_the_process_that_wrote_its_pid_is_found(paths: CloudPaths) -> None:
    (paths.run / "account.pid").write_text(own_stat())
    identity = Daemon(paths, "account").identity()
    assert identity is not None
    assert identity.pid == os.getpid()


def test_a_later_process_with_the_same_pid_is_not(paths: CloudPaths) -> None:
    earlier = Identity.of_stat(own_stat())
    stat = own_stat().replace(f" {earlier.started} ", f" {earlier.started - 1} ")
    (paths.run / "account.pid").write_text(stat)
    assert not Daemon(paths, "account").alive()


@pytest.mark.parametrize("text", ["", "nonsense", "12"])
def test_a_half_written_pid_file_is_no_process(paths: CloudPaths, text: str) -> None:
    (paths.run / "account.pid").write_text(text)
    assert not Daemon(paths, "account").alive()


def test_stopping_what_does_not_run_only_forgets_it(paths: CloudPaths) -> None:
    (paths.run / "account.pid").write_text(STAT)
    Daemon(paths, "account").stop()
    assert not (paths.run / "account.pid").exists()


def test_a_daemon_inherits_no_credentials_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "HTTPS_PROXY", "AWS_CA_BUNDLE", "PYTHONPATH"):
        monkeypatch.setenv(name, "x")
    assert not {"AWS_PROFILE", "HTTPS_PROXY", "AWS_CA_BUNDLE", "PYTHONPATH"} & set(
        clean_environment({})
    )
