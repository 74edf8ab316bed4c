"""Storage class of a table bucket, which Pulumi's own resource lacks."""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import ClientError
from pulumi import Input, ResourceOptions
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from components._dynamic import AwsProvider, Props, client, code_of, patiently

SERVICE_DEFAULT: Final = "STANDARD"
"""What a bucket has that nobody set (S3 Tables user guide)."""

_GONE = "NotFoundException"


class StorageClassProvider(AwsProvider):
    """Sets the class of tables that are made from now on."""

    identity = ("bucket_arn",)
    compared = ("storage_class",)

    def create(self, props: Props) -> CreateResult:
        """Set it."""
        _put(props, props["storage_class"])
        return CreateResult(props["bucket_arn"], props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Set another."""
        _put(_news, _news["storage_class"])
        return UpdateResult(_news)

    def read(self, id_: str, props: Props) -> ReadResult:
        """The class as the bucket has it."""
        try:
            found = client(props, "s3tables").get_table_bucket_storage_class(
                tableBucketARN=props["bucket_arn"]
            )
        except ClientError as error:
            if code_of(error) == _GONE:
                return ReadResult("", props)
            raise
        seen = found["storageClassConfiguration"]["storageClass"]
        return ReadResult(id_, {**props, "storage_class": seen})

    def delete(self, _id: str, _props: Props) -> None:
        """Back to the service's default; a bucket that is gone has none."""
        try:
            _put(_props, SERVICE_DEFAULT)
        except ClientError as error:
            if code_of(error) != _GONE:
                raise


class BucketStorageClass(Resource, module="millrace", name="BucketStorageClass"):
    """The storage class of one bucket."""

    def __init__(self, name: str, props: dict[str, Input[Any]], opts: ResourceOptions) -> None:
        super().__init__(StorageClassProvider(), name, dict(props), opts)


def _put(props: Props, storage_class: str) -> None:
    tables = client(props, "s3tables")
    patiently(
        lambda: tables.put_table_bucket_storage_class(
            tableBucketARN=props["bucket_arn"],
            storageClassConfiguration={"storageClass": storage_class},
        ),
        f"setting the storage class of {props['bucket_arn']}",
    )
