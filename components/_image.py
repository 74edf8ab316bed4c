"""Which images the references mean, read from the account before anything is registered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from lakehouse.config import GenerationConfig
from lakehouse.errors import ConfigError
from lakehouse.images import CHANNEL_PREFIX, TAG_CONTENT_HASH, TAG_VERSION_SET
from lakehouse.outputs import EXPORT
from lakehouse.proof import (
    ImageFacts,
    Known,
    Proof,
    change,
    no_channel,
    proofs_of,
    unfit,
    unproved,
)
from lakehouse.types import CHANNEL


class ImageRefusedError(ConfigError, pulumi.RunError):
    """Images that may not be used; the engine prints the message and no traceback."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that exists and was proved."""

    id: str
    version_set: str
    root_device: str


def resolve(generations: Mapping[str, GenerationConfig]) -> dict[str, Image]:
    """The image of each generation; says which will change.

    Raises:
        ImageRefusedError: with one finding for each generation that has no usable image.
    """
    channels = _channels({shape.image for shape in generations.values()})
    images: dict[str, Image] = {}
    known: dict[str, Known] = {}
    findings: list[str] = []
    for name, shape in generations.items():
        image_id = channels.get(shape.image, shape.image)
        if image_id.startswith(CHANNEL):
            have = [each.removeprefix(CHANNEL) for each in channels]
            finding = no_channel(shape.image.removeprefix(CHANNEL), have)
        else:
            images[name], known[name] = _look_up(image_id)
            types = (shape.leader.instance_type, *shape.workers.instance_types)
            finding = unproved(known[name].image, known[name].proofs)
            finding = finding or unfit(known[name].image, types)
        if finding:
            findings.append(f"millrace:generations.{name}.image ({shape.image}): {finding}")
    if findings:
        raise ImageRefusedError(findings)
    for name, before in _in_use().items():
        if name in known and before.id != known[name].image.id:
            _say(name, generations[name].image, before, known[name])
    return images


def _channels(references: Collection[str]) -> dict[str, str]:
    """`channel:<name>` -> image id, of every channel; asked only where one is referred to."""
    if not any(each.startswith(CHANNEL) for each in references):
        return {}
    found = aws.ssm.get_parameters_by_path(path=CHANNEL_PREFIX.rstrip("/"))
    names = [f"{CHANNEL}{each.removeprefix(CHANNEL_PREFIX)}" for each in found.names]
    return dict(zip(names, found.values, strict=True))


def _look_up(image_id: str) -> tuple[Image, Known]:
    proofs = _proofs(image_id)
    if not proofs:
        # The refusal needs no more; and an id that is a slip of the pen would fail obscurely.
        return Image(id=image_id, version_set="", root_device=""), Known(
            image=ImageFacts(id=image_id)
        )
    found = aws.ec2.get_ami(filters=[aws.ec2.GetAmiFilterArgs(name="image-id", values=[image_id])])
    facts = ImageFacts(
        id=found.id,
        content_hash=found.tags.get(TAG_CONTENT_HASH, ""),
        version_set=found.tags.get(TAG_VERSION_SET, ""),
        architecture=found.architecture,
    )
    image = Image(id=facts.id, version_set=facts.version_set, root_device=found.root_device_name)
    return image, Known(image=facts, proofs=proofs)


def _proofs(image_id: str) -> tuple[Proof, ...]:
    found = aws.ssm.get_parameters_by_path(path=proofs_of(image_id))
    return tuple(Proof.from_json(each) for each in found.values)


def _in_use() -> dict[str, ImageFacts]:
    """Generation -> the image that the last update gave it, from the stack's own outputs."""
    parts = (pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack())
    answer = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": "/".join(parts)})
    document: Mapping[str, Any] = (answer.value.get("outputs") or {}).get(EXPORT) or {}
    return {
        each["name"]: ImageFacts(id=each["image"], version_set=each.get("version_set", ""))
        for each in document.get("generations", ())
    }


def _say(generation: str, reference: str, before: ImageFacts, after: Known) -> None:
    proofs = _proofs(before.id)
    hashes = {each.content_hash for each in proofs}
    facts = ImageFacts(
        id=before.id,
        version_set=before.version_set,
        content_hash=hashes.pop() if len(hashes) == 1 else "",
    )
    text = change(generation, reference, Known(image=facts, proofs=proofs), after)
    pulumi.log.info(text)
