"""What a stack's governance comes to, once its account and its names are known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lakehouse.config import _tag_rules
from lakehouse.config._grant_rules import target
from lakehouse.config.governance import GovernanceConfig
from lakehouse.errors import ConfigError
from lakehouse.grants.lake import Lake
from lakehouse.grants.model import Grant
from lakehouse.grants.normalise import merged
from lakehouse.grants.tags import Tagging, taggings
from lakehouse.grants.truth import Setup
from lakehouse.names import Names
from lakehouse.policies import Account
from lakehouse.tiers import Tier

ANY_ACCOUNT: Final = "000000000000"
"""Where the account does not matter: nobody is asked to explain what is declared."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """Readers by ARN and grants in the one form that is sent and compared."""

    lake: Lake
    own: frozenset[str]
    """The stack's own buckets; the others are other stacks'."""
    principals: Mapping[str, str]
    """Reader -> ARN."""
    grants: tuple[Grant, ...]
    setup: Setup
    lf_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """LF-tag -> its values."""
    taggings: tuple[Tagging, ...] = ()
    """What carries them."""

    def of(self, reader: str) -> tuple[Grant, ...]:
        """The grants of one reader."""
        return tuple(each for each in self.grants if each.principal == self.principals[reader])


def declare(
    governance: GovernanceConfig,
    *,
    account: Account,
    names: Names,
    tiers: Sequence[Tier],
) -> Declared:
    """Everything that is declared; `tiers` are the stack's own buckets, the first one foremost.

    Raises:
        ConfigError: a reader is a Lake Formation administrator, a role of this stack's that
            reads past Lake Formation, or of another account, which shows only now that account
            and names are known.
    """
    own = {tier.bucket: tier.shape.namespaces for tier in tiers}
    called = {tier.name: tier.bucket for tier in tiers}
    lake = Lake(account=account, buckets={**governance.other_buckets, **own})
    principals = {
        name: reader.arn or role_arn(account, names.reader_role(name))
        for name, reader in governance.readers.items()
    }
    found = [
        f"millrace:governance.readers.{name}: its role {arn} is in governance.admins, and an "
        "administrator may read everything; remove it there"
        for name, arn in principals.items()
        if arn in governance.admins
    ]
    found += [
        f'millrace:governance.readers.{name}.arn = "{reader.arn}": is a role of this stack that '
        "uses tables by IAM, past Lake Formation; name another one, or leave arn out"
        for name, reader in governance.readers.items()
        if reader.arn and _uses_tables(reader.arn, names)
    ]
    found += [
        f'millrace:governance.readers.{name}.arn = "{reader.arn}": is of account '
        f"{_account_of(reader.arn)} and the tables are of {account.account_id}; that an engine "
        "there is held to a grant on S3 Tables is not documented. Leave arn out, which makes a "
        "role here, and let theirs take it: name it in trusted"
        for name, reader in governance.readers.items()
        if reader.arn and account.account_id not in (ANY_ACCOUNT, _account_of(reader.arn))
    ]
    if found:
        raise ConfigError(found)
    grants = merged(
        Grant(
            principal=principals[grant.to],
            target=target(grant, called),
            actions=frozenset(grant.actions),
            grantable=frozenset(grant.grantable),
        )
        for grant in governance.grants
    )
    setup = Setup(third_party_engines=governance.third_party_engines)
    return Declared(
        lake=lake,
        own=frozenset(own),
        principals=principals,
        grants=grants,
        lf_tags=governance.lf_tags,
        taggings=taggings(
            ((_tag_rules.target(each, called), each.tags) for each in governance.tagged), own
        ),
        setup=setup,
    )


def _account_of(arn: str) -> str:
    """Account number of a principal."""
    return arn.split(":")[4]


def _uses_tables(arn: str, names: Names) -> bool:
    """Whether this is a writer's or a machine's role, by the name that this stack gives those."""
    role = arn.rpartition("/")[2]
    prefix = re.escape(names.prefix)
    return bool(re.fullmatch(rf"{prefix}-(ingest-.*|.+-(leader|worker)-[0-9a-f]{{7}})", role))


def role_arn(account: Account, name: str) -> str:
    """ARN of a role of the account."""
    return f"arn:{account.partition}:iam::{account.account_id}:role/{name}"
