"""One mail's way through the house: read, triaged, its case found, decided, applied, and its verdict written in the same transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from mailflow.failpoint import reach
from mailflow.handling.errand import Errand, Outcome
from mailflow.handling.finding import find_case, standing_of, takes_part
from mailflow.handling.handle_carrier_mail import find_delivered, take_carrier_mail
from mailflow.handling.handle_customer_mail import take_customer_mail
from mailflow.handling.handle_staff_mail import take_staff_mail
from mailflow.handling.handle_vendor_mail import SILENT, find_handed_over, take_vendor_mail
from mailflow.handling.known_register import KnownRegister
from mailflow.handling.office import Office
from mailflow.handling.partner import reported_case
from mailflow.handling.quarantine import quarantine, tell_admin
from mailflow.handling.quoted_letters import find_new_text, quotable_letters
from mailflow.handling.reading import Reading, find_return_notifications, read
from mailflow.handling.too_large import set_aside
from mailflow.handling.undelivered import handle_bounce
from mailflow.message.alarm import Alarm, read_alarm
from mailflow.message.model import Extracted, Kind, Mail, Nature, UnreadableMail
from mailflow.message.reply import split_reply
from mailflow.notices.compose import UnsendableNotice
from mailflow.notices.render import TemplateFailed
from mailflow.policy.alarm import is_alarm
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case_address import without_token
from mailflow.policy.desk import MailboxRole
from mailflow.policy.event import MailReceived
from mailflow.policy.triage import UNREADABLE, Strange, Verdict, add_nature, triage
from mailflow.store import inbound, journal, notice
from mailflow.store.inbound import AlreadyHandled, InboundRow

log = structlog.get_logger(__name__)

BATCH = 20
MAX_ATTEMPTS = 3
CLAIM = timedelta(minutes=1)
"""How long a batch is left alone by other processes. Past it the first verdict counts, so a slow one does no harm."""


def handle_mails(office: Office, now: datetime) -> int:
    """Take a batch of stored mails to their verdicts; how many were taken.

    The attempt is counted and committed before a mail is touched, so that one which kills the process is set aside at its
    third turn (promise P5). Each mail stands in a savepoint of its own: one that fails leaves its neighbours alone.
    """
    with office.database.write() as c:
        for row in inbound.give_up_on(c, MAX_ATTEMPTS, now=now, owner=office.owner):
            tell_admin(c, office, row, row.rule, row.reason, now)
        ids = inbound.claim_received(c, BATCH, owner=office.owner, now=now, lease=CLAIM)
    if not ids:
        return 0
    with office.database.read() as c:
        rows = [inbound.load(c, one) for one in ids]
    readings = [(row, _try_to_read(row, office)) for row in rows]
    try:
        with office.database.write() as c:
            for row, reading in readings:
                _handle_in_savepoint(c, office, row, reading, now)
            reach("proc.before_commit")
    except OperationalError:
        # A full disk or a lost connection is not the mails' fault: it costs them no attempt.
        with office.database.write() as c:
            for one in ids:
                inbound.give_back(c, one)
        raise
    reach("proc.after_commit")
    return len(ids)


def _try_to_read(row: InboundRow, office: Office) -> Reading | UnreadableMail:
    try:
        return read(row.raw, office, office.desk_of_mailbox(row.mailbox))
    except UnreadableMail as unreadable:
        return unreadable
    except Exception as surprise:
        # Reading it again would end alike, and its neighbours must not wait for it.
        log.exception("mail not read", inbound=row.id)
        return UnreadableMail(f"reading it failed: {type(surprise).__name__}: {surprise}")


def _handle_in_savepoint(c: Connection, office: Office, row: InboundRow, reading: Reading | UnreadableMail, now: datetime) -> None:
    """A surprise is caught here, once: the mail keeps its state and comes again, at most thrice."""
    try:
        with c.begin_nested():
            _handle(c, office, row, reading, now)
    except AlreadyHandled:
        log.info("mail was handled by another worker", inbound=row.id)
    except (TemplateFailed, UnsendableNotice) as failed:
        with c.begin_nested():
            if isinstance(reading, Reading):
                _record_identity(c, row, reading.mail)
            quarantine(c, office, row, "the answer could not be written", str(failed), now)
        log.error("answer could not be written", inbound=row.id, reason=str(failed))
    except OperationalError:
        raise
    except Exception:
        log.exception("mail not handled", inbound=row.id, attempt=row.attempts)


def _handle(c: Connection, office: Office, row: InboundRow, reading: Reading | UnreadableMail, now: datetime) -> None:
    if isinstance(reading, UnreadableMail):
        quarantine(c, office, row, UNREADABLE, str(reading), now)
        return
    mail = reading.mail
    _record_identity(c, row, mail)
    desk = office.desk_of_mailbox(row.mailbox)
    mailbox = next(box for box in desk.mailboxes if box.address == row.mailbox)
    errand = Errand(c=c, office=office, desk=desk, mailbox=mailbox, row=row, reading=reading, known=KnownRegister(c), now=now)
    if row.oversize:
        set_aside(errand)
        return
    outcome = _decide_fate(errand)
    if outcome.verdict is Verdict.QUARANTINED:
        quarantine(c, office, row, outcome.rule, outcome.reason, now)
        return
    inbound.finish(
        c,
        row.id,
        state=outcome.verdict,
        rule=outcome.rule,
        reason=outcome.reason,
        case_number=outcome.case_number,
        at=now,
        duplicate_of=outcome.duplicate_of,
    )
    journal.write(
        c,
        case_number=outcome.case_number,
        desk=desk.name,
        at=now,
        who=mail.sender.address,
        what=outcome.verdict,
        text=": ".join(filter(None, (outcome.rule, outcome.reason))),
        inbound_id=row.id,
    )


def _record_identity(c: Connection, row: InboundRow, mail: Mail) -> None:
    inbound.record_identity(c, row.id, mail.message_id, mail.sender.address, mail.subject, references=mail.references)


def _decide_fate(errand: Errand) -> Outcome:
    """Triage first; what it lets through goes to a case."""
    c, desk, row, mail, nature = errand.c, errand.desk, errand.row, errand.mail, errand.reading.nature
    same = inbound.find_same(c, row.id, row.raw_sha256, mail.message_id, mail.sender.address, [box.address for box in desk.mailboxes])
    of_device = not errand.reading.authentication.failed and is_alarm(mail, desk.alarms)
    handed_over = find_handed_over(errand)
    strange = Strange(
        mail=mail,
        nature=Nature(Kind.ECHO, "a notice of ours by its Message-ID") if _is_own_notice(errand) else nature,
        is_duplicate=same is not None,
        is_known_sender=errand.known.is_known(mail.sender.address) or bool(desk.roles_of(mail.sender.address)),
        is_before_cutoff=errand.office.cutoff is not None and row.received_at < errand.office.cutoff,
        is_alarm=of_device,
        is_of_vendor=handed_over is not None,
        was_released=row.released,
    )
    verdict = triage(strange)
    if verdict.verdict in (None, Verdict.AUTOMATIC) and (delivered := find_delivered(errand)) is not None:
        booked = take_carrier_mail(errand, delivered)
        if booked is not None:
            return booked
    if verdict.verdict is Verdict.BOUNCE:
        number = handle_bounce(c, errand.office, desk, row, mail, errand.now)
        return Outcome(Verdict.BOUNCE, verdict.rule, nature.rule, number)
    if verdict.verdict is not None:
        number = _case_of_automatic(errand) if verdict.verdict is Verdict.AUTOMATIC else None
        return Outcome(verdict.verdict, verdict.rule, add_nature(verdict.rule, strange.nature), number, same)
    if handed_over is not None:
        return take_vendor_mail(errand, handed_over)
    return _take_to_case(errand, read_alarm(mail) if of_device else None)


def _is_own_notice(errand: Errand) -> bool:
    """The mark alone proves nothing: another mailflow sets it too, and so could anybody."""
    if not errand.mail.header("x-mailflow-desk"):
        return False
    ours = notice.by_message_id(errand.c, errand.mail.message_id)
    return ours is not None and ours.desk == errand.desk.name


def _case_of_automatic(errand: Errand) -> str | None:
    """An out-of-office stands in the journal of its case, where its sender takes part in one and is not forged (IN7)."""
    if errand.reading.authentication.failed:
        return None
    found = find_case(errand.c, errand.office, errand.desk, errand.mail, "", errand.known)
    return found.case.number if found.case and takes_part(found.case, errand.mail.sender.address, errand.known) else None


def _take_to_case(errand: Errand, alarm: Alarm | None) -> Outcome:
    """Find its case, say what the sender may do there, and hand it to the room for staff or for customers."""
    c, desk, mail, row = errand.c, errand.desk, errand.mail, errand.row
    body = mail.text or mail.alternative_text
    rough = split_reply(body)
    today = calendar_for("", "", desk.calendar).local_day(row.received_at)
    forms = find_return_notifications(mail, rough.new_text, today, desk.languages[0])
    found = find_case(c, errand.office, desk, mail, rough.new_text, errand.known, tuple(form.rma.upper() for form in forms if form.rma)[:1])
    if found.case is None and errand.mailbox.role is MailboxRole.PARTNER:
        reported = reported_case(c, desk, mail.sender.address, rough.new_text, row.received_at)
        found = replace(found, case=reported, how="personnel report of a certified partner") if reported else found
    sender, trust = mail.sender.address, errand.reading.authentication
    found = replace(found, letters=quotable_letters(errand, found))
    event = MailReceived(
        mail=mail,
        at=row.received_at,
        new_text=find_new_text(body, rough.new_text, found.letters, is_staff=bool(desk.roles_of(sender))),
        standing=standing_of(desk, found.case, sender, genuine=trust.genuine, failed=trust.failed, known=errand.known),
        authenticated=trust.genuine,
        mailbox_role=_role_addressed(errand),
        extracted=Extracted(),
        roles=desk.roles_of(sender),
        unanswered_because=_why_silent(errand),
        answers_notice=found.answers_notice,
        return_notifications=forms,
        alarm=alarm,
    )
    return take_staff_mail(errand, found, event) if event.roles else take_customer_mail(errand, found, event)


def _why_silent(errand: Errand) -> str:
    """Why nobody answers this sender by a machine, whatever it asks: it is one, or is not who it says (IN7, P9)."""
    if errand.reading.nature.kind is not Kind.PERSON:
        return "sent by a machine"
    if errand.desk.is_vendor(errand.mail.sender.address):
        return SILENT
    trust = errand.reading.authentication
    return f"our border server says that it is forged: {trust.rule}" if trust.failed else ""


def _role_addressed(errand: Errand) -> MailboxRole:
    """Of the mailbox it came to; one that is also written to the escalation mailbox is an escalation, whichever copy is first (SR6)."""
    addressed = {without_token(one.address) for one in (*errand.mail.to, *errand.mail.cc)}
    escalation = any(box.role is MailboxRole.ESCALATION and box.address in addressed for box in errand.desk.mailboxes)
    return MailboxRole.ESCALATION if escalation else errand.mailbox.role
