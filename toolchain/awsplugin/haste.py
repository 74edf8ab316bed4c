"""Shorter waits of the Terraform provider, for an account that answers at once.

After each change the provider waits before it looks (30 seconds, twice, for a load balancer)
and then looks at growing intervals. Against AWS that is right. Against an emulated account it is
all there is to wait for: a minute and more of a first `up`. When `POLL_ENV` is set, the running
provider's one waiting function (`StateChangeConf.WaitForStateContext` of its plugin SDK) is given
no delay and a fixed interval, by a few instructions in its memory. The file on disk is not
touched; every call that the provider makes stays the same, and so do its deadlines.

Only what is known for sure is changed: x86-64, a listed release of the SDK, and the exact
instructions that are expected. Anything else leaves the provider as slow as it is.
"""

from __future__ import annotations

import mmap
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

POLL_ENV: Final = "MILLRACE_PROVIDER_POLL_MS"
"""Milliseconds between two looks; unset leaves the provider's own waits."""

KNOWN_SDK: Final = ("v2.36.1",)
"""Releases of terraform-plugin-sdk whose `StateChangeConf` has the layout below."""

_DELAY, _MIN_TIMEOUT, _POLL_INTERVAL = 0, 72, 80
"""Offsets of the fields, in bytes."""

_FUNCTION: Final = (
    b"github.com/hashicorp/terraform-plugin-sdk/v2/helper/retry"
    b".(*StateChangeConf).WaitForStateContext\0"
)
_SDK: Final = re.compile(rb"dep\tgithub\.com/hashicorp/terraform-plugin-sdk/v2\t(v[0-9.]+)\t")
_PROLOGUE: Final = re.compile(rb"\x4c\x8d\xa4\x24.{4}\x4d\x3b\x66\x10", re.DOTALL)
"""lea r12, [rsp-n]; cmp r12, [r14+16]: how a Go function with a large frame begins."""

_LEA = 8
"""Length of the first of the two, which makes room for the jump."""

_PCLNTAB_MAGIC: Final = 0xFFFFFFF1
_X86_64: Final = 0x3E
_PAGE: Final = 0x1000


@dataclass(frozen=True)
class Site:
    """Where the waiting function begins, and free room behind the program's code."""

    entry: int
    first: bytes
    """The instruction that the jump replaces."""
    room: int
    room_size: int


@dataclass(frozen=True)
class Patch:
    """Bytes to write, in this order: what is jumped to, then the jump."""

    writes: tuple[tuple[int, bytes], ...]


def wanted() -> int:
    """Milliseconds between two looks, or 0 for the provider's own waits."""
    text = os.environ.get(POLL_ENV, "")
    return int(text) if text.isdigit() else 0


def hasten(pid: int, binary: Path, milliseconds: int) -> str:
    """Shorten the waits of the running provider; the answer says what was done and why."""
    site = locate(binary)
    if site is None:
        return f"{binary.name}: waits unchanged (not a provider whose waits are known)"
    patch = make(site, milliseconds)
    try:
        with Path(f"/proc/{pid}/mem").open("r+b", buffering=0) as memory:
            memory.seek(site.entry)
            if memory.read(_LEA) != site.first:
                return f"{binary.name}: waits unchanged (the running code is another)"
            for address, code in patch.writes:
                memory.seek(address)
                memory.write(code)
    except OSError as error:
        return f"{binary.name}: waits unchanged ({error})"
    return f"{binary.name}: looks every {milliseconds} ms"


def make(site: Site, milliseconds: int) -> Patch:
    """Instructions that set three fields of the receiver (in rax) and go on as before.

    Raises:
        ValueError: an interval that does not fit the instruction.
    """
    nanoseconds = milliseconds * 1_000_000
    if not 0 < nanoseconds < 2**31:
        msg = f"{POLL_ENV}={milliseconds}: give 1 to 2000 milliseconds"
        raise ValueError(msg)
    body = b"".join(
        (
            _store(_DELAY, 0),
            _store(_MIN_TIMEOUT, 0),
            _store(_POLL_INTERVAL, nanoseconds),
            site.first,
        )
    )
    body += _jump(site.room + len(body), site.entry + _LEA)
    jump = _jump(site.entry, site.room).ljust(_LEA, b"\x90")
    return Patch(((site.room, body), (site.entry, jump)))


def _store(offset: int, value: int) -> bytes:
    """mov qword [rax+offset], value."""
    return b"\x48\xc7\x40" + struct.pack("<Bi", offset, value)


def _jump(source: int, target: int) -> bytes:
    """jmp target."""
    return b"\xe9" + struct.pack("<i", target - (source + 5))


def locate(binary: Path) -> Site | None:
    """Find the waiting function in a Go program by its own function table."""
    with binary.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image:
        try:
            return _locate(image)
        except (struct.error, KeyError, ValueError):
            return None


def _locate(image: mmap.mmap) -> Site | None:
    if image[:4] != b"\x7fELF" or struct.unpack_from("<H", image, 18)[0] != _X86_64:
        return None
    sections = _sections(image)
    if _sdk(image, sections[".go.buildinfo"]) not in KNOWN_SDK:
        return None
    text_address, text_offset, text_size = sections[".text"]
    entry = _function(image, sections[".gopclntab"])
    if entry is None:
        return None
    at = text_offset + entry - text_address
    if not _PROLOGUE.match(image[at : at + 12]):
        return None
    end = text_address + text_size
    room = (end + 15) & ~15
    # Code is mapped in whole pages: the rest of the last one is there and never used.
    return Site(entry, image[at : at + _LEA], room, -room % _PAGE)


def _sections(image: mmap.mmap) -> dict[str, tuple[int, int, int]]:
    """Name -> address, offset, size of each section."""
    (table,) = struct.unpack_from("<Q", image, 0x28)
    size, count, names = struct.unpack_from("<HHH", image, 0x3A)
    headers = [struct.unpack_from("<IIQQQQ", image, table + i * size) for i in range(count)]
    start = headers[names][4]
    found = {}
    for name, _, _, address, offset, length in headers:
        end = image.find(b"\0", start + name)
        found[image[start + name : end].decode()] = (address, offset, length)
    return found


def _sdk(image: mmap.mmap, section: tuple[int, int, int]) -> str:
    _, offset, size = section
    found = _SDK.search(image[offset : offset + size])
    return found.group(1).decode() if found else ""


def _function(image: mmap.mmap, section: tuple[int, int, int]) -> int | None:
    """Address of the waiting function (layout: Go runtime, symtab.go, since Go 1.20)."""
    _, base, size = section
    if struct.unpack_from("<I", image, base)[0] != _PCLNTAB_MAGIC:
        return None
    count, _, text, names, units, _, _, table = struct.unpack_from("<8Q", image, base + 8)
    name = image.find(b"\0" + _FUNCTION, base + names, base + units)
    if name < 0:
        return None
    wanted_name = struct.pack("<i", name + 1 - (base + names))
    table += base
    at = image.find(wanted_name, table + count * 8, base + size)
    while at >= 0:
        record = at - 4
        (entry,) = struct.unpack_from("<I", image, record)
        if _listed(image, table, count, entry) == record - table:
            return int(text + entry)
        at = image.find(wanted_name, at + 1, base + size)
    return None


def _listed(image: mmap.mmap, table: int, count: int, entry: int) -> int:
    """Offset of the record that the sorted table gives for an entry; -1 for none."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        found, record = struct.unpack_from("<II", image, table + middle * 8)
        if found == entry:
            return int(record)
        low, high = (middle + 1, high) if found < entry else (low, middle)
    return -1
