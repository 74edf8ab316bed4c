"""nginx's configuration and tokens, and the firewall, as text."""

from __future__ import annotations

import re

import pytest

from lakehouse import ports
from lakehouse.boot import Role
from node.errors import LastingError
from node.render import firewall, gateway

CONF = gateway.render_conf()
TOKEN = "abcDEF0123456789+/="


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("listen 15443 ssl http2", "TLS only, and gRPC needs HTTP/2"),
        ("ssl_protocols TLSv1.2 TLSv1.3;", "nothing older"),
        ("client_max_body_size 0;", "plans and artifacts are large"),
        ("grpc_read_timeout 1h;", "a cut stream loses its query"),
        ("grpc_send_timeout 1h;", "a cut stream loses its query"),
        ("server 127.0.0.1:15002 max_fails=0;", "one server is never out"),
        ("grpc_set_header x-millrace-user $millrace_user;", "identity is ours to say"),
        ('grpc_set_header authorization "";', "Spark has no use for tokens"),
        ("add_header grpc-status 16 always;", "clients raise UNAUTHENTICATED"),
        ("proxy_pass http://127.0.0.1:15445/;", "status behind the same tokens"),
        ("location = /lakehouse/status {", "the path clients know"),
        ("daemon off;", "systemd holds the process"),
    ],
)
def test_the_gateway_has(line: str, reason: str) -> None:
    assert line in CONF, reason


def test_there_is_one_listener_and_it_speaks_tls() -> None:
    assert re.findall(r"^\s*listen (.*);", CONF, re.M) == ["15443 ssl http2 backlog=1024"]


def test_every_way_in_checks_the_token() -> None:
    for location in re.findall(r"location [^{]*\{.*?\n        \}", CONF, re.S):
        if "_pass" in location:
            assert 'if ($millrace_user = "")' in location, location


def test_the_log_names_the_user_and_never_the_token() -> None:
    log_format = CONF[CONF.index("log_format") : CONF.index("access_log")]
    assert "$millrace_user" in log_format
    assert "authorization" not in log_format.lower()
    assert "$request " not in log_format, "a query string could carry anything"


def test_a_token_is_matched_with_its_case() -> None:
    text = gateway.render_tokens({"alice": TOKEN})
    pattern, user = re.fullmatch(r'"~(.*)" "(.*)";\n', text).groups()
    assert user == "alice"
    assert re.match(pattern, f"Bearer {TOKEN}")
    assert not re.match(pattern, f"Bearer {TOKEN.lower()}")
    assert not re.match(pattern, f"Bearer {TOKEN}x")
    assert not re.match(pattern, f"xBearer {TOKEN}")


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ({'a"b': TOKEN}, "endpoint user"),
        ({"": TOKEN}, "endpoint user"),
        ({"alice": "short"}, "16 to 512"),
        ({"alice": 'quote";evil 0123456789'}, "16 to 512"),
        ({"alice": TOKEN, "bob": TOKEN}, "another user's too"),
    ],
)
def test_what_nginx_could_misread_is_refused(tokens: dict[str, str], message: str) -> None:
    with pytest.raises(LastingError, match=message) as caught:
        gateway.render_tokens(tokens)
    for token in tokens.values():
        assert token not in str(caught.value), "an error is no place for a token"


def accepted(text: str) -> dict[str, str]:
    """Port list -> source of every accepting rule."""
    rules = re.findall(r"role_input (?:ip saddr (\{.*?\}) )?tcp dport \{ (.*?) \} accept", text)
    return {ports_: source for source, ports_ in rules}


def test_a_leader_lets_clients_in_at_the_gateway_only() -> None:
    rules = accepted(firewall.render("leader", ("10.0.0.0/16",)))
    assert rules == {
        "15443, 15444": "",
        "7077, 7079, 7080, 8080": "{ 10.0.0.0/16 }",
    }


def test_a_worker_is_reached_from_its_vpc_only() -> None:
    rules = accepted(firewall.render("worker", ("10.0.0.0/16",)))
    assert rules == {"7078, 7080-7095, 8081, 15446": "{ 10.0.0.0/16 }"}


@pytest.mark.parametrize("role", ["leader", "worker"])
@pytest.mark.parametrize("port", [ports.CONNECT, ports.DRIVER_UI, ports.NODE_STATUS])
def test_nobody_outside_reaches(role: Role, port: int) -> None:
    opened = " ".join(accepted(firewall.render(role, ("10.0.0.0/16",))))
    assert str(port) not in re.split(r"[ ,-]+", opened)


def test_on_the_machine_only_gateway_and_probe_reach_connect() -> None:
    text = firewall.render("leader", ("10.0.0.0/16",))
    rule = next(line for line in text.splitlines() if "dport 15002" in line)
    assert 'skuid != { "root", "www-data", "spark" } reject' in rule


def test_loading_twice_is_loading_once() -> None:
    lines = firewall.render("leader", ("10.0.0.0/16",)).splitlines()
    assert lines[:2] == [
        "flush chain inet millrace role_input",
        "flush chain inet millrace role_output",
    ]


@pytest.mark.parametrize("role", ["leader", "worker"])
def test_without_a_vpc_block_nothing_is_opened(role: Role) -> None:
    with pytest.raises(LastingError, match="no VPC block"):
        firewall.render(role, ())


def test_metadata_cannot_write_rules() -> None:
    with pytest.raises(LastingError, match="not an IPv4 network"):
        firewall.render("worker", ("10.0.0.0/16 } accept; #",))
