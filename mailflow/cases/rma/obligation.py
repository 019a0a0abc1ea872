"""What is owed, and the clock on it (RM8, RM9, T2): the day a part is due, reminders before, final notice and invoice request after."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta

from mailflow.policy.calendar import BusinessCalendar
from mailflow.policy.case import Case, RmaDetails, RmaLine
from mailflow.policy.decision import ClearDeadline, Effect, SetDeadline
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk, Term
from mailflow.policy.facts import Facts

DELIVERY_QUESTION = "delivery_question"
REMINDER = "reminder"
FINAL_NOTICE = "final_notice"
INVOICE_REQUEST = "invoice_request"
VALIDITY_WARNING = "validity_warning"
EXPIRED = "expired"

RETURN_CLOCK = (REMINDER, FINAL_NOTICE, INVOICE_REQUEST, DELIVERY_QUESTION)
VALIDITY_CLOCK = (VALIDITY_WARNING, EXPIRED)


def start_return_clock(case: Case, delivered_on: date, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """The replacement arrived: the faulty part is due a term later (RM8), in the customer's calendar (T1)."""
    due = facts.calendar.end_of_term(delivered_on, desk.returns.return_term)
    details = replace(case.details, delivered_on=delivered_on, return_due=due.day, return_steps=due.steps)
    return case.changed(details=details), (*stop(DELIVERY_QUESTION), *clock_until(due.day, due.steps, facts.calendar, desk, now))


def move_return_clock(case: Case, due: date, step: Step, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """Another day is due: an extension. Reminders and notices follow it."""
    steps = (*case.details.return_steps, step)
    details = replace(case.details, return_due=due, return_steps=steps)
    return case.changed(details=details), clock_until(due, steps, facts.calendar, desk, now)


def clock_until(due: date, steps: Derivation, calendar: BusinessCalendar, desk: Desk, now: datetime) -> tuple[Effect, ...]:
    """Reminders before the day and on it, the final notice on the business day after (RM9); reminders of the past are skipped (T2)."""
    last_word = max(calendar.next_business_day(due), calendar.business_day_from(calendar.local_day(now)))
    if calendar.dated_moment(last_word) <= now:
        last_word = calendar.next_business_day(last_word)
    moments = [(str(term.amount), calendar.dated_moment(calendar.before(due, term))) for term in desk.returns.reminders]
    return (
        *stop(REMINDER, FINAL_NOTICE, INVOICE_REQUEST),
        *(SetDeadline(kind=REMINDER, key=key, at=at, steps=steps) for key, at in moments if at > now),
        SetDeadline(kind=FINAL_NOTICE, at=calendar.dated_moment(last_word), steps=steps),
    )


def invoice_moment(final_notice_on: date, calendar: BusinessCalendar, term: Term) -> date:
    """The business day of the invoice request: a term after the final notice, never on a day of rest (T2)."""
    day = calendar.end_of_term(final_notice_on, term).day
    return day if calendar.is_business_day(day) else calendar.next_business_day(day)


def in_transit_until(line: RmaLine, calendar: BusinessCalendar, grace: Term) -> date | None:
    """The last day on which an announced parcel with a tracking number keeps the line from being invoiced; None without one."""
    days = [calendar.end_of_term(parcel.on, grace).day for parcel in line.announced if parcel.tracking]
    return max(days, default=None)


def invoiceable(
    details: RmaDetails, today: date, calendar: BusinessCalendar, grace: Term
) -> tuple[tuple[tuple[str, int], ...], date | None]:
    """What may be handed to finance today as (part number, quantity), and until when the rest is in transit within its grace."""
    quantities: list[tuple[str, int]] = []
    waits: list[date] = []
    requested: Counter[str] = Counter()
    for part, quantity, _price, _currency in details.invoice_requested:
        requested[part] += quantity
    for line in outstanding_lines(details):
        until = in_transit_until(line, calendar, grace)
        under_way = in_transit_quantity(line) if until is not None and until >= today else 0
        if until is not None and under_way:
            waits.append(until)
        covered = min(requested[line.part_number], line.outstanding - under_way)
        requested[line.part_number] -= covered
        if owed := line.outstanding - under_way - covered:
            quantities.append((line.part_number, owed))
    return tuple(quantities), max(waits, default=None)


def outstanding_lines(details: RmaDetails) -> tuple[RmaLine, ...]:
    return tuple(line for line in details.lines if line.outstanding > 0)


def in_transit_quantity(line: RmaLine) -> int:
    """How many of the outstanding parts are announced with a tracking number; parts received are taken off the oldest parcels first."""
    announced = sum(parcel.quantity for parcel in line.announced if parcel.tracking)
    return min(line.outstanding, max(0, announced - line.received))


def ask_for_delivery(shipped: date, calendar: BusinessCalendar, desk: Desk) -> tuple[Effect, ...]:
    """Until the delivery date is known mailflow asks (RM8)."""
    return tuple(
        SetDeadline(kind=DELIVERY_QUESTION, key=str(term.amount), at=calendar.dated_moment(calendar.end_of_term(shipped, term).day))
        for term in desk.returns.delivery_questions
    )


def start_validity_clock(case: Case, calendar: BusinessCalendar, desk: Desk) -> tuple[Effect, ...]:
    """Warnings and expiry (RM3). An advance replacement owes its part instead: it is never called expired while that runs."""
    if case.details.type == "advance":
        return ()
    last = case.details.valid_through
    return (
        *stop(*VALIDITY_CLOCK),
        *(
            SetDeadline(kind=VALIDITY_WARNING, key=str(term.amount), at=calendar.dated_moment(calendar.before(last, term)))
            for term in desk.returns.validity_warnings
        ),
        SetDeadline(kind=EXPIRED, at=calendar.dated_moment(last + timedelta(days=1))),
    )


def stop(*kinds: str) -> tuple[Effect, ...]:
    return tuple(ClearDeadline(kind=kind) for kind in kinds)
