"""Clients of the account, with the machine's own role.

botocore without boto3: the agent needs five calls, and a machine should be up quickly.
"""

from __future__ import annotations

import os
from typing import Any

from botocore.config import Config
from botocore.session import Session

# Boot may be faster than the metadata service's credentials; one attempt of a second is botocore's
# default, and then a machine would fail that only had to wait.
_CREDENTIAL_ATTEMPTS = 20


class Account:
    """Makes clients for one region, on AWS or at an emulated account's URL."""

    def __init__(self, *, region: str, endpoint_url: str = "") -> None:
        """An empty `endpoint_url` means AWS's own endpoints."""
        # A stale profile or key in the environment must not shadow the machine's role.
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
            os.environ.pop(name, None)
        self._session = Session()
        self._session.set_config_variable("metadata_service_num_attempts", _CREDENTIAL_ATTEMPTS)
        self._session.set_config_variable("metadata_service_timeout", 2)
        self._region = region
        self._endpoint_url = endpoint_url or None

    def client(self, service: str) -> Any:
        """A client with short time-outs: its callers wait with deadlines of their own."""
        return self._session.create_client(
            service,
            region_name=self._region,
            endpoint_url=self._endpoint_url,
            config=Config(
                connect_timeout=3,
                read_timeout=10,
                retries={"mode": "standard", "max_attempts": 5},
            ),
        )
