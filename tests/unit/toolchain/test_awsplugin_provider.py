"""The servicer: messages in, messages out, errors with what they left behind."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import status_pb2

from toolchain.awsplugin import wire
from toolchain.awsplugin.assets import AssetStore
from toolchain.awsplugin.bindings import UnknownTypeError
from toolchain.awsplugin.diff import Change, Kind
from toolchain.awsplugin.model import Binding, Field, Type
from toolchain.awsplugin.provider import Provider
from toolchain.awsplugin.resources import Outcome
from toolchain.awsplugin.terraform import Diagnostic, ProviderError
from toolchain.awsplugin.values import Problem
from toolchain.awsplugin.wire import Secret

PASSWORD = "correct-horse"
URN = "urn:pulumi:dev::app::comp:index:Net$aws:x/y:Y::it"
ROOT = Type(
    "object",
    fields={
        "name": Field("name", Type("string"), name="name", optional=True),
        "tags": Field("tags", Type("map", Type("string")), name="tags", optional=True),
    },
)


class Aborted(Exception):
    """What gRPC raises inside a servicer that aborts."""


class Context:
    """A gRPC context that remembers."""

    def __init__(self) -> None:
        self.code: grpc.StatusCode | None = None
        self.details = ""
        self.metadata: dict[str, bytes] = {}

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.metadata = dict(metadata)

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        self.code, self.details = code, details
        raise Aborted


class Bindings:
    """Knows one type."""

    def resource(self, token: str) -> Binding:
        if token != "aws:x/y:Y":
            msg = f"{token}: no such type"
            raise UnknownTypeError(msg)
        return Binding(token, "aws_y", 0, ROOT)

    function = resource


@pytest.fixture
def provider(tmp_path: Path) -> Provider:
    made = Provider(SimpleNamespace(), Bindings(), AssetStore(tmp_path, tmp_path))  # type: ignore[arg-type]
    made._resources = SimpleNamespace()  # type: ignore[assignment]
    return made


def having(provider: Provider, **methods: Any) -> Provider:
    provider._resources = SimpleNamespace(**methods)  # type: ignore[assignment]
    return provider


def fails(error: Exception) -> Any:
    def method(*_: Any, **__: Any) -> NoReturn:
        raise error

    return method


def test_secrets_are_accepted(provider: Provider) -> None:
    answer = provider.Handshake(pb.ProviderHandshakeRequest(), Context())
    assert answer.accept_secrets


def test_an_unknown_type_is_a_failed_check(provider: Provider) -> None:
    request = pb.CheckRequest(urn=URN.replace("x/y:Y", "x/z:Z"))
    answer = provider.Check(request, Context())
    assert [failure.reason for failure in answer.failures] == ["aws:x/z:Z: no such type"]


def test_a_check_names_the_resource_and_keeps_its_secrets(provider: Provider) -> None:
    having(provider, validate=lambda binding, inputs: [])
    news = wire.encode({"tags": {"a": Secret(PASSWORD)}})
    answer = provider.Check(pb.CheckRequest(urn=URN, news=news, randomSeed=b"s"), Context())
    inputs = wire.decode(answer.inputs)
    assert inputs["tags"] == {"a": Secret(PASSWORD)}
    assert inputs["name"].startswith("it-")


def test_a_failed_check_names_the_property_and_no_secret(provider: Provider) -> None:
    problem = Problem(("tags", "a"), f"tags.a: {PASSWORD} is too short")
    having(provider, validate=lambda binding, inputs: [problem])
    news = wire.encode({"tags": {"a": Secret(PASSWORD)}})
    answer = provider.Check(pb.CheckRequest(urn=URN, news=news), Context())
    (failure,) = answer.failures
    assert (failure.property, failure.reason) == ("tags.a", "tags.a: [secret] is too short")


def test_a_difference_is_detailed(provider: Provider) -> None:
    found = [
        Change(("tags", "a"), ("tags", "a"), Kind.UPDATE),
        Change(("name",), ("name",), Kind.ADD, replace=True),
    ]
    having(provider, diff=lambda *_: found)
    answer = provider.Diff(pb.DiffRequest(urn=URN, news=wire.encode({"tags": {}})), Context())
    assert answer.changes == pb.DiffResponse.DIFF_SOME
    assert {key: item.kind for key, item in answer.detailedDiff.items()} == {
        "tags.a": pb.PropertyDiff.UPDATE,
        "name": pb.PropertyDiff.ADD_REPLACE,
    }
    assert list(answer.replaces) == ["name"]


@pytest.mark.parametrize(
    ("paths", "news", "told"),
    [
        ([("tags", "a"), ("tagsAll", "a")], {"tags": {"a": "1"}}, ["tags.a"]),
        ([("tagsAll", "a")], {"tags": {"a": "1"}}, ["tagsAll.a"]),
    ],
)
def test_what_only_follows_is_told_only_when_it_is_alone(
    provider: Provider, paths: list[tuple[str, ...]], news: dict[str, Any], told: list[str]
) -> None:
    having(provider, diff=lambda *_: [Change(path, path, Kind.UPDATE) for path in paths])
    answer = provider.Diff(pb.DiffRequest(urn=URN, news=wire.encode(news)), Context())
    assert list(answer.detailedDiff) == told


def test_no_difference_says_so(provider: Provider) -> None:
    having(provider, diff=lambda *_: [])
    answer = provider.Diff(pb.DiffRequest(urn=URN), Context())
    assert answer.changes == pb.DiffResponse.DIFF_NONE
    assert not answer.hasDetailedDiff


@pytest.mark.parametrize(
    ("news", "expected"),
    [({"name": "mine"}, True), ({"name": "it-1", "__defaults": ["name"]}, False)],
)
def test_a_fixed_name_must_be_free_before_it_is_taken_again(
    provider: Provider, news: dict[str, Any], expected: bool
) -> None:
    having(provider, diff=lambda *_: [Change(("tags",), ("tags",), Kind.UPDATE, replace=True)])
    inputs = wire.encode(news)
    request = pb.DiffRequest(urn=URN, news=inputs, old_inputs=inputs)
    assert provider.Diff(request, Context()).deleteBeforeReplace is expected


def test_a_failed_creation_brings_what_it_left(provider: Provider) -> None:
    error = Diagnostic(True, f"no capacity for {PASSWORD}", "")
    outcome = Outcome("y-1", {"name": "it", "__tf": Secret("state")}, (error,))
    having(provider, apply=lambda *_, **__: outcome)
    context = Context()
    inputs = wire.encode({"name": "it", "tags": {"a": Secret(PASSWORD)}})
    with pytest.raises(Aborted):
        provider.Create(pb.CreateRequest(urn=URN, properties=inputs), context)
    status = status_pb2.Status.FromString(context.metadata["grpc-status-details-bin"])
    failed = pb.ErrorResourceInitFailed()
    assert status.details[0].Unpack(failed)
    assert failed.id == "y-1"
    assert wire.decode(failed.properties)["__tf"] == Secret("state")
    assert list(failed.reasons) == ["no capacity for [secret]"]
    assert failed.inputs == inputs
    assert status.code == grpc.StatusCode.UNKNOWN.value[0]
    assert context.details == status.message, "gRPC insists on it"


def test_an_error_is_told_without_secrets(provider: Provider) -> None:
    having(provider, apply=fails(ProviderError([Diagnostic(True, "refused", PASSWORD)])))
    context = Context()
    inputs = wire.encode({"name": Secret(PASSWORD)})
    with pytest.raises(Aborted):
        provider.Create(pb.CreateRequest(urn=URN, properties=inputs), context)
    assert context.details == "refused: [secret]"


def test_a_fault_of_this_program_is_told_as_one(provider: Provider) -> None:
    having(provider, diff=fails(KeyError("x")))
    context = Context()
    with pytest.raises(Aborted):
        provider.Diff(pb.DiffRequest(urn=URN), context)
    assert context.code is grpc.StatusCode.INTERNAL
    assert "the provider stand-in broke: KeyError" in context.details


def test_another_region_is_another_provider(provider: Provider) -> None:
    olds, news = wire.encode({"region": "a", "version": "1"}), wire.encode({"region": "b"})
    answer = provider.DiffConfig(pb.DiffRequest(olds=olds, news=news), Context())
    assert provider.DiffConfig(pb.DiffRequest(old_inputs=olds, news=news), Context()) == answer
    assert (list(answer.diffs), list(answer.replaces)) == (["region"], ["region"])


def test_the_sdks_version_alone_is_no_difference(provider: Provider) -> None:
    olds = wire.encode({"version": "1", "region": "a"})
    news = wire.encode({"version": "2", "region": "a"})
    answer = provider.DiffConfig(pb.DiffRequest(olds=olds, news=news), Context())
    assert answer.changes == pb.DiffResponse.DIFF_NONE
