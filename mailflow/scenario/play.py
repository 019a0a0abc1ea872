"""Play a scenario: time jumps from mail to deadline to mail, everything else is the true pipeline."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from mailflow.bootstrap import shipped_templates
from mailflow.desk_file import DESK_FILE, OWN_TEMPLATES, find_desk, load_desk
from mailflow.handling.handle_deadline import handle_deadlines
from mailflow.handling.handle_digest import handle_digests, next_digest_moment
from mailflow.handling.handle_mail import handle_mails
from mailflow.handling.office import Office
from mailflow.message.documents.pdf_form import UnknownField
from mailflow.message.model import UnreadableMail
from mailflow.message.parse import parse_mail
from mailflow.notices.render import Templates
from mailflow.policy.desk import Desk
from mailflow.policy.triage import Verdict
from mailflow.scenario.mail_client import SIGNER, attach, fill_form, stamp, write_answer, write_mail
from mailflow.scenario.scenario import Scenario, ScenarioMail
from mailflow.settings import WrongSettings, desk_roots
from mailflow.store import case as case_rows
from mailflow.store import deadline, inbound, notice, outbox
from mailflow.store.csv_register import import_register
from mailflow.store.transaction import Database

CONFIRM = re.compile(r"/confirm (\w+)")
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


def _counted_ids() -> Callable[[], str]:
    """Message-IDs by number: the same scenario writes the same mails, and a scenario's bounce can name one of them."""
    numbers = count(1)
    return lambda: f"letter-{next(numbers)}"


def _desk_folder(scenario: Scenario, roots: tuple[Path, ...]) -> Path:
    """A path is relative to the scenario's file, else to where the command was given. Raises WrongSettings."""
    beside = scenario.folder / scenario.desk
    if (beside / DESK_FILE).is_file():
        return beside
    try:
        return find_desk(scenario.desk, roots)
    except WrongSettings as unknown:
        raise WrongSettings(scenario.file, "desk", f"{scenario.desk!r}: {unknown.reason}") from None


def _say_nothing(at: datetime, text: str) -> None:
    """For those who only want the outcome."""


@contextmanager
def play(
    scenario: Scenario, override: Path | None = None, tell: Tell = _say_nothing, roots: tuple[Path, ...] | None = None
) -> Iterator[Played]:
    """Play to the end; the scratch database lives as long as the block. `tell` hears of each step.

    `override` is a folder of templates, `roots` are folders of desks. Raises CannotPlay, WrongSettings.
    """
    folder = _desk_folder(scenario, desk_roots() if roots is None else roots)
    desk = load_desk(folder)
    with tempfile.TemporaryDirectory(prefix="mailflow-rehearsal-") as scratch:
        database = Database(f"sqlite:///{Path(scratch) / 'rehearsal.db'}")
        database.upgrade()
        try:
            if scenario.data is not None:
                import_register(database, scenario.data, desk.requests.public_domains)
            templates = Templates(shipped_templates(), folder / OWN_TEMPLATES, override)
            office = Office(
                database=database, desks=(desk,), templates=templates, address_key=OWNER.encode(), authserv_id=SIGNER, new_id=_counted_ids()
            )
            yield Played(database, desk, tuple(_play_mails(office, desk, scenario, tell)))
        finally:
            database.close()


def _play_mails(office: Office, desk: Desk, scenario: Scenario, tell: Tell) -> Iterator[tuple[ScenarioMail, int]]:
    now = scenario.start.astimezone(UTC)
    # The desk goes live: digests of earlier moments are none of its own.
    handle_digests(office, now)
    for uid, mail in enumerate(scenario.mails, 1):
        now = _let_time_pass(office, now, mail.at, tell)
        raw = _make(office, desk, scenario, mail, uid)
        at = mail.at.astimezone(UTC)
        rows = _deliver(office, desk, mail, raw, uid)
        tell(at, f"mail from {mail.address or mail.file}")
        while handle_mails(office, at):
            pass
        _send_all(office, at)
        yield mail, _telling(office, rows)
    _let_time_pass(office, now, scenario.until, tell)


def _deliver(office: Office, desk: Desk, mail: ScenarioMail, raw: bytes, uid: int) -> tuple[int, ...]:
    """Into each mailbox of the desk that it is addressed to; the ids of its rows."""
    at = mail.at.astimezone(UTC)
    with office.database.write() as c:
        rows = [
            inbound.store_mail(c, mailbox=box, uidvalidity=UIDVALIDITY, uid=uid, received_at=at, stored_at=at, raw=raw)
            for box in _mailboxes(desk, raw)
        ]
    delivered = tuple(row for row in rows if row is not None)
    if len(delivered) < len(rows):
        raise CannotPlay(f"mail {uid} of {mail.at.isoformat()} could not be delivered")
    return delivered


