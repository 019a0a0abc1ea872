"""Parts that arrived, reconciled with what was authorised and announced (RM5, RM6, BX5). Partial receipts add up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from mailflow.policy.case import RmaDetails, RmaLine

Difference = tuple[str, Mapping[str, Any]]
"""(named outcome of BX5, values for its wording)."""

Row = tuple[str, str, int, int, int, int, int]
"""(part number, description, authorised, announced, received now, received so far, outstanding)."""

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


def reconcile(details: RmaDetails, arrived: Sequence[Arrived], before: RmaDetails | None = None) -> Reconciled:
    """Fill the authorised lines with what arrived; whatever does not fit becomes a named difference.

    `before` is how the return stood where a correction has emptied its lines: what is new shows against that.
    """
    lines = list(details.lines)
    sent_ahead = details.replacement_serials
    differences: list[Difference] = []
    for item in arrived:
        differences.extend(_fill(lines, item, sent_ahead))
        if NO_NUMBER.search(item.condition):
            differences.append(("no_rma", {"part": item.part_number}))
        if item.condition:
            differences.append(("condition", {"part": item.part_number, "condition": item.condition}))
    known = (before or details).lines
    now = [max(0, after.received - earlier.received) for earlier, after in zip(known, lines, strict=True)]
    rows = tuple(
        (line.part_number, line.description, line.authorised, line.announced_quantity, arrived_now, line.received, line.outstanding)
        for line, arrived_now in zip(lines, now, strict=True)
    )
    short = [("short", {"part": line.part_number, "quantity": line.outstanding}) for line in lines if line.outstanding > 0]
    return Reconciled(lines=tuple(lines), rows=rows, differences=(*differences, *short), booked=sum(now))


def _fill(lines: list[RmaLine], item: Arrived, sent_ahead: Sequence[str]) -> list[Difference]:
    """Book one item on the lines of its part, in place, what is due first in front (BX3); the differences that remain."""
    same_part = [i for i, line in enumerate(lines) if line.part_number.upper() == item.part_number.upper()]
    same_part.sort(key=lambda i: min((row.due for row in lines[i].owed if row.due), default=date.max))
    if not same_part:
        return [("wrong_part", {"part": item.part_number, "quantity": item.quantity})]
    differences: list[Difference] = []
    fitting: list[str] = []
    for serial in item.serials:
        wrong = _what_is_wrong(serial, [lines[i] for i in same_part], sent_ahead)
        if not wrong:
            fitting.append(serial)
            continue
        expected = ", ".join(one for i in same_part for one in lines[i].outstanding_serials) or "-"
        differences.append((wrong, {"part": item.part_number, "serial": serial, "expected": expected}))
    left = _book(lines, same_part, item.quantity - len(differences), fitting)
    if left > 0:
        differences.append(("over", {"part": item.part_number, "quantity": left}))
    return differences


def _what_is_wrong(serial: str, lines: Sequence[RmaLine], sent_ahead: Sequence[str]) -> str:
    """'' for a serial that may fill one of the lines of its part."""
    if any(serial in line.received_serials for line in lines):
        return "booked_twice"
    if any(serial in line.serials for line in lines):
        return ""
    if serial in sent_ahead:
        return "swapped_serial"
    return "" if any(not line.serials for line in lines) else "wrong_serial"


def _book(lines: list[RmaLine], same_part: Sequence[int], quantity: int, serials: Sequence[str]) -> int:
    """Spread a quantity over the lines, each serial to the line that names it; returns what found no room."""
    left = quantity
    for serial in serials:
        named = [i for i in same_part if serial in lines[i].serials]
        index = next((i for i in named or _open_first(lines, same_part) if _room(lines[i])), None)
        if index is not None and left > 0:
            lines[index] = _filled(lines[index], 1, (serial,))
            left -= 1
    # Parts without a serial may fill any line of the part, so that a hurried booking still counts; waived ones come last.
    for room in (_outstanding, _room):
        for index in same_part:
            take = min(max(left, 0), room(lines[index]))
            lines[index] = _filled(lines[index], take)
            left -= take
    return left


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
