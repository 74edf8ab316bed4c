"""The image tests fail on a defect, in the test that names it, and on nothing else.

Each defect is planted over the layers of the baked image, in an overlay of its own that is gone
afterwards. What shows in files is tested there; what shows only on a running machine is booted.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lakehouse.versions import load
from ops.image import machine, mounts
from ops.image.bake import LocalImage, ensure_local_image
from ops.image.inventory import inside
from ops.image.layer import compress
from ops.image.prove import prove, running
from toolchain.cache import cache_dir, locked
from toolchain.progress import Progress

pytestmark = pytest.mark.cluster

_ROOT = Path(__file__).parents[2]
_JARS = "opt/spark/home/jars"
_JAR = next(jar for jar in load().jar_artefacts if jar.artifact == "iceberg-aws-bundle")
_SMALL = next(jar for jar in load().jar_artefacts if jar.artifact == "caffeine")
_SECONDS = 120
_PRINTS_JAVA_11 = "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n"
_OPEN_PORT = """\
[Service]
ExecStart=/usr/bin/python3 -m http.server 8099
[Install]
WantedBy=multi-user.target
"""


def _write(root: Path, name: str, text: str, mode: int = 0o644) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def _another_jar_version(root: Path) -> None:
    jars = inside(root, _JARS)
    (jars / _JAR.file).rename(jars / f"{_JAR.artifact}-1.0.0.jar")


def _changed_artefact(root: Path) -> None:
    with (inside(root, _JARS) / _SMALL.file).open("ab") as jar:
        jar.write(b"\n")


def _no_unit(root: Path) -> None:
    (root / "etc/systemd/system/millrace-health.service").unlink()


def _open_port(root: Path) -> None:
    _write(root, "etc/systemd/system/open.service", _OPEN_PORT)
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "open.service").symlink_to("/etc/systemd/system/open.service")


def _key(root: Path) -> None:
    _write(root, "root/.ssh/authorized_keys", "ssh-ed25519 AAAA bake\n", 0o600)


def _secret(root: Path) -> None:
    _write(root, "etc/spark/spark-defaults.conf", f"spark.authenticate.secret {'5e' * 16}\n")


def _java_11(root: Path) -> None:
    (root / "opt/java").unlink()
    _write(root, "opt/java/bin/java", _PRINTS_JAVA_11, 0o755)


def _soft_unit(root: Path) -> None:
    name = "etc/systemd/system/spark-connect.service"
    text = (root / name).read_text(encoding="utf-8")
    _write(root, name, text.replace("NoNewPrivileges=yes\n", ""))


def _no_firewall(root: Path) -> None:
    _write(root, "etc/nftables.conf", "#!/usr/sbin/nft -f\nflush ruleset\n", 0o755)


def _machine_id(root: Path) -> None:
    _write(root, "etc/machine-id", f"{'0a' * 16}\n", 0o444)


@dataclass(frozen=True, kw_only=True)
class Defect:
    """What is planted, which part of the suite looks at it, and what that part must say."""

    plant: Callable[[Path], None]
    tests: tuple[str, ...]
    fails: Mapping[str, str]
    """Every test that fails -> words of its reason."""


_RUNTIME = ("test_runtime.py", "-k", "java or jar")
_NODE = ("test_node.py", "-k", "unit or service or enabled or boot")
_HYGIENE = ("test_hygiene.py",)
_BOOT = ("test_boot.py",)
_IN_A_TREE = "--connection=chroot"

IN_FILES = {
    "wrong jar version": Defect(
        plant=_another_jar_version,
        tests=_RUNTIME,
        fails={
            "test_a_pinned_jar_lies_in_sparks_own_folder[iceberg-aws-bundle]": _JAR.file,
            "test_a_pinned_jar_lies_there_in_one_version[iceberg-aws-bundle]": "-1.0.0.jar",
        },
    ),
    "checksum mismatch": Defect(
        plant=_changed_artefact,
        tests=_RUNTIME,
        fails={"test_a_pinned_jar_lies_in_sparks_own_folder[caffeine]": _SMALL.sha256},
    ),
    "wrong Java": Defect(
        plant=_java_11,
        tests=_RUNTIME,
        fails={
            "test_java_is_of_the_pinned_version": "11.0.2",
            "test_the_java_on_path_is_the_one_of_java_home": "2",
        },
    ),
    "missing unit": Defect(
        plant=_no_unit,
        tests=_NODE,
        fails={
            "test_a_unit_has_no_fault_that_systemd_finds[millrace-health.service]": "not found",
            "test_a_service_gives_up_what_it_does_not_need[millrace-health.service]": "No such",
        },
    ),
    "unit not hardened": Defect(
        plant=_soft_unit,
        tests=_NODE,
        fails={
            "test_a_service_gives_up_what_it_does_not_need[spark-connect.service]": (
                "NoNewPrivileges=yes"
            )
        },
    ),
    "leftover key": Defect(
        plant=_key,
        tests=_HYGIENE,
        fails={"test_no_key_logs_in": "/root/.ssh/authorized_keys"},
    ),
    "world-readable secret": Defect(
        plant=_secret,
        tests=_HYGIENE,
        fails={"test_no_setting_that_everyone_can_read_holds_a_secret": "/spark-defaults.conf"},
    ),
    "machine id baked": Defect(
        plant=_machine_id,
        tests=_HYGIENE,
        fails={"test_a_record_of_the_bake_is_empty[/etc/machine-id]": "/etc/machine-id"},
    ),
}
ON_A_MACHINE = {
    "open port": Defect(
        plant=_open_port,
        tests=_BOOT,
        fails={"test_only_ssh_and_the_resolver_listen": "0.0.0.0:8099"},
    ),
    "no nftables rule": Defect(
        plant=_no_firewall,
        tests=_BOOT,
        fails={"test_the_firewall_lets_nothing_in_by_default": "policy drop"},
    ),
}


@pytest.fixture(scope="module")
def image() -> LocalImage:
    return ensure_local_image(Progress())


@pytest.fixture(scope="module")
def layers(image: LocalImage) -> Iterator[list[Path]]:
    """The image's layers, mounted; what a killed run left is removed first."""
    folder = cache_dir() / "planted"
    with locked("planted", Progress()), contextlib.ExitStack() as stack:
        mounts.sweep(folder)
        shutil.rmtree(folder, ignore_errors=True)
        stack.callback(shutil.rmtree, folder)
        yield [
            stack.enter_context(mounts.squashfs(layer, folder / f"lower{number}"))
            for number, layer in enumerate(image.layers)
        ]


