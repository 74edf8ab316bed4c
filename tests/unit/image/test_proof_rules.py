"""Which image may be used, what a preview says of a change, and where a channel goes back to."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.errors import ContractError
from lakehouse.proof import (
    KEPT_HISTORY,
    Channel,
    ImageFacts,
    Known,
    Proof,
    change,
    differences,
    no_channel,
    unfit,
    unproved,
)

IMAGE = ImageFacts(id="ami-1", content_hash="c" * 64, version_set="spark-3.5", architecture="arm64")


def proof(**changes: Any) -> Proof:
    fields: dict[str, Any] = {
        "image_id": "ami-1",
        "content_hash": "c" * 64,
        "version_set": "spark-3.5",
        "architecture": "arm64",
        "place": "boot",
        "suite_hash": "5" * 64,
        "result": "passed",
        "time": "2026-11-20T10:00:00Z",
        "components": {"spark": "3.5.7"},
    }
    return Proof(**{**fields, **changes})


def test_a_record_is_read_back_as_it_was_written() -> None:
    assert Proof.from_json(proof().to_json()) == proof()
    assert proof().parameter == "/millrace/images/proofs/ami-1/boot"


@pytest.mark.parametrize("text", ["", "{}", "ami-1", proof().to_json().replace("boot", "moon")])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(ContractError, match="a value that is no proof"):
        Proof.from_json(text)


def test_a_record_fits_into_a_parameter_of_the_cheapest_kind() -> None:
    many = {f"component-number-{number}": "1.22.333" for number in range(60)}
    assert len(proof(components=many).to_json()) < 4096


@pytest.mark.parametrize(
    ("proofs", "reason"),
    [
        ([proof()], ""),
        ([proof(place="bake"), proof()], ""),
        ([], "image ami-1 is not proved"),
        ([proof(content_hash="d" * 64)], "is of other content (dddddddddddd, the image is cccc"),
        ([proof(result="failed")], "failed its suite (boot, 2026-11-20T10:00:00Z)"),
        ([proof(place="bake"), proof(result="failed")], "failed its suite (boot"),
        ([proof(), proof(content_hash="d" * 64, result="failed")], ""),
    ],
)
def test_an_image_needs_a_passing_record_of_its_own_content(
    proofs: list[Proof], reason: str
) -> None:
    said = unproved(IMAGE, proofs)
    assert said.startswith(reason) or reason in said
    assert bool(said) is bool(reason)


def test_an_image_without_a_content_hash_is_never_proved() -> None:
    assert "without a content hash" in unproved(ImageFacts(id="ami-1"), [proof()])


def test_machines_of_another_architecture_are_named() -> None:
    assert unfit(IMAGE, ["m7g.large", "r8g.xlarge"]) == ""
    assert "is arm64, but t3.small is x86_64" in unfit(IMAGE, ["m7g.large", "t3.small"])
    assert "but t3.small, m7i.large are x86_64" in unfit(IMAGE, ["t3.small", "m7i.large"])


def test_a_channel_that_is_not_there_says_which_are() -> None:
    assert "'prd' (there are: dev, prod)" in no_channel("prd", ["prod", "dev"])
    assert "(there are: none)" in no_channel("prd", [])


def test_versions_that_differ_are_shown_and_no_others() -> None:
    before = {"spark": "3.5.7", "java": "17", "scala": "2.12"}
    after = {"spark": "4.1.0", "java": "17", "kafka": "4"}
    assert differences(before, after) == [
        "kafka none -> 4",
        "scala 2.12 -> none",
        "spark 3.5.7 -> 4.1.0",
    ]


def test_a_change_between_equal_versions_says_so() -> None:
    before = Known(image=IMAGE, proofs=(proof(),))
    lines = change("blue", "channel:prod", before, before).splitlines()
    assert lines[-1] == "  the same versions; other content differs"


@pytest.mark.parametrize(
    ("values", "images"),
    [
        (["a"], ("a",)),
        (["a", "b", "c"], ("c", "b", "a")),
        (["a", "b", "c", "b"], ("b", "a")),
        (["a", "b", "c", "b", "a"], ("a",)),
        (["a", "b", "a", "c"], ("c", "a")),
        (["a", "a", "b"], ("b", "a")),
        (["a", "b", "c", "a"], ("a", "c", "b", "a")),
    ],
)
def test_going_back_twice_arrives_at_the_one_before(
    values: list[str], images: tuple[str, ...]
) -> None:
    assert Channel.replay("prod", values).images == images


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=40))
def test_a_channel_holds_what_its_parameter_was_set_to_last(values: list[str]) -> None:
    channel = Channel.replay("prod", values)
    assert channel.current == values[-1]
    assert len(channel.images) <= KEPT_HISTORY
    assert all(left != right for left, right in itertools.pairwise(channel.images))


@given(st.lists(st.sampled_from("abcd"), min_size=2, max_size=40))
def test_a_rollback_is_the_history_without_its_last_step(values: list[str]) -> None:
    before = Channel.replay("prod", values)
    if len(before.images) > 1:
        after = Channel.replay("prod", [*values, before.previous()])
        assert after.images[: len(before.images) - 1] == before.images[1:]


def test_a_channel_that_held_one_image_has_nothing_to_go_back_to() -> None:
    with pytest.raises(ContractError, match="there is nothing to go back to"):
        Channel.replay("prod", ["a"]).previous()
