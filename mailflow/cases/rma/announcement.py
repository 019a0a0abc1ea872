"""A Return Notification checked line by line (RM4): what is right is booked, what is wrong is listed back."""

from __future__ import annotations

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


def announce(details: RmaDetails, form: ReturnNotification, at: datetime) -> Announced:
    """Book each line of the form on the authorised line it names.

    A form without lines announces all that is not announced yet, or names another parcel for what is.
    """
    free = tuple(line for line in details.lines if line.outstanding > _under_way(line))
    if not form.lines and not free:
        return _announce_again(details, form)
    wanted: Sequence[ReturnLine] = form.lines or tuple(
        ReturnLine(
            part_number=line.part_number,
            quantity=line.outstanding - _under_way(line),
            serial="" if _under_way(line) else ", ".join(line.outstanding_serials),
        )
        for line in free
    )
    lines = list(details.lines)
    booked: list[tuple[str, int, str]] = []
    problems: list[Problem] = []
    for line in wanted:
        index, problem = _match(lines, line)
        if index is None:
            problems.append(problem)
            continue
        quantity, serials = _quantity(line, lines[index]), _serials(line)
        parcel = Parcel(carrier=form.carrier, tracking=form.tracking, on=at, quantity=quantity, serials=serials)
        lines[index] = replace(lines[index], announced=(*lines[index].announced, parcel))
        booked.append((lines[index].part_number, quantity, ", ".join(serials)))
    return Announced(lines=tuple(lines), booked=tuple(booked), problems=tuple(problems))


def _announce_again(details: RmaDetails, form: ReturnNotification) -> Announced:
    """Another carrier or tracking number for what is on its way; its grace runs from the first announcement."""
    lines = tuple(
        replace(line, announced=(*line.announced[:-1], replace(line.announced[-1], carrier=form.carrier, tracking=form.tracking)))
        if line.outstanding > 0 and line.announced
        else line
        for line in details.lines
    )
    booked = tuple((line.part_number, line.outstanding, ", ".join(line.outstanding_serials)) for line in lines if line.outstanding > 0)
    return Announced(lines=lines, booked=booked, problems=())


def state_once_announced(state: str) -> str:
    """Parts on their way do not undo a receipt or a missed day."""
    return state if state in ("overdue", "to be invoiced", "received") else "announced"


def _match(lines: Sequence[RmaLine], wanted: ReturnLine) -> tuple[int | None, Problem]:
    """The authorised line meant, or the reason why there is none."""
    said = " ".join(filter(None, (f"{wanted.quantity} x" if wanted.quantity else "", wanted.part_number, wanted.serial)))
    same_part = [i for i, line in enumerate(lines) if _is_part(line, wanted)]
    if not same_part:
        return None, (said, "not_authorised", {"part": wanted.part_number or wanted.serial})
    serials = _serials(wanted)
    fitting = [i for i in same_part if not lines[i].serials or not serials or set(serials) <= set(lines[i].serials)]
    if not fitting:
        expected = ", ".join(serial for i in same_part for serial in lines[i].serials)
        return None, (said, "wrong_serial", {"serial": ", ".join(serials), "expected": expected})
    quantity = _quantity(wanted, lines[fitting[0]])
    roomy = [i for i in fitting if quantity <= lines[i].outstanding - _under_way(lines[i])]
    if quantity > 0 and roomy:
        return roomy[0], (said, "", {})
    left = sum(max(0, lines[i].outstanding - _under_way(lines[i])) for i in fitting)
    return None, (said, "too_many", {"quantity": quantity, "left": left, "part": lines[fitting[0]].part_number})


def _is_part(line: RmaLine, wanted: ReturnLine) -> bool:
    if wanted.part_number:
        return line.part_number.upper() == wanted.part_number.upper()
    return any(serial in line.serials for serial in _serials(wanted))


def _under_way(line: RmaLine) -> int:
    return max(0, line.announced_quantity - line.received)


def _quantity(wanted: ReturnLine, line: RmaLine) -> int:
    return wanted.quantity if wanted.quantity is not None else max(1, len(_serials(wanted)))


def _serials(wanted: ReturnLine) -> tuple[str, ...]:
    return tuple(serial.strip().upper() for serial in wanted.serial.replace(";", ",").split(",") if serial.strip())
