"""What the environment says about a local cloud, before anything of it is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.errors import PreflightError
from local import up
from toolchain.progress import quiet


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLRACE_STATE", str(tmp_path))
    monkeypatch.delenv(up.CORES_VARIABLE, raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 2)


def test_machines_share_the_host_unless_they_are_given_cores_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert up.open_local("unit", quiet).cloud.machine_cores == 0
    monkeypatch.setenv(up.CORES_VARIABLE, "0.35")
    assert up.open_local("unit", quiet).cloud.machine_cores == 0.35


@pytest.mark.parametrize("given", ["many", "0", "-1", "0.05", "3", "nan"])
def test_cores_that_no_machine_can_have_are_refused(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(up.CORES_VARIABLE, given)
    with pytest.raises(PreflightError) as refused:
        up.open_local("unit", quiet)
    assert str(refused.value) == (
        f"MILLRACE_MACHINE_CORES={given}: give the cores of this host that each machine may use, "
        "0.1 to 2, or unset it"
    )
