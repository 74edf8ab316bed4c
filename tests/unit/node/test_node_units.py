"""The unit files: they name the same ports, paths and modules as the code, and they are tight."""

from __future__ import annotations

import configparser
import importlib.util
import re
from pathlib import Path

import pytest

from lakehouse import ports
from node import boot, paths
from node.shipping import routing

ROLE = Path(__file__).parents[3] / "ansible/roles/node"
SERVICES = sorted(ROLE.glob("templates/*.service.j2"))
AT_BOOT = {"millrace-boot.service.j2", "millrace-scratch.service.j2"}
LONG_RUNNING = [path for path in SERVICES if path.name not in AT_BOOT]


class Unit(configparser.RawConfigParser):
    """A unit file; of repeated keys the last one counts here."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, comment_prefixes=("#",), delimiters=("=",))
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.read_string(path.read_text())


def by_name(path: Path) -> str:
    return path.name.removesuffix(".service.j2")


def text_of(name: str) -> str:
    return (ROLE / "templates" / f"{name}.service.j2").read_text()


def test_the_units_are_these() -> None:
    assert [by_name(path) for path in SERVICES] == [
        "millrace-autoscaler",
        "millrace-boot",
        "millrace-fleet",
        "millrace-gateway",
        "millrace-health",
        "millrace-metrics",
        "millrace-probe",
        "millrace-scratch",
        "millrace-shipper",
        "millrace-worker-agent",
        "spark-connect",
        "spark-master",
        "spark-worker",
    ]


@pytest.mark.parametrize("path", [*SERVICES, *ROLE.glob("templates/*.target.j2")], ids=str)
def test_a_unit_has_nothing_to_fill_in(path: Path) -> None:
    assert "{{" not in path.read_text()
    assert "{%" not in path.read_text()


@pytest.mark.parametrize("path", LONG_RUNNING, ids=by_name)
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX AF_NETLINK"),
        ("SystemCallFilter", "@system-service"),
        ("RestrictNamespaces", "yes"),
    ],
)
def test_what_runs_is_confined(path: Path, key: str, value: str) -> None:
    assert Unit(path)["Service"][key] == value


@pytest.mark.parametrize("path", LONG_RUNNING, ids=by_name)
def test_nothing_runs_as_root(path: Path) -> None:
    assert Unit(path)["Service"]["User"] in {
        paths.SPARK_USER,
        paths.GATEWAY_USER,
        paths.SHIPPER_USER,
    }


@pytest.mark.parametrize("path", LONG_RUNNING, ids=by_name)
def test_what_dies_comes_back(path: Path) -> None:
    assert Unit(path)["Service"]["Restart"] in {"always", "on-failure"}


@pytest.mark.parametrize("path", SERVICES, ids=by_name)
def test_a_unit_starts_a_module_that_there_is(path: Path) -> None:
    for module in re.findall(r"-m (node\.\w+)", path.read_text()):
        assert importlib.util.find_spec(module), module


def test_local_disks_are_mounted_for_everybody() -> None:
    unit = Unit(ROLE / "templates/millrace-scratch.service.j2")["Service"]
    apart = {"ProtectSystem", "PrivateTmp", "PrivateDevices", "PrivateMounts", "ProtectHome"}
    assert not apart & set(unit), "a unit with its own file system mounts for itself alone"


def test_boot_alone_is_enabled() -> None:
    enabled = [by_name(path) for path in SERVICES if "[Install]" in path.read_text()]
    assert enabled == ["millrace-boot"], "the role's target is started by boot"


def test_a_wrong_document_is_not_tried_again() -> None:
    unit = Unit(ROLE / "templates/millrace-boot.service.j2")
    assert unit["Service"]["RestartPreventExitStatus"] == str(boot.EXIT_LASTING)


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("spark-master", f"-p {ports.MASTER} --webui-port {ports.MASTER_UI}"),
        ("spark-worker", f"-p {ports.WORKER} --webui-port {ports.WORKER_UI}"),
        ("spark-worker", f":{ports.MASTER}\n"),
        ("spark-master", f"EnvironmentFile={paths.DAEMON_ENV}"),
        ("spark-worker", f"EnvironmentFile={paths.DAEMON_ENV}"),
        ("spark-connect", f"EnvironmentFile={paths.SPARK_ENV}"),
        ("spark-connect", "Environment=SPARK_LOCAL_IP=127.0.0.1"),
        ("spark-connect", f"--properties-file {paths.SPARK_DEFAULTS} "),
        ("spark-master", f"--properties-file {paths.SPARK_DEFAULTS}"),
        ("spark-worker", f"--properties-file {paths.SPARK_DEFAULTS} "),
        ("millrace-gateway", f"-c {paths.NGINX_CONF}"),
        ("millrace-gateway", f"RuntimeDirectory={paths.GATEWAY_RUNTIME.name}"),
        ("millrace-probe", f"RuntimeDirectory={paths.PROBE.parent.name}"),
        ("millrace-probe", f"ExecStart={paths.SPARK_PYTHON} "),
        ("millrace-shipper", f"StateDirectory={paths.SHIPPER_STATE.name}"),
        ("millrace-shipper", f"RuntimeDirectory={paths.SHIPPED.parent.name}"),
        ("millrace-shipper", f"User={paths.SHIPPER_USER}"),
        ("millrace-shipper", "KillMode=mixed"),
        ("millrace-boot", "OnFailure=millrace-shipper.service"),
        ("millrace-autoscaler", f"ConditionPathExists={paths.AUTOSCALE}"),
        ("millrace-autoscaler", f"RuntimeDirectory={paths.AUTOSCALER_STATE.parent.name}"),
        ("millrace-scratch", f"RuntimeDirectory={paths.SCRATCH_STATE.parent.name}"),
        ("spark-worker", f"ReadWritePaths=-{paths.SCRATCH}"),
        ("spark-connect", f"ReadWritePaths=-{paths.SCRATCH}"),
        ("millrace-boot", "Wants=nftables.service millrace-scratch.service"),
        ("millrace-fleet", f"RuntimeDirectory={paths.WORKER_STATES.parent.name}"),
        ("millrace-fleet", f"RuntimeDirectory={paths.AT_RISK.parent.name}"),
        ("millrace-health", f"ConditionPathExists={paths.BOOT_DOCUMENT}"),
    ],
)
def test_units_and_code_name_the_same(unit: str, words: str) -> None:
    assert words in text_of(unit)


def test_the_connect_server_gets_no_daemon_environment() -> None:
    assert str(paths.DAEMON_ENV) not in text_of("spark-connect")


def test_a_server_ended_by_the_watchdog_is_started_again() -> None:
    assert "Restart=always" in text_of("spark-connect"), "SIGTERM counts as success"


def test_a_role_wants_its_units_and_not_the_others() -> None:
    wants = {
        role: set(
            re.findall(
                r"[\w-]+(?=\.service)", (ROLE / f"templates/millrace-{role}.target.j2").read_text()
            )
        )
        for role in ("leader", "worker")
    }
    assert wants == {
        "leader": {
            "spark-master",
            "spark-connect",
            "millrace-gateway",
            "millrace-probe",
            "millrace-health",
            "millrace-shipper",
            "millrace-metrics",
            "millrace-autoscaler",
            "millrace-fleet",
        },
        "worker": {"spark-worker", "millrace-worker-agent", "millrace-shipper"},
    }


def test_before_its_role_a_machine_lets_in_ssh_only() -> None:
    text = (ROLE / "files/nftables.conf").read_text()
    assert "hook input priority filter; policy drop;" in text
    assert re.findall(r"tcp dport (.*) accept", text) == ["22"]


def test_the_metadata_service_is_for_who_calls_the_account() -> None:
    text = (ROLE / "files/nftables.conf").read_text()
    users = f'{{ "root", "{paths.SPARK_USER}", "{paths.SHIPPER_USER}" }}'
    assert f"ip daddr {ports.IMDS} meta skuid != {users} reject" in text


def test_whoever_is_shipped_stops_before_the_shipper() -> None:
    text = text_of("millrace-shipper")
    before = set(re.findall(r"[\w-]+(?=\.service)", " ".join(re.findall(r"Before=(.*)", text))))
    once = {"millrace-boot", "millrace-scratch", "ssh"}
    stopping = {each for each in routing.UNITS if each not in once}
    assert before == stopping - {"millrace-shipper"}, "their last lines would stay behind"


def test_every_unit_of_ours_is_shipped() -> None:
    assert {by_name(path) for path in SERVICES} <= set(routing.UNITS)


def test_a_machine_that_goes_down_looks_lost_and_not_like_failed_tasks() -> None:
    service = Unit(ROLE / "templates/spark-worker.service.j2")["Service"]
    assert service["KillSignal"] == "SIGKILL", (
        "a worker that is asked to stop blames the tasks of its executors"
    )
    assert service["SuccessExitStatus"] == "SIGKILL", "a stop is no failure"
    assert service["Restart"] == "always", "else a worker that the kernel killed would stay away"
    assert "KillMode" not in service, "the worker first, its executors with it"
