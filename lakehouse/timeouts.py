"""How long silence may last on the way from a client to Spark Connect: the numbers in one place.

A connection passes four that count: the client pings, the load balancer and the connection
tracking of the leader's network interface forget, and the gateway closes. Whoever forgets without
a word makes a client wait for ever, so that the order matters:

    client's ping and its answer < load balancer < tracking
    client's ping and its answer < gateway

A balancer that forgot answers the next packet with a reset, and a gateway that closes says
goodbye; both are renewed by the client. Tracking that forgot drops packets silently: it has to be
the last.
"""

from __future__ import annotations

import re
from typing import Final

CLIENT_PING_SECONDS: Final = 60
"""Pings of `lakehouse_client`, also while nothing runs."""

CLIENT_ANSWER_SECONDS: Final = 20
"""How long it waits for the answer to one."""

SHORTEST_IDLE_SECONDS: Final = 120
LONGEST_IDLE_SECONDS: Final = 6000
"""Idle timeout of a TCP listener. AWS takes 60 to 6000 (Network Load Balancer user guide); one
ping that is lost must not be enough."""

IDLE_SECONDS: Final = 3600

GATEWAY_SECONDS: Final = 3600
"""nginx: `keepalive_timeout`, and the timeouts of reading and sending within a call."""

TRACKING_SECONDS: Final = LONGEST_IDLE_SECONDS + 60
"""TCP established timeout of a leader's interface. Unset it is 350 s on Nitro version 6 and five
days before that (EC2 user guide, connection tracking). Above every idle timeout that a stack may
choose, so that choosing another one does not replace the leader."""

_XEN: Final = re.compile(
    r"(t1|t2|m[1-4]|c1|cc2|c[34]|r[34]|cr1|x1e?|i2|d2|h1|hs1|g[23]s?|p[23]|f1)"
)
"""Families before Nitro, whose interfaces take no timeout (EC2 user guide, Nitro System)."""


def tracking(instance_type: str) -> int | None:
    """What an interface of that type is told to remember; none where it takes no such number."""
    return None if _XEN.fullmatch(instance_type.partition(".")[0]) else TRACKING_SECONDS
