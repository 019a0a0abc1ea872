"""Which replacements arrived (RM8): those that staff name, those of a carrier's parcel, else all that is under way to the customer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from mailflow.message.item import Item
from mailflow.policy.case import Parcel, RmaDetails, RmaLine
from mailflow.policy.derivation import Step
from mailflow.policy.facts import Facts
from mailflow.policy.return_term import ReturnTerm


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """By line: how many replacements arrived, and of how many that had arrived before the day was another one."""

    new: tuple[int, ...]
    corrected: tuple[int, ...]


def parcels_to_customer(details: RmaDetails, tracking: str = "") -> tuple[Parcel, ...]:
    """Parcels of ours that have not arrived; with a tracking number the one that carries it."""
    return tuple(parcel for parcel in details.replacements if parcel.arrived_on is None and (not tracking or parcel.tracking == tracking))


def awaited(details: RmaDetails, parcels: Iterable[Parcel]) -> tuple[int, ...]:
    """By line, what the parcels hold of the units without a replacement; all of them where no parcel is known."""
    everything = tuple(line.undelivered for line in details.lines)
    contents: Counter[str] = Counter()
    for parcel in parcels:
        if not parcel.contents:
            return everything
        for part, quantity in parcel.contents:
            contents[part.upper()] += quantity
    taken = _spread(details.lines, contents, lambda line: line.undelivered)
    return taken if any(taken) else everything


def is_awaited(details: RmaDetails) -> bool:
    """A replacement is owed that has not arrived, whatever came back of the faulty parts (RM8)."""
    return details.type == "advance" and any(line.undelivered > line.waived for line in details.lines)


def not_sent(details: RmaDetails) -> bool:
    """A replacement is owed that is in no parcel yet (RM8)."""
    under_way = parcels_to_customer(details)
    moving = awaited(details, under_way) if under_way else tuple(0 for _ in details.lines)
    left = (line.undelivered - one > line.waived for line, one in zip(details.lines, moving, strict=True))
    return details.type == "advance" and any(left)


def arrival_of(details: RmaDetails, items: Sequence[Item], parcels: Sequence[Parcel]) -> Arrival | Step:
    """What a delivery means for each line, or why it cannot be.

    Without items it is what is `awaited`; where nothing is, the day of the one delivery that is known was another one.
    """
    nothing = tuple(0 for _ in details.lines)
    if items:
        return _named(details, items)
    if any(new := awaited(details, parcels)):
        return Arrival(new=new, corrected=nothing)
    if len(details.delivered_days) > 1:
        return Step("rma_delivery_names_no_parts", {"days": tuple(Step("rma_day", {"day": day}) for day in details.delivered_days)})
    return Arrival(new=nothing, corrected=tuple(_delivered(line) for line in details.lines))


def _named(details: RmaDetails, items: Sequence[Item]) -> Arrival | Step:
    """Parts by name: not delivered yet, or, where all of the part is delivered, a correction of the day that was told last."""
    wanted: Counter[str] = Counter()
    for item in items:
        wanted[item.part_number.upper()] += item.quantity
    new: Counter[str] = Counter()
    corrected: Counter[str] = Counter()
    for part, quantity in wanted.items():
        lines = [line for line in details.lines if line.part_number.upper() == part]
        free, known = sum(line.undelivered for line in lines), sum(_delivered(line) for line in lines)
        if not lines:
            return Step("rma_delivers_unknown_part", {"part": part})
        if quantity <= free:
            new[part] = quantity
        elif free == 0 and quantity <= known:
            corrected[part] = quantity
        else:
            return Step("rma_delivers_too_many", {"part": part, "quantity": quantity, "left": free or known})
    return Arrival(new=_spread(details.lines, new, lambda line: line.undelivered), corrected=_spread(details.lines, corrected, _delivered))


def _delivered(line: RmaLine) -> int:
    return sum(term.quantity for term in line.terms)


def _spread(lines: Sequence[RmaLine], quantities: Counter[str], room: Callable[[RmaLine], int]) -> tuple[int, ...]:
    """Quantities by part number laid on the lines of the part, in their order."""
    left = Counter(quantities)
    taken: list[int] = []
    for line in lines:
        part = line.part_number.upper()
        taken.append(min(left[part], room(line)))
        left[part] -= taken[-1]
    return tuple(taken)


def correct_terms(line: RmaLine, quantity: int, term: ReturnTerm) -> RmaLine:
    """So many units of a line were delivered on the day of `term`, those first that were told last; an equal day changes nothing."""
    terms: list[ReturnTerm] = []
    left = quantity
    for known in reversed(line.terms):
        moved = min(left, known.quantity)
        left -= moved
        if moved and known.delivered_on != term.delivered_on:
            terms.append(replace(term, quantity=moved))
            known = replace(known, quantity=known.quantity - moved)
        if known.quantity:
            terms.append(known)
    return replace(line, terms=tuple(reversed(terms)))


def note_arrivals(details: RmaDetails, tracking: str, day: date) -> RmaDetails:
    """Parcels of which all has arrived by what is booked, the oldest first, and the one that the carrier named."""
    booked: Counter[str] = Counter()
    for line in details.lines:
        booked[line.part_number.upper()] += _delivered(line)
    complete = not any(line.undelivered for line in details.lines)
    for parcel in details.replacements:
        if parcel.arrived_on is not None:
            booked.subtract({part.upper(): quantity for part, quantity in parcel.contents})
    marked: list[Parcel] = []
    for parcel in details.replacements:
        contents = Counter({part.upper(): quantity for part, quantity in parcel.contents})
        is_here = complete or (tracking and parcel.tracking == tracking) or (bool(contents) and contents <= booked)
        if parcel.arrived_on is None and is_here:
            booked.subtract(contents)
            parcel = replace(parcel, arrived_on=day)
        marked.append(parcel)
    return replace(details, replacements=tuple(marked))


def earliest_delivery(details: RmaDetails, facts: Facts) -> date:
    """A replacement cannot arrive before its parcel was shipped, or the return issued."""
    parcels = parcels_to_customer(details) or details.replacements
    return facts.calendar.local_day(min((parcel.on for parcel in parcels), default=details.issued_at))
