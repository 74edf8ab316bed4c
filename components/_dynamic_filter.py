"""A data cells filter: the rows and columns that a grant is about.

Pulumi's own resource has not been seen to take a catalog of a table bucket. The name holds a
digest of the rule, so that another rule is another filter and nobody's rows change underneath.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from pulumi import Input, ResourceOptions
from pulumi.dynamic import CreateResult, ReadResult, Resource

from components._dynamic import AwsProvider, Props, client, code_of, patiently

_NAME = ("TableCatalogId", "DatabaseName", "TableName", "Name")


class FilterProvider(AwsProvider):
    """Makes and deletes; a change is another filter."""

    identity = ("filter",)

    def create(self, props: Props) -> CreateResult:
        """Make it; one of the same name has the same rule."""
        lake = client(props, "lakeformation")
        try:
            patiently(
                lambda: lake.create_data_cells_filter(TableData=props["filter"]),
                f"making filter {props['filter']['Name']}",
            )
        except ClientError as error:
            if code_of(error) != "AlreadyExistsException":
                raise
        return CreateResult("/".join(_named(props).values()), props)

    def read(self, id_: str, props: Props) -> ReadResult:
        """The rule as it is kept."""
        try:
            answer = client(props, "lakeformation").get_data_cells_filter(**_named(props))
        except ClientError as error:
            if code_of(error) == "EntityNotFoundException":
                return ReadResult("", props)
            raise
        kept = answer["DataCellsFilter"]
        seen = {key: kept.get(key) for key in props["filter"]}
        return ReadResult(id_, {**props, "filter": seen})

    def delete(self, _id: str, _props: Props) -> None:
        """Delete it; gone is gone."""
        try:
            client(_props, "lakeformation").delete_data_cells_filter(**_named(_props))
        except ClientError as error:
            if code_of(error) != "EntityNotFoundException":
                raise


class CellsFilter(Resource, module="millrace", name="CellsFilter"):
    """The rows and columns of one grant."""

    def __init__(self, name: str, props: dict[str, Input[Any]], opts: ResourceOptions) -> None:
        super().__init__(FilterProvider(), name, dict(props), opts)


def _named(props: Props) -> dict[str, str]:
    return {key: props["filter"][key] for key in _NAME}
