"""One thread a mailbox: owns it, connects, collects, waits for news, and comes back after trouble."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailflow.intake.backoff import Backoff
from mailflow.intake.collect import MailboxTaken, acknowledge_again, collect_mailbox
from mailflow.intake.source import LoginRefused, Source, SourceUnavailable
from mailflow.store import mailbox as mailboxes
from mailflow.store.transaction import Database

_log = logging.getLogger(__name__)

# Pauses are waited in slices, so that a long one still shows progress to the watchdog.
_SLICE = 5.0
# A longer wait would look to the watchdog like a thread that hangs, and a dead connection would be noticed too late.
_LONGEST_TURN = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WatcherStatus:
    """A look at a watcher. `state`: connecting, connected, paused, elsewhere (another node owns the mailbox) or stopped.

    `progress_at` is on the monotonic clock; `last_error` stays until a connection stands again; `refusals` counts refused log-ins.
    """

    mailbox: str
    state: str
    progress_at: float
    last_error: str
    refusals: int
    stored: int


class MailboxWatcher:
    """Watches one mailbox from `start` to `stop`.

    `connect` opens the source. `on_stored` is called from the watcher's thread after each commit of new mail; `on_trouble` for each
    exception that is not the mail server's, so that the daemon can judge a failing disk. `turn` is the longest wait in seconds
    (60 at most) before the mailbox is looked at again even without news; `idle_claim` how often a mailbox of another node is asked for.
    """

    def __init__(
        self,
        *,
        database: Database,
        mailbox: str,
        connect: Callable[[], Source],
        owner: str,
        clock: Callable[[], datetime],
        on_stored: Callable[[], None] | None = None,
        on_trouble: Callable[[Exception], None] | None = None,
        lease: timedelta = timedelta(minutes=3),
        turn: float = 50.0,
        idle_claim: float = 10.0,
        backoff: Backoff | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._database, self._mailbox, self._connect, self._owner, self._clock = database, mailbox, connect, owner, clock
        self._on_stored, self._on_trouble = on_stored, on_trouble
        self._lease, self._turn, self._idle_claim = lease, min(turn, _LONGEST_TURN), idle_claim
        self._backoff, self._jitter = backoff or Backoff(), jitter
        self._stop = threading.Event()
        self._source: Source | None = None
        self._thread = threading.Thread(target=self._run, name=f"intake {mailbox}", daemon=True)
        self._state, self._last_error = "stopped", ""
        self._failures = self._refusals = self._stored = 0
        self._epoch: int | None = None
        self._progress_at = self._renewed_at = time.monotonic()

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float = 1.0) -> bool:
        """End the thread; True when it ended within `patience` seconds. It is never waited for longer."""
        self.request_stop()
        if self._thread.ident is not None:
            self._thread.join(patience)
        return not self._thread.is_alive()

    def request_stop(self) -> None:
        """Ask the thread to end without waiting: several watchers stop at once."""
        self._stop.set()
        source = self._source
        if source is not None:
            source.interrupt()

    def status(self) -> WatcherStatus:
        return WatcherStatus(
            mailbox=self._mailbox,
            state=self._state,
            progress_at=self._progress_at,
            last_error=self._last_error,
            refusals=self._refusals,
            stored=self._stored,
        )

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._pause(self._session_and_pause())
        finally:
            self._state = "stopped"
            self._release()

    def _session_and_pause(self) -> float:
        """Hold one connection, from claim to its end; returns the seconds to wait before the next."""
        begun = time.monotonic()
        self._touch("connecting")
        try:
            if not self._claim():
                self._touch("elsewhere")
                return self._idle_claim
            self._session()
            return 0.0
        except MailboxTaken:
            self._touch("elsewhere")
            return self._idle_claim
        except LoginRefused as error:
            self._refusals += 1
            return self._failed(error, self._backoff.refused(self._refusals, self._jitter()))
        except SourceUnavailable as error:
            return self._failed(error, self._next_pause(begun))
        except Exception as error:
            if not self._stop.is_set():
                _log.exception("%s: reading failed", self._mailbox)
                if self._on_trouble is not None:
                    self._on_trouble(error)
            return self._failed(error, min(self._next_pause(begun), self._backoff.database_longest))

    def _session(self) -> None:
        source = self._connect()
        with source:
            self._source = source
            try:
                self._refusals, self._last_error = 0, ""
                self._touch("connected")
                acknowledge_again(self._database, source, self._mailbox)
                while not self._stop.is_set():
                    self._touch("connected")
                    collect_mailbox(
                        self._database,
                        source,
                        self._mailbox,
                        clock=self._clock,
                        epoch=self._epoch,
                        on_stored=self._count,
                        before_batch=self._before_batch,
                    )
                    self._renew()
                    source.wait(self._turn)
            finally:
                self._source = None

    def _count(self, stored: int) -> None:
        self._stored += stored
        if self._on_stored is not None:
            self._on_stored()

    def _before_batch(self) -> None:
        self._touch("connected")
        if time.monotonic() - self._renewed_at > self._lease.total_seconds() / 4:
            self._renew()

    def _claim(self) -> bool:
        with self._database.write() as c:
            self._epoch = mailboxes.claim(c, self._mailbox, self._owner, self._clock(), self._lease)
        self._renewed_at = time.monotonic()
        return self._epoch is not None

    def _renew(self) -> None:
        before = self._epoch
        if not self._claim() or self._epoch != before:
            raise MailboxTaken(self._mailbox)
        self._touch("connected")

    def _release(self) -> None:
        if self._epoch is None:
            return
        self._epoch = None
        try:
            with self._database.write() as c:
                mailboxes.release(c, self._mailbox, self._owner)
        except Exception as error:
            _log.warning("%s: the lease could not be given back and will run out: %s", self._mailbox, error)

    def _failed(self, error: Exception, pause: float) -> float:
        if self._stop.is_set():
            return 0.0
        self._last_error = str(error) or type(error).__name__
        _log.warning("%s: %s; next try in %.0f s", self._mailbox, self._last_error, pause)
        # Another node may have better luck.
        self._release()
        return pause

    def _next_pause(self, begun: float) -> float:
        steady = time.monotonic() - begun >= self._backoff.steady_after
        self._failures = 1 if steady else self._failures + 1
        return self._backoff.pause(self._failures, self._jitter())

    def _pause(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._stop.is_set():
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self._touch("elsewhere" if self._state == "elsewhere" else "paused")
            self._stop.wait(min(left, _SLICE))

    def _touch(self, state: str) -> None:
        self._state, self._progress_at = state, time.monotonic()
