"""The clock on each day that is due (RM8, RM9, BX3, T2): reminders before it, final notice and invoice request after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from mailflow.cases.rma.owed import due_on, is_asked_for, running, running_days, steps_of, with_terms
from mailflow.policy.calendar import BusinessCalendar
from mailflow.policy.case import Case, PendingConfirmation, RmaDetails
from mailflow.policy.decision import ClearDeadline, Effect, SetDeadline
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk
from mailflow.policy.facts import Facts
from mailflow.policy.return_term import InvoiceRequest, OwedPart, ReturnTerm
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


def start_terms(case: Case, quantities: Sequence[int], term: ReturnTerm) -> Case:
    """Replacements arrived, so many for each line: as many of its faulty units are due by the end of the term (RM8)."""
    lines = tuple(
        replace(line, terms=(*line.terms, replace(term, quantity=quantity))) if quantity else line
        for line, quantity in zip(case.details.lines, quantities, strict=True)
    )
    return case.changed(details=replace(case.details, lines=lines))


def term_from(day: date, facts: Facts, desk: Desk) -> ReturnTerm:
    """The term of what is delivered on a day: by the programme of the contract (BX3), in the customer's calendar (T1)."""
    due = facts.calendar.end_of_term(day, return_term(facts, desk))
    steps = (Step("replacement_arrived", {"day": day}), *due.steps[1:])
    return ReturnTerm(quantity=0, delivered_on=day, due=due.day, steps=steps)


def return_term(facts: Facts, desk: Desk) -> Term:
    return desk.returns.term_of(facts.contract.programme if facts.contract else "")


def move_terms(
    case: Case, moved: Callable[[ReturnTerm], tuple[date, Derivation] | None], facts: Facts, desk: Desk, now: datetime
) -> tuple[Case, tuple[Effect, ...]]:
    """Other days are due: an extension, or time lost with a notice that came back. Reminders and notices follow them.

    `moved` says the new day of a term, with the steps that explain it. Questions about an invoice request of the old days are void.
    """

    def change(term: ReturnTerm) -> ReturnTerm:
        found = moved(term)
        return replace(term, due=found[0], steps=(*term.steps, *found[1]), invoice_on=None) if found else term

    rows = [row for row in running(case.details) if not is_asked_for(case.details, row)]
    changed = with_terms(case, rows, change)
    changed = changed.changed(details=replace(changed.details, invoices=_invoices_at_new_days(case.details, changed.details)))
    freed = changed.changed(details=replace(changed.details, confirmations=without_invoice(changed.details)))
    return freed, run_return_clock(freed, facts, desk, now)


def _invoices_at_new_days(before: RmaDetails, after: RmaDetails) -> tuple[InvoiceRequest, ...]:
    """A term of which only a part was invoiced moves whole; the invoiced units are found by the new day, so none is asked for twice."""
    days = {
        (line.part_number, old.due): new.due
        for line, moved in zip(before.lines, after.lines, strict=True)
        for old, new in zip(line.terms, moved.terms, strict=True)
    }
    return tuple(
        replace(request, parts=tuple(replace(part, due=days.get((part.part_number, part.due), part.due)) for part in request.parts))
        for request in before.invoices
    )


def run_return_clock(case: Case, facts: Facts, desk: Desk, now: datetime) -> tuple[Effect, ...]:
    """The clocks towards all days that are due; they stand still while nobody can be reached (BX4)."""
    days = () if case.details.held_since else running_days(case.details)
    return (*stop(REMINDER, FINAL_NOTICE, INVOICE_REQUEST), *(one for day in days for one in clock_of(case.details, day, facts, desk, now)))


def without_last_word(case: Case, rows: Iterable[OwedPart]) -> Case:
    """The final notice of these parts may be given again: it was lost, or the return was thought to be complete."""

    def change(term: ReturnTerm) -> ReturnTerm:
        kept = tuple((mark, at) for mark, at in term.told if not mark.startswith(FINAL_NOTICE))
        return replace(term, told=kept, invoice_on=None)

    return with_terms(case, [row for row in rows if not is_asked_for(case.details, row)], change)