@contextmanager
def _tree(layers: list[Path]) -> Iterator[Path]:
    work = layers[0].parent / "work"
    names = [work / name for name in ("upper", "overlay", "root")]
    try:
        with mounts.overlay(layers, *names) as root:
            # A program finds the libraries beside it through /proc.
            subprocess.run(["mount", "-t", "proc", "proc", root / "proc"], check=True)
            try:
                yield root
            finally:
                subprocess.run(["umount", root / "proc"], check=True)
    finally:
        shutil.rmtree(work)


def _failures(tests: tuple[str, ...], report: Path, host: str, *options: str) -> dict[str, str]:
    """Run a part of the suite on `host`: failed test -> what it said."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *(f"tests/image/{test}" if test.endswith(".py") else test for test in tests),
            *(f"--junitxml={report}", f"--hosts={host.removeprefix('chroot://')}", *options),
        ],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    # Our own pytest wrote it a moment ago.
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314
    assert cases, "a part of the suite without tests proves nothing"
    return {
        _claim(case.attrib["name"], host): failure.attrib["message"] + (failure.text or "")
        for case in cases
        for failure in [*case.iter("failure"), *case.iter("error")]
    }


def _claim(name: str, host: str) -> str:
    """A test's name without where it ran."""
    return name.replace(f"[{host}-", "[").replace(f"[{host}]", "")


def _assert_found(found: Mapping[str, str], defect: Defect) -> None:
    assert sorted(found) == sorted(defect.fails)
    unexplained = {
        name: found[name] for name, why in defect.fails.items() if why not in found[name]
    }
    assert unexplained == {}


@pytest.mark.parametrize("tests", [_RUNTIME, _NODE, _HYGIENE], ids=lambda tests: tests[0])
def test_an_image_without_a_defect_passes_in_its_files(
    layers: list[Path], tests: tuple[str, ...], tmp_path: Path
) -> None:
    with _tree(layers) as root:
        found = _failures(tests, tmp_path / "report.xml", f"chroot://{root}", _IN_A_TREE)
    assert found == {}


@pytest.mark.parametrize("name", IN_FILES)
def test_a_defect_in_files_fails_its_test(layers: list[Path], name: str, tmp_path: Path) -> None:
    with _tree(layers) as root:
        IN_FILES[name].plant(root)
        found = _failures(
            IN_FILES[name].tests, tmp_path / "report.xml", f"chroot://{root}", _IN_A_TREE
        )
    _assert_found(found, IN_FILES[name])


def test_an_image_without_a_defect_passes_on_a_machine(image: LocalImage) -> None:
    prove(image, Progress())


@pytest.mark.parametrize("name", ON_A_MACHINE)
def test_a_defect_of_a_running_machine_fails_its_test(
    image: LocalImage, name: str, tmp_path: Path
) -> None:
    planted, layer = tmp_path / "planted", tmp_path / "planted.squashfs"
    planted.mkdir()
    ON_A_MACHINE[name].plant(planted)
    planted.chmod(0o755)
    compress(planted, layer)
    with running(replace(image, layers=(*image.layers, layer)), Progress()) as login:
        host, options = f"ssh://{machine.MACHINE}", f"--ssh-config={login.ssh_config}"
        found = _failures(ON_A_MACHINE[name].tests, tmp_path / "report.xml", host, options)
    _assert_found(found, ON_A_MACHINE[name])
