"""Running the roles once more on a finished image: they have to change nothing.

What a second run changes, a first run did not leave as the role describes it.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Final

from lakehouse.errors import ToolError
from lakehouse.versions import load_set, pin_file
from ops.image import machine
from ops.image.artefacts import ensure_artefacts
from ops.image.bake import LocalImage
from ops.image.inputs import REPOSITORY, collect
from ops.image.jar import ensure_jar
from toolchain.process import run
from toolchain.progress import Log

PLAYBOOKS: Final = ("runtime", "startup", "project")
"""Everything that is installed, in the order of the bake; hygiene removes without looking."""

_TASK: Final = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(?P<name>.+?)\] \**$")
_DEADLINE_SECONDS: Final = 1200.0


def run_again(image: LocalImage, login: machine.Login, log: Log) -> None:
    """Apply every role to a booted machine of `image`.

    An image of another checkout is left alone: what differs is what its roles were.

    Raises:
        ToolError: a task changed something; the message names each.
    """
    versions = load_set(image.version_set)
    if collect(versions, image.architecture).content_hash != image.content_hash:
        log("image: not of this checkout's roles, so they are not run on it again")
        return
    start = time.monotonic()
    output = run(
        [
            Path(sys.executable).with_name("ansible-playbook"),
            *(f"ansible/playbooks/{name}.yml" for name in PLAYBOOKS),
            *("--inventory", f"{machine.MACHINE},", "--user", "root"),
            *("--extra-vars", f"@{pin_file(image.version_set)}"),
            *("--extra-vars", _variables(image, log)),
        ],
        what="image: roles, once more",
        log=log,
        environment=_environment(login),
        directory=REPOSITORY,
        deadline=_DEADLINE_SECONDS,
    )
    changed = changed_tasks(output)
    if changed:
        msg = f"a second run of the roles changed {len(changed)}: {', '.join(changed)}"
        raise ToolError(msg)
    log(f"image: roles once more: 0 changed in {time.monotonic() - start:.1f} s")


def changed_tasks(output: str) -> list[str]:
    """Names of the tasks that Ansible says changed something."""
    changed: list[str] = []
    task = ""
    for line in output.splitlines():
        if found := _TASK.match(line):
            task = found["name"]
        elif line.startswith("changed: ") and task not in changed:
            changed.append(task)
    return changed


def _variables(image: LocalImage, log: Log) -> str:
    """As Packer says them (`packer/locals.pkr.hcl`)."""
    versions = load_set(image.version_set)
    artefacts = str(ensure_artefacts(versions, image.architecture, log))
    return json.dumps(
        {
            "spark_artefact_dir": artefacts,
            "iceberg_artefact_dir": artefacts,
            "iceberg_millrace_jar": str(ensure_jar(image.version_set, log)),
            "node_version_info": {
                "version_set": image.version_set,
                "content_hash": image.content_hash,
                "components": versions.versions,
            },
        }
    )


def _environment(login: machine.Login) -> dict[str, str]:
    return {
        **os.environ,
        "ANSIBLE_CONFIG": str(REPOSITORY / "ansible" / "ansible.cfg"),
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_SSH_COMMON_ARGS": f"-F {login.ssh_config}",
    }
