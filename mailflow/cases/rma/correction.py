"""`/correct`: quantities as they should be (RM10). Of receiving staff it means what arrived, of everybody else what is authorised.

Who does both gets the authorisation changed where that is possible and changes something, else the receipt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mailflow.cases.rma.birth import description_of
from mailflow.cases.rma.booking import book_receipt, settle
from mailflow.cases.rma.lifecycle import UNDER_WAY
from mailflow.cases.rma.obligation import ask_for_delivery, clock_of, start_validity_clock, without_last_word
from mailflow.cases.rma.owed import due_on, grown_days, not_delivered, quantity_due, standing_state
from mailflow.cases.rma.receipt import Arrived
from mailflow.cases.rma.relay import outstanding_items
from mailflow.cases.rma.verification import verify_anew
from mailflow.message.item import Item
from mailflow.policy.case import Case, RmaDetails, RmaLine
from mailflow.policy.decision import Decision, Effect
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import CommandGiven
from mailflow.policy.facts import Facts

OPEN = (*UNDER_WAY, "to be invoiced")
"""States in which parts may still be authorised."""


def correct(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The authorisation with a new verification notice, or the receipt with a new Receipt Notification."""
    details: RmaDetails = case.details
    items = _by_part(event.command.items)
    books = Role.RECEIVING in event.roles
    if not books or {Role.CCR, Role.CSE} & set(event.roles):
        lines = _authorise(details.lines, items, facts)
        if case.state in OPEN and lines is not None and lines != details.lines:
            return _correct_authorisation(case, lines, event, facts, desk)
        if not books:
            return _refuse(case, _why_not_authorised(case, lines))
    known = {line.part_number.upper() for line in details.lines}
    if strange := [item.part_number for item in items if item.part_number.upper() not in known]:
        return _refuse(case, Step("rma_part_not_authorised", {"parts": ", ".join(strange), "rma": case.number}))
    for item in items:
        booked = _arrived_serials(details, item)
        if not item.serials and 0 < item.quantity < len(booked):
            return _refuse(case, Step("rma_correct_names_serials", {"part": item.part_number, "serials": booked, "rma": case.number}))
    return _correct_receipt(case, items, event, facts, desk, now)


def _refuse(case: Case, why: Step) -> Decision:
    return Decision(case=case, reason=why.name.removeprefix("rma_").replace("_", " "), refused=why)


def _why_not_authorised(case: Case, lines: tuple[RmaLine, ...] | None) -> Step:
    if case.state not in OPEN:
        return Step("rma_is_over", {"rma": case.number, "state": case.state})
    if lines is None:
        return Step("rma_less_than_arrived", {"rma": case.number})
    return Step("rma_authorised_already", {"rma": case.number})


def _by_part(items: Sequence[Item]) -> tuple[Item, ...]:
    """One item a part, the quantities and serials of its mentions together."""
    parts = dict.fromkeys(item.part_number.upper() for item in items)
    same = {part: [item for item in items if item.part_number.upper() == part] for part in parts}
    return tuple(
        Item(sum(item.quantity for item in mentions), part, tuple(serial for item in mentions for serial in item.serials))
        for part, mentions in same.items()
    )


# What is authorised


def _authorise(lines: tuple[RmaLine, ...], items: Sequence[Item], facts: Facts) -> tuple[RmaLine, ...] | None:
    """The lines as they shall be; None where that would take away what has arrived or was waived, or leave nothing."""
    wanted = list(lines)
    for item in items:
        mine = [line for line in wanted if line.part_number.upper() == item.part_number.upper()]
        if item.quantity < sum(line.received + line.waived for line in mine):
            return None
        if not mine:
            new = RmaLine(
                part_number=item.part_number, description=description_of(item, facts), authorised=item.quantity, serials=item.serials
            )
            wanted.append(new)
            continue
        changed = iter(_spread(mine, item))
        wanted = [next(changed) if line in mine else line for line in wanted]
    kept = tuple(line for line in wanted if line.authorised)
    return kept or None


