"""Stacks of a small program of a test's own, in an emulated account on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lakehouse.grants.normalise import held
from ops import grants
from ops.aws import Account
from ops.program import Program
from tests.engine.accounts import KEYS, REGION, ROOT, client, running_account
from toolchain.ensure import ensure_pulumi
from toolchain.progress import quiet

DEADLINE_SECONDS = 300
ACCOUNT_ID = "123456789012"
EXAMPLE = yaml.safe_load((ROOT / "Pulumi.example.yaml").read_text())["config"]


@dataclass
class Stack:
    """One stack in an account, described anew as often as a test likes."""

    program: Program
    url: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of the stack; its bucket is called after it."""
        return self.program.stack

    def describe(self, **sections: Any) -> None:
        """Change sections of the stack's file."""
        self.settings.update({f"millrace:{name}": each for name, each in sections.items()})
        path = self.program.directory / f"Pulumi.{self.name}.yaml"
        document = yaml.safe_load(path.read_text()) if path.exists() else {}
        path.write_text(yaml.safe_dump({**document, "config": self.settings}))

    def up(self, **sections: Any) -> None:
        """Bring the stack to its description; a second preview has nothing to do."""
        self.describe(**sections)
        self.program.up(quiet)
        self.program.preview(quiet, expect_no_changes=True)

    def steps(self, **sections: Any) -> list[str]:
        """What a preview would do: operation and type, without what stays."""
        self.describe(**sections)
        text = self.program._run(["preview", "--json", "--stack", self.name], DEADLINE_SECONDS)
        return sorted(
            f"{step['op']} {step['urn'].split('::')[2].rpartition('$')[2].rpartition(':')[2]}"
            for step in json.loads(text[text.index("{") :])["steps"]
            if step["op"] not in ("same", "read")
        )

    def destroy(self) -> None:
        """Remove everything that the stack made."""
        self.program.destroy(quiet)

    def problems(self) -> list[str]:
        """What `lakehouse grants verify` says."""
        governed = grants.read(self.settings, self.name, ACCOUNT_ID)
        return grants.verify(governed, Account(lambda service: client(self.url, service)))


@dataclass(frozen=True)
class Place:
    """An emulated account with a folder for the stacks in it."""

    url: str
    folder: Path

    def client(self, service: str) -> Any:
        """A client of the account."""
        return client(self.url, service)

    def stack(self, name: str, **sections: Any) -> Stack:
        """A stack of the program; nothing is brought up."""
        kit = ensure_pulumi(quiet)
        environment = {
            **kit.environment(self.folder / "state"),
            **KEYS,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "MILLRACE_PROVIDER_POLL_MS": "250",
            "PULUMI_CONFIG_PASSPHRASE": "only a test's",
            "PULUMI_PARALLEL": "32",
        }
        program = Program(
            stack=name, directory=self.folder, pulumi=kit.pulumi, environment=environment
        )
        made = Stack(program, self.url, dict(EXAMPLE))
        catalog = {"namespaces": ["sales", "hr"], "protect": False, "key_deletion_days": 7}
        made.describe(**{"catalog": catalog, **sections})
        program.select()
        return made

    def grants(self) -> dict[tuple[str, str], set[str]]:
        """(role, object) -> what is held in the account."""
        found = self.client("lakeformation").list_permissions()["PrincipalResourcePermissions"]
        return {
            (principal.rpartition("/")[2], key): permissions
            for (principal, key), (permissions, _) in held(found).items()
        }

    def settings(self) -> dict[str, Any]:
        """Lake Formation's settings."""
        found = self.client("lakeformation").get_data_lake_settings()
        return dict(found["DataLakeSettings"])

    def admins(self) -> set[str]:
        """Names of Lake Formation's administrators."""
        listed = self.settings()["DataLakeAdmins"]
        return {each["DataLakePrincipalIdentifier"].rpartition("/")[2] for each in listed}

    def has_catalog(self) -> bool:
        """Whether there is a federated catalog."""
        found = self.client("glue").get_catalogs()["CatalogList"]
        return "s3tablescatalog" in [each["Name"] for each in found]

    def roles(self) -> set[str]:
        """Names of the account's roles."""
        return {each["RoleName"] for each in self.client("iam").list_roles()["Roles"]}

    def notes(self) -> list[str]:
        """Parameters that stacks wrote down."""
        found = self.client("ssm").describe_parameters()["Parameters"]
        return sorted(each["Name"] for each in found if "/governance/" in each["Name"])

    def make_table(self, bucket: str, namespace: str, name: str) -> None:
        """A table to grant on."""
        arn = f"arn:aws:s3tables:{REGION}:{ACCOUNT_ID}:bucket/{bucket}"
        self.client("s3tables").create_table(
            tableBucketARN=arn, namespace=namespace, name=name, format="ICEBERG"
        )


@contextmanager
def place_for(program: str, folder: Path) -> Iterator[Place]:
    """An account that is empty at first, and thrown away; its stacks are of that program."""
    for name in ("lakehouse", "components"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "Pulumi.yaml").write_text("name: millrace\nruntime: python\n")
    (folder / "__main__.py").write_text(program)
    with running_account() as url:
        yield Place(url, folder)
