"""Where stacks of one account and region write down what they need of it: SSM parameters.

One parameter a stack, so that none overwrites another's, and one for what any of them added.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from botocore.exceptions import ClientError

from components._dynamic import code_of
from lakehouse.grants.claims import Change, settle

ROOT: Final = "/millrace/governance"

Record = dict[str, Any]


class Claims:
    """What the stacks need of one thing that they share."""

    def __init__(self, ssm: Any, thing: str) -> None:
        self._ssm = ssm
        self._stacks = f"{ROOT}/{thing}/stacks"
        self._made = f"{ROOT}/{thing}/made"

    def others(self, stack: str) -> dict[str, Record]:
        """The records of all other stacks."""
        found: dict[str, Record] = {}
        pages = self._ssm.get_paginator("get_parameters_by_path").paginate(Path=self._stacks)
        for page in pages:
            for each in page["Parameters"]:
                name = each["Name"].rpartition("/")[2]
                if name != stack:
                    found[name] = json.loads(each["Value"])
        return found

    def made(self) -> frozenset[str]:
        """What any of our stacks added."""
        try:
            text = self._ssm.get_parameter(Name=self._made)["Parameter"]["Value"]
        except ClientError as error:
            if code_of(error) == "ParameterNotFound":
                return frozenset()
            raise
        return frozenset(json.loads(text))

    def settle(
        self, stack: str, *, before: Iterable[str], needs: Iterable[str], present: Iterable[str]
    ) -> Change:
        """The change that is due; nothing is written."""
        others = {name: record["needs"] for name, record in self.others(stack).items()}
        return settle(before=before, needs=needs, others=others, present=present, made=self.made())

    def write(self, stack: str, record: Record) -> None:
        """Write down what a stack needs, before it is added: a crash must not hide it."""
        self._put(f"{self._stacks}/{stack}", record, f"What {stack} needs of this account")

    def forget(self, stack: str) -> None:
        """Take a stack's record away."""
        self._delete(f"{self._stacks}/{stack}")

    def keep(self, made: frozenset[str]) -> None:
        """Write down what our stacks have added; nothing leaves nothing behind."""
        if made:
            self._put(self._made, sorted(made), "What stacks of millrace added to this account")
        else:
            self._delete(self._made)

    def _put(self, name: str, value: Any, description: str) -> None:
        self._ssm.put_parameter(
            Name=name,
            Value=json.dumps(value, sort_keys=True),
            Type="String",
            Description=description,
            Overwrite=True,
        )

    def _delete(self, name: str) -> None:
        try:
            self._ssm.delete_parameter(Name=name)
        except ClientError as error:
            if code_of(error) != "ParameterNotFound":
                raise