def clock_of(details: RmaDetails, day: date, facts: Facts, desk: Desk, now: datetime) -> tuple[Effect, ...]:
    """The clock towards one day: reminders and final notice, or the invoice request where the final notice has been given."""
    rows = due_on(details, day)
    if details.held_since is not None or not rows:
        return ()
    waiting = [row for row in rows if row.term and row.term.invoice_on is None]
    given = [row.term.invoice_on for row in rows if row.term and row.term.invoice_on and not is_asked_for(details, row)]
    notices = clock_until(day, steps_of(waiting), facts.calendar, desk, now) if waiting else ()
    request = (ask_finance_on(max(given), facts, now, key=day.isoformat(), steps=steps_of(rows)),) if given else ()
    return (*notices, *request)


def ask_finance_on(day: date, facts: Facts, now: datetime, *, key: str = "", steps: Derivation = ()) -> SetDeadline:
    """The invoice request of a day, never before the next business day where that has passed."""
    calendar = facts.calendar
    at = calendar.dated_moment(day)
    if at <= now:
        at = calendar.dated_moment(calendar.next_business_day(calendar.local_day(now)))
    return SetDeadline(kind=INVOICE_REQUEST, key=key, at=at, steps=steps)


def clock_until(due: date, steps: Derivation, calendar: BusinessCalendar, desk: Desk, now: datetime) -> tuple[Effect, ...]:
    """Reminders before the day and on it, the final notice on the business day after (RM9); reminders of the past are skipped (T2)."""
    last_word = max(calendar.next_business_day(due), calendar.business_day_from(calendar.local_day(now)))
    if calendar.dated_moment(last_word) <= now:
        last_word = calendar.next_business_day(last_word)
    moments = [(reminder_key(due, term), calendar.dated_moment(calendar.before(due, term))) for term in desk.returns.reminders]
    return (
        *(SetDeadline(kind=REMINDER, key=key, at=at, steps=steps) for key, at in moments if at > now),
        SetDeadline(kind=FINAL_NOTICE, key=due.isoformat(), at=calendar.dated_moment(last_word), steps=steps),
    )


def reminder_key(due: date, term: Term) -> str:
    """Keys of the return clock begin with the day that is due, since several may run at once."""
    return f"{due.isoformat()} {term.amount}"


def day_of_key(key: str) -> date | None:
    """The day to which a clock belongs; None for a look at all that is ripe."""
    return date.fromisoformat(key[:10]) if key[:1].isdigit() else None


def silence(before: RmaDetails, after: RmaDetails, desk: Desk) -> tuple[Effect, ...]:
    """The clocks of days on which nothing is due any more fall silent at once (BX3)."""
    over = [day for day in running_days(before) if day not in running_days(after)]
    return tuple(
        ClearDeadline(kind=kind, key=key)
        for day in over
        for kind, key in (
            *((REMINDER, reminder_key(day, term)) for term in desk.returns.reminders),
            (FINAL_NOTICE, day.isoformat()),
            (INVOICE_REQUEST, day.isoformat()),
        )
    )


def business_days_until(due: date, today: date, calendar: BusinessCalendar) -> int:
    """How many business days are left after today, the last one included."""
    return sum(calendar.is_business_day(today + timedelta(days=n)) for n in range(1, (due - today).days + 1))


def invoice_moment(final_notice_on: date, calendar: BusinessCalendar, term: Term) -> date:
    """The business day of the invoice request: a term after the final notice, never on a day of rest (T2)."""
    day = calendar.end_of_term(final_notice_on, term).day
    return day if calendar.is_business_day(day) else calendar.next_business_day(day)


def derive_invoice_day(final_notice_on: date, calendar: BusinessCalendar, term: Term) -> Derivation:
    """How the `invoice_moment` came about (BX2)."""
    _event, *steps = calendar.end_of_term(final_notice_on, term).steps
    day = invoice_moment(final_notice_on, calendar, term)
    return (Step("final_notice_given", {"day": final_notice_on}), *steps[:-1], Step("invoice_asked_on", {"day": day}))


def without_invoice(details: RmaDetails) -> tuple[PendingConfirmation, ...]:
    """The questions that are open, those about the invoice request left out."""
    return tuple(pending for pending in details.confirmations if not pending.line.startswith(INVOICE_CONFIRMATION))


def ask_for_delivery(shipped: date, calendar: BusinessCalendar, desk: Desk) -> tuple[SetDeadline, ...]:
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
