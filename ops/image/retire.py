"""Removing the images of an account that nothing holds: first shown, then done."""

from __future__ import annotations

from lakehouse.proof import short
from ops.aws import Account
from ops.image.catalogue import Catalogue, Entry


def unused(catalogue: Catalogue) -> tuple[Entry, ...]:
    """The images that no channel, stack, launch template or machine holds."""
    return tuple(each for each in catalogue.entries if not each.kept_by)


def plan(catalogue: Catalogue) -> str:
    """What would be kept and why, and what would be removed."""
    lines = [
        f"keep    {each.image.id} ({each.kept_by[0]})" for each in catalogue.entries if each.kept_by
    ]
    lines += [
        f"remove  {each.image.id} ({each.image.version_set}, content "
        f"{short(each.image.content_hash)}, {each.created}), its proofs and "
        f"{len(each.snapshots)} snapshots"
        for each in unused(catalogue)
    ]
    return "\n".join(lines) or "there are no images of ours in this account"


def remove(account: Account, catalogue: Catalogue) -> None:
    """Remove what `plan` said: proofs first, so that nothing can be promoted any more."""
    for each in unused(catalogue):
        account.parameters.remove([proof.parameter for proof in each.proofs])
        account.ec2.deregister(each.image.id, each.snapshots)