def _spread(lines: Sequence[RmaLine], item: Item) -> list[RmaLine]:
    """The new total on the lines of one part: more on the first, less from what is outstanding on the last ones."""
    more = item.quantity - sum(line.authorised for line in lines)
    spread = list(lines)
    if more > 0:
        spread[0] = replace(spread[0], authorised=spread[0].authorised + more)
    for index in reversed(range(len(spread))):
        less = min(max(0, -more), spread[index].outstanding)
        more += less
        spread[index] = replace(spread[index], authorised=spread[index].authorised - less)
    return [_with_serials(line, item.serials if len(spread) == 1 else ()) for line in spread]


def _with_serials(line: RmaLine, serials: tuple[str, ...]) -> RmaLine:
    """The serials that are named; without a name those that were known, unless it is no longer clear which of them are meant."""
    if serials:
        return replace(line, serials=tuple(dict.fromkeys((*(one for one in line.serials if one in line.received_serials), *serials))))
    if len(line.serials) > line.authorised:
        return replace(line, serials=tuple(one for one in line.serials if one in line.received_serials))
    return line


def _correct_authorisation(case: Case, lines: tuple[RmaLine, ...], event: CommandGiven, facts: Facts, desk: Desk) -> Decision:
    before: RmaDetails = case.details
    told, letter = verify_anew(case.changed(details=replace(before, lines=lines)), "lines", facts, desk)
    settled, effects = settle(told, before, facts, desk, event.at)
    woken, clock = _wake(settled, before, facts, desk, event.at)
    parts = "; ".join(f"{line.authorised} x {line.part_number}" for line in lines)
    done = Step("rma_authorisation_corrected", {"rma": case.number, "parts": parts})
    return Decision(case=woken, effects=(letter, *effects, *clock), reason=f"{event.by}: {event.command.line}", done=done)


# What arrived


def _correct_receipt(case: Case, items: Sequence[Item], event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The named parts are booked anew; where no serials are named, those that had arrived stay booked.

    What turns out to be missing after all wakes the clocks that closing had silenced.
    """
    before: RmaDetails = case.details
    named = {item.part_number.upper() for item in items}
    emptied = tuple(replace(line, received=0, received_serials=()) if line.part_number.upper() in named else line for line in before.lines)
    was_over = case.state in ("closed", "in repair")
    reopened = case.changed(state="received", closed_at=None) if was_over else case
    cleared = reopened.changed(details=replace(reopened.details, lines=emptied))
    arrived = tuple(
        Arrived(part_number=item.part_number, quantity=item.quantity, serials=item.serials or _arrived_serials(before, item))
        for item in items
        if item.quantity
    )
    reason = f"{event.by}: {event.command.line}"
    decision = book_receipt(cleared, arrived, (), event.by, reason, facts, desk, event.at, before=before, corrects=True)
    if decision.case is None:
        raise ValueError("a booking always leaves a case")
    left = decision.case
    done = Step("rma_receipt_corrected", {"rma": case.number, "outstanding": outstanding_items(left.details) or "-"})
    decision = replace(decision, done=done)
    if not left.details.outstanding:
        return decision
    anew, clock = _wake(left, before, facts, desk, now)
    if not was_over:
        return replace(decision, case=anew, effects=(*decision.effects, *clock))
    validity = () if left.details.expired else start_validity_clock(left, facts.calendar, desk)
    return replace(decision, case=anew, effects=(*decision.effects, *clock, *validity))


def _arrived_serials(details: RmaDetails, item: Item) -> tuple[str, ...]:
    return tuple(one for line in details.lines if line.part_number.upper() == item.part_number.upper() for one in line.received_serials)


def _wake(case: Case, before: RmaDetails, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """The clocks of days of which more is missing than was thought; a day that was thought to be settled begins with its final notice.

    Where more waits for its replacement, and the return has had one, the delivery is asked for (RM8).
    """
    grown = grown_days(before, case.details)
    reopened = [row for day in grown if not quantity_due(before, day) for row in due_on(case.details, day)]
    woken = without_last_word(case, reopened)
    if woken.state in ("overdue", "to be invoiced"):
        woken = woken.changed(state=standing_state(woken))
    clocks = tuple(one for day in grown for one in clock_of(woken.details, day, facts, desk, now))
    waiting, known = (sum(row.outstanding for row in not_delivered(one)) for one in (case.details, before))
    asks = waiting > known and bool(case.details.replacements or case.details.delivered_days)
    return woken, (*clocks, *(ask_for_delivery(facts.calendar.local_day(now), facts.calendar, desk) if asks else ()))
