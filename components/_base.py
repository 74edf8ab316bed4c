"""What every component of ours has in common, and nothing else."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import pulumi


class LakehouseComponent(pulumi.ComponentResource):
    """A noun of the architecture: `millrace:index:<Class>`.

    Annotate each output at class level and call `publish()` as the last statement.
    """

    def __init__(
        self, name: str, tags: Mapping[str, str], opts: pulumi.ResourceOptions | None
    ) -> None:
        super().__init__(f"millrace:index:{type(self).__name__}", name, None, opts)
        self._child_name = name
        self._child_tags = dict(tags)

    def child(self, suffix: str) -> str:
        """Logical name of a child; the suffix is part of the contract."""
        return f"{self._child_name}-{suffix}"

    def child_opts(self, **own: Any) -> pulumi.ResourceOptions:
        """Options of a child: this parent and what the child itself needs.

        The caller's options are never merged in: the engine hands down what is inherited.
        """
        return pulumi.ResourceOptions(parent=self, **own)

    def tags(self, suffix: str, **extra: str) -> dict[str, str]:
        """Tags of a child, with the name that consoles show."""
        return {**self._child_tags, "Name": self.child(suffix), **extra}

    def publish(self) -> None:
        """Register the outputs that the class annotates."""
        self.register_outputs({name: getattr(self, name) for name in outputs_of(type(self))})


def outputs_of(component: type[LakehouseComponent]) -> tuple[str, ...]:
    """Names of the outputs that a component promises."""
    return tuple(inspect.get_annotations(component))
