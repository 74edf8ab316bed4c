"""`lakehouse image ...`: its arguments, and which function answers them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from lakehouse.outputs import StackOutputs
from lakehouse.types import CHANNEL
from lakehouse.versions import DEFAULT_SET, pin_files
from ops.context import AccountContext, open_account
from ops.image import catalogue, channels, proofs, proving, retire
from ops.image.bake import ensure_local_image
from ops.image.diff import diff
from ops.matrix import run as matrix
from ops.redact import Redactor
from ops.state import LOCAL_STACK, LocalState
from ops.temporary import Temporary
from toolchain.progress import Log, Progress

Answer = Callable[[argparse.Namespace, AccountContext], str]

IMAGE_HELP: Final = "id, beginning of the content hash, or channel:<name>"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and what each is given."""
    actions = parser.add_subparsers(required=True, metavar="action", dest="action")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text)

    bake = add("bake", "bake the local image, only what changed")
    bake.add_argument(
        "--version-set",
        choices=[*pin_files()],
        default=DEFAULT_SET,
        help=f"which versions to bake (default: {DEFAULT_SET})",
    )
    bake.add_argument(
        "--architecture",
        choices=[*proofs.ARCHITECTURES],
        default="",
        help="whose machines it is for (default: this machine's; another one is emulated)",
    )
    prove = add("prove", "boot an image fresh, run the suite on it, keep the record")
    proving.add_arguments(prove, IMAGE_HELP)
    tried = add("matrix", "try every client with a server of every version set; keep the record")
    tried.add_argument(
        "--server", action="append", choices=[*pin_files()], help="only this set's (repeatable)"
    )
    listing = add("list", "images of the account, their proofs, and what keeps them")
    listing.add_argument("--json", action="store_true", help="print a JSON document")
    compare = add("diff", "what tells two images apart: packages, wheels and jars")
    compare.add_argument("before", help=IMAGE_HELP)
    compare.add_argument("after", help=IMAGE_HELP)
    compare.add_argument("--json", action="store_true", help="print a JSON document")
    promote = add("promote", "let a channel hold a proved image")
    promote.add_argument("channel")
    promote.add_argument("image", help=IMAGE_HELP)
    rollback = add("rollback", "let a channel hold what it held before")
    rollback.add_argument("channel")
    prune = add("prune", "show which images nothing holds, and with --yes remove them")
    prune.add_argument("--yes", action="store_true", help="remove what is shown")


def run(arguments: argparse.Namespace, redactor: Redactor) -> str:
    """Do what was asked and return what there is to say."""
    if arguments.action == "bake":
        image = ensure_local_image(Progress(), arguments.version_set, arguments.architecture)
        return f"image {image.content_hash} ({image.version_set}, {image.architecture})"
    if arguments.action == "prove":
        return proving.run(arguments, redactor, Progress())
    if arguments.action == "matrix":
        made = matrix.run_matrix(arguments.server or [*pin_files()], Progress())
        return f"{matrix.render(made)}\nnext: `make docs`, and commit docs/reference"
    if arguments.action == "diff":
        return _diff(arguments, redactor, Progress())
    context = open_account(arguments.stack, cloud=arguments.cloud, redactor=redactor)
    with context.inside():
        return _ANSWERS[arguments.action](arguments, context)


def _read(arguments: argparse.Namespace, context: AccountContext) -> catalogue.Catalogue:
    return catalogue.read(context.account, _outputs(arguments))


def _outputs(arguments: argparse.Namespace) -> list[StackOutputs]:
    """Of the local stack; on AWS the stacks' launch templates say the same for all of them."""
    file = LocalState.of(arguments.cloud).outputs_file
    if arguments.stack != LOCAL_STACK or not file.exists():
        return []
    return [StackOutputs.from_json(file.read_text())]


def _list(arguments: argparse.Namespace, context: AccountContext) -> str:
    known = _read(arguments, context)
    if arguments.json:
        return json.dumps([each.to_mapping() for each in known.entries], indent=2)
    return catalogue.render(known)


def _promote(arguments: argparse.Namespace, context: AccountContext) -> str:
    known = _read(arguments, context)
    return channels.promote(context.account.parameters, known, arguments.channel, arguments.image)


def _rollback(arguments: argparse.Namespace, context: AccountContext) -> str:
    known = _read(arguments, context)
    return channels.rollback(context.account.parameters, known, arguments.channel)


def _prune(arguments: argparse.Namespace, context: AccountContext) -> str:
    known = _read(arguments, context)
    temporary = Temporary(context.account.client("ec2"))
    strays = temporary.strays(datetime.now(UTC))
    text = "\n".join([retire.plan(known), *(f"remove  {each}" for each in strays)])
    count = len(retire.unused(known)) + len(strays)
    if not arguments.yes:
        return f"{text}\nnothing was removed; `--yes` removes {count}" if count else text
    retire.remove(context.account, known)
    held = temporary.remove(strays)
    later = "".join(f"\n{each} waits for its machine to end; prune again" for each in held)
    return f"{text}\nremoved {count - len(held)}{later}"


def _diff(arguments: argparse.Namespace, redactor: Redactor, log: Log) -> str:
    before, after = arguments.before, arguments.after
    if _is_the_accounts(before) or _is_the_accounts(after):
        context = open_account(arguments.stack, cloud=arguments.cloud, redactor=redactor)
        with context.inside():
            known = _read(arguments, context)
        before, after = (
            known.find(word).image.content_hash if _is_the_accounts(word) else word
            for word in (before, after)
        )
    return diff(before, after, log, machine_readable=arguments.json)


def _is_the_accounts(word: str) -> bool:
    """Whether only an account knows the image; a content hash is found without one."""
    return word.startswith((CHANNEL, "ami-"))


_ANSWERS: Final[dict[str, Answer]] = {
    "list": _list,
    "promote": _promote,
    "rollback": _rollback,
    "prune": _prune,
}
