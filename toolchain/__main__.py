"""``python -m toolchain ensure|env|where|packages``."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from lakehouse.errors import LakehouseError
from toolchain import packages, pulumi_kit, recipes
from toolchain.cache import cache_dir
from toolchain.ensure import Tools, ensure
from toolchain.progress import Log, Progress


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 1 and a message for a person if the machine cannot."""
    options = _parser().parse_args(arguments)
    log = Progress()
    try:
        if options.command == "ensure":
            _report(ensure(log), log)
        elif options.command == "env":
            sys.stdout.write(_exports(ensure(log), options.state.absolute()))
        elif options.command == "packages":
            installed = packages.ensure_packages(log)
            log(f"packages: installed {' '.join(installed) or 'nothing, all are there'}")
        else:
            sys.stdout.write(json.dumps(_places(), indent=2) + "\n")
    except LakehouseError as error:
        log(f"{type(error).__name__}: {error}")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m toolchain", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("ensure", help="find or build every tool")
    env = commands.add_parser("env", help="shell exports for running pulumi and packer by hand")
    env.add_argument("--state", type=Path, required=True, help="folder of the stacks' state")
    commands.add_parser("packages", help="install the Debian packages that are missing")
    commands.add_parser("where", help="what the cache has, as JSON; builds nothing")
    return parser


def _report(tools: Tools, log: Log) -> None:
    standing_on = tools.terraform_provider_aws or "Pulumi's own plugin"
    log(f"pulumi: {tools.pulumi}")
    log(f"aws plugin: {tools.aws_plugin_bin} ({standing_on})")
    log(f"packer: {tools.packer}")
    log(f"packer plugins: {tools.packer_plugin_path}")


def _exports(tools: Tools, state: Path) -> str:
    wanted = {**tools.packer_environment(), **tools.environment(state)}
    names = [name for name in wanted if name == "PATH" or name.startswith(("PULUMI_", "PACKER_"))]
    path = f"{tools.packer.parent}:{wanted['PATH']}"
    lines = [f"export {name}={shlex.quote(wanted[name])}" for name in sorted(names)]
    lines += [f"export PATH={shlex.quote(path)}", "unset AWS_CA_BUNDLE"]
    return "\n".join(lines) + "\n"


def _places() -> dict[str, object]:
    return {
        "cache": str(cache_dir()),
        "built": {recipe.name: _place(recipe.binary) for recipe in recipes.ALL},
        "pulumi": _place(pulumi_kit.where()),
    }


def _place(path: Path) -> dict[str, object]:
    return {"path": str(path), "there": path.exists()}


if __name__ == "__main__":
    sys.exit(main())
