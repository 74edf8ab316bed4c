"""`lakehouse image prove`: on a machine booted here, or on an EC2 instance."""

from __future__ import annotations

import argparse
from typing import Final

from lakehouse.errors import PreflightError, ToolError
from lakehouse.proof import ImageFacts, Proof
from lakehouse.types import CHANNEL
from lakehouse.versions import DEFAULT_SET, pin_files
from ops.context import AccountContext, open_account, open_context
from ops.image import bill, catalogue, proofs
from ops.image.bake import LocalImage, ensure_local_image, find, images_dir
from ops.image.diff import folder_of
from ops.image.instance import INSTANCE_TYPES, Bench, prove_ami
from ops.redact import Redactor
from ops.state import LOCAL_STACK, LocalState
from toolchain.progress import Log

HERE: Final = "here"
INSTANCE: Final = "instance"


def add_arguments(parser: argparse.ArgumentParser, image_help: str) -> None:
    """What is proved, and on what."""
    types = " or ".join(INSTANCE_TYPES.values())
    parser.add_argument("image", nargs="?", default="", help=f"{image_help} (default: baked here)")
    parser.add_argument(
        "--version-set",
        choices=[*pin_files()],
        default=DEFAULT_SET,
        help=f"which versions, where no image is named (default: {DEFAULT_SET})",
    )
    parser.add_argument(
        "--on",
        choices=(HERE, INSTANCE),
        default="",
        help="a machine booted here (the default of the local stack), or a fresh EC2 instance",
    )
    parser.add_argument("--subnet", default="", help="where the instance is (default: the stack's)")
    parser.add_argument("--instance-type", default="", help=f"its type (default: {types})")
    parser.add_argument(
        "--direct",
        action="store_true",
        help="reach it at its private address, not through an EC2 Instance Connect Endpoint",
    )


def run(arguments: argparse.Namespace, redactor: Redactor, log: Log) -> str:
    """Prove, record, and say where.

    Raises:
        LakehouseError: a test failed, which is on record then; or nothing could be tested.
    """
    local = arguments.stack == LOCAL_STACK
    if (arguments.on or (HERE if local else INSTANCE)) == INSTANCE:
        return _on_instance(arguments, redactor, log)
    if not local:
        msg = (
            f"stack {arguments.stack} is on AWS: `--on here` proves images of the local stack; "
            "leave out --stack, or leave out --on"
        )
        raise PreflightError(msg)
    return _here(arguments, redactor, log)


def _here(arguments: argparse.Namespace, redactor: Redactor, log: Log) -> str:
    context = _local_account(arguments, redactor)
    image = _baked(arguments, context, log)
    try:
        proofs.prove_local_image(image, log)
    finally:
        # A failure is a record, too: it keeps the image out of every channel.
        image_id = _record(context, image) if context else ""
    where = f"recorded for {image_id}" if image_id else "`lakehouse local up` brings the record"
    return f"image {image.content_hash} passed on a booted machine; {where}"


def _on_instance(arguments: argparse.Namespace, redactor: Redactor, log: Log) -> str:
    local = arguments.stack == LOCAL_STACK
    if not (arguments.image or local):
        msg = "name the image to prove on an instance; `lakehouse image list` has all"
        raise PreflightError(msg)
    context = open_account(arguments.stack, cloud=arguments.cloud, redactor=redactor)
    state = LocalState.of(arguments.cloud)
    subnet = arguments.subnet or _stacks_subnet(arguments, redactor)
    word: str = arguments.image
    if local and not word.startswith((CHANNEL, "ami-")):
        # What was baked here becomes an image of the account by being asked for.
        word = _record(context, _baked(arguments, context, log))
    with context.inside():
        image = catalogue.read(context.account).find(word).image
        bench = Bench(
            account=context.account,
            region=context.region,
            subnet_id=subnet,
            instance_type=arguments.instance_type,
            tunnel=not (local or arguments.direct),
            disks=state.directory / "machines" if local else None,
        )
        proof = prove_ami(image, bench, log, sbom_hash=_sbom_hash(image))
        proofs.write(context.account.parameters, [proof])
    return _verdict(proof)


def _verdict(proof: Proof) -> str:
    if proof.result != "passed":
        msg = f"image {proof.image_id} failed its suite; that is on record, and keeps it out"
        raise ToolError(msg)
    return f"image {proof.image_id} passed on an instance of its own; recorded"


def _stacks_subnet(arguments: argparse.Namespace, redactor: Redactor) -> str:
    """The first of the subnets that the stack's machines are in: private ones."""
    context = open_context(arguments.stack, cloud=arguments.cloud, redactor=redactor)
    group = context.outputs.generations[0].leader_group
    with context.inside():
        found = context.account.autoscaling.group(group) or {}
    subnets = str(found.get("VPCZoneIdentifier", "")).split(",")
    if not subnets[0]:
        msg = f"group {group} tells no subnet; name one with --subnet"
        raise PreflightError(msg)
    return subnets[0]


def _sbom_hash(image: ImageFacts) -> str:
    """Of the image of this content that was baked here, if one was."""
    return bill.hash_of(images_dir() / image.content_hash) if image.content_hash else ""


def _local_account(arguments: argparse.Namespace, redactor: Redactor) -> AccountContext | None:
    if not LocalState.of(arguments.cloud).outputs_file.exists():
        return None
    return open_account(arguments.stack, cloud=arguments.cloud, redactor=redactor)


def _baked(arguments: argparse.Namespace, context: AccountContext | None, log: Log) -> LocalImage:
    word: str = arguments.image
    if not word:
        return ensure_local_image(log, arguments.version_set)
    if word.startswith((CHANNEL, "ami-")):
        if context is None:
            msg = f"only an account knows {word}, and the local cloud is not up: run `make up`"
            raise PreflightError(msg)
        with context.inside():
            content_hash = catalogue.read(context.account).find(word).image.content_hash
    else:
        content_hash = folder_of(word).name
    image = find(content_hash)
    if image is None:
        msg = f"no image with content {content_hash} is in the cache; `lakehouse image bake`"
        raise PreflightError(msg)
    return image


def _record(context: AccountContext, image: LocalImage) -> str:
    with context.inside():
        image_id = catalogue.ensure_registered(context.account, image)
        records = proofs.of_local_image(image, image_id)
        proofs.write(context.account.parameters, records)
    return image_id
