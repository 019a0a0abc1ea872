"""One mail's way through the house: read, triaged, its case found, decided, applied, and its verdict written in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from mailflow.cases import decide
from mailflow.failpoint import reach
from mailflow.handling.apply import Applied, apply
from mailflow.handling.cause import Cause
from mailflow.handling.gather import Found, facts_for_case, facts_for_opening, find_case, is_known, standing_of, takes_part, why_unanswered
from mailflow.handling.handle_booking import handle_booking
from mailflow.handling.handle_bounce import handle_bounce
from mailflow.handling.handle_command import handle_commands, read_commands, refuse
from mailflow.handling.office import Office
from mailflow.handling.quarantine import quarantine, tell_admin
from mailflow.handling.reading import Reading, before_quotation, find_customer_line, find_request, find_return_notification, read
from mailflow.message.model import Extracted, Kind, Mail, UnreadableMail
from mailflow.message.reply import split_reply
from mailflow.notices.compose import UnsendableNotice
from mailflow.notices.render import TemplateFailed
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision
from mailflow.policy.desk import Desk, DeskMailbox, MailboxRole, Role
from mailflow.policy.event import MailReceived, Standing
from mailflow.policy.triage import Strange, Verdict, triage
from mailflow.store import case as case_rows
from mailflow.store import inbound, journal, notice, register
from mailflow.store.inbound import AlreadyHandled, InboundRow

log = structlog.get_logger(__name__)

BATCH = 20
MAX_ATTEMPTS = 3
CLAIM = timedelta(minutes=1)
"""How long a batch is left alone by other processes. Past it the first verdict counts, so a slow one does no harm."""
RETURN_ANSWERS = ("shipped", "delivered", "extend", "already_returned")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a mail ended: the verdict with its rule, and the case it went to."""

    verdict: Verdict
    rule: str
    reason: str
    case_number: str | None = None
    duplicate_of: int | None = None


def handle_mails(office: Office, now: datetime) -> int:
    """Take a batch of stored mails to their verdicts; how many were taken.

    The attempt is counted and committed before a mail is touched, so that one which kills the process is set aside at its
    third turn (promise P5). Each mail stands in a savepoint of its own: one that fails leaves its neighbours alone.
    """
    with office.database.write() as c:
        for row in inbound.give_up_on(c, MAX_ATTEMPTS, now=now, owner=office.owner):
            tell_admin(c, office, row, row.reason, now)
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
        return read(row.raw, office)
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
        quarantine(c, office, row, "it cannot be read", str(reading), now)
        return
    mail = reading.mail
    _record_identity(c, row, mail)
    if row.oversize:
        quarantine(c, office, row, "too large to be read whole", f"{row.size} octets; only its header was fetched", now)
        return
    outcome = _decide_fate(c, office, row, reading, now)
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
        desk=office.desk_of_mailbox(row.mailbox).name,
        at=now,
        who=mail.sender.address,
        what=outcome.verdict,
        text=f"{outcome.rule}: {outcome.reason}",
        inbound_id=row.id,
    )


def _record_identity(c: Connection, row: InboundRow, mail: Mail) -> None:
    inbound.record_identity(c, row.id, mail.message_id, mail.sender.address, mail.subject, references=mail.references)


def _decide_fate(c: Connection, office: Office, row: InboundRow, reading: Reading, now: datetime) -> Outcome:
    """Triage first; what it lets through goes to a case."""
    mail, nature = reading.mail, reading.nature
    desk = office.desk_of_mailbox(row.mailbox)
    same = inbound.find_same(c, row.id, row.raw_sha256, mail.message_id, mail.sender.address)
    known = is_known(c, mail.sender.address)
    strange = Strange(
        mail=mail,
        nature=nature,
        is_duplicate=same is not None,
        is_known_sender=known or bool(desk.roles_of(mail.sender.address)),
        is_before_cutoff=office.cutoff is not None and row.received_at < office.cutoff,
        was_released=row.released,
    )
    verdict = triage(strange)
    if verdict.verdict is Verdict.BOUNCE:
        number = handle_bounce(c, office, desk, row, mail, now)
        return Outcome(Verdict.BOUNCE, verdict.rule, nature.rule, number)
    if verdict.verdict is not None:
        found = find_case(c, office, desk, mail, "") if verdict.verdict is Verdict.AUTOMATIC else Found(None, "")
        number = found.case.number if found.case and takes_part(c, found.case, mail.sender.address) else None
        return Outcome(verdict.verdict, verdict.rule, nature.rule, number, same)
    return _take_to_case(c, office, desk, row, reading, now, known=known)


