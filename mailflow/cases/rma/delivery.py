"""The replacement's way to the customer, and the days that start with its arrival (RM8, RM10, RM12, BX3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from mailflow.cases.rma.clock import (
    DELIVERY_QUESTION,
    ask_for_delivery,
    clock_of,
    grown_days,
    move_days,
    obligation_from,
    run_return_clock,
    silence,
    stop,
    without_invoice,
)
from mailflow.cases.rma.details import Parcel, Return, RmaDetails, state_by_clocks
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.invoicing import withdraw
from mailflow.cases.rma.letters import tell_customer
from mailflow.cases.rma.units import Obligation, deliver, delivered_last, lay_days, steps_of
from mailflow.message.item import Item
from mailflow.policy.decision import Effect, SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk
from mailflow.policy.term import Term, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """By part: how many replacements arrived, and of how many that had arrived before the day was another one."""

    new: Counter[str]
    corrected: Counter[str]
    serials: frozenset[str] = frozenset()
    """Serials of faulty units that the delivery names."""


@dataclass(frozen=True, slots=True)
class SentPart:
    """A part of a replacement, as letters show it; never with the serials of the faulty one."""

    part_number: str
    description: str
    authorised: int
    serials: tuple[str, ...] = ()


# What is sent


def parts_sent(details: RmaDetails, items: Sequence[Item] = ()) -> tuple[SentPart, ...]:
    """List the parts of a replacement: those that are named, else what has not left yet, else what has not arrived, else all."""
    known = {line.part_number: line.description for line in details.lines}
    if items:
        return tuple(
            SentPart(part_number=one.part_number, description=known.get(one.part_number, ""), authorised=one.quantity, serials=one.serials)
            for one in items
        )
    everything = Counter({line.part_number: line.undelivered for line in details.lines})
    counted = everything - details.moving or +everything or Counter({line.part_number: line.authorised for line in details.lines})
    return tuple(SentPart(part, known[part], count) for part, count in counted.items())


def earliest_delivery(details: RmaDetails, facts: RmaFacts) -> date:
    """Return the first day on which a replacement can have arrived: its parcel was shipped, or the return issued."""
    parcels = details.parcels_to_customer or details.replacements
    return facts.calendar.local_day(min((parcel.on for parcel in parcels), default=details.issued_at))


# What arrived


def arrival_of(details: RmaDetails, items: Sequence[Item], parcels: Sequence[Parcel]) -> Arrival | Step:
    """Work out what a delivery means for each part, or why it cannot be.

    Without items it is what is `awaited`; where nothing is, the day of the one delivery that is known was another one.
    """
    delivered = Counter({line.part_number: line.authorised - line.undelivered for line in details.lines})
    if not items:
        if waiting := details.awaited(parcels):
            return Arrival(new=waiting, corrected=Counter())
        if len(details.delivered_days) > 1:
            return Step("rma_delivery_names_no_parts", {"days": tuple(Step("rma_day", {"day": day}) for day in details.delivered_days)})
        return Arrival(new=Counter(), corrected=delivered)
    wanted: Counter[str] = Counter()
    for item in items:
        wanted[item.part_number.upper()] += item.quantity
    new: Counter[str] = Counter()
    corrected: Counter[str] = Counter()
    free = Counter({line.part_number: line.undelivered for line in details.lines})
    for part, quantity in wanted.items():
        if part not in free:
            return Step("rma_delivers_unknown_part", {"part": part})
        if quantity <= free[part]:
            new[part] = quantity
        elif free[part] == 0 and quantity <= delivered[part]:
            corrected[part] = quantity
        else:
            return Step("rma_delivers_too_many", {"part": part, "quantity": quantity, "left": free[part] or delivered[part]})
    return Arrival(new=new, corrected=corrected, serials=frozenset(serial for item in items for serial in item.serials))


def deliver_replacement(
    case: Return, arrival: Arrival, day: date, facts: RmaFacts, desk: Desk, now: datetime, *, tracking: str = ""
) -> tuple[Return, tuple[Effect, ...]]:
    """Book replacements that arrived on a day: as many faulty parts are due a term later, and the customer is told which and by when.

    Where everything came back before, nothing is due. What is asked of finance for a day that turns out to be another one is taken back.
    """
    obligation = obligation_from(day, facts, desk)
    told_last = delivered_last(case.details.units, arrival.corrected, arrival.serials)
    mistaken = [unit for unit in told_last if unit.obligation and unit.obligation.delivered_on != day]
    places = {unit.place for unit in mistaken}
    freed, withdrawn = withdraw(case, lambda unit: unit.place in places, Step("rma_date_moved", {}), desk)
    details = freed.details.updated(unit.owing(replace(obligation, of_serial=unit.serial in arrival.serials)) for unit in mistaken)
    if mistaken:
        details = replace(details, units=lay_days(details.units), confirmations=without_invoice(details))
    details = replace(details, units=deliver(details.units, arrival.new, obligation, arrival.serials))
    delivered = replace(freed, details=note_arrivals(details, tracking, day))
    # With other days, what is back may have taken those for which finance was asked.
    delivered, surplus = withdraw(delivered, lambda unit: not unit.is_outstanding, Step("rma_date_moved", {}), desk)
    details, withdrawn = delivered.details, (*withdrawn, *surplus)
    if details.outstanding == 0:
        closed, effects = _with_replacement(delivered, facts, desk, now)
        return closed, (*withdrawn, *effects)
    today = facts.calendar.local_day(now)
    state = state_by_clocks(delivered) if case.state in ("overdue", "to be invoiced") else case.state
    moved = replace(delivered, state="replacement delivered" if case.state in ("issued", "replacement shipped") else state)
    questions = ask_for_delivery(today, facts.calendar, desk) if details.undelivered else ()
    if any(arrival.corrected.values()):
        clock = run_return_clock(moved, facts, desk, now)
    else:
        grown = grown_days(case.details, moved.details)
        clocks = (one for due in grown for one in clock_of(moved.details, due, facts, desk, now))
        clock = (*silence(case.details, moved.details, desk), *clocks)
    return moved, (tell_due_days(moved, today), *withdrawn, *stop(DELIVERY_QUESTION), *questions, *clock)


def _with_replacement(case: Return, facts: RmaFacts, desk: Desk, now: datetime) -> tuple[Return, tuple[Effect, ...]]:
    """End the return with its last replacement, where all faulty parts are back (RM8)."""
    if case.details.is_awaited:
        return case, ask_for_delivery(facts.calendar.local_day(now), facts.calendar, desk)
    if case.closed_at is not None:
        return case, stop(DELIVERY_QUESTION)
    closed = replace(case, state="closed", closed_at=now)
    return closed, (*stop(DELIVERY_QUESTION), tell_customer(closed, "closed"))


def note_arrivals(details: RmaDetails, tracking: str, day: date) -> RmaDetails:
    """Mark the parcels of which all has arrived by what is booked, the oldest first, and the one that the carrier named."""
    booked = Counter({line.part_number: line.authorised - line.undelivered for line in details.lines})
    complete = not any(line.undelivered for line in details.lines)
    for parcel in details.replacements:
        if parcel.arrived_on is not None:
            booked.subtract(dict(parcel.contents))
    marked: list[Parcel] = []
    for parcel in details.replacements:
        contents = Counter(dict(parcel.contents))
        is_here = complete or (tracking and parcel.tracking == tracking) or (bool(contents) and contents <= booked)
        if parcel.arrived_on is None and is_here:
            booked.subtract(contents)
            parcel = replace(parcel, arrived_on=day)
        marked.append(parcel)
    return replace(details, replacements=tuple(marked))


# More time, and the letters that say what holds


def extend_term(
    case: Return, days: int, by: str, reason: str, facts: RmaFacts, desk: Desk, now: datetime, *, asked: int = 0
) -> tuple[Return, tuple[Effect, ...]]:
    """Grant more time for all that is due: from each day, or from today where that has passed, in the desk's unit (RM10).

    `asked` where more was wanted than is granted.
    """
    today = facts.calendar.local_day(now)
    more = Term(days, desk.returns.extension.unit)

    def moved(obligation: Obligation) -> tuple[date, Derivation]:
        start = max(obligation.due, today)
        due = facts.calendar.end_of_term(start, more).day
        rests = facts.calendar.notable_days(start, due) if more.unit is Unit.BUSINESS_DAYS else ()
        extended = Step("extended", {"amount": days, "unit": more.unit.value, "by": by, "reason": reason, "due": due})
        return due, (Step("extension_starts", {"day": start}), *rests, extended)

    freed, withdrawn = withdraw(case, lambda unit: unit.is_asked_for, Step("rma_date_moved", {}), desk)
    changes = tuple(dict.fromkeys((*freed.details.changed_since, "return_due")))
    marked = replace(freed, details=replace(freed.details, changed_since=changes))
    extended, clock = move_days(marked, moved, facts, desk, now)
    settled = replace(extended, state=state_by_clocks(extended) if case.state in ("overdue", "to be invoiced") else case.state)
    return settled, (tell_due_days(settled, today, asked=asked, granted=days, unit=more.unit.value), *withdrawn, *clock)


def tell_due_days(case: Return, today: date, *, asked: int = 0, granted: int = 0, unit: str = "") -> SendNotice:
    """Tell the days that now hold, how they came about, with an entry for the calendar (BX2, BX6); ask for the delivery where there is
    none."""
    details = case.details
    if not details.due_days:
        return ask_about_delivery(case)
    waiting = [one for one in details.units if one.is_outstanding]
    letter = tell_customer(
        case,
        "extended",
        days=details.due_days,
        by_day=details.by_day,
        today=today,
        steps=steps_of(waiting),
        asked_days=asked if asked > granted else 0,
        granted_days=granted,
        unit=unit,
        asked_for_validity=False,
        invoice_on=min((one.invoice_on for one in waiting if one.invoice_on), default=None),
    )
    return replace(letter, attach=("deadline_calendar",))


def tell_validity(case: Return, today: date, *, asked: bool = False) -> SendNotice:
    """Tell through when parts may be sent, where no day is due. `asked`: for more time, which the CCR decides (RM3, BX6)."""
    return tell_customer(
        case,
        "extended",
        days=(),
        by_day=(),
        today=today,
        steps=(),
        asked_days=0,
        granted_days=0,
        unit="",
        asked_for_validity=asked,
        invoice_on=None,
    )


def ask_about_delivery(case: Return, impossible_day: date | None = None, *, wants_time: bool = False) -> SendNotice:
    """Ask which replacements have arrived, and when (RM8). `wants_time`: the customer asked for more time before the term began."""
    details = case.details
    return tell_customer(
        case,
        "delivery_question",
        impossible_day=impossible_day,
        wants_time=wants_time,
        parcels=details.parcels_to_customer,
        awaited=details.rows_of(details.undelivered) if details.delivered_days else (),
    )
