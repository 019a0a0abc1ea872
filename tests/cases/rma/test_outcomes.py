"""The named outcomes of a booking: what the customer reads, and what receiving staff are told to do (BX5, RM5, RM6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from mailflow.cases.rma.details import Parcel
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.receipt import reconcile
from mailflow.cases.rma.units import lines_of
from mailflow.message.customer.one_line import CustomerLine
from mailflow.message.item import Item
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision, SendNotice
from tests.cases.rma.returns import (
    FINANCE,
    NOW,
    PART,
    after,
    answer,
    asked_for,
    case,
    command,
    facts,
    letter,
    letters,
    names,
    overdue,
    part,
    requested,
)

OURS, THEIRS, REPLACEMENT = "SER000000001", "SER000000002", "SER000000777"


def expecting() -> Case:
    """One part with its serial, one board of any serial; the replacement's serial is known."""
    sent_ahead = Parcel(carrier="DHL", tracking="1", on=datetime(2026, 11, 21, 9, tzinfo=UTC), serials=(REPLACEMENT,))
    lines = (part(PART, serials=(OURS,)), part("02352KLM", 2))
    return case(parts=lines, replacements=(sent_ahead,), return_due=date(2027, 1, 15))


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
    result = reconcile(case(parts=(part(PART, 2, waived=2),)).details, [Item(1, PART)], NOW)
    (line,) = lines_of(result.units)
    assert (line.received, line.outstanding, line.waived) == (1, 0, 1)
    assert result.differences == ()


def test_what_is_outstanding_is_filled_before_what_is_waived() -> None:
    """RM5"""
    lines = (part(PART, 2, waived=1), part(PART))
    (line,) = lines_of(reconcile(case(parts=lines).details, [Item(3, PART)], NOW).units)
    assert (line.received, line.outstanding, line.waived) == (3, 0, 0)


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
    cancelled = replace(case("repair", parts=(part(PART, 2),)), state="cancelled")
    decision = command(cancelled, f"/received 1 x {PART}", by="warehouse@tac.example")
    assert after(decision).state == "cancelled"
    assert letter(decision, "rma/receipt_notification").values["differences"] == (("cancelled_rma", {"rma": "RMA-100001"}),)
    assert names(decision.done) == ("rma_done_but_look", "rma_booked", "rma_receipt_cancelled_rma")


def test_a_parcel_after_the_last_valid_day_says_that_the_rest_must_wait() -> None:
    """RM3: valid through 20 December, booked on the 28th."""
    decision = command(case("repair"), f"/received 1 x {PART}", by="warehouse@tac.example")
    assert letter(decision, "rma/receipt_notification").values["is_late"]
    assert not letter(command(case(), f"/received 1 x {PART}", by="warehouse@tac.example"), "rma/receipt_notification").values["is_late"]


TWO_CARDS = (part(PART, 2, serials=(OURS, THEIRS)),)
RECEIPT, WAREHOUSE = "rma/receipt_notification", "warehouse@tac.example"


def received(subject: Case, items: str, known: RmaFacts | None = None) -> Decision:
    return command(subject, f"/received {items}", by=WAREHOUSE, known=known)


def differences(decision: Decision) -> list[tuple[str, object]]:
    return [(name, values) for name, values in letter(decision, RECEIPT).values["differences"] if name != "short"]


def test_the_good_serial_is_booked_before_the_wrong_one_is_told() -> None:
    """BX5: what is missing is named once all else is booked, and a line that is full does not stay open."""
    wrong = "SER000000999"
    first = received(case(parts=TWO_CARDS, return_due=date(2027, 1, 15)), f"2 x {PART} serial {wrong}, {OURS}")
    assert differences(first) == [("wrong_serial", {"part": PART, "serial": wrong, "expected": (THEIRS,)})]
    last = received(after(first), f"2 x {PART} serial {wrong}, {THEIRS}")
    assert differences(last) == [("over_serial", {"part": PART, "serial": wrong})]
    assert (after(last).state, letter(last, RECEIPT).values["asks"]) == ("closed", True)


