"""When to try a mail again (RFC 5321 section 4.5.4.1). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """`steps`: when tries happen, counted from the first one; after the last step each `interval`. Tries end `give_up_after` the start.

    `spread` is the share by which a pause may grow, so that mails deferred together do not come back together. `relay_down` is the
    longest pause when there was no server at all, `own_fault` the pause after a refusal that is our configuration's fault, and
    `ambiguous` the one before the single second copy of a mail of which nobody knows whether it arrived.
    """

    steps: tuple[timedelta, ...] = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
    interval: timedelta = timedelta(hours=1)
    give_up_after: timedelta = timedelta(days=5)
    spread: float = 0.1
    relay_down: timedelta = timedelta(minutes=5)
    own_fault: timedelta = timedelta(minutes=5)
    ambiguous: timedelta = timedelta(minutes=1)


DEFAULT = RetryPolicy()


def next_try(
    attempts: int, now: datetime, first_at: datetime, jitter: float, policy: RetryPolicy = DEFAULT, *, relay_down: bool = False
) -> datetime | None:
    """Say when to try next after `attempts` (1 or more) that failed; None when it is time to give up. `jitter` in [0, 1).

    Where no server answered (`relay_down`) it is asked for often, so that mail flows soon after its return.
    """
    moments = (timedelta(0), *policy.steps)
    pause = moments[attempts] - moments[attempts - 1] if attempts < len(moments) else policy.interval
    at = now + pause * (1.0 + policy.spread * jitter)
    if at > first_at + policy.give_up_after:
        return None
    return min(at, now + policy.relay_down) if relay_down else at
