"""Talking to systemd: readiness, reload, stopping, watchdog (sd_notify(3))."""

from __future__ import annotations

import os
import socket


def notify(*states: str) -> None:
    """Send states such as `READY=1`. Does nothing where no service manager listens."""
    # Six lines of our own: the libraries for it are unmaintained or need a compiler.
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.connect("\0" + address[1:] if address.startswith("@") else address)
        channel.send("\n".join(states).encode())


def watchdog_seconds() -> float | None:
    """Return how often (seconds) the service manager wants a sign of life, None where it wants none."""
    wanted = os.environ.get("WATCHDOG_USEC", "")
    pid = os.environ.get("WATCHDOG_PID", "")
    return int(wanted) / 1_000_000 if wanted and pid in ("", str(os.getpid())) else None
