"""What a rule looks at, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Properties = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One registration: its type, name, inputs as the provider calls them, and protection."""

    type: str
    """Token, as in `aws:ec2/launchTemplate:LaunchTemplate`."""
    name: str
    properties: Properties = field(repr=False)
    protect: bool = False
    urn: str = ""
    """What the engine calls it, where there is an engine."""

    @property
    def kind(self) -> str:
        """The type as people say it: `ec2.LaunchTemplate`."""
        package, _, rest = self.type.partition(":")
        module, _, name = rest.partition(":")
        return f"{module.split('/')[0]}.{name}" if package == "aws" else self.type

    @property
    def label(self) -> str:
        """How a finding names it."""
        return f"{self.kind} {self.name!r}"

    def get(self, key: str) -> Any:
        """A property, or nothing."""
        return self.properties.get(key)

    def part(self, key: str) -> Properties:
        """A nested property; empty where it is not set."""
        value = self.get(key)
        return value if isinstance(value, Mapping) else {}

    def parts(self, key: str) -> Iterator[Properties]:
        """The entries of a list property."""
        yield from entries(self.properties, key)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A broken rule: a full sentence that says what to do, and names the resource."""

    rule: str
    resource: Resource
    message: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}"


def entries(properties: Properties, key: str) -> Iterator[Properties]:
    """The maps in a list property."""
    value = properties.get(key)
    if isinstance(value, Sequence) and not isinstance(value, str):
        yield from (each for each in value if isinstance(each, Mapping))


def is_true(value: Any) -> bool:
    """Whether a flag is set: providers take the word as well as the value."""
    return value is True or value == "true"
