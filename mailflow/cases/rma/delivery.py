"""The replacement's way to the customer, and the term that starts with its arrival (RM8, RM10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from mailflow.cases.rma.letter import tell_customer
from mailflow.cases.rma.obligation import ask_for_delivery, move_return_clock, start_return_clock, state_before_overdue
from mailflow.cases.rma.withdrawal import withdraw_invoice
from mailflow.policy.case import Case, Parcel, RmaDetails, RmaLine
from mailflow.policy.command import Item
from mailflow.policy.decision import Effect, SendNotice
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Term, Unit
from mailflow.policy.facts import Facts


def ship_replacement(case: Case, parcel: Parcel, items: Sequence[Item], facts: Facts, desk: Desk) -> tuple[Case, tuple[Effect, ...]]:
    """The replacement left; until its delivery is known mailflow asks. Serials of earlier parcels stay known, so that a swap shows."""
    details: RmaDetails = case.details
    sent_before = details.replacement.serials if details.replacement else ()
    known = replace(parcel, serials=tuple(dict.fromkeys((*sent_before, *parcel.serials))))
    state = "replacement shipped" if case.state == "issued" else case.state
    shipped = case.changed(state=state, details=replace(details, replacement=known))
    asks = details.delivered_on is None and details.outstanding > 0
    questions = ask_for_delivery(facts.calendar.local_day(parcel.on), facts.calendar, desk) if asks else ()
    sent = parts_sent(shipped, items)
    letter = tell_customer(shipped, "replacement_shipped", parcel=parcel, visit_at=None, engineer="", moved=False, lines=sent)
    return shipped, (letter, *questions)


def parts_sent(case: Case, items: Sequence[Item] = ()) -> tuple[RmaLine, ...]:
    """The parts of a replacement: those that are named, else one for each authorised one; never with the serials of the faulty ones."""
    lines: tuple[RmaLine, ...] = case.details.lines
    known = {line.part_number.upper(): line.description for line in lines}
    if not items:
        return tuple(replace(line, serials=()) for line in lines)
    return tuple(
        RmaLine(
            part_number=item.part_number,
            description=known.get(item.part_number.upper(), ""),
            authorised=item.quantity,
            serials=item.serials,
        )
        for item in items
    )


def earliest_delivery(case: Case, facts: Facts) -> date:
    """A replacement cannot arrive before it was shipped, or the return issued."""
    details: RmaDetails = case.details
    return facts.calendar.local_day(details.replacement.on if details.replacement else details.issued_at)


def deliver_replacement(case: Case, day: date, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """The replacement arrived on a day: the faulty parts are due a term later, and the customer is told by when.

    Where everything came back before, no day is due. A later day than was known before takes back what was asked of finance.
    """
    if case.details.outstanding == 0:
        return case.changed(details=replace(case.details, delivered_on=day)), ()
    delivered, clock = start_return_clock(case, day, facts, desk, now)
    lies_ahead = delivered.details.return_due >= facts.calendar.local_day(now)
    if case.state in ("issued", "replacement shipped"):
        return (moved := delivered.changed(state="replacement delivered")), (tell_due_day(moved), *clock)
    if case.state not in ("overdue", "to be invoiced") or not lies_ahead:
        return delivered, (tell_due_day(delivered), *clock)
    freed, withdrawn = withdraw_invoice(delivered, Step("rma_date_moved", {}), desk)
    moved = freed.changed(state=state_before_overdue(freed))
    return moved, (tell_due_day(moved), *withdrawn, *clock)


def extend_term(
    case: Case, days: int, by: str, reason: str, facts: Facts, desk: Desk, now: datetime, *, asked: int = 0
) -> tuple[Case, tuple[Effect, ...]]:
    """More business days from the day that is due, or from today where that day has passed (RM10); `asked` where more was wanted."""
    details: RmaDetails = case.details
    today = facts.calendar.local_day(now)
    start = max(details.return_due or today, today)
    due = facts.calendar.end_of_term(start, Term(days, Unit.BUSINESS_DAYS)).day
    step = Step("extended", {"days": days, "by": by, "reason": reason, "due": due})
    freed, withdrawn = withdraw_invoice(case, Step("rma_date_moved", {}), desk)
    state = state_before_overdue(freed) if freed.state in ("overdue", "to be invoiced") else freed.state
    changes = tuple(dict.fromkeys((*details.changed_since, "return_due")))
    marked = freed.changed(state=state, details=replace(freed.details, changed_since=changes))
    extended, clock = move_return_clock(marked, due, step, facts, desk, now)
    return extended, (tell_due_day(extended, asked=asked, granted=days), *withdrawn, *clock)


def tell_due_day(case: Case, *, asked: int = 0, granted: int = 0) -> SendNotice:
    """The day that now holds, with how it came about and an entry for the calendar (BX2, BX6)."""
    details: RmaDetails = case.details
    return tell_customer(
        case,
        "extended",
        attach=("deadline_calendar",),
        return_due=details.return_due,
        steps=details.return_steps,
        asked_days=asked if asked > granted else 0,
        granted_days=granted,
    )
