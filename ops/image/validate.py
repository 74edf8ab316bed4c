"""Checking the Packer files of every way to bake, offline and without an account."""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lakehouse.versions import pin_files
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
        "user_data_file": os.devnull,
        "vpc_tags": json.dumps({"Name": "bake"}),
        "subnet_tags": json.dumps({"tier": "private"}),
        "source_ami_release": "20251112-2294",
        "kms_key_id": "alias/millrace",
    },
}
"""What is said beyond what every bake says: each way with complete variables."""


def validate(log: Log) -> None:
    """Formatting, syntax, types and the arguments of both sources: each of `BAKES`, each set.

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
    for (name, special), (version_set, pins) in itertools.product(
        BAKES.items(), pin_files().items()
    ):
        variables = {**complete, **special, "pin_file": pins.name}
        words = [word for key, value in variables.items() for word in ("-var", f"{key}={value}")]
        command: list[str | Path] = [kit.packer, "validate", f"-var-file={pins}", *words, folder]
        what = f"packer validate, {version_set} {name}"
        run(command, what=what, log=log, environment=kit.environment())
