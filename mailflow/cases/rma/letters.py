"""Letters of a return: who gets them and what every one of them shows; what staff get to read, and are asked (RM5, SR5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from mailflow.cases.rma.details import Return, RmaDetails
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.units import Line, Unit
from mailflow.policy.calendar import BusinessCalendar
from mailflow.policy.customer_message import Summary, ask_staff, forward_to_staff
from mailflow.policy.decision import NoticeValues, SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import MailReceived
from mailflow.policy.term import Term

Amount = tuple[str, int, Decimal, Decimal, str, date]
"""(part number, quantity, unit price, total, currency, the day on which the parts are due)."""


def tell_customer(case: Return, notice: str, /, **values: object) -> SendNotice:
    """Send a notice to the customer and all who take part."""
    return SendNotice(notice=f"rma/{notice}", to=(case.customer,), cc=case.other_participants, values=_framed(case, values))


def tell_staff(case: Return, notice: str, to: tuple[str, ...], /, **values: object) -> SendNotice:
    return SendNotice(notice=f"rma/{notice}", to=to, to_staff=True, values=_framed(case, values))


def _framed(case: Return, values: Mapping[str, object]) -> NoticeValues:
    return {"rma": case.details, "lines": case.details.lines, "valid_through": case.details.valid_through, **values}


def with_remarks(step: Step, remarks: tuple[Step, ...]) -> Step:
    """Join what was done, and what deserves a look, to one sentence to staff."""
    return Step("rma_done_but_look", {"done": step, "remarks": remarks}) if remarks else step


# Amounts: decimals with their currency; several currencies are never added


def amounts_of(units: Iterable[Unit]) -> tuple[Amount, ...]:
    """Sum up what finance is asked for, by part, price and day (RM9)."""
    quantities: dict[tuple[str, Decimal, str, date], int] = {}
    for unit in units:
        if unit.invoice and unit.due:
            position = (unit.part_number, unit.invoice.unit_price, unit.invoice.currency, unit.due)
            quantities[position] = quantities.get(position, 0) + 1
    return tuple((part, quantity, price, price * quantity, currency, due) for (part, price, currency, due), quantity in quantities.items())


def totals_of(units: Iterable[Unit]) -> tuple[tuple[str, Decimal], ...]:
    """Add it up in each currency."""
    totals: dict[str, Decimal] = {}
    for unit in units:
        if unit.invoice:
            totals[unit.invoice.currency] = totals.get(unit.invoice.currency, Decimal(0)) + unit.invoice.unit_price
    return tuple(totals.items())


# Parcels of the customer that have not arrived


def grace_ends(units: Iterable[Unit], calendar: BusinessCalendar, grace: Term) -> dict[int, date]:
    """Return the last day through which each unit counts as under way, by its place (RM9)."""
    return {unit.place: calendar.end_of_term(unit.announcement.on, grace).day for unit in units if unit.is_on_its_way and unit.announcement}


def announced_parcels(
    details: RmaDetails, units: Iterable[Unit], facts: RmaFacts, desk: Desk, today: date
) -> tuple[tuple[tuple[str, date], ...], tuple[str, ...]]:
    """Parcels with parts of these kinds that have not arrived: (which, last day of its grace) of those that count as under way (RM9), and
    those that do so no more."""
    named = {unit.part_number for unit in units}
    ends = grace_ends(details.units, facts.calendar, desk.returns.transit_grace)
    moving: dict[tuple[str, date], None] = {}
    late: dict[str, None] = {}
    for line in details.lines:
        for parcel, held in line.announced.items():
            waiting = [ends[unit.place] for unit in held if unit.place in ends]
            if line.part_number in named and waiting:
                which = f"{len(waiting)} × {line.part_number}: {parcel.carrier} {parcel.tracking}".replace(":  ", ": ")
                if waiting[0] >= today:
                    moving[which, waiting[0]] = None
                else:
                    late[which] = None
    return tuple(moving), tuple(late)


# To staff


def forward_to_receiving(case: Return, event: MailReceived, desk: Desk, *roles: Role, commands: tuple[str, ...] = ()) -> SendNotice:
    """Forward the customer's mail to the receiving department, which books the arrival by answering it (RM5); to other `roles` for
    other matters."""
    items = outstanding_items(case.details)
    return forward_to_staff(
        event,
        desk.staff_of(*(roles or (Role.RECEIVING,))),
        summary=summary(case),
        books=not roles,
        commands=commands or ((f"/received {case.number} {items}",) if items else ()),
    )


def ask_to_decide(case: Return, steps: Derivation, commands: tuple[str, ...], desk: Desk, *more: Role) -> SendNotice:
    """Put a matter to the CCR, and to `more`: the steps say why, the commands how to go on."""
    return ask_staff(case.customer, desk.staff_of(Role.CCR, *more), summary=summary(case), commands=commands, steps=steps)


def ask_to_ship(case: Return, why: str, desk: Desk) -> SendNotice:
    """Ask for a replacement that nobody has booked as sent (RM8); `why` names the sentence."""
    commands = (f"/shipped {case.number} CARRIER TRACKING", f"/delivered {case.number} DATE")
    return ask_to_decide(case, (Step(why, {"rma": case.number}),), commands, desk)


def summary(case: Return) -> Summary:
    """List what one needs to know of the return, by key; only what there is."""
    details = case.details
    rows = (
        ("customer", f"{case.customer_name} <{case.customer}>" if case.customer_name else case.customer),
        ("company", case.company),
        ("state", Step("rma_state", {"state": case.state})),
        ("outstanding", outstanding_items(details) or "-"),
        ("announced", "; ".join(_announced_items(details))),
        ("return_due", days_by_part(details) if details.due_days else ""),
        ("valid_through", "" if details.type == "advance" else Step("rma_day", {"day": details.valid_through})),
    )
    return tuple((key, value) for key, value in rows if value)


def days_by_part(details: RmaDetails) -> Step:
    """Say each day with the parts that are due on it, and what is not due yet; of one day alone just the day."""
    waiting = details.rows_of(details.undelivered)
    if len(details.due_days) == 1 and not waiting:
        return Step("rma_day", {"day": details.due_days[0]})
    days = tuple(
        Step("rma_day_of_parts", {"day": day, "parts": _items(row for row in details.by_day if row.due == day)}) for day in details.due_days
    )
    rest = (Step("rma_parts_without_day", {"parts": _items(waiting)}),) if waiting else ()
    return Step("rma_days", {"days": (*days, *rest)})


def outstanding_items(details: RmaDetails) -> str:
    """List what is outstanding as ITEMS of a command are written."""
    return _items((line for line in details.lines if line.outstanding), "; ")


def _items(rows: Iterable[Line], between: str = ", ") -> str:
    return between.join(f"{row.outstanding} x {row.part_number}" for row in rows)


def _announced_items(details: RmaDetails) -> Iterable[str]:
    """Show each parcel with what the Return Notification says of its parts: fault, category, whether the data are removed (RM4)."""
    for line in details.lines:
        for parcel, units in sorted(line.announced.items(), key=lambda pair: pair[0].on):
            serials = " ".join(unit.announced_serial for unit in units if unit.announced_serial)
            which = f"{parcel.carrier} {parcel.tracking}".strip()
            described = (f"{len(units)} x {line.part_number}", serials, which, parcel.category, parcel.fault, parcel.data_removed)
            yield ", ".join(filter(None, described))
