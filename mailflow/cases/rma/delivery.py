"""The replacement's way to the customer, and the terms that start with its arrival (RM8, RM10, BX3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from mailflow.cases.rma.arrival import Arrival, awaited, correct_terms, is_awaited, note_arrivals, parcels_to_customer
from mailflow.cases.rma.letter import tell_customer
from mailflow.cases.rma.obligation import (
    DELIVERY_QUESTION,
    ask_for_delivery,
    clock_of,
    move_terms,
    run_return_clock,
    silence,
    start_terms,
    stop,
    term_from,
    without_invoice,
)
from mailflow.cases.rma.owed import grown_days, not_delivered, standing_state, steps_of
from mailflow.cases.rma.withdrawal import withdraw_pending, withdraw_surplus
from mailflow.message.item import Item
from mailflow.policy.case import Case, Parcel, RmaDetails, RmaLine
from mailflow.policy.decision import Effect, SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk
from mailflow.policy.facts import Facts
from mailflow.policy.return_term import ReturnTerm
from mailflow.policy.term import Term, Unit


def ship_replacement(case: Case, parcel: Parcel, items: Sequence[Item], facts: Facts, desk: Desk) -> tuple[Case, tuple[Effect, ...]]:
    """A parcel left; until its delivery is known mailflow asks. It holds what is named, else all that is not delivered nor under way."""
    details: RmaDetails = case.details
    known = replace(parcel, contents=tuple((line.part_number, line.authorised) for line in parts_sent(case, items)))
    state = "replacement shipped" if case.state == "issued" else case.state
    shipped = case.changed(state=state, details=replace(details, replacements=(*details.replacements, known)))
    asks = is_awaited(details) and case.closed_at is None
    questions = ask_for_delivery(facts.calendar.local_day(parcel.on), facts.calendar, desk) if asks else ()
    letter = tell_customer(
        shipped, "replacement_shipped", parcel=parcel, visit_at=None, engineer="", moved=False, lines=parts_sent(case, items)
    )
    return shipped, (letter, *questions)


def parts_sent(case: Case, items: Sequence[Item] = ()) -> tuple[RmaLine, ...]:
    """The parts of a replacement: those that are named, else what has not left yet, else what has not arrived; never with the serials
    of the faulty ones."""
    lines: tuple[RmaLine, ...] = case.details.lines
    known = {line.part_number.upper(): line.description for line in lines}
    if not items:
        under_way = parcels_to_customer(case.details)
        moving = awaited(case.details, under_way) if under_way else tuple(0 for _ in lines)
        rest = tuple(line.undelivered - one for line, one in zip(lines, moving, strict=True))
        counted = rest if any(rest) else tuple(line.undelivered for line in lines)
        left = [replace(line, authorised=one, serials=()) for line, one in zip(lines, counted, strict=True) if one]
        return tuple(left) or tuple(replace(line, serials=()) for line in lines)
    return tuple(
        RmaLine(
            part_number=item.part_number,
            description=known.get(item.part_number.upper(), ""),
            authorised=item.quantity,
            serials=item.serials,
        )
        for item in items
    )


def deliver_replacement(
    case: Case, arrival: Arrival, day: date, facts: Facts, desk: Desk, now: datetime, *, tracking: str = ""
) -> tuple[Case, tuple[Effect, ...]]:
    """Replacements arrived on a day: as many faulty parts are due a term later, and the customer is told which and by when.

    Where everything came back before, nothing is due. What is asked of finance for a day that turns out to be another one is taken back.
    """
    term = term_from(day, facts, desk)
    started = start_terms(_corrected(case, arrival, term), arrival.new, term)
    delivered = started.changed(details=note_arrivals(started.details, tracking, day))
    if delivered.details.outstanding == 0:
        return _with_replacement(delivered, facts, desk, now)
    today = facts.calendar.local_day(now)
    questions = ask_for_delivery(today, facts.calendar, desk) if not_delivered(delivered.details) else ()
    freed, withdrawn = withdraw_surplus(delivered, Step("rma_date_moved", {}), desk)
    moved = freed.changed(state=_state_once_delivered(freed))
    clock = run_return_clock(moved, facts, desk, now) if any(arrival.corrected) else _clocks_of_grown(case, moved, facts, desk, now)
    return moved, (tell_due_days(moved, today), *withdrawn, *stop(DELIVERY_QUESTION), *questions, *clock)


def _with_replacement(case: Case, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """All faulty parts are back: with the last replacement the return ends (RM8)."""
    if is_awaited(case.details):
        return case, ask_for_delivery(facts.calendar.local_day(now), facts.calendar, desk)
    if case.closed_at is not None:
        return case, stop(DELIVERY_QUESTION)
    closed = case.changed(state="closed", closed_at=now)
    return closed, (*stop(DELIVERY_QUESTION), tell_customer(closed, "closed"))


def _clocks_of_grown(before: Case, after: Case, facts: Facts, desk: Desk, now: datetime) -> tuple[Effect, ...]:
    """The clocks of days on which more is due than before; those of the other days stay as they are."""
    grown = grown_days(before.details, after.details)
    clocks = (one for day in grown for one in clock_of(after.details, day, facts, desk, now))
    return (*silence(before.details, after.details, desk), *clocks)


def _corrected(case: Case, arrival: Arrival, term: ReturnTerm) -> Case:
    """What had arrived on another day than was told; a question about an invoice request of the old days is void."""
    details: RmaDetails = case.details
    if not any(arrival.corrected):
        return case
    lines = tuple(
        correct_terms(line, quantity, term) if quantity else line for line, quantity in zip(details.lines, arrival.corrected, strict=True)
    )
    return case.changed(details=replace(details, lines=lines, confirmations=without_invoice(details)))


def _state_once_delivered(case: Case) -> str:
    if case.state in ("issued", "replacement shipped"):
        return "replacement delivered"
    return standing_state(case) if case.state in ("overdue", "to be invoiced") else case.state


def extend_term(
    case: Case, days: int, by: str, reason: str, facts: Facts, desk: Desk, now: datetime, *, asked: int = 0
) -> tuple[Case, tuple[Effect, ...]]:
    """More time for all that is due: from each day, or from today where that has passed, in the desk's unit (RM10).

    `asked` where more was wanted than is granted.
    """
    today = facts.calendar.local_day(now)
    more = Term(days, desk.returns.extension.unit)

    def moved(term: ReturnTerm) -> tuple[date, Derivation]:
        start = max(term.due, today)
        due = facts.calendar.end_of_term(start, more).day
        rests = facts.calendar.notable_days(start, due) if more.unit is Unit.BUSINESS_DAYS else ()
        extended = Step("extended", {"amount": days, "unit": more.unit.value, "by": by, "reason": reason, "due": due})
        return due, (Step("extension_starts", {"day": start}), *rests, extended)

    freed, withdrawn = withdraw_pending(case, Step("rma_date_moved", {}), desk)
    changes = tuple(dict.fromkeys((*freed.details.changed_since, "return_due")))
    marked = freed.changed(details=replace(freed.details, changed_since=changes))
    extended, clock = move_terms(marked, moved, facts, desk, now)
    settled = extended.changed(state=standing_state(extended) if case.state in ("overdue", "to be invoiced") else case.state)
    return settled, (tell_due_days(settled, today, asked=asked, granted=days, unit=more.unit.value), *withdrawn, *clock)


def tell_due_days(case: Case, today: date, *, asked: int = 0, granted: int = 0, unit: str = "") -> SendNotice:
    """The days that now hold, with how they came about and an entry for the calendar (BX2, BX6); without one, the delivery is asked for."""
    details: RmaDetails = case.details
    if not details.due_days:
        return ask_about_delivery(case)
    return tell_customer(
        case,
        "extended",
        attach=("deadline_calendar",),
        days=details.due_days,
        owed=details.owed,
        today=today,
        steps=steps_of(details.owed),
        asked_days=asked if asked > granted else 0,
        granted_days=granted,
        unit=unit,
        asked_for_validity=False,
        invoice_on=min((row.term.invoice_on for row in details.owed if row.term and row.term.invoice_on), default=None),
    )


def tell_validity(case: Case, today: date, *, asked: bool = False) -> SendNotice:
    """What holds where no day is due: through when parts may be sent. `asked`: for more time, which the CCR decides (RM3, BX6)."""
    return tell_customer(
        case,
        "extended",
        days=(),
        owed=(),
        today=today,
        steps=(),
        asked_days=0,
        granted_days=0,
        unit="",
        asked_for_validity=asked,
        invoice_on=None,
    )


def ask_about_delivery(case: Case, impossible_day: date | None = None, *, wants_time: bool = False) -> SendNotice:
    """Which replacements have arrived, and when (RM8). `wants_time`: the customer asked for more time before the term began."""
    details: RmaDetails = case.details
    return tell_customer(
        case,
        "delivery_question",
        impossible_day=impossible_day,
        wants_time=wants_time,
        parcels=parcels_to_customer(details),
        awaited=not_delivered(details) if details.delivered_days else (),
    )
