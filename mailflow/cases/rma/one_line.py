"""DELIVERED and EXTEND, alone on a line of a customer's mail (BX6): each is answered with the date that now holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from mailflow.cases.rma.arrival import Arrival, arrival_of, earliest_delivery, parcels_to_customer
from mailflow.cases.rma.claim import tell_what_holds
from mailflow.cases.rma.delivery import ask_about_delivery, deliver_replacement, extend_term, tell_due_days, tell_validity
from mailflow.cases.rma.letter import tell_customer, tell_staff
from mailflow.cases.rma.lifecycle import LIFECYCLE
from mailflow.cases.rma.obligation import is_expired
from mailflow.cases.rma.owed import not_delivered, running_days
from mailflow.cases.rma.relay import relay_to_receiving
from mailflow.message.customer.one_line import CustomerLine
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import Decision, SendNotice
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import MailReceived
from mailflow.policy.facts import Facts

QUESTION = "rma/delivery_question"


def tell_delivered(case: Case, event: MailReceived, answer: CustomerLine, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The day on which what is under way of the replacement, or the repaired part, arrived.

    A day that is known already is told again, unless the customer answers the question for what is still awaited.
    """
    details: RmaDetails = case.details
    today = facts.calendar.local_day(event.at)
    day = answer.day or today
    if case.state == "shipped back":
        closed = case.changed(state="closed", closed_at=event.at)
        return Decision(
            case=closed, effects=(tell_customer(closed, "closed"),), reason=f"{event.sender}: the repaired parts arrived on {day}"
        )
    is_known = day in details.delivered_days and not (not_delivered(details) and event.answers_notice == QUESTION)
    if details.type != "advance" or LIFECYCLE.is_closed(case.state) or is_known:
        reason = f"{event.sender} names a delivery on {day}"
        relayed = () if is_known else (relay_to_receiving(case, event, desk, Role.CCR),)
        return Decision(case=case, effects=(tell_what_holds(case, event, facts), *relayed), reason=reason)
    if (arrival := _possible_arrival(details, day, today, facts)) is not None:
        delivered, effects = deliver_replacement(case, arrival, day, facts, desk, now)
        return Decision(case=delivered, effects=effects, reason=f"{event.sender}: the replacement arrived on {day}")
    relayed = (relay_to_receiving(case, event, desk, Role.CCR, commands=(f"/delivered {case.number} DATE",)),)
    holds = ask_about_delivery(case, day) if not_delivered(details) else tell_due_days(case, today)
    return Decision(case=case, effects=(holds, *relayed), reason=f"{event.sender} names the delivery date {day}, which staff must look at")


def _possible_arrival(details: RmaDetails, day: date, today: date, facts: Facts) -> Arrival | None:
    """What may have arrived on that day: of parcels that had left by then."""
    if not not_delivered(details) or not earliest_delivery(details, facts) <= day <= today:
        return None
    left = tuple(parcel for parcel in parcels_to_customer(details) if facts.calendar.local_day(parcel.on) <= day)
    arrival = arrival_of(details, (), left)
    return arrival if isinstance(arrival, Arrival) else None


def tell_extended(case: Case, event: MailReceived, answer: CustomerLine, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """Granted once per return; more is for the CCR to decide, and the answer says so (RM10)."""
    details: RmaDetails = case.details
    granted = desk.returns.extension
    wanted = answer.days or granted.amount
    if LIFECYCLE.is_closed(case.state) or not running_days(details):
        return _nothing_to_extend(case, event, facts, desk)
    commands = (f"/extend {case.number} {wanted} REASON",)
    if details.extended_by_customer:
        relayed = relay_to_receiving(case, event, desk, Role.CCR, commands=commands)
        return Decision(
            case=case,
            effects=(tell_due_days(case, facts.calendar.local_day(event.at), asked=wanted, unit=granted.unit.value), relayed),
            reason="a further extension is for the CCR to decide",
        )
    marked = case.changed(details=replace(details, extended_by_customer=True))
    extended, effects = extend_term(marked, granted.amount, event.sender, answer.reason, facts, desk, now, asked=wanted)
    more = (relay_to_receiving(extended, event, desk, Role.CCR, commands=commands),) if wanted > granted.amount else ()
    return Decision(case=extended, effects=(*effects, *more), reason=f"{event.sender} asked for more time")


def _nothing_to_extend(case: Case, event: MailReceived, facts: Facts, desk: Desk) -> Decision:
    """No return date is set: the answer says what holds; a last valid day is moved by the CCR, with /revalidate (RM3)."""
    reason = f"{event.sender} asked for more time"
    answer = tell_what_holds(case, event, facts)
    if LIFECYCLE.is_closed(case.state) or not case.details.outstanding:
        return Decision(case=case, effects=(answer,), reason=reason)
    if case.details.type == "advance":
        relayed = relay_to_receiving(case, event, desk, Role.CCR, commands=(f"/delivered {case.number} DATE",))
        question = ask_about_delivery(case, wants_time=True) if not case.details.due_days else answer
        return Decision(case=case, effects=(question, relayed), reason=reason)
    if is_expired(case.details, facts.calendar.local_day(event.at)):
        return Decision(case=case, effects=(answer, _ask_to_revalidate(case, desk)), reason=reason)
    answer = tell_validity(case, facts.calendar.local_day(event.at), asked=True)
    relayed = relay_to_receiving(case, event, desk, Role.CCR, commands=(f"/revalidate {case.number}",))
    return Decision(case=case, effects=(answer, relayed), reason=reason)


def _ask_to_revalidate(case: Case, desk: Desk) -> SendNotice:
    return tell_staff(case, "revalidation_request", desk.staff_of(Role.CCR), announced=False)
