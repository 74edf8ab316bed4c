"""Assets and archives as files that Terraform can read, named by their content.

An unchanged asset gives an unchanged path, so it is no difference; a changed one always is. In a
saved state the path is kept relative to the store, so a state may move between machines.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from lakehouse.errors import ContractError
from toolchain.awsplugin.wire import Asset, decode_item

_MARK: Final = "pulumi-asset:"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_FILE_MODE: Final = 0o100644
_PROGRAM_MODE: Final = 0o100755


class AssetStore:
    """Files of assets below one directory; relative paths in a program are below `base`."""

    def __init__(self, directory: Path, base: Path) -> None:
        self._directory = directory
        self._base = base

    def file(self, asset: Asset) -> Path:
        """The file that holds an asset.

        It carries the engine's own hash of the content. Comparing with a state, the engine sends
        nothing else; the file is there nevertheless, from the check that came before.
        """
        content_hash = asset.wire.get("hash")
        suffix = ".zip" if asset.archive else ""
        if content_hash:
            path = self._directory / f"{content_hash}{suffix}"
            if path.exists() or not _has_content(asset):
                return path
            data = self._content(asset)
        else:
            data = self._content(asset)
            path = self._directory / f"{hashlib.sha256(data).hexdigest()}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        partial.write_bytes(data)
        partial.replace(path)
        return path

    def hide(self, value: Any) -> Any:
        """A state with paths of this store replaced by marks."""
        prefix = f"{self._directory}{os.sep}"
        return _strings(value, lambda text: _swap(text, prefix, _MARK))

    def show(self, value: Any) -> Any:
        """The inverse of `hide`."""
        prefix = f"{self._directory}{os.sep}"
        return _strings(value, lambda text: _swap(text, _MARK, prefix))

    def _content(self, asset: Asset) -> bytes:
        if "text" in asset.wire and not asset.archive:
            return str(asset.wire["text"]).encode()
        if asset.wire.get("path"):
            path = self._base / str(asset.wire["path"])
            if not path.is_dir():
                return self._read(path)
        elif "assets" not in asset.wire:
            msg = f"assets are files, texts or archives of them here, not {sorted(asset.wire)}"
            raise ContractError(msg)
        return _zip(self._members(asset, ""))

    def _members(self, asset: Asset, name: str) -> Iterator[tuple[str, bytes, int]]:
        if "assets" in asset.wire:
            members: Mapping[str, Any] = asset.wire["assets"]
            for key, item in members.items():
                child = decode_item(item)
                yield from self._members(child, os.path.join(name, key))  # noqa: PTH118 - zip name
            return
        path = self._base / str(asset.wire.get("path", ""))
        if "path" in asset.wire and path.is_dir():
            for item in path.rglob("*"):
                if item.is_file():
                    inside = item.relative_to(path).as_posix()
                    yield f"{name}/{inside}" if name else inside, self._read(item), _mode(item)
            return
        yield name, self._content(asset), _mode(path) if "path" in asset.wire else _FILE_MODE

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            msg = f"asset {path}: {error.strerror}; paths are relative to the program"
            raise ContractError(msg) from error


def _has_content(asset: Asset) -> bool:
    """Whether this is more than a hash; what was left out may be there as an empty member."""
    return any(asset.wire.get(key) for key in ("text", "path", "assets", "uri"))


def _mode(path: Path) -> int:
    return _PROGRAM_MODE if os.access(path, os.X_OK) else _FILE_MODE


def _zip(members: Iterator[tuple[str, bytes, int]]) -> bytes:
    """The same bytes for the same files, whatever their dates and order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, mode in sorted(members):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def _swap(text: str, old: str, new: str) -> str:
    return new + text.removeprefix(old) if text.startswith(old) else text


def _strings(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _strings(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_strings(item, change) for item in value]
    return value
