"""The local image: baked in layers, only what changed, into the content-addressed cache."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lakehouse.errors import PreflightError
from lakehouse.versions import DEFAULT_SET, Versions, load_set
from ops.image import bill, suite
from ops.image.artefacts import artefact_dir, ensure_artefacts
from ops.image.base import host_architecture, make_base
from ops.image.emulation import is_emulated, runnable
from ops.image.inputs import LAYERS, Inputs, Layer, changes, collect
from ops.image.jar import ensure_jar
from ops.image.layer import Recipe, bake_layer, compress, workspace
from ops.image.preflight import check
from ops.image.prune import MANIFEST, drop_orphans
from ops.image.seal import seal
from toolchain.cache import cache_dir, locked
from toolchain.progress import Log

_NAMED_CHANGES: Final = 8


@dataclass(frozen=True, kw_only=True)
class LocalImage:
    """An image in the cache, ready to be mounted."""

    content_hash: str
    version_set: str
    architecture: str
    """Debian's name."""
    layers: tuple[Path, ...]
    """squashfs files, lowest first: lower directories of a machine's overlay."""
    manifest: dict[str, Any]
    """`image.json` as written at the bake."""


def ensure_local_image(
    log: Log, version_set: str = DEFAULT_SET, architecture: str = ""
) -> LocalImage:
    """The image of this checkout, baked if it is not there.

    `architecture` is Debian's name; this machine's own if empty. Another one is emulated.

    Raises:
        ContractError: there is no such version set.
        PreflightError: this machine cannot bake, or cannot emulate that architecture.
    """
    versions = load_set(version_set)
    inputs = collect(versions, architecture or host_architecture())
    found = find(inputs.content_hash)
    if found is not None:
        log(f"image: {version_set} {inputs.content_hash[:12]} is in the cache")
        return found
    check()
    with locked("image", log), runnable(inputs.architecture, log):
        found = find(inputs.content_hash)
        return found or _bake(versions, inputs, log)


def images_dir() -> Path:
    """Where images lie, each in a folder named by its content hash."""
    return cache_dir() / "images"


def layers_dir() -> Path:
    """Where layers lie, each named by the hash of what it is made from."""
    return cache_dir() / "layers"


def find(content_hash: str) -> LocalImage | None:
    """An image that was baked before."""
    folder = images_dir() / content_hash
    if not (folder / MANIFEST).is_file():
        return None
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return LocalImage(
        content_hash=content_hash,
        version_set=manifest["version_set"],
        architecture=manifest["architecture"],
        layers=tuple(folder / name for name in manifest["layers"]),
        manifest=manifest,
    )


def explain(inputs: Inputs, version_set: str) -> str:
    """Why there is no image of `inputs` yet: what differs from the last one of its set."""
    paths = sorted(images_dir().glob(f"*/{MANIFEST}"), key=lambda path: path.stat().st_mtime)
    manifests = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    alike = (version_set, inputs.architecture)
    own = [each for each in manifests if (each["version_set"], each["architecture"]) == alike]
    if not own:
        return f"no image of {version_set} for {inputs.architecture} was baked here before"
    last = own[-1]
    names = changes(last["inputs"], inputs.flat())
    shown = ", ".join(names[:_NAMED_CHANGES])
    more = len(names) - _NAMED_CHANGES
    return f"changed since {last['content_hash'][:12]}: {shown}" + (
        f" and {more} more" if more > 0 else ""
    )


def _bake(versions: Versions, inputs: Inputs, log: Log) -> LocalImage:
    name = f"{versions.version_set} {inputs.content_hash[:12]}"
    log(f"image: baking {name}; {explain(inputs, versions.version_set)}")
    start = time.monotonic()
    recipe = Recipe(
        version_set=versions.version_set,
        content_hash=inputs.content_hash,
        emulated=is_emulated(inputs.architecture),
        artefact_dir=artefact_dir(),
        millrace_jar=ensure_jar(versions.version_set, log),
    )
    stack: dict[Layer, Path] = {}
    # Under emulation Spark's many threads and processes may wait for one another for ever; and
    # an archive of classes is worth something on the processor that will read it.
    for layer in [each for each in LAYERS if not (recipe.emulated and each == "startup")]:
        target = layers_dir() / f"{layer}-{inputs.keys[layer][:16]}.squashfs"
        if target.is_file():
            log(f"{layer}: unchanged")
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            layer_start = time.monotonic()
            with workspace() as work:
                if layer == "base":
                    _bake_base(inputs, versions, work, target, log)
                else:
                    if layer == "runtime":
                        # No other layer takes any of them, and verifying them takes seconds.
                        ensure_artefacts(versions, inputs.architecture, log)
                    bake_layer(layer, recipe, [*stack.values()], work, target, log)
                    suite.note(layer, target)
            log(f"{layer}: baked in {time.monotonic() - layer_start:.1f} s")
        stack[layer] = target
    _store(versions, inputs, stack, log)
    drop_orphans(layers_dir(), keep=[*stack.values()])
    image = find(inputs.content_hash)
    if image is None:
        msg = f"{images_dir()} was changed while the image was baked; run it again"
        raise PreflightError(msg)
    size = sum(path.stat().st_size for path in image.layers) / 1e6
    log(f"image: {size:.0f} MB in {len(stack)} layers, {time.monotonic() - start:.1f} s")
    return image


def _bake_base(inputs: Inputs, versions: Versions, work: Path, target: Path, log: Log) -> None:
    root = work / "root"
    make_base(root, inputs.packages, versions, inputs.architecture, log)
    seal(root)
    compress(root, target)


def _store(versions: Versions, inputs: Inputs, stack: Mapping[Layer, Path], log: Log) -> None:
    """Link the layers into the image's folder; the manifest, written last, makes it one."""
    folder = images_dir() / inputs.content_hash
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{layer}.squashfs" for layer in stack]
    for name, path in zip(names, stack.values(), strict=True):
        (folder / name).unlink(missing_ok=True)
        os.link(path, folder / name)
    manifest = {
        "content_hash": inputs.content_hash,
        "version_set": versions.version_set,
        "architecture": inputs.architecture,
        "layers": names,
        "components": versions.versions,
        "suite_hash": suite.noted([path for layer, path in stack.items() if layer != "base"]),
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "inputs": inputs.flat(),
    }
    bill.store(folder, manifest, versions, log)
    partial = folder / f".{MANIFEST}.partial"
    partial.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    partial.rename(folder / MANIFEST)
