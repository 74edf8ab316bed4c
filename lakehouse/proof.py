"""Which image may be used: proofs of images, channels that hold them, and the rules over both.

A proof is a record that a suite ran on an image: one SSM parameter for each place that it ran
in. A channel is an SSM parameter whose value is an image id and nothing else, so that whatever
reads a parameter can follow it; what it held before are the parameter's own older versions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lakehouse.errors import ContractError
from lakehouse.types import architecture

PROOF_PREFIX: Final = "/millrace/images/proofs/"
"""SSM path of proofs: below it the image's id, below that the place."""

KEPT_HISTORY: Final = 10
"""Images that a channel can go back over; what fell out of it may be pruned."""

Place = Literal["bake", "boot", "live", "matrix"]
"""Where a suite ran: while the image was made, on a fresh machine, in a running cluster, and in
one that every version set's client was tried with."""

PLACES: Final[tuple[Place, ...]] = ("bake", "boot", "live", "matrix")


class Proof(BaseModel):
    """A suite ran on an image, and this came of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_id: str
    content_hash: str
    """Of the image that was tested; a record says nothing about any other content."""
    version_set: str
    architecture: str
    """EC2's name: `x86_64` or `arm64`."""
    place: Place
    suite_hash: str
    """Of the tests that ran; empty where the bake is older than the noting of it."""
    sbom_hash: str = ""
    """SHA-256 of the image's bill of materials; empty where the prover did not have it."""
    result: Literal["passed", "failed"]
    time: str
    """UTC, ISO 8601."""
    components: dict[str, str] = {}
    """Component -> version, as baked."""

    @property
    def parameter(self) -> str:
        """Name of the SSM parameter that holds this record."""
        return f"{proofs_of(self.image_id)}/{self.place}"

    def to_json(self) -> str:
        """The parameter's value."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str) -> Proof:
        """Read a parameter's value.

        Raises:
            ContractError: it is no record of this program.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            msg = f"below {PROOF_PREFIX} is a value that is no proof: {error}"
            raise ContractError(msg) from error


def proofs_of(image_id: str) -> str:
    """SSM path below which the proofs of an image are."""
    return f"{PROOF_PREFIX}{image_id}"


@dataclass(frozen=True, kw_only=True)
class ImageFacts:
    """An image as the account describes it: its id, its tags, its architecture."""

    id: str
    content_hash: str = ""
    version_set: str = ""
    architecture: str = ""


def unproved(image: ImageFacts, proofs: Collection[Proof]) -> str:
    """Why this image may not be used; empty when it may.

    It may with a passing record of this very content, and none of it that failed.
    """
    if not proofs:
        return (
            f"image {image.id} is not proved; run `lakehouse image prove {image.id}`, "
            "and promote it when that passed"
        )
    own = [each for each in proofs if each.content_hash == image.content_hash]
    if not own:
        other = min(proofs, key=lambda each: each.place).content_hash
        return (
            f"the proof of image {image.id} is of other content ({short(other)}, the image is "
            f"{short(image.content_hash) or 'without a content hash'}); "
            f"run `lakehouse image prove {image.id}`"
        )
    failed = [each for each in own if each.result != "passed"]
    if failed:
        return (
            f"image {image.id} failed its suite ({failed[0].place}, {failed[0].time}); "
            "mend the recipe, bake and promote another"
        )
    return ""


def unfit(image: ImageFacts, instance_types: Iterable[str]) -> str:
    """Why machines of these types cannot run the image; empty when they can."""
    wrong = [each for each in instance_types if architecture(each) != image.architecture]
    if not wrong:
        return ""
    return (
        f"image {image.id} is {image.architecture}, but {', '.join(wrong)} "
        f"{'is' if len(wrong) == 1 else 'are'} {architecture(wrong[0])}; choose other instance "
        f"types, or a channel with an image for {architecture(wrong[0])}"
    )


def no_channel(name: str, have: Iterable[str]) -> str:
    """There is no channel of that name."""
    return (
        f"there is no channel {name!r} (there are: {', '.join(sorted(have)) or 'none'}); "
        f"make it with `lakehouse image promote {name} <image>`"
    )


def short(content_hash: str) -> str:
    """As much of a content hash as a person compares."""
    return content_hash[:12]


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """`component old -> new` for each that differs; one that is on one side only has `none`."""
    return [
        f"{name} {before.get(name, 'none')} -> {after.get(name, 'none')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


@dataclass(frozen=True, kw_only=True)
class Known:
    """An image and what is on record about it."""

    image: ImageFacts
    proofs: tuple[Proof, ...] = ()

    @property
    def components(self) -> dict[str, str]:
        """Component -> version, from any record of the image's content."""
        own = [each for each in self.proofs if each.content_hash == self.image.content_hash]
        return {name: version for each in own for name, version in each.components.items()}

    def __str__(self) -> str:
        """One line for a person."""
        known = [self.image.version_set]
        known += [f"content {short(self.image.content_hash)}"] if self.image.content_hash else []
        passed = [f"{each.place} {each.time}" for each in self.proofs if each.result == "passed"]
        known += [f"proved: {', '.join(passed)}"] if passed else []
        return f"{self.image.id} ({', '.join(each for each in known if each)})"


def change(generation: str, reference: str, before: Known, after: Known) -> str:
    """What a preview says when a generation's image is to change."""
    if before.components:
        differ = differences(before.components, after.components)
    else:
        differ = ["which versions the one in use has is on no record"]
    lines = [
        f"generation {generation}: {reference} means another image than the one in use",
        f"  now  {before}",
        f"  then {after}",
        *(f"  {each}" for each in differ or ["the same versions; other content differs"]),
    ]
    return "\n".join(lines)


@dataclass(frozen=True)
class Channel:
    """A name that stacks follow, and the images that it can go back to."""

    name: str
    images: tuple[str, ...]
    """The one it holds first, then those before it, newest first."""

    @classmethod
    def replay(cls, name: str, values: Sequence[str]) -> Channel:
        """From the parameter's values, oldest first.

        Setting what was held before is going back: then the image that was left is forgotten,
        so that going back twice arrives at the one before, instead of going to and fro.
        """
        images: list[str] = []
        for value in values:
            if images[-2:-1] == [value]:
                images.pop()
            elif images[-1:] != [value]:
                images.append(value)
        return cls(name, tuple(reversed(images[-KEPT_HISTORY:])))

    @property
    def current(self) -> str:
        """The image that stacks get."""
        return self.images[0]

    def previous(self) -> str:
        """The image that a rollback returns to.

        Raises:
            ContractError: it never held another.
        """
        if len(self.images) == 1:
            msg = (
                f"channel {self.name} has held no image but {self.current}: there is nothing to "
                f"go back to; `lakehouse image promote {self.name} <image>` sets another"
            )
            raise ContractError(msg)
        return self.images[1]
