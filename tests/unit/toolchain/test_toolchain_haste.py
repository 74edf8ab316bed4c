"""Shorter waits: exactly the expected instructions are changed, or nothing is."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from toolchain.awsplugin import haste

SITE = haste.Site(
    entry=0x500000, first=bytes.fromhex("4c8da424e0fdffff"), room=0x600000, room_size=3536
)


def jump_target(address: int, code: bytes) -> int:
    assert code[0] == 0xE9
    return address + 5 + int(struct.unpack_from("<i", code, 1)[0])


def test_the_function_jumps_out_and_back_behind_the_jump() -> None:
    (room, body), (entry, jump) = haste.make(SITE, 250).writes
    assert (room, entry) == (SITE.room, SITE.entry)
    assert jump_target(entry, jump) == room
    assert len(jump) == len(SITE.first), "the next instruction must stay whole"
    assert jump_target(room + len(body) - 5, body[-5:]) == entry + len(jump)


def test_the_replaced_instruction_still_runs() -> None:
    (_, body), _ = haste.make(SITE, 250).writes
    assert body[-13:-5] == SITE.first


def test_delay_and_growth_are_gone_and_the_interval_is_set() -> None:
    (_, body), _ = haste.make(SITE, 250).writes
    stores = [body[i : i + 8] for i in range(0, 24, 8)]
    assert [store[:3] for store in stores] == [b"\x48\xc7\x40"] * 3
    values = [struct.unpack("<Bi", store[3:]) for store in stores]
    assert values == [(0, 0), (72, 0), (80, 250_000_000)]


def test_the_new_code_fits_its_room() -> None:
    assert all(len(code) <= 64 for _, code in haste.make(SITE, 250).writes)


@pytest.mark.parametrize("milliseconds", [0, -1, 2148])
def test_an_interval_that_does_not_fit_is_refused(milliseconds: int) -> None:
    with pytest.raises(ValueError, match="give 1 to 2000 milliseconds"):
        haste.make(SITE, milliseconds)


@pytest.mark.parametrize(("text", "expected"), [("", 0), ("250", 250), ("soon", 0), ("-5", 0)])
def test_nothing_is_changed_unless_asked_for(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: int
) -> None:
    monkeypatch.setenv(haste.POLL_ENV, text)
    assert haste.wanted() == expected


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fELF" + bytes(60)])
def test_a_file_that_is_no_known_provider_has_no_place_to_change(
    tmp_path: Path, content: bytes
) -> None:
    binary = tmp_path / "terraform-provider-aws_v9.9.9"
    binary.write_bytes(content or b"x")
    assert haste.locate(binary) is None


def test_another_program_is_left_alone() -> None:
    assert "waits unchanged" in haste.hasten(1, Path(sys.executable), 250)
