"""S3 Tables: maintenance, policies, encryption, and the rules that keep commits safe."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from moto.s3tables import models, urls
from moto.s3tables.exceptions import (
    BadRequestException,
    ConflictException,
    InvalidNamespaceName,
    InvalidTableBucketName,
    InvalidTableName,
    NotFoundException,
)
from moto.s3tables.responses import S3TablesResponse

from local.account.graft import Grafts, attached

grafts = Grafts()

Answer = tuple[int, dict[str, str], str]

BUCKET_MAINTENANCE: Final[dict[str, Any]] = {
    "icebergUnreferencedFileRemoval": {
        "status": "enabled",
        "settings": {
            "icebergUnreferencedFileRemoval": {"unreferencedDays": 3, "nonCurrentDays": 10}
        },
    }
}

_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_NAME = re.compile(r"[a-z0-9_]{1,255}")


@dataclass
class BucketSettings:
    """What a table bucket carries besides its namespaces."""

    maintenance: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(BUCKET_MAINTENANCE))
    policy: str | None = None
    encryption: dict[str, Any] = field(default_factory=lambda: {"sseAlgorithm": "AES256"})
    storage_class: str = "STANDARD"


def answer(document: dict[str, Any] | None = None, status: int = 200) -> Answer:
    """An answer as moto's response classes give it."""
    headers = {"Content-Type": "application/json", "status": str(status)}
    return status, headers, "" if document is None else json.dumps(document)


def segments(response: Any) -> list[str]:
    """The path's parts, with a bucket ARN in one part even if its slash came unescaped."""
    parts = [unquote(part) for part in response.raw_path.split("?")[0].strip("/").split("/")]
    for index, part in enumerate(parts[:-1]):
        if part.startswith("arn:") and part.endswith(":bucket"):
            parts[index : index + 2] = [f"{part}/{parts[index + 1]}"]
            break
    return parts


def bucket_of(response: Any) -> Any:
    """The table bucket that a path names."""
    return response.s3tables_backend.get_table_bucket(segments(response)[1])


def body_of(response: Any) -> dict[str, Any]:
    """A request's JSON document."""
    document: dict[str, Any] = json.loads(response.body or "{}")
    return document


def check_encryption(given: dict[str, Any]) -> None:
    """Refuse an unknown algorithm, and a key that is missing or of no use."""
    algorithm, key = given.get("sseAlgorithm"), given.get("kmsKeyArn")
    if algorithm not in ("AES256", "aws:kms") or bool(key) != (algorithm == "aws:kms"):
        msg = "The specified encryption configuration is not valid."
        raise BadRequestException(msg)


NO_POLICY = "The specified policy does not exist."


# Names, as https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-buckets-naming.html


def _check_bucket_name(name: str) -> None:
    reserved = name.startswith(models.TABLE_BUCKET_NAME_RESERVED_PREFIXES) or name.endswith(
        models.TABLE_BUCKET_NAME_RESERVED_SUFFIXES
    )
    if reserved or not _BUCKET.fullmatch(name):
        raise InvalidTableBucketName


def _check_namespace_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name[0] == "_" or name[-1] == "_" or name.startswith("aws"):
        raise InvalidNamespaceName


def _check_table_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name[0] == "_" or name[-1] == "_":
        raise InvalidTableName(name)


# Buckets


@grafts.replaces(S3TablesResponse)
def create_table_bucket(self: Any) -> Answer:
    """CreateTableBucket, keeping the encryption and the storage class it was given."""
    body = body_of(self)
    given = body.get("encryptionConfiguration")
    if given:
        check_encryption(given)
    bucket = self.s3tables_backend.create_table_bucket(name=body["name"])
    settings = attached(bucket, BucketSettings)
    settings.encryption = given or settings.encryption
    chosen = body.get("storageClassConfiguration") or {}
    settings.storage_class = chosen.get("storageClass", settings.storage_class)
    return answer({"arn": bucket.arn})


@grafts.replaces(models.S3TablesBackend)
def delete_table_bucket(self: Any, table_bucket_arn: str) -> None:
    """DeleteTableBucket; one with namespaces is refused."""
    if self.get_table_bucket(table_bucket_arn).namespaces:
        msg = "The bucket that you tried to delete is not empty."
        raise ConflictException(msg)
    self.table_buckets.pop(table_bucket_arn)


@grafts.adds(S3TablesResponse)
def get_table_bucket_policy(self: Any) -> Answer:
    """GetTableBucketPolicy."""
    policy = attached(bucket_of(self), BucketSettings).policy
    if policy is None:
        raise NotFoundException(NO_POLICY)
    return answer({"resourcePolicy": policy})


@grafts.adds(S3TablesResponse)
def put_table_bucket_policy(self: Any) -> Answer:
    """PutTableBucketPolicy."""
    attached(bucket_of(self), BucketSettings).policy = body_of(self)["resourcePolicy"]
    return answer({})


@grafts.adds(S3TablesResponse)
def delete_table_bucket_policy(self: Any) -> Answer:
    """DeleteTableBucketPolicy."""
    attached(bucket_of(self), BucketSettings).policy = None
    return answer(status=204)


@grafts.adds(S3TablesResponse)
def get_table_bucket_encryption(self: Any) -> Answer:
    """GetTableBucketEncryption."""
    encryption = attached(bucket_of(self), BucketSettings).encryption
    return answer({"encryptionConfiguration": encryption})


@grafts.adds(S3TablesResponse)
def put_table_bucket_encryption(self: Any) -> Answer:
    """PutTableBucketEncryption."""
    encryption = body_of(self)["encryptionConfiguration"]
    check_encryption(encryption)
    attached(bucket_of(self), BucketSettings).encryption = encryption
    return answer({})


@grafts.adds(S3TablesResponse)
def delete_table_bucket_encryption(self: Any) -> Answer:
    """DeleteTableBucketEncryption: back to the service's own keys."""
    attached(bucket_of(self), BucketSettings).encryption = {"sseAlgorithm": "AES256"}
    return answer(status=204)


# Namespaces


@grafts.replaces(models.S3TablesBackend)
def delete_namespace(self: Any, table_bucket_arn: str, namespace: str) -> None:
    """DeleteNamespace; one with tables is refused."""
    if self.get_namespace(table_bucket_arn, namespace).tables:
        msg = "The namespace that you tried to delete is not empty."
        raise ConflictException(msg)
    del self.table_buckets[table_bucket_arn].namespaces[namespace]


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
    vars(models).update(
        _validate_table_bucket_name=_check_bucket_name,
        _validate_namespace_name=_check_namespace_name,
        _validate_table_name=_check_table_name,
    )
    urls.url_paths["{0}/namespaces/(?P<tableBucketARN>[^/]+)/(?P<namespace>[^/]+)$"] = (
        S3TablesResponse.dispatch
    )
