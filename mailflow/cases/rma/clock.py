"""The clocks of a return (RM3, RM8, RM9, BX3, T2): reminders before a day that is due, final notice and invoice request after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from mailflow.cases.rma.details import Return, RmaDetails
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.units import Obligation, Unit, steps_of
from mailflow.policy.calendar import BusinessCalendar
from mailflow.policy.case import PendingConfirmation
from mailflow.policy.decision import ClearDeadline, Effect, SetDeadline
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk
from mailflow.policy.term import Term

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


def obligation_from(day: date, facts: RmaFacts, desk: Desk) -> Obligation:
    """Derive what is due for a replacement delivered on the day: by the contract's programme (BX3), in the customer's calendar (T1)."""
    due = facts.calendar.end_of_term(day, return_term(facts, desk))
    return Obligation(delivered_on=day, due=due.day, steps=(Step("replacement_arrived", {"day": day}), *due.steps[1:]))


def return_term(facts: RmaFacts, desk: Desk) -> Term:
    return desk.returns.term_of(facts.contract.programme if facts.contract else "")


# The days that are due


def move_days(
    case: Return, moved: Callable[[Obligation], tuple[date, Derivation] | None], facts: RmaFacts, desk: Desk, now: datetime
) -> tuple[Return, tuple[Effect, ...]]:
    """Move the days that are due, for an extension or for time lost with a notice that came back, and the clocks with them.

    `moved` says the new day, with the steps that explain it. What finance was asked for keeps its day; what came back moves with the
    units of its day, should it turn out not to be here. Questions about an invoice request of the old days are void.
    """
    open_days = {(unit.part_number, unit.due) for unit in case.details.running if not unit.is_asked_for}
    changed: list[Unit] = []
    for unit in case.details.units:
        if unit.obligation and not unit.invoice and (unit.part_number, unit.due) in open_days and (found := moved(unit.obligation)):
            steps = (*unit.obligation.steps, *found[1])
            changed.append(unit.owing(replace(unit.obligation, due=found[0], steps=steps, invoice_on=None)))
    details = case.details.updated(changed)
    freed = replace(case, details=replace(details, confirmations=without_invoice(details)))
    return freed, run_return_clock(freed, facts, desk, now)


def without_final_notice(case: Return, units: Iterable[Unit]) -> Return:
    """Let the final notice of these units be given again: it was lost, or the return was thought to be complete."""
    changed: list[Unit] = []
    for unit in units:
        if unit.obligation and not unit.is_asked_for:
            kept = tuple((mark, at) for mark, at in unit.obligation.notices if not mark.startswith(FINAL_NOTICE))
            changed.append(unit.owing(replace(unit.obligation, notices=kept, invoice_on=None)))
    return replace(case, details=case.details.updated(changed))


def with_mark(case: Return, units: Iterable[Unit], mark: str, now: datetime) -> Return:
    """Remember that the notice of that moment named these units."""
    named = (unit.owing(replace(unit.obligation, notices=(*unit.obligation.notices, (mark, now)))) for unit in units if unit.obligation)
    return replace(case, details=case.details.updated(named))


def grown_days(before: RmaDetails, after: RmaDetails) -> tuple[date, ...]:
    """List the days on which more is due than before."""
    return tuple(day for day in after.running_days if len(after.due_on(day)) > len(before.due_on(day)))


# Towards each day


def run_return_clock(case: Return, facts: RmaFacts, desk: Desk, now: datetime) -> tuple[Effect, ...]:
    """Set the clocks towards all days that are due; none while nobody can be reached (BX4)."""
    days = () if case.details.held_since else case.details.running_days
    return (*stop(REMINDER, FINAL_NOTICE, INVOICE_REQUEST), *(one for day in days for one in clock_of(case.details, day, facts, desk, now)))


def clock_of(details: RmaDetails, day: date, facts: RmaFacts, desk: Desk, now: datetime) -> tuple[Effect, ...]:
    """Set the clock towards one day: reminders and final notice, or the invoice request where the final notice has been given."""
    units = details.due_on(day)
    if details.held_since is not None or not units:
        return ()
    waiting = [unit for unit in units if unit.invoice_on is None]
    given = [unit.invoice_on for unit in units if unit.invoice_on and not unit.is_asked_for]
    notices = clock_until(day, steps_of(waiting), facts.calendar, desk, now) if waiting else ()
    request = (ask_finance_on(max(given), facts, now, key=day.isoformat(), steps=steps_of(units)),) if given else ()
    return (*notices, *request)


def clock_until(due: date, steps: Derivation, calendar: BusinessCalendar, desk: Desk, now: datetime) -> tuple[Effect, ...]:
    """Set reminders before the day and on it, the final notice on the business day after (RM9); skip reminders of the past (T2)."""
    final = max(calendar.next_business_day(due), calendar.business_day_from(calendar.local_day(now)))
    if calendar.dated_moment(final) <= now:
        final = calendar.next_business_day(final)
    moments = [(reminder_key(due, term), calendar.dated_moment(calendar.before(due, term))) for term in desk.returns.reminders]
    return (
        *(SetDeadline(kind=REMINDER, key=key, at=at, steps=steps) for key, at in moments if at > now),
        SetDeadline(kind=FINAL_NOTICE, key=due.isoformat(), at=calendar.dated_moment(final), steps=steps),
    )


def ask_finance_on(day: date, facts: RmaFacts, now: datetime, *, key: str = "", steps: Derivation = ()) -> SetDeadline:
    """Set the invoice request of a day, never before the next business day where that has passed."""
    calendar = facts.calendar
    at = calendar.dated_moment(day)
    if at <= now:
        at = calendar.dated_moment(calendar.next_business_day(calendar.local_day(now)))
    return SetDeadline(kind=INVOICE_REQUEST, key=key, at=at, steps=steps)


def ask_finance_after_term(facts: RmaFacts, desk: Desk, now: datetime) -> SetDeadline:
    """Set another look at what was taken back from finance, after the term of a final notice, so that nothing is forgotten."""
    day = invoice_moment(facts.calendar.local_day(now), facts.calendar, desk.returns.invoice_after)
    return ask_finance_on(day, facts, now)


def reminder_key(due: date, term: Term) -> str:
    """Build the key of a reminder: keys of the return clock begin with the day that is due, since several may run at once."""
    return f"{due.isoformat()} {term.amount}"


def day_of_key(key: str) -> date | None:
    """Read the day to which a clock belongs; None for a look at all that is ripe."""
    return date.fromisoformat(key[:10]) if key[:1].isdigit() else None


def silence(before: RmaDetails, after: RmaDetails, desk: Desk) -> tuple[Effect, ...]:
    """Clear the clocks of days on which nothing is due any more (BX3)."""
    return tuple(
        ClearDeadline(kind=kind, key=key)
        for day in before.running_days
        if day not in after.running_days
        for kind, key in (
            *((REMINDER, reminder_key(day, term)) for term in desk.returns.reminders),
            (FINAL_NOTICE, day.isoformat()),
            (INVOICE_REQUEST, day.isoformat()),
        )
    )


def stop(*kinds: str) -> tuple[Effect, ...]:
    return tuple(ClearDeadline(kind=kind) for kind in kinds)


# How days are counted


def business_days_until(due: date, today: date, calendar: BusinessCalendar) -> int:
    """Count the business days left after today, the last one included."""
    return sum(calendar.is_business_day(today + timedelta(days=n)) for n in range(1, (due - today).days + 1))


def invoice_moment(final_notice_on: date, calendar: BusinessCalendar, term: Term) -> date:
    """Find the business day of the invoice request: a term after the final notice, never on a day of rest (T2)."""
    day = calendar.end_of_term(final_notice_on, term).day
    return day if calendar.is_business_day(day) else calendar.next_business_day(day)


def derive_invoice_day(final_notice_on: date, calendar: BusinessCalendar, term: Term) -> Derivation:
    """Explain how the `invoice_moment` came about (BX2)."""
    _event, *steps = calendar.end_of_term(final_notice_on, term).steps
    day = invoice_moment(final_notice_on, calendar, term)
    return (Step("final_notice_given", {"day": final_notice_on}), *steps[:-1], Step("invoice_asked_on", {"day": day}))


def without_invoice(details: RmaDetails) -> tuple[PendingConfirmation, ...]:
    """List the questions that are open, but those about the invoice request."""
    return tuple(pending for pending in details.confirmations if not pending.line.startswith(INVOICE_CONFIRMATION))


# The replacement, and the last valid day


def ask_for_delivery(since: date, calendar: BusinessCalendar, desk: Desk) -> tuple[SetDeadline, ...]:
    """Set the questions after the delivery date, which are asked until it is known (RM8)."""
    return tuple(
        SetDeadline(kind=DELIVERY_QUESTION, key=str(term.amount), at=calendar.dated_moment(calendar.end_of_term(since, term).day))
        for term in desk.returns.delivery_questions
    )


def is_expired(details: RmaDetails, day: date) -> bool:
    """Tell whether a return was past its last valid day on that day (RM3); an advance replacement never is."""
    return details.type != "advance" and day > details.valid_through


def start_validity_clock(case: Return, calendar: BusinessCalendar, desk: Desk) -> tuple[Effect, ...]:
    """Set the warnings and the expiry (RM3); none for an advance replacement, whose part is due by its own day."""
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
