"""Checking the Packer files of both sources, offline and without an account."""

from __future__ import annotations

import sys
from pathlib import Path

from ops.image.inputs import REPOSITORY
from toolchain.packer_kit import packer_kit
from toolchain.process import run
from toolchain.progress import Log


def validate(log: Log) -> None:
    """Formatting, syntax, types and the arguments of both sources.

    Raises:
        ToolError: Packer objects; its words are the message.
    """
    kit = packer_kit(log)
    folder = REPOSITORY / "packer"
    variables = {
        "content_hash": "0" * 64,
        "artefact_dir": "/nonexistent",
        "millrace_jar": "/nonexistent",
        "python": sys.executable,
        "ansible_playbook": str(Path(sys.executable).with_name("ansible-playbook")),
    }
    words = [word for key, value in variables.items() for word in ("-var", f"{key}={value}")]
    environment = kit.environment()
    run([kit.packer, "fmt", "-check", "-diff", folder], what="packer fmt", log=log)
    command: list[str | Path] = [kit.packer, "validate", *words, folder]
    run(command, what="packer validate", log=log, environment=environment)
