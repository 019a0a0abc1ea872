"""What is owed of a return, read from its lines and terms: what runs, what is under way, what finance may be asked for (RM9, BX3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from mailflow.policy.calendar import BusinessCalendar
from mailflow.policy.case import Case, Parcel, RmaDetails, RmaLine
from mailflow.policy.derivation import Derivation
from mailflow.policy.return_term import InvoiceRequest, OwedPart, ReturnTerm
from mailflow.policy.term import Term


def running(details: RmaDetails) -> tuple[OwedPart, ...]:
    """What is due by a day and not invoiced yet: reminders, extensions and requests to finance concern these units only."""
    invoiced = requested_parts(request for request in details.invoices if request.number)
    rows: list[OwedPart] = []
    for row in details.owed:
        if row.due is None:
            continue
        covered = min(row.outstanding, invoiced[row.part_number, row.due])
        invoiced[row.part_number, row.due] -= covered
        if covered < row.outstanding:
            rows.append(row.less(covered))
    return tuple(rows)


def running_days(details: RmaDetails) -> tuple[date, ...]:
    """The days of what runs, the earliest first."""
    return tuple(sorted({row.due for row in running(details) if row.due}))


def due_on(details: RmaDetails, day: date) -> tuple[OwedPart, ...]:
    """What runs and is due on the day."""
    return tuple(row for row in running(details) if row.due == day)


def grown_days(before: RmaDetails, after: RmaDetails) -> tuple[date, ...]:
    """The days on which more is due than before."""
    return tuple(day for day in running_days(after) if quantity_due(after, day) > quantity_due(before, day))


def quantity_due(details: RmaDetails, day: date) -> int:
    return sum(row.outstanding for row in due_on(details, day))


def not_delivered(details: RmaDetails) -> tuple[OwedPart, ...]:
    """Units that are not due, because their replacement has not arrived (RM8)."""
    return tuple(row for row in details.owed if row.due is None) if details.type == "advance" else ()


def steps_of(rows: Iterable[OwedPart]) -> Derivation:
    """How the days of the parts came about, each way once (BX2)."""
    found: list[Derivation] = []
    for row in rows:
        if row.term and row.term.steps not in found:
            found.append(row.term.steps)
    return tuple(step for steps in found for step in steps)


def with_terms(case: Case, rows: Iterable[OwedPart], change: Callable[[ReturnTerm], ReturnTerm]) -> Case:
    """The terms of the named parts changed; terms of other parts, and those with nothing left to come back, stay."""
    meant = {part: [row.term for row in rows if row.part_number == part] for part in {row.part_number for row in rows}}
    lines = tuple(
        replace(line, terms=tuple(change(term) if term in meant.get(line.part_number, ()) else term for term in line.terms))
        for line in case.details.lines
    )
    return case.changed(details=replace(case.details, lines=lines))


def requested_parts(requests: Iterable[InvoiceRequest]) -> Counter[tuple[str, date]]:
    """How many units finance was asked for, by part number and the day on which they were due."""
    quantities: Counter[tuple[str, date]] = Counter()
    for request in requests:
        for part in request.parts:
            quantities[part.part_number, part.due] += part.quantity
    return quantities


def pending_requests(details: RmaDetails) -> tuple[InvoiceRequest, ...]:
    """Requests that finance has not answered yet."""
    return tuple(request for request in details.invoices if not request.number)


def is_asked_for(details: RmaDetails, row: OwedPart) -> bool:
    """Whether finance holds a request for all units of the part that are due on the day."""
    if row.due is None:
        return False
    asked = requested_parts(pending_requests(details))[row.part_number, row.due]
    return asked >= sum(one.outstanding for one in due_on(details, row.due) if one.part_number == row.part_number)


def has_ripe(details: RmaDetails, today: date) -> bool:
    """Whether finance may be asked today for something that it holds no request for."""
    ripe = (row for row in running(details) if row.term and row.term.invoice_on and row.term.invoice_on <= today)
    return any(not is_asked_for(details, row) for row in ripe)


def standing_state(case: Case) -> str:
    """Where a return stands by its clocks: a request that finance holds, else a final notice that was given, else what came in."""
    if pending_requests(case.details):
        return "to be invoiced"
    if any(row.term and row.term.invoice_on for row in running(case.details)):
        return "overdue"
    if any(line.received for line in case.details.lines):
        return "received"
    return "announced" if any(line.announced for line in case.details.lines) else "replacement delivered"


def invoiceable(details: RmaDetails, today: date, calendar: BusinessCalendar, grace: Term) -> tuple[tuple[OwedPart, ...], date | None]:
    """What is ripe for finance today, and the first day on which the grace of a parcel ends.

    A parcel that is under way counts, as what comes back does, against the units with the earliest day. Where finance was asked for
    such a unit already, another one waits instead: never more is asked for than is neither here nor under way.
    """
    ripe: list[OwedPart] = []
    waits: list[date] = []
    requested = requested_parts(details.invoices)
    claims: Counter[str] = Counter()
    for line in details.lines:
        rows = [row for row in line.owed if row.term and row.term.invoice_on and row.term.invoice_on <= today]
        if not rows:
            continue
        ends = [(quantity, calendar.end_of_term(parcel.on, grace).day) for quantity, parcel in parcels_under_way(line)]
        waits += [day for _, day in ends if day >= today]
        ripe += _free(rows, sum(quantity for quantity, day in ends if day >= today), requested, claims)
    return tuple(ripe), min(waits, default=None)


def _free(rows: Sequence[OwedPart], under_way: int, requested: Counter[tuple[str, date]], claims: Counter[str]) -> Iterator[OwedPart]:
    """What is left of ripe parts without those under way and those that finance was asked for; `claims` go on to the part's next line."""
    for row in rows:
        if row.due is None:
            continue
        moving = min(under_way, row.outstanding)
        under_way -= moving
        claims[row.part_number] += requested.pop((row.part_number, row.due), 0)
        covered = min(claims[row.part_number], row.outstanding - moving)
        claims[row.part_number] -= covered
        if moving + covered < row.outstanding:
            yield row.less(moving + covered)


