"""Rules about data: encrypted, kept, and not lost by mistake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from policy.resource import Finding, Resource, entries, is_true
from policy.tags import takes_tags

LIFETIME: Final = "lifetime"
DISPOSABLE: Final = "disposable"
"""The tag by which a stack's owner says that its data may be lost."""

PROTECT_DATA: Final = "protect-data"

_DATA: Final = frozenset(
    {
        "dynamodb.Table",
        "kms.Key",
        "s3.Bucket",
        "s3tables.Table",
        "s3tables.TableBucket",
    }
)

_ENCRYPTED: Final = {
    "ebs.Volume": "encrypted",
    "efs.FileSystem": "encrypted",
    "rds.Cluster": "storageEncrypted",
    "rds.Instance": "storageEncrypted",
}
"""Kinds that are in clear unless a flag is set."""


def encrypted(resource: Resource) -> Iterator[str]:
    """Everything that keeps data keeps it encrypted, tables under a key of the stack's own."""
    flag = _ENCRYPTED.get(resource.kind)
    if flag and not is_true(resource.get(flag)):
        yield f"Encrypt {resource.label}: set {flag} to true."
    match resource.kind:
        case "ec2.LaunchTemplate":
            yield from _template(resource)
        case "ec2.Instance":
            if not is_true(resource.part("rootBlockDevice").get("encrypted")):
                yield f"Encrypt the root volume of {resource.label}."
            for disk in resource.parts("ebsBlockDevices"):
                if not is_true(disk.get("encrypted")):
                    yield f"Encrypt volume {disk.get('deviceName')} of {resource.label}."
        case "s3tables.TableBucket":
            chosen = resource.part("encryptionConfiguration")
            if chosen.get("sseAlgorithm") != "aws:kms" or not chosen.get("kmsKeyArn"):
                yield (
                    f"Encrypt {resource.label} with a key of the stack's own: set "
                    "encryptionConfiguration to aws:kms and the key's ARN."
                )
        case "s3tables.Table":
            chosen = resource.part("encryptionConfiguration")
            if chosen and chosen.get("sseAlgorithm") != "aws:kms":
                yield f"Leave {resource.label} under its bucket's key, or give it one of its own."


def _template(resource: Resource) -> Iterator[str]:
    disks = list(resource.parts("blockDeviceMappings"))
    if not any("ebs" in disk for disk in disks):
        yield (
            f"Name the root volume in {resource.label} and encrypt it: without a mapping the "
            "image decides."
        )
    for disk in disks:
        if "ebs" in disk and not is_true(disk["ebs"].get("encrypted")):
            yield f"Encrypt volume {disk.get('deviceName')} of {resource.label}."


def keys_rotate(resource: Resource) -> Iterator[str]:
    """Keys are renewed by AWS every year."""
    symmetric = resource.get("customerMasterKeySpec") in (None, "SYMMETRIC_DEFAULT")
    if resource.kind == "kms.Key" and symmetric and not is_true(resource.get("enableKeyRotation")):
        yield f"Let AWS renew {resource.label}: set enableKeyRotation to true."


def logs_end(resource: Resource) -> Iterator[str]:
    """Logs are kept for a chosen time: the default is for ever, and billed for ever."""
    if resource.kind == "cloudwatch.LogGroup" and not resource.get("retentionInDays"):
        yield f"Choose how long {resource.label} keeps logs: set retentionInDays."


def protected(resources: Sequence[Resource]) -> Iterator[Finding]:
    """Data and its keys outlive a mistake, unless the whole stack is tagged as disposable."""
    if _disposable(resources):
        return
    for resource in resources:
        for message in _unprotected(resource):
            yield Finding(rule=PROTECT_DATA, resource=resource, message=message)


def _unprotected(resource: Resource) -> Iterator[str]:
    otherwise = f"or tag the stack {LIFETIME}: {DISPOSABLE}"
    if resource.kind in _DATA and not resource.protect:
        yield f"Protect {resource.label} from deletion, {otherwise}."
    if resource.kind in _DATA and is_true(resource.get("forceDestroy")):
        yield f"Take forceDestroy off {resource.label}: it deletes what is inside, {otherwise}."
    if resource.kind == "secretsmanager.Secret" and resource.get("recoveryWindowInDays") == 0:
        yield f"Let {resource.label} be restored for 7 to 30 days, {otherwise}."


def _disposable(resources: Sequence[Resource]) -> bool:
    """Whether every resource that has AWS's tags says so: one that does not may be shared."""
    said = [_lifetime(each) for each in resources if takes_tags(each.type) and each.get("tags")]
    return bool(said) and all(each == DISPOSABLE for each in said)


def _lifetime(resource: Resource) -> str | None:
    listed = {each.get("key"): each.get("value") for each in entries(resource.properties, "tags")}
    value = (listed or resource.part("tags")).get(LIFETIME)
    return str(value) if value is not None else None
