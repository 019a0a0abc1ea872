"""Mail of neither customers nor staff: the manufacturer's (DK1), a carrier's (RM8), what says that a letter of ours came back (IN7), and
what is set aside for the admin (IN2, promise P4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from mailflow.cases import CASE_TYPES
from mailflow.handling.facts import contact_of_sender, language_of
from mailflow.handling.match import MOST_NUMBERS, CaseMatch, answered_notice, candidates, load_running, thread_of
from mailflow.handling.notice import why_unanswered, write_notice
from mailflow.handling.settle import settle
from mailflow.handling.work import VENDOR_SILENT, IncomingMail, Outcome, Services, Trigger, Work
from mailflow.message.bounce import read_bounce
from mailflow.message.delivery_report import is_of_carrier, names_parcel, read_delivery_day, says_delivered
from mailflow.message.model import Extracted, Kind
from mailflow.message.reference import find_case_numbers
from mailflow.message.reply import split_reply
from mailflow.message.sender import is_absence_notice
from mailflow.message.staff.command import Command
from mailflow.notices.compose import UnsendableLetter
from mailflow.notices.render import TemplateFailed
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.case_type import ParcelUnderWay
from mailflow.policy.decision import SendNotice, Sentence
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import CommandGiven, MailReceived, NoticeBounced, SenderRole
from mailflow.policy.triage import HELD, TOO_LARGE, Verdict
from mailflow.store import case as case_rows
from mailflow.store import inbound, notice, outbox
from mailflow.store.inbound import InboundRow

AWAY = "an out-of-office notice of the manufacturer"
ALERT = "staff/bounce_alert"
BATCH = 50
MEGABYTE = 1_000_000
LARGE_NOTICE = "service_request/too_large"

log = structlog.get_logger(__name__)


def find_handed_over(incoming: IncomingMail) -> CaseMatch | None:
    """Find the case that the manufacturer's mail speaks of, among those that were handed over to it; None for any other mail.

    By our address, thread or number, or by its own number.
    """
    work, mail = incoming.work, incoming.mail
    if not incoming.authentication.genuine:
        return None
    answered = answered_notice(work, mail)
    text = _new_text(incoming)
    theirs = dict.fromkeys((*_numbers(work.desk, mail.subject), *_numbers(work.desk, text)))
    ours = ((case_rows.find_foreign_number(work.c, work.desk.name, number), f"the manufacturer's number {number}") for number in theirs)
    for named, how in (*candidates(work, mail, text, (), answered), *ours):
        # The running request behind the number, where it or the one merged into it was handed over.
        case = case_rows.load(work.c, named) if named else None
        request = thread_of(work, case)[0] if case is not None else None
        is_with_vendor = request is not None and request.desk == work.desk.name and CASE_TYPES[request.kind].handed_to(request)
        running = load_running(work, request.number) if request is not None and is_with_vendor else None
        if running is not None:
            return CaseMatch(running, how, answered.name if answered else "")
    return None


def _numbers(desk: Desk, text: str) -> tuple[str, ...]:
    return find_case_numbers(text, desk.vendor.number_prefixes if desk.vendor else ())[:MOST_NUMBERS]


def _new_text(incoming: IncomingMail) -> str:
    return split_reply(incoming.mail.text or incoming.mail.alternative_text).new_text


def handle_vendor_mail(incoming: IncomingMail, match: CaseMatch) -> Outcome:
    """Add it whatever machine wrote it, and let none answer; its number is kept beside ours. An out-of-office is only journalled (IN7)."""
    work, case = incoming.work, match.case
    assert case is not None
    if incoming.nature.kind is Kind.AUTOMATIC and is_absence_notice(incoming.mail):
        return Outcome(Verdict.AUTOMATIC, AWAY, incoming.nature.rule, case.number)
    event = MailReceived(
        mail=incoming.mail,
        at=incoming.row.received_at,
        new_text=_new_text(incoming),
        sender_role=SenderRole.VENDOR,
        authenticated=True,
        mailbox_role=incoming.mailbox.role,
        extracted=Extracted(),
        unanswered_because=VENDOR_SILENT,
        answers_notice=match.answers_notice,
    )
    decision = settle(work, case, event)
    vendor_number = CASE_TYPES[case.kind].vendor_number_of(decision.case) if decision.case else ""
    # The number of its request, and those that its subjects name later; the customer's own subject tells none.
    for number in (vendor_number, *_numbers(work.desk, incoming.mail.subject)):
        if number and number not in _numbers(work.desk, case.subject):
            case_rows.add_foreign_number(work.c, work.desk.name, number, case.number)
    return Outcome(Verdict.ADDED, match.how, decision.reason, case.number)


def handle_carrier_mail(incoming: IncomingMail) -> Outcome | None:
    """Book the delivery that a carrier's mail reports like the word of staff (RM8); None for any other mail, and a day that cannot be.

    It must be genuine, of the carrier that staff named, and name its tracking number. The carrier gets no answer, the customer the date
    that holds.
    """
    work, mail, sender, at = incoming.work, incoming.mail, incoming.sender, incoming.row.received_at
    text = f"{mail.subject}\n{mail.text or mail.alternative_text}"
    if not incoming.authentication.genuine or not says_delivered(text):
        return None
    for case, parcel in _parcels_under_way(work):
        if is_of_carrier(sender.rpartition("@")[2], parcel.carrier) and names_parcel(text, parcel.tracking):
            today = calendar_for(case.country, case.timezone, work.desk.calendar).local_day(at)
            day = read_delivery_day(text, today=today, languages=tuple(dict.fromkeys((*work.desk.languages, case.language))))
            if day is None:
                return None
            command = Command(name="delivered", line=f"delivered on {day.isoformat()}", day=day, tracking=parcel.tracking)
            decision = settle(work, case, CommandGiven(command=command, by=sender, roles=(), at=at))
            rule = "the carrier's word on the replacement"
            return None if decision.refused else Outcome(Verdict.ADDED, rule, decision.reason, case.number)
    return None


def _parcels_under_way(work: Work) -> Iterable[tuple[Case, ParcelUnderWay]]:
    for kind, case_type in CASE_TYPES.items():
        for state in case_type.lifecycle.states:
            if case_type.parcels_of is not None and not state.closed:
                for case in case_rows.list_cases(work.c, kind=kind, state=state.name, desk=work.desk.name):
                    yield from ((case, parcel) for parcel in case_type.parcels_of(case))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Undelivered:
    """`at` is when we learned of it: the arrival of the bounce, or the server's refusal. `marks`: the fault is the address's own."""

    notice: str
    case_number: str | None
    address: str
    reason: str
    at: datetime
    marks: bool = True


def handle_bounce(incoming: IncomingMail) -> str | None:
    """Take back what a bounce says was not delivered: the number of its case, None where it speaks of no mail of ours.

    It is matched by the Message-ID of our mail, never by its words (case 37). Each delivery counts once, however often it is reported.
    """
    work, row = incoming.work, incoming.row
    bounce = read_bounce(incoming.mail, row.raw)
    ours = notice.by_message_id(work.c, bounce.original_message_id) if bounce and bounce.original_message_id else None
    if bounce is None or ours is None or ours.desk != work.desk.name:
        return None
    work = work.because(Trigger(who=incoming.sender or "<>", what="bounce", at=work.now, inbound_id=row.id))
    for failed in bounce.recipients:
        reason = " ".join(filter(None, (failed.status, failed.diagnostic))) or "no reason given"
        if failed.permanent and outbox.record_bounce(work.c, ours.message_id, failed.address, row.received_at, reason):
            letter = _Undelivered(notice=ours.name, case_number=ours.case_number, address=failed.address, reason=reason, at=row.received_at)
            _take_back(work, letter)
    return ours.case_number


def handle_refused(services: Services, now: datetime) -> int:
    """Take back the letters that a server refused for good, or that were given up, since the last look; how many there were."""
    with services.database.write() as c:
        rows = outbox.take_unreported(c, BATCH)
        for row in rows:
            undelivered = _Undelivered(
                notice=row.notice,
                case_number=row.case_number,
                address=row.recipient,
                reason=row.reason or "no reason given",
                at=row.failed_at if row.failed_at is not None else now,
                marks=row.state == "failed" and not row.reason.startswith("given up"),
            )
            trigger = Trigger(who="mailflow", what="refused", at=now)
            _take_back(Work.begin(c, services, services.desk(row.desk), trigger), undelivered)
    return len(rows)


def _take_back(work: Work, letter: _Undelivered) -> None:
    """Mark the address, journal, let the case's rule decide what follows, and tell staff (IN7, OUT2, BX4)."""
    if letter.marks:
        notice.add_hard_bounce(work.c, letter.address, letter.at)
    work.journal(letter.case_number, "bounce", f"{letter.notice} did not reach {letter.address}: {letter.reason}")
    case = case_rows.load(work.c, letter.case_number) if letter.case_number else None
    decided: Sentence = ""
    if case is not None and CASE_TYPES[case.kind].hears_of_bounces and case.closed_at is None and not work.desk.roles_of(letter.address):
        decided = settle(work, case, NoticeBounced(notice=letter.notice, address=letter.address, at=letter.at)).done
    if letter.notice == ALERT:
        # An alert that comes back causes no further one.
        return
    # The CCR; where its own mail came back the administrators.
    readers = [tuple(one for one in work.desk.staff_of(role) if one != letter.address) for role in (Role.CCR, Role.ADMIN)]
    values = {"address": letter.address, "reason": letter.reason, "notice": letter.notice, "decided": decided}
    write_notice(work, case, SendNotice(notice=ALERT, to=readers[0] or readers[1], to_staff=True, values=values))


