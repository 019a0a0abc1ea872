"""Mail to a return: announcements, one-line answers, disputes, bookings of receiving staff."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from mailflow.cases.rma.announcement import Problem, announce_all, names_another, state_once_announced
from mailflow.cases.rma.bounce import reach_again
from mailflow.cases.rma.clock import ask_finance_after_term, is_expired
from mailflow.cases.rma.delivery import (
    Arrival,
    arrival_of,
    ask_about_delivery,
    deliver_replacement,
    earliest_delivery,
    extend_term,
    tell_due_days,
    tell_validity,
)
from mailflow.cases.rma.details import LIFECYCLE, Return, RmaDetails, state_by_clocks
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.invoicing import withdraw
from mailflow.cases.rma.letters import forward_to_receiving, grace_ends, tell_customer, tell_staff
from mailflow.message.customer.one_line import CustomerLine
from mailflow.message.model import ReturnNotification
from mailflow.policy.case import narrow
from mailflow.policy.customer_message import keep_as_note, write_to_customer
from mailflow.policy.decision import Decision, SendNotice
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import FORWARDED_NOTICES, MailReceived, SenderRole

RECEIPT = "rma/receipt_notification"
QUESTION = "rma/delivery_question"


def add_mail(case: Return, event: MailReceived, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Read a mail of staff or of the customer: who takes part announces, answers in one line, or disputes; anything else goes to receiving
    to read.

    A customer who writes can be reached: a return clock that stood still goes on (BX4).
    """
    if event.sender_role is SenderRole.STAFF:
        if event.answers_notice in FORWARDED_NOTICES and event.new_text.strip():
            return Decision(case=case, effects=(write_to_customer(case, event),), reason=f"{event.sender} wrote to the customer")
        return keep_as_note(case, event)
    case = replace(case, participants=tuple(dict.fromkeys((*case.participants, event.sender))))
    reachable, effects = reach_again(case, event.sender, facts, desk, now)
    decision = _answer_customer(reachable, event, facts, desk, now)
    return replace(decision, effects=(*effects, *decision.effects))


