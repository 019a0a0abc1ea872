"""The demonstration: a scenario played on servers of our own, over real IMAP and SMTP, by the true daemon, with the clock speeded up.

Importing it needs what the extra `mailflow[demo]` brings.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.utils import getaddresses
from pathlib import Path

import structlog
from rich.console import Console
from rich.text import Text

from mailflow.bootstrap import build_database, build_services
from mailflow.daemon import Daemon
from mailflow.handling.handle_digest import next_digest_moment
from mailflow.scenario.build_mail import CannotPlay
from mailflow.scenario.letters import Cast, Letter, Narrator, read_letters
from mailflow.scenario.mail_client import bare_address
from mailflow.scenario.page import PAGE_NAME, write_page
from mailflow.scenario.play import play_scenario
from mailflow.scenario.scenario import SHIPPED, Scenario, ScenarioMail, load_scenario
from mailflow.scenario.servers import HOST, MailServers
from mailflow.settings import Settings, load_settings
from mailflow.store import case as case_rows
from mailflow.store import deadline, inbound, outbox
from mailflow.store.csv_register import import_register
from mailflow.store.transaction import Database

STORY = SHIPPED / "demo" / "demo.toml"
LOG = "mailflow.log"
BORDER = "mx.tac.example"
PASSWORD = "demo"
PATIENCE = 20.0
"""Seconds of real time that mailflow has for whatever a moment of the story asks of it."""
LOOK = 0.01
HEARTBEAT = 0.5

CONFIGURATION = """
desks = ["{desk}"]
state_dir = "."
authserv_id = "{border}"
case_address_key = "a key for the demonstration only"
relay = {{ host = "{host}", port = {port}, tls = "none", hostname = "{border}" }}
"""
# The IMAP server now and then tells no news of a mail that comes just before IDLE: hence the short interval.
MAILBOX = """
[[mailboxes]]
address = "{address}"
host = "{host}"
port = {port}
tls = "none"
user = "{address}"
password = "{password}"
poll_seconds = 1
"""


def run_demo(out: Path, keep: bool, story: Path = STORY) -> int:
    """Play the story, print it, write every mail and an index.html into `out`. 0 when it ended as told, else 1.

    With `keep` the servers stay up until Ctrl-C.
    """
    scenario, console, begun = load_scenario(story), Console(highlight=False), time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mailflow-demo-") as folder, _logs_in(out / LOG):
        cast = Cast(scenario)
        world = Servers(Path(folder), scenario, cast, Narrator(console, cast, scenario.start.tzinfo), keep=keep)
        console.print(Text.assemble(("mailflow demo", "bold"), ("  every mail is really sent and received, on this machine only", "dim")))

        def play() -> None:
            play_scenario(scenario, world)
            world.sum_up(console, time.monotonic() - begun)
            write_page(out, scenario, cast, world.letters)
            if keep:
                world.tell_where(console)

        def go_on() -> None:
            if world.listen():
                write_page(out, scenario, cast, world.letters)

        try:
            world.open(play, go_on if keep else None)
        except CannotPlay as failed:
            write_page(out, scenario, cast, world.letters)
            console.print(Text(f"\nThe story broke off: {failed}. See {out / LOG}.", style="bold red"))
            return 1
        console.print(Text(f"\nEvery mail, as people saw it: {out / PAGE_NAME}", style="bold"))
        return 0


@contextmanager
def _logs_in(path: Path) -> Iterator[None]:
    """Send what daemon and servers log to a file, so that the story can be read."""
    before, root = structlog.get_config(), logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    with path.open("w", encoding="utf-8") as file:
        handler = logging.StreamHandler(file)
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
        root.handlers = [handler]
        root.setLevel(logging.WARNING)
        plain = structlog.processors.LogfmtRenderer(key_order=["level", "event"], bool_as_flag=False)
        structlog.configure(
            processors=[structlog.processors.add_log_level, structlog.processors.format_exc_info, plain],
            logger_factory=structlog.PrintLoggerFactory(file),
            cache_logger_on_first_use=False,
        )
        try:
            yield
        finally:
            root.handlers, root.level = handlers, level
            structlog.configure(**before)


class StoryClock:
    """The daemon's clock: it stands still until it is moved, and never runs backwards. Read by every thread; UTC."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._now = start.astimezone(UTC)
        self._ticking_since: float | None = None

    def __call__(self) -> datetime:
        with self._lock:
            return self._now if self._ticking_since is None else self._now + timedelta(seconds=time.monotonic() - self._ticking_since)

    def jump_to(self, moment: datetime) -> None:
        """Move on to a moment; one that has passed changes nothing."""
        with self._lock:
            self._now = max(self._now, moment.astimezone(UTC))

    def run_on(self) -> None:
        """Tick from now on as clocks do, for a world that stays open after the story."""
        with self._lock:
            self._ticking_since = time.monotonic()