def _telling(office: Office, rows: tuple[int, ...]) -> int:
    """The row that says what became of the mail: of several copies the one that was no duplicate."""
    with office.database.read() as c:
        return next((row for row in rows if inbound.load(c, row).state != Verdict.DUPLICATE), rows[0])


def _let_time_pass(office: Office, now: datetime, until: datetime, tell: Tell) -> datetime:
    """Fire deadlines and digests at their exact instants up to the moment, letting each one's effects set new ones; the moment."""
    end = until.astimezone(UTC)
    while True:
        with office.database.read() as c:
            due = deadline.next_due(c)
        digest = next_digest_moment(office)
        if digest is not None and digest <= end and (due is None or digest < due):
            now = max(now, digest)
            handle_digests(office, now)
            _send_all(office, now)
            continue
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
    at, message_id = mail.at, f"rehearsal-{uid}@{mail.address.rpartition('@')[2]}"
    if mail.reply_to:
        with office.database.read() as c:
            answered = notice.newest_to(c, mail.reply_to, mail.address)
        if answered is None:
            raise CannotPlay(f"mail {uid}: {mail.address} has received no {mail.reply_to} by {at.isoformat()}")
        message = write_answer(answered.raw, sender=mail.sender, body=_filled(office, mail.body), at=at, message_id=message_id)
        if mail.fill:
            attach(message, *_fill(answered.raw, mail, uid))
    else:
        message = write_mail(
            sender=mail.sender,
            to=[_address(desk, mail.to, uid)],
            cc=mail.cc,
            subject=_filled(office, mail.subject),
            body=_filled(office, mail.body),
            at=at,
            message_id=message_id,
        )
    for name in mail.attach:
        attach(message, Path(name).name, (scenario.folder / name).read_bytes())
    return stamp(message.as_bytes(), mail.authenticated)


def _fill(letter: bytes, mail: ScenarioMail, uid: int) -> tuple[str, bytes]:
    try:
        return fill_form(letter, mail.fill)
    except (LookupError, UnknownField) as impossible:
        raise CannotPlay(f"mail {uid}: fill: {impossible.args[0]}") from impossible


def _address(desk: Desk, to: str, uid: int) -> str:
    """The address itself, or that of the desk's mailbox with the role."""
    if "@" in to:
        return to
    boxes = {box.role.value: box.address for box in reversed(desk.mailboxes)}
    if to not in boxes:
        raise CannotPlay(f"mail {uid}: {desk.name} has no mailbox with the role {to}; it has {', '.join(sorted(boxes))}")
    return boxes[to]


def _filled(office: Office, text: str) -> str:
    """{sr} and {rma} stand for the newest numbers, {code} for the newest confirmation code that was sent."""
    if "{code}" in text:
        text = text.replace("{code}", _newest_code(office))
    for blank, kind in (("{sr}", "service_request"), ("{rma}", "rma"), ("{certification}", "certification")):
        if blank in text:
            with office.database.read() as c:
                cases = case_rows.list_cases(c, kind=kind)
            if not cases:
                raise CannotPlay(f"{blank} is used before there is a {kind.replace('_', ' ')}")
            text = text.replace(blank, cases[-1].number)
    return text


def _newest_code(office: Office) -> str:
    with office.database.read() as c:
        asked = notice.newest(c, "staff/confirmation_request")
    found = CONFIRM.search(asked.text) if asked else None
    if found is None:
        raise CannotPlay("{code} is used before a confirmation was asked for")
    return found[1]


def _mailboxes(desk: Desk, raw: bytes) -> tuple[str, ...]:
    """The desk's mailboxes that the mail is addressed to, plus parts aside; the first one where it names none or cannot be read."""
    own = {box.address for box in desk.mailboxes}
    try:
        mail = parse_mail(raw)
    except UnreadableMail:
        return (desk.mailboxes[0].address,)
    split = (address.address.rpartition("@") for address in (*mail.to, *mail.cc))
    named = dict.fromkeys(f"{local.partition('+')[0]}@{domain}" for local, _, domain in split)
    return tuple(box for box in named if box in own) or (desk.mailboxes[0].address,)
