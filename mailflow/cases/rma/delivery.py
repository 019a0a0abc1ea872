"""The replacement's way to the customer, and the term that starts with its arrival (RM8, RM10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from mailflow.cases.rma.letter import tell_customer
from mailflow.cases.rma.obligation import ask_for_delivery, move_return_clock, start_return_clock
from mailflow.cases.rma.withdrawal import withdraw_invoice
from mailflow.policy.case import Case, Parcel, RmaDetails
from mailflow.policy.decision import Effect, SendNotice
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Term, Unit
from mailflow.policy.facts import Facts


def ship_replacement(case: Case, parcel: Parcel, facts: Facts, desk: Desk) -> tuple[Case, tuple[Effect, ...]]:
    """The replacement left; until its delivery is known mailflow asks."""
    state = "replacement shipped" if case.state == "issued" else case.state
    shipped = case.changed(state=state, details=replace(case.details, replacement=parcel))
    questions = ask_for_delivery(facts.calendar.local_day(parcel.on), facts.calendar, desk) if case.details.delivered_on is None else ()
    return shipped, (tell_customer(shipped, "replacement_shipped", parcel=parcel), *questions)


def earliest_delivery(case: Case, facts: Facts) -> date:
    """A replacement cannot arrive before it was shipped, or the return issued."""
    details: RmaDetails = case.details
    return facts.calendar.local_day(details.replacement.on if details.replacement else details.issued_at)


def deliver_replacement(case: Case, day: date, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """The replacement arrived on a day: the faulty parts are due a term later, and the customer is told by when."""
    state = "replacement delivered" if case.state in ("issued", "replacement shipped") else case.state
    delivered, clock = start_return_clock(case.changed(state=state), day, facts, desk, now)
    return delivered, (tell_due_day(delivered), *clock)


def extend_term(case: Case, days: int, by: str, reason: str, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """More business days from the day that is due, or from today where that day has passed (RM10)."""
    today = facts.calendar.local_day(now)
    start = max(case.details.return_due, today)
    due = facts.calendar.end_of_term(start, Term(days, Unit.BUSINESS_DAYS)).day
    step = Step("extended", {"days": days, "by": by, "reason": reason, "due": due})
    freed, withdrawn = withdraw_invoice(case, "the return date was moved", desk)
    state = _state_before_overdue(freed) if freed.state in ("overdue", "to be invoiced") else freed.state
    extended, clock = move_return_clock(freed.changed(state=state), due, step, facts, desk, now)
    return extended, (tell_due_day(extended), *withdrawn, *clock)


def tell_due_day(case: Case) -> SendNotice:
    """The day that now holds, with how it came about and an entry for the calendar (BX2, BX6)."""
    details = case.details
    return tell_customer(case, "extended", attach=("deadline_calendar",), return_due=details.return_due, steps=details.return_steps)


def _state_before_overdue(case: Case) -> str:
    if any(line.received for line in case.details.lines):
        return "received"
    return "announced" if any(line.announced for line in case.details.lines) else "replacement delivered"
