"""Which image a stack gets, and which it is refused, before anything is registered."""

from __future__ import annotations

import re
import runpy
from typing import Any

import pulumi
import pytest

from components._image import ImageRefusedError
from lakehouse.outputs import EXPORT, StackOutputs
from tests.components.programs import ROOT, stack_settings, whole
from tests.components.recorder import ARM, INTEL, FakeAccount, Recorded, build, proof

OTHER = "ami-0c0c0c0c0c0c0c0c0"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the engine was told to show."""
    lines: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lines.append)
    return lines


def example(account: FakeAccount, image: str = "channel:prod", **changes: Any) -> Recorded:
    """A preview of the example stack in that account."""
    settings = stack_settings("example")
    blue = {**settings["millrace:generations"]["blue"], "image": image, **changes}
    settings["millrace:generations"] = {"blue": blue}
    return build(
        lambda: runpy.run_path(str(ROOT / "__main__.py")),
        config=settings,
        preview=True,
        account=account,
    )


def refusal(account: FakeAccount, image: str = "channel:prod", **changes: Any) -> str:
    """The one finding of a stack that is refused."""
    with pytest.raises(ImageRefusedError) as caught:
        example(account, image, **changes)
    assert len(caught.value.findings) == 1
    return caught.value.findings[0]


def images_of(recorded: Recorded) -> set[str]:
    return {each.inputs["imageId"] for each in recorded.of("LaunchTemplate")}


@pytest.mark.parametrize("reference", ["channel:prod", ARM])
def test_a_channel_and_an_image_id_mean_an_image(reference: str) -> None:
    recorded = example(FakeAccount(), reference)
    assert images_of(recorded) == {ARM}
    outputs = StackOutputs.from_mapping(recorded.exports)
    assert outputs.generation("blue").image == ARM
    assert outputs.generation("blue").version_set == "spark-3.5"


def test_the_id_of_an_image_is_no_secret_though_parameters_may_be() -> None:
    assert whole("example").secret_exports == set()


def test_a_channel_that_does_not_exist_is_refused_and_those_there_are_named() -> None:
    text = refusal(FakeAccount(), "channel:prd")
    assert text.startswith("millrace:generations.blue.image (channel:prd): there is no channel")
    assert "'prd' (there are: " in text
    assert "local, prod" in text
    assert "`lakehouse image promote prd <image>`" in text


def test_an_image_without_a_proof_is_refused() -> None:
    text = refusal(FakeAccount(proofs=[proof(INTEL)]))
    assert f"image {ARM} is not proved; run `lakehouse image prove {ARM}`" in text


def test_an_image_id_without_a_proof_is_refused_the_same_way() -> None:
    assert f"image {OTHER} is not proved" in refusal(FakeAccount(), OTHER)


def test_a_proof_of_other_content_is_refused() -> None:
    text = refusal(FakeAccount(proofs=[proof(ARM, content_hash="0" * 64)]))
    assert f"the proof of image {ARM} is of other content (000000000000, " in text


@pytest.mark.parametrize("place", ["boot", "live", "matrix"])
def test_an_image_that_failed_its_suite_is_refused_whatever_passed_before(place: str) -> None:
    proofs = [proof(ARM, place="bake"), proof(ARM, place=place, result="failed")]
    assert f"image {ARM} failed its suite ({place}, " in refusal(FakeAccount(proofs=proofs))


def test_an_image_of_another_architecture_is_refused() -> None:
    text = refusal(FakeAccount(channels={"prod": INTEL}))
    assert f"image {INTEL} is x86_64, but " in text
    assert "are arm64; choose other instance types, or a channel with an image for arm64" in text


def test_a_refusal_is_a_message_without_a_traceback() -> None:
    assert issubclass(ImageRefusedError, pulumi.RunError), "the engine prints its words only"


def test_each_refused_generation_is_one_finding() -> None:
    settings = stack_settings("example")
    blue = settings["millrace:generations"]["blue"]
    wrong = {"blue": {**blue, "image": "channel:prd"}, "green": {**blue, "image": OTHER}}
    with pytest.raises(ImageRefusedError) as caught:
        build(
            lambda: runpy.run_path(str(ROOT / "__main__.py")),
            config={**settings, "millrace:generations": wrong},
            account=FakeAccount(),
        )
    keys = [re.match(r"millrace:generations\.(\w+)", each) for each in caught.value.findings]
    assert [each and each[1] for each in keys] == ["blue", "green"]


def running(image: str) -> dict[str, Any]:
    """Outputs of a stack whose generation runs that image."""
    return {EXPORT: {"generations": [{"name": "blue", "image": image, "version_set": "spark-3.4"}]}}


def test_a_change_of_image_is_shown_with_both_images_and_their_versions(said: list[str]) -> None:
    older = proof(OTHER, version_set="spark-3.4", components={"spark": "3.4.4", "java": "17"})
    proofs = [older, proof(ARM, content_hash=f"hash-of-{ARM}")]
    example(FakeAccount(proofs=proofs, outputs=running(OTHER)))
    assert len(said) == 1
    assert said[0].splitlines() == [
        "generation blue: channel:prod means another image than the one in use",
        f"  now  {OTHER} (spark-3.4, content hash-of-ami-, proved: boot 2026-11-20T10:00:00Z)",
        f"  then {ARM} (spark-3.5, content hash-of-ami-, proved: boot 2026-11-20T10:00:00Z)",
        "  spark 3.4.4 -> 3.5.7",
    ]


def test_an_image_whose_proofs_are_gone_is_still_shown_as_the_one_in_use(said: list[str]) -> None:
    example(FakeAccount(outputs=running(OTHER)))
    assert f"  now  {OTHER} (spark-3.4)" in said[0].splitlines()
    assert said[0].splitlines()[-1] == "  which versions the one in use has is on no record"


@pytest.mark.parametrize("outputs", [running(ARM), {}])
def test_nothing_is_said_when_the_image_stays_or_the_stack_is_new(
    outputs: dict[str, Any], said: list[str]
) -> None:
    example(FakeAccount(outputs=outputs))
    assert said == []
