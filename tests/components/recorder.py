"""A small fake account under the Pulumi SDK: records what is registered, answers look-ups.

`build` runs a program to its end, drains every output and returns what was recorded, so a
test asserts on plain values; an assertion inside `apply` might never run.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.proto import provider_pb2

from lakehouse.images import CHANNEL_PREFIX, TAG_CONTENT_HASH, TAG_VERSION_SET
from lakehouse.proof import Proof
from tests.components.given_account import FakeVpc, LookUpError

ACCOUNT_ID = "123456789012"
REGION = "eu-central-1"
ARM, INTEL = "ami-0a0a0a0a0a0a0a0a0", "ami-0b0b0b0b0b0b0b0b0"
SPECIAL = rpc._special_sig_key
HIDDEN = "[hidden]"


@dataclass(frozen=True)
class Resource:
    """One registration."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    parent_type: str
    custom: bool
    options: Any = field(repr=False)
    """The whole request, for protect, ignoreChanges and the like."""
    clear_text: str = field(repr=False)
    """The inputs as JSON with every secret replaced."""


@dataclass
class Recorded:
    """What a program did."""

    resources: list[Resource] = field(default_factory=list)
    registered_outputs: dict[str, set[str]] = field(default_factory=dict)
    """Type token of a component -> names of the outputs it registered."""
    secrets: list[str] = field(default_factory=list)
    """Values that were given as secrets."""
    exports: dict[str, Any] = field(default_factory=dict)
    secret_exports: set[str] = field(default_factory=set)
    """Names of the exports that the engine would encrypt."""
    result: Any = None

    def of(self, suffix: str) -> list[Resource]:
        """Resources whose type ends in `:suffix`."""
        return [each for each in self.resources if each.type.endswith(f":{suffix}")]

    def one(self, suffix: str, name: str = "") -> Resource:
        """The only resource of that type whose name ends in `name`."""
        found = [each for each in self.of(suffix) if each.name.endswith(name)]
        assert len(found) == 1, f"{suffix} *{name}: {[each.name for each in found]}"
        return found[0]

    @property
    def custom(self) -> list[Resource]:
        """Resources of AWS."""
        return [each for each in self.resources if each.custom]

    @property
    def components(self) -> list[Resource]:
        """Components of ours."""
        return [each for each in self.resources if not each.custom]


def proof(image_id: str, **changes: Any) -> Proof:
    """A passing record of an image of the fake account."""
    fields: dict[str, Any] = {
        "image_id": image_id,
        "content_hash": f"hash-of-{image_id}",
        "version_set": "spark-3.5",
        "architecture": "x86_64",
        "place": "boot",
        "suite_hash": "5" * 64,
        "result": "passed",
        "time": "2026-11-20T10:00:00Z",
        "components": {"spark": "3.5.7", "java": "17"},
    }
    return Proof(**{**fields, **changes})


@dataclass
class FakeAccount(mocks.Mocks):
    """Answers as AWS would, where the program reads the answer."""

    images: dict[str, str] = field(default_factory=lambda: {ARM: "arm64", INTEL: "x86_64"})
    """Image id -> architecture."""
    channels: dict[str, str] = field(
        default_factory=lambda: {**dict.fromkeys(("dev", "stage", "prod"), ARM), "local": INTEL}
    )
    proofs: list[Proof] = field(default_factory=lambda: [proof(ARM), proof(INTEL)])
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """What the stack exported when it was last brought up."""
    vpc: FakeVpc = field(default_factory=FakeVpc)
    """The VPC that somebody else made."""

    def parameters(self) -> dict[str, str]:
        """Name -> value."""
        known = {f"{CHANNEL_PREFIX}{name}": image for name, image in self.channels.items()}
        return known | {each.parameter: each.to_json() for each in self.proofs}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if not args.custom:
            return "", {}
        kind = args.typ.split(":")[-1]
        identifier = f"{kind.lower()}-{args.name}"
        arn = f"arn:aws:{kind.lower()}:{REGION}:{ACCOUNT_ID}:{args.name}"
        known = {"arn": arn, "name": f"{args.name}-1234567", **args.inputs}
        match kind:
            case "Secret":
                identifier = arn
            case "Queue":
                known["url"] = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT_ID}/{known['name']}"
            case "Key":
                known["keyId"] = identifier
            case "Zone":
                known["zoneId"] = "Z0123456789"
            case "LaunchTemplate":
                known["latestVersion"] = 3
            case "LoadBalancer":
                known |= {"dnsName": f"{args.name}.elb.amazonaws.com", "zoneId": "ZELB"}
            case "VpcEndpoint":
                known["prefixListId"] = "pl-0123"
            case "TableBucket":
                known["arn"] = f"arn:aws:s3tables:{REGION}:{ACCOUNT_ID}:bucket/{known['name']}"
        return identifier, known

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        match args.token:
            case "aws:index/getCallerIdentity:getCallerIdentity":
                answer: dict[str, Any] = {"accountId": ACCOUNT_ID, "id": ACCOUNT_ID}
            case "aws:index/getPartition:getPartition":
                answer = {"partition": "aws", "id": "aws"}
            case "aws:ssm/getParametersByPath:getParametersByPath":
                path = args.args["path"]
                assert not path.endswith("/"), "AWS refuses it"
                found = {k: v for k, v in self.parameters().items() if k.startswith(f"{path}/")}
                values = {SPECIAL: rpc._special_secret_sig, "value": list(found.values())}
                answer = {"names": list(found), "values": values}
            case "pulumi:pulumi:readStackOutputs":
                assert args.args["name"].endswith(f"/{pulumi.get_stack()}"), "its own only"
                answer = {"name": args.args["name"], "outputs": self.outputs}
            case "aws:ec2/getAmi:getAmi":
                wanted = {each["name"]: each["values"][0] for each in args.args["filters"]}
                image = wanted["image-id"]
                answer = {
                    "id": image,
                    "architecture": self.images[image],
                    "tags": {TAG_VERSION_SET: "spark-3.5", TAG_CONTENT_HASH: f"hash-of-{image}"},
                    "rootDeviceName": "/dev/xvda",
                }
            case _:
                found = self.vpc.answer(args.token, args.args)
                assert found is not None, f"the fake account has no answer to {args.token}"
                answer = found
        return answer


