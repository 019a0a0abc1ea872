"""Parts that arrived, reconciled with what was authorised and announced (RM5, RM6, BX5). Partial receipts add up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailflow.cases.rma.details import RmaDetails
from mailflow.cases.rma.units import Line, Unit, lay_days, updated
from mailflow.message.item import Item
from mailflow.policy.derivation import Value

Difference = tuple[str, Mapping[str, Value]]
"""(named outcome of BX5, values for its wording)."""

Row = tuple[str, str, int, int, int, int, int, tuple[str, ...], tuple[str, ...]]
"""(part number, description, authorised, announced, received now, received so far, outstanding, serials that arrived now, serials still
expected)."""

NO_NUMBER = re.compile(r"\b(?:no|without(?: an?| the)?|missing) RMA\b", re.IGNORECASE)
"""How receiving staff say that nothing on the carton told where it belongs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    units: tuple[Unit, ...]
    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]
    booked: int
    """How many units came in."""


def reconcile(
    details: RmaDetails,
    arrived: Sequence[Item],
    at: datetime,
    before: RmaDetails | None = None,
    elsewhere: Mapping[str, str] | None = None,
) -> Reconciled:
    """Book what arrived on its units; whatever does not fit becomes a named difference.

    Serials that are expected come first, whatever else stands beside them. `before` is how the return stood where a correction has
    emptied its units: quantities that are new show against that, but all serials are told. `elsewhere` are serials that count under
    another return, with its number (BX8).
    """
    booking = _Booking(details, at, elsewhere or {})
    expected = {unit.serial for unit in details.units if unit.serial}
    for item in sorted(arrived, key=lambda item: expected.isdisjoint(item.serials)):
        booking.fill(item)
    units = lay_days(booking.units)
    rows = tuple(
        _row(earlier, told, line)
        for earlier, told, line in zip((before or details).lines, details.lines, replace(details, units=units).lines, strict=True)
    )
    short: list[Difference] = [("short", {"part": row[0], "quantity": row[6]}) for row in rows if row[6]]
    return Reconciled(units=units, rows=rows, differences=(*booking.differences, *short), booked=sum(row[4] for row in rows))


def _row(earlier: Line, told: Line, line: Line) -> Row:
    arrived = tuple(serial for serial in line.received_serials if serial not in told.received_serials)
    figures = (line.authorised, line.announced_quantity, max(0, line.received - earlier.received), line.received, line.outstanding)
    return line.part_number, line.description, *figures, arrived, line.outstanding_serials


class _Booking:
    """Items booked on the units, and what differed."""

    def __init__(self, details: RmaDetails, at: datetime, elsewhere: Mapping[str, str]) -> None:
        self.units = details.units
        self.sent_ahead = details.replacement_serials
        self.at = at
        self.elsewhere = elsewhere
        self.differences: list[Difference] = []

    def fill(self, item: Item) -> None:
        """Book one item on units of its part."""
        part = item.part_number.upper()
        if any(unit.part_number == part for unit in self.units):
            self._fill(item, part)
        else:
            self.differences.append(("wrong_part", {"part": item.part_number, "quantity": item.quantity}))
        if NO_NUMBER.search(item.condition):
            self.differences.append(("no_rma", {"part": item.part_number}))
        if item.condition:
            self.differences.append(("condition", {"part": " ".join((item.part_number, *item.serials)), "condition": item.condition}))

    def _same(self, part: str) -> list[Unit]:
        """The units of a part; those come first that a part without its serial fills first, waived ones last.

        What any serial fills goes before what expects one, the oldest announcement before what none announces, then the earliest day.
        """
        far = datetime.max.replace(tzinfo=self.at.tzinfo)
        same = (unit for unit in self.units if unit.part_number == part)
        return sorted(
            same,
            key=lambda unit: (
                unit.waived,
                bool(unit.serial),
                unit.announcement.on if unit.announcement else far,
                unit.due or far.date(),
                unit.place,
            ),
        )

    def _fill(self, item: Item, part: str) -> None:
        wrong = {serial: name for serial in item.serials if (name := self._what_is_wrong(serial, part))}
        own = {unit.serial for unit in self.units if unit.part_number == part}
        fitting = sorted((serial for serial in item.serials if serial not in wrong), key=lambda serial: serial not in own)
        quantity = item.quantity - len(wrong)
        named = fitting[: max(0, quantity)]
        over = sum(not self._receive(part, serial) for serial in named)
        # Units without a serial may be any of the part, so that a hurried booking still counts.
        over += sum(not self._receive(part, "") for _ in range(quantity - len(named)))
        same = [unit for unit in self.units if unit.part_number == part]
        missing = tuple(unit.serial for unit in same if unit.is_outstanding and unit.serial) or ("-",)
        for serial, name in wrong.items():
            values: dict[str, Value] = {"part": item.part_number, "serial": serial}
            if name == "booked_elsewhere":
                values["other"] = self.elsewhere[serial]
            if name == "wrong_serial" and any(unit.is_outstanding for unit in same):
                values["expected"] = missing
            elif name == "wrong_serial":
                name = "over_serial"
            self.differences.append((name, values))
        if over > 0:
            self.differences.append(("over", {"part": item.part_number, "quantity": over}))

    def _what_is_wrong(self, serial: str, part: str) -> str:
        """'' for a serial that may come under the part."""
        same = self._same(part)
        if any(unit.received_serial == serial for unit in same):
            return "booked_twice"
        if serial in self.elsewhere:
            return "booked_elsewhere"
        if any(unit.serial == serial for unit in same):
            return ""
        if serial in self.sent_ahead:
            return "swapped_serial"
        return "" if any(not unit.serial and not unit.received_serial for unit in same) else "wrong_serial"

    def _receive(self, part: str, serial: str) -> bool:
        """Book one unit on the one that its serial names, else on one that is missing; False where none is left.

        A unit that came before without its serial goes to another place when the serial of its place arrives.
        """
        same = self._same(part)
        free = [unit for unit in same if unit.received_at is None]
        if not free:
            return False
        takers: Iterable[Unit] = free[:1]
        if serial:
            named = [unit for unit in same if unit.serial == serial]
            any_serial = [unit for unit in same if not unit.serial and not unit.received_serial]
            takers = named or sorted(any_serial, key=lambda unit: (unit.announced_serial != serial, unit.received_at is not None))
        unit = next(iter(takers))
        if unit.received_at is not None:
            self.units = updated(self.units, [replace(free[0], received_at=unit.received_at, waived=False)])
        self.units = updated(self.units, [replace(unit, received_at=self.at, received_serial=serial, waived=False)])
        return True
