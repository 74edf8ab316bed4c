"""The endpoint lets a client in by TLS and token, and nobody else."""

from __future__ import annotations

import http.client
import ssl
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lakehouse.outputs import StackOutputs
from lakehouse.ports import STATUS_PATH
from ops.endpoint import node_status
from tests.smoke import rpc
from tests.smoke.answers import assert_answers, tcp


@pytest.fixture(scope="module")
def target(outputs: StackOutputs) -> str:
    return f"{outputs.endpoint.host}:{outputs.endpoint.port}"


@pytest.fixture(scope="module")
def stranger() -> str:
    """The certificate of an authority that signed nothing here."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def test_the_listener_answers(outputs: StackOutputs, target: str) -> None:
    assert_answers(target, tcp(outputs.endpoint.host, outputs.endpoint.port))


def test_a_client_with_the_token_gets_the_server_version(
    outputs: StackOutputs, target: str, token: str
) -> None:
    with rpc.secure(target, outputs.endpoint.ca_certificate, token) as channel:
        assert rpc.server_version(channel).startswith("3.5.")


def test_a_client_without_a_token_is_refused(outputs: StackOutputs, target: str) -> None:
    channel = rpc.secure(target, outputs.endpoint.ca_certificate)
    assert rpc.status_of(channel) == "UNAUTHENTICATED"


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "x", lambda t: t.swapcase()])
def test_a_client_with_nearly_the_token_is_refused(
    outputs: StackOutputs, target: str, token: str, change: object
) -> None:
    wrong = change(token)  # type: ignore[operator]
    channel = rpc.secure(target, outputs.endpoint.ca_certificate, wrong)
    assert rpc.status_of(channel) == "UNAUTHENTICATED"


def test_a_client_that_trusts_another_authority_does_not_send_its_token(
    target: str, token: str, stranger: str
) -> None:
    assert rpc.status_of(rpc.secure(target, stranger, token), 10) == "UNAVAILABLE"


def test_the_endpoint_does_not_speak_plaintext_grpc(target: str) -> None:
    status = rpc.status_of(grpc.insecure_channel(target), 10)
    assert status in ("UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL")


def test_the_endpoint_does_not_answer_plaintext_http(outputs: StackOutputs) -> None:
    connection = http.client.HTTPConnection(
        outputs.endpoint.host, outputs.endpoint.port, timeout=10
    )
    try:
        connection.request("GET", STATUS_PATH)
        seen = f"HTTP {connection.getresponse().status}"
    except (OSError, http.client.HTTPException) as error:
        seen = f"no HTTP: {type(error).__name__}"
    finally:
        connection.close()
    # nginx tells a client that it spoke plaintext to a TLS port; that is no service.
    assert seen.startswith("no HTTP") or seen == "HTTP 400", seen


def test_the_node_status_answers_with_the_token(outputs: StackOutputs, token: str) -> None:
    status = node_status(outputs.endpoint, token)
    assert not status.problem
    assert status.document


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong-token"}])
def test_the_node_status_is_refused_without_the_token(
    outputs: StackOutputs, header: dict[str, str]
) -> None:
    context = ssl.create_default_context(cadata=outputs.endpoint.ca_certificate)
    connection = http.client.HTTPSConnection(
        outputs.endpoint.host, outputs.endpoint.port, timeout=10, context=context
    )
    connection.request("GET", STATUS_PATH, headers=header)
    answer = connection.getresponse()
    body = answer.read(1000)
    connection.close()
    assert answer.status in (401, 403), f"HTTP {answer.status}: {body[:200]!r}"
