"""Settings that moto reads from the environment; import this before any part of moto."""

from __future__ import annotations

import os
from typing import Final

ACCOUNT_ID: Final = "123456789012"
"""moto's own default; every ARN of the local cloud carries it."""

DEFAULT_REGION: Final = "eu-central-1"
"""Of control calls that name none while no region is in use yet."""

_MOTO = {
    # Role policies are attached by the ARNs of AWS-managed policies.
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    # Bodies above this size are spooled to files, so that tables do not live in memory.
    "MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": str(256 * 1024),
    # The account holds the images that this project registers, not 1,285 of Amazon's.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    "MOTO_ACCOUNT_ID": ACCOUNT_ID,
    # botocore's list of S3 Tables regions is shorter than the service's.
    "MOTO_ALLOW_NONEXISTENT_REGION": "true",
    # Nothing here is called by a browser, and the headers would be sent with every answer.
    "MOTO_DISABLE_GLOBAL_CORS": "true",
}


def prepare() -> None:
    """Set what is not set already."""
    for name, value in _MOTO.items():
        os.environ.setdefault(name, value)


prepare()
