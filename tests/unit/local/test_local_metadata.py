"""The metadata service answers as EC2's does, to whoever shows a token."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from local.metadata import Answer, Sources, answer, target_state
from local.metadata_server import TOKEN_HEADER, TTL_HEADER, MetadataServer, Tokens
from local.world import Instance
from tests.unit.local.worlds import instance

NOTICE = {"action": "terminate", "time": "2026-01-01T00:02:00Z"}
ME = instance(
    user_data=b'{"schema":1}',
    key_name="me",
    public_key="ssh-ed25519 AAAA me",
    tags={"Name": "leader"},
    role="leader",
    profile_arn="arn:aws:iam::123456789012:instance-profile/leader",
    lifecycle="Pending:Wait",
)


def get(path: str, me: Instance = ME, notices: dict[str, Any] | None = None) -> Answer:
    sources = Sources(
        credentials=lambda instance_id: json.dumps({"Code": "Success", "of": instance_id}),
        notices=lambda _: notices or {},
        vpc_cidr=lambda vpc_id: {ME.vpc_id: "10.0.0.0/16"}.get(vpc_id),
    )
    return answer(path, me, "eu-central-1", sources)


def test_a_machine_learns_the_addresses_of_its_vpc() -> None:
    mac = get("/latest/meta-data/mac").body.decode()
    found = get(f"/latest/meta-data/network/interfaces/macs/{mac}/vpc-ipv4-cidr-blocks")
    assert found.body == b"10.0.0.0/16", "its firewall opens the cluster's ports to these alone"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/latest/user-data", '{"schema":1}'),
        ("/latest/meta-data/instance-id", ME.id),
        ("/latest/meta-data/local-ipv4", "10.0.1.4"),
        ("/latest/meta-data/local-hostname", "ip-10-0-1-4.eu-central-1.compute.internal"),
        ("/latest/meta-data/placement/region", "eu-central-1"),
        ("/latest/meta-data/placement/availability-zone", "eu-central-1a"),
        ("/latest/meta-data/tags/instance/Name", "leader"),
        ("/latest/meta-data/tags/instance/", "Name"),
        ("/latest/meta-data/public-keys/", "0=me"),
        ("/latest/meta-data/public-keys/0/openssh-key", "ssh-ed25519 AAAA me"),
        ("/latest/meta-data/iam/security-credentials/", "leader"),
        ("/latest/meta-data/autoscaling/target-lifecycle-state", "InService"),
        ("/latest/meta-data/instance-life-cycle", "on-demand"),
        ("/2023-11-05/meta-data/instance-type", "t3.small"),
    ],
)
def test_an_entry_is_where_ec2_has_it(path: str, text: str) -> None:
    assert get(path) == Answer(200, text.encode(), get(path).content_type)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/latest/meta-data/nothing",
        "/latest/meta-data/instance-id/deeper",
        "/latest/meta-data/spot/instance-action",
        "/latest/meta-data/events/recommendations/rebalance",
    ],
)
def test_what_is_not_there_is_not_found(path: str) -> None:
    assert get(path).status == 404


@pytest.mark.parametrize("kind", ["iam/info", "public-keys", "tags", "autoscaling"])
def test_an_instance_without_it_has_no_such_entry(kind: str) -> None:
    assert get(f"/latest/meta-data/{kind}", instance()).status == 404


def test_no_user_data_is_not_found() -> None:
    assert get("/latest/user-data", instance()).status == 404


def test_tags_are_hidden_where_the_instance_says_so() -> None:
    me = instance(tags={"Name": "x"}, tags_in_metadata=False)
    assert get("/latest/meta-data/tags/instance", me).status == 404


def test_a_spot_notice_shows_when_it_is_given() -> None:
    found = get("/latest/meta-data/spot/instance-action", notices={"instance_action": NOTICE})
    assert json.loads(found.body) == NOTICE


def test_role_credentials_are_those_of_the_instance() -> None:
    found = get("/latest/meta-data/iam/security-credentials/leader")
    assert json.loads(found.body) == {"Code": "Success", "of": ME.id}


def test_the_identity_document_names_instance_and_region() -> None:
    document = json.loads(get("/latest/dynamic/instance-identity/document").body)
    assert (document["instanceId"], document["region"]) == (ME.id, "eu-central-1")


@pytest.mark.parametrize(
    ("state", "target"),
    [
        ("Pending:Wait", "InService"),
        ("InService", "InService"),
        ("Terminating:Wait", "Terminated"),
        ("Terminated", "Terminated"),
    ],
)
def test_the_target_state_is_where_auto_scaling_is_taking_it(state: str, target: str) -> None:
    assert target_state(state) == target


def test_a_token_serves_only_the_address_that_asked_for_it() -> None:
    tokens = Tokens()
    token = tokens.issue("10.0.1.4", 60)
    assert tokens.accepts("10.0.1.4", token)
    assert not tokens.accepts("10.0.1.5", token)


def test_a_token_ends() -> None:
    now = [0.0]
    tokens = Tokens(clock=lambda: now[0])
    token = tokens.issue("10.0.1.4", 60)
    now[0] = 61.0
    assert not tokens.accepts("10.0.1.4", token)


@pytest.fixture
def server() -> Iterator[MetadataServer]:
    serving = MetadataServer(lambda _, path: Answer(200, path.encode()), ("127.0.0.1", 0))
    thread = threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield serving
    serving.shutdown()
    serving.server_close()
    thread.join(5)


def ask(server: MetadataServer, method: str, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
    try:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        connection.request(method, path, headers=named)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_a_request_without_a_token_is_refused(server: MetadataServer) -> None:
    assert ask(server, "GET", "/latest/meta-data/instance-id")[0] == 401


def test_a_request_with_a_token_is_answered(server: MetadataServer) -> None:
    status, token = ask(server, "PUT", "/latest/api/token", **{TTL_HEADER: "60"})
    assert status == 200
    assert ask(server, "GET", "/latest/x", **{TOKEN_HEADER: token}) == (200, "/latest/x")


@pytest.mark.parametrize("ttl", ["", "0", "21601", "soon"])
def test_a_token_needs_a_lifetime_that_ec2_gives(server: MetadataServer, ttl: str) -> None:
    assert ask(server, "PUT", "/latest/api/token", **{TTL_HEADER: ttl})[0] == 400


def test_a_proxy_gets_no_token(server: MetadataServer) -> None:
    headers = {TTL_HEADER: "60", "X-Forwarded-For": "10.0.1.4"}
    assert ask(server, "PUT", "/latest/api/token", **headers)[0] == 403
