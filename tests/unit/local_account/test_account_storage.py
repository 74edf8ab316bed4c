"""S3 under a table: many clients, large objects, ranges, connections that stay open."""

from __future__ import annotations

import http.client
import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

PART = 5 * 1024 * 1024


@pytest.fixture
def store(cloud: Any) -> str:
    """The bucket behind a table."""
    arn = cloud.s3tables.create_table_bucket(name="lake")["arn"]
    cloud.s3tables.create_namespace(tableBucketARN=arn, namespace=["gold"])
    where = {"tableBucketARN": arn, "namespace": "gold", "name": "t"}
    cloud.s3tables.create_table(**where, format="ICEBERG")
    location: str = cloud.s3tables.get_table(**where)["warehouseLocation"]
    return location.removeprefix("s3://")


def test_a_multipart_upload_is_read_back_whole_and_in_ranges(cloud: Any, store: str) -> None:
    data = os.urandom(PART + 1000)
    upload = cloud.s3.create_multipart_upload(Bucket=store, Key="big")["UploadId"]
    parts = []
    for number, body in enumerate((data[:PART], data[PART:]), start=1):
        tag = cloud.s3.upload_part(
            Bucket=store, Key="big", UploadId=upload, PartNumber=number, Body=body
        )["ETag"]
        parts.append({"PartNumber": number, "ETag": tag})
    cloud.s3.complete_multipart_upload(
        Bucket=store, Key="big", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    assert cloud.s3.get_object(Bucket=store, Key="big")["Body"].read() == data
    for span, expected in (
        ("bytes=0-9", data[:10]),
        ("bytes=-7", data[-7:]),
        (f"bytes={PART - 3}-{PART + 2}", data[PART - 3 : PART + 3]),
        (f"bytes={PART}-", data[PART:]),
    ):
        answer = cloud.s3.get_object(Bucket=store, Key="big", Range=span)
        assert answer["Body"].read() == expected, span
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_a_range_beyond_the_end_is_refused(cloud: Any, store: str) -> None:
    cloud.s3.put_object(Bucket=store, Key="small", Body=b"abc")
    with pytest.raises(ClientError, match="InvalidRange"):
        cloud.s3.get_object(Bucket=store, Key="small", Range="bytes=9-10")


def test_many_clients_at_once_read_what_they_wrote(cloud: Any, store: str) -> None:
    def round_trip(index: int) -> bool:
        body = str(index).encode() * 2000
        cloud.s3.put_object(Bucket=store, Key=f"k/{index}", Body=body)
        head = cloud.s3.head_object(Bucket=store, Key=f"k/{index}")
        read = cloud.s3.get_object(Bucket=store, Key=f"k/{index}")["Body"].read()
        return bool(head["ContentLength"] == len(body) and read == body)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(round_trip, range(64)))


def test_a_tls_only_policy_does_not_lock_the_bucket(cloud: Any) -> None:
    cloud.s3.create_bucket(
        Bucket="fallback", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::fallback/*",
    }
    condition = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    _policy(cloud, {**deny, **condition})
    cloud.s3.put_object(Bucket="fallback", Key="a", Body=b"1")
    _policy(cloud, deny)
    with pytest.raises(ClientError, match=r"403|Forbidden|AccessDenied"):
        cloud.s3.put_object(Bucket="fallback", Key="b", Body=b"1")


def _policy(cloud: Any, statement: dict[str, Any]) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.s3.put_bucket_policy(Bucket="fallback", Policy=document)


def test_a_connection_serves_request_after_request(cloud: Any, store: str) -> None:
    where = urlsplit(cloud.url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
    scope = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/s3/aws4_request, x"
    headers = {"Authorization": scope}
    try:
        connection.request("PUT", f"/{store}/kept", b"x" * 100_000, headers)
        connection.getresponse().read()
        socket = connection.sock
        for _ in range(3):
            connection.request("HEAD", f"/{store}/kept", headers=headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            assert answer.getheader("Content-Length") == "100000"
        connection.request("GET", f"/{store}/kept", headers=headers)
        assert len(connection.getresponse().read()) == 100_000
        assert connection.sock is socket
    finally:
        connection.close()


def test_a_body_that_nobody_reads_does_not_spoil_the_next_request(cloud: Any) -> None:
    where = urlsplit(cloud.url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
    try:
        connection.request("GET", "/_local/nothing", b"y" * 10_000)
        assert connection.getresponse().read()
        connection.request("GET", "/_local/health")
        assert json.loads(connection.getresponse().read())["ok"]
    finally:
        connection.close()
