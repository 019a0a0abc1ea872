"""Parts that arrived against what was authorised (RM5, RM6, BX5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from mailflow.cases.rma.receipt import Arrived, reconcile
from mailflow.policy.case import RmaDetails, RmaLine

ISSUED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def rma(*lines: RmaLine) -> RmaDetails:
    return RmaDetails(type="advance", service_level="9x5xNBD", lines=lines, issued_at=ISSUED, valid_through=date(2026, 12, 20))


def names(result: object) -> tuple[str, ...]:
    return tuple(name for name, _ in result.differences)


def test_a_partial_receipt_leaves_the_rest_outstanding() -> None:
    """RM5"""
    result = reconcile(rma(RmaLine(part_number="03057BGH", authorised=2)), [Arrived(part_number="03057BGH", quantity=1)])
    assert result.rows == (("03057BGH", "", 2, 0, 1, 1, 1, (), ()),)
    assert result.differences == (("short", {"part": "03057BGH", "quantity": 1}),)


def test_partial_receipts_add_up() -> None:
    """RM5"""
    first = reconcile(rma(RmaLine(part_number="03057BGH", authorised=2)), [Arrived(part_number="03057BGH", quantity=1)])
    second = reconcile(replace(rma(), lines=first.lines), [Arrived(part_number="03057BGH", quantity=1)])
    assert second.rows == (("03057BGH", "", 2, 0, 1, 2, 0, (), ()),)
    assert second.differences == ()


def test_a_wrong_serial_does_not_fill_its_line() -> None:
    """RM5"""
    line = RmaLine(part_number="02352KLM", serials=("2102352KLM10L5000456",))
    result = reconcile(rma(line), [Arrived(part_number="02352KLM", quantity=1, serials=("2102352KLM10L5000999",))])
    assert result.lines == (line,)
    assert names(result) == ("wrong_serial", "short")


def test_a_serial_booked_twice_counts_once() -> None:
    """BX5"""
    line = RmaLine(part_number="02352KLM", authorised=2, serials=("S1", "S2"))
    once = reconcile(rma(line), [Arrived(part_number="02352KLM", quantity=1, serials=("S1",))])
    twice = reconcile(rma(*once.lines), [Arrived(part_number="02352KLM", quantity=1, serials=("S1",))])
    assert twice.booked == 0
    assert names(twice) == ("booked_twice", "short")


def test_more_than_authorised_is_named_and_not_booked() -> None:
    """BX5"""
    result = reconcile(rma(RmaLine(part_number="03057BGH")), [Arrived(part_number="03057BGH", quantity=3)])
    assert result.lines[0].received == 1
    assert result.differences == (("over", {"part": "03057BGH", "quantity": 2}),)


def test_a_part_that_nobody_authorised_is_a_wrong_part() -> None:
    """BX5"""
    result = reconcile(rma(RmaLine(part_number="03057BGH")), [Arrived(part_number="99999XYZ", quantity=1)])
    assert names(result) == ("wrong_part", "short")
    assert result.booked == 0


def test_the_condition_stands_beside_the_part() -> None:
    """RM5"""
    result = reconcile(rma(RmaLine(part_number="03057BGH")), [Arrived(part_number="03057BGH", quantity=1, condition="bent pins")])
    assert result.differences == (("condition", {"part": "03057BGH", "condition": "bent pins"}),)


arrivals = st.lists(
    st.builds(
        Arrived,
        part_number=st.sampled_from(["A", "B", "C"]),
        quantity=st.integers(1, 5),
        serials=st.lists(st.sampled_from(["S1", "S2", "S3", "S9"]), max_size=3, unique=True).map(tuple),
    ),
    max_size=6,
)


@given(st.lists(arrivals, max_size=4))
def test_authorised_is_always_received_and_outstanding(bookings: list[list[Arrived]]) -> None:
    """RM5: whatever is booked, in whatever order, each line adds up and no serial is received twice."""
    details = rma(RmaLine(part_number="A", authorised=2, serials=("S1", "S2")), RmaLine(part_number="B", authorised=3))
    for booking in bookings:
        details = replace(details, lines=reconcile(details, booking).lines)
        for line in details.lines:
            assert line.authorised == line.received + line.outstanding
            assert 0 <= line.received <= line.authorised
            assert len(line.received_serials) == len(set(line.received_serials))
