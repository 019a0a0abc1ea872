"""A Return Notification checked line by line (RM4): what is right is booked, what is wrong is listed back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mailflow.cases.rma.owed import parcels_announced
from mailflow.cases.rma.parcel import (
    announced_serials,
    room,
    takes_any_serial,
    unannounced_serials,
    under_way,
    unnamed_under_way,
    with_parcel,
    with_parcels_moved,
    with_serials_moved,
)
from mailflow.message.model import FAULT_CATEGORIES, ReturnLine, ReturnNotification
from mailflow.policy.case import Parcel, RmaDetails, RmaLine

Problem = tuple[str, str, Mapping[str, Any]]
"""(the line as announced, name of the problem, values for its wording)."""

Booked = tuple[str, int, tuple[str, ...]]
"""(part number, quantity, serials)."""

_SERIAL_BREAK = re.compile(r"[\s,;/、，；]+")
_CATEGORY_CODE = re.compile(r"F\d{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """The lines as they stand now, what was booked, what was not, and what was booked but not understood in full."""

    lines: tuple[RmaLine, ...]
    booked: tuple[Booked, ...]
    problems: tuple[Problem, ...]
    remarks: tuple[Problem, ...] = ()


def names_another(form: ReturnNotification, number: str) -> bool:
    """The form was filled for another return than the one whose letter it answers; blanks and dashes do not matter."""
    return bool(form.rma) and re.sub(r"\W", "", form.rma).upper() != re.sub(r"\W", "", number).upper()


def announce_all(details: RmaDetails, forms: Sequence[ReturnNotification], at: datetime) -> Announced:
    """Several forms of one mail, one after another."""
    results: list[Announced] = []
    for form in forms:
        results.append(announce(details, form, at))
        details = replace(details, lines=results[-1].lines)
    return Announced(
        lines=details.lines,
        booked=tuple(one for result in results for one in result.booked),
        problems=tuple(one for result in results for one in result.problems),
        remarks=tuple(one for result in results for one in result.remarks),
    )


def announce(details: RmaDetails, form: ReturnNotification, at: datetime) -> Announced:
    """Book each line of the form on the authorised line it names.

    A form without lines announces all that is not announced yet; a line with quantity 0 is not in this parcel. What is on its way
    already is never counted again: it gets the other carrier and number, and its grace runs from the first announcement (RM9).
    """
    label = Parcel(carrier=form.carrier, tracking=form.tracking, on=at, quantity=0)
    remarks: tuple[Problem, ...] = tuple((text, f"unread_{name}", {}) for name, text in form.unread)
    if not form.lines:
        return replace(_announce_rest(details, label), remarks=remarks)
    lines = list(details.lines)
    booked: list[Booked] = []
    problems: list[Problem] = []
    for wanted in tuple(line for line in form.lines if line.quantity != 0) or form.lines:
        found, wrong = _LineOfForm(details.lines, lines, wanted, label).book()
        booked += found
        problems += wrong
        if _CATEGORY_CODE.fullmatch(wanted.category) and wanted.category not in FAULT_CATEGORIES:
            remarks = (*remarks, (_said(wanted), "unknown_category", {"category": wanted.category, "known": FAULT_CATEGORIES}))
    return Announced(lines=tuple(lines), booked=tuple(booked), problems=tuple(problems), remarks=remarks)


def state_once_announced(state: str) -> str:
    """Parts on their way do not undo a receipt or a missed day."""
    return state if state in ("overdue", "to be invoiced", "received") else "announced"


# Without lines


def _announce_rest(details: RmaDetails, label: Parcel) -> Announced:
    """All that is not announced or has no tracking number yet; where nothing is left, all that is on its way goes with another number."""
    told = [_rest_of_line(line, label, everything=False) for line in details.lines]
    if not any(quantity for _, quantity, _ in told):
        told = [_rest_of_line(line, label, everything=True) for line in details.lines]
    booked = tuple((line.part_number, quantity, serials) for line, quantity, serials in told if quantity)
    return Announced(lines=tuple(line for line, _, _ in told), booked=booked, problems=())


def _rest_of_line(line: RmaLine, label: Parcel, *, everything: bool) -> tuple[RmaLine, int, tuple[str, ...]]:
    waiting = [(count, parcel) for count, parcel in parcels_announced(line) if everything or not parcel.tracking]
    free = room(line)
    left = unannounced_serials(line)
    fresh = left if len(left) <= free else ()
    moved = with_parcels_moved(line, label, [parcel for _, parcel in waiting])
    serials = tuple(one for _, parcel in waiting for one in parcel.serials if one not in line.received_serials)
    quantity = min(line.outstanding, free + sum(count for count, _ in waiting))
    return (with_parcel(moved, label, free, fresh) if free else moved), quantity, (*serials, *(fresh if free else ()))


# Line by line


class _LineOfForm:
    """One line of the form, booked on the lines of its part. `before` is how the return stood before this form."""

    def __init__(self, before: Sequence[RmaLine], lines: list[RmaLine], wanted: ReturnLine, label: Parcel) -> None:
        self.before = before
        self.lines = lines
        self.wanted = wanted
        self.label = replace(label, fault=wanted.fault, category=wanted.category, data_removed=wanted.data_removed)
        self.serials = tuple(dict.fromkeys(one.upper() for one in _SERIAL_BREAK.split(wanted.serial) if one))
        self.quantity = wanted.quantity if wanted.quantity is not None else max(1, len(self.serials))
        self.part = [index for index, line in enumerate(lines) if self._is_part(line)]
        self.settled = 0
        """How many of its serials need no announcement."""
        self.problems: list[Problem] = []

    def book(self) -> tuple[list[Booked], list[Problem]]:
        """What was booked, and what is wrong with the rest."""
        if not self.part:
            self._object("not_authorised", part=self.wanted.part_number or self.wanted.serial)
            return [], self.problems
        if self.wanted.unread_quantity:
            self._object("unread_quantity", quantity=self.wanted.unread_quantity)
        good = self._choose(self._check_serials())
        if self.problems and (self.wanted.unread_quantity or good is None):
            return [], self.problems
        return self._book(good or ()), self.problems

    def _object(self, problem: str, about: Sequence[str] = (), **values: Any) -> None:
        """Something is wrong with the line, or with these serials of it."""
        whole = not about or len(about) == len(self.serials)
        said = _said(self.wanted) if whole else f"{len(about)} x {self._part_number} {', '.join(about)}"
        self.problems.append((said, problem, values))

    def _is_part(self, line: RmaLine) -> bool:
        if self.wanted.part_number:
            return line.part_number.upper() == self.wanted.part_number.upper()
        return any(serial in line.serials for serial in self.serials)

    def _check_serials(self) -> tuple[str, ...]:
        """The serials that may travel; of the others is told what is wrong with them."""
        same = [self.lines[index] for index in self.part]
        back = tuple(one for one in self.serials if any(one in line.received_serials for line in same))
        twice = tuple(one for one in self.serials if self._is_new_in_form(one))
        known = tuple(one for one in self.serials if any(one in line.serials for line in same))
        strange = tuple(one for one in self.serials if one not in (*back, *twice, *known) and not any(map(takes_any_serial, same)))
        self.settled = len(back) + len(twice)
        if back:
            self._object("received_already", back, serial=back)
        if twice:
            self._object("named_twice", twice, serial=twice)
        if strange:
            expected = tuple(one for line in same for one in unannounced_serials(line) if one not in self.serials)
            self._object("wrong_serial" if expected else "unexpected_serial", strange, serial=strange, expected=expected)
        return tuple(one for one in self.serials if one not in (*back, *twice, *strange))

    def _is_new_in_form(self, serial: str) -> bool:
        """Another line of this form named it already."""
        return any(serial in announced_serials(self.lines[i]) and serial not in announced_serials(self.before[i]) for i in self.part)

    def _choose(self, good: tuple[str, ...]) -> tuple[str, ...] | None:
        """Fewer units than serials, as where a prefilled cell was left as it was: those not announced yet, where that is clear."""
        if len(good) <= self.quantity or self.wanted.unread_quantity:
            return good
        fresh = tuple(one for one in good if not any(one in announced_serials(self.lines[index]) for index in self.part))
        if len(fresh) == self.quantity > 0:
            return fresh
        self._object("which_serial", part=self._part_number, quantity=self.quantity, serials=good)
        return None

    @property
    def _part_number(self) -> str:
        return self.lines[self.part[0]].part_number

    def _book(self, serials: tuple[str, ...]) -> list[Booked]:
        plain = max(0, self.quantity - len(self.serials)) if serials or not self.problems else 0
        expected = sum(self.before[index].outstanding for index in self.part)
        fresh: Counter[int] = Counter()
        named: dict[int, list[str]] = {}
        moved: dict[int, list[str]] = {}
        for serial in serials:
            index = self._known_place(serial)
            if index is not None:
                moved.setdefault(index, []).append(serial)
            elif (free := self._free_place(serial, fresh)) is not None:
                fresh[free] += 1
                named.setdefault(free, []).append(serial)
            elif (index := self._unnamed_place(serial, moved)) is not None:
                moved.setdefault(index, []).append(serial)
        placed = tuple(one for one in serials if any(one in held for place in (named, moved) for held in place.values()))
        again = 0 if serials else self._move_again(plain)
        for index in self.part:
            taken = min(plain - again, room(self.lines[index]) - fresh[index])
            fresh[index] += taken
            plain -= taken
        for index, held in moved.items():
            self.lines[index] = with_serials_moved(self.lines[index], self.label, held)
        for index in fresh:
            if fresh[index]:
                self.lines[index] = with_parcel(self.lines[index], self.label, fresh[index], named.get(index, ()))
        count = sum(fresh.values()) + sum(map(len, moved.values())) + again
        short = len(serials) - len(placed) + plain - again
        if short or self.quantity - self.settled > expected or (count == 0 and not self.problems):
            left = count or sum(room(self.lines[index]) for index in self.part)
            self._object("some_too_many" if count else "too_many", quantity=self.quantity, left=left, part=self._part_number)
        return [(self._part_number, count, placed)] if count else []

    def _known_place(self, serial: str) -> int | None:
        return next((index for index in self.part if serial in announced_serials(self.lines[index])), None)

    def _free_place(self, serial: str, fresh: Counter[int]) -> int | None:
        """The line that names it, else one that takes any serial."""
        places = [index for index in self.part if room(self.lines[index]) > fresh[index]]
        named = (index for index in places if serial in self.lines[index].serials)
        return next(named, next((index for index in places if takes_any_serial(self.lines[index])), None))

    def _unnamed_place(self, serial: str, moved: Mapping[int, Sequence[str]]) -> int | None:
        """A line of which units were announced before without their serials."""
        for index in self.part:
            line = self.before[index]
            names_it = serial in line.serials or takes_any_serial(line)
            if names_it and line is self.lines[index] and unnamed_under_way(line) > len(moved.get(index, ())):
                return index
        return None

    def _move_again(self, quantity: int) -> int:
        """Units without serials that were announced before, in the same parcel or all of them: told again, not counted again."""
        for index in self.part:
            line = self.before[index]
            if line is not self.lines[index] or not under_way(line):
                continue
            known = parcels_announced(line)
            same = [one for count, one in known if self.label.tracking and one.tracking == self.label.tracking and count == quantity]
            fits = quantity == under_way(line) or quantity >= line.outstanding
            if same or (quantity > room(line) and fits):
                chosen = same[:1] or [one for _, one in known]
                self.lines[index] = with_parcels_moved(line, self.label, chosen)
                return quantity if same else under_way(line)
        return 0


def _said(wanted: ReturnLine) -> str:
    return " ".join(filter(None, (f"{wanted.quantity} x" if wanted.quantity else "", wanted.part_number, wanted.serial)))
