"""A return is its units: each in one place, each serial with days of its own where they are known (BX3, RM5, RM9)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.cases.rma.announcement import announce
from mailflow.cases.rma.details import RmaDetails
from mailflow.cases.rma.receipt import reconcile
from mailflow.cases.rma.units import Obligation, Unit, deliver
from mailflow.message.item import Item
from mailflow.message.model import ReturnLine, ReturnNotification
from tests.cases.rma.returns import (
    ISSUED,
    PART,
    after,
    case,
    command,
    facts,
    fall,
    letter,
    local_nine,
    names,
    numbered,
    overdue,
    parcel,
    part,
)
from tests.cases.rma.test_opening import issued
from tests.cases.rma.two_parts import BOARD_DUE, CARD_DUE, at, shipped

ONE, TWO = "SER000000001", "SER000000002"
CARDS = part(PART, 2, serials=(ONE, TWO))

steps = st.one_of(
    st.tuples(st.just("deliver"), st.sampled_from("AB"), st.integers(1, 3), st.just("")),
    st.tuples(st.just("receive"), st.sampled_from("AB"), st.integers(1, 3), st.sampled_from(["", "S1", "S2", "S9"])),
    st.tuples(st.just("announce"), st.sampled_from("AB"), st.integers(1, 3), st.sampled_from(["", "S1", "S2", "S9"])),
    st.tuples(st.just("waive"), st.just("A"), st.just(0), st.just("")),
)


def taken(details: RmaDetails, act: str, number: str, quantity: int, serial: str, day: int) -> RmaDetails:
    """The return after one thing that happens to it."""
    serials = (serial,) if serial else ()
    now = ISSUED + timedelta(days=day)
    match act:
        case "deliver":
            known = Obligation(delivered_on=now.date(), due=now.date() + timedelta(days=15 - 3 * (day % 5)))
            return replace(details, units=deliver(details.units, {number: quantity}, known))
        case "receive":
            return replace(details, units=reconcile(details, [Item(quantity, number, serials)], now).units)
        case "announce":
            form = ReturnNotification(tracking="1", lines=(ReturnLine(part_number=number, quantity=quantity, serial=serial),))
            return replace(details, units=announce(details, form, now).units)
    return details.updated(replace(unit, waived=True) for unit in details.units[:2] if unit.is_outstanding)


@given(st.lists(steps, max_size=12))
def test_each_unit_is_in_one_place_and_no_day_is_lost(happened: list[tuple[str, str, int, str]]) -> None:
    """BX3, RM5: what is back or waived never has a later day than what is outstanding of its part."""
    details = RmaDetails(
        type="advance",
        service_level="",
        units=numbered((part("A", 2, serials=("S1", "S2")), part("B", 3))),
        issued_at=ISSUED,
        valid_through=date(2026, 12, 20),
    )
    for day, step in enumerate(happened):
        before, details = details, taken(details, *step, day)
        assert [unit.place for unit in details.units] == [1, 2, 3, 4, 5]
        assert [(unit.part_number, unit.serial) for unit in details.units] == [("A", "S1"), ("A", "S2"), *[("B", "")] * 3]
        assert all((unit.received_at is not None) + unit.waived + unit.is_outstanding == 1 for unit in details.units)
        serials = [(unit.part_number, unit.received_serial) for unit in details.units if unit.received_serial]
        assert len(serials) == len(set(serials))
        assert sum(unit.received_at is not None for unit in details.units) >= sum(unit.received_at is not None for unit in before.units)
        assert not days(before) - days(details)
        for number in "AB":
            same = [unit for unit in details.units if unit.part_number == number]
            settled = [unit.due or date.max for unit in same if not unit.is_outstanding]
            assert max(settled, default=date.min) <= min((unit.due or date.max for unit in same if unit.is_outstanding), default=date.max)


def days(details: RmaDetails) -> Counter[tuple[str, date]]:
    return Counter((unit.part_number, unit.due) for unit in details.units if unit.due)


def by_serial(units: tuple[Unit, ...]) -> dict[str, tuple[date | None, bool]]:
    return {unit.serial: (unit.due, unit.is_outstanding) for unit in units}


def test_a_serial_that_the_delivery_names_keeps_its_own_day() -> None:
    """BX3: the second card's replacement came first, so the first card stays due with its own."""
    one = after(command(shipped((CARDS,)), f"/delivered 2026-11-24 1 x {PART} serial {TWO}", at=at(11, 25)))
    two = after(command(one, f"/delivered 2026-12-09 1 x {PART} serial {ONE}", at=at(12, 10)))
    assert by_serial(two.details.units) == {ONE: (BOARD_DUE, True), TWO: (CARD_DUE, True)}
    back = after(command(two, f"/received 1 x {PART} serial {ONE}", by="warehouse@tac.example", at=at(12, 11)))
    assert by_serial(back.details.units) == {ONE: (BOARD_DUE, False), TWO: (CARD_DUE, True)}


