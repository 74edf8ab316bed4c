"""The life of one resource: planned, applied, read and removed through the Terraform provider."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lakehouse.errors import ToolError
from toolchain.awsplugin import cty, secrets
from toolchain.awsplugin.assets import AssetStore
from toolchain.awsplugin.calls import Calls, Warn
from toolchain.awsplugin.configs import Configs
from toolchain.awsplugin.diff import Change, changes
from toolchain.awsplugin.ignore import ignoring
from toolchain.awsplugin.model import Binding
from toolchain.awsplugin.paths import to_pulumi
from toolchain.awsplugin.proposed import proposed_new
from toolchain.awsplugin.state import PROPERTY, Saved, saved, with_timeout
from toolchain.awsplugin.terraform import (
    AttributePath,
    Diagnostic,
    ProviderError,
    Terraform,
    path_of,
)
from toolchain.awsplugin.values import Problem, has_sensitive
from toolchain.awsplugin.values import to_pulumi as shown
from toolchain.awsplugin.wire import Asset, Secret

Values = Mapping[str, Any]

# Without an `id` attribute, what AWS calls the thing.
_IDENTITIES: Final = ("id", "arn", "name")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the provider would do."""

    config: bytes
    given: Values
    planned: Values
    planned_raw: bytes
    private: bytes
    requires_replace: tuple[AttributePath, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A resource after an operation; `errors` beside it mean that it is there but not whole."""

    id: str
    outputs: dict[str, Any]
    errors: tuple[Diagnostic, ...] = ()


class Resources:
    """Operations on resources of one configured provider."""

    def __init__(
        self,
        terraform: Terraform,
        assets: AssetStore,
        region: Callable[[], str],
        warn: Warn,
    ) -> None:
        self._calls = Calls(terraform, warn)
        self._configs = Configs(assets, region)
        self._assets = assets

    def validate(self, binding: Binding, inputs: Values) -> list[Problem]:
        """Everything that is wrong with the inputs, by this plugin's eyes and the provider's."""
        config, problems = self._configs.make(binding, inputs)
        if problems:
            return problems
        _, errors = self._calls.attempt(
            binding,
            "ValidateResourceTypeConfig",
            type_name=binding.tf_type,
            config=cty.pack(binding.root, config),
        )
        return [Problem(to_pulumi(binding.root, item.path), item.text()) for item in errors]

    def plan(
        self, binding: Binding, inputs: Values, prior: Saved | None, ignored: Iterable[str] = ()
    ) -> Plan:
        """What the provider would do to get from the prior state to the inputs."""
        before = self.state(binding, prior)
        given, problems = self._configs.make(binding, inputs)
        if problems:
            raise ProviderError([Diagnostic(True, item.reason, "") for item in problems])
        config = ignoring(binding.root, given, before, ignored) if before is not None else given
        raw = cty.pack(binding.root, config)
        response = self._calls.ask(
            binding,
            "PlanResourceChange",
            type_name=binding.tf_type,
            prior_state=cty.pack(binding.root, before),
            proposed_new_state=cty.pack(binding.root, proposed_new(binding.root, before, config)),
            config=raw,
            prior_private=prior.private if prior else b"",
        )
        return Plan(
            config=raw,
            given=config,
            planned=cty.unpack(binding.root, response.planned_state.msgpack) or {},
            planned_raw=response.planned_state.msgpack,
            private=response.planned_private,
            requires_replace=tuple(path_of(path) for path in response.requires_replace),
        )

    def diff(
        self, binding: Binding, inputs: Values, olds: Values, ignored: Iterable[str]
    ) -> list[Change]:
        """The differences between a resource and its inputs."""
        prior = self._saved(binding, olds)
        plan = self.plan(binding, inputs, prior, ignored)
        before = self.state(binding, prior) or {}
        return changes(binding.root, before, plan.planned, plan.requires_replace, plan.given)

    def apply(
        self,
        binding: Binding,
        inputs: Values,
        olds: Values | None,
        *,
        ignored: Iterable[str] = (),
        timeout: float = 0,
        preview: bool = False,
    ) -> Outcome:
        """Create (`olds` is None) or update; in a preview only what is known to come of it."""
        prior = self._saved(binding, olds) if olds is not None else None
        clear = secrets.reveal(inputs)
        plan = self.plan(binding, clear, prior, ignored)
        sources = (inputs,) if olds is None else (inputs, olds)
        if preview:
            return Outcome("", self._outputs(binding, plan.planned, sources))
        action = "create" if olds is None else "update"
        response, errors = self._calls.attempt(
            binding,
            "ApplyResourceChange",
            type_name=binding.tf_type,
            prior_state=cty.pack(binding.root, self.state(binding, prior)),
            planned_state=plan.planned_raw,
            config=plan.config,
            planned_private=with_timeout(plan.private, action, timeout),
        )
        state = cty.unpack(binding.root, response.new_state.msgpack)
        if state is None:
            raise ProviderError(errors or [Diagnostic(True, "the provider returned no state", "")])
        if errors:
            state = self._as_it_is(binding, state, response.private)
        return self._outcome(binding, state, response.private, sources, errors)

    def _as_it_is(self, binding: Binding, state: Values, private: bytes) -> Values:
        """What a failed operation really left: the provider answers with what it had planned.

        Terraform looks again before its next plan; Pulumi compares with what was saved.
        """
        try:
            response, errors = self._calls.attempt(
                binding,
                "ReadResource",
                type_name=binding.tf_type,
                current_state=cty.pack(binding.root, state),
                private=private,
            )
        except ToolError:
            # The provider is gone; what it planned is still better than to lose the resource.
            return state
        seen = cty.unpack(binding.root, response.new_state.msgpack)
        return state if errors or seen is None else seen

    def read(self, binding: Binding, identity: str, olds: Values, inputs: Values) -> Outcome | None:
        """The resource as it is now; None where it is gone. Without a state it is imported."""
        prior = self._saved(binding, olds)
        if prior is None:
            state, private = self._import(binding, identity)
        else:
            state, private = self.state(binding, prior), prior.private
        if state is None:
            return None
        response = self._calls.ask(
            binding,
            "ReadResource",
            type_name=binding.tf_type,
            current_state=cty.pack(binding.root, state),
            private=private,
        )
        now = cty.unpack(binding.root, response.new_state.msgpack)
        if now is None:
            return None
        return self._outcome(binding, now, response.private, (inputs, olds), ())

    def _import(self, binding: Binding, identity: str) -> tuple[Any, bytes]:
        response = self._calls.ask(
            binding, "ImportResourceState", type_name=binding.tf_type, id=identity
        )
        for item in response.imported_resources:
            if item.type_name == binding.tf_type:
                return cty.unpack(binding.root, item.state.msgpack), item.private
        return None, b""

    def delete(self, binding: Binding, olds: Values, timeout: float) -> None:
        """Remove the resource."""
        prior = self._saved(binding, olds)
        state = cty.pack(binding.root, self.state(binding, prior))
        plan = self._calls.ask(
            binding,
            "PlanResourceChange",
            type_name=binding.tf_type,
            prior_state=state,
            proposed_new_state=cty.NULL,
            config=cty.NULL,
            prior_private=prior.private if prior else b"",
        )
        self._calls.ask(
            binding,
            "ApplyResourceChange",
            type_name=binding.tf_type,
            prior_state=state,
            planned_state=cty.NULL,
            config=cty.NULL,
            planned_private=with_timeout(plan.planned_private, "delete", timeout),
        )

    def invoke(self, binding: Binding, arguments: Values) -> tuple[dict[str, Any], list[Problem]]:
        """Read a data source."""
        config, problems = self._configs.make(binding, secrets.reveal(arguments))
        if problems:
            return {}, problems
        raw = cty.pack(binding.root, config)
        self._calls.ask(binding, "ValidateDataSourceConfig", type_name=binding.tf_type, config=raw)
        response = self._calls.ask(binding, "ReadDataSource", type_name=binding.tf_type, config=raw)
        state = cty.unpack(binding.root, response.state.msgpack) or {}
        return self._outputs(binding, state, (arguments,)), []

    def state(self, binding: Binding, prior: Saved | None) -> dict[str, Any] | None:
        """The saved state in today's schema."""
        if prior is None:
            return None
        doc = self._assets.show(prior.state)
        if prior.version != binding.version:
            response = self._calls.ask(
                binding,
                "UpgradeResourceState",
                type_name=binding.tf_type,
                version=prior.version,
                raw_state={"json": json.dumps(doc).encode()},
            )
            upgraded: dict[str, Any] = cty.unpack(binding.root, response.upgraded_state.msgpack)
            return upgraded
        state: dict[str, Any] = cty.from_json(binding.root, doc)
        return state

    def _saved(self, binding: Binding, olds: Values) -> Saved | None:
        return saved(binding, secrets.reveal(olds))

    def _outcome(
        self,
        binding: Binding,
        state: Values,
        private: bytes,
        sources: Sequence[Values],
        errors: tuple[Diagnostic, ...],
    ) -> Outcome:
        doc = self._assets.hide(cty.to_json(binding.root, state))
        outputs = self._outputs(binding, state, sources)
        text = Saved(doc, private, binding.version).text()
        hide = has_sensitive(binding.root, state) or secrets.contains_secret(outputs)
        outputs[PROPERTY] = Secret(text) if hide else text
        return Outcome(identity(binding, state), outputs, errors)

    def _outputs(
        self, binding: Binding, state: Values, sources: Sequence[Values]
    ) -> dict[str, Any]:
        outputs = shown(binding.root, state)
        outputs.pop("urn", None)
        if "region" in binding.extra:
            outputs["region"] = self._configs.region()
        for source in reversed(sources):
            # Terraform knows the path of a copy only; the program goes on with what it gave.
            assets = {k: v for k, v in source.items() if isinstance(secrets.reveal(v), Asset)}
            outputs.update(assets)
        return secrets.mark(outputs, *sources)


def identity(binding: Binding, state: Values) -> str:
    """The resource's id: its own, or what stands for one."""
    for name in _IDENTITIES:
        if isinstance(state.get(name), str) and state[name]:
            return str(state[name])
    required = [f.tf for f in binding.root.fields.values() if f.required]
    return ",".join(str(state.get(name)) for name in required) or binding.tf_type
