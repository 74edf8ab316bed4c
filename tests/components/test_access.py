"""Access: secrets are made once, and each is read only by those who need it."""

from __future__ import annotations

import json

import pytest
from cryptography import x509

from tests.components.programs import access
from tests.components.recorder import Recorded, build


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return build(lambda: access("acc"))


def test_a_stored_secret_is_not_replaced_by_a_later_run(recorded: Recorded) -> None:
    for version in recorded.of("SecretVersion"):
        assert list(version.options.ignoreChanges) == ["secretString"], version.name


def test_each_user_has_a_token_of_its_own(recorded: Recorded) -> None:
    tokens = [each for each in recorded.of("SecretVersion") if "-token-" in each.name]
    assert sorted(each.name for each in tokens) == [
        "acc-token-airflow-1",
        "acc-token-analyst-1",
        "acc-token-dbt-1",
    ]
    values = {each.inputs["secretString"] for each in tokens}
    assert len(values) == 3
    assert min(map(len, values)) >= 43, "256 bits"


def test_raising_a_counter_stores_a_new_value_under_a_new_name(recorded: Recorded) -> None:
    rotated = build(lambda: access("acc", token_rotation=2))
    before = {each.name for each in recorded.of("SecretVersion")}
    after = {each.name for each in rotated.of("SecretVersion")}
    assert after - before == {
        "acc-token-airflow-2",
        "acc-token-analyst-2",
        "acc-token-dbt-2",
    }
    assert {each.name for each in recorded.of("Secret")} == {
        each.name for each in rotated.of("Secret")
    }, "readers keep the ARN they know"


def test_a_new_authority_signs_a_new_gateway_certificate(recorded: Recorded) -> None:
    rotated = build(lambda: access("acc", authority_rotation=2))
    names = {each.name for each in rotated.of("SecretVersion")}
    assert {"acc-authority-2", "acc-gateway-2-1"} <= names


def test_the_gateway_s_secret_is_signed_by_the_stored_authority(recorded: Recorded) -> None:
    stored = json.loads(recorded.one("SecretVersion", "-authority-1").inputs["secretString"])
    gateway = json.loads(recorded.one("SecretVersion", "-gateway-1-1").inputs["secretString"])
    issuer = x509.load_pem_x509_certificate(stored["certificate"].encode())
    leaf, chain = x509.load_pem_x509_certificates(gateway["certificate"].encode())
    leaf.verify_directly_issued_by(issuer)
    assert chain == issuer


def test_the_authority_s_key_is_in_no_other_secret(recorded: Recorded) -> None:
    authority = json.loads(recorded.one("SecretVersion", "-authority-1").inputs["secretString"])
    others = [each for each in recorded.of("SecretVersion") if "-authority-" not in each.name]
    key = authority["private_key"]
    assert not [each.name for each in others if key in each.inputs["secretString"]]
