"""Channels under Pulumi's real engine, in an emulated account without machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from lakehouse.errors import LakehouseError, PreflightError, ToolError
from ops.context import AccountContext
from ops.image import catalogue, channels, retire
from ops.program import Program
from tests.engine.accounts import (
    KEYS,
    REGION,
    client,
    made_in,
    open_stack,
    point_channel,
    record_proof,
    register_image,
    running_account,
)

pytestmark = pytest.mark.engine

OLD, NEW, OTHER = "0" * 64, "1" * 64, "2" * 64


@dataclass
class World:
    """The example stack, the account that it is in, and two proved images."""

    url: str
    program: Program
    old: str
    new: str

    @property
    def account(self) -> Any:
        environment = {**KEYS, "AWS_ENDPOINT_URL": self.url}
        return AccountContext(region=REGION, environment=environment).account

    def promote(self, image: str) -> str:
        known = catalogue.read(self.account)
        return channels.promote(self.account.parameters, known, "prod", image)

    def rollback(self) -> str:
        return channels.rollback(self.account.parameters, catalogue.read(self.account), "prod")

    def preview(self, **options: bool) -> list[str]:
        said: list[str] = []
        self.program.preview(said.append, **options)
        return [each.strip() for each in said]

    def images_of_templates(self) -> set[str]:
        found = self.account.ec2.images_of_templates().values()
        return {image for images in found for image in images}


def deletable(config: dict[str, Any]) -> None:
    for section in ("millrace:catalog", "millrace:audit"):
        config[section]["protect"] = False


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_account() as url:
        old, new = register_image(url, OLD), register_image(url, NEW)
        older = {"spark": "3.5.7", "iceberg": "1.10.0"}
        record_proof(url, old, OLD, components=older)
        # The set's present record is of a newer Iceberg; clients were tried with this very image.
        record_proof(url, old, OLD, components=older, place="matrix")
        record_proof(url, new, NEW, components={"spark": "3.5.7", "iceberg": "1.11.0"})
        stack = open_stack("example", url, tmp_path_factory.mktemp("channels"), deletable)
        made = World(url=url, program=stack, old=old, new=new)
        yield made
        stack.destroy(lambda _: None)
        assert not made_in(url)


def refused(world: World) -> str:
    """What the engine says when neither a preview nor an update may begin."""
    before = made_in(world.url)
    with pytest.raises(ToolError) as caught:
        world.preview()
    with pytest.raises(ToolError):
        world.program.up(lambda _: None)
    assert made_in(world.url) == before, "nothing is touched"
    text = str(caught.value)
    assert "Traceback" not in text, f"a message for a person, not a stack of calls:\n{text}"
    assert text.count("millrace:generations.blue.image (channel:prod): ") == 1, text
    return text


def test_a_channel_that_does_not_exist_is_refused(world: World) -> None:
    assert "there is no channel 'prod' (there are: none)" in refused(world)


def test_an_image_that_was_not_proved_is_refused(world: World) -> None:
    image = register_image(world.url, OTHER)
    with pytest.raises(PreflightError, match=f"image {image} is not proved"):
        world.promote(image)
    point_channel(world.url, "prod", image)
    assert f"image {image} is not proved" in refused(world)


def test_a_proof_of_other_content_is_refused(world: World) -> None:
    image = world.account.ec2.images("millrace:content-hash")
    other = next(each["ImageId"] for each in image if each["Name"].endswith(OTHER[:12]))
    record_proof(world.url, other, NEW)
    with pytest.raises(LakehouseError, match="is of other content"):
        world.promote(other)
    assert f"the proof of image {other} is of other content (111111111111" in refused(world)


def test_an_image_for_other_machines_is_refused(world: World) -> None:
    image = register_image(world.url, "3" * 64, architecture="x86_64")
    record_proof(world.url, image, "3" * 64)
    world.promote(image)
    assert f"image {image} is x86_64, but " in refused(world)


def test_promote_and_rollback_are_shown_before_they_happen(world: World) -> None:
    world.promote(world.old)
    world.program.up(lambda _: None)
    world.preview(expect_no_changes=True)
    assert world.images_of_templates() == {world.old}

    assert f"channel prod holds {world.new}" in world.promote(NEW[:12])
    said = world.preview()
    assert "generation blue: channel:prod means another image than the one in use" in said
    assert any(each.startswith(f"now  {world.old} (spark-3.5, content 000000") for each in said)
    assert any(each.startswith(f"then {world.new} (spark-3.5, content 111111") for each in said)
    assert "iceberg 1.10.0 -> 1.11.0" in said
    assert world.images_of_templates() == {world.old}, "a preview changes nothing"
    world.program.up(lambda _: None)
    assert world.images_of_templates() == {world.new}
    world.preview(expect_no_changes=True)

    assert f"channel prod holds {world.old}" in world.rollback()
    said = world.preview()
    assert "iceberg 1.11.0 -> 1.10.0" in said
    world.program.up(lambda _: None)
    assert world.images_of_templates() == {world.old}
    world.preview(expect_no_changes=True)


def test_pruning_spares_what_is_used_and_what_can_be_gone_back_to(world: World) -> None:
    world.promote(world.new)
    unused = register_image(world.url, "4" * 64)
    record_proof(world.url, unused, "4" * 64)
    known = catalogue.read(world.account)
    plan = retire.plan(known)
    assert f"keep    {world.new} (channel prod)" in plan
    assert f"keep    {world.old} (channel prod-1)" in plan
    assert f"remove  {unused} (" in plan
    retire.remove(world.account, known)
    left = {each.image.id for each in catalogue.read(world.account).entries}
    assert {world.old, world.new} <= left
    assert unused not in left
    parameters = client(world.url, "ssm").get_parameters_by_path(
        Path=f"/millrace/images/proofs/{unused}"
    )
    assert parameters["Parameters"] == [], "a proof of an image that is gone is no use"
