"""A return is its units: one value for each physical part that is authorised to come back (BX3).

Every question about a return is a filter over its units, or a grouping of them. Nothing is counted beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from mailflow.message.item import Item
from mailflow.policy.derivation import Derivation


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """Finance was asked to invoice the unit, at the list price of that day (RM9); `number` is its answer (RM11)."""

    asked_at: datetime
    unit_price: Decimal
    currency: str
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """A faulty unit is due back, because a replacement of its part was delivered (RM8, BX3)."""

    delivered_on: date
    due: date
    steps: Derivation = ()
    """How the day came about (BX2)."""
    notices: tuple[tuple[str, datetime], ...] = ()
    """Reminders and final notices that named the unit, by kind, day and key, and when each was written (RM9, BX4)."""
    invoice_on: date | None = None
    """From when finance may be asked; set by the final notice (RM9)."""
    invoice: Invoice | None = None
    of_serial: bool = False
    """The delivery named the unit's serial, so its days stay with it."""

    def moments(self, kind: str) -> frozenset[datetime]:
        """List when the notices of a kind were written."""
        return frozenset(at for mark, at in self.notices if mark.split(" ")[0] == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """The customer's parcel that the unit travels in, as the Return Notification tells it (RM4)."""

    carrier: str
    tracking: str
    on: datetime
    """Of the first announcement: the grace runs from there (RM9)."""
    fault: str = ""
    category: str = ""
    """Fault category as announced, e.g. F001."""
    data_removed: str = ""
    """As the customer wrote it: yes, no, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One physical part. `serial` is the one that is expected, '' where any is taken; it is outstanding until received or waived."""

    place: int
    """Its place in the order of authorisation, which tells it from the other units of its part."""
    part_number: str
    description: str = ""
    serial: str = ""
    obligation: Obligation | None = None
    """None until a replacement has been delivered for it; of a repair, always."""
    announcement: Announcement | None = None
    announced_serial: str = ""
    """'' where the customer told no serial."""
    received_at: datetime | None = None
    received_serial: str = ""
    """'' where receiving staff told no serial."""
    waived: bool = False

    @property
    def is_outstanding(self) -> bool:
        return self.received_at is None and not self.waived

    @property
    def due(self) -> date | None:
        return self.obligation.due if self.obligation else None

    @property
    def invoice(self) -> Invoice | None:
        return self.obligation.invoice if self.obligation else None

    @property
    def invoice_on(self) -> date | None:
        return self.obligation.invoice_on if self.obligation else None

    @property
    def is_asked_for(self) -> bool:
        """Finance was asked to invoice it and has not answered."""
        return self.invoice is not None and not self.invoice.number

    @property
    def is_running(self) -> bool:
        """It is due by a day and not invoiced: reminders, extensions and requests to finance concern these units only."""
        return self.is_outstanding and self.obligation is not None and not (self.invoice and self.invoice.number)

    @property
    def is_on_its_way(self) -> bool:
        """Announced with a tracking number, and not here."""
        return self.is_outstanding and self.announcement is not None and bool(self.announcement.tracking)

    @property
    def has_own_days(self) -> bool:
        """The delivery named its serial, so that its days stay with it."""
        return self.obligation is not None and self.obligation.of_serial

    def owing(self, obligation: Obligation | None) -> Unit:
        """Give the unit other days."""
        return replace(self, obligation=obligation)

    def asked(self, invoice: Invoice | None) -> Unit:
        """Give the unit another invoice, or none."""
        return self.owing(replace(self.obligation, invoice=invoice)) if self.obligation else self


@dataclass(frozen=True, slots=True)
class Line:
    """Units of one part as letters and forms show them. `knows_serials`: none came back without its serial, which could be any."""

    units: tuple[Unit, ...]
    knows_serials: bool = True

    @property
    def part_number(self) -> str:
        return self.units[0].part_number

    @property
    def description(self) -> str:
        return self.units[0].description

    @property
    def authorised(self) -> int:
        return len(self.units)

    @property
    def serials(self) -> tuple[str, ...]:
        return tuple(unit.serial for unit in self.units if unit.serial)

    @property
    def announced(self) -> Mapping[Announcement, tuple[Unit, ...]]:
        """The parcels in which units were announced, the received ones too."""
        announced_units = [unit for unit in self.units if unit.announcement]
        parcels = dict.fromkeys(unit.announcement for unit in announced_units if unit.announcement)
        return {parcel: tuple(unit for unit in announced_units if unit.announcement == parcel) for parcel in parcels}

    @property
    def announced_quantity(self) -> int:
        return sum(unit.announcement is not None for unit in self.units)

    @property
    def received(self) -> int:
        return sum(unit.received_at is not None for unit in self.units)

    @property
    def received_serials(self) -> tuple[str, ...]:
        return tuple(unit.received_serial for unit in self.units if unit.received_serial)

    @property
    def waived(self) -> int:
        return sum(unit.waived for unit in self.units)

    @property
    def outstanding(self) -> int:
        return sum(unit.is_outstanding for unit in self.units)

    @property
    def outstanding_serials(self) -> tuple[str, ...]:
        """The serials that have not come back; none where it is not known which of them are here."""
        return tuple(unit.serial for unit in self.units if unit.is_outstanding and unit.serial) if self.knows_serials else ()

    @property
    def undelivered(self) -> int:
        """How many units have no replacement with the customer yet, whether they came back or not."""
        return sum(unit.obligation is None for unit in self.units)

    @property
    def due(self) -> date | None:
        """The day of its units, where all share one."""
        return self.units[0].due

    @property
    def invoice_on(self) -> date | None:
        """From when finance may be asked for them, where the final notice has been given."""
        return max((unit.invoice_on for unit in self.units if unit.invoice_on), default=None)


def authorise(item: Item, description: str, first: int) -> tuple[Unit, ...]:
    """Make the units of an item of ITEMS; those without a serial take any. `first` is the place of the first."""
    serials = (*item.serials, *("" for _ in range(item.quantity - len(item.serials))))
    return tuple(
        Unit(place=first + number, part_number=item.part_number, description=description, serial=serial)
        for number, serial in enumerate(serials)
    )


def lines_of(units: Sequence[Unit]) -> tuple[Line, ...]:
    """Group the units part by part, in order of authorisation."""
    parts: dict[str, list[Unit]] = {}
    for unit in units:
        parts.setdefault(unit.part_number, []).append(unit)
    unclear = {unit.part_number for unit in units if unit.serial and unit.received_at and not unit.received_serial}
    return tuple(Line(tuple(same), part not in unclear) for part, same in parts.items())


def by_day(line: Line) -> Iterator[Line]:
    """Group what is outstanding of a line day by day; what has no day stands last."""
    waiting = sorted((unit for unit in line.units if unit.is_outstanding), key=lambda unit: unit.due or date.max)
    for _, same in groupby(waiting, key=lambda unit: unit.due):
        yield Line(tuple(same), line.knows_serials)


def updated(units: Sequence[Unit], changed: Iterable[Unit]) -> tuple[Unit, ...]:
    """Put the changed units in their places."""
    new = {unit.place: unit for unit in changed}
    return tuple(new.get(unit.place, unit) for unit in units)


def lay_days(units: Sequence[Unit], on_its_way: Collection[int] = ()) -> tuple[Unit, ...]:
    """Lay the days of each part on its units anew: what is back or waived has the earliest, whichever serial it bears (BX3).

    A replacement has another serial than the faulty unit, so which unit it stands for is not known unless the delivery named it; then
    the day stays with that serial. `on_its_way` are places of units that take the earliest days before the rest do, of those for which
    finance was not asked.
    """
    laid: list[Unit] = []
    for part in dict.fromkeys(unit.part_number for unit in units):
        loose = [unit for unit in units if unit.part_number == part and not unit.has_own_days]
        if on_its_way:
            loose = [unit for unit in loose if unit.is_outstanding and not unit.invoice]
        loose.sort(key=lambda unit: (unit.is_outstanding, unit.place not in on_its_way))
        days = sorted((unit.obligation for unit in loose), key=lambda one: one.due if one else date.max)
        laid += [unit.owing(one) for unit, one in zip(loose, days, strict=True)]
    return updated(units, laid)


def deliver(
    units: Sequence[Unit], quantities: Mapping[str, int], obligation: Obligation, serials: Collection[str] = ()
) -> tuple[Unit, ...]:
    """Make as many units due as replacements of each part arrived, those first whose serial was named."""
    waiting = [unit for unit in units if unit.obligation is None]
    waiting.sort(key=lambda unit: (unit.serial not in serials, unit.is_outstanding))
    left = Counter(quantities)
    arrived: list[Unit] = []
    for unit in waiting:
        if left[unit.part_number] > 0:
            left[unit.part_number] -= 1
            arrived.append(unit.owing(replace(obligation, of_serial=unit.serial in serials)))
    return lay_days(updated(units, arrived))


def delivered_last(units: Sequence[Unit], quantities: Mapping[str, int], serials: Collection[str]) -> tuple[Unit, ...]:
    """Choose so many units of each part whose replacements arrived: those with the serials, then the latest, outstanding ones first."""
    left = Counter(quantities)
    found: list[Unit] = []
    arrived = [((unit.serial in serials, unit.obligation.delivered_on, unit.is_outstanding), unit) for unit in units if unit.obligation]
    for _, unit in sorted(arrived, key=lambda pair: pair[0], reverse=True):
        if left[unit.part_number] > 0:
            left[unit.part_number] -= 1
            found.append(unit)
    return tuple(found)


def steps_of(units: Iterable[Unit]) -> Derivation:
    """Explain how the days of the units came about, each way once (BX2)."""
    ways: list[Derivation] = []
    for unit in units:
        if unit.obligation and unit.obligation.steps not in ways:
            ways.append(unit.obligation.steps)
    return tuple(step for way in ways for step in way)
