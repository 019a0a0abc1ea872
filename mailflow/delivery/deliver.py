"""One round of delivery: lease what is due, send each mail to its one recipient, mark what became of it."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from mailflow import failpoint
from mailflow.delivery.relay import Ambiguous, Outcome, OwnFault, PermanentFailure, Relay, Sent, TemporaryFailure
from mailflow.delivery.retry import DEFAULT, RetryPolicy, next_try
from mailflow.delivery.window import DialogueWindow, LeaseLost, Verdict
from mailflow.store import outbox
from mailflow.store.outbox import OutboxItem
from mailflow.store.transaction import Database

_log = logging.getLogger(__name__)

_SIGN_OF_LIFE = 10.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRound:
    """What became of the rows of one round. `own_fault` is the refusal that ended it early, for the one alarm; else empty.

    `ambiguous` counts tries of unknown outcome, which stand in `deferred` or `held` too. `lost` leases are somebody else's by now.
    """

    leased: int = 0
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    held: int = 0
    ambiguous: int = 0
    lost: int = 0
    released: int = 0
    own_fault: str = ""
    relay_down: str = ""


async def deliver_due(
    database: Database,
    relay: Relay,
    *,
    owner: str,
    clock: Callable[[], datetime],
    limit: int = 50,
    at_once: int = 2,
    lease: timedelta = timedelta(minutes=15),
    policy: RetryPolicy = DEFAULT,
    jitter: Callable[[], float] = random.random,
    stop: asyncio.Event | None = None,
    on_progress: Callable[[], None] | None = None,
) -> DeliveryRound:
    """Send up to `limit` rows that are due, `at_once` at a time; one round at a time for each `owner`.

    `on_progress` is called at least every 10 seconds while the round lives, for a server may take ten minutes to answer and that is no
    standstill. With `stop` set no further mail is begun and the rest is released. Cancelled, it breaks off what has not sent its dot.
    Raises only what the database raises: then the round ends, and its leases run out or are recovered.
    """

    def lease_rows(c: Connection) -> list[OutboxItem]:
        now = clock()
        for row in outbox.recover_interrupted(c, now):
            _log.warning("outbox row %d was left by a sender that did not end its work", row)
        return outbox.lease_due(c, now=now, owner=owner, lease=lease, limit=limit)

    items = await _commit(database, lease_rows)
    await failpoint.reach_in_loop("outbox.after_lease")
    if not items:
        return DeliveryRound()
    work = _Round(database, relay, owner, clock, policy, jitter, stop or asyncio.Event(), deque(items))
    extending = asyncio.ensure_future(_extend(database, owner, clock, lease, on_progress))
    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(min(at_once, len(items))):
                workers.create_task(work.run())
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from group
    finally:
        extending.cancel()
        with suppress(asyncio.CancelledError):
            await extending
    released = await _commit(database, lambda c: outbox.release(c, owner)) if work.left else 0
    return replace(work.result(), leased=len(items), released=released)


async def _commit(database: Database, act: Callable[[Connection], T]) -> T:
    """Do something in a transaction of its own, beside the loop."""

    def commit() -> T:
        with database.write() as c:
            return act(c)

    return await asyncio.to_thread(commit)


async def _extend(
    database: Database, owner: str, clock: Callable[[], datetime], lease: timedelta, on_progress: Callable[[], None] | None
) -> None:
    """Hold the leases while a round lasts, and show that it does."""

    extended = time.monotonic()
    while True:
        if on_progress is not None:
            on_progress()
        await asyncio.sleep(min(_SIGN_OF_LIFE, lease.total_seconds() / 3))
        if time.monotonic() - extended >= lease.total_seconds() / 3:
            extended = time.monotonic()
            await _commit(database, lambda c: outbox.extend_lease(c, owner, clock() + lease))


class _Round:
    """The state that the workers of one round share."""

    def __init__(
        self,
        database: Database,
        relay: Relay,
        owner: str,
        clock: Callable[[], datetime],
        policy: RetryPolicy,
        jitter: Callable[[], float],
        stop: asyncio.Event,
        left: deque[OutboxItem],
    ) -> None:
        self._database, self._relay, self._owner, self._clock = database, relay, owner, clock
        self._policy, self._jitter, self._stop, self.left = policy, jitter, stop, left
        self._window = DialogueWindow(database, owner, clock)
        self._counts: Counter[str] = Counter()
        self._own_fault = self._relay_down = ""

    def result(self) -> DeliveryRound:
        return DeliveryRound(**self._counts, own_fault=self._own_fault, relay_down=self._relay_down)

    async def run(self) -> None:
        """Work until nothing is left, or until there is no sense in going on."""
        while self.left and not self._stop.is_set():
            item = self.left.popleft()
            if self._own_fault:
                await self._mark(self._verdict(item, OwnFault(self._own_fault)))
            elif self._relay_down:
                await self._mark(self._verdict(item, TemporaryFailure(self._relay_down, relay_down=True)))
            else:
                await self._deliver(item)

    async def _deliver(self, item: OutboxItem) -> None:
        inside = False

        async def on_data() -> None:
            nonlocal inside
            await self._window.enter(item.id)
            inside = True

        try:
            outcome = await self._relay.send(item.envelope_from, item.recipient, item.raw, on_data, envelope_id=item.message_id)
        except LeaseLost:
            self._counts["lost"] += 1
            return
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _log.exception("sending outbox row %d failed in an unexpected way", item.id)
            outcome = Ambiguous(repr(error)) if inside else TemporaryFailure(repr(error))
        if isinstance(outcome, OwnFault) and not self._own_fault:
            self._own_fault = outcome.reason
            _log.error("the relay refuses us, nothing is sent: %s", outcome.reason)
        if isinstance(outcome, TemporaryFailure) and outcome.relay_down and not self._relay_down:
            self._relay_down = outcome.reason
            _log.warning("the relay cannot be reached: %s", outcome.reason)
        if isinstance(outcome, Ambiguous):
            self._counts["ambiguous"] += 1
        verdict = self._verdict(item, outcome)
        if not inside:
            await self._mark(verdict)
        elif not await self._window.leave(verdict):
            self._counts["lost"] += 1
        if isinstance(outcome, Sent):
            await failpoint.reach_in_loop("outbox.after_commit")

    async def _mark(self, verdict: Verdict) -> None:
        if not await _commit(self._database, verdict):
            self._counts["lost"] += 1

    def _verdict(self, item: OutboxItem, outcome: Outcome) -> Verdict:
        """How to mark the row. Runs within the commit, perhaps on another thread."""
        now = self._clock()

        def mark(c: Connection) -> bool:
            state, ours = self._apply(c, item, outcome, now)
            if ours:
                self._counts[state] += 1
            return ours

        return mark

    def _apply(self, c: Connection, item: OutboxItem, outcome: Outcome, now: datetime) -> tuple[str, bool]:
        owner = self._owner
        if isinstance(outcome, Sent):
            return "sent", outbox.mark_sent(c, item.id, owner, now, outcome.response)
        if isinstance(outcome, PermanentFailure):
            return "failed", outbox.mark_failed(c, item.id, owner, outcome.reason, now)
        if isinstance(outcome, OwnFault):
            return "deferred", outbox.mark_waiting(c, item.id, owner, now + self._policy.own_fault, outcome.reason)
        if isinstance(outcome, Ambiguous):
            # One copy more at most, and none of a mail that must not come twice.
            if item.at_most_once or item.ambiguous:
                return "held", outbox.mark_held(c, item.id, owner, outcome.reason)
            return "deferred", outbox.mark_waiting(c, item.id, owner, now + self._policy.ambiguous, outcome.reason, ambiguous=True)
        row = outbox.load(c, item.id)
        first_at = row.created_at if row is not None else now
        at = next_try(item.attempts, now, first_at, self._jitter(), self._policy, relay_down=outcome.relay_down)
        if at is None:
            days = self._policy.give_up_after.days
            return "failed", outbox.mark_failed(c, item.id, self._owner, f"given up after {days} days: {outcome.reason}", now)
        return "deferred", outbox.mark_waiting(c, item.id, self._owner, at, outcome.reason)
