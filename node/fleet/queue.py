"""The queue that EventBridge fills with notices."""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from node.errors import NodeError
from node.fleet.events import Event, read

WAIT: Final = 5
"""Seconds that one receive waits for a message: below the clients' read timeout of ten."""


class NoticeQueue:
    """Takes messages out; one that is taken twice does no harm."""

    def __init__(self, client: Any, name: str) -> None:
        """`client` is of SQS."""
        self._client = client
        self._name = name
        self._url = ""

    def take(self) -> list[Event]:
        """What came, after waiting for it; messages that say nothing to us are dropped.

        Raises:
            NodeError: there is no such queue yet, or the account refused or did not answer.
        """
        try:
            if not self._url:
                self._url = self._client.get_queue_url(QueueName=self._name)["QueueUrl"]
            answer = self._client.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=WAIT
            )
            events = []
            for each in answer.get("Messages", []):
                event = read(each["Body"])
                if event is not None:
                    events.append(event)
                self._client.delete_message(QueueUrl=self._url, ReceiptHandle=each["ReceiptHandle"])
        except (ClientError, BotoCoreError) as error:
            # A queue that was made anew has another address.
            self._url = ""
            msg = f"notices could not be taken from the queue {self._name}: {error}"
            raise NodeError(msg) from error
        return events
