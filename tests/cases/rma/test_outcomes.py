"""The named outcomes of a booking: what the customer reads, and what receiving staff are told to do (BX5, RM5, RM6)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from mailflow.cases.rma.receipt import Arrived, reconcile
from mailflow.policy.case import Case, Parcel, RmaLine
from mailflow.policy.decision import Decision, SendNotice
from tests.cases.rma.returns import FINANCE, PART, after, answer, asked_for, case, command, letter, letters, names, overdue, requested

OURS, THEIRS, REPLACEMENT = "SER000000001", "SER000000002", "SER000000777"


def expecting() -> Case:
    """One part with its serial, one board of any serial; the replacement's serial is known."""
    sent_ahead = Parcel(carrier="DHL", tracking="1", on=datetime(2026, 11, 21, 9, tzinfo=UTC), serials=(REPLACEMENT,))
    lines = (RmaLine(part_number=PART, serials=(OURS,)), RmaLine(part_number="02352KLM", authorised=2))
    return case(lines=lines, replacements=(sent_ahead,), return_due=date(2027, 1, 15))


@pytest.mark.parametrize(
    ("items", "outcomes"),
    [
        (f"1 x {PART} serial {OURS}; 1 x 02352KLM", ("short",)),
        (f"1 x {PART} serial {OURS}; 3 x 02352KLM", ("over",)),
        ("1 x 99999XYZ", ("wrong_part", "short", "short")),
        (f"1 x {PART} serial {THEIRS}", ("wrong_serial", "short", "short")),
        (f"1 x {PART} serial {REPLACEMENT}", ("swapped_serial", "short", "short")),
        (f"1 x 02352KLM serial {REPLACEMENT}", ("swapped_serial", "short", "short")),
        (f"1 x {PART} serial {OURS} condition no RMA number on the carton", ("no_rma", "condition", "short")),
        (f"1 x {PART} serial {OURS} condition bent pins", ("condition", "short")),
    ],
)
def test_each_outcome_has_its_name(items: str, outcomes: tuple[str, ...]) -> None:
    """BX5"""
    decision = command(expecting(), f"/received {items}", by="warehouse@tac.example")
    assert tuple(name for name, _ in letter(decision, "rma/receipt_notification").values["differences"]) == outcomes
    told = tuple(f"rma_receipt_{name}" for name in outcomes if name not in ("short", "condition"))
    assert names(decision.done)[-len(told) :] == told if told else names(decision.done) in (("rma_booked",), ("rma_booked_nothing",))


def test_a_serial_that_is_booked_again_is_told_and_not_counted() -> None:
    """BX5"""
    once = after(command(expecting(), f"/received 1 x {PART} serial {OURS}", by="warehouse@tac.example"))
    twice = command(once, f"/received 1 x {PART} serial {OURS}", by="warehouse@tac.example")
    assert names(twice.done) == ("rma_done_but_look", "rma_booked_nothing", "rma_receipt_booked_twice")
    assert after(twice).details.lines == once.details.lines


def test_a_part_that_was_waived_and_comes_back_is_waived_no_longer() -> None:
    """RM5: authorised = received + outstanding + waived."""
    result = reconcile(case(lines=(RmaLine(part_number=PART, authorised=2, waived=2),)).details, [Arrived(part_number=PART, quantity=1)])
    (line,) = result.lines
    assert (line.received, line.outstanding, line.waived) == (1, 0, 1)
    assert result.differences == ()


def test_what_is_outstanding_is_filled_before_what_is_waived() -> None:
    """RM5"""
    lines = (RmaLine(part_number=PART, authorised=2, waived=1), RmaLine(part_number=PART))
    first, second = reconcile(case(lines=lines).details, [Arrived(part_number=PART, quantity=3)]).lines
    assert [(line.received, line.outstanding, line.waived) for line in (first, second)] == [(2, 0, 0), (1, 0, 0)]


def test_the_serials_of_the_replacement_are_those_named_when_it_was_shipped() -> None:
    """BX5: a second parcel adds its own."""
    first = after(command(case(), f"/shipped DHL JD01 1 x {PART} serial {REPLACEMENT}"))
    second = after(command(first, f"/shipped DHL JD02 1 x {PART} serial {THEIRS}"))
    assert second.details.replacement_serials == (REPLACEMENT, THEIRS)


def test_after_the_invoice_was_written_finance_gets_word_of_a_credit_note_for_what_came_back() -> None:
    """RM9: a late return cancels the request, after /invoiced too."""
    invoiced = after(command(requested(), "/invoiced INV-7", by="finance@tac.example"))
    one = command(invoiced, f"/received 1 x {PART}", by="warehouse@tac.example")
    assert after(one).state == "invoiced"
    assert asked_for(after(one)) == ((PART, 1, "12500.00", "EUR"),)
    values = letter_to(one, FINANCE)
    assert (values["invoice_number"], [row[:2] for row in values["amounts"]]) == ("INV-7", [(PART, 1)])
    other = command(after(one), f"/received 1 x {PART}", by="warehouse@tac.example")
    assert (after(other).state, asked_for(after(other))) == ("closed", ())
    assert [name for name, _ in letters(other)] == [
        "rma/receipt_notification",
        "rma/invoice_withdrawn",
        "rma/invoice_withdrawn",
        "rma/closed",
    ]


def letter_to(decision: Decision, to: tuple[str, ...]) -> dict[str, object]:
    (found,) = [one for one in decision.effects if isinstance(one, SendNotice) and one.to == to]
    return dict(found.values)


def test_a_reply_that_disputes_the_receipt_goes_to_receiving_and_marks_the_return() -> None:
    """RM6"""
    decision = answer(overdue(), None, answers="rma/receipt_notification", text="We sent two.")
    assert after(decision).details.disputed
    assert letters(decision) == [("rma/disputed", ("warehouse@tac.example",))]


def test_a_parcel_for_a_cancelled_return_is_booked_and_flagged_and_nothing_more_is_asked_for() -> None:
    """RM3, BX5: the customer was told not to ship anything."""
    cancelled = case("repair", lines=(RmaLine(part_number=PART, authorised=2),)).changed(state="cancelled")
    decision = command(cancelled, f"/received 1 x {PART}", by="warehouse@tac.example")
    assert after(decision).state == "cancelled"
    assert letter(decision, "rma/receipt_notification").values["differences"] == (("cancelled_rma", {"rma": "RMA-100001"}),)
    assert names(decision.done) == ("rma_done_but_look", "rma_booked", "rma_receipt_cancelled_rma")


def test_a_parcel_after_the_last_valid_day_says_that_the_rest_must_wait() -> None:
    """RM3: valid through 20 December, booked on the 28th."""
    decision = command(case("repair"), f"/received 1 x {PART}", by="warehouse@tac.example")
    assert letter(decision, "rma/receipt_notification").values["is_late"]
    assert not letter(command(case(), f"/received 1 x {PART}", by="warehouse@tac.example"), "rma/receipt_notification").values["is_late"]
