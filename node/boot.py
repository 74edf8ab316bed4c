"""`python3 -m node.boot`: from a booted image to a leader or a worker.

User data -> boot document -> secrets -> files in /run -> firewall -> (leader) DNS record -> the
role's systemd target. Running it again renders again: nothing is appended, nothing is kept.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from typing import Final

from lakehouse.boot import BootDocument, BootDocumentError, parse
from node import files, instance, journal, machine, names, paths, scratch, secrets, sizes, status
from node.aws import Account
from node.errors import LastingError, NodeError
from node.metadata import Metadata
from node.render import machine_files, release

LOG: Final = logging.getLogger("node.boot")

METADATA_DEADLINE: Final = 180.0
"""Seconds for the network to come up: this unit does not wait for network-online."""

EXIT_LASTING: Final = 2
"""The unit's RestartPreventExitStatus."""


def main() -> int:
    """Run, and turn every failure into one line and a failed unit."""
    journal.configure()
    try:
        boot(Metadata())
    except (LastingError, BootDocumentError) as error:
        LOG.critical("boot stopped, trying again will not help: %s", error)
        return EXIT_LASTING
    except NodeError as error:
        LOG.error("boot failed: %s", error)  # noqa: TRY400  a traceback would hide the line
        return 1
    except OSError as error:
        LOG.error("boot failed: %s", error)  # noqa: TRY400
        return 1
    return 0


def boot(metadata: Metadata) -> None:
    """Do everything, in the order of the module's first sentence."""
    started = time.monotonic()
    text = metadata.get("user-data", deadline=METADATA_DEADLINE)
    # First, so that a machine that cannot read its document can be looked into.
    install_ssh_key(metadata)
    document = parse(text)
    this = instance.read(metadata)
    LOG.info(
        "%s of generation %s, stack %s, instance %s at %s",
        document.role,
        document.generation,
        document.stack,
        this.instance_id,
        this.private_ip,
    )

    account = Account(region=document.region, endpoint_url=document.aws_endpoint_url)
    known = secrets.fetch(document, account.client("secretsmanager"))
    share = sizes.compute(document.spark, machine.read())
    LOG.info("sizes: %s", share)

    for directory in machine_files.directories(document):
        files.ensure_directory(directory)
    spark = release.spark_version(status.read_version(paths.VERSION))
    rendered = machine_files.files(
        document,
        this,
        share,
        known,
        spark=spark,
        archive=paths.CLASS_ARCHIVE.is_file(),
        scratch=scratch.directories(),
    )
    for file in rendered:
        files.write(file)
    run("nft", "-f", str(paths.FIREWALL))

    if document.role == "leader":
        publish(document, this, account)
    run("systemctl", "start", "--no-block", f"millrace-{document.role}.target")
    LOG.info("boot done in %.1f s", time.monotonic() - started)


def publish(document: BootDocument, this: instance.Instance, account: Account) -> None:
    """Let workers find this leader."""
    names.upsert(
        account.client("route53"),
        zone_id=document.zone_id,
        host=document.leader_host,
        address=this.private_ip,
    )
    LOG.info("%s is %s", document.leader_host, this.private_ip)


def install_ssh_key(metadata: Metadata) -> None:
    """Let in the key pair the instance was launched with, if it was launched with one."""
    key = (metadata.find("meta-data/public-keys/0/openssh-key") or "").strip()
    if not key:
        return
    files.ensure_directory(files.RenderedDirectory(path=paths.AUTHORIZED_KEYS.parent, mode=0o700))
    files.write(files.RenderedFile(path=paths.AUTHORIZED_KEYS, text=key + "\n", mode=0o600))


def run(*command: str) -> None:
    """Run a program of the system.

    Raises:
        NodeError: it failed or hung; carries what it said.
    """
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
    except subprocess.CalledProcessError as error:
        msg = f"{' '.join(command)} ended with {error.returncode}: {error.stderr.strip()}"
        raise NodeError(msg) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"{' '.join(command)}: {error}"
        raise NodeError(msg) from error


if __name__ == "__main__":
    sys.exit(main())