def test_a_unit_that_was_invoiced_keeps_its_day_when_the_others_get_more_time() -> None:
    """BX3, RM9: finance was asked for the card that is neither here nor under way, and what it holds does not move with the other one."""
    subject = overdue(parts=(part(PART, 2, serials=(ONE, TWO)),))
    moving = (replace(subject.details.units[0], announcement=parcel("JD1", local_nine(2026, 12, 22))[0], announced_serial=ONE),)
    asked = fall("invoice_request", "", local_nine(2026, 12, 23), replace(subject, details=subject.details.updated(moving)))
    assert [row.outstanding_serials for row in letter(asked, "rma/invoice_request").values["outstanding"]] == [(TWO,)]
    invoiced = after(command(after(asked), "/invoiced INV-1", by="finance@tac.example"))
    extended = after(command(invoiced, "/extend 5 stock check"))
    assert [(unit.serial, unit.due, unit.invoice is not None) for unit in extended.details.units] == [
        (ONE, date(2027, 1, 5), False),
        (TWO, date(2026, 12, 15), True),
    ]


def test_finance_reads_the_serial_that_is_missing_not_the_one_in_the_parcel() -> None:
    """RM9, BX3: the second card is under way, so the first one is asked for, whatever day comes first."""
    first = Obligation(delivered_on=date(2026, 11, 24), due=date(2026, 12, 14), invoice_on=date(2026, 12, 22))
    known = overdue().details.units[0].obligation
    assert known is not None
    ready = (replace(first, notices=known.notices), known)
    subject = replace(case(parts=(part(PART, 2, serials=(ONE, TWO), obligations=ready),)), state="overdue")
    unit = replace(subject.details.units[1], announcement=parcel("JD1", local_nine(2026, 12, 22))[0], announced_serial=TWO)
    decision = fall("invoice_request", "", local_nine(2026, 12, 23), replace(subject, details=subject.details.updated([unit])))
    (row,) = letter(decision, "rma/invoice_request").values["outstanding"]
    (missing, _) = after(decision).details.units
    assert (row.outstanding_serials, row.due) == ((ONE,), missing.due)
    assert (missing.serial, missing.is_asked_for) == (ONE, True)
    arrived = command(after(decision), f"/received 1 x {PART} serial {TWO}", by="warehouse@tac.example", at=at(12, 28))
    assert after(arrived).details.asked_for == (missing,)


@pytest.mark.parametrize("line", [f"/rma advance 1001 x {PART}", f"/rma advance 999 x {PART}; 2 x 02352KLM"])
def test_a_return_of_more_than_a_thousand_units_is_refused(line: str) -> None:
    """RM1"""
    assert names(issued(line).refused) == ("rma_too_many_units",)
    assert names(command(case(), f"/correct 1001 x {PART}", known=facts()).refused) == ("rma_too_many_units",)


def test_a_parcel_that_is_announced_after_another_unit_came_is_under_way() -> None:
    """RM4, RM9: what came before is not taken off it, so its grace holds and it is announced once."""
    subject = overdue(parts=(part(PART, 3, received=1),))
    moving = announce(subject.details, ReturnNotification(tracking="1", lines=(ReturnLine(part_number=PART, quantity=1),)), at(12, 22))
    asked = fall("invoice_request", "", local_nine(2026, 12, 23), replace(subject, details=replace(subject.details, units=moving.units)))
    assert sum(unit.is_asked_for for unit in after(asked).details.units) == 1
