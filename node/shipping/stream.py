"""One log stream of the account: this machine's, in one group."""

from __future__ import annotations

import logging
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from node.errors import NodeError
from node.shipping.batch import Batch

LOG: Final = logging.getLogger("node.shipping")

_POISON: Final = frozenset({"InvalidParameterException", "ValidationException"})
"""What the API says of events that it will never take."""


class LogStream:
    """Takes batches; makes itself when it is missing."""

    def __init__(self, client: Any, group: str, name: str) -> None:
        """`client` is the account's CloudWatch Logs."""
        self._client = client
        self._where = {"logGroupName": group, "logStreamName": name}

    def put(self, batch: Batch) -> None:
        """Send. A batch that the API will never take is told of and dropped.

        Raises:
            NodeError: it may be taken later.
        """
        try:
            self._put(batch)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _POISON:
                LOG.critical("%d lines are lost, the account refuses them: %s", len(batch), error)
                return
            msg = f"log group {self._where['logGroupName']} took nothing: {error}"
            raise NodeError(msg) from error
        except BotoCoreError as error:
            msg = f"log group {self._where['logGroupName']} took nothing: {error}"
            raise NodeError(msg) from error

    def _put(self, batch: Batch) -> None:
        events = batch.events()
        try:
            answer = self._client.put_log_events(**self._where, logEvents=events)
        except self._client.exceptions.ResourceNotFoundException:
            # The stream, most likely. A missing group is what creating the stream tells.
            self._create()
            answer = self._client.put_log_events(**self._where, logEvents=events)
        rejected = answer.get("rejectedLogEventsInfo")
        if rejected:
            LOG.warning("lines too old or too new for their log group: %s", rejected)

    def _create(self) -> None:
        try:
            self._client.create_log_stream(**self._where)
        except self._client.exceptions.ResourceAlreadyExistsException:
            # Another process of this machine was quicker.
            return
