"""Options that every JVM of a machine gets."""

from __future__ import annotations

from typing import Final

from node import paths

_COMMON: Final = (
    # One address family to close, and no second look-up per name.
    "-Djava.net.preferIPv4Stack=true",
    # The SDK's fallback to metadata version 1 is refused in code, not only by the instance.
    "-Daws.disableEc2MetadataV1=true",
    # 1 s by default, and not tried again: a metadata service that is slow for a moment would fail
    # every task of a new executor, which then takes the next ones too, eight times in ten seconds.
    "-Daws.ec2MetadataServiceTimeout=10",
    # After a heap exhausted once, a JVM is trusted with nothing more: systemd starts a new one.
    "-XX:+ExitOnOutOfMemoryError",
    # Not found through the class path (paths.CLASS_PATH_CONF).
    f"-Dlog4j2.configurationFile=file://{paths.LOG4J}",
)


def options(*, archive: bool) -> str:
    """One line. A JVM told of an archive that is not there would drop its built-in one too."""
    words = (*_COMMON, f"-XX:SharedArchiveFile={paths.CLASS_ARCHIVE}") if archive else _COMMON
    return " ".join(words)
