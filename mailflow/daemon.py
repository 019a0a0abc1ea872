"""The heartbeat: a thread for each mailbox, one for handling, sending in the event loop; signals and signs of life.

APScheduler only says "look now"; every date stands in a row. Rows are the only thing that one part hands to another, so a
crash anywhere loses nothing.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.exc import OperationalError

from mailflow.bootstrap import build_database, build_relay, build_services, build_source, owner_name
from mailflow.delivery.deliver import deliver_due
from mailflow.handling.handle_deadline import handle_deadlines
from mailflow.handling.handle_digest import handle_digests
from mailflow.handling.handle_mail import handle_mails
from mailflow.handling.handle_other_mail import handle_refused
from mailflow.handling.work import Services
from mailflow.intake.collect import acknowledge_again, collect_mailbox
from mailflow.intake.watcher import MailboxWatcher
from mailflow.service_manager import notify, watchdog_seconds
from mailflow.settings import MailboxConnection, Settings
from mailflow.store import outbox
from mailflow.store.transaction import Database, InstanceLock, claim_instance

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]

HEARTBEAT = 1.0
"""Seconds between two looks at rows that fall due by themselves; news of mail wakes the daemon at once."""
DRAIN = 20.0
"""Seconds that a stop waits for the mail being handled and the dialogue being spoken."""
STALLED = 300.0
"""Seconds without progress of a part after which the watchdog gets no sign of life."""


def utc_now() -> datetime:
    """Read the clock of a real day; tests and rehearsals bring their own."""
    return datetime.now(UTC)


class Daemon:
    """One process of mailflow. `reload` makes the settings anew at SIGHUP; `heartbeat` is in seconds of real time."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = utc_now,
        reload: Callable[[], Settings] | None = None,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        self._settings, self._clock, self._reload, self._heartbeat = settings, clock, reload, heartbeat
        self._database: Database = build_database(settings)
        self._services: Services = build_services(settings, self._database)
        self._owner = owner_name(settings)
        self._watchers: list[MailboxWatcher] = []
        self._handler = ThreadPoolExecutor(max_workers=1, thread_name_prefix="handling")
        self._fatal: Exception | None = None
        self._progress = {"handling": time.monotonic(), "delivery": time.monotonic()}

    async def run(self) -> None:
        """Run until SIGTERM or `stop`. Raises AlreadyRunning, NewerSchema, DamagedDatabase before anything is touched."""
        self._loop = asyncio.get_running_loop()
        self._stopping, self._to_handle, self._to_send = asyncio.Event(), asyncio.Event(), asyncio.Event()
        with await asyncio.to_thread(open_store, self._settings, self._database):
            await self._run()

    async def _run(self) -> None:
        scheduler = self._start_heartbeat()
        self._start_watchers()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self.stop)
        self._loop.add_signal_handler(signal.SIGHUP, lambda: self._loop.create_task(self._take_new_settings()))
        notify("READY=1", f"STATUS=reading {len(self._watchers)} mailboxes")
        log.info("ready", mailboxes=len(self._watchers), desks=[desk.name for desk in self._settings.desks])
        workers = [asyncio.create_task(self._handle_for_ever()), asyncio.create_task(self._send_for_ever())]
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            # A worker that ends before the stop has failed: the process must end with it, loudly.
            await asyncio.wait((*workers, stopped), return_when=asyncio.FIRST_COMPLETED)
        finally:
            notify("STOPPING=1")
            self.stop()
            stopped.cancel()
            await self._drain(scheduler, workers)
        for worker in workers:
            if worker.done() and not worker.cancelled() and (error := worker.exception()):
                raise error
        if self._fatal is not None:
            raise self._fatal

    def stop(self) -> None:
        """Take nothing new; what is under way is finished. Safe from a signal handler of the loop."""
        self._stopping.set()
        self._to_handle.set()
        self._to_send.set()

    def stop_from_thread(self) -> None:
        """Do the same from any other thread."""
        self._loop.call_soon_threadsafe(self.stop)

    def look_now(self) -> None:
        """Wake handling and sending; from any thread."""
        self._loop.call_soon_threadsafe(self._to_handle.set)
        self._loop.call_soon_threadsafe(self._to_send.set)

    def _start_heartbeat(self) -> AsyncIOScheduler:
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        scheduler = AsyncIOScheduler(timezone="UTC", job_defaults=defaults, event_loop=self._loop)
        scheduler.add_job(self._look, "interval", seconds=self._heartbeat)
        seconds = watchdog_seconds()
        if seconds is not None:
            scheduler.add_job(self._show_life, "interval", seconds=seconds / 3)
        scheduler.start()
        return scheduler

    async def _look(self) -> None:
        self._to_handle.set()
        self._to_send.set()

    async def _show_life(self) -> None:
        """Give a sign of life only while the loop, handling, sending and every mailbox thread make progress."""
        oldest = min([*self._progress.values(), *(watcher.status().progress_at for watcher in self._watchers)])
        if time.monotonic() - oldest < STALLED:
            notify("WATCHDOG=1")

    def _start_watchers(self) -> None:
        self._watchers = [self._watcher(mailbox) for mailbox in self._settings.mailboxes]
        for watcher in self._watchers:
            watcher.start()

    def _watcher(self, mailbox: MailboxConnection) -> MailboxWatcher:
        limit = self._settings.size_limit_mb
        return MailboxWatcher(
            database=self._database,
            mailbox=mailbox.address,
            connect=lambda: build_source(mailbox, limit),
            owner=self._owner,
            clock=self._clock,
            on_stored=self.look_now,
            on_trouble=self._judge,
            turn=float(mailbox.poll_seconds),
        )

    async def _handle_for_ever(self) -> None:
        while not self._stopping.is_set():
            await self._to_handle.wait()
            self._to_handle.clear()
            handled = 1
            while handled and not self._stopping.is_set():
                handled = await self._loop.run_in_executor(self._handler, lambda: handle_what_is_due(self._services, self._clock()))
                self._to_send.set()
            self._progress["handling"] = time.monotonic()

    async def _send_for_ever(self) -> None:
        settings, relay = self._settings.relay, build_relay(self._settings)
        try:
            while not self._stopping.is_set():
                await self._to_send.wait()
                self._to_send.clear()
                if settings != self._settings.relay:
                    await relay.close()
                    settings, relay = self._settings.relay, build_relay(self._settings)
                round_ = await deliver_due(
                    self._database, relay, owner=self._owner, clock=self._clock, stop=self._stopping, on_progress=self._sending
                )
                if round_.leased and round_.leased == round_.sent:
                    self._to_send.set()
                self._sending()
        finally:
            await relay.close()

    def _sending(self) -> None:
        self._progress["delivery"] = time.monotonic()

    def _judge(self, trouble: Exception) -> None:
        """Judge what a watcher met that is not its mail server's: a database that fails ends the process, loudly (case 13)."""
        if isinstance(trouble, OperationalError):
            self._fatal = trouble
            self.stop_from_thread()

    async def _drain(self, scheduler: AsyncIOScheduler, workers: list[asyncio.Task[None]]) -> None:
        scheduler.shutdown(wait=False)
        for watcher in self._watchers:
            watcher.request_stop()
        await asyncio.wait(workers, timeout=DRAIN)
        for worker in workers:
            worker.cancel()
        for watcher in self._watchers:
            await asyncio.to_thread(watcher.stop)
        self._handler.shutdown(wait=True)
        self._database.close()

    async def _take_new_settings(self) -> None:
        """Take at SIGHUP desks, templates and mailboxes anew. Settings that are wrong change nothing."""
        if self._reload is None:
            return
        notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            settings = await asyncio.to_thread(self._reload)
            services = build_services(settings, self._database)
        except ValueError as wrong:
            log.error("the new settings are wrong, the old ones stay", reason=str(wrong))
        else:
            for watcher in self._watchers:
                await asyncio.to_thread(watcher.stop)
            self._settings, self._services = settings, services
            self._start_watchers()
            log.info("settings taken anew")
        notify("READY=1")


