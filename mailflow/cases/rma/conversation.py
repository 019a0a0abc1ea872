"""Mail to a return: announcements, one-line answers, disputes, bookings of receiving staff."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.rma.announcement import announce, state_once_announced
from mailflow.cases.rma.booking import book_receipt
from mailflow.cases.rma.delivery import deliver_replacement, earliest_delivery, extend_term, tell_due_day
from mailflow.cases.rma.letter import tell_customer, tell_staff, written_out
from mailflow.cases.rma.lifecycle import LIFECYCLE
from mailflow.cases.rma.receipt import Arrived
from mailflow.message.customer_line import CustomerLine
from mailflow.message.model import ReturnNotification
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import Decision, Note, SendNotice
from mailflow.policy.desk import Desk, Role, Unit
from mailflow.policy.event import RELAYED_NOTICES, MailReceived, Standing
from mailflow.policy.facts import Facts

RECEIPT = "rma/receipt_notification"


def add_mail(case: Case, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """Staff book arrivals; a participant announces, answers in one line, or disputes; anything else goes to receiving to read."""
    if event.standing is Standing.STAFF:
        return _add_staff_mail(case, event, facts, desk)
    case = case.changed(participants=tuple(dict.fromkeys((*case.participants, event.sender))))
    if event.return_notification is not None:
        return _announce(case, event, event.return_notification, desk)
    if event.customer_line is not None:
        return _answer(case, event, event.customer_line, facts, desk, now)
    if event.answers_notice == RECEIPT:
        return _dispute(case, event, desk)
    return Decision(case=case, effects=(relay_to_receiving(case, event, desk),), reason=f"{event.sender} wrote about the return")


def _add_staff_mail(case: Case, event: MailReceived, facts: Facts, desk: Desk) -> Decision:
    booking = event.booking
    if booking is None and event.answers_notice in RELAYED_NOTICES and event.new_text.strip():
        values = {"text": event.new_text.strip()}
        letter = SendNotice(
            notice="service_request/staff_message",
            to=(case.customer,),
            cc=case.other_participants,
            values=values,
            forward_attachments=True,
        )
        return Decision(case=case, effects=(letter,), reason=f"{event.sender} wrote to the customer")
    if booking is None:
        note = Note(text=event.new_text.strip() or "(no text)", who=event.sender)
        return Decision(case=case, effects=(note,), reason=f"internal note of {event.sender}")
    arrived = tuple(
        Arrived(part_number=item.part_number, quantity=item.quantity, serials=item.serials, condition=item.condition)
        for item in booking.items
    )
    return book_receipt(case, arrived, booking.extras, event.sender, f"{event.sender} booked an arrival", facts, desk, event.at)


def _announce(case: Case, event: MailReceived, form: ReturnNotification, desk: Desk) -> Decision:
    details: RmaDetails = case.details
    if details.expired or LIFECYCLE.is_closed(case.state):
        name = "expired" if details.expired else "finished"
        problem = (case.number, name, {"rma": case.number, "valid_through": details.valid_through, "state": case.state})
        rejected = tell_customer(case, "return_notification_rejected", problems=(problem,))
        revalidation = (tell_staff(case, "revalidation_request", desk.staff_of(Role.CCR)),) if details.expired else ()
        return Decision(case=case, effects=(rejected, *revalidation), reason=f"announced by {event.sender}, refused: {name}")
    result = announce(details, form, event.at)
    if not result.booked:
        letter = tell_customer(case, "return_notification_rejected", problems=result.problems)
        return Decision(case=case, effects=(letter,), reason="nothing of the Return Notification could be booked")
    announced = case.changed(state=state_once_announced(case.state), details=replace(details, lines=result.lines))
    received = tell_customer(announced, "return_notification_received", accepted=result.booked, problems=result.problems)
    return Decision(case=announced, effects=(received, relay_to_receiving(announced, event, desk)), reason=f"announced by {event.sender}")


def _answer(case: Case, event: MailReceived, answer: CustomerLine, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """A one-line answer (BX6), answered with the date that now holds."""
    if answer.kind == "shipped":
        return _announce(case, event, ReturnNotification(rma=case.number, carrier=answer.carrier, tracking=answer.tracking), desk)
    if answer.kind == "delivered" and case.details.type == "advance":
        return _delivered(case, event, answer, facts, desk, now)
    if answer.kind == "extend" and case.details.return_due is not None:
        return _extend(case, event, answer, facts, desk, now)
    if answer.kind == "already_returned":
        return _dispute(case, event, desk)
    return Decision(case=case, effects=(relay_to_receiving(case, event, desk),), reason=f"{event.sender} wrote {answer.kind}")


def _delivered(case: Case, event: MailReceived, answer: CustomerLine, facts: Facts, desk: Desk, now: datetime) -> Decision:
    day = answer.day or facts.calendar.local_day(event.at)
    possible = earliest_delivery(case, facts) <= day <= facts.calendar.local_day(event.at)
    if not possible or case.details.delivered_on is not None:
        reason = f"{event.sender} names the delivery date {day}, which staff must look at"
        return Decision(case=case, effects=(relay_to_receiving(case, event, desk),), reason=reason)
    delivered, effects = deliver_replacement(case, day, facts, desk, now)
    return Decision(case=delivered, effects=effects, reason=f"{event.sender}: the replacement arrived on {day}")


def _extend(case: Case, event: MailReceived, answer: CustomerLine, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """Granted once per return; more is for the CCR to decide (RM10)."""
    if case.details.extended_by_customer or desk.returns.extension.unit is not Unit.BUSINESS_DAYS:
        relayed = relay_to_receiving(case, event, desk, Role.CCR, commands=(f"/extend {case.number} {answer.days or 5} REASON",))
        return Decision(case=case, effects=(tell_due_day(case), relayed), reason="a further extension is for the CCR to decide")
    marked = case.changed(details=replace(case.details, extended_by_customer=True))
    extended, effects = extend_term(marked, desk.returns.extension.amount, event.sender, answer.reason, facts, desk, now)
    return Decision(case=extended, effects=effects, reason=f"{event.sender} asked for more time")


def _dispute(case: Case, event: MailReceived, desk: Desk) -> Decision:
    disputed = case.changed(details=replace(case.details, disputed=True))
    letter = tell_staff(disputed, "disputed", desk.staff_of(Role.RECEIVING), text=event.new_text, sender=event.sender)
    return Decision(case=disputed, effects=(letter,), reason=f"{event.sender} disputes what is booked")


def relay_to_receiving(case: Case, event: MailReceived, desk: Desk, *roles: Role, commands: tuple[str, ...] = ()) -> SendNotice:
    """The customer's mail for the receiving department, which books the arrival by answering it (RM5)."""
    details: RmaDetails = case.details
    items = "; ".join(f"{line.outstanding} x {line.part_number}" for line in details.lines if line.outstanding > 0)
    rows = (
        ("Customer", case.customer),
        ("Company", case.company),
        ("State", case.state),
        ("Outstanding", items or "nothing"),
        ("Valid through", written_out(details.valid_through)),
    )
    return SendNotice(
        notice="service_request/customer_message",
        to=desk.staff_of(*(roles or (Role.RECEIVING,))),
        to_staff=True,
        forward_attachments=True,
        values={
            "text": event.new_text,
            "sender": event.sender,
            "summary": tuple((label, text) for label, text in rows if text),
            "is_new": False,
            "attachment_names": tuple(attachment.name or "unnamed" for attachment in event.mail.attachments),
            "commands": commands or ((f"/received {case.number} {items}",) if items else ()),
            "steps": (),
        },
    )
