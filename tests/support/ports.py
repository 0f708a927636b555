"""Ports of this machine that tests may use."""

from __future__ import annotations

import socket


def free_port() -> int:
    """One that was free a moment ago: nobody listens there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