def outstanding_lines(details: RmaDetails) -> tuple[RmaLine, ...]:
    return tuple(line for line in details.lines if line.outstanding > 0)


def announced_parcels(
    details: RmaDetails, rows: Iterable[OwedPart], today: date, calendar: BusinessCalendar, grace: Term
) -> tuple[tuple[tuple[str, date], ...], tuple[str, ...]]:
    """Parcels with parts of these kinds that have not arrived: (which, last day of its grace) of those that count as under way (RM9), and
    those that do so no more."""
    named = {row.part_number for row in rows}
    moving: dict[tuple[str, date], None] = {}
    lost: dict[str, None] = {}
    for line in details.lines:
        if line.part_number not in named or not line.outstanding:
            continue
        for quantity, parcel in parcels_under_way(line):
            which = f"{quantity} × {line.part_number}: {parcel.carrier} {parcel.tracking}".replace(":  ", ": ")
            end = calendar.end_of_term(parcel.on, grace).day
            if end >= today:
                moving[which, end] = None
            else:
                lost[which] = None
    return tuple(moving), tuple(lost)


def parcels_under_way(line: RmaLine) -> tuple[tuple[int, Parcel], ...]:
    """(parts still under way, parcel) of each parcel with a tracking number."""
    return tuple((quantity, parcel) for quantity, parcel in parcels_announced(line) if parcel.tracking)


def parcels_announced(line: RmaLine) -> tuple[tuple[int, Parcel], ...]:
    """(parts that have not arrived, parcel) of each parcel that has not arrived whole, with or without a tracking number.

    Parts that arrived are taken off the parcel that announced their serial, else off the oldest.
    """
    arrived = {serial for parcel in line.announced for serial in parcel.serials} & set(line.received_serials)
    left = line.received - len(arrived)
    under_way: list[tuple[int, Parcel]] = []
    for parcel in line.announced:
        own = sum(serial in arrived for serial in parcel.serials)
        taken = min(max(0, left), parcel.quantity - own)
        left -= taken
        if parcel.quantity > own + taken:
            under_way.append((parcel.quantity - own - taken, parcel))
    return tuple(under_way)
