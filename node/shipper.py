"""`python3 -m node.shipper`: sends what this machine's services log to the account.

Two destinations: the generation's logs, and on a leader the record of who ran what. A machine
without a log group keeps everything to itself.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from typing import Final

from lakehouse.boot import BootDocument, BootDocumentError, parse
from node import journal, paths
from node.errors import NodeError
from node.metadata import Metadata
from node.shipping.journal import Journal, command
from node.shipping.routing import UNITS, Destination
from node.shipping.shipped import Progress

LOG: Final = logging.getLogger("node.shipper")

START_SECONDS: Final = 15.0
"""Left to the services that clients wait for; the journal keeps what they say meanwhile."""


def document_of(metadata: Metadata) -> BootDocument:
    """What boot wrote; where boot failed, what it was given: its last words are the ones to send.

    Raises:
        NodeError: neither is there.
        BootDocumentError: what is there is no boot document.
    """
    try:
        return parse(paths.BOOT_DOCUMENT.read_text(encoding="utf-8"))
    except OSError:
        return parse(metadata.get("user-data", deadline=60.0))


def groups_of(document: BootDocument) -> dict[Destination, str]:
    """The log groups that this machine writes to."""
    wanted: dict[Destination, str] = {"logs": document.log_group}
    if document.role == "leader":
        wanted["audit"] = document.audit_log_group
    return {name: group for name, group in wanted.items() if group}


def ship(document: BootDocument, machine: str, stop: threading.Event) -> None:
    """Ship until `stop`.

    Raises:
        NodeError: see `Shipper.run`.
    """
    # Here, because importing them takes longer than everything above.
    from node.aws import Account
    from node.shipping.shipper import Shipper
    from node.shipping.stream import LogStream

    account = Account(region=document.region, endpoint_url=document.aws_endpoint_url)
    client = account.client("logs")
    stream = f"{document.generation}/{document.role}/{machine}"
    progress = Progress()
    reader = Journal(command(progress.cursor(), UNITS))
    try:
        Shipper(
            reader,
            {name: LogStream(client, group, stream) for name, group in groups_of(document).items()},
            progress,
            statements=document.audit_statements,
            stopping=stop.is_set,
            pause=stop.wait,
        ).run()
    finally:
        reader.close()


def main() -> int:
    """Ship until told to stop; a failure ends the process, and systemd starts the next one."""
    journal.configure()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    metadata = Metadata()
    try:
        document = document_of(metadata)
        if not groups_of(document):
            LOG.info("no log group: logs stay on this machine")
            return 0
        machine = metadata.get("meta-data/instance-id").strip()
        stop.wait(START_SECONDS)
        ship(document, machine, stop)
    except BootDocumentError as error:
        LOG.error("nothing to ship to: %s", error)  # noqa: TRY400  a traceback would hide the line
        return 0
    except NodeError as error:
        LOG.error("%s", error)  # noqa: TRY400
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
