"""The operator's command line: parsing and printing only, the work is in the other modules."""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lakehouse.errors import LakehouseError
from lakehouse.versions import pin_files
from ops import chaos_command, grants, logs, smoke, ssh, tables
from ops.access import Access, open_access
from ops.connect import client_constraints, config_directory, render, write_connection
from ops.context import OpsContext, open_context
from ops.hostkeys import known_hosts
from ops.image import commands as image_commands
from ops.machines import find_machines, select
from ops.redact import RedactionFilter, Redactor
from ops.status import collect
from ops.status_view import render as render_status

INTERRUPTED = 130

Command = Callable[[argparse.Namespace, Redactor], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Errors of ours are one message; anything else is a defect and loud."""
    arguments = _parser().parse_args(argv)
    redactor = Redactor()
    _log_to_stderr(redactor, verbose=arguments.verbose)
    command: Command = arguments.command
    try:
        return command(arguments, redactor)
    except LakehouseError as error:
        print(f"lakehouse: {redactor.clean(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has gone; keep the interpreter's last flush quiet, too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _log_to_stderr(redactor: Redactor, *, verbose: bool) -> None:
    handler = logging.StreamHandler()
    handler.addFilter(RedactionFilter(redactor))
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if verbose else logging.WARNING)


def _context(arguments: argparse.Namespace, redactor: Redactor) -> OpsContext:
    return open_context(arguments.stack, cloud=arguments.cloud, redactor=redactor)


def _access(arguments: argparse.Namespace, context: OpsContext) -> Access:
    return open_access(context, arguments.ssh_key, arguments.known_hosts)


def _status(arguments: argparse.Namespace, redactor: Redactor) -> int:
    status = collect(_context(arguments, redactor))
    if arguments.json:
        print(json.dumps(status.to_mapping(), indent=2))
    else:
        print(render_status(status, every=arguments.all))
    return 0 if status.answering else 1


def _connect(arguments: argparse.Namespace, redactor: Redactor) -> int:
    context = _context(arguments, redactor)
    connection = write_connection(context, arguments.user, config_directory())
    pins = client_constraints(context.outputs)
    print(connection.to_json() if arguments.json else render(connection, pins))
    return 0


def _smoke(arguments: argparse.Namespace, redactor: Redactor) -> int:
    context = _context(arguments, redactor)
    extra = ["-k", arguments.k] if arguments.k else []
    return smoke.run(context, _access(arguments, context), [*extra, *arguments.pytest])


def _logs(arguments: argparse.Namespace, redactor: Redactor) -> int:
    context = _context(arguments, redactor)
    with context.inside():
        machines = select(find_machines(context.account, context.outputs), arguments.machine)
    read = logs.follow if arguments.follow else logs.read
    for line in read(_access(arguments, context), machines, arguments.unit):
        print(redactor.clean(line), flush=arguments.follow)
    return 0


def _ssh(arguments: argparse.Namespace, redactor: Redactor) -> int:
    context = _context(arguments, redactor)
    access = _access(arguments, context)
    with context.inside():
        machine = select(find_machines(context.account, context.outputs), arguments.machine)[0]
    words = [word for word in arguments.words if word != "--"]
    if words:
        with access.shell(machine) as shell:
            result = shell.run(words, deadline=arguments.deadline)
        print(result.stdout, end="")
        print(result.stderr, end="", file=sys.stderr)
        return result.code
    with tempfile.TemporaryDirectory(prefix="lakehouse-ssh-") as folder, context.inside():
        hosts = Path(folder) / "known_hosts"
        hosts.write_text(known_hosts(access.host_keys, [machine]))
        command = ssh.command_line(machine.address, key=access.key, known_hosts=hosts)
        return subprocess.run(command, check=False).returncode


def _demo(arguments: argparse.Namespace, redactor: Redactor) -> int:
    from benchmarks.tpch import demo

    context = _context(arguments, redactor)
    connection = write_connection(context, "", config_directory())
    return demo.run(context, connection, scale=arguments.scale, log=print)


def _local(arguments: argparse.Namespace, redactor: Redactor) -> int:
    from local import up

    del redactor
    work: dict[str, Callable[[argparse.Namespace], int]] = {
        "up": up.up,
        "down": up.down,
        "status": up.status,
    }
    return work[arguments.action](arguments)


def _image(arguments: argparse.Namespace, redactor: Redactor) -> int:
    print(image_commands.run(arguments, redactor))
    return 0


def _grants(arguments: argparse.Namespace, redactor: Redactor) -> int:
    text, code = grants.run(arguments, redactor)
    print(text)
    return code


def _chaos(arguments: argparse.Namespace, redactor: Redactor) -> int:
    context = _context(arguments, redactor)
    access = _access(arguments, context)
    # A soak lasts for hours: what it says is to be seen also where it goes into a file.
    log = partial(print, flush=True)
    if arguments.action == "soak":
        from benchmarks.interruption import command

        return command.run(context, access, arguments, log=log)
    return chaos_command.run(context, access, arguments, log=log)


def _tables(arguments: argparse.Namespace, redactor: Redactor) -> int:
    text, code = tables.run(arguments, redactor)
    print(text)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lakehouse", description="Operate a Spark Connect lakehouse."
    )
    parser.add_argument("--stack", default="local", help="Pulumi stack (default: %(default)s)")
    parser.add_argument("--cloud", default="", help="name of the local cloud (default: millrace)")
    parser.add_argument("--verbose", action="store_true", help="say what is being done")
    # Subcommands that need no machine must not carry these, hence a parent of its own.
    reach = argparse.ArgumentParser(add_help=False)
    reach.add_argument("--ssh-key", type=Path, help="private key for the machines")
    reach.add_argument("--known-hosts", type=Path, help="file with the machines' host keys")
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, command: Command, help: str, **more: Any) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help, **more)
        sub.set_defaults(command=command)
        return sub

    status = add("status", _status, "generations, machines, health, sessions, versions")
    status.add_argument("--json", action="store_true", help="print a JSON document")
    status.add_argument("--all", action="store_true", help="every machine, however many")

    connect = add("connect", _connect, "print URL, CA, token file and a snippet to connect with")
    connect.add_argument("--json", action="store_true", help="print a JSON document")
    connect.add_argument("--user", default="", help="whose token (default: the first user)")

    suite = add("smoke", _smoke, "prove the running stack from its outputs", parents=[reach])
    suite.add_argument("-k", default="", help="only tests that match, as in pytest")
    suite.add_argument("pytest", nargs="*", help="further arguments for pytest")

    machine_help = "instance id, address, leader, worker, or <generation>/<role>"
    log = add("logs", _logs, "show journals of machines", parents=[reach])
    log.add_argument("machine", nargs="?", default="", help=f"{machine_help} (default: all)")
    log.add_argument("-f", "--follow", action="store_true", help="go on until interrupted")
    log.add_argument("--unit", default="", help="one unit instead of all of ours")

    shell = add("ssh", _ssh, "open a shell on a machine, or run a command", parents=[reach])
    shell.add_argument("machine", help=machine_help)
    shell.add_argument("words", nargs=argparse.REMAINDER, help="-- command and its arguments")
    shell.add_argument("--deadline", type=float, default=300.0, help="seconds for a command")

    demo = add("demo", _demo, "load TPC-H and check 22 answers against a second engine")
    demo.add_argument("--scale", type=float, default=0.01, help="scale factor (default: 0.01)")

    local = add("local", _local, "the lakehouse on this machine")
    local.add_argument("action", choices=("up", "down", "status"))
    local.add_argument(
        "--version-set",
        choices=[*pin_files()],
        default="",
        help="what `up` runs (default: what this cloud ran before, else the first)",
    )

    grants.add_arguments(add("grants", _grants, "who enforces which grant, and what is held"))

    chaos = add("chaos", _chaos, "take spot workers on purpose, and see what becomes of queries")
    chaos_command.add_arguments(chaos, reach)

    tables.add_arguments(add("tables", _tables, "how tables are looked after"))

    image = add("image", _image, "images: bake, prove, list, diff, promote, rollback, prune")
    image_commands.add_arguments(image)
    return parser


if __name__ == "__main__":
    sys.exit(main())
