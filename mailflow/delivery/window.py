"""The stretch between the DATA command and our commit of its answer, in which a crash leaves a mail of unknown fate.

One mail at a time is in it, so that a kill can double one mail at most. The commit that settles a mail also opens the window for the
next one that waits, which makes one commit a mail under load. A mail whose answer takes long does not keep the others waiting.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from mailflow.store import outbox
from mailflow.store.transaction import Database

Verdict = Callable[[Connection], bool]
"""Marks a row; False when the lease on it was lost."""


class LeaseLost(Exception):
    """The row is somebody else's by now; the mail must not be sent."""


class DialogueWindow:
    """`patience`: seconds a mail waits for the one before it; then it goes on beside it."""

    def __init__(self, database: Database, owner: str, clock: Callable[[], datetime], patience: float = 2.0) -> None:
        self._database, self._owner, self._clock, self._patience = database, owner, clock, patience
        self._inside = 0
        self._waiting: deque[tuple[int, asyncio.Future[bool]]] = deque()

    async def enter(self, item: int) -> None:
        """Wait for the window and commit that the dialogue of this row begins. Raises `LeaseLost`."""
        if self._inside == 0:
            self._inside += 1
            ours = await self._commit_alone(item)
        else:
            ours = await self._wait(item)
        if not ours:
            await self.leave(None)
            raise LeaseLost(item)

    async def leave(self, verdict: Verdict | None) -> bool:
        """Commit what became of a mail that was inside, and let the next one in. False when the lease was lost."""
        follower: tuple[int, asyncio.Future[bool]] | None = None
        while self._waiting and (follower is None or follower[1].done()):
            follower = self._waiting.popleft()
        if follower is not None and follower[1].done():
            follower = None
        try:
            ours, entered = await asyncio.to_thread(self._commit, verdict, follower[0] if follower else None)
        except BaseException as error:
            self._inside -= 1
            if follower is not None and not follower[1].done():
                follower[1].set_exception(error if isinstance(error, Exception) else RuntimeError("stopped"))
            raise
        if follower is None or follower[1].done():
            self._inside -= 1
        else:
            follower[1].set_result(entered)
        return ours

    async def _wait(self, item: int) -> bool:
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        place = (item, future)
        self._waiting.append(place)
        try:
            return await asyncio.wait_for(asyncio.shield(future), self._patience)
        except TimeoutError:
            if place not in self._waiting:
                return await future
            self._waiting.remove(place)
        except asyncio.CancelledError:
            future.cancel()
            raise
        self._inside += 1
        return await self._commit_alone(item)

    async def _commit_alone(self, item: int) -> bool:
        try:
            return (await asyncio.to_thread(self._commit, None, item))[1]
        except BaseException:
            self._inside -= 1
            raise

    def _commit(self, verdict: Verdict | None, entering: int | None) -> tuple[bool, bool]:
        if verdict is None and entering is None:
            return True, False
        with self._database.write() as c:
            ours = verdict(c) if verdict is not None else True
            entered = outbox.mark_dialogue(c, entering, self._owner, self._clock()) if entering is not None else False
        return ours, entered