class Servers:
    """A world of real servers in `folder`: time moves only when nothing is left to do. `letters` are all mails so far.

    `keep` gives people IMAP mailboxes too, so that a mail client can play along.
    """

    def __init__(self, folder: Path, scenario: Scenario, cast: Cast, narrator: Narrator, *, keep: bool = False) -> None:
        self._folder, self._scenario, self._cast, self._narrator = folder, scenario, cast, narrator
        self.clock = StoryClock(scenario.start)
        self._mailboxes = tuple(person.address for person in scenario.person if person.side == "desk")
        self._people = tuple(one.address for one in scenario.person if one.side != "desk" and one.address not in scenario.vanished)
        self.mail_servers = MailServers(
            {*self._mailboxes, *(self._people if keep else ())},
            PASSWORD,
            read=self._mailboxes,
            vanished=scenario.vanished,
            border=BORDER,
            clock=self.clock,
        )
        self.letters: list[Letter] = []
        self._seen = 0
        self._is_closed = False

    def open(self, play: Callable[[], None], afterwards: Callable[[], None] | None = None) -> None:
        """Run the daemon on this thread's loop and the play beside it. With `afterwards` the world stays open after a good end,
        until a signal, and it is called every second. Raises CannotPlay, and whatever the daemon raises."""
        with self.mail_servers:
            settings = self._write_settings()
            self.desk = settings.desks[0]
            self.database: Database = build_database(settings)
            self.database.upgrade()
            self._services = build_services(settings, self.database)
            if self._scenario.data:
                import_register(self.database, self._scenario.folder / self._scenario.data)
            try:
                asyncio.run(self._run(settings, play, afterwards))
            finally:
                self.database.close()

    async def _run(self, settings: Settings, play: Callable[[], None], afterwards: Callable[[], None] | None) -> None:
        self._daemon = Daemon(settings, clock=self.clock, heartbeat=HEARTBEAT)
        daemon = asyncio.create_task(self._daemon.run())
        playing = asyncio.create_task(asyncio.to_thread(play))
        await asyncio.wait((daemon, playing), return_when=asyncio.FIRST_COMPLETED)
        self._is_closed = daemon.done()
        try:
            await playing
            if afterwards is not None:
                self.clock.run_on()
                while not daemon.done():
                    await asyncio.to_thread(afterwards)
                    await asyncio.wait((daemon,), timeout=1.0)
        finally:
            if not daemon.done():
                self._daemon.stop()
            await daemon

    def wait_until(self, moment: datetime) -> None:
        """Let each deadline fall at its instant; a digest is written when something else makes us look."""
        due: datetime | None = moment
        while due is not None:
            with self.database.read() as c:
                due = deadline.next_due(c)
            due = due if due is not None and due <= moment else None
            self.clock.jump_to(due or moment)
            self._daemon.look_now()
            self._settle("a deadline to be met")
            self.listen()

    def deliver(self, mail: ScenarioMail, raw: bytes) -> None:
        """Hand the mail in over SMTP for the desk's mailboxes; who is not genuine sends it from a server of another domain."""
        headers = message_from_bytes(raw, policy=policy.default)
        named = getaddresses([str(headers[name]) for name in ("To", "Cc") if headers[name]])
        to = [address for _, address in named if bare_address(address) in self._mailboxes]
        sender = mail.address if mail.authenticated else f"{mail.address.partition('@')[0]}@elsewhere.invalid"
        try:
            self.mail_servers.send(raw, envelope_from=sender, to=to)
        except OSError as error:
            raise CannotPlay(f"the mail of {mail.address} could not be handed in: {error}") from error
        self._settle("the mail to be handled and its letters to be sent")
        self.listen(mail)

    def listen(self, asked: ScenarioMail | None = None) -> bool:
        """Take up what was carried meanwhile, the scenario's own mail first, and tell it; whether there was anything."""
        carried = self.mail_servers.carried(self._seen)
        self._seen += len(carried)
        with self.database.read() as c:
            letters = read_letters(c, self._scenario, self._cast, carried, len(self.letters) + 1, asked)
        self.letters += letters
        self._narrator.tell(letters)
        return bool(letters)

    def sum_up(self, console: Console, seconds: float) -> None:
        """Tell how it ended. Raises CannotPlay where a case is not in the state that the scenario foretells."""
        with self.database.read() as c:
            cases = case_rows.list_cases(c)
        states = {case.number: case.state for case in cases}
        for number, state in self._scenario.ending.items():
            if states.get(number) != state:
                raise CannotPlay(f"{number} should be {state}, but is {states.get(number, 'not there')}")
        came = sum(not letter.outgoing for letter in self.letters)
        self._narrator.heading("The end")
        console.print(Text(f"  {came} mails came in, {len(self.letters) - came} letters went out, in {seconds:.1f} seconds."))
        for case in cases:
            console.print(Text(f"  {case.number:<12} {case.state:<12} {case.subject}"))

    def tell_where(self, console: Console) -> None:
        """Print how to play along with a mail client of one's own."""
        lines = [
            "The servers stay up until Ctrl-C, and the page grows with every mail. Play along:",
            f"IMAP  {HOST}:{self.mail_servers.imap_port}  no TLS, password {PASSWORD}, user one of {', '.join(self._people)}",
            f"SMTP  {HOST}:{self.mail_servers.smtp_port}  no TLS, no log-in; write to {self._mailboxes[0]} or answer any letter",
        ]
        console.print(Text("\n" + "\n".join(lines), style="bold"))

    def _settle(self, what: str) -> None:
        """Wait until nothing is left to do. Raises CannotPlay when that takes too long or the daemon has ended."""
        limit = time.monotonic() + PATIENCE
        while left := self._left_to_do():
            if self._is_closed:
                raise CannotPlay("mailflow was stopped before the story ended")
            if time.monotonic() > limit:
                raise CannotPlay(f"waited {PATIENCE:.0f} seconds for {what}: {left}")
            time.sleep(LOOK)

    def _left_to_do(self) -> str:
        """Name what is still under way, '' for nothing."""
        delivered = sum(1 for mail in self.mail_servers.carried() if mail.mailbox)
        digest = next_digest_moment(self._services)
        with self.database.read() as c:
            mails, letters = inbound.counts(c), outbox.counts(c)
            overdue = deadline.waiting(c, until=self.clock())
        handled = sum(mails.values()) - mails.get("received", 0)
        if handled < delivered:
            return f"{delivered - handled} of {delivered} mails have no verdict yet"
        if overdue:
            return f"the deadline {overdue[0].kind} of {overdue[0].case_number} has not been met"
        if digest is not None and digest <= self.clock():
            return "a digest is not written yet"
        unsent = letters.get("waiting", 0) + letters.get("leased", 0)
        return f"{unsent} letters are not sent yet" if unsent else ""

    def _write_settings(self) -> Settings:
        """Write a mailflow.toml as an installation has it, and read it back as the daemon reads it."""
        ports = self.mail_servers
        boxes = (MAILBOX.format(address=one, host=HOST, port=ports.imap_port, password=PASSWORD) for one in self._mailboxes)
        head = CONFIGURATION.format(desk=self._scenario.desk, border=BORDER, host=HOST, port=ports.smtp_port)
        path = self._folder / "mailflow.toml"
        path.write_text(head + "".join(boxes), encoding="utf-8")
        return load_settings(path)
