"""Ports of a cluster: the one place that names them.

Who may reach each is decided twice, by security groups (components/) and by nftables on
the machine (ansible role `node`), and proved by the smoke suite.
"""

from __future__ import annotations

from typing import Final

ENDPOINT: Final = 15002
"""The load balancer's listener: what a client's ``sc://`` URL names."""

GATEWAY: Final = 15443
"""nginx on the leader: TLS and token; the target group's port. From the load balancer."""

HEALTH: Final = 15444
"""The leader's health over HTTP (200 after a recent query, else 503). From the load balancer."""

HEALTH_PATH: Final = "/healthz"
"""Path of the health answer on `HEALTH`."""

NODE_STATUS: Final = 15445
"""The node agent's status JSON; loopback only, published by the gateway at `STATUS_PATH`."""

STATUS_PATH: Final = "/lakehouse/status"
"""Where the gateway answers an authenticated GET with the node status."""

CONNECT: Final = 15002
"""Spark Connect itself. Spark 3.5 binds all interfaces, so nftables closes it to the network."""

MASTER: Final = 7077
"""Spark master RPC, leader. From workers."""

MASTER_UI: Final = 8080
"""Spark master web UI and JSON, leader. From workers (registration check)."""

WORKER: Final = 7078
"""Spark worker RPC. From the leader."""

WORKER_UI: Final = 8081
"""Spark worker web UI and JSON. Loopback and leader."""

WORKER_STATE: Final = 15446
"""What a worker's agent says of its notices, as JSON. From the leader."""

DRIVER_UI: Final = 4040
"""Spark driver UI, leader. Loopback only."""

DRIVER: Final = 7079
"""Driver RPC, leader. From workers."""

BLOCK_MANAGER: Final = 7080
"""Block manager of driver and executors. Between leader and workers, and worker to worker."""

SSH: Final = 22
"""OpenSSH; key by instance metadata, from inside the VPC only where a rule allows it."""

IMDS: Final = "169.254.169.254"
"""The instance metadata service's address (link-local, EC2 user guide)."""
