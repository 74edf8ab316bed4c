"""A stack with one generation, as its outputs and its account tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from lakehouse.outputs import (
    CatalogOutputs,
    EndpointOutputs,
    GenerationOutputs,
    StackOutputs,
)
from ops.context import OpsContext

TOKEN = "tok-0123456789abcdef"
ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:token-analyst"


class FakeSecrets:
    """Answers one secret, whatever it is asked."""

    def text(self, arn: str) -> str:
        assert arn == ARN
        return TOKEN


class FakeAccount:
    """An account of which only the secrets are used."""

    secrets = FakeSecrets()


@pytest.fixture
def outputs() -> StackOutputs:
    return StackOutputs(
        project="millrace",
        stack="local",
        region="eu-central-1",
        account_id="123456789012",
        vpc_id="vpc-1",
        zone_name="local.millrace.internal",
        catalogs=(
            CatalogOutputs(
                name="lake",
                warehouse="arn:aws:s3tables:eu-central-1:123456789012:bucket/lake",
                namespaces=("default",),
            ),
        ),
        generations=(
            GenerationOutputs(
                name="blue",
                image="ami-0123456789abcdef0",
                version_set="spark-3.5",
                weight=100,
                leader_group="blue-leader",
                worker_group="blue-workers",
                target_group="arn:aws:elasticloadbalancing:tg/blue",
                leader_host="leader-blue.local.millrace.internal",
            ),
        ),
        endpoint=EndpointOutputs(
            host="127.0.0.1",
            port=15002,
            dns_name="nlb.elb.eu-central-1.amazonaws.com",
            listener="arn:aws:elasticloadbalancing:listener/1",
            ca_certificate="-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            tokens={"analyst": ARN},
        ),
    )


@pytest.fixture
def context(outputs: StackOutputs) -> OpsContext:
    made = OpsContext(stack="local", outputs=outputs, environment=environment())
    # A cached property: what is put here is never opened from the network.
    made.__dict__["account"] = FakeAccount()
    return made


def environment() -> Mapping[str, Any]:
    return {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
