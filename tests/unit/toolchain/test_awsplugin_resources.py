"""Operations on resources, with a Terraform provider of a few lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lakehouse.errors import ToolError
from toolchain.awsplugin import cty
from toolchain.awsplugin.assets import AssetStore
from toolchain.awsplugin.model import Binding, Field, Type
from toolchain.awsplugin.resources import Outcome, Resources, identity
from toolchain.awsplugin.state import PROPERTY
from toolchain.awsplugin.terraform import ProviderError
from toolchain.awsplugin.wire import Secret

TEXT = Type("string")
ROOT = Type(
    "object",
    fields={
        "id": Field("id", TEXT, computed=True),
        "name": Field("name", TEXT, name="name", required=True),
        "password": Field("password", TEXT, name="password", optional=True, sensitive=True),
        "note": Field("note", TEXT, name="note", optional=True),
    },
)
BINDING = Binding("aws:x/y:Y", "aws_y", 2, ROOT, extra=frozenset({"region", "newer"}))


def fault(summary: str, *path: str, severity: int = 1) -> SimpleNamespace:
    steps = [
        SimpleNamespace(attribute_name=name, WhichOneof=lambda _: "attribute_name") for name in path
    ]
    attribute = SimpleNamespace(steps=steps)
    return SimpleNamespace(severity=severity, summary=summary, detail="", attribute=attribute)


def dynamic(state: Any) -> SimpleNamespace:
    return SimpleNamespace(msgpack=cty.pack(ROOT, state))


class FakeTerraform:
    """Plans what is proposed, makes what is planned, and can be told to fail."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.faults: dict[str, list[SimpleNamespace]] = {}
        self.seen: Callable[[dict[str, Any]], Any] = lambda state: state
        self.broken = ""

    def call(self, method: str, *, tolerant: bool = False, **fields: Any) -> Any:
        if method == self.broken:
            msg = "the provider is gone"
            raise ToolError(msg)
        self.calls.append((method, fields))
        answer = SimpleNamespace(diagnostics=self.faults.get(method, []))
        if method == "PlanResourceChange":
            planned = cty.unpack(ROOT, fields["proposed_new_state"])
            answer.planned_state = dynamic(planned)
            answer.planned_private = fields["prior_private"]
            answer.requires_replace = []
        elif method == "ApplyResourceChange":
            made = cty.unpack(ROOT, fields["planned_state"])
            answer.new_state = dynamic(made and {**made, "id": "y-1"})
            answer.private = b"p"
        elif method == "ReadResource":
            answer.new_state = dynamic(self.seen(cty.unpack(ROOT, fields["current_state"])))
            answer.private = b"p"
        elif method == "ImportResourceState":
            found = SimpleNamespace(
                type_name="aws_y", state=dynamic({"id": fields["id"], "name": ""}), private=b""
            )
            answer.imported_resources = [found]
        elif method == "UpgradeResourceState":
            answer.upgraded_state = dynamic({"id": "y-1", "name": "upgraded"})
        return answer


@pytest.fixture
def terraform() -> FakeTerraform:
    return FakeTerraform()


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def resources(terraform: FakeTerraform, warnings: list[str], tmp_path: Path) -> Resources:
    return Resources(
        terraform,  # type: ignore[arg-type]
        AssetStore(tmp_path, tmp_path),
        lambda: "eu-central-1",
        lambda token, text: warnings.append(f"{token}: {text}"),
    )


def create(resources: Resources, **inputs: Any) -> Outcome:
    return resources.apply(BINDING, {"name": "a", **inputs}, None)


def test_a_created_resource_carries_its_state(resources: Resources) -> None:
    outcome = create(resources)
    assert outcome.id == "y-1"
    assert outcome.outputs["name"] == "a"
    assert outcome.outputs["region"] == "eu-central-1"
    assert not isinstance(outcome.outputs[PROPERTY], Secret)


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ({"password": "p"}, "the attribute is sensitive"),
        ({"note": Secret("n")}, "the input is secret"),
    ],
)
def test_a_state_with_something_secret_is_secret(
    resources: Resources, inputs: dict[str, Any], why: str
) -> None:
    assert isinstance(create(resources, **inputs).outputs[PROPERTY], Secret), why


def test_a_preview_saves_nothing_and_makes_nothing(
    resources: Resources, terraform: FakeTerraform
) -> None:
    outcome = resources.apply(BINDING, {"name": "a"}, None, preview=True)
    assert PROPERTY not in outcome.outputs
    assert [method for method, _ in terraform.calls] == ["PlanResourceChange"]


