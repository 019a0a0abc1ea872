"""A Return Notification checked line by line (RM4): what is right is booked, what is wrong is listed back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mailflow.message.model import ReturnLine, ReturnNotification
from mailflow.policy.case import Parcel, RmaDetails, RmaLine

Problem = tuple[str, str, Mapping[str, Any]]
"""(the line as announced, name of the problem, values for its wording)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """The lines as they stand now, what was booked as (part number, quantity, serials as text), and what was wrong."""

    lines: tuple[RmaLine, ...]
    booked: tuple[tuple[str, int, str], ...]
    problems: tuple[Problem, ...]


def names_another(form: ReturnNotification, number: str) -> bool:
    """The form was filled for another return than the one whose letter it answers; blanks and dashes do not matter."""
    return bool(form.rma) and re.sub(r"\W", "", form.rma).upper() != re.sub(r"\W", "", number).upper()


def announce(details: RmaDetails, form: ReturnNotification, at: datetime) -> Announced:
    """Book each line of the form on the authorised line it names.

    A form without lines announces all that is not announced yet; a line with quantity 0 is not in this parcel. What names parts that
    are on their way already gives them another carrier and tracking number; their grace runs from the first announcement (RM9).
    """
    lines = list(details.lines)
    booked: list[tuple[str, int, str]] = []
    problems: list[Problem] = []
    for wanted in _lines_of_parcel(form) or _all_that_is_missing(details):
        index, problem = _match(lines, wanted)
        if index is None:
            index = _under_way_already(details.lines, lines, wanted) if problem[1] == "too_many" else None
            if index is None:
                problems.append(problem)
                continue
            lines[index] = _relabelled(lines[index], form)
        else:
            lines[index] = replace(lines[index], announced=(*lines[index].announced, _parcel(wanted, form, at)))
        booked.append((lines[index].part_number, _quantity(wanted), ", ".join(_serials(wanted))))
    return Announced(lines=tuple(lines), booked=tuple(booked), problems=tuple(problems))


def state_once_announced(state: str) -> str:
    """Parts on their way do not undo a receipt or a missed day."""
    return state if state in ("overdue", "to be invoiced", "received") else "announced"


def _lines_of_parcel(form: ReturnNotification) -> Sequence[ReturnLine]:
    return tuple(line for line in form.lines if line.quantity != 0) or form.lines


def _all_that_is_missing(details: RmaDetails) -> Sequence[ReturnLine]:
    free = tuple(line for line in details.lines if line.outstanding > _under_way(line))
    if free:
        return tuple(
            ReturnLine(
                part_number=line.part_number,
                quantity=line.outstanding - _under_way(line),
                serial="" if _under_way(line) else ", ".join(line.outstanding_serials),
            )
            for line in free
        )
    return tuple(
        ReturnLine(part_number=line.part_number, quantity=_under_way(line), serial=", ".join(line.outstanding_serials))
        for line in details.lines
        if line.outstanding
    )


def _parcel(wanted: ReturnLine, form: ReturnNotification, at: datetime) -> Parcel:
    return Parcel(
        carrier=form.carrier,
        tracking=form.tracking,
        on=at,
        quantity=_quantity(wanted),
        serials=_serials(wanted),
        fault=wanted.fault,
        category=wanted.category,
        data_removed=wanted.data_removed,
    )


def _relabelled(line: RmaLine, form: ReturnNotification) -> RmaLine:
    last = line.announced[-1]
    return replace(line, announced=(*line.announced[:-1], replace(last, carrier=form.carrier, tracking=form.tracking)))


def _under_way_already(before: Sequence[RmaLine], lines: Sequence[RmaLine], wanted: ReturnLine) -> int | None:
    """The line whose parts on their way are just those that are announced again; not one that this form has touched."""
    for index in _fitting(lines, wanted):
        if lines[index] is before[index] and 0 < _under_way(lines[index]) == _quantity(wanted):
            return index
    return None


def _match(lines: Sequence[RmaLine], wanted: ReturnLine) -> tuple[int | None, Problem]:
    """The authorised line meant, or the reason why there is none."""
    said = " ".join(filter(None, (f"{wanted.quantity} x" if wanted.quantity else "", wanted.part_number, wanted.serial)))
    same_part = _same_part(lines, wanted)
    if not same_part:
        return None, (said, "not_authorised", {"part": wanted.part_number or wanted.serial})
    serials = _serials(wanted)
    back = [serial for serial in serials if any(serial in lines[i].received_serials for i in same_part)]
    if back:
        return None, (said, "received_already", {"serial": ", ".join(back)})
    fitting = _fitting(lines, wanted)
    if not fitting:
        expected = ", ".join(serial for i in same_part for serial in lines[i].outstanding_serials) or "-"
        return None, (said, "wrong_serial", {"serial": ", ".join(serials), "expected": expected})
    quantity = _quantity(wanted)
    roomy = [i for i in fitting if quantity <= lines[i].outstanding - _under_way(lines[i])]
    if quantity > 0 and roomy:
        return roomy[0], (said, "", {})
    left = sum(max(0, lines[i].outstanding - _under_way(lines[i])) for i in fitting)
    return None, (said, "too_many", {"quantity": quantity, "left": left, "part": lines[fitting[0]].part_number})


def _same_part(lines: Sequence[RmaLine], wanted: ReturnLine) -> list[int]:
    return [i for i, line in enumerate(lines) if _is_part(line, wanted)]


def _fitting(lines: Sequence[RmaLine], wanted: ReturnLine) -> list[int]:
    """Lines of the part that name no serials, or all that are announced."""
    serials = _serials(wanted)
    return [i for i in _same_part(lines, wanted) if not lines[i].serials or not serials or set(serials) <= set(lines[i].serials)]


def _is_part(line: RmaLine, wanted: ReturnLine) -> bool:
    if wanted.part_number:
        return line.part_number.upper() == wanted.part_number.upper()
    return any(serial in line.serials for serial in _serials(wanted))


def _under_way(line: RmaLine) -> int:
    return min(line.outstanding, max(0, line.announced_quantity - line.received))


def _quantity(wanted: ReturnLine) -> int:
    return wanted.quantity if wanted.quantity is not None else max(1, len(_serials(wanted)))


def _serials(wanted: ReturnLine) -> tuple[str, ...]:
    return tuple(serial.strip().upper() for serial in wanted.serial.replace(";", ",").split(",") if serial.strip())
