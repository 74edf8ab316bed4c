"""One thing that an image is made of, as the bill of materials and a comparison see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

Kind = Literal["deb", "pypi", "maven"]


@dataclass(frozen=True, kw_only=True)
class Component:
    """A Debian package, a Python package or a jar."""

    kind: Kind
    name: str
    version: str
    group: str = ""
    """Maven's; empty if the jar does not say."""
    qualifier: str = ""
    """What else tells files of one version apart: architecture of a package, Maven's classifier."""
    licences: tuple[str, ...] = ()
    """SPDX identifiers where one fits, else the words found; empty if nothing was."""
    sha256: str = ""
    """Of the file that was installed; empty where none is recorded, as for Debian packages."""
    installed_sha256: str = ""
    """Of the package manager's list of what it installed, where that is all there is."""

    @property
    def key(self) -> tuple[Kind, str, str]:
        """What stays when the version changes."""
        return (self.kind, self.name, self.qualifier if self.kind == "maven" else "")

    @property
    def purl(self) -> str:
        """Package URL; empty for a jar whose group is not known."""
        name = quote(self.name, safe="")
        version = quote(self.version, safe=":")
        if self.kind == "deb":
            return f"pkg:deb/debian/{name}@{version}?arch={self.qualifier}"
        if self.kind == "pypi":
            return f"pkg:pypi/{name}@{version}"
        if not self.group:
            return ""
        classifier = f"?classifier={quote(self.qualifier, safe='')}" if self.qualifier else ""
        return f"pkg:maven/{quote(self.group, safe='')}/{name}@{version}{classifier}"

    @property
    def reference(self) -> str:
        """Unique within an image."""
        words = (self.kind, self.name, self.version, self.qualifier)
        return self.purl or ":".join(word for word in words if word)
