"""Packer and its two plugins, installed so that ``packer init`` needs no network."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from toolchain import installed, recipes, versions
from toolchain.cache import cache_dir, cached, content_key, entry
from toolchain.process import run
from toolchain.progress import Log

_PLUGINS = {
    "github.com/hashicorp/amazon": recipes.PACKER_PLUGIN_AMAZON,
    "github.com/hashicorp/ansible": recipes.PACKER_PLUGIN_ANSIBLE,
}


@dataclass(frozen=True, kw_only=True)
class PackerKit:
    """A Packer that finds its plugins."""

    packer: Path
    plugin_path: Path

    def environment(self) -> dict[str, str]:
        """This process's environment, with Packer on PATH, its plugins, and no phoning home."""
        return {
            **os.environ,
            "PATH": f"{self.packer.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PACKER_PLUGIN_PATH": str(self.plugin_path),
            "PACKER_CONFIG_DIR": str(cache_dir() / "packer"),
            "CHECKPOINT_DISABLE": "1",
        }


def packer_kit(log: Log) -> PackerKit:
    """An installed Packer of an accepted version, or a built one, with the pinned plugins."""
    packer = installed.find("packer", ["version"], versions.PACKER, log)
    packer = packer or recipes.PACKER.build(log)

    def make(directory: Path) -> None:
        _install_plugins(packer, directory, log)

    plugins = cached("packer-plugins", _plugins_key(), make, log)
    (cache_dir() / "packer").mkdir(parents=True, exist_ok=True)
    return PackerKit(packer=packer, plugin_path=plugins)


def where() -> Path:
    """The folder that a build puts the plugins in."""
    return entry("packer-plugins", _plugins_key())


def _plugins_key() -> str:
    return content_key(*(f"{source} {recipe.key}" for source, recipe in _PLUGINS.items()))


def _install_plugins(packer: Path, directory: Path, log: Log) -> None:
    for source, recipe in _PLUGINS.items():
        plugin = recipe.build(log)
        run(
            [packer, "plugins", "install", "--path", plugin, source],
            what=f"{recipe.name}: installing",
            log=log,
            environment={
                **os.environ,
                "PACKER_PLUGIN_PATH": str(directory),
                "CHECKPOINT_DISABLE": "1",
            },
        )