def _take_to_case(c: Connection, office: Office, desk: Desk, row: InboundRow, reading: Reading, now: datetime, *, known: bool) -> Outcome:
    mail = reading.mail
    mailbox = next(box for box in desk.mailboxes if box.address == row.mailbox)
    body = mail.text or mail.alternative_text
    rough = split_reply(body)
    today = calendar_for("", "", desk.calendar).local_day(row.received_at)
    form = find_return_notification(mail, rough.new_text, today, desk.languages[0])
    found = find_case(c, office, desk, mail, rough.new_text, (form.rma.upper(),) if form and form.rma else ())
    sent = notice.texts_of_case(c, found.case.number) if found.case else []
    new_text = split_reply(body, sent).new_text if sent else rough.new_text
    event = MailReceived(
        mail=mail,
        at=row.received_at,
        new_text=new_text,
        standing=standing_of(c, desk, found.case, mail.sender.address, genuine=reading.authentication.genuine, known=known),
        authenticated=reading.authentication.genuine,
        mailbox_role=mailbox.role,
        extracted=Extracted(),
        roles=desk.roles_of(mail.sender.address),
        answers_notice=found.answers_notice,
        return_notification=form,
    )
    cause = Cause(who=event.sender, what="mail", at=now, inbound_id=row.id, mail=mail)
    if event.roles:
        return _take_staff_mail(c, office, desk, found, event, reading.authentication.rule, cause)
    machine = "sent by a machine" if reading.nature.kind is not Kind.PERSON else ""
    unanswered = why_unanswered(c, desk, event.sender, event.standing, now, machine=machine)
    return _take_customer_mail(c, office, desk, mailbox, found, replace(event, unanswered_because=unanswered), cause)


def _take_staff_mail(
    c: Connection, office: Office, desk: Desk, found: Found, event: MailReceived, authentication: str, cause: Cause
) -> Outcome:
    """Commands, a booking, a letter to the customer, or a note. From a sender that is not genuine nothing at all (OUT6)."""
    case = found.case
    if event.standing is not Standing.STAFF:
        refuse(c, office, desk, None, event.sender, (), cause, reason=f"a mail in your name was not accepted: {authentication}")
        return Outcome(Verdict.QUARANTINED, "staff sender is not genuine", authentication)
    commands = read_commands(before_quotation(event.mail, event.new_text), desk, case, event.at)
    if case is None:
        named = "no case is named: answer to a mail of the case, or put its number in the subject"
        refuse(c, office, desk, None, event.sender, (), cause, reason=named)
        return Outcome(Verdict.IGNORED, "staff mail that names no case", named)
    if commands.commands or commands.errors:
        reason = handle_commands(c, office, desk, case, commands, event.sender, event.at, cause)
        return Outcome(Verdict.ADDED, "staff command", reason, case.number)
    if Role.RECEIVING in event.roles and (returned := _return_meant(c, case, event)) is not None:
        return Outcome(Verdict.ADDED, "booking", handle_booking(c, office, desk, returned, event, cause), returned.number)
    decided = _decide_and_apply(c, office, desk, case, event, cause)
    if decided.refused:
        refuse(c, office, desk, case, event.sender, (), cause, reason=decided.refused)
    return Outcome(Verdict.ADDED, found.how, decided.reason, case.number)


