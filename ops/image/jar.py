"""Our own jar, built by Maven from jvm/ when its sources changed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from ops.image.inputs import REPOSITORY
from toolchain.cache import cached, content_key
from toolchain.process import run
from toolchain.progress import Log

NAME: Final = "millrace-spark.jar"
_DEADLINE_SECONDS: Final = 900.0


def ensure_jar(version_set: str, log: Log, repository: Path = REPOSITORY) -> Path:
    """Build and test jvm/ for a version set unless exactly these sources were built before."""
    source = repository / "jvm"
    files = [source / "pom.xml", *sorted(p for p in (source / "src").rglob("*") if p.is_file())]
    key = content_key(
        version_set, *(f"{p.relative_to(source)}\n{p.read_text('utf-8')}" for p in files)
    )

    def make(folder: Path) -> None:
        # In a copy: a build must not write into the checkout.
        work = folder / "build"
        work.mkdir()
        shutil.copy(source / "pom.xml", work)
        shutil.copytree(source / "src", work / "src")
        run(
            ["mvn", "--batch-mode", "--no-transfer-progress", "-P", version_set, "package"],
            what=f"jar: mvn package for {version_set}",
            log=log,
            directory=work,
            deadline=_DEADLINE_SECONDS,
        )
        shutil.copy(work / "target" / NAME, folder / NAME)
        shutil.rmtree(work)

    return cached("millrace-jar", key, make, log) / NAME
