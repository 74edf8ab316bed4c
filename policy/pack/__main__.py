"""The rules as a policy pack; how to run it is in `policy/README.md`.

Needs `pulumi-policy` in the project's environment (`uv pip install pulumi-policy`).
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, Final

NAME: Final = "millrace"

PROJECT: Final = Path(__file__).resolve().parents[2]


def serve(sdk: Any) -> None:
    """Start the pack, which answers the engine until the engine ends it."""
    from policy.adapter import policies

    sdk.PolicyPack(
        name=NAME, enforcement_level=sdk.EnforcementLevel.MANDATORY, policies=policies(sdk)
    )


if __name__ == "__main__":
    # The engine starts the pack with this folder, not the project, on the path.
    sys.path.insert(0, str(PROJECT))
    serve(importlib.import_module("pulumi_policy"))
