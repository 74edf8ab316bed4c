"""Where the Terraform AWS provider is looked for, and what is said when it is nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.errors import PreflightError
from toolchain import awsprovider, mirrors, versions


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root directory with a home, nothing configured and no provider."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", awsprovider.OVERRIDE):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def provider_below(folder: Path, version: str = versions.TERRAFORM_PROVIDER_AWS) -> Path:
    place = folder / "registry.terraform.io/hashicorp/aws" / version / mirrors.target()
    return executable(place / f"terraform-provider-aws_v{version}_x5")


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    "folder",
    [
        "home/.terraform.d/plugins",
        "usr/share/terraform/plugins",
        "usr/local/share/terraform/plugins",
        "opt/any-name",
    ],
)
def test_an_implied_mirror_is_found(machine: Path, folder: str) -> None:
    expected = provider_below(machine / folder)
    assert awsprovider.find_provider(machine) == expected


def test_a_configured_mirror_comes_first(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider_below(machine / "opt/other")
    expected = provider_below(machine / "mirror")
    configuration = machine / "terraform.rc"
    configuration.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{machine}/mirror"\n'
        '    include = ["registry.terraform.io/*/*"]\n  }\n  direct {}\n}\n'
    )
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(configuration))
    assert awsprovider.find_provider(machine) == expected


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("", []),
        ('filesystem_mirror { path = "/a" }', ["/a"]),
        ('filesystem_mirror {\n include = ["x/*/*"]\n path = "/a"\n}', ["/a"]),
        ('filesystem_mirror { path = "/a" }\nfilesystem_mirror { path = "/b" }', ["/a", "/b"]),
        ('# filesystem_mirror { path = "/a" }', []),
        ('network_mirror { path = "/a" }', []),
        ('plugin_cache_dir = "/c"', ["/c"]),
        ('filesystem_mirror { path = "$MIRRORS/a" }', ["/m/a"]),
    ],
)
def test_a_cli_configuration_is_read_for_its_mirrors(
    text: str, paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRRORS", "/m")
    assert [str(path) for path in mirrors.configured(text)] == paths


def test_another_version_of_the_provider_is_not_taken(machine: Path) -> None:
    provider_below(machine / "opt/mirror", "4.67.0")
    with pytest.raises(PreflightError, match=r"no terraform-provider-aws 5\.100\.0"):
        awsprovider.find_provider(machine)


def test_a_file_that_cannot_be_executed_is_not_taken(machine: Path) -> None:
    provider_below(machine / "opt/mirror").chmod(0o644)
    assert mirrors.aws_provider(versions.TERRAFORM_PROVIDER_AWS, machine) is None


def test_no_provider_anywhere_is_one_error_that_says_what_to_do(machine: Path) -> None:
    with pytest.raises(PreflightError) as caught:
        awsprovider.find_provider(machine)
    message = str(caught.value)
    assert "pulumi plugin install resource aws" in message
    assert f"export {awsprovider.OVERRIDE}=" in message
    assert f"{machine}/usr/share/terraform/plugins" in message, "the places are not named"


def test_the_override_wins(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider_below(machine / "opt/mirror")
    mine = executable(machine / "mine")
    monkeypatch.setenv(awsprovider.OVERRIDE, str(mine))
    assert awsprovider.find_provider(machine) == mine


def test_an_override_that_is_no_program_is_refused(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(awsprovider.OVERRIDE, str(machine / "absent"))
    with pytest.raises(PreflightError, match="not an executable file; correct or unset it"):
        awsprovider.find_provider(machine)
