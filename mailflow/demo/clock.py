"""The story's time: it stands still until the story moves it on. Read by every thread of the daemon and of the servers."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class StoryClock:
    """A callable like the daemon's own clock; UTC. It never runs backwards."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._now = start.astimezone(UTC)
        self._ticking_since: float | None = None

    def __call__(self) -> datetime:
        with self._lock:
            return self._read()

    def jump_to(self, moment: datetime) -> None:
        """Move on to a moment; one that has passed changes nothing."""
        with self._lock:
            self._now = max(self._read(), moment.astimezone(UTC))
            self._ticking_since = None if self._ticking_since is None else time.monotonic()

    def run_on(self) -> None:
        """From now on it ticks as clocks do, for a world that stays open after the story."""
        with self._lock:
            self._now, self._ticking_since = self._read(), time.monotonic()

    def _read(self) -> datetime:
        if self._ticking_since is None:
            return self._now
        return self._now + timedelta(seconds=time.monotonic() - self._ticking_since)
