"""The stage: the true daemon with its settings, database and mail servers, and a clock that the story moves.

Time moves only when nothing is left to do: every mail handled, every letter sent, every deadline that fell met.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from mailflow.bootstrap import build_database
from mailflow.daemon import Daemon
from mailflow.demo.cast import BORDER, DESK, ESCALATION, NOSY, PEOPLE, RECEIVING, TAC, write_register
from mailflow.demo.clock import StoryClock
from mailflow.demo.imap_server import HOST
from mailflow.demo.post_office import PostOffice
from mailflow.settings import Settings, load_settings
from mailflow.store import deadline, inbound, outbox
from mailflow.store.csv_register import import_register

PATIENCE = 20.0
"""Seconds of real time that mailflow has for whatever a moment of the story asks of it."""
LOOK = 0.01
HEARTBEAT = 0.5
PASSWORD = "demo"


class StoryFailed(Exception):
    """The story did not go as told; the text says what did not happen."""


class Stage:
    """Builds everything in `folder`. `keep` gives people IMAP mailboxes too, so that a mail client can play along."""

    def __init__(self, folder: Path, start: datetime, *, keep: bool = False) -> None:
        self.clock = StoryClock(start)
        mailboxes = (TAC, RECEIVING, ESCALATION)
        people = tuple(person.address for person in PEOPLE if person is not NOSY) if keep else ()
        self.post = PostOffice(
            dict.fromkeys((*mailboxes, *people), PASSWORD),
            read=mailboxes,
            vanished=(NOSY.address,),
            authserv_id=BORDER,
            clock=self.clock,
        )
        self._folder = folder
        self._broken: BaseException | None = None
        self._closed = False

    def perform(self, story: Callable[[], None], afterwards: Callable[[], None] | None = None) -> None:
        """Run the daemon on this thread's loop and the story beside it. With `afterwards` the world stays open after a good end,
        until a signal, and it is called every second. Raises StoryFailed, and whatever the daemon raises."""
        with self.post:
            self.settings = write_settings(self._folder, self.post)
            self.database = build_database(self.settings)
            self.database.upgrade()
            write_register(self._folder / "data")
            import_register(self.database, self._folder / "data")
            try:
                asyncio.run(self._perform(story, afterwards))
            finally:
                self.database.close()

    async def _perform(self, story: Callable[[], None], afterwards: Callable[[], None] | None) -> None:
        self._daemon = Daemon(self.settings, clock=self.clock, heartbeat=HEARTBEAT)
        daemon = asyncio.create_task(self._daemon.run())
        telling = asyncio.create_task(asyncio.to_thread(story))
        await asyncio.wait((daemon, telling), return_when=asyncio.FIRST_COMPLETED)
        self._closed = daemon.done()
        try:
            await telling
            if afterwards is not None:
                self.clock.run_on()
                while not daemon.done():
                    await asyncio.to_thread(afterwards)
                    await asyncio.wait((daemon,), timeout=1.0)
        finally:
            if not daemon.done():
                self._daemon.stop()
            await daemon

    def send(self, raw: bytes, *, envelope_from: str, to: tuple[str, ...]) -> None:
        """A person's mail, taken all the way through."""
        try:
            self.post.send(raw, envelope_from=envelope_from, to=to)
        except OSError as error:
            raise StoryFailed(f"the mail of {envelope_from} could not be handed in: {error}") from error
        self.settle("the mail to be handled and its letters to be sent")

    def wait_until(self, moment: datetime, each: Callable[[], object]) -> None:
        """Let time pass: each deadline falls at its instant, and `each` is called after it."""
        while (due := self._next_due()) is not None and due <= moment:
            self.clock.jump_to(due)
            self._daemon.look_now()
            self.settle("a deadline to be met")
            each()
        self.clock.jump_to(moment)

    def settle(self, what: str) -> None:
        """Wait until nothing is left to do. Raises StoryFailed when that takes too long or the daemon has ended."""
        limit = time.monotonic() + PATIENCE
        while left := self._left_to_do():
            if self._closed:
                raise StoryFailed("mailflow was stopped before the story ended")
            if time.monotonic() > limit:
                raise StoryFailed(f"waited {PATIENCE:.0f} seconds for {what}: {left}")
            time.sleep(LOOK)

    def _next_due(self) -> datetime | None:
        with self.database.read() as c:
            return deadline.next_due(c)

    def _left_to_do(self) -> str:
        """What is still under way, '' for nothing."""
        delivered = sum(1 for mail in self.post.carried() if mail.mailbox)
        with self.database.read() as c:
            mails, letters = inbound.counts(c), outbox.counts(c)
            overdue = deadline.waiting(c, until=self.clock())
        handled = sum(mails.values()) - mails.get("received", 0)
        if handled < delivered:
            return f"{delivered - handled} of {delivered} mails have no verdict yet"
        if overdue:
            return f"the deadline {overdue[0].kind} of {overdue[0].case_number} has not been met"
        unsent = letters.get("waiting", 0) + letters.get("leased", 0)
        return f"{unsent} letters are not sent yet" if unsent else ""


def write_settings(folder: Path, post: PostOffice) -> Settings:
    """A mailflow.toml as an installation has it, read back as the daemon reads it."""
    lines = [
        f'desks = ["{DESK}"]',
        'state_dir = "."',
        f'authserv_id = "{BORDER}"',
        'case_address_key = "a key for the demonstration only"',
        "[relay]",
        f'host = "{HOST}"',
        'tls = "none"',
        f"port = {post.smtp_port}",
        f'hostname = "{BORDER}"',
    ]
    for address in (TAC, RECEIVING, ESCALATION):
        lines += ["[[mailboxes]]", f'address = "{address}"', f'host = "{HOST}"', 'tls = "none"', f"port = {post.imap_port}"]
        # The demo's IMAP server now and then tells no news of a mail that comes just before IDLE.
        lines += [f"user = {json.dumps(address)}", f"password = {json.dumps(PASSWORD)}", "poll_seconds = 1"]
    path = folder / "mailflow.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load_settings(path)
