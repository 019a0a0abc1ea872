"""One mail's way through the house: read, triaged, its case found, decided, applied, and its verdict written in the same transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from mailflow.cases import kind_opened_by
from mailflow.failpoint import reach
from mailflow.handling.handle_customer_mail import handle_customer_mail
from mailflow.handling.handle_other_mail import (
    find_handed_over,
    handle_bounce,
    handle_carrier_mail,
    handle_vendor_mail,
    quarantine,
    set_aside_large,
    tell_admin,
)
from mailflow.handling.handle_staff_mail import handle_staff_mail
from mailflow.handling.match import CaseMatch, find_case, find_own_case, is_own_notice, quotable_letters, role_of_sender
from mailflow.handling.settle import SOURCES
from mailflow.handling.work import IncomingMail, Outcome, Services, Trigger, Work
from mailflow.message.alarm import Alarm, read_alarm
from mailflow.message.mime.parse import parse_mail
from mailflow.message.model import Authentication, Extracted, Kind, Mail, Nature, UnreadableMail
from mailflow.message.own_words import find_new_text, find_return_notifications
from mailflow.message.reference import without_token
from mailflow.message.reply import split_reply
from mailflow.message.sender import find_nature, read_authentication
from mailflow.notices.compose import UnsendableLetter
from mailflow.notices.render import TemplateFailed
from mailflow.policy.calendar import calendar_for
from mailflow.policy.event import MailReceived, SenderRole
from mailflow.policy.triage import UNREADABLE, TriageInput, Verdict, add_nature, is_alarm, triage
from mailflow.store import inbound
from mailflow.store.inbound import AlreadyHandled, InboundRow

log = structlog.get_logger(__name__)

BATCH = 20
MAX_ATTEMPTS = 3
CLAIM = timedelta(minutes=1)
"""How long a batch is left alone by other processes. Past it the first verdict counts, so a slow one does no harm."""
OWN_NOTICE = Nature(Kind.ECHO, "a notice of ours by its Message-ID")
ALARM = "a device reports by Call Home"


class Reading(NamedTuple):
    """A mail, what it is, and what our border server said of its sender."""

    mail: Mail
    nature: Nature
    authentication: Authentication


def handle_mails(services: Services, now: datetime) -> int:
    """Take a batch of stored mails to their verdicts; how many were taken.

    The attempt is counted and committed before a mail is touched, so that one which kills the process is set aside at its
    third turn (promise P5). Each mail stands in a savepoint of its own: one that fails leaves its neighbours alone.
    """
    with services.database.write() as c:
        for row in inbound.give_up_on(c, MAX_ATTEMPTS, now=now, owner=services.owner):
            tell_admin(_begin(c, services, row, now), row, row.rule, row.reason)
        ids = inbound.claim_received(c, BATCH, owner=services.owner, now=now, lease=CLAIM)
    if not ids:
        return 0
    with services.database.read() as c:
        rows = [inbound.load(c, one) for one in ids]
    readings = [(row, _try_to_read(services, row)) for row in rows]
    try:
        with services.database.write() as c:
            for row, reading in readings:
                _handle_in_savepoint(c, services, row, reading, now)
            reach("proc.before_commit")
    except OperationalError:
        # A full disk or a lost connection is not the mails' fault: it costs them no attempt.
        with services.database.write() as c:
            for one in ids:
                inbound.give_back(c, one)
        raise
    reach("proc.after_commit")
    return len(ids)


def _begin(c: Connection, services: Services, row: InboundRow, now: datetime, mail: Mail | None = None) -> Work:
    who = mail.sender.address if mail else "mailflow"
    trigger = Trigger(who=who, what="mail", at=now, inbound_id=row.id, mail=mail)
    return Work.begin(c, services, services.desk_of_mailbox(row.mailbox), trigger)


def _try_to_read(services: Services, row: InboundRow) -> Reading | UnreadableMail:
    try:
        mail = parse_mail(row.raw)
        # What comes from a mailbox of another desk of ours is no echo: desks write to each other (DK1).
        mailboxes = {box.address for box in services.desk_of_mailbox(row.mailbox).mailboxes}
        own = mailboxes | {one.address for one in mail.senders if without_token(one.address) in mailboxes}
        return Reading(mail, find_nature(mail, frozenset(own)), read_authentication(mail, services.authserv_id))
    except UnreadableMail as unreadable:
        return unreadable
    except Exception as surprise:
        # Reading it again would end alike, and its neighbours must not wait for it.
        log.exception("mail not read", inbound=row.id)
        return UnreadableMail(f"reading it failed: {type(surprise).__name__}: {surprise}")


def _handle_in_savepoint(c: Connection, services: Services, row: InboundRow, reading: Reading | UnreadableMail, now: datetime) -> None:
    """A surprise is caught here, once: the mail keeps its state and comes again, at most thrice."""
    try:
        with c.begin_nested():
            _handle(c, services, row, reading, now)
    except AlreadyHandled:
        log.info("mail was handled by another worker", inbound=row.id)
    except (TemplateFailed, UnsendableLetter) as failed:
        with c.begin_nested():
            if isinstance(reading, Reading):
                _record_identity(c, row, reading.mail)
            quarantine(_begin(c, services, row, now), row, "the answer could not be written", str(failed))
        log.error("answer could not be written", inbound=row.id, reason=str(failed))
    except OperationalError:
        raise
    except Exception:
        log.exception("mail not handled", inbound=row.id, attempt=row.attempts)


def _record_identity(c: Connection, row: InboundRow, mail: Mail) -> None:
    inbound.record_identity(c, row.id, mail.message_id, mail.sender.address, mail.subject, references=mail.references)


def _handle(c: Connection, services: Services, row: InboundRow, reading: Reading | UnreadableMail, now: datetime) -> None:
    """Unreadable and too large mail is set aside; all other mail has an outcome, which stands in the journal."""
    if isinstance(reading, UnreadableMail):
        quarantine(_begin(c, services, row, now), row, UNREADABLE, str(reading))
        return
    mail, nature, authentication = reading
    _record_identity(c, row, mail)
    work = _begin(c, services, row, now, mail)
    mailbox = next(box for box in work.desk.mailboxes if box.address == row.mailbox)
    incoming = IncomingMail(work=work, mailbox=mailbox, row=row, mail=mail, nature=nature, authentication=authentication)
    if row.oversize:
        set_aside_large(incoming)
        return
    outcome = _find_outcome(incoming)
    if outcome.verdict is Verdict.QUARANTINED:
        quarantine(work, row, outcome.rule, outcome.reason)
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
    work.journal(outcome.case_number, outcome.verdict, ": ".join(filter(None, (outcome.rule, outcome.reason))))


def _find_outcome(incoming: IncomingMail) -> Outcome:
    """Triage first; what it lets through goes to a case: the manufacturer's, a carrier's, staff's, or a customer's."""
    work, row, mail = incoming.work, incoming.row, incoming.mail
    of_device = not incoming.authentication.failed and is_alarm(mail, work.desk.alarms)
    is_known = work.register.is_known(incoming.sender) or bool(work.desk.roles_of(incoming.sender))
    handed_over = find_handed_over(incoming) if work.desk.is_vendor(incoming.sender) else None
    same = inbound.find_same(work.c, row.id, row.raw_sha256, mail.message_id, incoming.sender, [box.address for box in work.desk.mailboxes])
    given = TriageInput(
        mail=mail,
        nature=OWN_NOTICE if is_own_notice(work, mail) else incoming.nature,
        is_duplicate=same is not None,
        is_known_sender=is_known,
        is_before_cutoff=work.services.cutoff is not None and row.received_at < work.services.cutoff,
        is_alarm=of_device,
        is_of_vendor=handed_over is not None,
        was_released=row.released,
    )
    found = triage(given)
    may_be_carrier = found.verdict in (None, Verdict.AUTOMATIC) and not is_known
    if may_be_carrier and (booked := handle_carrier_mail(incoming)) is not None:
        return booked
    match found.verdict:
        case None if handed_over is not None:
            return handle_vendor_mail(incoming, handed_over)
        case None:
            return _take_to_case(incoming, read_alarm(mail) if of_device else None)
        case Verdict.BOUNCE:
            return Outcome(Verdict.BOUNCE, found.rule, incoming.nature.rule, handle_bounce(incoming))
        case Verdict.AUTOMATIC:
            return Outcome(Verdict.AUTOMATIC, found.rule, add_nature(found.rule, given.nature), find_own_case(incoming))
    return Outcome(found.verdict, found.rule, add_nature(found.rule, given.nature), duplicate_of=same)


def _take_to_case(incoming: IncomingMail, alarm: Alarm | None) -> Outcome:
    """Find its case, say what the sender may do there, and hand it to the room for staff or for customers."""
    work, mail, row, sender = incoming.work, incoming.mail, incoming.row, incoming.sender
    body = mail.text or mail.alternative_text
    rough = split_reply(body).new_text
    today = calendar_for("", "", work.desk.calendar).local_day(row.received_at)
    forms = find_return_notifications(mail, rough, today, work.desk.languages[0])
    trust, roles = incoming.authentication, work.desk.roles_of(sender)
    numbers = tuple(form.rma.upper() for form in forms if form.rma)[:1]
    match = find_case(work, mail, rough, numbers) if roles or alarm is None else CaseMatch(None, ALARM)
    letters = quotable_letters(work, match, sender)
    event = MailReceived(
        mail=mail,
        at=row.received_at,
        new_text=find_new_text(body, rough, letters, is_staff=bool(roles)),
        sender_role=SenderRole.STRANGER,
        authenticated=trust.genuine,
        mailbox_role=incoming.role_addressed,
        mailbox_language=incoming.mailbox.language,
        extracted=Extracted(),
        roles=roles,
        unanswered_because=incoming.why_silent,
        answers_notice=match.answers_notice,
        return_notifications=forms,
        alarm=alarm,
    )
    if match.case is None:
        kind = kind_opened_by(event)
        running = SOURCES[kind].find_running(work, kind, event)
        match = replace(match, case=running[0], how=running[1]) if running else match
    event = replace(event, sender_role=role_of_sender(work, match.case, sender, genuine=trust.genuine, failed=trust.failed))
    return handle_staff_mail(incoming, match, event) if roles else handle_customer_mail(incoming, match, event, letters)
