"""An image goes into use and out again on real machines, by the command line alone.

Checkouts that differ in one file of one role make images. Baking, proving, promoting and going
back are one command each; after each a client asks the endpoint, and the leader's image is read.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lakehouse.outputs import StackOutputs
from lakehouse.proof import Proof
from local.paths import CloudPaths
from local.snapshot import Snapshot
from ops.context import OpsContext, open_context, open_program
from ops.image.bake import images_dir, layers_dir
from ops.machines import find_machines
from ops.temporary import TAG
from tests.cluster.conftest import ROOT, UP_SECONDS, Cli
from tests.loopback import free_port

pytestmark = pytest.mark.cluster

CLOUD = "mr-images"
CHANNEL = "local"
BAKE_SECONDS = 900
QUERY_SECONDS = 300

SYSCTL = ("ansible/roles/base/defaults/main.yml", 'vm.swappiness: "1"', 'vm.swappiness: "10"')
OPEN_FIREWALL = ("ansible/roles/node/files/nftables.conf", "policy drop", "policy accept")

QUERY = """
import json, os, sys
from pathlib import Path
connection = json.load(sys.stdin)
os.environ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = connection["ca_file"]
from pyspark.sql import SparkSession
token = Path(connection["token_file"]).read_text().strip()
spark = SparkSession.builder.remote(f"{connection['url']};token={token}").getOrCreate()
for statement in sys.argv[1:]:
    rows = spark.sql(statement).collect()
print(json.dumps([list(row) for row in rows]))
"""


def checkout(folder: Path, change: tuple[str, str, str] | None = None) -> Path:
    """A copy of the repository's files as they are, one of them changed."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    present = [name for name in names.split("\0") if name and (ROOT / name).exists()]
    folder.mkdir()
    copy = ["cp", "--parents", "--no-dereference", f"--target-directory={folder}"]
    subprocess.run([*copy, *present], cwd=ROOT, check=True)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    if change:
        name, old, new = change
        text = (folder / name).read_text()
        assert text.count(old) >= 1, f"{name} should say {old!r}"
        (folder / name).write_text(text.replace(old, new))
    return folder


