"""Play a scenario: time jumps from mail to deadline to mail, everything else is the true pipeline."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailflow.bootstrap import shipped_templates
from mailflow.desk_file import find_desk, load_desk
from mailflow.handling.handle_deadline import handle_deadlines
from mailflow.handling.handle_mail import handle_mails
from mailflow.handling.office import Office
from mailflow.message.parse import parse_mail
from mailflow.notices.render import Templates
from mailflow.policy.desk import Desk
from mailflow.rehearsal.mail_client import SIGNER, attach, fill_form, stamp, write_answer, write_mail
from mailflow.rehearsal.scenario import Scenario, ScenarioMail
from mailflow.settings import shipped_desks
from mailflow.store import case as case_rows
from mailflow.store import deadline, inbound, notice, outbox
from mailflow.store.csv_register import import_register
from mailflow.store.transaction import Database

OWNER = "rehearsal"
UIDVALIDITY = 1

Tell = Callable[[datetime, str], None]


class CannotPlay(ValueError):
    """A mail of the scenario cannot be made: which one and why."""


@dataclass(frozen=True, slots=True)
class Played:
    """A scenario's scratch world after its end: the database, and each scenario mail with the id of its inbound row."""

    database: Database
    desk: Desk
    mails: tuple[tuple[ScenarioMail, int], ...]


def _say_nothing(at: datetime, text: str) -> None:
    """For those who only want the outcome."""


@contextmanager
def play(scenario: Scenario, override: Path | None = None, tell: Tell = _say_nothing) -> Iterator[Played]:
    """Play to the end; the scratch database lives as long as the block. `tell` hears of each step. Raises CannotPlay, WrongSettings."""
    desk = load_desk(find_desk(scenario.desk, (scenario.folder, shipped_desks())))
    with tempfile.TemporaryDirectory(prefix="mailflow-rehearsal-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'rehearsal.db'}")
        database.upgrade()
        try:
            if scenario.data is not None:
                import_register(database, scenario.data)
            templates = Templates(shipped_templates(), override)
            office = Office(database=database, desks=(desk,), templates=templates, address_key=OWNER.encode(), authserv_id=SIGNER)
            yield Played(database, desk, tuple(_play_mails(office, desk, scenario, tell)))
        finally:
            database.close()


def _play_mails(office: Office, desk: Desk, scenario: Scenario, tell: Tell) -> Iterator[tuple[ScenarioMail, int]]:
    now = scenario.start.astimezone(UTC)
    for uid, mail in enumerate(scenario.mails, 1):
        now = _let_time_pass(office, now, mail.at, tell)
        raw = _make(office, desk, scenario, mail, uid)
        at = mail.at.astimezone(UTC)
        with office.database.write() as c:
            row = inbound.store_mail(
                c, mailbox=_mailbox(desk, raw), uidvalidity=UIDVALIDITY, uid=uid, received_at=at, stored_at=at, raw=raw
            )
        if row is None:
            raise CannotPlay(f"mail {uid} of {mail.at.isoformat()} could not be delivered")
        tell(at, f"mail from {mail.sender or mail.file}")
        while handle_mails(office, at):
            pass
        _send_all(office, at)
        yield mail, row
    _let_time_pass(office, now, scenario.until, tell)


def _let_time_pass(office: Office, now: datetime, until: datetime, tell: Tell) -> datetime:
    """Fire deadlines at their exact instants up to the moment, letting each one's effects set new ones; the moment."""
    end = until.astimezone(UTC)
    while True:
        with office.database.read() as c:
            due = deadline.next_due(c)
        if due is None or due > end:
            return max(now, end)
        # A deadline that was set in the past falls now: time never runs backwards.
        now = due = max(now, due)
        tell(due, "deadline")
        if not handle_deadlines(office, due):
            with office.database.read() as c:
                stuck = next(iter(deadline.waiting(c, until=due)))
            raise CannotPlay(f"the deadline {stuck.kind} of {stuck.case_number} at {due.isoformat()} cannot be met; see the log above")
        _send_all(office, due)


def _send_all(office: Office, at: datetime) -> None:
    """Servers of a rehearsal accept everything."""
    while True:
        with office.database.write() as c:
            items = outbox.lease_due(c, now=at, owner=OWNER, lease=timedelta(minutes=1), limit=100)
            for item in items:
                outbox.mark_sent(c, item.id, OWNER, at, "250 2.0.0 accepted in a rehearsal")
        if not items:
            return


def _make(office: Office, desk: Desk, scenario: Scenario, mail: ScenarioMail, uid: int) -> bytes:
    if mail.file:
        return stamp((scenario.folder / mail.file).read_bytes(), mail.authenticated)
    at, message_id = mail.at, f"rehearsal-{uid}@{mail.sender.rpartition('@')[2]}"
    if mail.reply_to:
        with office.database.read() as c:
            answered = notice.newest_to(c, mail.reply_to, mail.sender)
        if answered is None:
            raise CannotPlay(f"mail {uid}: {mail.sender} has received no {mail.reply_to} by {at.isoformat()}")
        message = write_answer(answered.raw, sender=mail.sender, body=_filled(office, mail.body), at=at, message_id=message_id)
        if mail.fill:
            attach(message, *fill_form(answered.raw, mail.fill))
    else:
        message = write_mail(
            sender=mail.sender,
            to=[_address(desk, mail.to)],
            cc=mail.cc,
            subject=_filled(office, mail.subject),
            body=_filled(office, mail.body),
            at=at,
            message_id=message_id,
        )
    for name in mail.attach:
        attach(message, Path(name).name, (scenario.folder / name).read_bytes())
    return stamp(message.as_bytes(), mail.authenticated)


def _address(desk: Desk, to: str) -> str:
    return to if "@" in to else next((box.address for box in desk.mailboxes if box.role == to), desk.mailboxes[0].address)


def _filled(office: Office, text: str) -> str:
    """{sr} and {rma} stand for the newest numbers."""
    for blank, kind in (("{sr}", "service_request"), ("{rma}", "rma")):
        if blank in text:
            with office.database.read() as c:
                cases = case_rows.list_cases(c, kind=kind)
            if not cases:
                raise CannotPlay(f"{blank} is used before there is a {kind.replace('_', ' ')}")
            text = text.replace(blank, cases[-1].number)
    return text


def _mailbox(desk: Desk, raw: bytes) -> str:
    """The desk's mailbox that the mail is addressed to, plus parts aside; the first one where it names none."""
    own = {box.address for box in desk.mailboxes}
    mail = parse_mail(raw)
    for address in (*mail.to, *mail.cc):
        local, _, domain = address.address.rpartition("@")
        plain = f"{local.partition('+')[0]}@{domain}"
        if plain in own:
            return plain
    return desk.mailboxes[0].address
