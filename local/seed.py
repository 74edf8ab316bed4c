"""What the emulated account holds before the program runs: key pair, image, proof, channel.

On AWS a platform team has these already: an imported key, a baked and proved AMI, the channel
that points at it. `lakehouse local up` puts the same into the account it just started.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from lakehouse.images import CHANNEL_PREFIX, TAG_CONTENT_HASH, TAG_VERSION_SET
from lakehouse.proof import Proof

KEY_NAME: Final = "millrace-local"
CHANNEL: Final = "local"
CREDENTIALS: Final[Mapping[str, str]] = {
    # The emulator checks nobody; the SDKs insist on some value.
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


class Account:
    """The few calls that prepare the emulated account; every one may be repeated."""

    def __init__(self, endpoint_url: str, region: str) -> None:
        self._session = boto3.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=region,
        )
        self._endpoint_url = endpoint_url

    def _client(self, service: str) -> Any:
        return self._session.client(
            service,
            endpoint_url=self._endpoint_url,
            config=Config(retries={"total_max_attempts": 2}, connect_timeout=5, read_timeout=20),
        )

    def import_key(self, public_key: Path) -> None:
        """Make the key pair known under `KEY_NAME`, replacing another key of that name."""
        ec2 = self._client("ec2")
        material = public_key.read_bytes()
        try:
            ec2.import_key_pair(KeyName=KEY_NAME, PublicKeyMaterial=material)
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidKeyPair.Duplicate":
                raise
            ec2.delete_key_pair(KeyName=KEY_NAME)
            ec2.import_key_pair(KeyName=KEY_NAME, PublicKeyMaterial=material)

    def register_image(self, *, content_hash: str, version_set: str, architecture: str) -> str:
        """Register the baked image once; its content hash is its identity. Returns the AMI id."""
        ec2 = self._client("ec2")
        found = ec2.describe_images(
            Owners=["self"], Filters=[{"Name": f"tag:{TAG_CONTENT_HASH}", "Values": [content_hash]}]
        )["Images"]
        if found:
            return str(found[0]["ImageId"])
        image_id = ec2.register_image(
            Name=f"millrace-{version_set}-{content_hash[:12]}",
            Architecture=architecture,
            RootDeviceName="/dev/xvda",
            VirtualizationType="hvm",
        )["ImageId"]
        ec2.create_tags(
            Resources=[image_id],
            Tags=[
                {"Key": TAG_CONTENT_HASH, "Value": content_hash},
                {"Key": TAG_VERSION_SET, "Value": version_set},
            ],
        )
        return str(image_id)

    def record(self, proofs: Iterable[Proof]) -> None:
        """Let the account know what came of the suite, wherever it ran."""
        ssm = self._client("ssm")
        for proof in proofs:
            ssm.put_parameter(
                Name=proof.parameter, Value=proof.to_json(), Type="String", Overwrite=True
            )

    def point_channel(self, image_id: str, *, version_set: str = "") -> None:
        """Let the channel that the local stack names hold this image, if it never did.

        Once it has, the operator moves the channel: a rollback must survive the next `up`. Only
        when a version set is asked for does an image of another one give way, whatever was before.
        """
        ssm, name = self._client("ssm"), f"{CHANNEL_PREFIX}{CHANNEL}"
        try:
            versions = ssm.get_parameter_history(Name=name)["Parameters"]
        except ssm.exceptions.ParameterNotFound:
            versions = []
        held = [each["Value"] for each in versions]
        if image_id not in held or (version_set and self._version_set(held[-1]) != version_set):
            ssm.put_parameter(Name=name, Value=image_id, Type="String", Overwrite=True)

    def _version_set(self, image_id: str) -> str:
        images = self._client("ec2").describe_images(ImageIds=[image_id])["Images"]
        tags = {each["Key"]: each["Value"] for image in images for each in image.get("Tags", ())}
        return str(tags.get(TAG_VERSION_SET, ""))
