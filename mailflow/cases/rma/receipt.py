"""Parts that arrived, reconciled with what was authorised and announced (RM5, RM6, BX5). Partial receipts add up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from mailflow.cases.rma.parcel import takes_any_serial
from mailflow.policy.case import RmaDetails, RmaLine

Difference = tuple[str, Mapping[str, Any]]
"""(named outcome of BX5, values for its wording)."""

Row = tuple[str, str, int, int, int, int, int, tuple[str, ...], tuple[str, ...]]
"""(part number, description, authorised, announced, received now, received so far, outstanding, serials that arrived now, serials still
expected)."""

NO_NUMBER = re.compile(r"\b(?:no|without(?: an?| the)?|missing) RMA\b", re.IGNORECASE)
"""How receiving staff say that nothing on the carton told where it belongs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One item of a booking, as receiving staff name it."""

    part_number: str
    quantity: int
    serials: tuple[str, ...] = ()
    condition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    lines: tuple[RmaLine, ...]
    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]
    booked: int
    """How many parts filled a line."""


def reconcile(
    details: RmaDetails, arrived: Sequence[Arrived], before: RmaDetails | None = None, elsewhere: Mapping[str, str] | None = None
) -> Reconciled:
    """Fill the authorised lines with what arrived; whatever does not fit becomes a named difference.

    Serials that are expected fill their lines first, whatever else stands beside them. `before` is how the return stood where a
    correction has emptied its lines: quantities that are new show against that, but all serials are told. `elsewhere` are serials that
    count under another return (BX8).
    """
    lines = list(details.lines)
    booking = _Booking(lines, details.replacement_serials, elsewhere or {})
    for item in sorted(arrived, key=lambda item: not any(serial in line.serials for line in lines for serial in item.serials)):
        booking.fill(item)
    known = (before or details).lines
    now = [max(0, after.received - earlier.received) for earlier, after in zip(known, lines, strict=True)]
    told = details.lines if before else known
    rows = tuple(_row(earlier, after, count) for earlier, after, count in zip(told, lines, now, strict=True))
    short = [("short", {"part": line.part_number, "quantity": line.outstanding}) for line in lines if line.outstanding > 0]
    return Reconciled(lines=tuple(lines), rows=rows, differences=(*booking.differences, *short), booked=sum(now))


def _row(before: RmaLine, line: RmaLine, now: int) -> Row:
    arrived = tuple(serial for serial in line.received_serials if serial not in before.received_serials)
    figures = (line.authorised, line.announced_quantity, now, line.received, line.outstanding)
    return line.part_number, line.description, *figures, arrived, line.outstanding_serials


class _Booking:
    """Items booked on the lines in place, and what differed."""

    def __init__(self, lines: list[RmaLine], sent_ahead: Sequence[str], elsewhere: Mapping[str, str]) -> None:
        self.lines = lines
        self.sent_ahead = sent_ahead
        self.elsewhere = elsewhere
        self.differences: list[Difference] = []

    def fill(self, item: Arrived) -> None:
        """Book one item on the lines of its part, what is due first in front (BX3)."""
        lines = self.lines
        same_part = [i for i, line in enumerate(lines) if line.part_number.upper() == item.part_number.upper()]
        same_part.sort(key=lambda i: min((row.due for row in lines[i].owed if row.due), default=date.max))
        if same_part:
            self._fill(item, same_part)
        else:
            self.differences.append(("wrong_part", {"part": item.part_number, "quantity": item.quantity}))
        if NO_NUMBER.search(item.condition):
            self.differences.append(("no_rma", {"part": item.part_number}))
        if item.condition:
            part = " ".join((item.part_number, *item.serials))
            self.differences.append(("condition", {"part": part, "condition": item.condition}))

    def _fill(self, item: Arrived, same_part: Sequence[int]) -> None:
        named = [serial for serial in item.serials if any(serial in self.lines[i].serials for i in same_part)]
        found: list[Difference] = []
        fitting: list[str] = []
        for serial in item.serials:
            wrong = self._what_is_wrong(serial, [self.lines[i] for i in same_part])
            if not wrong:
                fitting.append(serial)
            else:
                found.append((wrong, {"part": item.part_number, "serial": serial, **self._elsewhere(wrong, serial)}))
        fitting.sort(key=lambda serial: serial not in named)
        left = _book(self.lines, same_part, item.quantity - len(found), fitting)
        self.differences += [self._settled(one, same_part) for one in found]
        if left > 0:
            self.differences.append(("over", {"part": item.part_number, "quantity": left}))

    def _what_is_wrong(self, serial: str, lines: Sequence[RmaLine]) -> str:
        """'' for a serial that may fill one of the lines of its part."""
        if any(serial in line.received_serials for line in lines):
            return "booked_twice"
        if serial in self.elsewhere:
            return "booked_elsewhere"
        if any(serial in line.serials for line in lines):
            return ""
        if serial in self.sent_ahead:
            return "swapped_serial"
        return "" if any(takes_any_serial(line) for line in lines) else "wrong_serial"

    def _elsewhere(self, wrong: str, serial: str) -> dict[str, str]:
        return {"other": self.elsewhere[serial]} if wrong == "booked_elsewhere" else {}

    def _settled(self, difference: Difference, same_part: Sequence[int]) -> Difference:
        """A wrong serial beside a line that is full is one part too many; else the serials that are missing once all else is booked."""
        name, values = difference
        if name != "wrong_serial":
            return difference
        lines = [self.lines[i] for i in same_part]
        if not any(line.outstanding for line in lines):
            return "over_serial", values
        expected = tuple(one for line in lines for one in line.outstanding_serials) or ("-",)
        return name, {**values, "expected": expected}


def _book(lines: list[RmaLine], same_part: Sequence[int], quantity: int, serials: Sequence[str]) -> int:
    """Spread a quantity over the lines, each serial to the line that names it; returns what found no room."""
    over = 0
    named = serials[: max(0, quantity)]
    for serial in named:
        own = [i for i in same_part if serial in lines[i].serials]
        others = [i for i in _open_first(lines, same_part) if takes_any_serial(lines[i])]
        index = next((i for i in own or others if _room(lines[i])), None)
        if index is None:
            over += 1
        else:
            lines[index] = _filled(lines[index], 1, (serial,))
    # Parts without a serial may fill any line of the part, so that a hurried booking still counts; waived ones come last.
    left = max(0, quantity - len(named))
    for room in (_outstanding, _room):
        for index in same_part:
            take = min(left, room(lines[index]))
            lines[index] = _filled(lines[index], take)
            left -= take
    return over + left


def _open_first(lines: Sequence[RmaLine], same_part: Sequence[int]) -> list[int]:
    """Lines that still wait, then those whose waived parts may come back after all."""
    return sorted(same_part, key=lambda i: lines[i].outstanding == 0)


def _outstanding(line: RmaLine) -> int:
    return line.outstanding


def _room(line: RmaLine) -> int:
    return line.authorised - line.received


def _filled(line: RmaLine, quantity: int, serials: tuple[str, ...] = ()) -> RmaLine:
    """A part that comes back though it was waived is no longer waived: authorised = received + waived + outstanding."""
    unwaived = max(0, quantity - line.outstanding)
    received_serials = (*line.received_serials, *serials)
    return replace(line, received=line.received + quantity, received_serials=received_serials, waived=line.waived - unwaived)
