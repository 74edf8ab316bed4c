"""What Ansible says of a second run is understood."""

from __future__ import annotations

from ops.image.again import PLAYBOOKS, changed_tasks
from ops.image.layer import TESTS

_OUTPUT = """\
PLAY [Install the runtime] *****************************************************

TASK [java : Debian packages] **************************************************
ok: [198.51.100.2]

TASK [spark : Directories] *****************************************************
ok: [198.51.100.2] => (item=/opt/spark)
changed: [198.51.100.2] => (item=/var/tmp/x)
changed: [198.51.100.2] => (item=/var/tmp/y)

TASK [spark : Account] *********************************************************
skipping: [198.51.100.2]

RUNNING HANDLER [base : Reload systemd] ****************************************
changed: [198.51.100.2]

PLAY RECAP *********************************************************************
198.51.100.2               : ok=3    changed=2    unreachable=0    failed=0
"""


def test_every_task_that_changed_something_is_named_once() -> None:
    assert changed_tasks(_OUTPUT) == ["spark : Directories", "base : Reload systemd"]


def test_a_run_that_changed_nothing_names_none() -> None:
    assert changed_tasks(_OUTPUT.replace("changed: ", "ok: ")) == []


def test_every_layer_that_roles_make_is_run_again() -> None:
    assert tuple(TESTS) == PLAYBOOKS
