"""Checking the Packer files of every way to bake, offline and without an account."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ops.image.inputs import REPOSITORY
from toolchain.packer_kit import packer_kit
from toolchain.process import run
from toolchain.progress import Log

BAKES: Final[Mapping[str, Mapping[str, str]]] = {
    "arm64": {"architecture": "arm64", "instance_type": "m7g.large"},
    "amd64": {"architecture": "x86_64", "instance_type": "m7i.large"},
    "in a private subnet": {
        "ssh_interface": "session_manager",
        "iam_instance_profile": "millrace-bake",
        "vpc_tags": json.dumps({"Name": "bake"}),
        "subnet_tags": json.dumps({"tier": "private"}),
        "source_ami_release": "20251112-2294",
        "kms_key_id": "alias/millrace",
    },
}
"""What is said beyond what every bake says: each way with complete variables."""


def validate(log: Log) -> None:
    """Formatting, syntax, types and the arguments of both sources, for each of `BAKES`.

    Raises:
        ToolError: Packer objects; its words are the message.
    """
    kit = packer_kit(log)
    folder = REPOSITORY / "packer"
    complete = {
        "content_hash": "0" * 64,
        "git_revision": "0" * 40,
        "artefact_dir": "/nonexistent",
        "millrace_jar": "/nonexistent",
        "python": sys.executable,
        "ansible_playbook": str(Path(sys.executable).with_name("ansible-playbook")),
    }
    run([kit.packer, "fmt", "-check", "-diff", folder], what="packer fmt", log=log)
    for name, special in BAKES.items():
        variables = {**complete, **special}
        words = [word for key, value in variables.items() for word in ("-var", f"{key}={value}")]
        command: list[str | Path] = [kit.packer, "validate", *words, folder]
        run(command, what=f"packer validate, {name}", log=log, environment=kit.environment())
