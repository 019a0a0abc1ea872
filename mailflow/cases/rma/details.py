"""What is known of a return beside its envelope, and the states that it goes through (RM7, RM8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from mailflow.cases.rma.units import Line, Unit, by_day, lines_of, updated
from mailflow.policy.case import Case, Confirmable, Lifecycle, State

UNDER_WAY = ("issued", "replacement shipped", "replacement delivered", "announced", "received", "overdue")

LIFECYCLE = Lifecycle(
    kind="rma",
    states=(
        State("issued", after=("",)),
        State("replacement shipped", after=("issued", "announced", "received")),
        State("replacement delivered", after=("issued", "replacement shipped", "announced", "received", "overdue", "to be invoiced")),
        State("announced", after=(*UNDER_WAY, "to be invoiced")),
        State("received", after=(*UNDER_WAY, "to be invoiced", "in repair", "closed")),
        State("in repair", after=("issued", "announced", "received")),
        State("shipped back", after=("in repair",)),
        State("overdue", after=("issued", "replacement shipped", "replacement delivered", "announced", "received", "to be invoiced")),
        State("to be invoiced", after=UNDER_WAY),
        State("invoiced", after=("to be invoiced",), closed=True),
        State("waived", after=(*UNDER_WAY, "to be invoiced"), closed=True),
        State("cancelled", after=(*UNDER_WAY, "in repair", "to be invoiced"), closed=True),
        State("closed", after=(*UNDER_WAY, "to be invoiced", "in repair", "shipped back", "invoiced"), closed=True),
    ),
)
"""`after` names the states that a state may follow; '' is the opening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A parcel of ours to the customer."""

    carrier: str
    tracking: str
    on: datetime
    quantity: int = 1
    serials: tuple[str, ...] = ()
    contents: tuple[tuple[str, int], ...] = ()
    """(part number, quantity) of what it holds; nothing known stands for all that is not delivered yet."""
    arrived_on: date | None = None
    """When it reached the customer (RM8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RmaDetails(Confirmable):
    """A return's own facts. `type` is advance, repair or doa; days are in the customer's calendar."""

    type: str
    service_level: str
    units: tuple[Unit, ...]
    """In order of authorisation."""
    issued_at: datetime
    valid_through: date
    version: int = 1
    replacements: tuple[Parcel, ...] = ()
    """Parcels of ours to the customer, in the order in which they left."""
    extended_by_customer: bool = False
    disputed: bool = False
    claimed: bool = False
    """Disputed because the customer says that the parts were returned already; else it does not agree with what is booked (RM6, BX6)."""
    expired: bool = False
    extras: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    """Dated notices about the whole return that went out, by day and kind, so that a deadline that falls twice speaks once (RM3, BX4)."""
    held_since: datetime | None = None
    """When the notice was written that reached nobody: until somebody can be reached the return clock stands still (BX4)."""
    changed_since: tuple[str, ...] = ()
    """What has changed since the last verification notice, by name; the next one says so (RM2)."""
    return_address: tuple[str, ...] = ()
    """The address that the last verification notice named."""
    visit_at: datetime | None = None
    visited_on: date | None = None
    """The engineer's visit of an onsite service level: announced, completed (RM12)."""

    def updated(self, changed: Iterable[Unit]) -> RmaDetails:
        """Put these units in their places."""
        return replace(self, units=updated(self.units, changed))

    @property
    def lines(self) -> tuple[Line, ...]:
        """The units part by part."""
        return lines_of(self.units)

    @property
    def by_day(self) -> tuple[Line, ...]:
        """What has not come back, part by part and day by day (BX3)."""
        return tuple(row for line in self.lines for row in by_day(line))

    def rows_of(self, units: Iterable[Unit]) -> tuple[Line, ...]:
        """Show outstanding units as `by_day` does."""
        places = {unit.place for unit in units}
        kept = (Line(tuple(unit for unit in row.units if unit.place in places), row.knows_serials) for row in self.by_day)
        return tuple(row for row in kept if row.units)

    @property
    def outstanding(self) -> int:
        return sum(unit.is_outstanding for unit in self.units)

    @property
    def running(self) -> tuple[Unit, ...]:
        """Units that are due by a day and not invoiced."""
        return tuple(unit for unit in self.units if unit.is_running)

    @property
    def running_days(self) -> tuple[date, ...]:
        """The days of what runs, the earliest first."""
        return tuple(sorted({unit.due for unit in self.running if unit.due}))

    def due_on(self, day: date) -> tuple[Unit, ...]:
        """List what runs and is due on the day."""
        return tuple(unit for unit in self.running if unit.due == day)

    @property
    def undelivered(self) -> tuple[Unit, ...]:
        """Units that are not due, because their replacement has not arrived (RM8)."""
        return tuple(unit for unit in self.units if unit.is_outstanding and unit.due is None) if self.type == "advance" else ()

    @property
    def asked_for(self) -> tuple[Unit, ...]:
        """Units that finance was asked to invoice and has not answered for."""
        return tuple(unit for unit in self.units if unit.is_asked_for)

    @property
    def due_days(self) -> tuple[date, ...]:
        """The days on which something that has not come back is due, the earliest first."""
        return tuple(sorted({unit.due for unit in self.units if unit.is_outstanding and unit.due}))

    @property
    def return_due(self) -> date | None:
        """The first of those days."""
        return next(iter(self.due_days), None)

    @property
    def delivered_days(self) -> tuple[date, ...]:
        """The days on which replacements arrived, the earliest first."""
        return tuple(sorted({unit.obligation.delivered_on for unit in self.units if unit.obligation}))

    @property
    def replacement_serials(self) -> tuple[str, ...]:
        """Serials that went to the customer, so that a swapped part shows (BX5)."""
        return tuple(dict.fromkeys(serial for parcel in self.replacements for serial in parcel.serials))

    @property
    def parcels_to_customer(self) -> tuple[Parcel, ...]:
        """Parcels of ours that have not arrived."""
        return tuple(parcel for parcel in self.replacements if parcel.arrived_on is None)

    def awaited(self, parcels: Iterable[Parcel]) -> Counter[str]:
        """Count by part what the parcels hold of the units without a replacement; all of them where no parcel is known."""
        everything = Counter({line.part_number: line.undelivered for line in self.lines})
        contents: Counter[str] = Counter()
        for parcel in parcels:
            if not parcel.contents:
                return +everything
            contents.update(dict(parcel.contents))
        return contents & everything or +everything

    @property
    def moving(self) -> Counter[str]:
        """By part, how many replacements are on their way to the customer."""
        return self.awaited(self.parcels_to_customer) if self.parcels_to_customer else Counter()

    @property
    def is_awaited(self) -> bool:
        """A replacement is to come that has not arrived, whatever came back of the faulty parts (RM8)."""
        return self.type == "advance" and any(line.undelivered > line.waived for line in self.lines)

    @property
    def is_to_be_sent(self) -> bool:
        """A replacement is to come that is in no parcel yet (RM8)."""
        return self.type == "advance" and any(line.undelivered - self.moving[line.part_number] > line.waived for line in self.lines)


Return = Case[RmaDetails]


def state_by_clocks(case: Return) -> str:
    """Read the state from the clocks: a request that finance holds, else a final notice that was given, else what came in."""
    units = case.details.units
    if case.details.asked_for:
        return "to be invoiced"
    if any(unit.invoice_on for unit in case.details.running):
        return "overdue"
    if any(unit.received_at for unit in units):
        return "received"
    return "announced" if any(unit.announcement for unit in units) else "replacement delivered"
