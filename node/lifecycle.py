"""Auto Scaling lifecycle hooks: telling the group that this machine is ready, or done."""

from __future__ import annotations

import logging
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from node.errors import NodeError
from node.instance import Instance

LOG: Final = logging.getLogger("node.lifecycle")

DRAIN_HOOK: Final = "drain"
"""Terminating hook of every worker group."""


def group_of(client: Any, instance: Instance) -> str:
    """The Auto Scaling group; empty for a machine that no group made.

    Raises:
        NodeError: the account did not answer.
    """
    if instance.group:
        return instance.group
    try:
        answer = client.describe_auto_scaling_instances(InstanceIds=[instance.instance_id])
    except (ClientError, BotoCoreError) as error:
        msg = f"Auto Scaling did not tell the group of {instance.instance_id}: {error}"
        raise NodeError(msg) from error
    for entry in answer.get("AutoScalingInstances", []):
        return str(entry["AutoScalingGroupName"])
    return ""


def complete(client: Any, *, hook: str, instance: Instance) -> bool:
    """End the wait of a hook. False when nothing was waiting (a reboot, a repeated call).

    Raises:
        NodeError: the account refused for another reason, or did not answer; try again.
    """
    group = group_of(client, instance)
    if not group:
        LOG.info("%s is in no Auto Scaling group: no hook to complete", instance.instance_id)
        return False
    try:
        client.complete_lifecycle_action(
            LifecycleHookName=hook,
            AutoScalingGroupName=group,
            InstanceId=instance.instance_id,
            LifecycleActionResult="CONTINUE",
        )
    except ClientError as error:
        # The API has one code for every fault of the request; only the text tells them apart.
        if "No active Lifecycle Action found" in str(error):
            LOG.info("hook %s of %s was not waiting", hook, group)
            return False
        msg = f"hook {hook} of {group} could not be completed: {error}"
        raise NodeError(msg) from error
    except BotoCoreError as error:
        msg = f"hook {hook} of {group} could not be completed: {error}"
        raise NodeError(msg) from error
    LOG.info("hook %s of %s completed for %s", hook, group, instance.instance_id)
    return True