def test_equal_inputs_are_no_difference(resources: Resources) -> None:
    made = create(resources, password=Secret("p"))
    assert resources.diff(BINDING, {"name": "a", "password": "p"}, made.outputs, ()) == []


def test_other_inputs_are_a_difference_unless_ignored(resources: Resources) -> None:
    made = create(resources)
    found = resources.diff(BINDING, {"name": "b"}, made.outputs, ())
    assert [change.name for change in found] == ["name"]
    assert resources.diff(BINDING, {"name": "b"}, made.outputs, ["name"]) == []


def test_a_half_made_resource_is_kept_as_it_is(
    resources: Resources, terraform: FakeTerraform
) -> None:
    terraform.faults["ApplyResourceChange"] = [fault("no capacity", "note")]
    terraform.seen = lambda state: {**state, "note": None}
    outcome = create(resources, note="planned only")
    assert outcome.id == "y-1"
    assert "note" not in outcome.outputs
    assert [item.text() for item in outcome.errors] == ["no capacity (property note)"]


def test_a_provider_that_dies_at_a_failure_loses_nothing(
    resources: Resources, terraform: FakeTerraform
) -> None:
    terraform.faults["ApplyResourceChange"] = [fault("crash")]
    terraform.broken = "ReadResource"
    assert create(resources).id == "y-1"


def test_a_failure_that_left_nothing_is_an_error(
    resources: Resources, terraform: FakeTerraform
) -> None:
    terraform.faults["PlanResourceChange"] = [fault("bad name", "name")]
    with pytest.raises(ProviderError, match=r"bad name \(property name\)"):
        create(resources)


def test_warnings_are_passed_on(
    resources: Resources, terraform: FakeTerraform, warnings: list[str]
) -> None:
    terraform.faults["PlanResourceChange"] = [fault("deprecated", severity=2)]
    create(resources)
    assert warnings == ["aws:x/y:Y: deprecated"]


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"newer": "x"}, "newer: this provider version has no such property"),
        ({"region": "us-east-1"}, "use a second aws.Provider"),
    ],
)
def test_what_cannot_be_done_is_told_before_the_provider_is_asked(
    resources: Resources, terraform: FakeTerraform, inputs: dict[str, Any], words: str
) -> None:
    problems = resources.validate(BINDING, {"name": "a", **inputs})
    assert [words in problem.reason for problem in problems] == [True]
    assert terraform.calls == []


def test_the_providers_own_region_may_be_named(resources: Resources) -> None:
    assert resources.validate(BINDING, {"name": "a", "region": "eu-central-1"}) == []


def test_the_providers_objections_name_the_property(
    resources: Resources, terraform: FakeTerraform
) -> None:
    terraform.faults["ValidateResourceTypeConfig"] = [fault("too long", "name")]
    (problem,) = resources.validate(BINDING, {"name": "a"})
    assert (problem.path, problem.reason) == (("name",), "too long (property name)")


def test_a_resource_that_is_gone_is_not_read(
    resources: Resources, terraform: FakeTerraform
) -> None:
    made = create(resources)
    terraform.seen = lambda state: None
    assert resources.read(BINDING, "y-1", made.outputs, {"name": "a"}) is None


def test_a_stranger_is_imported(resources: Resources, terraform: FakeTerraform) -> None:
    terraform.seen = lambda state: {**state, "name": "found"}
    outcome = resources.read(BINDING, "y-9", {}, {})
    assert outcome is not None
    assert (outcome.id, outcome.outputs["name"]) == ("y-9", "found")


def test_an_older_state_is_brought_up_to_date(resources: Resources) -> None:
    older = Binding("aws:x/y:Y", "aws_y", 1, ROOT)
    made = resources.apply(older, {"name": "a"}, None)
    found = resources.diff(BINDING, {"name": "upgraded"}, made.outputs, ())
    assert found == [], "the provider's upgrade named it so"


def test_deletion_is_planned_and_done(resources: Resources, terraform: FakeTerraform) -> None:
    made = create(resources)
    terraform.calls.clear()
    resources.delete(BINDING, made.outputs, 0)
    (first, planned), (last, applied) = terraform.calls
    assert (first, last) == ("PlanResourceChange", "ApplyResourceChange")
    assert planned["proposed_new_state"] == applied["planned_state"] == cty.NULL


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"id": "a", "name": "n"}, "a"),
        ({"id": None, "arn": "arn:x", "name": "n"}, "arn:x"),
        ({"id": "", "name": "n"}, "n"),
    ],
)
def test_a_resource_is_known_by_what_stands_for_its_id(
    state: dict[str, Any], expected: str
) -> None:
    assert identity(BINDING, state) == expected