def quarantine(work: Work, row: InboundRow, rule: str, reason: str) -> None:
    """Set the verdict, write its line in the journal, and tell the admin."""
    inbound.finish(work.c, row.id, state=Verdict.QUARANTINED, rule=rule, reason=reason, case_number=None, at=work.now)
    tell_admin(work, row, rule, reason)


def tell_admin(work: Work, row: InboundRow, rule: str, reason: str) -> None:
    """Write the journal and alert. An alert that cannot be written is logged: the mail is safe and `mailflow quarantine` lists it.

    A flood of bad mail is no flood of alerts: past the cap of an hour the journal, the status and the digest tell (P4, P9).
    """
    desk = work.desk
    work = work.because(Trigger(who="mailflow", what="quarantine", at=work.now, inbound_id=row.id))
    work.journal(None, "quarantined", ": ".join(filter(None, (rule, reason))))
    stored = inbound.load(work.c, row.id)
    alert = SendNotice(
        notice="staff/quarantine_alert",
        to=tuple(one for one in desk.staff_of(Role.ADMIN) if not work.had_its_share(one, desk.caps.known_per_hour)),
        to_staff=True,
        values={
            "mailbox": row.mailbox,
            "sender": stored.sender,
            "subject": stored.subject,
            "rule": rule,
            "reason": reason,
            "inbound": row.id,
            "can_be_released": rule not in HELD,
        },
    )
    try:
        with work.c.begin_nested():
            write_notice(work, None, alert)
    except (TemplateFailed, UnsendableLetter) as failed:
        log.error("quarantine alert could not be written", inbound=row.id, reason=str(failed))


