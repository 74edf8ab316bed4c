"""Calls about one type, with what the provider says put into Pulumi's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from toolchain.awsplugin.model import Binding
from toolchain.awsplugin.paths import spell, to_pulumi
from toolchain.awsplugin.terraform import Diagnostic, ProviderError, Terraform, diagnostics

Warn = Callable[[str, str], None]
"""Takes a token and a warning about it."""


class Calls:
    """Calls of the provider. Warnings go to the engine's log, errors to the caller."""

    def __init__(self, terraform: Terraform, warn: Warn) -> None:
        self._terraform = terraform
        self._warn = warn

    def ask(self, binding: Binding, method: str, **fields: Any) -> Any:
        """A call that must succeed.

        Raises:
            ProviderError: what the provider objects to, by property.
        """
        response, errors = self.attempt(binding, method, **fields)
        if errors:
            raise ProviderError(errors)
        return response

    def attempt(
        self, binding: Binding, method: str, **fields: Any
    ) -> tuple[Any, tuple[Diagnostic, ...]]:
        """A call whose answer counts even beside errors."""
        response = self._terraform.call(method, tolerant=True, **fields)
        found = [_in_pulumis_words(binding, item) for item in diagnostics(response)]
        for item in found:
            if not item.error:
                self._warn(binding.token, item.text())
        return response, tuple(item for item in found if item.error)


def _in_pulumis_words(binding: Binding, item: Diagnostic) -> Diagnostic:
    where = spell(to_pulumi(binding.root, item.path))
    text = f"{item.text()} (property {where})" if where else item.text()
    return Diagnostic(item.error, text, "", item.path)
