"""Which licence a package names, as SPDX identifiers where its words fit one.

Packages name licences in a hundred ways. Words that fit no identifier are kept as they are, and
nothing found is nothing said: a guess would be worse than either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

_MAXIMUM_LENGTH: Final = 80
"""Longer words are a licence's text, not its name."""

_SAY_NOTHING: Final = frozenset({"", "unknown", "dual license", "license", "license.txt"})

_DEBIAN: Final[Mapping[str, str]] = {
    "apache-2": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "artistic": "Artistic-1.0-Perl",
    "artistic-2": "Artistic-2.0",
    "artistic-2.0": "Artistic-2.0",
    "boost": "BSL-1.0",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "bsd-4-clause": "BSD-4-Clause",
    "cc0": "CC0-1.0",
    "cc0-1.0": "CC0-1.0",
    "expat": "MIT",
    "isc": "ISC",
    "mit": "MIT",
    "mpl-1.1": "MPL-1.1",
    "mpl-2.0": "MPL-2.0",
    "openssl": "OpenSSL",
    "psf-2": "PSF-2.0",
    "unicode": "Unicode-DFS-2016",
    "zlib": "Zlib",
}
_GNU: Final = re.compile(r"(A?GPL|LGPL|GFDL)-?(\d(?:\.\d)?)(\+?)", re.IGNORECASE)

_WORDS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), identifier)
    for pattern, identifier in (
        (r"classpath|\bcpe\b", ""),
        (r"apache.*\bv?2(\.0)?\b|\basl.?2|licenses/license-2\.0|^apache-2", "Apache-2.0"),
        (r"apache software license$|^apache$", "Apache-2.0"),
        (r"\bedl\b|eclipse distribution|org/documents/edl", "BSD-3-Clause"),
        (r"\bepl\b.*2|eclipse public.*2|epl-2\.0|epl-v20", "EPL-2.0"),
        (r"\bepl\b.*1|eclipse public.*1|epl-v10", "EPL-1.0"),
        (r"cddl.*1\.1", "CDDL-1.1"),
        (r"cddl.*1\.0|cddl$", "CDDL-1.0"),
        (r"bsd.*\b3\b|3.clause|(new|revised|modified) bsd|bsd.*(new|revised)", "BSD-3-Clause"),
        (r"bsd.*\b2\b|2.clause|simplified bsd|bsd.*simplified", "BSD-2-Clause"),
        (r"^go license$|asm\.ow2\.(io|org)/license", "BSD-3-Clause"),
        (r"\bmit-0\b", "MIT-0"),
        (r"^(the )?mit( license)?$|licenses/mit|:: mit license$|^mit\b", "MIT"),
        (r"mozilla.*2\.0|mpl.?2", "MPL-2.0"),
        (r"mozilla.*1\.1|mpl.?1\.1", "MPL-1.1"),
        (r"lgpl.*2\.1|lesser general public.*2\.1", "LGPL-2.1-or-later"),
        (r"\bcc0\b|publicdomain/zero/1\.0", "CC0-1.0"),
        (r"python software foundation|^psf", "PSF-2.0"),
        (r"^zlib", "Zlib"),
        (r"^isc", "ISC"),
    )
)

_TEXTS: Final = (
    (re.compile(r"apache license\s+version 2\.0", re.IGNORECASE), "Apache-2.0"),
    (re.compile(r"eclipse public license\s*-\s*v\s*2\.0", re.IGNORECASE), "EPL-2.0"),
    (re.compile(r"permission is hereby granted, free of charge", re.IGNORECASE), "MIT"),
    (re.compile(r"neither the name.{0,400}endorse", re.IGNORECASE | re.DOTALL), "BSD-3-Clause"),
)


def named(words: str) -> str:
    """The SPDX identifier that free words mean, the words themselves, or nothing."""
    words = " ".join(words.split()).strip(" \"'")
    if len(words) > _MAXIMUM_LENGTH:
        return of_text(words)
    for pattern, identifier in _WORDS:
        if pattern.search(words):
            return identifier or words
    return "" if words.lower() in _SAY_NOTHING else words


def of_text(text: str) -> str:
    """The SPDX identifier of a licence by its text, or nothing."""
    start = text[:3000]
    return next((identifier for pattern, identifier in _TEXTS if pattern.search(start)), "")


def of_debian_copyright(text: str) -> tuple[str, ...]:
    """What a Debian copyright file names: its fields, or the common licences it points to."""
    if re.search(r"^Format(-Specification)?:", text, re.MULTILINE | re.IGNORECASE):
        found = re.findall(r"^License:[ \t]*(\S.*)$", text, re.MULTILINE | re.IGNORECASE)
    else:
        found = re.findall(r"/usr/share/common-licenses/([A-Za-z][\w.+-]*\w)", text)
    return distinct(debian_name(words) for words in found)


def debian_name(words: str) -> str:
    """The SPDX identifier of one of Debian's short names, or the name."""
    words = " ".join(words.split()).strip(" ,;.")
    gnu = _GNU.fullmatch(words)
    if gnu:
        number = gnu[2] if "." in gnu[2] else f"{gnu[2]}.0"
        return f"{gnu[1].upper()}-{number}-{'or-later' if gnu[3] else 'only'}"
    return _DEBIAN.get(words.lower(), words[:_MAXIMUM_LENGTH])


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Without repetition and without nothing, sorted."""
    return tuple(sorted({name for name in names if name}))


def is_spdx(name: str) -> bool:
    """Whether `name` is an identifier that this module gives, which all are SPDX's."""
    return name in _IDENTIFIERS or bool(re.fullmatch(_GNU_IDENTIFIER, name))


_IDENTIFIERS: Final = frozenset(
    {*_DEBIAN.values(), *(i for _, i in _WORDS if i), *(i for _, i in _TEXTS)}
)
_GNU_IDENTIFIER: Final = (
    r"(GPL-(1\.0|2\.0|3\.0)|LGPL-(2\.0|2\.1|3\.0)|AGPL-(1\.0|3\.0)|GFDL-1\.[1-3])-(only|or-later)"
)
