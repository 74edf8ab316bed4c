"""One grant: who may do what with which object. Equal grants are equal values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a grant is about."""

    BUCKET = "bucket"
    NAMESPACE = "namespace"
    TABLE = "table"
    EVERY_TABLE = "every table"
    COLUMNS = "columns"
    ROWS = "rows"
    TAGGED_NAMESPACES = "tagged namespaces"
    TAGGED_TABLES = "tagged tables"

    @property
    def spoken(self) -> str:
        """As it stands in a sentence: granted on ..."""
        return _SPOKEN.get(self, f"a {self}")


_SPOKEN: Final = {
    Kind.EVERY_TABLE: "every table",
    Kind.COLUMNS: "some columns of a table",
    Kind.ROWS: "some rows of a table",
    Kind.TAGGED_NAMESPACES: "namespaces found by tag",
    Kind.TAGGED_TABLES: "tables found by tag",
}


class Action(StrEnum):
    """Lake Formation's permissions, in lower case. `ALL` is never granted as such."""

    ALL = "all"
    ALTER = "alter"
    CREATE_DATABASE = "create_database"
    CREATE_TABLE = "create_table"
    DELETE = "delete"
    DESCRIBE = "describe"
    DROP = "drop"
    INSERT = "insert"
    SELECT = "select"


_TABLE: Final = (
    Action.ALTER,
    Action.DELETE,
    Action.DESCRIBE,
    Action.DROP,
    Action.INSERT,
    Action.SELECT,
)
_DATABASE: Final = (Action.ALTER, Action.CREATE_TABLE, Action.DESCRIBE, Action.DROP)

ACTIONS: Final[Mapping[Kind, tuple[Action, ...]]] = {
    Kind.BUCKET: (Action.ALTER, Action.CREATE_DATABASE, Action.DESCRIBE, Action.DROP),
    Kind.NAMESPACE: _DATABASE,
    Kind.TABLE: _TABLE,
    Kind.EVERY_TABLE: _TABLE,
    Kind.COLUMNS: (Action.SELECT,),
    Kind.ROWS: (Action.SELECT,),
    Kind.TAGGED_NAMESPACES: _DATABASE,
    Kind.TAGGED_TABLES: _TABLE,
}
"""What can be granted on each kind (Lake Formation permissions reference). A part of a table can
only be read."""

PARTS: Final = frozenset({Kind.COLUMNS, Kind.ROWS})
"""Kinds that are less than a table: what self-hosted Spark cannot be held to."""

WRITES: Final = frozenset(
    {
        Action.ALTER,
        Action.CREATE_DATABASE,
        Action.CREATE_TABLE,
        Action.DELETE,
        Action.DROP,
        Action.INSERT,
    }
)

Expression = tuple[tuple[str, tuple[str, ...]], ...]
"""LF-tag key -> values, sorted."""


@dataclass(frozen=True, kw_only=True, order=True)
class Target:
    """The object of a grant."""

    bucket: str = ""
    namespace: str = ""
    table: str = ""
    """A name, or `*` for every table of the namespace."""
    columns: tuple[str, ...] = ()
    except_columns: tuple[str, ...] = ()
    rows: str = ""
    """A condition in the SQL of PartiQL; empty for all rows."""
    tags: Expression = ()
    tagged: str = ""
    """`namespace` or `table`, with `tags`."""

    @property
    def kind(self) -> Kind:
        """What this is."""
        if self.tags:
            return Kind.TAGGED_NAMESPACES if self.tagged == "namespace" else Kind.TAGGED_TABLES
        if self.rows:
            return Kind.ROWS
        if self.columns or self.except_columns:
            return Kind.COLUMNS
        if self.table:
            return Kind.EVERY_TABLE if self.table == "*" else Kind.TABLE
        return Kind.NAMESPACE if self.namespace else Kind.BUCKET

    def __str__(self) -> str:
        """As a person would write it."""
        if self.tags:
            expression = " and ".join(f"{key}={'|'.join(values)}" for key, values in self.tags)
            return f"{self.kind}: {expression}"
        text = ".".join(part for part in (self.bucket, self.namespace, self.table) if part)
        if self.columns:
            text += f"({', '.join(self.columns)})"
        if self.except_columns:
            text += f"(all but {', '.join(self.except_columns)})"
        return f"{text} where {self.rows}" if self.rows else text


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What one principal may do with one object."""

    principal: str
    """ARN of the principal."""
    target: Target
    actions: frozenset[Action]
    grantable: frozenset[Action] = field(default_factory=frozenset)
    """Actions that the principal may pass on."""

    def __str__(self) -> str:
        """As a person would say it."""
        return f"{', '.join(sorted(self.actions))} on {self.target} to {self.principal}"
