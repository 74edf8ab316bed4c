"""Channels: names that stacks follow, moved forward by `promote` and back by `rollback`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from lakehouse.errors import PreflightError
from lakehouse.images import CHANNEL_PREFIX
from lakehouse.proof import Channel, Known, no_channel, unproved
from lakehouse.types import CHANNEL, ImageReference
from ops.aws import Parameters
from ops.matrix import record

if TYPE_CHECKING:
    from ops.image.catalogue import Catalogue, Entry

_REFERENCE: Final[TypeAdapter[str]] = TypeAdapter(ImageReference)


def every(parameters: Parameters) -> dict[str, Channel]:
    """The channels of an account by name, with what they held before."""
    names = [each.removeprefix(CHANNEL_PREFIX) for each in parameters.below(CHANNEL_PREFIX)]
    return {
        name: Channel.replay(name, parameters.versions(f"{CHANNEL_PREFIX}{name}"))
        for name in sorted(names)
    }


def of(channels: Mapping[str, Channel], name: str) -> Channel:
    """The channel of that name.

    Raises:
        PreflightError: there is none; the message lists those there are.
    """
    if name not in channels:
        raise PreflightError(no_channel(name, channels))
    return channels[name]


def promote(
    parameters: Parameters,
    catalogue: Catalogue,
    name: str,
    word: str,
    matrix: record.Record | None = None,
) -> str:
    """Let a channel hold an image; makes the channel if it is a new one. Says what it did.

    `matrix` is the record of servers and clients; this checkout's unless given.

    Raises:
        PreflightError: no such image, one that is not proved or of a version set whose matrix
            did not pass, or a name that is no name.
    """
    try:
        _REFERENCE.validate_python(f"{CHANNEL}{name}")
    except ValidationError as error:
        msg = f"{name!r} is no name of a channel; use up to 31 lower case letters, digits, hyphens"
        raise PreflightError(msg) from error
    entry = catalogue.find(word)
    _refuse_unproved(entry)
    _refuse_untried(entry, record.read() if matrix is None else matrix)
    channel = catalogue.channels.get(name)
    if channel and channel.current == entry.image.id:
        return f"channel {name} holds {entry.image.id} already"
    return _move(parameters, name, entry)


def rollback(parameters: Parameters, catalogue: Catalogue, name: str) -> str:
    """Let a channel hold what it held before. Says what it did.

    Raises:
        LakehouseError: no such channel, none before, or one that must not be used any more.
    """
    entry = catalogue.find(of(catalogue.channels, name).previous())
    return _move(parameters, name, entry)


def _move(parameters: Parameters, name: str, entry: Entry) -> str:
    _refuse_unproved(entry)
    parameters.put(f"{CHANNEL_PREFIX}{name}", entry.image.id)
    known = Known(image=entry.image, proofs=entry.proofs)
    return f"channel {name} holds {known}; `pulumi preview` shows what it changes"


def _refuse_unproved(entry: Entry) -> None:
    if reason := unproved(entry.image, entry.proofs):
        raise PreflightError(reason)


def _refuse_untried(entry: Entry, matrix: record.Record) -> None:
    """A way forward only: going back is never made to wait for clients to be tried.

    Clients were tried with this very image, or else with its version set as it is now.
    """
    known = Known(image=entry.image, proofs=entry.proofs)
    own = [each for each in entry.proofs if each.content_hash == entry.image.content_hash]
    if any(each.place == "matrix" for each in own):
        return
    if reason := record.unpublishable(entry.image.version_set, known.components, matrix):
        msg = f"image {entry.image.id} cannot be promoted: {reason}"
        raise PreflightError(msg)
