"""Named points at which a test may stop, fail or delay the process.

Inert unless `arm` was called, which only the `--failpoint` start flag does. A point fires once, at its first reaching or at the one
that `@N` names, so that the run after it shows the recovery.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from dataclasses import dataclass

POINTS = frozenset(
    {
        "imap.after_fetch",
        "intake.before_commit",
        "intake.after_commit",
        "imap.after_seen",
        "imap.after_move",
        "proc.before_commit",
        "proc.after_commit",
        "cmd.after_auth",
        "sched.before_commit",
        "sched.after_commit",
        "outbox.after_lease",
        "smtp.after_mail",
        "smtp.after_rcpt",
        "smtp.mid_data",
        "smtp.after_dot",
        "smtp.after_250",
        "outbox.after_commit",
        "recover.mid",
        "migrate.mid",
        "backup.mid",
    }
)


class FailpointReached(Exception):
    """Raised at a point that was armed with `raise`."""


class WrongFailpoint(ValueError):
    """The specification names no known point or action."""


@dataclass(slots=True)
class _Armed:
    action: str
    seconds: float
    countdown: int


_armed: dict[str, _Armed] = {}
_lock = threading.Lock()


def arm(specification: str) -> None:
    """Arm `NAME:kill`, `NAME:raise` or `NAME:sleep=SECONDS`, each with an optional `@N` (fire at the N-th reaching).

    Raises `WrongFailpoint` for an unknown name or action, so that a misspelt test cannot pass by doing nothing.
    """
    body, _, nth = specification.partition("@")
    name, _, action = body.partition(":")
    action, _, seconds = action.partition("=")
    if name not in POINTS:
        raise WrongFailpoint(f"{name!r} is no failpoint; known: {', '.join(sorted(POINTS))}")
    if action not in {"kill", "raise", "sleep"}:
        raise WrongFailpoint(f"{action!r} is no action; known: kill, raise, sleep=SECONDS")
    try:
        armed = _Armed(action, float(seconds or 0), int(nth or 1))
    except ValueError as error:
        raise WrongFailpoint(f"{specification!r}: {error}") from error
    with _lock:
        _armed[name] = armed


def disarm() -> None:
    """Take back all armed points."""
    with _lock:
        _armed.clear()


def reach(name: str) -> None:
    """Say that the running thread has come to `name`; blocks the thread when the point was armed with `sleep`."""
    if _armed:
        time.sleep(_fire(name))


async def reach_in_loop(name: str) -> None:
    """Do as `reach`, for coroutines: an armed `sleep` leaves the event loop, and with it the signal handlers, running."""
    if _armed:
        await asyncio.sleep(_fire(name))


def _fire(name: str) -> float:
    """Return the seconds to sleep at `name`; does not return from `kill`."""
    with _lock:
        armed = _armed.get(name)
        if armed is None:
            return 0.0
        armed.countdown -= 1
        if armed.countdown > 0:
            return 0.0
        del _armed[name]
    if armed.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if armed.action == "raise":
        raise FailpointReached(name)
    return armed.seconds
