"""The environments that the tools are started with."""

from __future__ import annotations

import os
import stat
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import ModuleType

import pytest

from lakehouse.errors import PreflightError
from toolchain import ensure
from toolchain.ensure import PulumiKit
from toolchain.packer_kit import PackerKit
from toolchain.progress import quiet

KIT = PulumiKit(
    pulumi_bin=Path("/tools/pulumi"),
    aws_plugin_bin=Path("/tools/aws"),
    terraform_provider_aws=Path("/provider"),
)


def test_pulumi_finds_its_plugins_before_anything_else_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    path = KIT.environment(tmp_path)["PATH"]
    assert path == os.pathsep.join(["/tools/aws", "/tools/pulumi", "/usr/bin"])


def test_pulumi_keeps_its_state_where_it_is_told(tmp_path: Path) -> None:
    state = tmp_path / "a state"
    environment = KIT.environment(state)
    assert environment["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/a%20state"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700, "the state holds secrets"


def test_pulumi_acquires_and_asks_for_nothing_by_itself(tmp_path: Path) -> None:
    environment = KIT.environment(tmp_path)
    assert environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert environment["PULUMI_SKIP_UPDATE_CHECK"] == "true"
    assert environment["PULUMI_PYTHON_CMD"] == sys.executable


def test_a_ca_bundle_for_aws_never_reaches_the_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", "/ca.pem")
    assert "AWS_CA_BUNDLE" not in KIT.environment(tmp_path)


def test_packer_uses_the_cached_plugins_and_calls_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    kit = PackerKit(packer=Path("/tools/packer/packer"), plugin_path=Path("/tools/plugins"))
    environment = kit.environment()
    assert environment["PATH"] == "/tools/packer:/usr/bin"
    assert environment["PACKER_PLUGIN_PATH"] == "/tools/plugins"
    assert environment["CHECKPOINT_DISABLE"] == "1"


def test_a_python_without_pip_is_refused_before_anything_is_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(ensure, "distribution", missing)
    with pytest.raises(PreflightError, match="pip is not installed beside"):
        ensure.ensure_pulumi(quiet)


def test_looking_for_pip_says_nothing_where_distutils_is_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def past(log: object) -> None:
        raise LookupError

    monkeypatch.setitem(sys.modules, "distutils", ModuleType("distutils"))
    monkeypatch.setattr(ensure, "aws_plugin", past)
    with pytest.raises(LookupError):
        ensure.ensure_pulumi(quiet)
