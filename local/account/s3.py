"""S3: ranges read from where they are stored, space given back, policies that do not lock out."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

from local.account.graft import Grafts

grafts = Grafts()


@grafts.replaces(FakeBucket)
def get_permission(self: Any, action: str, resource: str) -> Any:
    """What the bucket policy says, without its conditional statements.

    moto reads a statement as if it had no Condition, so that "deny without TLS" would deny
    everything; the emulator speaks plain HTTP.
    """
    if self.policy is None:
        return PermissionResult.NEUTRAL
    document = json.loads(self.policy)
    statements = document.get("Statement", [])
    if isinstance(statements, dict):
        statements = [statements]
    judged = [each for each in statements if not each.get("Condition")]
    if not judged:
        return PermissionResult.NEUTRAL
    policy = IAMPolicy(json.dumps({**document, "Statement": judged}))
    return policy.is_action_permitted(action, resource)


class Stored:
    """An object's bytes where they are: only the part that is asked for is read."""

    def __init__(self, key: Any) -> None:
        self._key = key

    def __len__(self) -> int:
        size: int = self._key.contentsize
        return size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(len(self))
        with self._key.lock:
            self._key._value_buffer.seek(start)
            data: bytes = self._key._value_buffer.read(stop - start)
        return data


class RangedKey:
    """An object that a range is asked of."""

    def __init__(self, key: Any) -> None:
        self._key = key

    def __getattr__(self, name: str) -> Any:
        return getattr(self._key, name)

    @property
    def value(self) -> Stored:
        """The bytes, unread."""
        return Stored(self._key)


@grafts.replaces(S3Response)
def _get_key(self: Any, validate_storage_class: bool = True) -> tuple[Any, bool]:
    """moto reads a whole object to answer a range of it, and Parquet is read in ranges."""
    original = grafts.original(S3Response, "_get_key")
    key, not_modified = original(self, validate_storage_class)
    ranged = self.headers.get("range") and "partNumber" not in self.querystring
    return (RangedKey(key) if ranged else key), not_modified


@grafts.replaces(S3Response)
def _handle_range_header(self: Any, request: Any, headers: dict[str, Any], content: Any) -> Any:
    """The part, or everything if the range says nothing that S3 understands."""
    original = grafts.original(S3Response, "_handle_range_header")
    status, headers, content = original(self, request, headers, content)
    return status, headers, content[:] if isinstance(content, Stored) else content


@grafts.replaces(S3Backend)
def complete_multipart_upload(self: Any, bucket_name: str, multipart_id: str, body: Any) -> Any:
    """CompleteMultipartUpload: moto would keep the parts next to the whole."""
    multipart = self.get_bucket(bucket_name).multiparts[multipart_id]
    key = grafts.original(S3Backend, "complete_multipart_upload")(
        self, bucket_name, multipart_id, body
    )
    for part in multipart.parts.values():
        part.dispose()
    return key


def install() -> None:
    """Put the grafts in place."""
    grafts.apply()
