"""The leader's own name: one A record in the generation's private zone."""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from node.errors import NodeError

TTL: Final = 10
"""Seconds. A replaced leader is found again within this time."""


def upsert(client: Any, *, zone_id: str, host: str, address: str) -> None:
    """Point `host` at `address`, whether or not the record exists.

    Raises:
        NodeError: Route 53 refused or did not answer.
    """
    record = {
        "Name": host,
        "Type": "A",
        "TTL": TTL,
        "ResourceRecords": [{"Value": address}],
    }
    try:
        client.change_resource_record_sets(
            HostedZoneId=zone_id,
            ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
        )
    except (ClientError, BotoCoreError) as error:
        msg = f"record {host} A {address} could not be written into zone {zone_id}: {error}"
        raise NodeError(msg) from error