def set_aside_large(incoming: IncomingMail) -> None:
    """Quarantine a mail too large to be read, and ask a person whom our border vouches for, once, for smaller ones (IN9, case 27)."""
    work, row, mail, sender = incoming.work, incoming.row, incoming.mail, incoming.sender
    quarantine(work, row, TOO_LARGE, f"{row.size} octets; only its header was fetched")
    mailboxes = [box.address for box in work.desk.mailboxes]
    is_copy = inbound.find_same(work.c, row.id, row.raw_sha256, mail.message_id, sender, mailboxes) is not None
    is_old = work.services.cutoff is not None and row.received_at < work.services.cutoff
    is_stranger = not (work.register.is_known(sender) or work.desk.roles_of(sender))
    if incoming.nature.kind is not Kind.PERSON or not incoming.authentication.genuine or is_copy or is_old:
        return
    work = work.because(replace(work.trigger, from_stranger=is_stranger))
    if why_unanswered(work, sender, is_stranger=is_stranger):
        return
    contact = contact_of_sender(work, sender, None)
    by_domain = next(iter(work.register.contracts_of_domain(mail.sender.domain)), None)
    contract = work.register.contract(contact.contract) if contact else by_domain
    values = {"subject": mail.subject, "size": -(-row.size // MEGABYTE), "limit": work.services.size_limit_mb}
    language = language_of(work.desk, contact, contract, mail.subject, incoming.mailbox.language)
    write_notice(work, None, SendNotice(notice=LARGE_NOTICE, to=(sender,), language=language, values=values))
