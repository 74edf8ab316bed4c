"""Warnings that are about the SDK's own house."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # Importing a module of pulumi_aws warns of every deprecated class in it.
    config.addinivalue_line("filterwarnings", "ignore::DeprecationWarning:pulumi_aws.*")
