"""The images of an account: what is on record about each, and what keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lakehouse.errors import PreflightError
from lakehouse.images import TAG_CONTENT_HASH, TAG_VERSION_SET
from lakehouse.outputs import StackOutputs
from lakehouse.proof import PROOF_PREFIX, Channel, ImageFacts, Proof, short, unproved
from lakehouse.types import CHANNEL
from ops.aws import Account
from ops.image import channels
from ops.image.bake import LocalImage
from ops.image.proofs import ARCHITECTURES

_HASH_DIGITS: Final = 6
"""Fewest digits of a content hash that name an image."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An image of ours in an account."""

    image: ImageFacts
    created: str
    snapshots: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()
    held: tuple[str, ...] = ()
    """Channels that hold it, `prod`, or can go back to it, `prod-1`."""
    used: tuple[str, ...] = ()
    """Stacks, launch templates and machines that are made from it."""

    @property
    def kept_by(self) -> tuple[str, ...]:
        """Why it must not be removed."""
        return (*(f"channel {each}" for each in self.held), *self.used)

    @property
    def verdict(self) -> str:
        """In a few words, whether it may be used."""
        if unproved(self.image, self.proofs):
            failed = [each.place for each in self.proofs if each.result != "passed"]
            return f"FAILED ({', '.join(failed)})" if failed else "not proved"
        return f"proved ({', '.join(each.place for each in self.proofs)})"

    def to_mapping(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "image": self.image.id,
            "version_set": self.image.version_set,
            "architecture": self.image.architecture,
            "content_hash": self.image.content_hash,
            "created": self.created,
            "proofs": [each.model_dump(mode="json") for each in self.proofs],
            "usable": not unproved(self.image, self.proofs),
            "kept_by": list(self.kept_by),
        }


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Everything `list`, `promote`, `rollback` and `prune` decide on, read once."""

    entries: tuple[Entry, ...]
    """Newest first."""
    channels: Mapping[str, Channel] = field(default_factory=dict)

    def find(self, word: str) -> Entry:
        """The image of an id, of the beginning of a content hash, or in `channel:<name>`.

        Raises:
            PreflightError: there is none, or more than one.
        """
        if word.startswith(CHANNEL):
            word = channels.of(self.channels, word.removeprefix(CHANNEL)).current
        found = [each for each in self.entries if each.image.id == word]
        if not found and len(word) >= _HASH_DIGITS:
            found = [each for each in self.entries if each.image.content_hash.startswith(word)]
        if len(found) != 1:
            what = f"{len(found)} images" if found else "no image of ours"
            msg = f"there is {what} called {word} in this account; `lakehouse image list` has all"
            raise PreflightError(msg)
        return found[0]


def read(account: Account, outputs: Iterable[StackOutputs] = ()) -> Catalogue:
    """Ask the account."""
    known = channels.every(account.parameters)
    held: dict[str, list[str]] = {}
    for channel in known.values():
        for age, image in enumerate(channel.images):
            held.setdefault(image, []).append(f"{channel.name}-{age}" if age else channel.name)
    proofs = [
        Proof.from_json(value)
        for value in account.parameters.below(PROOF_PREFIX, recursive=True).values()
    ]
    used = _uses(account, outputs)
    entries = [
        Entry(
            image=_facts(raw),
            created=str(raw.get("CreationDate", "")),
            snapshots=_snapshots(raw),
            proofs=tuple(each for each in proofs if each.image_id == raw["ImageId"]),
            held=tuple(held.get(raw["ImageId"], ())),
            used=tuple(used.get(raw["ImageId"], ())),
        )
        for raw in account.ec2.images(TAG_CONTENT_HASH)
    ]
    entries.sort(key=lambda each: (each.created, each.image.id), reverse=True)
    return Catalogue(entries=tuple(entries), channels=known)


def ensure_registered(account: Account, image: LocalImage) -> str:
    """The AMI that stands for a baked image in the local cloud's account; made if need be."""
    for raw in account.ec2.images(TAG_CONTENT_HASH):
        if _facts(raw).content_hash == image.content_hash:
            return str(raw["ImageId"])
    return account.ec2.register(
        f"millrace-{image.version_set}-{short(image.content_hash)}",
        ARCHITECTURES[image.architecture],
        {TAG_CONTENT_HASH: image.content_hash, TAG_VERSION_SET: image.version_set},
    )


def render(catalogue: Catalogue) -> str:
    """A table for a person."""
    rows = [("IMAGE", "VERSION SET", "ARCH", "CONTENT", "PROOF", "KEPT BY")]
    for each in catalogue.entries:
        image = each.image
        kept = ", ".join(each.kept_by[:3])
        more = len(each.kept_by) - 3
        rows.append(
            (
                image.id,
                image.version_set,
                image.architecture,
                short(image.content_hash),
                each.verdict,
                f"{kept} and {more} more" if more > 0 else kept or "nothing",
            )
        )
    return table(rows)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _facts(raw: Mapping[str, Any]) -> ImageFacts:
    tags = {each["Key"]: each["Value"] for each in raw.get("Tags", ())}
    return ImageFacts(
        id=raw["ImageId"],
        content_hash=tags.get(TAG_CONTENT_HASH, ""),
        version_set=tags.get(TAG_VERSION_SET, ""),
        architecture=raw.get("Architecture", ""),
    )


def _snapshots(raw: Mapping[str, Any]) -> tuple[str, ...]:
    volumes = [each.get("Ebs", {}) for each in raw.get("BlockDeviceMappings", ())]
    return tuple(each["SnapshotId"] for each in volumes if each.get("SnapshotId"))


def _uses(account: Account, outputs: Iterable[StackOutputs]) -> dict[str, list[str]]:
    used: dict[str, list[str]] = {}
    for stack in outputs:
        for generation in stack.generations:
            used.setdefault(generation.image, []).append(f"stack {stack.stack}/{generation.name}")
    for name, images in account.ec2.images_of_templates().items():
        for image in images:
            used.setdefault(image, []).append(f"launch template {name}")
    for machine, image in account.ec2.images_of_machines().items():
        used.setdefault(image, []).append(f"machine {machine}")
    return used
