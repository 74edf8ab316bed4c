"""Names that tie an image to the things that know it: tags on the AMI, channels in SSM."""

from __future__ import annotations

from typing import Final

TAG_CONTENT_HASH: Final = "millrace:content-hash"
"""Hash over everything the image was made from; equal hashes are the same image."""

TAG_VERSION_SET: Final = "millrace:version-set"
"""The version set that was baked, for example `spark-3.5`."""

CHANNEL_PREFIX: Final = "/millrace/images/channels/"
"""SSM parameter path of a channel; the parameter's value is an AMI id."""
