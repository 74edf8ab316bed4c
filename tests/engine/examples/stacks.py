"""A stack file of the repository in an emulated account, driven by the real engine."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lakehouse.effects import Effect
from ops.program import Program
from tests.engine.accounts import ROOT, client, open_stack, use_image
from tests.engine.examples.edits import Edit, apply
from tests.engine.network import given

PACK = ROOT / "policy" / "pack" / "analyzer"
DEADLINE_SECONDS = 900
STANDING = ("same", "read")
"""Steps of a preview that change nothing."""


@dataclass
class Example:
    """One stack and its file as it is now."""

    name: str
    program: Program
    document: dict[str, Any]

    @property
    def prefix(self) -> str:
        """How names of its resources begin."""
        return f"millrace-{self.name}"

    @property
    def config(self) -> dict[str, Any]:
        """Its settings."""
        return dict(self.document["config"])

    @property
    def generations(self) -> tuple[str, ...]:
        """Names of its generations."""
        return tuple(self.config["millrace:generations"])

    @property
    def path(self) -> Path:
        """Of its file."""
        return self.program.directory / f"Pulumi.{self.name}.yaml"

    def pulumi(self, *arguments: str) -> str:
        """What a command of the engine says; one that fails raises."""
        return self.program._run([*arguments, "--stack", self.name], DEADLINE_SECONDS)

    def up(self) -> None:
        """Bring it up, judged by the policy pack on the way."""
        quietly = ("--yes", "--skip-preview", "--suppress-outputs")
        self.pulumi("up", *quietly, "--policy-pack", str(PACK))

    def preview_nothing(self) -> None:
        """A preview that must find nothing to do."""
        self.pulumi("preview", "--expect-no-changes")

    def refresh_nothing(self) -> None:
        """A look at the account that must find everything as it was left."""
        self.pulumi("refresh", "--preview-only", "--expect-no-changes", "--diff")

    def steps(self, *edits: Edit) -> set[str]:
        """What an update would do if these settings were changed; nothing is kept of them."""
        path = self.program.directory / "edited.yaml"
        path.write_text(yaml.safe_dump(self._edited(edits)))
        text = self.pulumi("preview", "--json", "--config-file", str(path))
        return {
            _step(each)
            for each in json.loads(text[text.index("{") :])["steps"]
            if each["op"] not in STANDING
        }

    def edit(self, *edits: Edit) -> None:
        """Change settings for good."""
        self.document = self._edited(edits)
        self.path.write_text(yaml.safe_dump(self.document))

    def _edited(self, edits: tuple[Edit, ...]) -> dict[str, Any]:
        document = copy.deepcopy(self.document)
        for each in edits:
            apply(each, document["config"])
        return document


def open_example(name: str, url: str, image: str, folder: Path, *, states: str = "") -> Example:
    """The stack as its file says, but for what a test must be free to choose.

    Its data may be deleted again, its images are the account's, and so is the VPC that it joins.
    """
    network = given.make(url).settings() if name == "given-vpc" else None

    def free(config: dict[str, Any]) -> None:
        for section in ("millrace:catalog", "millrace:audit"):
            config.setdefault(section, {})["protect"] = False
        # The rules ask that a stack says so.
        config["millrace:tags"]["lifetime"] = "disposable"
        use_image(config, image)
        if network:
            config["millrace:network"]["vpc"] = network

    program = open_stack(name, url, folder, free, states=states)
    document = yaml.safe_load((folder / f"Pulumi.{name}.yaml").read_text())
    return Example(name=name, program=program, document=document)


def _step(step: Mapping[str, Any]) -> str:
    """`update Group millrace-example-blue-worker`."""
    _, _, kind, name = step["urn"].split("::", 3)
    return f"{step['op']} {kind.rpartition('$')[2].rpartition(':')[2]} {name}"


def effect_of(steps: set[str]) -> Effect:
    """What steps do to a cluster that is serving queries."""
    templates = [each for each in steps if each.startswith("update LaunchTemplate ")]
    if any(each.endswith("-leader") for each in templates):
        return Effect.SWAP_LEADER
    if templates:
        return Effect.ROLL_WORKERS
    if any("replace" in each.split()[0] for each in steps):
        return Effect.REPLACE
    return Effect.IN_PLACE if steps else Effect.NONE


def secrets_in_clear(url: str, example: Example) -> tuple[int, int]:
    """How many secrets the stack has, and how many of them its state shows to whoever reads it."""
    manager = client(url, "secretsmanager")
    listed = manager.list_secrets(MaxResults=100)["SecretList"]
    values = [
        manager.get_secret_value(SecretId=each["ARN"])["SecretString"]
        for each in listed
        if each["Name"].startswith(example.prefix)
    ]
    state = "\n".join(_stored(url, example.program.environment["PULUMI_BACKEND_URL"]))
    assert example.prefix in state, "this is its state"
    return len(values), sum(value in state or value[:40] in state for value in values)


def _stored(url: str, backend: str) -> Iterator[str]:
    """Every object that the engine keeps of stacks: states, backups, history."""
    if backend.startswith("file://"):
        for path in Path(backend.removeprefix("file://")).rglob("*.json*"):
            yield path.read_text()
        return
    s3 = client(url, "s3")
    bucket = backend.removeprefix("s3://").partition("?")[0]
    for each in s3.list_objects_v2(Bucket=bucket)["Contents"]:
        yield s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read().decode()
