"""Governance: who reads through Lake Formation, and the account-wide parts that this rests on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components import _reader_role
from components._base import LakehouseComponent
from components._dynamic_federation import Federation
from components._dynamic_filter import CellsFilter
from components._dynamic_grant import Grant
from components._dynamic_settings import LakeFormationSettings
from components._dynamic_tag import LfTag
from components._dynamic_tagging import Tagging
from lakehouse.config import GovernanceConfig
from lakehouse.grants import model, normalise
from lakehouse.grants.declared import Declared
from lakehouse.grants.tags import attachable
from lakehouse.grants.truth import Verdict, rulings
from lakehouse.names import Names


@dataclass(frozen=True, kw_only=True)
class GovernanceArgs:
    """Inputs of `Governance`."""

    names: Names
    """Of the stack: its readers' roles', and under which it claims what is account-wide."""
    shape: GovernanceConfig
    """Readers and the account-wide parts, as the owner describes them."""
    declared: Declared
    """Readers by ARN and grants as the service returns them."""
    boundary: str | None = None
    """ARN of the permissions boundary of the roles that are made."""
    after: Sequence[pulumi.Resource] = ()
    """What must exist before something on it is granted: buckets and namespaces."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of every child that takes them."""


class Governance(LakehouseComponent):
    """Federation, settings, readers' roles and their grants."""

    readers: pulumi.Output[Mapping[str, str]]
    """Reader -> ARN."""

    def __init__(
        self, name: str, args: GovernanceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, args.tags, opts)
        self._args = args
        account = args.declared.lake.account
        self._where: dict[str, Any] = {
            "account_id": account.account_id,
            "region": account.region,
        }
        shared = self._shared(account.partition)
        roles = {
            reader: _reader_role.make(
                self,
                reader,
                args.names.reader_role(reader),
                shape,
                args.declared,
                boundary=args.boundary,
                stack=args.names,
                is_spark=reader == args.shape.spark_reader,
            )
            for reader, shape in args.shape.readers.items()
            if shape.arn is None
        }
        names = {arn: reader for reader, arn in args.declared.principals.items()}
        tags = self._tags(shared)
        for grant in args.declared.grants:
            role = roles.get(names[grant.principal])
            after = [*args.after, *shared, *tags, *([role] if role else [])]
            self._grant(names[grant.principal], grant, after)
        self.readers = pulumi.Output.from_input(dict(args.declared.principals))
        self.publish()

    @classmethod
    def where_asked(
        cls, name: str, args: GovernanceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> Governance | None:
        """The component, or nothing at all for a stack without Lake Formation and readers."""
        wanted = args.shape.federation != "none" or args.shape.readers
        return cls(name, args, opts) if wanted else None

    def _shared(self, partition: str) -> list[pulumi.Resource]:
        shape = self._args.shape
        if shape.federation == "none":
            return []
        common = {
            **self._where,
            "stack": self._args.names.prefix,
            "third_party_engines": shape.third_party_engines,
        }
        settings = LakeFormationSettings(
            self.child("settings"),
            {**common, "admins": sorted(shape.admins)},
            self.child_opts(),
        )
        federation = Federation(
            self.child("federation"),
            {
                **common,
                "mode": shape.federation,
                "partition": partition,
                "boundary": self._args.boundary,
            },
            # Whoever may not administer Lake Formation may not register with it either.
            self.child_opts(depends_on=[settings]),
        )
        return [settings, federation]

    def _tags(self, shared: list[pulumi.Resource]) -> list[pulumi.Resource]:
        """LF-tags, which grants may be about, and what carries them."""
        declared = self._args.declared
        common = {**self._where, "stack": self._args.names.prefix}
        tags: list[pulumi.Resource] = [
            LfTag(
                self.child(f"tag-{key}={value}"),
                {**common, "key": key, "value": value},
                self.child_opts(depends_on=shared),
            )
            for key, values in sorted(declared.lf_tags.items())
            for value in sorted(values)
        ]
        for each in declared.taggings:
            Tagging(
                self.child(f"tagged-{_suffix(each.target)}"),
                {
                    **self._where,
                    "resource": attachable(each, declared.lake),
                    "tags": dict(each.tags),
                    "object": str(each.target),
                },
                self.child_opts(depends_on=[*self._args.after, *tags]),
            )
        return tags

    def _grant(self, reader: str, grant: model.Grant, after: list[pulumi.Resource]) -> None:
        lake = self._args.declared.lake
        name = self.child(f"{reader}-{_suffix(grant.target)}")
        if grant.target.kind is model.Kind.ROWS:
            rule = normalise.cells_filter(grant.target, grant.principal, lake)
            after = [
                CellsFilter(
                    name, {**self._where, "filter": rule}, self.child_opts(depends_on=after)
                )
            ]
        Grant(
            name,
            {
                **self._where,
                "principal": grant.principal,
                "resource": normalise.resource(grant.target, grant.principal, lake),
                "permissions": normalise.permissions(grant.actions),
                "grantable": normalise.permissions(grant.grantable),
                "object": str(grant.target),
                # Shown by preview: what a security team asks first.
                "enforced_by": [
                    each.engine.value
                    for each in rulings(grant, self._args.declared.setup)
                    if each.verdict is Verdict.ENFORCED
                ],
            },
            self.child_opts(depends_on=after),
        )


def _suffix(target: model.Target) -> str:
    """A name for an object: readable, and no two objects share one."""
    words = re.sub(r"[^a-z0-9]+", "-", str(target).lower().replace("*", "all")).strip("-")
    digest = hashlib.sha256(repr(target).encode()).hexdigest()[:6]
    return f"{words[:48].rstrip('-')}-{digest}"
