"""Parts that arrived against what was authorised (RM5, RM6, BX5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from mailflow.cases.rma.details import RmaDetails
from mailflow.cases.rma.receipt import reconcile
from mailflow.message.item import Item
from tests.cases.rma.returns import Part, numbered, part

ISSUED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def rma(*parts: Part) -> RmaDetails:
    return RmaDetails(type="advance", service_level="9x5xNBD", units=numbered(parts), issued_at=ISSUED, valid_through=date(2026, 12, 20))


def names(result: object) -> tuple[str, ...]:
    return tuple(name for name, _ in result.differences)


def test_a_partial_receipt_leaves_the_rest_outstanding() -> None:
    """RM5"""
    result = reconcile(rma(part("03057BGH", 2)), [Item(1, "03057BGH")], ISSUED)
    assert result.rows == (("03057BGH", "", 2, 0, 1, 1, 1, (), ()),)
    assert result.differences == (("short", {"part": "03057BGH", "quantity": 1}),)


def test_partial_receipts_add_up() -> None:
    """RM5"""
    first = reconcile(rma(part("03057BGH", 2)), [Item(1, "03057BGH")], ISSUED)
    second = reconcile(replace(rma(), units=first.units), [Item(1, "03057BGH")], ISSUED)
    assert second.rows == (("03057BGH", "", 2, 0, 1, 2, 0, (), ()),)
    assert second.differences == ()


def test_a_wrong_serial_does_not_fill_its_line() -> None:
    """RM5"""
    line = part("02352KLM", serials=("2102352KLM10L5000456",))
    result = reconcile(rma(line), [Item(1, "02352KLM", serials=("2102352KLM10L5000999",))], ISSUED)
    assert result.units == numbered((line,))
    assert names(result) == ("wrong_serial", "short")


def test_a_serial_booked_twice_counts_once() -> None:
    """BX5"""
    line = part("02352KLM", 2, serials=("S1", "S2"))
    once = reconcile(rma(line), [Item(1, "02352KLM", serials=("S1",))], ISSUED)
    twice = reconcile(replace(rma(), units=once.units), [Item(1, "02352KLM", serials=("S1",))], ISSUED)
    assert sum(row[4] for row in twice.rows) == 0
    assert names(twice) == ("booked_twice", "short")


def test_more_than_authorised_is_named_and_not_booked() -> None:
    """BX5"""
    result = reconcile(rma(part("03057BGH")), [Item(3, "03057BGH")], ISSUED)
    assert sum(unit.received_at is not None for unit in result.units) == 1
    assert result.differences == (("over", {"part": "03057BGH", "quantity": 2}),)


def test_a_part_that_nobody_authorised_is_a_wrong_part() -> None:
    """BX5"""
    result = reconcile(rma(part("03057BGH")), [Item(1, "99999XYZ")], ISSUED)
    assert names(result) == ("wrong_part", "short")
    assert sum(row[4] for row in result.rows) == 0


def test_the_condition_stands_beside_the_part() -> None:
    """RM5"""
    result = reconcile(rma(part("03057BGH")), [Item(1, "03057BGH", condition="bent pins")], ISSUED)
    assert result.differences == (("condition", {"part": "03057BGH", "condition": "bent pins"}),)


arrivals = st.lists(
    st.builds(
        Item,
        part_number=st.sampled_from(["A", "B", "C"]),
        quantity=st.integers(1, 5),
        serials=st.lists(st.sampled_from(["S1", "S2", "S3", "S9"]), max_size=3, unique=True).map(tuple),
    ),
    max_size=6,
)


@given(st.lists(arrivals, max_size=4))
def test_authorised_is_always_received_and_outstanding(bookings: list[list[Item]]) -> None:
    """RM5: whatever is booked, in whatever order, each line adds up and no serial is received twice."""
    details = rma(part("A", 2, serials=("S1", "S2")), part("B", 3))
    for booking in bookings:
        details = replace(details, units=reconcile(details, booking, ISSUED).units)
        for line in details.lines:
            assert line.authorised == line.received + line.outstanding
            assert 0 <= line.received <= line.authorised
            assert len(line.received_serials) == len(set(line.received_serials))
