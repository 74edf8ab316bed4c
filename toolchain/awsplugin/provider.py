"""`pulumirpc.ResourceProvider` over the Terraform AWS provider: messages in, messages out."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc as pb_grpc

from toolchain.awsplugin import autoname, cty, drift, sdk, secrets, wire
from toolchain.awsplugin.assets import AssetStore
from toolchain.awsplugin.bindings import Bindings, UnknownTypeError
from toolchain.awsplugin.diff import Change
from toolchain.awsplugin.engine import EngineLog
from toolchain.awsplugin.failures import PartialError, answers, texts_of
from toolchain.awsplugin.model import UNKNOWN
from toolchain.awsplugin.paths import spell
from toolchain.awsplugin.resources import Resources
from toolchain.awsplugin.terraform import Terraform
from toolchain.awsplugin.values import Problem, ToTerraform

_REGION_VARIABLES: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
# Pulumi's own, never the provider's.
_ENGINE_KEYS: Final = frozenset({"version", "pluginDownloadURL"})
_REPLACES: Final = frozenset({"region"})


def _token(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


class Provider(pb_grpc.ResourceProviderServicer):
    """One provider of one stack. The engine starts a process for each."""

    def __init__(self, terraform: Terraform, bindings: Bindings, assets: AssetStore) -> None:
        self._terraform = terraform
        self._bindings = bindings
        self._assets = assets
        self._region = next((os.environ[v] for v in _REGION_VARIABLES if v in os.environ), "")
        self.log = EngineLog("")
        self._resources = Resources(
            terraform, assets, lambda: self._region, lambda token, text: self.log.warn(token, text)
        )

    def attach(self, engine: str) -> None:
        """Send warnings to the engine at this address."""
        self.log = EngineLog(engine)

    @answers
    def Handshake(self, request: Any, context: Any) -> Any:
        """Meet the engine. Its program directory is this plugin's, not the project's."""
        if request.engine_address:
            self.attach(request.engine_address)
        return pb.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: Any) -> Any:
        """The engine found this process already running."""
        self.attach(request.address)
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """The version that the SDK expects of its plugin."""
        return plugin_pb2.PluginInfo(version=sdk.version())

    def GetSchema(self, request: Any, context: Any) -> Any:
        """No schema: programs bring the SDK, which was generated from it."""
        return pb.GetSchemaResponse(schema=json.dumps({"name": "aws", "version": sdk.version()}))

    def GetMapping(self, request: Any, context: Any) -> Any:
        """Nothing to convert from."""
        return pb.GetMappingResponse()

    def GetMappings(self, request: Any, context: Any) -> Any:
        """Nothing to convert from."""
        return pb.GetMappingsResponse()

    def Cancel(self, request: Any, context: Any) -> Any:
        """Ask what is running to end early."""
        self._terraform.stop()
        return empty_pb2.Empty()

    @answers
    def CheckConfig(self, request: Any, context: Any) -> Any:
        """Refuse provider settings that the provider does not have."""
        # The engine is about to configure: the provider's process starts meanwhile.
        self._terraform.start()
        _, problems = self._config(wire.decode(request.news))
        return pb.CheckResponse(inputs=request.news, failures=_failures(problems))

    @answers
    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Compare provider settings; another region means other resources."""
        before = request.old_inputs if request.HasField("old_inputs") else request.olds
        olds = secrets.reveal(wire.decode(before))
        news = secrets.reveal(wire.decode(request.news))
        keys = {key for key in {*olds, *news} if olds.get(key) != news.get(key)} - _ENGINE_KEYS
        return pb.DiffResponse(
            changes=_changed(bool(keys)),
            diffs=sorted(keys),
            replaces=sorted(keys & _REPLACES),
        )

    @answers
    def Configure(self, request: Any, context: Any) -> Any:
        """Configure the Terraform provider."""
        config, problems = self._config(wire.decode(request.args))
        if problems:
            raise UnknownTypeError("; ".join(item.reason for item in problems))
        self._region = config.get("region") or self._region
        root = self._bindings.provider().root
        raw = cty.pack(root, config)
        prepared = self._terraform.call("PrepareProviderConfig", config=raw)
        self._terraform.configure(prepared.prepared_config.msgpack or raw)
        return pb.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def _config(self, settings: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
        clear = secrets.reveal(settings)
        values = {key: _parsed(v) for key, v in clear.items() if key not in _ENGINE_KEYS}
        convert = ToTerraform(self._assets)
        config = convert.object(self._bindings.provider().root, values)
        # A setting that is still unknown in a preview is left to the provider's default.
        return {k: None if v is UNKNOWN else v for k, v in config.items()}, convert.problems

    @answers
    def Check(self, request: Any, context: Any) -> Any:
        """Name the resource, and refuse inputs that the provider would refuse."""
        news, olds = wire.decode(request.news), wire.decode(request.olds)
        try:
            binding = self._bindings.resource(_token(request.urn))
        except UnknownTypeError as error:
            return pb.CheckResponse(failures=[pb.CheckFailure(reason=str(error))])
        inputs = autoname.apply(binding, request.urn, request.randomSeed, news, olds)
        problems = self._resources.validate(binding, secrets.reveal(inputs))
        texts = texts_of(request)
        clean = [Problem(p.path, secrets.redact(p.reason, texts)) for p in problems]
        return pb.CheckResponse(inputs=wire.encode(inputs), failures=_failures(clean))

    @answers
    def Diff(self, request: Any, context: Any) -> Any:
        """What an update would change, path by path."""
        binding = self._bindings.resource(_token(request.urn))
        olds, news = wire.decode(request.olds), secrets.reveal(wire.decode(request.news))
        old_inputs = secrets.reveal(wire.decode(request.old_inputs))
        every = self._resources.diff(binding, news, olds, request.ignoreChanges)
        # What only follows from another change is not what the reader of a preview asked about.
        asked = {*news, *old_inputs}
        found = [item for item in every if item.replace or item.path[0] in asked] or every
        replaces = sorted({str(item.path[0]) for item in found if item.replace})
        return pb.DiffResponse(
            changes=_changed(bool(found)),
            diffs=sorted({str(item.path[0]) for item in found}),
            replaces=replaces,
            detailedDiff={item.name: _kind(item) for item in found},
            hasDetailedDiff=bool(found),
            deleteBeforeReplace=bool(replaces) and autoname.fixed(binding, news, old_inputs),
        )

    @answers
    def Create(self, request: Any, context: Any) -> Any:
        """Make the resource."""
        binding = self._bindings.resource(_token(request.urn))
        outcome = self._resources.apply(
            binding,
            wire.decode(request.properties),
            None,
            timeout=request.timeout,
            preview=request.preview,
        )
        if outcome.errors:
            raise PartialError(outcome)
        return pb.CreateResponse(id=outcome.id, properties=wire.encode(outcome.outputs))

    @answers
    def Update(self, request: Any, context: Any) -> Any:
        """Change the resource."""
        binding = self._bindings.resource(_token(request.urn))
        outcome = self._resources.apply(
            binding,
            wire.decode(request.news),
            wire.decode(request.olds),
            ignored=request.ignoreChanges,
            timeout=request.timeout,
            preview=request.preview,
        )
        if outcome.errors:
            raise PartialError(outcome)
        return pb.UpdateResponse(properties=wire.encode(outcome.outputs))

    @answers
    def Read(self, request: Any, context: Any) -> Any:
        """Look at the resource, or import it."""
        binding = self._bindings.resource(_token(request.urn))
        olds, inputs = wire.decode(request.properties), wire.decode(request.inputs)
        outcome = self._resources.read(binding, request.id, olds, inputs)
        if outcome is None:
            return pb.ReadResponse()
        if inputs:
            inputs = drift.refreshed(inputs, olds, outcome.outputs)
        else:
            inputs = drift.imported(binding, outcome.outputs)
        return pb.ReadResponse(
            id=outcome.id or request.id,
            properties=wire.encode(outcome.outputs),
            inputs=wire.encode(inputs),
        )

    @answers
    def Delete(self, request: Any, context: Any) -> Any:
        """Remove the resource."""
        binding = self._bindings.resource(_token(request.urn))
        self._resources.delete(binding, wire.decode(request.properties), request.timeout)
        return empty_pb2.Empty()

    @answers
    def Invoke(self, request: Any, context: Any) -> Any:
        """Answer a function from a data source."""
        binding = self._bindings.function(request.tok)
        values, problems = self._resources.invoke(binding, wire.decode(request.args))
        answer = {"return": wire.encode(values), "failures": _failures(problems)}
        return pb.InvokeResponse(**answer)


def _parsed(value: Any) -> Any:
    """Stack configuration reaches a provider as text; structures in it are JSON."""
    if isinstance(value, str) and (value[:1] in ("{", "[") or value in ("true", "false")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _changed(yes: bool) -> Any:
    return pb.DiffResponse.DIFF_SOME if yes else pb.DiffResponse.DIFF_NONE


def _kind(change: Change) -> Any:
    name = f"{change.kind.name}_REPLACE" if change.replace else change.kind.name
    return pb.PropertyDiff(kind=pb.PropertyDiff.Kind.Value(name))


def _failures(problems: list[Problem]) -> list[Any]:
    return [pb.CheckFailure(property=spell(p.path), reason=p.reason) for p in problems]
