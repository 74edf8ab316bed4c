"""The provider stand-in under Pulumi's real engine, against an emulated account of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from toolchain.ensure import PulumiKit, ensure_pulumi

pytestmark = pytest.mark.engine

REGION = "eu-central-1"
PASSWORD = "correct-horse-battery-staple"
DEADLINE_SECONDS = 240

PROGRAM = """
import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
step = config.get_int("step") or 1
password = config.require_secret("password")
vpc = aws.ec2.get_vpc(default=True)

role = aws.iam.Role(
    "worker",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                }
            ],
        }
    ),
    tags={"Name": f"step-{step}", "kept": f"step-{step}", "fixed": "yes"},
    opts=pulumi.ResourceOptions(ignore_changes=["tags.kept"]),
)
gate = aws.ec2.SecurityGroup(
    "gate",
    vpc_id=vpc.id,
    description="gate" if step < 3 else "door",
    ingress=[
        {"protocol": "tcp", "from_port": 15002, "to_port": 15002, "cidr_blocks": [vpc.cidr_block]},
        {
            "protocol": "tcp",
            "from_port": 7077 if step == 1 else 7000,
            "to_port": 7077,
            "cidr_blocks": [vpc.cidr_block],
            "description": "master",
        },
    ],
)
aws.lambda_.Function(
    "drain",
    role=role.arn,
    runtime="python3.12",
    handler="index.handler",
    code=pulumi.FileArchive("./fn"),
    environment={"variables": {"PASSWORD": password}},
)
aws.ssm.Parameter("password", name="/lake/password", type="SecureString", value=password)
secret = aws.secretsmanager.Secret("password", recovery_window_in_days=0)
aws.secretsmanager.SecretVersion(
    "password",
    secret_id=secret.id,
    secret_string=password.apply(lambda value: json.dumps({"step": step, "password": value})),
    opts=pulumi.ResourceOptions(ignore_changes=["secretString"]),
)
aws.cloudwatch.LogGroup("spark", retention_in_days=7)
source = config.get("source")
if source:
    aws.ec2.SecurityGroup(
        "half",
        vpc_id=vpc.id,
        ingress=[
            {
                "protocol": "tcp",
                "from_port": 80,
                "to_port": 80,
                "security_groups": [source if source.startswith("sg-") else gate.id],
            }
        ],
    )
if config.get("newer"):
    aws.s3tables.TableBucket("newer", tags={"a": "b"})
if config.get("unknown"):
    aws.glue.Catalog("newer", name="newer")