def _answer_customer(case: Return, event: MailReceived, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    if event.return_notifications:
        return announce_forms(case, event, event.return_notifications, facts, desk)
    answer = event.customer_line
    if answer is not None and answer.kind in ANSWERS:
        return ANSWERS[answer.kind](case, event, answer, facts, desk, now)
    if answer is None and event.answers_notice == RECEIPT:
        return dispute(case, event, facts, desk)
    return Decision(case=case, effects=(forward_to_receiving(case, event, desk),), reason=f"{event.sender} wrote about the return")


# Return Notifications (RM4)


def announce_forms(case: Return, event: MailReceived, forms: tuple[ReturnNotification, ...], facts: RmaFacts, desk: Desk) -> Decision:
    """Check the forms and book what is right in them (RM4). The day on which the mail arrived decides whether it came in time (T3)."""
    if problem := next((found for form in forms if (found := _why_not_at_all(case, event, form, facts))), None):
        is_late = problem[1] == "expired"
        rejected = tell_customer(case, "return_notification_rejected", problems=(problem,), late=is_late)
        asks = (tell_staff(case, "revalidation_request", desk.staff_of(Role.CCR), announced=True),) if is_late else ()
        return Decision(case=case, effects=(rejected, *asks), reason=f"announced by {event.sender}, refused: {problem[1]}")
    result = announce_all(case.details, forms, event.at)
    if not result.booked:
        letter = tell_customer(case, "return_notification_rejected", problems=(*result.problems, *result.remarks), late=False)
        return Decision(case=case, effects=(letter,), reason="nothing of the Return Notification could be booked")
    details = replace(case.details, units=result.units)
    announced = replace(case, state=state_once_announced(case.state), details=details)
    # Once the final notice has gone: the day of the invoice request, and until when what is on its way is spared (RM9).
    given = [unit.invoice_on for unit in details.running if unit.invoice_on]
    grace = grace_ends(details.units, facts.calendar, desk.returns.transit_grace) if given else {}
    parcels = ((form.carrier, form.tracking, form.ship_date, form.cartons) for form in forms)
    received = tell_customer(
        announced,
        "return_notification_received",
        accepted=result.booked,
        problems=result.problems,
        remarks=result.remarks,
        parcels=tuple(dict.fromkeys(parcel for parcel in parcels if any(parcel))),
        tracking=all(form.tracking for form in forms),
        today=facts.calendar.local_day(event.at),
        invoice_on=min(given, default=None),
        grace_until=max(grace.values(), default=None),
    )
    return Decision(case=announced, effects=(received, forward_to_receiving(announced, event, desk)), reason=f"announced by {event.sender}")


def _why_not_at_all(case: Return, event: MailReceived, form: ReturnNotification, facts: RmaFacts) -> Problem | None:
    """Say what speaks against the form as a whole: another number, a return that is over, or one that is no longer valid."""
    details = case.details
    if names_another(form, case.number):
        return form.rma, "unknown_rma", {"rma": form.rma}
    if LIFECYCLE.is_closed(case.state) or details.outstanding == 0:
        return case.number, "finished", {"rma": case.number, "state": case.state}
    if is_expired(details, facts.calendar.local_day(event.at)):
        return case.number, "expired", {"rma": case.number, "valid_through": details.valid_through}
    return None


# One-line answers (BX6): each is answered with the date that now holds


def tell_shipped(case: Return, event: MailReceived, answer: CustomerLine, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    form = ReturnNotification(rma=case.number, carrier=answer.carrier, tracking=answer.tracking)
    return announce_forms(case, event, (form,), facts, desk)


def tell_delivered(case: Return, event: MailReceived, answer: CustomerLine, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Note the day on which what is under way of the replacement, or the repaired part, arrived (BX6).

    A day that is known already is told again, unless the customer answers the question for what is still awaited.
    """
    details = case.details
    today = facts.calendar.local_day(event.at)
    day = answer.day or today
    if case.state == "shipped back":
        closed = replace(case, state="closed", closed_at=event.at)
        reason = f"{event.sender}: the repaired parts arrived on {day}"
        return Decision(case=closed, effects=(tell_customer(closed, "closed"),), reason=reason)
    is_known = day in details.delivered_days and not (details.undelivered and event.answers_notice == QUESTION)
    if details.type != "advance" or LIFECYCLE.is_closed(case.state) or is_known:
        to_ccr = () if is_known else (forward_to_receiving(case, event, desk, Role.CCR),)
        holds = tell_what_holds(case, event, facts)
        return Decision(case=case, effects=(holds, *to_ccr), reason=f"{event.sender} names a delivery on {day}")
    if details.undelivered and earliest_delivery(details, facts) <= day <= today:
        # Only parcels that had left by then can have arrived.
        left = tuple(parcel for parcel in details.parcels_to_customer if facts.calendar.local_day(parcel.on) <= day)
        arrival = arrival_of(details, (), left)
        if isinstance(arrival, Arrival):
            delivered, effects = deliver_replacement(case, arrival, day, facts, desk, now)
            return Decision(case=delivered, effects=effects, reason=f"{event.sender}: the replacement arrived on {day}")
    question = forward_to_receiving(case, event, desk, Role.CCR, commands=(f"/delivered {case.number} DATE",))
    holds = ask_about_delivery(case, day) if details.undelivered else tell_due_days(case, today)
    reason = f"{event.sender} names the delivery date {day}, which staff must look at"
    return Decision(case=case, effects=(holds, question), reason=reason)


def tell_extended(case: Return, event: MailReceived, answer: CustomerLine, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Grant more time once per return; more is for the CCR to decide, and the answer says so (RM10)."""
    details = case.details
    granted = desk.returns.extension
    wanted = answer.days or granted.amount
    if LIFECYCLE.is_closed(case.state) or not details.running_days:
        return _nothing_to_extend(case, event, facts, desk)
    commands = (f"/extend {case.number} {wanted} REASON",)
    if details.extended_by_customer:
        holds = tell_due_days(case, facts.calendar.local_day(event.at), asked=wanted, unit=granted.unit.value)
        question = forward_to_receiving(case, event, desk, Role.CCR, commands=commands)
        return Decision(case=case, effects=(holds, question), reason="a further extension is for the CCR to decide")
    marked = replace(case, details=replace(details, extended_by_customer=True))
    extended, effects = extend_term(marked, granted.amount, event.sender, answer.reason, facts, desk, now, asked=wanted)
    more = (forward_to_receiving(extended, event, desk, Role.CCR, commands=commands),) if wanted > granted.amount else ()
    return Decision(case=extended, effects=(*effects, *more), reason=f"{event.sender} asked for more time")


def _nothing_to_extend(case: Return, event: MailReceived, facts: RmaFacts, desk: Desk) -> Decision:
    """Answer with what holds where no return date is set; a last valid day is moved by the CCR, with /revalidate (RM3)."""
    details, today = case.details, facts.calendar.local_day(event.at)
    answer = tell_what_holds(case, event, facts)
    if LIFECYCLE.is_closed(case.state) or not details.outstanding:
        effects: tuple[SendNotice, ...] = (answer,)
    elif details.type == "advance":
        question = answer if details.due_days else ask_about_delivery(case, wants_time=True)
        effects = (question, forward_to_receiving(case, event, desk, Role.CCR, commands=(f"/delivered {case.number} DATE",)))
    elif is_expired(details, today):
        effects = (answer, tell_staff(case, "revalidation_request", desk.staff_of(Role.CCR), announced=False))
    else:
        to_ccr = forward_to_receiving(case, event, desk, Role.CCR, commands=(f"/revalidate {case.number}",))
        effects = (tell_validity(case, today, asked=True), to_ccr)
    return Decision(case=case, effects=effects, reason=f"{event.sender} asked for more time")


# What the customer disputes (RM6), or says to have returned already


def dispute(case: Return, event: MailReceived, facts: RmaFacts, desk: Desk, *, claimed: bool = False) -> Decision:
    """Mark the return and ask receiving. Invoicing waits until receiving has answered, by `/received` or `/correct`.

    `claimed` where the customer says that the parts were returned already; else it does not agree with what is booked.
    What finance was asked for is taken back, and the invoice request comes up again after its term, so that no answer is forgotten.
    """
    marked = replace(case, details=replace(case.details, disputed=True, claimed=claimed))
    search = tell_staff(marked, "disputed", desk.staff_of(Role.RECEIVING), text=event.new_text, sender=event.sender)
    reason = f"{event.sender} disputes what is booked"
    if case.state != "to be invoiced":
        return Decision(case=marked, effects=(search,), reason=reason)
    freed, withdrawn = withdraw(marked, lambda unit: unit.is_asked_for, Step("rma_claimed" if claimed else "rma_disputed", {}), desk)
    anew = ask_finance_after_term(facts, desk, event.at)
    return Decision(case=replace(freed, state=state_by_clocks(freed)), effects=(search, *withdrawn, anew), reason=reason)


def claim_returned(case: Return, event: MailReceived, answer: CustomerLine, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Treat ALREADY RETURNED as a dispute, and tell the customer what holds until the parts are found."""
    decision = dispute(case, event, facts, desk, claimed=True)
    holds = tell_what_holds(narrow(decision.case, RmaDetails), event, facts)
    return replace(decision, effects=(holds, *decision.effects), reason=f"{event.sender} says that the parts were returned already")


def tell_what_holds(case: Return, event: MailReceived, facts: RmaFacts) -> SendNotice:
    """Tell what now holds (BX6): the return date, else the question for the delivery, else the last valid day; once it is over, its
    end."""
    details = case.details
    if LIFECYCLE.is_closed(case.state) and case.state != "invoiced":
        return tell_customer(case, "closed") if case.state == "closed" else tell_customer(case, case.state, reason="")
    today = facts.calendar.local_day(event.at)
    if details.due_days:
        return tell_due_days(case, today)
    if details.type == "advance":
        return ask_about_delivery(case)
    is_over = details.outstanding > 0 and today > details.valid_through
    return tell_customer(case, "expired") if is_over else tell_validity(case, today)


ANSWERS: Mapping[str, Callable[[Return, MailReceived, CustomerLine, RmaFacts, Desk, datetime], Decision]] = {
    "shipped": tell_shipped,
    "delivered": tell_delivered,
    "extend": tell_extended,
    "already_returned": claim_returned,
}
"""One-line answers that are about the parts of a return (BX6)."""
