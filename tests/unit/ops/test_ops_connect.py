"""What `lakehouse connect` writes and prints."""

from __future__ import annotations

import ast
import dataclasses
import json
from pathlib import Path

import pytest

from lakehouse.errors import ContractError
from ops.connect import (
    DOCUMENT,
    choose_user,
    client_constraints,
    config_directory,
    folder_name,
    forget_connection,
    render,
    snippet,
    url,
    write_connection,
)
from ops.context import OpsContext
from ops.state import LocalState


def test_the_document_has_exactly_the_four_keys_scripts_read(
    context: OpsContext, tmp_path: Path
) -> None:
    document = json.loads(write_connection(context, "", tmp_path).to_json())
    assert document == {
        "url": "sc://127.0.0.1:15002/;use_ssl=true",
        "ca_file": str(tmp_path / "local" / "ca.pem"),
        "token_file": str(tmp_path / "local" / "analyst.token"),
        "catalog": "lake",
    }


def test_every_file_is_for_this_user_only(context: OpsContext, tmp_path: Path) -> None:
    write_connection(context, "", tmp_path)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "local").iterdir()}
    assert modes == {"ca.pem": 0o600, "analyst.token": 0o600, DOCUMENT: 0o600}


def test_a_second_run_replaces_the_files(context: OpsContext, tmp_path: Path) -> None:
    first = write_connection(context, "", tmp_path)
    first.token_file.write_text("old")
    second = write_connection(context, "", tmp_path)
    assert second.token_file.read_text() != "old"


def test_the_token_is_in_its_file_and_nowhere_else(context: OpsContext, tmp_path: Path) -> None:
    connection = write_connection(context, "", tmp_path)
    token = connection.token_file.read_text()
    assert token not in connection.to_json()
    assert token not in render(connection, Path("constraints.txt"))
    assert token not in context.redactor.clean(f"a log line with {token}")


def test_the_snippet_sets_the_authority_before_it_imports_pyspark(
    context: OpsContext, tmp_path: Path
) -> None:
    text = snippet(write_connection(context, "", tmp_path))
    statements = ast.parse(text).body
    order = [ast.unparse(each).split("[")[0].split(" import")[0] for each in statements]
    assert order.index("os.environ") < order.index("from pyspark.sql")
    assert ";token={token}" in text


def test_an_unknown_user_is_refused_with_those_there_are(context: OpsContext) -> None:
    with pytest.raises(ContractError, match="no token for user 'mallory'; it has: analyst"):
        choose_user(context.outputs, "mallory")


def test_files_follow_xdg_config_home() -> None:
    assert config_directory({"XDG_CONFIG_HOME": "/x"}) == Path("/x/millrace")


def test_the_url_carries_no_token(context: OpsContext) -> None:
    assert "token" not in url(context.outputs)


@pytest.mark.parametrize(("cloud", "name"), [("millrace", "local"), ("two", "local-two")])
def test_a_second_local_cloud_has_a_folder_of_its_own(
    context: OpsContext, cloud: str, name: str
) -> None:
    inside = dataclasses.replace(context, state=LocalState(Path("/var/lib/millrace") / cloud))
    assert folder_name(inside.stack, inside.cloud) == name


def test_forgetting_leaves_no_file_of_ours_and_every_other(
    context: OpsContext, tmp_path: Path
) -> None:
    folder = write_connection(context, "", tmp_path).ca_file.parent
    (folder / "notes.md").write_text("mine")
    forget_connection(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.md"]
    (folder / "notes.md").unlink()
    forget_connection(folder)
    assert not folder.exists()
    forget_connection(folder)


@pytest.mark.parametrize(
    ("sets", "pins"),
    [
        (["spark-3.5"], "spark-3.5.7.txt"),
        (["spark-4.1"], "spark-4.1.4.txt"),
        (["spark-4.1", "spark-3.5"], "spark-3.5.7.txt"),
        (["unknown"], "spark-3.5.7.txt"),
    ],
)
def test_the_pins_shown_are_of_a_client_that_every_generation_takes(
    context: OpsContext, sets: list[str], pins: str
) -> None:
    (blue,) = context.outputs.generations
    generations = tuple(blue.model_copy(update={"version_set": each}) for each in sets)
    path = client_constraints(context.outputs.model_copy(update={"generations": generations}))
    assert path.name == pins
    assert path.is_file()
