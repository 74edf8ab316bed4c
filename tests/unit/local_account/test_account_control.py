"""The control API: what it answers and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest


def test_health_names_this_process(cloud: Any) -> None:
    first, second = cloud.local("GET", "health"), cloud.local("GET", "health")
    assert first["ok"] is True
    assert first["boot_id"] == second["boot_id"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("GET", "nothing", None, 404, "no such call"),
        ("GET", "instances/i-0", None, 404, "no such call"),
        ("GET", "instances/i-0/notices", None, 404, "no such instance"),
        ("POST", "spot-interruptions", {}, 404, "no such instance"),
        ("POST", "role-credentials", {"instance_id": "i-0"}, 404, "no such instance"),
        ("PUT", "target-health", {"arn": {"i-0": "fine"}}, 400, "give one of"),
        ("POST", "clock", {"advance": -1}, 400, "does not run backwards"),
        ("PUT", "capacity", {"t3.small": "many"}, 400, "t3.small = many"),
        ("PUT", "capacity?region=a&region=b", {"t3.small": 1}, 400, "region"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(
    cloud: Any, method: str, path: str, body: Any, status: int, message: str
) -> None:
    answered, document = cloud.local_status(method, path, body)
    assert answered == status
    assert message in document["error"]


def test_a_limit_must_be_a_number(network: Any) -> None:
    network.group(DesiredCapacity=0)
    status, document = network.cloud.local_status("PUT", "capacity", {"t3.small": -1})
    assert status == 400
    assert "t3.small = -1" in document["error"]


def test_role_credentials_are_of_the_instances_role(network: Any) -> None:
    network.group()
    [instance] = network.members()
    given = network.cloud.local("POST", "role-credentials", {"instance_id": instance})
    assert given["RoleName"] == "worker"
    assert set(given) == {"AccessKeyId", "SecretAccessKey", "Token", "Expiration", "RoleName"}
    again = network.cloud.local("POST", "role-credentials", {"instance_id": instance})
    assert again == given, "the same until they are near their end"
    network.cloud.after(6 * 3600)
    renewed = network.cloud.local("POST", "role-credentials", {"instance_id": instance})
    assert renewed["AccessKeyId"] != given["AccessKeyId"]


def test_a_terminated_machine_has_its_credentials_until_it_is_gone(network: Any) -> None:
    network.group()
    [instance] = network.members()
    given = network.cloud.local("POST", "role-credentials", {"instance_id": instance})
    network.cloud.ec2.terminate_instances(InstanceIds=[instance])
    again = network.cloud.local("POST", "role-credentials", {"instance_id": instance})
    assert again == given, "its last tasks must not fail for want of them"


def test_a_reset_forgets_everything(network: Any, cloud: Any, request: Any) -> None:
    network.group()
    cloud.local("PUT", "capacity", {"t3.small": 0})
    request.getfixturevalue("empty")()
    assert network.instances() == []
    assert cloud.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert cloud.local("GET", "capacity") == {}
