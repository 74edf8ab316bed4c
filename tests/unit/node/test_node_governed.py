"""A Spark that reads what Lake Formation grants: its catalog, and whose permissions it has."""

from __future__ import annotations

import configparser
import json
from dataclasses import replace

import pytest

from lakehouse.boot import BootDocument, CatalogBoot, parse
from node import paths
from node.instance import Instance
from node.render import environment, machine_files, spark_conf
from node.secrets import Secrets
from node.sizes import Sizes

ROLE = "arn:aws:iam::123456789012:role/millrace-bi-reader-notebooks"
GOVERNED = CatalogBoot(
    name="gold",
    warehouse="123456789012:s3tablescatalog/gold",
    kind="glue_rest",
    role_arn=ROLE,
)


@pytest.fixture
def governed(leader: BootDocument) -> BootDocument:
    return replace(leader, catalogs=(GOVERNED,))


@pytest.fixture
def conf(governed: BootDocument, instance: Instance, sizes: Sizes) -> dict[str, str]:
    settings = spark_conf.render_settings(
        governed, instance, sizes, "s3cret", spark="3.5.7", archive=True
    )
    prefix = "spark.sql.catalog.gold"
    return {
        key.removeprefix(prefix).removeprefix("."): value
        for key, value in settings.items()
        if key.startswith(prefix)
    }


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("", "org.apache.iceberg.spark.SparkCatalog", "Iceberg"),
        ("type", "rest", "Glue speaks Iceberg REST"),
        ("uri", "https://glue.eu-central-1.amazonaws.com/iceberg", "of the stack's region"),
        ("warehouse", "123456789012:s3tablescatalog/gold", "an id of Glue, no ARN"),
        ("rest.sigv4-enabled", "true", "requests are signed"),
        ("rest.signing-name", "glue", "for execute-api they would be refused"),
        ("rest.signing-region", "eu-central-1", "and for this region"),
        ("header.X-Iceberg-Access-Delegation", "vended-credentials", "else IAM would decide"),
        ("io-impl", "org.apache.iceberg.aws.s3.S3FileIO", "takes the credentials it is handed"),
        ("rest-metrics-reporting-enabled", "false", "the endpoint takes none"),
        ("s3.delete-enabled", "false", "S3 Tables refuses deletions"),
        ("cache-enabled", "false", "sessions see others' commits"),
    ],
)
def test_a_governed_catalog_has(conf: dict[str, str], key: str, value: str, reason: str) -> None:
    assert conf[key] == value, reason


def test_a_governed_catalog_never_reaches_s3_tables_itself(conf: dict[str, str]) -> None:
    assert "catalog-impl" not in conf
    assert not [key for key in conf if key.startswith("glue.lakeformation")], (
        "it claims to filter columns and reads whole files"
    )


def test_spark_takes_the_reader_s_role_with_the_machine_s_credentials(
    governed: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    profile = configparser.ConfigParser()
    profile.read_string(environment.render_aws_config(governed))
    assert profile["default"]["role_arn"] == ROLE
    assert profile["default"]["credential_source"] == "Ec2InstanceMetadata"
    text = environment.render(governed, instance, sizes)
    assert f'AWS_CONFIG_FILE="{paths.AWS_CONFIG}"\n' in text


def test_a_spark_that_reads_by_iam_has_no_profile(
    leader: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    assert "AWS_CONFIG_FILE" not in environment.render(leader, instance, sizes)
    secrets = Secrets(spark_auth="s", certificate="c", private_key="k", tokens={"dbt": "t" * 32})
    files = machine_files.files(leader, instance, sizes, secrets, spark="3.5.7", archive=True)
    assert paths.AWS_CONFIG not in [each.path for each in files]


def test_the_profile_is_written_where_it_is_looked_for(
    governed: BootDocument, instance: Instance, sizes: Sizes
) -> None:
    secrets = Secrets(spark_auth="s", certificate="c", private_key="k", tokens={"dbt": "t" * 32})
    files = machine_files.files(governed, instance, sizes, secrets, spark="3.5.7", archive=True)
    assert ROLE in next(each.text for each in files if each.path == paths.AWS_CONFIG)


def test_a_document_without_a_role_is_one_that_older_images_read(leader: BootDocument) -> None:
    [catalog] = json.loads(leader.to_json())["catalogs"]
    assert "role_arn" not in catalog


def test_a_governed_document_comes_back_as_it_went_in(governed: BootDocument) -> None:
    assert parse(governed.to_json()) == governed
