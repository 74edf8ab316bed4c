"""Records of what came of the image tests: in the image's folder here, and in an account.

The bake runs its own suite and makes no image when a test fails, so its record follows from
the image's manifest. Proving on a booted machine writes one of its own, passed or failed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from lakehouse.errors import DeadlineError, ToolError
from lakehouse.proof import Place, Proof, proofs_of
from ops.aws import Parameters
from ops.image import bill, suite
from ops.image.bake import LocalImage, images_dir
from ops.image.prove import prove
from toolchain.progress import Log

ARCHITECTURES: Final = {"amd64": "x86_64", "arm64": "arm64"}
"""Debian's name -> EC2's."""


def of_local_image(image: LocalImage, image_id: str) -> list[Proof]:
    """Every record of an image in the cache, for the AMI that stands for it."""
    made = [_record(image, "bake", passed=True, suite_hash=image.manifest.get("suite_hash", ""))]
    made[0] = made[0].model_copy(update={"time": image.manifest["created"]})
    folder = images_dir() / image.content_hash / "proofs"
    made += [Proof.from_json(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    return [each.model_copy(update={"image_id": image_id}) for each in made]


def prove_local_image(image: LocalImage, log: Log) -> None:
    """Boot the image fresh, run the suite on it and keep the record, whatever came of it.

    Raises:
        LakehouseError: a test failed or the machine did not come up.
    """
    suite_hash = suite.hash_of(suite.booted_tests())
    try:
        prove(image, log)
    except (ToolError, DeadlineError):
        _keep(image, _record(image, "boot", passed=False, suite_hash=suite_hash))
        raise
    _keep(image, _record(image, "boot", passed=True, suite_hash=suite_hash))


def keep_matrix(image: LocalImage, *, suite_hash: str, passed: bool) -> None:
    """Keep with the image that every client was tried with it, and what came of it."""
    _keep(image, _record(image, "matrix", passed=passed, suite_hash=suite_hash))


def read(parameters: Parameters, image_id: str) -> tuple[Proof, ...]:
    """The records of an image in an account."""
    return tuple(map(Proof.from_json, parameters.below(proofs_of(image_id)).values()))


def write(parameters: Parameters, proofs: Iterable[Proof]) -> None:
    """Put records into an account, in place of older ones of the same place."""
    for proof in proofs:
        parameters.put(proof.parameter, proof.to_json())


def _keep(image: LocalImage, proof: Proof) -> None:
    folder = images_dir() / image.content_hash / "proofs"
    folder.mkdir(exist_ok=True)
    partial = folder / f".{proof.place}.partial"
    partial.write_text(proof.to_json(), encoding="utf-8")
    partial.rename(folder / f"{proof.place}.json")


def _record(image: LocalImage, place: Place, *, passed: bool, suite_hash: str) -> Proof:
    return Proof(
        image_id="",
        content_hash=image.content_hash,
        version_set=image.version_set,
        architecture=ARCHITECTURES[image.architecture],
        place=place,
        suite_hash=suite_hash,
        sbom_hash=bill.hash_of(images_dir() / image.content_hash),
        result="passed" if passed else "failed",
        time=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        components=image.manifest.get("components", {}),
    )
