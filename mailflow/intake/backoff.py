"""How long to stay away from a mail server that failed. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Seconds between tries. A refused log-in is tried `refusals` times, then only each `refused_pause`, lest the account be locked.

    A session shorter than `steady_after` does not count as recovery: a server that hangs up at once must not be called each second.
    """

    first: float = 1.0
    longest: float = 300.0
    database_longest: float = 30.0
    refusals: int = 3
    refused_pause: float = 900.0
    steady_after: float = 60.0

    def pause(self, failures: int, jitter: float) -> float:
        """Say how long to wait after `failures` in a row (1 or more): `jitter` in [0, 1) picks between `first` and the doubled limit."""
        limit = min(self.longest, self.first * 2.0 ** min(failures, 30))
        return self.first + (limit - self.first) * jitter

    def refused(self, refusals: int, jitter: float) -> float:
        """Say how long to wait after `refusals` refused log-ins in a row."""
        return self.refused_pause if refusals >= self.refusals else self.pause(refusals, jitter)
