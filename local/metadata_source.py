"""Connects the metadata service to the account: who has which address, and what is asked live."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from lakehouse.errors import LakehouseError
from local.account_client import AccountClient
from local.metadata import Answer, Sources, answer
from local.world import Instance, World

NOTICE_SECONDS: Final = 1.0
"""Machines ask for notices every few seconds; the account is asked at most this often."""

_CREDENTIAL_KEYS: Final = ("AccessKeyId", "SecretAccessKey", "Token", "Expiration")

_log = logging.getLogger("metadata")


class MetadataSource:
    """Answers requests from the last world that the reconciler saw."""

    def __init__(
        self, client: AccountClient, region: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._region = region
        self._clock = clock
        self._instances: dict[str, Instance] = {}
        self._notices: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._vpc_cidrs: dict[str, str] = {}
        self._sources = Sources(
            credentials=self._credentials, notices=self._notice, vpc_cidr=self._vpc_cidr
        )

    def update(self, world: World) -> None:
        """Take over a new world (the dict is replaced as a whole, so no lock is needed)."""
        self._vpc_cidrs = {each.id: each.cidr for each in world.vpcs.values()}
        self._instances = {each.private_ip: each for each in world.instances.values()}

    def lookup(self, address: str, path: str) -> Answer | None:
        """The answer for the machine with this address; none when it is nobody's."""
        instance = self._instances.get(address)
        if instance is None:
            return None
        try:
            return answer(path, instance, self._region, self._sources)
        except LakehouseError as error:
            _log.warning("%s from %s: %s", path, address, error)
            return Answer(500, b"")

    def _vpc_cidr(self, vpc_id: str) -> str | None:
        return self._vpc_cidrs.get(vpc_id)

    def _credentials(self, instance_id: str) -> str:
        given = self._client.post("/_local/role-credentials", {"instance_id": instance_id})
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        document = {
            "Code": "Success",
            "LastUpdated": now,
            "Type": "AWS-HMAC",
            **{key: given[key] for key in _CREDENTIAL_KEYS},
        }
        return json.dumps(document, indent=2)

    def _notice(self, instance_id: str) -> Mapping[str, Any]:
        now = self._clock()
        at, known = self._notices.get(instance_id, (0.0, {}))
        if not known or now - at > NOTICE_SECONDS:
            known = self._client.get(f"/_local/instances/{instance_id}/notices")
            self._notices = {
                **{k: v for k, v in self._notices.items() if now - v[0] <= NOTICE_SECONDS},
                instance_id: (now, known),
            }
        return known