class RecordingMonitor(mocks.MockMonitor):
    """The mock monitor, with a memory for what it forgets: parents, options, outputs."""

    def __init__(self, fake: mocks.Mocks, recorded: Recorded) -> None:
        super().__init__(fake)
        self.recorded = recorded

    def RegisterResource(self, request: Any) -> Any:
        if request.type != "pulumi:pulumi:Stack":
            hidden: list[str] = []
            clear = _without_secrets(json_format.MessageToDict(request.object), hidden)
            self.recorded.secrets.extend(hidden)
            self.recorded.resources.append(
                Resource(
                    type=request.type,
                    name=request.name,
                    inputs=_plain(json_format.MessageToDict(request.object)),
                    parent_type=request.parent.split("::")[2].split("$")[-1]
                    if request.parent
                    else "",
                    custom=request.custom,
                    options=request,
                    clear_text=json.dumps(clear),
                )
            )
        with loop_of_worker_thread():
            return super().RegisterResource(request)

    def Invoke(self, request: Any) -> Any:
        with loop_of_worker_thread():
            try:
                return super().Invoke(request)
            except LookUpError as error:
                failure = provider_pb2.CheckFailure(reason=str(error))
                return provider_pb2.InvokeResponse(failures=[failure])

    def RegisterResourceOutputs(self, request: Any) -> Any:
        kind = request.urn.split("::")[2].split("$")[-1]
        names = set(json_format.MessageToDict(request.outputs))
        assert kind not in self.recorded.registered_outputs or kind.startswith("millrace:")
        self.recorded.registered_outputs[kind] = names
        return super().RegisterResourceOutputs(request)


@contextlib.contextmanager
def loop_of_this_thread() -> Iterator[None]:
    """The SDK makes an event loop in each thread that it uses and closes none of them."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        # A program that failed leaves tasks behind, which would speak up in another test.
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()


def loop_of_worker_thread() -> contextlib.AbstractContextManager[None]:
    """A loop for a thread of the SDK's pool; the main thread has the program's own."""
    if threading.current_thread() is threading.main_thread():
        return contextlib.nullcontext()
    return loop_of_this_thread()


def build(
    program: Callable[[], Any],
    *,
    stack: str = "example",
    config: Mapping[str, Any] | None = None,
    preview: bool = False,
    account: FakeAccount | None = None,
) -> Recorded:
    """Run `program` as a stack in a world of its own and return what it did."""
    recorded = Recorded()

    def run() -> None:
        settings.set_root_resource(None)  # type: ignore[arg-type]
        fake = account or FakeAccount()
        monitor = RecordingMonitor(fake, recorded)
        mocks.set_mocks(
            fake,
            project="millrace",
            stack=stack,
            preview=preview,
            monitor=monitor,
            organization="organization",
        )
        pulumi.runtime.set_all_config(
            {
                key: value if isinstance(value, str) else json.dumps(value)
                for key, value in (config or {}).items()
            }
        )

        async def note(name: str, output: pulumi.Output[Any]) -> Any:
            if await output.is_secret():
                recorded.secret_exports.add(name)
            recorded.exports[name] = await output.future()

        def keep(name: str, output: Any) -> Any:
            return note(name, pulumi.Output.from_input(output))

        @pulumi.runtime.test
        def drained() -> Any:
            recorded.result = program()
            root = settings.get_root_resource()
            outputs = dict(root.outputs) if root is not None else {}  # type: ignore[attr-defined]
            return pulumi.Output.all(*map(keep, outputs, outputs.values()))

        drained()

    with loop_of_this_thread():
        contextvars.copy_context().run(run)
    return recorded


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get(SPECIAL) == rpc._special_secret_sig


def _without_secrets(value: Any, hidden: list[str]) -> Any:
    if _is_secret(value):
        if isinstance(value["value"], str):
            hidden.append(value["value"])
        return HIDDEN
    if isinstance(value, dict):
        return {key: _without_secrets(each, hidden) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_secrets(each, hidden) for each in value]
    return value


def _plain(value: Any) -> Any:
    if _is_secret(value):
        return value["value"]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