pulumi.export("role", role.name)
pulumi.export("gate", gate.id)
"""


@dataclass
class Stack:
    """One stack of the program, driven by the CLI."""

    kit: PulumiKit
    folder: Path
    endpoint: str
    config: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, fails: bool = False) -> str:
        """The output of a Pulumi command that ends as expected."""
        environment = self.kit.environment(self.folder / "state") | {
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_PYTHON_CMD": sys.executable,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "NO_COLOR": "1",
            "TMPDIR": str(self.folder / "tmp"),
        }
        done = subprocess.run(
            [str(self.kit.pulumi), *arguments, "--non-interactive"],
            cwd=self.folder / "program",
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        said = done.stdout + done.stderr
        assert (done.returncode != 0) is fails, f"pulumi {' '.join(arguments)}:\n{said[-6000:]}"
        return said

    def set(self, **values: str) -> None:
        """Change the stack's configuration; an empty value removes it."""
        for key, value in values.items():
            self.run(*(["config", "set", key, value] if value else ["config", "rm", key]))

    def preview(self) -> dict[str, dict[str, Any]]:
        """The steps of a preview by resource name, without those that change nothing."""
        text = self.run("preview", "--json")
        steps = json.loads(text[text.index("{") :])["steps"]
        return {s["urn"].rpartition("::")[2]: s for s in steps if s["op"] != "same"}

    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources in the state by name and type."""
        exported = json.loads(self.run("stack", "export"))["deployment"]
        return {f"{r['type']} {r['urn'].rpartition('::')[2]}": r for r in exported["resources"]}


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def stack(account: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("engine")
    program = folder / "program"
    (program / "fn").mkdir(parents=True)
    (folder / "tmp").mkdir()
    (program / "fn" / "index.py").write_text("def handler(event, context):\n    return event\n")
    (program / "Pulumi.yaml").write_text("name: bridge\nruntime: python\n")
    (program / "__main__.py").write_text(PROGRAM)
    made = Stack(ensure_pulumi(print), folder, account)
    made.run("stack", "init", "test")
    made.set(**{"aws:region": REGION})
    made.run("config", "set", "aws:defaultTags", '{"tags": {"project": "bridge"}}')
    made.run("config", "set", "--secret", "password", PASSWORD)
    made.run("up", "--yes", "--skip-preview")
    yield made
    made.run("destroy", "--yes", "--skip-preview")


def client(stack: Stack, service: str) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=stack.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def test_a_second_preview_changes_nothing(stack: Stack) -> None:
    stack.run("preview", "--expect-no-changes")


def test_a_refresh_changes_nothing_and_leaves_nothing_to_change(stack: Stack) -> None:
    stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    stack.run("preview", "--expect-no-changes")


def test_a_secret_is_nowhere_in_clear(stack: Stack) -> None:
    exported = stack.run("stack", "export")
    assert PASSWORD not in exported
    assert PASSWORD not in stack.run("preview", "--diff")
    function = stack.resources()["aws:lambda/function:Function drain"]
    environment = json.dumps(function["outputs"]["environment"])
    assert "ciphertext" in environment, "an output that echoes a secret input is secret too"


def test_a_secret_reaches_the_account_as_it_is(stack: Stack) -> None:
    found = client(stack, "ssm").get_parameter(Name="/lake/password", WithDecryption=True)
    assert found["Parameter"]["Value"] == PASSWORD


def test_an_edit_is_shown_leaf_by_leaf_and_an_ignored_leaf_is_left_alone(stack: Stack) -> None:
    stack.set(step="2")
    steps = stack.preview()
    assert set(steps) == {"worker", "gate"}, "everything else is untouched by the edit"
    assert set(steps["worker"]["detailedDiff"]) == {"tags.Name"}
    assert set(steps["gate"]["detailedDiff"]) == {"ingress[1].fromPort"}
    stack.run("up", "--yes", "--skip-preview")
    stack.run("preview", "--expect-no-changes")
    role = stack.resources()["aws:iam/role:Role worker"]["outputs"]
    tags = client(stack, "iam").list_role_tags(RoleName=role["name"])["Tags"]
    assert {t["Key"]: t["Value"] for t in tags} == {
        "Name": "step-2",
        "kept": "step-1",
        "fixed": "yes",
        "project": "bridge",
    }


def test_a_replacement_is_foretold_and_done(stack: Stack) -> None:
    before = stack.resources()["aws:ec2/securityGroup:SecurityGroup gate"]["id"]
    stack.set(step="3")
    steps = stack.preview()
    assert steps["gate"]["detailedDiff"]["description"]["kind"] == "update-replace"
    stack.run("up", "--yes", "--skip-preview")
    stack.run("preview", "--expect-no-changes")
    assert stack.resources()["aws:ec2/securityGroup:SecurityGroup gate"]["id"] != before


def test_changed_code_is_a_change_of_the_function_only(stack: Stack) -> None:
    source = stack.folder / "program" / "fn" / "index.py"
    source.write_text(source.read_text() + "\n# changed\n")
    assert set(stack.preview()) == {"drain"}
    stack.run("up", "--yes", "--skip-preview")
    stack.run("preview", "--expect-no-changes")


def test_drift_is_found_by_a_refresh_and_put_right(stack: Stack) -> None:
    name = stack.resources()["aws:cloudwatch/logGroup:LogGroup spark"]["outputs"]["name"]
    logs = client(stack, "logs")
    logs.put_retention_policy(logGroupName=name, retentionInDays=30)
    stack.run("refresh", "--yes", "--skip-preview")
    assert set(stack.preview()) == {"spark"}
    stack.run("up", "--yes", "--skip-preview")
    group = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
    assert group["retentionInDays"] == 7


def test_what_is_gone_is_made_again(stack: Stack) -> None:
    ssm = client(stack, "ssm")
    ssm.delete_parameter(Name="/lake/password")
    stack.run("refresh", "--yes", "--skip-preview")
    stack.run("up", "--yes", "--skip-preview")
    assert ssm.get_parameter(Name="/lake/password", WithDecryption=True)["Parameter"]["Value"]


def test_a_resource_is_imported_and_let_go(stack: Stack) -> None:
    client(stack, "logs").create_log_group(logGroupName="/found/there")
    stack.run(
        *("import", "aws:cloudwatch/logGroup:LogGroup", "found", "/found/there"),
        *("--yes", "--skip-preview", "--generate-code=false", "--protect=false"),
    )
    found = stack.resources()["aws:cloudwatch/logGroup:LogGroup found"]
    assert found["outputs"]["name"] == "/found/there"
    assert stack.preview()["found"]["op"] == "delete", "the program does not have it"
    stack.run("up", "--yes", "--skip-preview")


def test_what_a_failed_creation_left_is_kept_and_finished(stack: Stack) -> None:
    stack.set(source="sg-0123456789abcdef0")
    said = stack.run("up", "--yes", "--skip-preview", fails=True)
    assert "sg-0123456789abcdef0" in said, "the error says what AWS did not like"
    half = stack.resources()["aws:ec2/securityGroup:SecurityGroup half"]
    assert half["initErrors"], "the engine knows that it is not whole"
    assert "ingress" not in half["outputs"] or not half["outputs"]["ingress"]
    stack.set(source="gate")
    stack.run("up", "--yes", "--skip-preview")
    whole = stack.resources()["aws:ec2/securityGroup:SecurityGroup half"]
    assert whole["id"] == half["id"], "the same group, not a second one"
    assert whole["outputs"]["ingress"][0]["fromPort"] == 80
    stack.run("preview", "--expect-no-changes")


def test_what_a_failed_update_did_is_kept_and_mended(stack: Stack) -> None:
    stack.set(source="sg-0123456789abcdef0")
    stack.run("up", "--yes", "--skip-preview", fails=True)
    stack.set(source="gate")
    stack.run("up", "--yes", "--skip-preview")
    stack.run("preview", "--expect-no-changes")
    stack.set(source="")
    stack.run("up", "--yes", "--skip-preview")


@pytest.mark.parametrize(
    ("switch", "named"),
    [
        ("newer", ["tags: this provider version has no such property"]),
        ("unknown", ["aws:glue/catalog:Catalog", "has no such type"]),
    ],
)
def test_what_the_provider_does_not_have_is_refused_by_name(
    stack: Stack, switch: str, named: list[str]
) -> None:
    stack.set(**{switch: "yes"})
    said = stack.run("preview", fails=True)
    stack.set(**{switch: ""})
    assert all(words in said for words in named), said


def test_a_provider_process_ends_with_its_engine(stack: Stack) -> None:
    stack.run("preview")
    marker = f"AWS_ENDPOINT_URL={stack.endpoint}".encode()
    alive = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if marker in environment and int(process.name) != os.getpid():
            alive.append(words)
    assert alive == []


def test_a_provider_process_leaves_no_socket(stack: Stack) -> None:
    stack.run("preview")
    left = [path.name for path in (stack.folder / "tmp").rglob("*") if path.is_socket()]
    assert left == [], "each run of the engine would leave one in the folder for temporary files"
