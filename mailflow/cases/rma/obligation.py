"""What is owed, and the clock on it (RM8, RM9, T2): the day a part is due, reminders before, final notice and invoice request after."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta

from mailflow.policy.calendar import BusinessCalendar
from mailflow.policy.case import Case, Parcel, PendingConfirmation, RmaDetails, RmaLine
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

INVOICE_CONFIRMATION = "/invoice"
"""How the daemon's own question begins, where a human has to decide on the invoice request (RM9)."""


def start_return_clock(case: Case, delivered_on: date, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """The replacement arrived: the faulty part is due a term later (RM8), in the customer's calendar (T1)."""
    due = facts.calendar.end_of_term(delivered_on, desk.returns.return_term)
    details = replace(
        case.details,
        delivered_on=delivered_on,
        return_due=due.day,
        return_steps=due.steps,
        confirmations=without_invoice(case.details),
    )
    started = case.changed(details=details)
    return started, (*stop(DELIVERY_QUESTION), *run_return_clock(started, facts, desk, now))


def move_return_clock(case: Case, due: date, step: Step, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """Another day is due: an extension, or time lost with a notice that came back. Reminders and notices follow it.

    A question about an invoice request of the old day is void.
    """
    steps = (*case.details.return_steps, step)
    details = replace(case.details, return_due=due, return_steps=steps, confirmations=without_invoice(case.details))
    moved = case.changed(details=details)
    return moved, run_return_clock(moved, facts, desk, now)


def run_return_clock(case: Case, facts: Facts, desk: Desk, now: datetime) -> tuple[Effect, ...]:
    """The clock towards the day that is due; it stands still while nobody can be reached (BX4), or while nothing is outstanding."""
    details: RmaDetails = case.details
    if details.return_due is None or details.held_since is not None or details.outstanding == 0:
        return stop(REMINDER, FINAL_NOTICE, INVOICE_REQUEST)
    return clock_until(details.return_due, details.return_steps, facts.calendar, desk, now)


def without_last_word(case: Case) -> Case:
    """The final notice of the day that is due may be given again: it was lost, or the return was thought to be complete."""
    told = tuple(mark for mark in case.details.told if not mark.startswith(FINAL_NOTICE))
    return case.changed(details=replace(case.details, told=told))


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


def business_days_until(due: date, today: date, calendar: BusinessCalendar) -> int:
    """How many business days are left after today, the last one included."""
    return sum(calendar.is_business_day(today + timedelta(days=n)) for n in range(1, (due - today).days + 1))


def invoice_moment(final_notice_on: date, calendar: BusinessCalendar, term: Term) -> date:
    """The business day of the invoice request: a term after the final notice, never on a day of rest (T2)."""
    day = calendar.end_of_term(final_notice_on, term).day
    return day if calendar.is_business_day(day) else calendar.next_business_day(day)


def state_before_overdue(case: Case) -> str:
    """Where a return stands whose day lies ahead again."""
    if any(line.received for line in case.details.lines):
        return "received"
    return "announced" if any(line.announced for line in case.details.lines) else "replacement delivered"


def invoiceable(
    details: RmaDetails, today: date, calendar: BusinessCalendar, grace: Term
) -> tuple[tuple[tuple[str, int], ...], date | None]:
    """What may be handed to finance today as (part number, quantity), and the first day on which the grace of a parcel ends."""
    quantities: list[tuple[str, int]] = []
    waits: list[date] = []
    requested: Counter[str] = Counter()
    for part, quantity, _price, _currency in details.invoice_requested:
        requested[part] += quantity
    for line in outstanding_lines(details):
        ends = [(quantity, calendar.end_of_term(parcel.on, grace).day) for quantity, parcel in parcels_under_way(line)]
        waits += [day for _, day in ends if day >= today]
        under_way = min(line.outstanding, sum(quantity for quantity, day in ends if day >= today))
        covered = min(requested[line.part_number], line.outstanding - under_way)
        requested[line.part_number] -= covered
        if owed := line.outstanding - under_way - covered:
            quantities.append((line.part_number, owed))
    return tuple(quantities), min(waits, default=None)


def without_invoice(details: RmaDetails) -> tuple[PendingConfirmation, ...]:
    """The questions that are open, those about the invoice request left out."""
    return tuple(pending for pending in details.confirmations if not pending.line.startswith(INVOICE_CONFIRMATION))


def outstanding_lines(details: RmaDetails) -> tuple[RmaLine, ...]:
    return tuple(line for line in details.lines if line.outstanding > 0)


def parcels_under_way(line: RmaLine) -> tuple[tuple[int, Parcel], ...]:
    """(parts still under way, parcel) of each parcel with a tracking number.

    Parts that arrived are taken off the parcel that announced their serial, else off the oldest.
    """
    arrived = {serial for parcel in line.announced for serial in parcel.serials} & set(line.received_serials)
    left = line.received - len(arrived)
    under_way: list[tuple[int, Parcel]] = []
    for parcel in line.announced:
        own = sum(serial in arrived for serial in parcel.serials)
        taken = min(max(0, left), parcel.quantity - own)
        left -= taken
        if parcel.tracking and parcel.quantity > own + taken:
            under_way.append((parcel.quantity - own - taken, parcel))
    return tuple(under_way)


def ask_for_delivery(shipped: date, calendar: BusinessCalendar, desk: Desk) -> tuple[Effect, ...]:
    """Until the delivery date is known mailflow asks (RM8)."""
    return tuple(
        SetDeadline(kind=DELIVERY_QUESTION, key=str(term.amount), at=calendar.dated_moment(calendar.end_of_term(shipped, term).day))
        for term in desk.returns.delivery_questions
    )


def is_expired(details: RmaDetails, day: date) -> bool:
    """Whether a return was past its last valid day on that day (RM3). An advance replacement owes its part: it never is."""
    return details.type != "advance" and day > details.valid_through


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
