"""The player: a scenario's mails at their moments, and in between the deadlines and digests that fall; all the rest is the true pipeline.

It plays in a world: here a scratch database whose time jumps (`rehearse`), in `demo` real servers and the daemon.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Protocol

from mailflow.bootstrap import shipped_templates
from mailflow.cases import CASE_TYPES
from mailflow.handling.handle_deadline import handle_deadlines
from mailflow.handling.handle_digest import handle_digests, next_digest_moment
from mailflow.handling.handle_mail import handle_mails
from mailflow.handling.work import Services
from mailflow.message.mime.parse import parse_mail
from mailflow.message.model import UnreadableMail
from mailflow.notices.render import Templates
from mailflow.policy.desk import Desk
from mailflow.policy.triage import Verdict
from mailflow.scenario.build_mail import CannotPlay, build_mail
from mailflow.scenario.mail_client import SIGNER, bare_address, stamp, write_bounce
from mailflow.scenario.scenario import Scenario, ScenarioMail
from mailflow.settings import WrongSettings, desk_roots
from mailflow.store import deadline, inbound, outbox
from mailflow.store.csv_register import import_register
from mailflow.store.transaction import Database
from mailflow.toml_file import DESK_FILE, OWN_TEMPLATES, find_desk, load_desk

OWNER = "rehearsal"
MEGABYTE = 1_000_000

Tell = Callable[[datetime, str], None]


class World(Protocol):
    """Where a scenario is played. After each call all mails are handled, all deadlines met, all letters sent."""

    desk: Desk
    database: Database

    def wait_until(self, moment: datetime) -> None:
        """Let time pass; what falls due meanwhile falls at its instant."""

    def deliver(self, mail: ScenarioMail, raw: bytes) -> None:
        """Bring a mail to where it is addressed to, now."""


def play_scenario(scenario: Scenario, world: World) -> None:
    """Play to the end. Raises CannotPlay."""
    for number, mail in enumerate(scenario.mails, 1):
        world.wait_until(mail.at)
        with world.database.read() as c:
            raw = build_mail(c, world.desk, scenario, mail, number)
        world.deliver(mail, raw)
    world.wait_until(scenario.until)


def desk_folder(scenario: Scenario, roots: tuple[Path, ...]) -> Path:
    """Find the folder of the desk: beside the scenario, else by its name, else from where the command was given. Raises WrongSettings."""
    beside = scenario.folder / scenario.desk
    if (beside / DESK_FILE).is_file():
        return beside
    try:
        return find_desk(scenario.desk, roots)
    except WrongSettings as unknown:
        raise WrongSettings(scenario.file, "desk", f"{scenario.desk!r}: {unknown.reason}") from None


def tell_nobody(at: datetime, text: str) -> None:
    """Say nothing, for those who only want the outcome."""


@contextmanager
def rehearse(
    scenario: Scenario,
    override: Path | None = None,
    tell: Tell = tell_nobody,
    roots: tuple[Path, ...] | None = None,
    *,
    templates: Templates | None = None,
    each_digest: bool = True,
) -> Iterator[Rehearsal]:
    """Play in a scratch database that lives as long as the block. `tell` hears of each step.

    `override` is a folder of templates, `templates` stand in their place; `roots` are folders of desks. Without `each_digest` they are
    looked at only when something else happens. Raises CannotPlay, WrongSettings.
    """
    folder = desk_folder(scenario, desk_roots() if roots is None else roots)
    desk = load_desk(folder)
    with tempfile.TemporaryDirectory(prefix="mailflow-rehearsal-") as scratch:
        database = Database(f"sqlite:///{Path(scratch) / 'rehearsal.db'}", CASE_TYPES)
        database.upgrade()
        # Numbers as Message-IDs: the same scenario writes the same mails, and a scenario's bounce can name one of them.
        numbers = count(1)
        try:
            if scenario.data:
                import_register(database, scenario.folder / scenario.data, desk.requests.public_domains)
            services = Services(
                database=database,
                desks=(desk,),
                templates=templates or Templates(shipped_templates(), folder / OWN_TEMPLATES, override),
                address_key=OWNER.encode(),
                authserv_id=SIGNER,
                new_id=lambda: f"letter-{next(numbers)}",
            )
            rehearsal = Rehearsal(services, desk, scenario, tell, each_digest=each_digest)
            play_scenario(scenario, rehearsal)
            yield rehearsal
        finally:
            database.close()


class Rehearsal:
    """A world without servers: they accept everything, and mail to addresses that have vanished comes back.

    `mails` are the scenario's so far, each with the id of its inbound row.
    """

    def __init__(self, services: Services, desk: Desk, scenario: Scenario, tell: Tell, *, each_digest: bool) -> None:
        self._services, self.desk, self.database = services, desk, services.database
        self._now, self._vanished = scenario.start.astimezone(UTC), scenario.vanished
        self._tell, self._each_digest = tell, each_digest
        self._uids = count(1)
        self.mails: list[tuple[ScenarioMail, int]] = []
        # The desk goes live: digests of earlier moments are none of its own.
        handle_digests(services, self._now)

    def wait_until(self, moment: datetime) -> None:
        """Fire deadlines and digests at their instants up to the moment. Raises CannotPlay where a deadline cannot be met."""
        end = moment.astimezone(UTC)
        while True:
            with self.database.read() as c:
                moments = [deadline.next_due(c), next_digest_moment(self._services) if self._each_digest else None]
            due = min((at for at in moments if at is not None), default=None)
            if due is None or due > end:
                break
            # A deadline that was set in the past falls now: time never runs backwards.
            self._now = max(self._now, due)
            fired = handle_deadlines(self._services, self._now)
            if fired:
                self._tell(self._now, "deadline")
            if not (fired and self._each_digest):
                fired += handle_digests(self._services, self._now)
            if not fired:
                with self.database.read() as c:
                    stuck = next(iter(deadline.waiting(c, until=self._now)))
                at = self._now.isoformat()
                raise CannotPlay(f"the deadline {stuck.kind} of {stuck.case_number} at {at} cannot be met; see the log above")
            self._send_all()
        self._now = max(self._now, end)
        if handle_digests(self._services, self._now):
            self._send_all()

    def deliver(self, mail: ScenarioMail, raw: bytes) -> None:
        """Store the mail in each mailbox that it is addressed to; of copies the one that was no duplicate says what became of it."""
        self._tell(self._now, f"mail from {mail.address or mail.file}")
        rows = self._store(stamp(raw, mail.authenticated), (mail.arrived or mail.at).astimezone(UTC), mail.size_mb)
        self._handle()
        with self.database.read() as c:
            self.mails.append((mail, next((row for row in rows if inbound.load(c, row).state != Verdict.DUPLICATE), rows[0])))

    def _store(self, raw: bytes, arrived: datetime, size_mb: int = 0) -> list[int]:
        """Store a mail, of one over the desk's limit its headers only; the ids of its rows."""
        if size_mb > self._services.size_limit_mb:
            store = partial(inbound.store_oversize, size=size_mb * MEGABYTE, headers=raw.partition(b"\n\n")[0])
        else:
            store = partial(inbound.store_mail, raw=raw)
        place = partial(store, uidvalidity=1, uid=next(self._uids), received_at=arrived, stored_at=self._now)
        with self.database.write() as c:
            rows = [place(c, mailbox=box) for box in _mailboxes(self.desk, raw)]
        return [row for row in rows if row is not None]

    def _handle(self) -> None:
        while handle_mails(self._services, self._now):
            pass
        self._send_all()

    def _send_all(self) -> None:
        while True:
            with self.database.write() as c:
                items = outbox.lease_due(c, now=self._now, owner=OWNER, lease=timedelta(minutes=1), limit=100)
                for item in items:
                    outbox.mark_sent(c, item.id, OWNER, self._now, "250 2.0.0 accepted in a rehearsal")
            if not items:
                return
            if lost := [item for item in items if item.recipient in self._vanished]:
                for item in lost:
                    bounce = write_bounce(item.raw, recipient=item.recipient, at=self._now, number=item.id)
                    self._store(stamp(bounce, authenticated=False), self._now)
                self._handle()


def _mailboxes(desk: Desk, raw: bytes) -> tuple[str, ...]:
    """Choose the desk's mailboxes that the mail is addressed to, plus parts aside; the first where it names none or cannot be read."""
    try:
        mail = parse_mail(raw)
    except UnreadableMail:
        return (desk.mailboxes[0].address,)
    own = {box.address for box in desk.mailboxes}
    named = dict.fromkeys(bare_address(address.address) for address in (*mail.to, *mail.cc))
    return tuple(box for box in named if box in own) or (desk.mailboxes[0].address,)