def handle_what_is_due(services: Services, now: datetime) -> int:
    """Handle mails first, then deadlines: a part that came back silences its reminder. A digest comes last and tells how it stands then."""
    return handle_mails(services, now) or handle_deadlines(services, now) or handle_refused(services, now) or handle_digests(services, now)


def lock_store(settings: Settings, database: Database) -> InstanceLock:
    """Hold the database file, or on PostgreSQL the state folder, for this process alone. Raises AlreadyRunning."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    return claim_instance((database.path or settings.state_dir / "mailflow").with_suffix(".lock"))


def open_store(settings: Settings, database: Database) -> InstanceLock:
    """Lock the store, bring its schema up to date, and take back what a crash left half done."""
    lock = lock_store(settings, database)
    database.upgrade()
    with database.write() as c:
        for row in outbox.recover_own(c, owner_name(settings)):
            log.warning("an earlier process was interrupted while sending", outbox=row)
    return lock


async def run_once(settings: Settings, *, clock: Clock = utc_now) -> dict[str, int]:
    """Take all that is there, handle it, fire due deadlines, send, and say how much of each there was."""
    database = build_database(settings)
    with await asyncio.to_thread(open_store, settings, database):
        services, relay = build_services(settings, database), build_relay(settings)
        counts = {"stored": 0, "handled": 0, "sent": 0, "deferred": 0, "failed": 0}
        try:
            for mailbox in settings.mailboxes:
                counts["stored"] += await asyncio.to_thread(_collect_once, settings, database, mailbox, clock)
            while handled := await asyncio.to_thread(lambda: handle_what_is_due(services, clock())):
                counts["handled"] += handled
            while True:
                round_ = await deliver_due(database, relay, owner=owner_name(settings), clock=clock)
                for name in ("sent", "deferred", "failed"):
                    counts[name] += getattr(round_, name)
                if round_.leased == 0 or round_.sent + round_.failed == 0:
                    return counts
        finally:
            await relay.close()
            database.close()


def _collect_once(settings: Settings, database: Database, mailbox: MailboxConnection, clock: Clock) -> int:
    with build_source(mailbox, settings.size_limit_mb) as source:
        acknowledge_again(database, source, mailbox.address)
        return collect_mailbox(database, source, mailbox.address, clock=clock)
