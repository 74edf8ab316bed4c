"""A licence is an SPDX identifier where the words fit one, and never a guess."""

from __future__ import annotations

import pytest

from ops.image import licences


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("The Apache Software License, Version 2.0", "Apache-2.0"),
        ("https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("Apache-2.0", "Apache-2.0"),
        ("The MIT License", "MIT"),
        ("MIT", "MIT"),
        ("New BSD License", "BSD-3-Clause"),
        ("BSD 2-Clause License", "BSD-2-Clause"),
        ("Eclipse Public License v. 2.0", "EPL-2.0"),
        ("EDL 1.0", "BSD-3-Clause"),
        ("GPL2 w/ CPE", "GPL2 w/ CPE"),
        ("BSD", "BSD"),
        ("LICENSE.txt", ""),
        ("Dual License", ""),
        ("UNKNOWN", ""),
        ("", ""),
        ("word " * 100, ""),
    ],
)
def test_words_become_an_identifier_if_they_fit_one(words: str, name: str) -> None:
    assert licences.named(words) == name


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("GPL-2+", "GPL-2.0-or-later"),
        ("GPL-3", "GPL-3.0-only"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"),
        ("Expat", "MIT"),
        ("Expat or GPL-1+", "Expat or GPL-1+"),
    ],
)
def test_debians_short_names_are_known(words: str, name: str) -> None:
    assert licences.debian_name(words) == name


def test_a_copyright_files_fields_are_read() -> None:
    text = "Format: x\n\nFiles: *\nLicense: GPL-2+\n\nFiles: a\nLicense: Expat\n Permission\n"
    assert licences.of_debian_copyright(text) == ("GPL-2.0-or-later", "MIT")


def test_a_copyright_file_in_prose_points_to_common_licences() -> None:
    text = "On Debian systems see /usr/share/common-licenses/GPL-3.\n"
    assert licences.of_debian_copyright(text) == ("GPL-3.0-only",)


def test_a_copyright_file_that_names_nothing_gives_nothing() -> None:
    assert licences.of_debian_copyright("Do as you please.\n") == ()


@pytest.mark.parametrize("name", ["GPL-2", "LGPL", "unknown", "BSD License", "GPL-9.0-only"])
def test_other_words_are_no_identifiers(name: str) -> None:
    assert not licences.is_spdx(name)
