"""Inputs of a resource or function as a Terraform configuration."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from toolchain.awsplugin.assets import AssetStore
from toolchain.awsplugin.model import Binding
from toolchain.awsplugin.values import Problem, ToTerraform

# Terraform learns of changed code from this attribute; the bridge fills it from the archive.
_CODE_HASHES: Final = {
    "aws_lambda_function": ("filename", "source_code_hash"),
    "aws_lambda_layer_version": ("filename", "source_code_hash"),
}


class Configs:
    """Makes configurations for the provider of one region."""

    def __init__(self, assets: AssetStore, region: Callable[[], str]) -> None:
        self._assets = assets
        self.region = region

    def make(
        self, binding: Binding, inputs: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[Problem]]:
        """The configuration, and what of the inputs does not fit."""
        values = dict(inputs)
        problems = self._settle_region(binding, values)
        convert = ToTerraform(self._assets)
        config = convert.object(binding.root, values)
        _hash_code(binding, config)
        return config, problems + convert.problems

    def _settle_region(self, binding: Binding, values: dict[str, Any]) -> list[Problem]:
        """The newer SDK has a region for each resource, this provider one for all of them."""
        if "region" not in binding.extra:
            return []
        region = values.pop("region", None)
        if region is None or region == self.region():
            return []
        reason = (
            f"region: {region!r} differs from the provider's {self.region()!r}, and this "
            "provider version has one region; use a second aws.Provider for the other"
        )
        return [Problem(("region",), reason)]


def _hash_code(binding: Binding, config: dict[str, Any]) -> None:
    file, code_hash = _CODE_HASHES.get(binding.tf_type, ("", ""))
    if not file or config.get(code_hash) is not None or not isinstance(config.get(file), str):
        return
    path = Path(config[file])
    # An unchanged archive made on another machine is not here; its hash stays as it was.
    if path.exists():
        digest = hashlib.sha256(path.read_bytes()).digest()
        config[code_hash] = base64.b64encode(digest).decode()
