"""A Return Notification checked line by line (RM4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from mailflow.cases.rma.announcement import announce, announce_all
from mailflow.cases.rma.details import RmaDetails
from mailflow.message.model import ReturnLine, ReturnNotification
from tests.cases.rma.returns import numbered, part

AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
DETAILS = RmaDetails(
    type="advance",
    service_level="9x5xNBD",
    units=numbered((part("03057BGH", 2), part("02352KLM", serials=("2102352KLM10L5000456",)))),
    issued_at=AT,
    valid_through=date(2026, 12, 31),
)


def form(*lines: ReturnLine) -> ReturnNotification:
    return ReturnNotification(rma="RMA-100001", carrier="DHL", tracking="123", lines=lines)


def problems(*lines: ReturnLine) -> tuple[str, ...]:
    return tuple(name for _, name, _ in announce(DETAILS, form(*lines), AT).problems)


def test_a_form_without_lines_announces_all_that_is_outstanding() -> None:
    """RM4"""
    result = announce(DETAILS, form(), AT)
    assert result.booked == (("03057BGH", 2, ()), ("02352KLM", 1, ("2102352KLM10L5000456",)))
    assert [unit.announcement.tracking for unit in result.units] == ["123", "123", "123"]


def test_serials_are_not_told_where_a_unit_came_back_without_its_own() -> None:
    """RM5: of three one is here, and nobody knows which."""
    three = numbered((part("0305TYNC", 3, serials=("S1", "S2", "S3"), received=1),))
    assert announce(replace(DETAILS, units=three), form(), AT).booked == (("0305TYNC", 2, ()),)


def test_what_is_wrong_is_listed_and_the_rest_is_booked() -> None:
    """RM4"""
    result = announce(DETAILS, form(ReturnLine(part_number="03057BGH", quantity=1), ReturnLine(part_number="99999XYZ", quantity=1)), AT)
    assert result.booked == (("03057BGH", 1, ()),)
    assert [(said, name) for said, name, _ in result.problems] == [("1 x 99999XYZ", "not_authorised")]


def test_of_too_many_parts_those_that_are_authorised_are_booked() -> None:
    """RM4: what is wrong is listed back, the rest is booked."""
    result = announce(DETAILS, form(ReturnLine(part_number="03057BGH", quantity=5)), AT)
    assert result.booked == (("03057BGH", 2, ()),)
    assert [(name, values["quantity"], values["left"]) for _, name, values in result.problems] == [("some_too_many", 5, 2)]


def test_two_lines_cannot_share_the_same_room() -> None:
    """RM4"""
    line = ReturnLine(part_number="03057BGH", quantity=2)
    assert problems(line, line) == ("too_many",)


def test_a_wrong_serial_is_named() -> None:
    """RM4"""
    assert problems(ReturnLine(part_number="02352KLM", serial="2102352KLM10L5000999", quantity=1)) == ("wrong_serial",)


def test_a_serial_alone_finds_its_line() -> None:
    """RM4"""
    assert announce(DETAILS, form(ReturnLine(serial="2102352KLM10L5000456")), AT).booked == (("02352KLM", 1, ("2102352KLM10L5000456",)),)


def test_a_line_with_quantity_0_is_not_in_this_parcel() -> None:
    """RM4: the form is prefilled with every line; whoever sends one part writes 0 at the others."""
    result = announce(DETAILS, form(ReturnLine(part_number="03057BGH", quantity=1), ReturnLine(part_number="02352KLM", quantity=0)), AT)
    assert (result.booked, result.problems) == ((("03057BGH", 1, ()),), ())
    assert [line.announced_quantity for line in replace(DETAILS, units=result.units).lines] == [1, 0]


def test_a_form_with_nothing_but_0_is_answered_and_books_nothing() -> None:
    """RM4"""
    result = announce(DETAILS, form(ReturnLine(part_number="03057BGH", quantity=0)), AT)
    assert (result.booked, [name for _, name, _ in result.problems]) == ((), ["too_many"])


ONE, TWO, STRANGE = "210305TYNCN0L3000201", "210305TYNCN0L3000202", "210305TYNCN0L3999999"
CARDS = RmaDetails(
    type="advance",
    service_level="9x5xNBD",
    units=numbered((part("0305TYNC", 2, serials=(ONE, TWO)),)),
    issued_at=AT,
    valid_through=date(2026, 12, 31),
)
LATER = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)


def cards(serial: str, quantity: int | None, tracking: str = "123", **other: str) -> ReturnNotification:
    line = ReturnLine(part_number="0305TYNC", serial=serial, quantity=quantity, **other)
    return ReturnNotification(rma="RMA-100001", carrier="DHL", tracking=tracking, lines=(line,))


def told(details: RmaDetails, *forms: ReturnNotification, at: datetime = LATER) -> RmaDetails:
    return replace(details, units=announce_all(details, forms, at).units)


def parcels(details: RmaDetails) -> list[tuple[str, int, tuple[str, ...], datetime]]:
    return [
        (one.tracking, len(units), tuple(unit.announced_serial for unit in units if unit.announced_serial), one.on)
        for line in details.lines
        for one, units in line.announced.items()
    ]


def test_a_form_that_is_sent_twice_counts_once_and_leaves_room_for_the_second_part() -> None:
    """RM4, BX3, RM9: the grace runs from the first announcement; another number takes the place of the old one."""
    first = told(CARDS, cards(ONE, 1), at=AT)
    again = told(first, cards(ONE, 1, "456"))
    assert parcels(again) == [("456", 1, (ONE,), AT)]
    assert parcels(told(again, cards(TWO, 1, "789"))) == [("456", 1, (ONE,), AT), ("789", 1, (TWO,), LATER)]


def test_a_parcel_without_serials_that_is_announced_again_by_its_number_counts_once() -> None:
    """RM4"""
    first = told(DETAILS, form(ReturnLine(part_number="03057BGH", quantity=1)), at=AT)
    again = told(first, form(ReturnLine(part_number="03057BGH", quantity=1)))
    assert parcels(again) == [("123", 1, (), AT)]


def test_serials_that_are_told_after_the_quantity_name_the_same_units() -> None:
    """RM4"""
    assert parcels(told(told(CARDS, cards("", 2), at=AT), cards(f"{ONE} {TWO}", 2))) == [("123", 2, (ONE, TWO), AT)]


def test_one_of_two_announced_serials_moves_to_another_parcel() -> None:
    """RM4"""
    first = told(CARDS, cards(f"{ONE}, {TWO}", 2), at=AT)
    assert parcels(told(first, cards(TWO, 1, "456"))) == [("123", 1, (ONE,), AT), ("456", 1, (TWO,), AT)]


def test_a_tracking_number_alone_belongs_to_what_has_none() -> None:
    """BX6: SHIPPED after the second card was announced without a number."""
    both = told(CARDS, cards(ONE, 1, "1"), cards(TWO, 1, ""), at=AT)
    assert parcels(told(both, form())) == [("1", 1, (ONE,), AT), ("123", 1, (TWO,), AT)]


def test_only_the_wrong_serial_is_listed_and_the_right_one_is_booked() -> None:
    """RM4"""
    result = announce(CARDS, cards(f"{ONE}, {STRANGE}", 2), AT)
    assert result.booked == (("0305TYNC", 1, (ONE,)),)
    assert [(said, name, values) for said, name, values in result.problems] == [
        (f"1 x 0305TYNC {STRANGE}", "wrong_serial", {"serial": (STRANGE,), "expected": (TWO,)})
    ]


@pytest.mark.parametrize("written", [f"{ONE}\n{TWO}", f"{ONE} {TWO}", f"{ONE} / {TWO}", f"{ONE}; {TWO}", f"{ONE}、{TWO}"])
def test_serials_in_one_cell_are_told_apart_however_they_are_divided(written: str) -> None:
    """RM4"""
    assert announce(CARDS, cards(written, 2), AT).booked == (("0305TYNC", 2, (ONE, TWO)),)


def test_one_unit_with_both_prefilled_serials_is_asked_about_until_it_is_clear_which() -> None:
    """RM4"""
    result = announce(CARDS, cards(f"{ONE}, {TWO}", 1), AT)
    assert (result.booked, [name for _, name, _ in result.problems]) == ((), ["which_serial"])
    assert announce(told(CARDS, cards(ONE, 1)), cards(f"{ONE}, {TWO}", 1, "2"), AT).booked == (("0305TYNC", 1, (TWO,)),)


def test_all_faults_of_a_line_and_of_the_form_are_listed_at_once() -> None:
    """RM4: one mail names them all."""
    wrong = replace(cards(STRANGE, 3, category="F999"), unread=(("ship_date", "soon"),))
    result = announce(CARDS, wrong, AT)
    assert result.booked == ()
    assert [name for _, name, _ in result.problems] == ["wrong_serial", "too_many"]
    assert [name for _, name, _ in result.remarks] == ["unread_ship_date", "unknown_category"]


def test_a_quantity_that_cannot_be_read_is_asked_for() -> None:
    """RM4"""
    result = announce(CARDS, cards(ONE, None, unread_quantity="a few"), AT)
    assert (result.booked, [name for _, name, _ in result.problems]) == ((), ["unread_quantity"])


def test_a_serial_that_two_lines_name_is_booked_once() -> None:
    """RM4"""
    line = ReturnLine(part_number="0305TYNC", serial=ONE, quantity=1)
    result = announce(CARDS, form(line, line), AT)
    assert (result.booked, [name for _, name, _ in result.problems]) == ((("0305TYNC", 1, (ONE,)),), ["named_twice"])