def test_a_serial_beyond_a_line_that_is_full_is_one_too_many() -> None:
    """BX5: the line names one serial of two; any other fills the second place, a third has none."""
    full = after(received(case(parts=(part(PART, 2, serials=(OURS,)),)), f"2 x {PART} serial {OURS}, {THEIRS}"))
    assert full.details.outstanding == 0
    third = "SER000000999"
    assert differences(received(full, f"1 x {PART} serial {third}")) == [("over_serial", {"part": PART, "serial": third})]


def test_a_serial_that_counts_under_another_return_fills_nothing_and_the_ccr_is_asked() -> None:
    """BX5, BX8"""
    known = facts(counted_elsewhere={OURS: "RMA-100009"})
    decision = received(case(parts=TWO_CARDS), f"1 x {PART} serial {OURS}", known)
    assert differences(decision) == [("booked_elsewhere", {"part": PART, "serial": OURS, "other": "RMA-100009"})]
    assert after(decision).details.outstanding == 2
    assert names(decision.done)[-1] == "rma_receipt_booked_elsewhere"
    assert any(to == ("ccr@tac.example",) for _, to in letters(decision))


def test_the_receipt_names_the_serials_that_came_and_those_that_are_missing() -> None:
    """RM6, BX5: by part, serial and quantity; a condition names its serial."""
    decision = received(case(parts=TWO_CARDS), f"1 x {PART} serial {THEIRS} condition bent corner")
    assert letter(decision, RECEIPT).values["rows"] == ((PART, "", 2, 0, 1, 1, 1, (THEIRS,), (OURS,)),)
    assert differences(decision) == [("condition", {"part": f"{PART} {THEIRS}", "condition": "bent corner"})]


def test_where_a_part_came_without_its_serial_no_serial_is_called_missing() -> None:
    """RM9: never reminded of a serial that may be back."""
    decision = received(case(parts=TWO_CARDS, return_due=date(2027, 1, 15)), f"1 x {PART}")
    assert [row.outstanding_serials for row in after(decision).details.by_day] == [()]


def test_a_correction_with_the_same_quantity_keeps_the_serials_and_says_that_it_corrects() -> None:
    """RM6, RM9, RM10: the serial that is back is named in no reminder and no invoice."""
    one = after(received(case(parts=TWO_CARDS, return_due=date(2027, 1, 15)), f"1 x {PART} serial {OURS}"))
    decision = command(one, f"/correct 1 x {PART}", by=WAREHOUSE)
    assert after(decision).details.lines[0].received_serials == (OURS,)
    assert [row.outstanding_serials for row in after(decision).details.by_day] == [(THEIRS,)]
    values = letter(decision, RECEIPT).values
    assert (values["is_corrected"], values["corrections"]) == (True, ())


def test_a_correction_to_fewer_says_what_changed_and_must_name_the_serials() -> None:
    """RM6, RM10"""
    both = after(received(case(parts=TWO_CARDS, return_due=date(2027, 1, 15)), f"2 x {PART} serial {OURS}, {THEIRS}"))
    assert names(command(both, f"/correct 1 x {PART}", by=WAREHOUSE).refused) == ("rma_correct_names_serials",)
    decision = command(both, f"/correct 1 x {PART} serial {THEIRS}", by=WAREHOUSE)
    assert letter(decision, RECEIPT).values["corrections"] == ((PART, 2, 1),)
    assert after(decision).details.lines[0].outstanding_serials == (OURS,)


@pytest.mark.parametrize(("line", "claimed"), [(CustomerLine("already_returned"), True), (None, False)])
def test_a_dispute_remembers_whether_the_parts_were_said_to_be_back(line: CustomerLine | None, claimed: bool) -> None:
    """RM6, BX6"""
    decision = answer(overdue(), line, answers=RECEIPT, text="We sent two.")
    assert (after(decision).details.disputed, after(decision).details.claimed) == (True, claimed)
