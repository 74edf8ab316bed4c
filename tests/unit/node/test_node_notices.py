"""What the metadata service says of the machine's end."""

from __future__ import annotations

from typing import Any

import pytest

from node import notices
from node.errors import MetadataError

STATE = "meta-data/autoscaling/target-lifecycle-state"
ACTION = "meta-data/spot/instance-action"


def test_a_machine_in_service_does_not_leave(imds: Any) -> None:
    imds.entries[STATE] = "InService"
    assert notices.departure(imds.client(), 0.0) is None


def test_a_spot_notice_leaves_a_margin(imds: Any) -> None:
    imds.entries[ACTION] = '{"action": "terminate", "time": "1970-01-01T00:02:00Z"}'
    assert notices.departure(imds.client(), 0.0) == notices.Departure(reason="spot", deadline=110)


def test_a_notice_that_is_none_is_told(imds: Any) -> None:
    imds.entries[ACTION] = "soon"
    with pytest.raises(MetadataError, match="'soon', not a notice"):
        notices.departure(imds.client(), 0.0)
