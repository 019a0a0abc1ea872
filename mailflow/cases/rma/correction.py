"""`/correct`: quantities as they should be (RM10). Of receiving staff it means what arrived, of everybody else what is authorised.

Who does both gets the authorisation changed where that is possible and changes something, else the receipt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from mailflow.cases.rma.clock import ask_for_delivery, clock_of, grown_days, start_validity_clock, without_final_notice
from mailflow.cases.rma.details import UNDER_WAY, Return, RmaDetails, state_by_clocks
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.letters import outstanding_items
from mailflow.cases.rma.opening import MOST_UNITS, description_of, verify_anew
from mailflow.cases.rma.receipt import book_receipt, settle
from mailflow.cases.rma.units import Unit, authorise, lay_days, updated
from mailflow.message.item import Item
from mailflow.policy.case import narrow
from mailflow.policy.decision import Decision, Effect
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import CommandGiven

OPEN = (*UNDER_WAY, "to be invoiced")
"""States in which parts may still be authorised."""


def correct(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Correct the authorisation with a new verification notice, or the receipt with a new Receipt Notification."""
    details = case.details
    items = _by_part(event.command.items)
    books = Role.RECEIVING in event.roles
    named = {item.part_number for item in items}
    if sum(item.quantity for item in items) + sum(unit.part_number not in named for unit in details.units) > MOST_UNITS:
        return _refuse(case, Step("rma_too_many_units", {"most": MOST_UNITS}))
    if not books or {Role.CCR, Role.CSE} & set(event.roles):
        authorised = _authorised(details.units, items, facts)
        refused = _why_not_authorised(case, authorised)
        if not refused:
            return _correct_authorisation(case, authorised or (), event, facts, desk)
        if not books:
            return _refuse(case, refused)
    known = {unit.part_number for unit in details.units}
    if unknown := [item.part_number for item in items if item.part_number.upper() not in known]:
        return _refuse(case, Step("rma_part_not_authorised", {"parts": ", ".join(unknown), "rma": case.number}))
    for item in items:
        booked = _arrived_serials(details, item)
        if not item.serials and 0 < item.quantity < len(booked):
            return _refuse(case, Step("rma_correct_names_serials", {"part": item.part_number, "serials": booked, "rma": case.number}))
    return _correct_receipt(case, items, event, facts, desk, now)


def _refuse(case: Return, why: Step) -> Decision:
    return Decision(case=case, reason=why.name.removeprefix("rma_").replace("_", " "), refused=why)


def _by_part(items: Sequence[Item]) -> tuple[Item, ...]:
    """Join the mentions of each part, with their quantities and serials, into one item."""
    parts: dict[str, Item] = {}
    for item in items:
        part = item.part_number.upper()
        known = parts.get(part, Item(0, part))
        parts[part] = replace(known, quantity=known.quantity + item.quantity, serials=(*known.serials, *item.serials))
    return tuple(parts.values())


# What is authorised


def _authorised(units: tuple[Unit, ...], items: Sequence[Item], facts: RmaFacts) -> tuple[Unit, ...] | None:
    """Return the units as they shall be, those left out that are taken away; None where that would take away what has arrived or was
    waived, or leave nothing."""
    wanted = list(units)
    for item in items:
        same = [unit for unit in wanted if unit.part_number == item.part_number]
        before = len({unit.serial for unit in same if unit.serial})
        settled = sum(not unit.is_outstanding for unit in same)
        if item.quantity < settled:
            return None
        # What is named or announced is taken away last.
        same.sort(key=lambda unit: (not unit.has_own_days, not unit.announcement, unit.place))
        same.sort(key=lambda unit: (unit.is_outstanding, unit.serial not in item.serials))
        kept = {unit.place for unit in same[: item.quantity]}
        wanted = [unit for unit in wanted if unit.part_number != item.part_number or unit.place in kept]
        wanted = list(updated(wanted, _with_days_of(same, kept)))
        more = item.quantity - len(kept)
        description = same[0].description if same else description_of(item, facts)
        wanted += authorise(Item(more, item.part_number), description, max(unit.place for unit in units) + len(wanted) + 1)
        kept_units = [unit for unit in wanted if unit.part_number == item.part_number]
        wanted = list(updated(wanted, _with_serials(kept_units, item.serials, is_unclear=before > item.quantity)))
    return lay_days(wanted) or None


def _with_days_of(same: Sequence[Unit], kept: Collection[int]) -> Iterator[Unit]:
    """Divide the days of a part: what is taken away has none as far as it can, then the earliest; what is kept has the others."""
    loose = [unit for unit in same if not unit.has_own_days]
    loose.sort(key=lambda unit: unit.place in kept)
    days = sorted((unit.obligation for unit in loose), key=lambda one: one.due if one else date.min)
    yield from (unit.owing(one) for unit, one in zip(loose, days, strict=True))


