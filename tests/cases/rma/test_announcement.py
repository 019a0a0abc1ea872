"""A Return Notification checked line by line (RM4)."""

from __future__ import annotations

from datetime import UTC, date, datetime

from mailflow.cases.rma.announcement import announce
from mailflow.message.model import ReturnLine, ReturnNotification
from mailflow.policy.case import RmaDetails, RmaLine

AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
DETAILS = RmaDetails(
    type="advance",
    service_level="9x5xNBD",
    lines=(RmaLine(part_number="03057BGH", authorised=2), RmaLine(part_number="02352KLM", serials=("2102352KLM10L5000456",))),
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
    assert result.booked == (("03057BGH", 2, ""), ("02352KLM", 1, "2102352KLM10L5000456"))
    assert [parcel.tracking for line in result.lines for parcel in line.announced] == ["123", "123"]


def test_what_is_wrong_is_listed_and_the_rest_is_booked() -> None:
    """RM4"""
    result = announce(DETAILS, form(ReturnLine(part_number="03057BGH", quantity=1), ReturnLine(part_number="99999XYZ", quantity=1)), AT)
    assert result.booked == (("03057BGH", 1, ""),)
    assert [(said, name) for said, name, _ in result.problems] == [("1 x 99999XYZ", "not_authorised")]


def test_too_many_parts_are_named() -> None:
    """RM4"""
    assert problems(ReturnLine(part_number="03057BGH", quantity=3)) == ("too_many",)


def test_two_lines_cannot_share_the_same_room() -> None:
    """RM4"""
    line = ReturnLine(part_number="03057BGH", quantity=2)
    assert problems(line, line) == ("too_many",)


def test_a_wrong_serial_is_named() -> None:
    """RM4"""
    assert problems(ReturnLine(part_number="02352KLM", serial="2102352KLM10L5000999", quantity=1)) == ("wrong_serial",)


def test_a_serial_alone_finds_its_line() -> None:
    """RM4"""
    assert announce(DETAILS, form(ReturnLine(serial="2102352KLM10L5000456")), AT).booked == (("02352KLM", 1, "2102352KLM10L5000456"),)


def test_a_line_with_quantity_0_is_not_in_this_parcel() -> None:
    """RM4: the form is prefilled with every line; whoever sends one part writes 0 at the others."""
    result = announce(DETAILS, form(ReturnLine(part_number="03057BGH", quantity=1), ReturnLine(part_number="02352KLM", quantity=0)), AT)
    assert (result.booked, result.problems) == ((("03057BGH", 1, ""),), ())
    assert [line.announced_quantity for line in result.lines] == [1, 0]


def test_a_form_with_nothing_but_0_is_answered_and_books_nothing() -> None:
    """RM4"""
    result = announce(DETAILS, form(ReturnLine(part_number="03057BGH", quantity=0)), AT)
    assert (result.booked, [name for _, name, _ in result.problems]) == ((), ["too_many"])
