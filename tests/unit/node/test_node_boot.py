"""Boot: secrets, sizes, files and their owners, the order of steps, exit codes."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.session import Session
from botocore.stub import Stubber

from lakehouse.boot import BootDocument, SparkBoot
from node import await_master, boot, files, journal, machine, names, paths, secrets, sizes
from node.errors import LastingError, MetadataError, NodeError
from node.instance import Instance
from node.machine import Machine
from node.render import machine_files
from node.secrets import Secrets
from node.sizes import Sizes

PAIR = json.dumps(
    {
        "certificate": "-----BEGIN CERTIFICATE-----\nC",
        "private_key": "-----BEGIN PRIVATE KEY-----\nK-SECRET",
    }
)


def client(service: str) -> Any:
    return Session().create_client(
        service, region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
    )


@pytest.fixture
def manager() -> Iterator[tuple[Any, Stubber]]:
    made = client("secretsmanager")
    with Stubber(made) as stub:
        yield made, stub


def give(stub: Stubber, **values: str) -> None:
    for name, value in values.items():
        stub.add_response("get_secret_value", {"SecretString": value}, {"SecretId": f"arn:{name}"})


def test_a_leader_fetches_its_secrets(leader: BootDocument, manager: Any) -> None:
    made, stub = manager
    give(stub, tls=PAIR, auth="auth-value", alice="a-token", bob="b-token")
    known = secrets.fetch(leader, made)
    assert known.spark_auth == "auth-value"
    assert known.tokens == {"alice": "a-token", "bob": "b-token"}
    assert known.private_key.endswith("K-SECRET")


def test_a_worker_asks_for_one_secret_only(worker: BootDocument, manager: Any) -> None:
    made, stub = manager
    give(stub, auth="auth-value")
    assert secrets.fetch(worker, made).tokens == {}
    stub.assert_no_pending_responses()


def test_secrets_do_not_show_in_a_traceback(secrets: Secrets) -> None:
    assert "SECRET" not in repr(secrets)


def test_a_secret_that_cannot_be_read_is_named(worker: BootDocument, manager: Any) -> None:
    made, stub = manager
    stub.add_client_error("get_secret_value", "AccessDeniedException", "not authorized")
    with pytest.raises(NodeError, match=r"secret arn:auth could not be read.*not authorized"):
        secrets.fetch(worker, made)


@pytest.mark.parametrize(
    "text", ["K-SECRET", '{"certificate": "K-SECRET"}', '["K-SECRET"]', PAIR.replace("BEGIN", "X")]
)
def test_a_wrong_tls_secret_is_refused_without_showing_it(
    leader: BootDocument, manager: Any, text: str
) -> None:
    made, stub = manager
    give(stub, tls=text)
    with pytest.raises(LastingError, match="arn:tls must be JSON") as caught:
        secrets.fetch(leader, made)
    assert "K-SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None, "a chained JSON error would quote the key"


def test_a_leader_without_a_tls_secret_is_refused(leader: BootDocument, manager: Any) -> None:
    document = replace(leader, secrets=replace(leader.secrets, tls=""))
    with pytest.raises(LastingError, match="names no ARN"):
        secrets.fetch(document, manager[0])


SECRET_FILES = {
    paths.SPARK_DEFAULTS: "spark",
    paths.TLS_CERTIFICATE: "www-data",
    paths.TLS_KEY: "www-data",
    paths.TOKENS: "www-data",
}


def test_secrets_are_in_files_that_only_their_reader_opens(
    leader: BootDocument, instance: Instance, sizes: Sizes, secrets: Secrets
) -> None:
    for file in machine_files.files(leader, instance, sizes, secrets, spark="3.5.7", archive=True):
        if "SECRET" in file.text or file.path in SECRET_FILES:
            assert (file.mode, file.owner) == (0o400, SECRET_FILES[file.path]), file.path
        assert file.path.is_relative_to("/run"), "a tmpfs: no secret reaches a disk"


def test_a_worker_gets_nothing_of_the_gateway(
    worker: BootDocument, instance: Instance, sizes: Sizes, secrets: Secrets
) -> None:
    written = {
        file.path
        for file in machine_files.files(
            worker, instance, sizes, secrets, spark="3.5.7", archive=True
        )
    }
    assert not {path for path in written if path.is_relative_to(paths.GATEWAY)}
    made = {directory.path for directory in machine_files.directories(worker)}
    assert paths.GATEWAY not in made


def test_every_file_has_its_directory(
    leader: BootDocument, instance: Instance, sizes: Sizes, secrets: Secrets
) -> None:
    made = {directory.path for directory in machine_files.directories(leader)}
    for file in machine_files.files(leader, instance, sizes, secrets, spark="3.5.7", archive=True):
        assert file.path.parent in made


def me(_: str) -> tuple[int, int]:
    return os.getuid(), os.getgid()


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for text in ("one", "two"):
        files.write(files.RenderedFile(path=path, text=text, mode=0o400), me)
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o400
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    def nobody(_: str) -> tuple[int, int]:
        msg = "no such user"
        raise LastingError(msg)

    with pytest.raises(LastingError):
        files.write(files.RenderedFile(path=tmp_path / "file", text="x"), nobody)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_is_corrected(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    files.ensure_directory(files.RenderedDirectory(path=path, mode=0o755), me)
    files.ensure_directory(files.RenderedDirectory(path=path, mode=0o750), me)
    assert path.stat().st_mode & 0o777 == 0o750


def test_an_image_without_the_user_is_named() -> None:
    with pytest.raises(LastingError, match="user no-such-user does not exist"):
        files.ids_of("no-such-user")


def test_the_record_is_written_whether_or_not_it_exists() -> None:
    made = client("route53")
    record = {
        "Name": "leader-blue.lake.internal",
        "Type": "A",
        "TTL": 10,
        "ResourceRecords": [{"Value": "10.0.1.4"}],
    }
    with Stubber(made) as stub:
        stub.add_response(
            "change_resource_record_sets",
            {"ChangeInfo": {"Id": "1", "Status": "INSYNC", "SubmittedAt": 0}},
            {
                "HostedZoneId": "Z1",
                "ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
            },
        )
        names.upsert(made, zone_id="Z1", host=record["Name"], address="10.0.1.4")
        stub.add_client_error("change_resource_record_sets", "NoSuchHostedZone", "gone")
        with pytest.raises(NodeError, match=r"into zone Z1.*gone"):
            names.upsert(made, zone_id="Z1", host=record["Name"], address="10.0.1.4")


@pytest.fixture
def machine_around(
    monkeypatch: pytest.MonkeyPatch,
    imds: Any,
    leader: BootDocument,
    secrets: Secrets,
    instance: Instance,
) -> list[str]:
    """Boot with everything outside recorded instead of done."""
    done: list[str] = []
    version = {"components": {"spark": "3.5.7"}}
    monkeypatch.setattr(boot.status, "read_version", lambda _: version)
    monkeypatch.setattr(boot, "Account", lambda **_: SimpleNamespace(client=lambda name: name))
    monkeypatch.setattr(boot.secrets, "fetch", lambda *_: done.append("secrets") or secrets)
    monkeypatch.setattr(boot.files, "ensure_directory", lambda _: None)
    monkeypatch.setattr(boot.files, "write", lambda file: done.append(file.path.name))
    monkeypatch.setattr(boot.names, "upsert", lambda *_, **record: done.append(record["host"]))
    monkeypatch.setattr(boot, "run", lambda *command: done.append(" ".join(command)))
    imds.entries |= {
        "user-data": leader.to_json(),
        "meta-data/instance-id": "i-1",
        "meta-data/local-ipv4": "10.0.1.4",
        "meta-data/mac": "02:00:0a:00:01:04",
        "meta-data/network/interfaces/macs/02:00:0a:00:01:04/vpc-ipv4-cidr-blocks": "10.0.0.0/16",
        "meta-data/public-keys/0/openssh-key": "ssh-ed25519 AAAA",
    }
    return done


def test_a_leader_is_findable_before_it_starts(machine_around: list[str], imds: Any) -> None:
    boot.boot(imds.client())
    assert machine_around[0] == "authorized_keys"
    assert machine_around[-3:] == [
        "nft -f /run/millrace/firewall.nft",
        "leader-blue.lake.internal",
        "systemctl start --no-block millrace-leader.target",
    ]


def test_a_worker_writes_no_name(
    machine_around: list[str], imds: Any, worker: BootDocument
) -> None:
    imds.entries["user-data"] = worker.to_json()
    boot.boot(imds.client())
    assert machine_around[-2:] == [
        "nft -f /run/millrace/firewall.nft",
        "systemctl start --no-block millrace-worker.target",
    ]


def test_a_machine_that_cannot_read_its_document_lets_its_operator_in(
    machine_around: list[str], imds: Any
) -> None:
    imds.entries["user-data"] = "#cloud-config"
    with pytest.raises(boot.BootDocumentError):
        boot.boot(imds.client())
    assert machine_around == ["authorized_keys"]


def test_without_a_key_pair_nobody_is_let_in(machine_around: list[str], imds: Any) -> None:
    del imds.entries["meta-data/public-keys/0/openssh-key"]
    boot.boot(imds.client())
    assert "authorized_keys" not in machine_around


def test_no_command_carries_a_secret(machine_around: list[str], imds: Any) -> None:
    boot.boot(imds.client())
    assert not [line for line in machine_around if "SECRET" in line]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LastingError("wrong"), 2),
        (boot.BootDocumentError("wrong"), 2),
        (MetadataError("not now"), 1),
        (OSError("disk"), 1),
    ],
)
def test_only_what_may_pass_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr(boot, "boot", fail)
    monkeypatch.setattr(journal, "configure", lambda: None)
    assert boot.main() == code


def test_a_failed_command_tells_what_it_said() -> None:
    with pytest.raises(NodeError, match="ended with 1"):
        boot.run("false")


MACHINE = Machine(memory_mib=3900, cores=2)


def test_a_leader_of_4_gib_keeps_room_for_its_services() -> None:
    share = sizes.compute(SparkBoot(), MACHINE)
    assert share.driver_mib == 2048
    assert share.driver_mib + sizes.LEADER_RESERVE_MIB < MACHINE.memory_mib


def test_a_worker_of_2_gib_fits_the_default_executor() -> None:
    share = sizes.compute(SparkBoot(), Machine(memory_mib=1950, cores=2))
    assert share.executor_mib <= share.worker_mib <= 1950 - sizes.WORKER_RESERVE_MIB
    assert share.worker_cores == 2


def test_the_boot_document_wins_over_the_machine() -> None:
    told = SparkBoot(
        driver_memory_mib=1, worker_memory_mib=2, worker_cores=3, executor_memory_mib=4
    )
    share = sizes.compute(told, MACHINE)
    assert (share.driver_mib, share.worker_mib, share.worker_cores, share.executor_mib) == (
        1,
        2,
        3,
        4,
    )


@pytest.mark.parametrize("total", [2048, 4096, 8192, 16384, 65536, 262144])
def test_more_machine_is_never_less_spark(total: int) -> None:
    assert sizes.worker_memory(total) <= sizes.worker_memory(total * 2)
    assert sizes.worker_memory(total) < total


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("memory.max", "1073741824\n", 1024),
        ("memory.max", "max\n", 8192),
        ("memory/memory.limit_in_bytes", "2147483648\n", 2048),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n", 8192),
    ],
)
def test_a_containers_limit_counts_and_not_its_hosts_memory(
    tmp_path: Path, name: str, text: str, expected: object
) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 8388608 kB\n")
    limit = tmp_path / "sys/fs/cgroup" / name
    limit.parent.mkdir(parents=True)
    limit.write_text(text)
    assert machine.read(tmp_path).memory_mib == expected


def test_a_cpu_quota_counts(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 8388608 kB\n")
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/cpu.max").write_text("100000 100000\n")
    assert machine.read(tmp_path).cores == 1


def test_a_worker_waits_for_its_master_a_bounded_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert await_master.wait("127.0.0.1", port)
    ticks = iter(range(100))
    assert not await_master.wait(
        "127.0.0.1", port, deadline=5, clock=lambda: float(next(ticks)), sleep=lambda _: None
    )
