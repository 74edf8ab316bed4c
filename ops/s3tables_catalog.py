"""A pyiceberg catalog over the S3 Tables API itself: tables, metadata pointer, version token.

pyiceberg reaches S3 Tables through its Iceberg REST endpoint, which is not everywhere that the
service's own API is. The rule for safe commits is the same: a commit names the version token
it started from, and the service refuses any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from pyiceberg.catalog import MetastoreCatalog
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.io import load_file_io
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.serializers import FromInputFile, ToOutputFile
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.typedef import EMPTY_DICT

_NOT_FOUND = "NotFoundException"
_CONFLICT = "ConflictException"


class S3TablesCatalog(MetastoreCatalog, NoopCatalog):  # type: ignore[misc]
    """Namespaces of one level and tables; views and renaming are left to the engine."""

    def __init__(
        self, name: str, client: Any, warehouse: str, properties: Mapping[str, str]
    ) -> None:
        super().__init__(name, **properties)
        self._client = client
        self._warehouse = warehouse

    def create_namespace(self, namespace: Any, properties: Any = EMPTY_DICT) -> None:
        """Make a namespace; S3 Tables keeps no properties of it."""
        name = self.identifier_to_database(namespace)
        try:
            self._client.create_namespace(tableBucketARN=self._warehouse, namespace=[name])
        except ClientError as error:
            raise _as(error, {_CONFLICT: NamespaceAlreadyExistsError}, name) from error

    def load_namespace_properties(self, namespace: Any) -> dict[str, str]:
        """Only tells whether the namespace is there."""
        name = self.identifier_to_database(namespace)
        try:
            self._client.get_namespace(tableBucketARN=self._warehouse, namespace=name)
        except ClientError as error:
            raise _as(error, {_NOT_FOUND: NoSuchNamespaceError}, name) from error
        return {}

    def list_tables(self, namespace: Any) -> list[tuple[str, str]]:
        """Every table of a namespace, whatever number of pages that is."""
        name = self.identifier_to_database(namespace)
        pages = self._client.get_paginator("list_tables").paginate(
            tableBucketARN=self._warehouse, namespace=name
        )
        return [(name, table["name"]) for page in pages for table in page["tables"]]

    def create_table(
        self,
        identifier: Any,
        schema: Any,
        location: str | None = None,
        partition_spec: Any = UNPARTITIONED_PARTITION_SPEC,
        sort_order: Any = UNSORTED_SORT_ORDER,
        properties: Any = EMPTY_DICT,
    ) -> Table:
        """Make an empty table; the service decides where its files are."""
        if location:
            msg = f"location {location!r}: S3 Tables gives every table its own place; leave it out"
            raise ValueError(msg)
        where = self._where(identifier)
        try:
            self._client.create_table(**where, format="ICEBERG")
        except ClientError as error:
            raise _as(error, {_CONFLICT: TableAlreadyExistsError}, str(identifier)) from error
        try:
            pointer = self._pointer(where)
            staged = self._create_staged_table(
                identifier,
                schema,
                pointer["warehouseLocation"],
                partition_spec,
                sort_order,
                properties,
            )
            self._write_metadata(staged.metadata, staged.io, staged.metadata_location)
            self._move_pointer(where, pointer["versionToken"], staged.metadata_location)
        except BaseException:
            # Half a table would be in everybody's way: it has a name and no schema.
            self._client.delete_table(**where)
            raise
        return self.load_table(identifier)

    def load_table(self, identifier: Any) -> Table:
        """The table as its metadata pointer says now."""
        return self._load(identifier)[0]

    def drop_table(self, identifier: Any) -> None:
        """Delete a table; the service removes its files later."""
        try:
            self._client.delete_table(**self._where(identifier))
        except ClientError as error:
            raise _as(error, {_NOT_FOUND: NoSuchTableError}, str(identifier)) from error

    def commit_table(self, table: Table, requirements: Any, updates: Any) -> CommitTableResponse:
        """Write new metadata and move the pointer, if nobody moved it meanwhile."""
        identifier = table.name()
        current, token = self._load(identifier)
        staged = self._update_and_stage_table(current, identifier, requirements, updates)
        self._write_metadata(staged.metadata, staged.io, staged.metadata_location)
        self._move_pointer(self._where(identifier), token, staged.metadata_location)
        return CommitTableResponse(
            metadata=staged.metadata, metadata_location=staged.metadata_location
        )

    @staticmethod
    def _write_metadata(metadata: Any, io: Any, metadata_path: str) -> None:
        # Without asking whether the file is there: the name is new by its UUID, and the
        # buckets of S3 Tables refuse the listing that the question would take.
        ToOutputFile.table_metadata(metadata, io.new_output(metadata_path), overwrite=True)

    def _load(self, identifier: Any) -> tuple[Table, str]:
        where = self._where(identifier)
        pointer = self._pointer(where)
        location = pointer.get("metadataLocation")
        if not location:
            msg = f"table {identifier} has no metadata yet: its creation was not finished"
            raise NoSuchTableError(msg)
        io = load_file_io(dict(self.properties), location)
        table = Table(
            identifier=(where["namespace"], where["name"]),
            metadata=FromInputFile.table_metadata(io.new_input(location)),
            metadata_location=location,
            io=self._load_file_io(location=location),
            catalog=self,
        )
        return table, str(pointer["versionToken"])

    def _where(self, identifier: Any) -> dict[str, str]:
        namespace, name = self.identifier_to_database_and_table(identifier, NoSuchTableError)
        return {"tableBucketARN": self._warehouse, "namespace": namespace, "name": name}

    def _pointer(self, where: dict[str, str]) -> dict[str, Any]:
        try:
            pointer: dict[str, Any] = self._client.get_table_metadata_location(**where)
        except ClientError as error:
            name = f"{where['namespace']}.{where['name']}"
            raise _as(error, {_NOT_FOUND: NoSuchTableError}, name) from error
        return pointer

    def _move_pointer(self, where: dict[str, str], token: str, location: str) -> None:
        try:
            self._client.update_table_metadata_location(
                **where, versionToken=token, metadataLocation=location
            )
        except ClientError as error:
            name = f"{where['namespace']}.{where['name']}"
            raise _as(error, {_CONFLICT: CommitFailedException}, name) from error


def _as(error: ClientError, known: dict[str, type[Exception]], subject: str) -> Exception:
    """The pyiceberg exception for an error code; any other error stays what it is."""
    kind = known.get(error.response.get("Error", {}).get("Code", ""))
    return error if kind is None else kind(f"{subject}: {error}")
