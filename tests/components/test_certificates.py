"""Certificates: what clients check, checked here first."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from components import _certificates as certificates

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("connect.lakehouse.internal", "localhost", "127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def issuer() -> certificates.KeyPair:
    return certificates.authority("test authority", NOW)


@pytest.fixture(scope="module")
def leaf(issuer: certificates.KeyPair) -> x509.Certificate:
    pair = certificates.leaf(issuer, NAMES, NOW)
    return x509.load_pem_x509_certificates(pair.certificate.encode())[0]


def test_the_leaf_is_for_exactly_the_given_names(leaf: x509.Certificate) -> None:
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["connect.lakehouse.internal", "localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("127.0.0.1")]


def test_the_leaf_may_serve_and_not_sign(leaf: x509.Certificate) -> None:
    constraints = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert not constraints.ca
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_the_authority_signs_leaves_only(issuer: certificates.KeyPair) -> None:
    certificate = x509.load_pem_x509_certificate(issuer.certificate.encode())
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)


def test_a_leaf_lasts_no_longer_than_clients_accept(leaf: x509.Certificate) -> None:
    assert leaf.not_valid_after_utc - NOW == timedelta(days=397)
    assert leaf.not_valid_before_utc < NOW, "a client's clock may lag"


def test_key_and_certificate_belong_together(issuer: certificates.KeyPair) -> None:
    key = load_pem_private_key(issuer.private_key.encode(), password=None)
    certificate = x509.load_pem_x509_certificate(issuer.certificate.encode())
    assert key.public_key() == certificate.public_key()


def test_a_pair_survives_its_secret(issuer: certificates.KeyPair) -> None:
    assert certificates.KeyPair.from_json(issuer.to_json()) == issuer
