"""A Return Notification checked line by line (RM4): what is right is booked, what is wrong is listed back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailflow.cases.rma.details import RmaDetails
from mailflow.cases.rma.units import Announcement, Unit, lines_of, updated
from mailflow.message.model import FAULT_CATEGORIES, ReturnLine, ReturnNotification
from mailflow.policy.derivation import Value

Problem = tuple[str, str, Mapping[str, Value]]
"""(the line as announced, name of the problem, values for its wording)."""

Booked = tuple[str, int, tuple[str, ...]]
"""(part number, quantity, serials)."""

_SERIAL_BREAK = re.compile(r"[\s,;/、，；]+")
_CATEGORY_CODE = re.compile(r"F\d{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """The units as they stand now, what was booked, what was not, and what was booked but not understood in full."""

    units: tuple[Unit, ...]
    booked: tuple[Booked, ...] = ()
    problems: tuple[Problem, ...] = ()
    remarks: tuple[Problem, ...] = ()


def names_another(form: ReturnNotification, number: str) -> bool:
    """Tell whether the form was filled for another return than the one whose letter it answers; blanks and dashes do not matter."""
    return bool(form.rma) and re.sub(r"\W", "", form.rma).upper() != re.sub(r"\W", "", number).upper()


def state_once_announced(state: str) -> str:
    """Return the state after an announcement: parts on their way do not undo a receipt or a missed day."""
    return state if state in ("overdue", "to be invoiced", "received") else "announced"


def announce_all(details: RmaDetails, forms: Sequence[ReturnNotification], at: datetime) -> Announced:
    """Book several forms of one mail, one after another."""
    announced = Announced(units=details.units)
    for form in forms:
        one = announce(replace(details, units=announced.units), form, at)
        announced = Announced(
            units=one.units,
            booked=(*announced.booked, *one.booked),
            problems=(*announced.problems, *one.problems),
            remarks=(*announced.remarks, *one.remarks),
        )
    return announced


def announce(details: RmaDetails, form: ReturnNotification, at: datetime) -> Announced:
    """Book each line of the form on units of its part.

    A form without lines announces all that is not announced yet; a line with quantity 0 is not in this parcel. What is on its way
    already is never counted again: it gets the other carrier and number, and its grace runs from the first announcement (RM9).
    """
    label = Announcement(carrier=form.carrier, tracking=form.tracking, on=at)
    remarks: list[Problem] = [(text, f"unread_{name}", {}) for name, text in form.unread]
    if not form.lines:
        return replace(_announce_rest(details.units, label), remarks=tuple(remarks))
    units = details.units
    booked: list[Booked] = []
    problems: list[Problem] = []
    for wanted in tuple(line for line in form.lines if line.quantity != 0) or form.lines:
        line = _LineOfForm(details.units, units, wanted, label)
        booked += line.book()
        problems += line.problems
        units = line.units
        if _CATEGORY_CODE.fullmatch(wanted.category) and wanted.category not in FAULT_CATEGORIES:
            remarks.append((_as_written(wanted), "unknown_category", {"category": wanted.category, "known": FAULT_CATEGORIES}))
    return Announced(units=units, booked=tuple(booked), problems=tuple(problems), remarks=tuple(remarks))


def _announce_rest(units: tuple[Unit, ...], label: Announcement) -> Announced:
    """Announce all that is not announced or has no tracking number yet; where nothing is left, give all that is on its way another
    number."""
    waiting = [unit for unit in units if unit.is_outstanding and not unit.is_on_its_way]
    chosen = waiting or [unit for unit in units if unit.is_outstanding]
    announced: list[Unit] = []
    booked: list[Booked] = []
    for line in lines_of(units):
        fresh = [unit for unit in line.units if unit in chosen and not unit.announcement]
        # Where units were announced, or came back, without their serials, it is not known which serials are left.
        is_clear = line.knows_serials and len(_unannounced_serials(line.units, line.outstanding_serials)) <= len(fresh)
        first_told = [replace(unit, announcement=label, announced_serial=unit.serial if is_clear else "") for unit in fresh]
        moved = [_relabelled(unit, label) for unit in line.units if unit in chosen and unit.announcement]
        serials = tuple(unit.announced_serial for unit in (*moved, *first_told) if unit.announced_serial)
        booked += [(line.part_number, len(moved) + len(first_told), serials)] if moved or first_told else []
        announced += [*moved, *first_told]
    return Announced(units=updated(units, announced), booked=tuple(booked))


def _unannounced_serials(units: Iterable[Unit], serials: Iterable[str]) -> tuple[str, ...]:
    """List the serials that are expected and no parcel names."""
    named = {unit.announced_serial for unit in units if unit.is_outstanding}
    return tuple(serial for serial in serials if serial not in named)


def _relabelled(unit: Unit, label: Announcement, serial: str = "") -> Unit:
    """Move a unit to another parcel than was announced; what the customer left out this time stays as it was."""
    known = unit.announcement or label
    relabelled = Announcement(
        on=known.on,
        carrier=label.carrier or known.carrier,
        tracking=label.tracking or known.tracking,
        fault=label.fault or known.fault,
        category=label.category or known.category,
        data_removed=label.data_removed or known.data_removed,
    )
    return replace(unit, announcement=relabelled, announced_serial=serial or unit.announced_serial)


class _LineOfForm:
    """One line of the form, booked on the units of its part. `before` is how the return stood before this form."""

    def __init__(self, before: Sequence[Unit], units: tuple[Unit, ...], wanted: ReturnLine, label: Announcement) -> None:
        self.units = units
        self.wanted = wanted
        self.label = replace(label, fault=wanted.fault, category=wanted.category, data_removed=wanted.data_removed)
        self.serials = tuple(dict.fromkeys(one.upper() for one in _SERIAL_BREAK.split(wanted.serial) if one))
        self.quantity = wanted.quantity if wanted.quantity is not None else max(1, len(self.serials))
        named = (unit.part_number for unit in units if unit.serial in self.serials)
        self.part = wanted.part_number.upper() or next(named, "")
        self.before = tuple(unit for unit in before if unit.part_number == self.part)
        self.problems: list[Problem] = []

    @property
    def same(self) -> tuple[Unit, ...]:
        """The units of the part."""
        return tuple(unit for unit in self.units if unit.part_number == self.part)

    @property
    def free(self) -> list[Unit]:
        """Units that may be announced."""
        return [unit for unit in self.same if unit.is_outstanding and not unit.announcement]

    def book(self) -> list[Booked]:
        """Book the line and return what was booked; what is wrong with the rest stands in `problems`."""
        if not self.same:
            self._object("not_authorised", part=self.wanted.part_number or self.wanted.serial)
            return []
        if self.wanted.unread_quantity:
            self._object("unread_quantity", quantity=self.wanted.unread_quantity)
        good, settled = self._check_serials()
        if len(good) > self.quantity and not self.wanted.unread_quantity:
            # Fewer units than serials, as where a prefilled cell was left as it was: those not announced yet, where that is clear.
            named = {unit.announced_serial for unit in self.same if unit.is_outstanding}
            fresh = tuple(one for one in good if one not in named)
            if len(fresh) != self.quantity or not fresh:
                self._object("which_serial", part=self.part, quantity=self.quantity, serials=good)
                return []
            good = fresh
        return [] if self.problems and self.wanted.unread_quantity else self._book(good, settled)

    def _object(self, problem: str, about: Sequence[str] = (), **values: Value) -> None:
        """Note what is wrong with the line, or with these serials of it."""
        whole = not about or len(about) == len(self.serials)
        said = _as_written(self.wanted) if whole else f"{len(about)} x {self.part} {', '.join(about)}"
        self.problems.append((said, problem, values))

    def _check_serials(self) -> tuple[tuple[str, ...], int]:
        """Return the serials that may travel, and how many need no announcement; note what is wrong with the others."""
        here = {unit.received_serial for unit in self.same}
        earlier = {unit.announced_serial for unit in self.before}
        back = tuple(one for one in self.serials if one in here)
        twice = tuple(one for one in self.serials if one not in earlier and any(unit.announced_serial == one for unit in self.same))
        takes_any = any(not unit.serial and not unit.received_serial for unit in self.same)
        expected = {unit.serial for unit in self.same}
        odd = tuple(one for one in self.serials if one not in expected and not takes_any and one not in (*back, *twice))
        if back:
            self._object("received_already", back, serial=back)
        if twice:
            self._object("named_twice", twice, serial=twice)
        if odd:
            (line,) = lines_of(self.same)
            left = tuple(one for one in _unannounced_serials(self.same, line.outstanding_serials) if one not in self.serials)
            self._object("wrong_serial" if left else "unexpected_serial", odd, serial=odd, expected=left)
        return tuple(one for one in self.serials if one not in (*back, *twice, *odd)), len(back) + len(twice)

    def _book(self, serials: tuple[str, ...], settled: int) -> list[Booked]:
        outstanding = sum(unit.is_outstanding for unit in self.before)
        plain = max(0, self.quantity - len(self.serials)) if serials or not self.problems else 0
        # Read before the serials are placed: whoever tells a quantity again must not meet what this line has just announced.
        again = 0 if serials else self._move_again(plain)
        placed = tuple(serial for serial in serials if self._place(serial))
        fresh = sorted(self.free, key=lambda unit: bool(unit.serial))[: plain - again]
        self._update(replace(unit, announcement=self.label) for unit in fresh)
        count = len(placed) + len(fresh) + again
        is_short = count < len(serials) + plain
        if is_short or self.quantity - settled > outstanding or (count == 0 and not self.problems):
            left = count or len(self.free)
            self._object("some_too_many" if count else "too_many", quantity=self.quantity, left=left, part=self.part)
        return [(self.part, count, placed)] if count else []

    def _update(self, changed: Iterable[Unit]) -> None:
        self.units = updated(self.units, changed)

    def _place(self, serial: str) -> bool:
        """Book one serial on its own unit, else on one that takes any; a unit that was announced without a serial makes room."""
        waiting = [unit for unit in self.same if unit.is_outstanding]
        known = next((unit for unit in waiting if unit.announced_serial == serial), None)
        if known is not None:
            self._update([_relabelled(known, self.label)])
            return True
        own = [unit for unit in waiting if unit.serial == serial]
        unnamed = [unit for unit in waiting if not unit.announced_serial]
        takers = own or sorted(unnamed, key=lambda unit: (unit.announcement is not None, bool(unit.serial)))
        if not takers:
            return False
        unit, room = takers[0], [other for other in self.free if other is not takers[0]]
        if unit.announcement is None:
            self._update([replace(unit, announcement=self.label, announced_serial=serial)])
        elif unit.announced_serial:
            return False
        elif room:
            moved = replace(room[0], announcement=unit.announcement)
            self._update([moved, replace(unit, announcement=self.label, announced_serial=serial)])
        elif unit in self.before:
            self._update([_relabelled(unit, self.label, serial)])
        else:
            return False
        return True

    def _move_again(self, quantity: int) -> int:
        """Give units that were announced before without serials, in the same parcel or all of them, the new parcel; count none of them
        again."""
        moving = [unit for unit in self.before if unit.is_outstanding and unit.announcement]
        if self.same != self.before or not moving:
            return 0
        parcels = lines_of(moving)[0].announced
        tracking = self.label.tracking
        same = [units for parcel, units in parcels.items() if tracking and parcel.tracking == tracking and len(units) == quantity]
        outstanding = sum(unit.is_outstanding for unit in self.before)
        if same or (quantity > len(self.free) and (quantity == len(moving) or quantity >= outstanding)):
            chosen = same[0] if same else moving
            self._update(_relabelled(unit, self.label) for unit in chosen)
            return len(chosen)
        return 0


def _as_written(wanted: ReturnLine) -> str:
    return " ".join(filter(None, (f"{wanted.quantity} x" if wanted.quantity else "", wanted.part_number, wanted.serial)))
