"""Cluster: machines are hardened alike, told no secret, and replaced only on purpose."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lakehouse import boot, ports
from tests.components.programs import TAGS, cluster, stack_config
from tests.components.recorder import Recorded, build

ROLES = ("leader", "worker")


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return build(lambda: cluster("blue"))


def template(recorded: Recorded, role: str) -> dict[str, Any]:
    return dict(recorded.one("LaunchTemplate", role).inputs)


def group(recorded: Recorded, role: str) -> dict[str, Any]:
    return dict(recorded.one("Group", role).inputs)


def document(recorded: Recorded, role: str) -> boot.BootDocument:
    return boot.parse(base64.b64decode(template(recorded, role)["userData"]).decode())


def policy(recorded: Recorded, role: str) -> str:
    return str(recorded.one("RolePolicy", role).inputs["policy"])


@pytest.mark.parametrize("role", ROLES)
def test_metadata_wants_a_token_and_answers_one_hop_away(recorded: Recorded, role: str) -> None:
    options = template(recorded, role)["metadataOptions"]
    assert options["httpTokens"] == "required"
    assert options["httpPutResponseHopLimit"] == 1, "a container on the machine must not reach it"


@pytest.mark.parametrize("role", ROLES)
def test_disks_are_encrypted_and_go_with_the_machine(recorded: Recorded, role: str) -> None:
    (mapping,) = template(recorded, role)["blockDeviceMappings"]
    disk = mapping["ebs"]
    assert (disk["encrypted"], disk["volumeType"]) == ("true", "gp3")
    assert disk["deleteOnTermination"] == "true"


@pytest.mark.parametrize("role", ROLES)
def test_a_group_names_its_template_s_version_by_number(recorded: Recorded, role: str) -> None:
    inputs = group(recorded, role)
    version = (
        inputs["launchTemplate"]["version"]
        if role == "leader"
        else inputs["mixedInstancesPolicy"]["launchTemplate"]["launchTemplateSpecification"][
            "version"
        ]
    )
    assert version == "3", "with $Latest a new image would roll unseen"


@pytest.mark.parametrize("role", ROLES)
def test_machines_and_their_volumes_carry_generation_and_role(
    recorded: Recorded, role: str
) -> None:
    wanted = {**TAGS, "millrace:generation": "blue", "millrace:role": role}
    tagged = {
        each["resourceType"]: each["tags"] for each in template(recorded, role)["tagSpecifications"]
    }
    assert set(tagged) == {"instance", "volume"}
    assert all(wanted.items() <= tags.items() for tags in tagged.values())
    of_group = {each["key"]: each["value"] for each in group(recorded, role)["tags"]}
    assert wanted.items() <= of_group.items()


@pytest.mark.parametrize("role", ROLES)
def test_a_machine_is_in_service_when_it_says_so_itself(recorded: Recorded, role: str) -> None:
    hooks = {each["name"]: each for each in group(recorded, role)["initialLifecycleHooks"]}
    ready = hooks["ready"]
    assert ready["lifecycleTransition"] == "autoscaling:EC2_INSTANCE_LAUNCHING"
    assert ready["defaultResult"] == "ABANDON", "one that never answers is replaced"
    assert document(recorded, role).lifecycle_hook == "ready"


def test_workers_hand_over_before_they_go(recorded: Recorded) -> None:
    hooks = {each["name"]: each for each in group(recorded, "worker")["initialLifecycleHooks"]}
    assert hooks["drain"]["lifecycleTransition"] == "autoscaling:EC2_INSTANCE_TERMINATING"
    assert hooks["drain"]["heartbeatTimeout"] == 300


def test_there_is_one_leader_and_the_update_waits_for_it(recorded: Recorded) -> None:
    leader = group(recorded, "leader")
    assert (leader["minSize"], leader["maxSize"]) == (1, 1)
    assert leader["waitForCapacityTimeout"] == "10m"
    assert "mixedInstancesPolicy" not in leader, "the leader is on demand"


def test_workers_are_spot_of_many_pools_and_nobody_waits_for_them(recorded: Recorded) -> None:
    workers = group(recorded, "worker")
    policy = workers["mixedInstancesPolicy"]
    distribution = policy["instancesDistribution"]
    assert distribution["onDemandPercentageAboveBaseCapacity"] == 0
    assert distribution["spotAllocationStrategy"] == "price-capacity-optimized"
    assert len(policy["launchTemplate"]["overrides"]) == 6
    assert workers["capacityRebalance"] is True
    assert workers["waitForCapacityTimeout"] == "0"


def test_the_autoscaler_owns_the_number_of_workers(recorded: Recorded) -> None:
    options = recorded.one("Group", "worker").options
    assert list(options.ignoreChanges) == ["desiredCapacity"]
    assert list(recorded.one("Group", "leader").options.ignoreChanges) == []


def test_only_the_leader_is_behind_the_endpoint(recorded: Recorded) -> None:
    assert len(group(recorded, "leader")["targetGroupArns"]) == 1
    assert "targetGroupArns" not in group(recorded, "worker")


def test_health_is_asked_of_the_agent_and_not_of_a_port(recorded: Recorded) -> None:
    target_group = recorded.one("TargetGroup").inputs
    assert target_group["port"] == ports.GATEWAY
    check = target_group["healthCheck"]
    assert (check["protocol"], check["port"], check["path"]) == ("HTTP", "15444", "/healthz")
    assert target_group["connectionTermination"] is False, "running queries would be cut"


@pytest.mark.parametrize("name", ["blue", "millrace-production-evergreen"])
def test_a_target_group_s_name_leaves_room_for_pulumi_s_suffix(name: str) -> None:
    assert len(build(lambda: cluster(name)).one("TargetGroup").name) <= 24


def test_a_worker_is_not_told_of_certificate_and_tokens(recorded: Recorded) -> None:
    leader, worker = document(recorded, "leader").secrets, document(recorded, "worker").secrets
    assert leader.tls
    assert set(leader.tokens) == {"dbt"}
    assert (worker.tls, worker.tokens) == ("", {})
    assert worker.spark_auth == leader.spark_auth


def test_a_role_reads_the_secrets_it_is_told_of_and_no_others(recorded: Recorded) -> None:
    for role in ROLES:
        secrets = document(recorded, role).secrets
        told = {secrets.spark_auth, *([secrets.tls] if secrets.tls else [])}
        told |= set(secrets.tokens.values())
        statements = json.loads(policy(recorded, role))["Statement"]
        (readable,) = [each for each in statements if each["Sid"] == "OwnSecrets"]
        assert set(readable["Resource"]) == told


@pytest.mark.parametrize("role", ROLES)
def test_user_data_holds_no_secret(recorded: Recorded, role: str) -> None:
    text = document(recorded, role).to_json()
    assert [secret for secret in recorded.secrets if secret in text] == []


def test_a_change_for_the_leader_leaves_the_workers_alone(recorded: Recorded) -> None:
    leader = stack_config().generations["blue"].leader
    bigger = leader.model_copy(update={"driver_memory_mib": 9000})
    changed = build(lambda: cluster("blue", leader=bigger))
    assert document(changed, "leader").spark.driver_memory_mib == 9000
    assert document(changed, "worker") == document(recorded, "worker")


def test_sizes_and_settings_reach_the_machines() -> None:
    settings = {"spark.sql.shuffle.partitions": "7"}
    recorded = build(lambda: cluster("blue", spark_conf=settings))
    assert document(recorded, "worker").spark.conf == settings


def test_machines_of_both_roles_are_made_from_the_image() -> None:
    recorded = build(lambda: cluster("blue"))
    for role in ("leader", "worker"):
        assert template(recorded, role)["imageId"] == "ami-0a0a0a0a0a0a0a0a0"


@pytest.mark.parametrize("role", ROLES)
def test_a_new_shared_secret_replaces_every_machine(recorded: Recorded, role: str) -> None:
    rotated = build(lambda: cluster("blue", auth_rotation=2))
    before, after = template(recorded, role), template(rotated, role)
    assert before["tagSpecifications"] != after["tagSpecifications"], "it is read at boot only"