def _with_serials(units: Sequence[Unit], serials: tuple[str, ...], *, is_unclear: bool) -> list[Unit]:
    """Give the units the serials that are named; without a name keep those that were known, unless it is unclear which of them are
    meant."""
    if not serials and not is_unclear:
        return []
    here = {unit.received_serial for unit in units}
    left = [serial for serial in dict.fromkeys(serials) if serial not in here]
    loose = [unit for unit in units if not unit.received_serial]
    own = [unit for unit in loose if unit.serial in left]
    others = iter([serial for serial in left if serial not in {unit.serial for unit in own}])
    return [replace(unit, serial=next(others, "")) for unit in loose if unit not in own]


def _why_not_authorised(case: Return, units: tuple[Unit, ...] | None) -> Step | None:
    if case.state not in OPEN:
        return Step("rma_is_over", {"rma": case.number, "state": case.state})
    if units is None:
        return Step("rma_less_than_arrived", {"rma": case.number})
    return Step("rma_authorised_already", {"rma": case.number}) if units == case.details.units else None


def _correct_authorisation(case: Return, units: tuple[Unit, ...], event: CommandGiven, facts: RmaFacts, desk: Desk) -> Decision:
    before = case.details
    kept = {unit.place for unit in units}
    # What is taken away settles its days like what is waived, so that finance hears of it, and goes then.
    divided = updated(before.units, [unit for line in before.lines for unit in _with_days_of(line.units, kept)])
    laid = (*units, *(replace(unit, waived=True) for unit in divided if unit.place not in kept))
    verified, letter = verify_anew(replace(case, details=replace(before, units=_of(laid, kept))), "lines", facts, desk)
    settled, effects = settle(replace(verified, details=replace(verified.details, units=laid)), before, facts, desk, event.at)
    left = replace(settled, details=replace(settled.details, units=_of(settled.details.units, kept)))
    restarted, clock = _restart_clocks(left, before, facts, desk, event.at)
    parts = "; ".join(f"{line.authorised} x {line.part_number}" for line in left.details.lines)
    done = Step("rma_authorisation_corrected", {"rma": case.number, "parts": parts})
    return Decision(case=restarted, effects=(letter, *effects, *clock), reason=f"{event.by}: {event.command.line}", done=done)


def _of(units: Sequence[Unit], places: set[int]) -> tuple[Unit, ...]:
    return tuple(unit for unit in units if unit.place in places)


# What arrived


def _correct_receipt(case: Return, items: Sequence[Item], event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Book the named parts anew; where no serials are named, those that had arrived stay booked.

    What turns out to be missing after all wakes the clocks that closing had silenced.
    """
    before = case.details
    named = {item.part_number for item in items}
    emptied = [replace(unit, received_at=None, received_serial="") for unit in before.units if unit.part_number in named]
    was_over = case.state in ("closed", "in repair")
    reopened = replace(case, state="received", closed_at=None) if was_over else case
    cleared = replace(reopened, details=before.updated(emptied))
    arrived = tuple(replace(item, serials=item.serials or _arrived_serials(before, item)) for item in items if item.quantity)
    decision = book_receipt(cleared, arrived, event, facts, desk, before=before)
    left = narrow(decision.case, RmaDetails)
    done = Step("rma_receipt_corrected", {"rma": case.number, "outstanding": outstanding_items(left.details) or "-"})
    if not left.details.outstanding:
        return replace(decision, done=done)
    restarted, clock = _restart_clocks(left, before, facts, desk, now)
    validity = start_validity_clock(left, facts.calendar, desk) if was_over and not left.details.expired else ()
    return replace(decision, case=restarted, effects=(*decision.effects, *clock, *validity), done=done)


def _arrived_serials(details: RmaDetails, item: Item) -> tuple[str, ...]:
    return tuple(unit.received_serial for unit in details.units if unit.part_number == item.part_number.upper() and unit.received_serial)


def _restart_clocks(case: Return, before: RmaDetails, facts: RmaFacts, desk: Desk, now: datetime) -> tuple[Return, tuple[Effect, ...]]:
    """Set the clocks of days of which more is missing than was thought; a day that was thought to be settled begins with its final notice.

    Where more waits for its replacement, and the return has had one, the delivery is asked for (RM8).
    """
    details = case.details
    grown = grown_days(before, details)
    restarted = without_final_notice(case, [unit for day in grown if not before.due_on(day) for unit in details.due_on(day)])
    if restarted.state in ("overdue", "to be invoiced"):
        restarted = replace(restarted, state=state_by_clocks(restarted))
    clocks = tuple(one for day in grown for one in clock_of(restarted.details, day, facts, desk, now))
    asks = len(details.undelivered) > len(before.undelivered) and bool(details.replacements or details.delivered_days)
    return restarted, (*clocks, *(ask_for_delivery(facts.calendar.local_day(now), facts.calendar, desk) if asks else ()))
