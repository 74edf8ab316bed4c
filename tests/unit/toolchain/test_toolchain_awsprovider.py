"""What answers for the aws plugin: the official one if there is one, else a launcher."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from toolchain import awsprovider
from toolchain.progress import quiet


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, a PATH and a cache of its own, with a provider named outright."""
    for name in ("home", "bin"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("MILLRACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PULUMI_HOME", raising=False)
    provider = executable(tmp_path / "provider")
    monkeypatch.setenv(awsprovider.OVERRIDE, str(provider))
    monkeypatch.setattr(awsprovider, "_sdk_version", lambda: "7.51.1")
    return tmp_path


def executable(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_without_an_official_plugin_a_launcher_is_written(machine: Path) -> None:
    plugin = awsprovider.aws_plugin(quiet)
    script = plugin.folder / "pulumi-resource-aws"
    assert script.stat().st_mode & 0o111, "the engine cannot start it"
    assert not plugin.official
    assert plugin.terraform_provider == machine / "provider"
    assert f"TF_AWS_PROVIDER={machine}/provider\n" in script.read_text()


def test_an_official_plugin_on_path_is_used(machine: Path) -> None:
    executable(machine / "bin/pulumi-resource-aws")
    plugin = awsprovider.aws_plugin(quiet)
    assert plugin.official
    assert plugin.folder == machine / "bin"


def test_an_official_plugin_of_the_sdk_s_version_is_used(machine: Path) -> None:
    folder = machine / "home/.pulumi/plugins/resource-aws-v7.51.1"
    executable(folder / "pulumi-resource-aws")
    assert awsprovider.aws_plugin(quiet).folder == folder


def test_an_official_plugin_of_another_version_is_not_used(machine: Path) -> None:
    executable(machine / "home/.pulumi/plugins/resource-aws-v6.0.0/pulumi-resource-aws")
    assert not awsprovider.aws_plugin(quiet).official


def test_our_own_launcher_on_path_is_not_taken_for_the_official_one(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = awsprovider.aws_plugin(quiet)
    monkeypatch.setenv("PATH", str(first.folder))
    assert awsprovider.aws_plugin(quiet) == first


def test_the_launcher_starts_the_stand_in_without_a_ca_bundle(tmp_path: Path) -> None:
    report = '#!/bin/sh\necho "$*|$TF_AWS_PROVIDER|$PYTHONPATH|${AWS_CA_BUNDLE-none}"\n'
    python = executable(tmp_path / "a folder" / "python", report)
    script = awsprovider.launcher(Path("/p r/aws"), python, Path("/checkout"))
    path = executable(tmp_path / "launcher", script)
    environment = {"AWS_CA_BUNDLE": "/ca.pem", "PYTHONPATH": "/other", "PATH": "/usr/bin:/bin"}
    answer = subprocess.run(
        [path, "127.0.0.1:1"], env=environment, capture_output=True, text=True, check=True
    )
    expected = "-m toolchain.awsplugin 127.0.0.1:1|/p r/aws|/checkout:/other|none\n"
    assert answer.stdout == expected