@dataclass
class Shop:
    """A running lakehouse, and checkouts whose images go into it."""

    folder: Path
    environment: dict[str, str]
    baked: dict[str, str]
    """Checkout -> content hash of its image."""

    def cli(self, name: str = "first") -> Cli:
        return Cli(self.environment, cloud=CLOUD, checkout=self.folder / name)

    def bake(self, name: str, change: tuple[str, str, str] | None = None) -> str:
        """Bake what a changed checkout describes. Returns what the bake said."""
        checkout(self.folder / name, change)
        done = self.cli(name).run("image", "bake", deadline=BAKE_SECONDS)
        found = re.search(r"image ([0-9a-f]{64})", done.stdout)
        assert found, done.stdout
        self.baked[name] = found[1]
        return done.stderr

    @property
    def context(self) -> OpsContext:
        return open_context("local", cloud=CLOUD)

    def catalogue(self) -> dict[str, dict[str, Any]]:
        """The account's images by content hash, as the command line lists them."""
        listed = json.loads(self.cli().run("image", "list", "--json").stdout)
        return {each["content_hash"]: each for each in listed}

    def preview(self) -> list[str]:
        """What the engine says would change."""
        context, said = self.context, list[str]()
        with context.inside():
            open_program("local", cloud=CLOUD).preview(said.append)
        return [each.strip() for each in said]

    def up(self) -> str:
        """`local up` of the first checkout: only the channel tells the image."""
        return self.cli().run("local", "up", deadline=UP_SECONDS).stderr

    def leader_image(self) -> str:
        """Content hash of the image that the leader runs, told by the leader."""
        done = self.cli().run("ssh", "leader", "--", "cat", "/etc/millrace/version.json")
        return str(json.loads(done.stdout)["content_hash"])

    def images_in_use(self) -> set[str]:
        """Image ids of all machines of the stack."""
        context = self.context
        with context.inside():
            machines = find_machines(context.account, context.outputs)
            found = context.account.ec2.instances([each.instance_id for each in machines])
        return {each.image for each in found.values()}

    def ask(self, *statements: str) -> Any:
        """A client's session of its own, by what `connect` gives."""
        connection = self.cli().run("connect", "--json").stdout
        done = subprocess.run(
            [sys.executable, "-c", QUERY, *statements],
            input=connection,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=QUERY_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"the endpoint must answer:\n{done.stderr[-3000:]}"
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    environment = {
        **os.environ,
        "MILLRACE_PORT": str(free_port()),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    made = Shop(folder=folder, environment=environment, baked={})
    made.bake("first")
    made.cli().run("local", "down")
    before = Snapshot.take()
    try:
        made.up()
        made.ask("CREATE TABLE lake.default.kept AS SELECT id FROM range(100)")
        yield made
    finally:
        made.cli().run("local", "down")
        _forget(made.baked[name] for name in made.baked if name != "first")
    left = Snapshot.take().since(before, about=[CLOUD])
    assert not left, f"`down` must leave the machine as it was; these stayed: {left}"


def _forget(hashes: Iterator[str]) -> None:
    """Remove the images that only this module has use for, and the layer that each has alone."""
    for content_hash in hashes:
        shutil.rmtree(images_dir() / content_hash, ignore_errors=True)
        for suffix in (".squashfs", ".suite"):
            layer = layers_dir() / f"project-{content_hash[:16]}{suffix}"
            layer.unlink(missing_ok=True)


def test_an_image_that_fails_is_on_record_and_goes_nowhere(shop: Shop) -> None:
    shop.bake("faulty", OPEN_FIREWALL)
    failed = shop.cli("faulty").run("image", "prove", check=False, deadline=BAKE_SECONDS)
    assert failed.returncode == 1
    assert "test_the_firewall_lets_nothing_in_by_default" in failed.stderr
    assert "Traceback" not in failed.stderr

    entry = shop.catalogue()[shop.baked["faulty"]]
    records = {each["place"]: Proof(**each) for each in entry["proofs"]}
    assert records["boot"].result == "failed"
    assert records["boot"].content_hash == shop.baked["faulty"]
    assert entry["usable"] is False

    refused = shop.cli().run("image", "promote", CHANNEL, entry["image"], check=False)
    assert refused.returncode == 1
    assert f"image {entry['image']} failed its suite (boot, " in refused.stderr
    assert shop.leader_image() == shop.baked["first"]


def test_a_change_of_one_role_bakes_what_depends_on_it(shop: Shop) -> None:
    said = shop.bake("second", SYSCTL)
    assert f"changed since {shop.baked['faulty'][:12]}: " in said
    for layer in ("base", "runtime", "startup"):
        assert f"{layer}: unchanged" in said, f"{layer} has nothing of that role:\n{said}"
    assert "project: baked in" in said


def test_proving_on_an_instance_leaves_a_record_and_nothing_else(shop: Shop) -> None:
    # Nobody named an image: it is what this checkout describes, and was in no account until now.
    proved = shop.cli("second").run(
        *("image", "prove", "--on", "instance", "--instance-type", "t3.small"),
        deadline=BAKE_SECONDS,
    )
    image = shop.catalogue()[shop.baked["second"]]["image"]
    assert f"image {image} passed on an instance of its own; recorded" in proved.stdout

    entry = shop.catalogue()[shop.baked["second"]]
    record = next(Proof(**each) for each in entry["proofs"] if each["place"] == "boot")
    assert (record.image_id, record.result) == (image, "passed")
    assert len(record.suite_hash) == len(record.sbom_hash) == 64
    context = shop.context
    with context.inside():
        client = context.account.client("ec2")
        tagged = [{"Name": "tag-key", "Values": [TAG]}]
        found = client.describe_instances(Filters=tagged)["Reservations"]
        states = {each["State"]["Name"] for one in found for each in one["Instances"]}
        groups = client.describe_security_groups(Filters=tagged)["SecurityGroups"]
        keys = client.describe_key_pairs(Filters=tagged)["KeyPairs"]
    assert states <= {"terminated"}, "the machine is terminated, whatever came of it"
    assert (groups, keys) == ([], [])


def test_promote_and_rollback_swap_the_machines_and_keep_the_tables(
    shop: Shop, record_property: Any
) -> None:
    images = shop.catalogue()
    first, second = (images[shop.baked[name]]["image"] for name in ("first", "second"))
    count = "SELECT count(*) FROM lake.default.kept"

    said = shop.cli().run("image", "promote", CHANNEL, shop.baked["second"][:12]).stdout
    assert f"channel {CHANNEL} holds {second}" in said
    previewed = shop.preview()
    assert f"generation blue: channel:{CHANNEL} means another image than the one in use" in (
        previewed
    )
    assert any(each.startswith(f"now  {first} (spark-3.5, content ") for each in previewed)
    assert any(each.startswith(f"then {second} (spark-3.5, content ") for each in previewed)
    assert shop.leader_image() == shop.baked["first"], "a preview changes nothing"
    assert shop.ask(count) == [[100]]

    started = time.monotonic()
    shop.up()
    record_property("seconds_of_up_with_another_image", round(time.monotonic() - started))
    assert shop.leader_image() == shop.baked["second"]
    assert shop.images_in_use() == {second}
    assert shop.ask(count) == [[100]], "tables outlive the machines"

    said = shop.cli().run("image", "rollback", CHANNEL).stdout
    assert f"channel {CHANNEL} holds {first}" in said
    assert f"then {first}" in " ".join(shop.preview())
    shop.up()
    assert shop.leader_image() == shop.baked["first"]
    assert shop.images_in_use() == {first}
    assert shop.ask(count) == [[100]]


def test_outputs_tell_the_image_in_use(shop: Shop) -> None:
    outputs = StackOutputs.from_json((CloudPaths(CLOUD).state / "outputs.json").read_text())
    first = shop.catalogue()[shop.baked["first"]]["image"]
    assert outputs.generations[0].image == first
