"""Rules of readers: who they are, and that they have no way past Lake Formation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from lakehouse.config._findings import Finding, did_you_mean
from lakehouse.config._lake_rules import KEY
from lakehouse.config.governance import GovernanceConfig, ReaderConfig
from lakehouse.grants import bypass
from lakehouse.grants.truth import Engine

MACHINES: Final = frozenset({"leader", "worker", "spark"})
"""Names under which somebody would look for the machines' own roles."""

READER_NAME: Final = 22
"""Characters of a reader's name that leave room for the rest of its role's name."""


def findings(governance: GovernanceConfig) -> Iterator[Finding]:
    """Every broken rule of the readers and of the one that Spark is."""
    for name, reader in governance.readers.items():
        yield from _reader(f"{KEY}.readers.{name}", name, reader, governance)
    yield from _spark_reader(governance)


def _reader(
    key: str, name: str, reader: ReaderConfig, governance: GovernanceConfig
) -> Iterator[Finding]:
    if name in MACHINES:
        yield Finding(
            key,
            "is the name of a machine's own role, which reads tables by IAM and never asks Lake "
            "Formation; choose another name, and governance.spark_reader for Spark",
        )
    if len(name) > READER_NAME:
        yield Finding(key, f"has a name of {len(name)} characters; use at most {READER_NAME}")
    if reader.arn is None:
        yield from _made(key, name, reader, governance)
    else:
        yield from _existing(key, reader)
        if reader.arn in governance.admins:
            yield Finding(
                f"{key}.arn",
                "is a Lake Formation administrator (governance.admins): it may read everything, "
                "and grants to it come and go; remove it from one of the two",
                reader.arn,
            )
    if Engine.SPARK in reader.engines and not governance.third_party_engines:
        yield Finding(
            f"{key}.engines",
            "has spark, which Lake Formation gives nothing while governance.third_party_engines "
            "is false; set that to true, or take spark off the list",
            list(reader.engines),
        )
    for engine, count in Counter(reader.engines).items():
        if count > 1:
            yield Finding(f"{key}.engines", f"is written {count} times; write it once", engine)


def _made(
    key: str, name: str, reader: ReaderConfig, governance: GovernanceConfig
) -> Iterator[Finding]:
    around = bypass.in_statements(reader.statements)
    if around:
        yield Finding(
            f"{key}.statements",
            f"allows {', '.join(around)}, with which tables are read past Lake Formation; remove "
            "it, since what is granted needs no such permission",
        )
    for arn in bypass.in_managed(reader.managed_policies):
        yield Finding(
            f"{key}.managed_policies",
            "lets its holder read tables past Lake Formation; name a policy without permissions "
            "on S3 Tables",
            arn,
        )
    if not (reader.trusted or reader.trusted_services or name == governance.spark_reader):
        yield Finding(
            f"{key}.trusted",
            "is empty, so that nobody could take this role; name principals, trusted_services, "
            "or the arn of a role that exists",
        )


def _existing(key: str, reader: ReaderConfig) -> Iterator[Finding]:
    for setting in ("trusted", "trusted_services", "managed_policies", "statements"):
        if getattr(reader, setting):
            yield Finding(
                f"{key}.{setting}",
                "is about a role that is made, but arn names one that exists; remove one of "
                "the two",
            )


def _spark_reader(governance: GovernanceConfig) -> Iterator[Finding]:
    name, key = governance.spark_reader, f"{KEY}.spark_reader"
    if name is None:
        return
    reader = governance.readers.get(name)
    if reader is None:
        yield Finding(key, f"is no reader; {known(name, governance)}", name)
    elif reader.arn is not None:
        yield Finding(
            key,
            "is a role that exists (arn), whose trust this stack cannot set; remove arn, so that "
            "the role is made",
            name,
        )
    elif Engine.SPARK not in reader.engines:
        yield Finding(
            key,
            f"is a reader that is not used from spark; add spark to governance.readers.{name}"
            ".engines",
            name,
        )


def known(name: str, governance: GovernanceConfig) -> str:
    """The remedy for a name that no reader has."""
    if not governance.readers:
        return "describe it in governance.readers"
    return did_you_mean(name, governance.readers)
