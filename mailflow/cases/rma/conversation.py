"""Mail to a return: announcements, one-line answers, disputes, bookings of receiving staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from mailflow.cases.rma.announcement import Problem, announce_all, names_another, state_once_announced
from mailflow.cases.rma.booking import book_receipt
from mailflow.cases.rma.bounce import reach_again
from mailflow.cases.rma.claim import claim_returned, dispute
from mailflow.cases.rma.letter import tell_customer, tell_staff
from mailflow.cases.rma.lifecycle import LIFECYCLE
from mailflow.cases.rma.obligation import is_expired
from mailflow.cases.rma.one_line import tell_delivered, tell_extended
from mailflow.cases.rma.owed import parcels_under_way, running
from mailflow.cases.rma.receipt import Arrived
from mailflow.cases.rma.relay import relay_to_receiving
from mailflow.message.customer.one_line import CustomerLine
from mailflow.message.model import ReturnNotification
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import Decision, Note, SendNotice
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import RELAYED_NOTICES, MailReceived, Standing
from mailflow.policy.facts import Facts

RECEIPT = "rma/receipt_notification"


def add_mail(case: Case, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """Staff book arrivals; a participant announces, answers in one line, or disputes; anything else goes to receiving to read.

    A customer who writes can be reached: a return clock that stood still goes on (BX4).
    """
    if event.standing is Standing.STAFF:
        return _add_staff_mail(case, event, facts, desk)
    case = case.changed(participants=tuple(dict.fromkeys((*case.participants, event.sender))))
    reachable, effects = reach_again(case, event.sender, facts, desk, now)
    decision = _add_customer_mail(reachable, event, facts, desk, now)
    return replace(decision, effects=(*effects, *decision.effects))


def _add_customer_mail(case: Case, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if event.return_notifications:
        return _announce(case, event, event.return_notifications, facts, desk)
    if event.customer_line is not None:
        return _answer(case, event, event.customer_line, facts, desk, now)
    if event.answers_notice == RECEIPT:
        return dispute(case, event, facts, desk)
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


def _announce(case: Case, event: MailReceived, forms: Sequence[ReturnNotification], facts: Facts, desk: Desk) -> Decision:
    """Check the forms and book what is right in them (RM4). The day on which the mail arrived decides whether it came in time (T3)."""
    if problem := next((found for form in forms if (found := _why_not_at_all(case, event, form, facts))), None):
        rejected = tell_customer(case, "return_notification_rejected", problems=(problem,), late=problem[1] == "expired")
        wake = (tell_staff(case, "revalidation_request", desk.staff_of(Role.CCR), announced=True),) if problem[1] == "expired" else ()
        return Decision(case=case, effects=(rejected, *wake), reason=f"announced by {event.sender}, refused: {problem[1]}")
    result = announce_all(case.details, forms, event.at)
    if not result.booked:
        letter = tell_customer(case, "return_notification_rejected", problems=(*result.problems, *result.remarks), late=False)
        return Decision(case=case, effects=(letter,), reason="nothing of the Return Notification could be booked")
    announced = case.changed(state=state_once_announced(case.state), details=replace(case.details, lines=result.lines))
    invoice_on, grace_until = _until_invoiced(announced, facts, desk)
    received = tell_customer(
        announced,
        "return_notification_received",
        accepted=result.booked,
        problems=result.problems,
        remarks=result.remarks,
        parcels=tuple(dict.fromkeys(parcel for form in forms if any(parcel := _parcel_as_told(form)))),
        tracking=all(form.tracking for form in forms),
        today=facts.calendar.local_day(event.at),
        invoice_on=invoice_on,
        grace_until=grace_until,
    )
    return Decision(case=announced, effects=(received, relay_to_receiving(announced, event, desk)), reason=f"announced by {event.sender}")


def _parcel_as_told(form: ReturnNotification) -> tuple[str, str, date | None, int | None]:
    return form.carrier, form.tracking, form.ship_date, form.cartons


def _until_invoiced(case: Case, facts: Facts, desk: Desk) -> tuple[date | None, date | None]:
    """Once the final notice has gone: the day of the invoice request, and until when what is on its way is spared (RM9)."""
    given = [row.term.invoice_on for row in running(case.details) if row.term and row.term.invoice_on]
    if not given:
        return None, None
    grace = desk.returns.transit_grace
    ends = (facts.calendar.end_of_term(parcel.on, grace).day for line in case.details.lines for _, parcel in parcels_under_way(line))
    return min(given), max(ends, default=None)


def _why_not_at_all(case: Case, event: MailReceived, form: ReturnNotification, facts: Facts) -> Problem | None:
    """What speaks against the form as a whole: another number, a return that is over, or one that is no longer valid."""
    details: RmaDetails = case.details
    if names_another(form, case.number):
        return form.rma, "unknown_rma", {"rma": form.rma}
    if LIFECYCLE.is_closed(case.state) or details.outstanding == 0:
        return case.number, "finished", {"rma": case.number, "state": case.state}
    if is_expired(details, facts.calendar.local_day(event.at)):
        return case.number, "expired", {"rma": case.number, "valid_through": details.valid_through}
    return None


def _answer(case: Case, event: MailReceived, answer: CustomerLine, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """A one-line answer (BX6), answered with the date that now holds."""
    match answer.kind:
        case "shipped":
            return _announce(
                case, event, (ReturnNotification(rma=case.number, carrier=answer.carrier, tracking=answer.tracking),), facts, desk
            )
        case "delivered":
            return tell_delivered(case, event, answer, facts, desk, now)
        case "extend":
            return tell_extended(case, event, answer, facts, desk, now)
        case "already_returned":
            return claim_returned(case, event, facts, desk)
    return Decision(case=case, effects=(relay_to_receiving(case, event, desk),), reason=f"{event.sender} wrote {answer.kind}")