def _return_meant(c: Connection, case: Case, event: MailReceived) -> Case | None:
    """The return that a mail of receiving staff is about; what they write of a request alone is a note (RM5)."""
    if case.kind == "rma":
        return case
    return _only_open_return(c, case) if event.mailbox_role is MailboxRole.RECEIVING else None


def _take_customer_mail(
    c: Connection, office: Office, desk: Desk, mailbox: DeskMailbox, found: Found, event: MailReceived, cause: Cause
) -> Outcome:
    """A participant's mail is added; anybody else's opens a request of its own, linked for staff (IN3)."""
    if found.case is not None and event.standing is Standing.PARTICIPANT:
        return _add_to_case(c, office, desk, found.case, found.how, event, cause)
    extracted = _extract(c, event)
    facts = facts_for_opening(c, desk, event.mail, extracted, event.at, mailbox.language)
    linked = found.case.number if found.case else None
    opening = replace(event, extracted=extracted, linked_to=linked)
    decision = decide("service_request", None, opening, facts, desk, cause.at)
    applied = apply(c, office, desk, None, decision, cause)
    rule = f"named {linked}, in which the sender takes no part" if linked else found.how
    return Outcome(Verdict.OPENED, rule, decision.reason, applied.case.number if applied.case else None)


def _extract(c: Connection, event: MailReceived) -> Extracted:
    def is_known(serial: str) -> bool:
        return bool(register.find_devices(c, (serial,)))

    return find_request(event.mail, is_known, answers_question=event.answers_notice == "service_request/information_request")


def _add_to_case(c: Connection, office: Office, desk: Desk, case: Case, how: str, event: MailReceived, cause: Cause) -> Outcome:
    today = calendar_for(case.country, case.timezone, desk.calendar).local_day(event.at)
    line = find_customer_line(event.new_text, (case.language, *desk.languages), today)
    told = replace(event, customer_line=line, extracted=_extract(c, event))
    target = _case_meant(c, case, told)
    decided = _decide_and_apply(c, office, desk, target, told, cause)
    opened_anew = decided.case is not None and decided.case.number != target.number
    verdict = Verdict.OPENED if opened_anew else Verdict.ADDED
    number = decided.case.number if decided.case else target.number
    return Outcome(verdict, how, decided.reason, number)


def _case_meant(c: Connection, case: Case, event: MailReceived) -> Case:
    """The return for what concerns parts, the request for everything else."""
    answer = event.customer_line.kind if event.customer_line else ""
    about_parts = (
        event.return_notification is not None
        or answer in RETURN_ANSWERS
        or event.answers_notice == "rma/receipt_notification"
        or event.mailbox_role is MailboxRole.RECEIVING
    )
    if about_parts and case.kind == "service_request":
        return _only_open_return(c, case) or case
    if not about_parts and case.kind == "rma":
        return (case_rows.load(c, case.parent) if case.parent else None) or case
    return case


def _only_open_return(c: Connection, case: Case) -> Case | None:
    returns = [one for one in case_rows.children(c, case.number) if one.kind == "rma" and one.closed_at is None]
    return returns[0] if len(returns) == 1 else None


def _decide_and_apply(c: Connection, office: Office, desk: Desk, case: Case, event: MailReceived, cause: Cause) -> Decision:
    """Ask the case type's rule and apply what it wants; a closed request that must begin anew becomes a case of its own."""
    facts = facts_for_case(c, office, desk, case, event.at, extracted=event.extracted)
    if case.kind == "service_request" and case.closed_at is not None and event.standing is not Standing.STAFF:
        numbers = facts_for_opening(c, desk, event.mail, event.extracted, event.at, "")
        facts = replace(facts, new_numbers=numbers.new_numbers, contact=numbers.contact)
    decision = decide(case.kind, case, event, facts, desk, cause.at)
    if decision.refused:
        return decision
    before: Case | None = case if decision.case is not None and decision.case.number == case.number else None
    applied: Applied = apply(c, office, desk, before, decision, cause)
    return replace(decision, case=applied.case)
