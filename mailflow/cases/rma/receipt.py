"""Parts that arrived, reconciled with what was authorised and announced (RM5, RM6, BX5). Partial receipts add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mailflow.policy.case import RmaDetails, RmaLine

Difference = tuple[str, Mapping[str, Any]]
"""(named outcome of BX5, values for its wording)."""

Row = tuple[str, str, int, int, int, int, int]
"""(part number, description, authorised, announced, received now, received so far, outstanding)."""


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


def reconcile(details: RmaDetails, arrived: Sequence[Arrived]) -> Reconciled:
    """Fill the authorised lines with what arrived; whatever does not fit becomes a named difference."""
    lines = list(details.lines)
    differences: list[Difference] = []
    for item in arrived:
        differences.extend(_fill(lines, item))
        if item.condition:
            differences.append(("condition", {"part": item.part_number, "condition": item.condition}))
    now = [after.received - before.received for before, after in zip(details.lines, lines, strict=True)]
    rows = tuple(
        (line.part_number, line.description, line.authorised, line.announced_quantity, arrived_now, line.received, line.outstanding)
        for line, arrived_now in zip(lines, now, strict=True)
    )
    short = [("short", {"part": line.part_number, "quantity": line.outstanding}) for line in lines if line.outstanding > 0]
    return Reconciled(lines=tuple(lines), rows=rows, differences=(*differences, *short), booked=sum(now))


def _fill(lines: list[RmaLine], item: Arrived) -> list[Difference]:
    """Book one item on the lines of its part, in place; the differences that remain."""
    same_part = [i for i, line in enumerate(lines) if line.part_number.upper() == item.part_number.upper()]
    if not same_part:
        return [("wrong_part", {"part": item.part_number, "quantity": item.quantity})]
    differences: list[Difference] = []
    fitting: list[str] = []
    for serial in item.serials:
        owner = next((i for i in same_part if serial in lines[i].serials), None)
        if any(serial in lines[i].received_serials for i in same_part):
            differences.append(("booked_twice", {"part": item.part_number, "serial": serial}))
        elif owner is not None or any(not lines[i].serials for i in same_part):
            fitting.append(serial)
        else:
            expected = ", ".join(s for i in same_part for s in lines[i].outstanding_serials)
            differences.append(("wrong_serial", {"part": item.part_number, "serial": serial, "expected": expected}))
    unfit = len(item.serials) - len(fitting)
    left = _book(lines, same_part, item.quantity - unfit, fitting)
    if left > 0:
        differences.append(("over", {"part": item.part_number, "quantity": left}))
    return differences


def _book(lines: list[RmaLine], same_part: Sequence[int], quantity: int, serials: Sequence[str]) -> int:
    """Spread a quantity over the lines, each serial to the line that names it; returns what found no room."""
    left = quantity
    for serial in serials:
        index = next((i for i in same_part if serial in lines[i].serials), None)
        index = index if index is not None else next((i for i in same_part if lines[i].outstanding > 0), None)
        if index is not None and lines[index].outstanding > 0 and left > 0:
            line = lines[index]
            lines[index] = replace(line, received=line.received + 1, received_serials=(*line.received_serials, serial))
            left -= 1
    for index in same_part:
        # Parts without a serial may fill any line of the part, so that a hurried booking still counts.
        take = min(max(left, 0), lines[index].outstanding)
        lines[index] = replace(lines[index], received=lines[index].received + take)
        left -= take
    return left
