"""What may still happen once the day has passed: extensions, late parcels, waivers (RM3, RM9, RM10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mailflow.message.customer.one_line import CustomerLine
from mailflow.policy.derivation import Step
from tests.cases.rma.returns import (
    CUSTOMER,
    FINANCE,
    NOW,
    after,
    answer,
    asked_for,
    case,
    command,
    deadlines,
    fall,
    letters,
    local_nine,
    overdue,
    part,
    requested,
)


def test_the_extension_that_the_final_notice_offers_is_granted() -> None:
    """RM10. Five business days from today, Mon 28 Dec: 29 30 31, (1 Jan holiday) 4 5 = Tue 5 Jan; its final notice on Thu 7 Jan."""
    decision = answer(overdue(), CustomerLine("extend", reason="strike"))
    assert (after(decision).state, after(decision).details.return_due) == ("replacement delivered", date(2027, 1, 5))
    assert ("final_notice", "", local_nine(2027, 1, 7)) in deadlines(decision.effects)
    assert letters(decision) == [("rma/extended", CUSTOMER)]


def test_an_extension_withdraws_the_invoice_request() -> None:
    """RM9: nothing is invoiced that was extended."""
    decision = command(requested(), "/extend 5 strike")
    assert letters(decision) == [("rma/extended", CUSTOMER), ("rma/invoice_withdrawn", FINANCE), ("rma/invoice_withdrawn", CUSTOMER)]
    assert (after(decision).state, asked_for(after(decision))) == ("replacement delivered", ())


@pytest.mark.parametrize(("line", "state"), [("/waive destroyed", "waived"), ("/cancel issued twice", "cancelled")])
def test_waiving_and_cancelling_tell_finance(line: str, state: str) -> None:
    """RM9"""
    decision = command(requested(), line, confirmed=True)
    assert after(decision).state == state
    assert ("rma/invoice_withdrawn", FINANCE) in letters(decision)


def test_the_last_part_that_comes_late_cancels_the_request() -> None:
    """RM9"""
    decision = command(requested(), "/received 2 x 03057BGH", by="warehouse@tac.example")
    assert after(decision).state == "closed"
    assert letters(decision) == [
        ("rma/receipt_notification", CUSTOMER),
        ("rma/invoice_withdrawn", FINANCE),
        ("rma/invoice_withdrawn", CUSTOMER),
        ("rma/closed", CUSTOMER),
    ]


def test_one_of_two_that_comes_late_replaces_the_request_by_one_for_the_rest() -> None:
    """RM9. Booked on Mon 28 Dec, the rest is handed over on Tue 29 Dec."""
    decision = command(requested(), "/received 1 x 03057BGH", by="warehouse@tac.example")
    assert after(decision).state == "overdue"
    assert deadlines(decision.effects) == [("invoice_request", "", local_nine(2026, 12, 29))]
    again = fall("invoice_request", "", local_nine(2026, 12, 29), after(decision))
    assert asked_for(after(again)) == (("03057BGH", 1, "12500.00", "EUR"),)


@pytest.mark.parametrize("state", ["closed", "waived", "cancelled", "in repair", "shipped back"])
def test_a_parcel_that_arrives_anyway_is_booked_and_changes_no_state(state: str) -> None:
    """RM3: booked and flagged, never refused."""
    lines = (part("03057BGH", 2, received=2),)
    decision = command(replace(case(parts=lines), state=state), "/received 1 x 03057BGH", by="warehouse@tac.example")
    assert after(decision).state == state
    told = [("service_request/customer_message", ("ccr@tac.example",))] if state == "cancelled" else []
    assert letters(decision) == [("rma/receipt_notification", CUSTOMER), *told]


def test_two_lines_of_one_part_are_both_invoiced() -> None:
    """RM9"""
    lines = (part("03057BGH"), part("03057BGH", 2))
    decision = fall("invoice_request", "", local_nine(2026, 12, 23), overdue(parts=lines))
    assert sum(quantity for _, quantity, _, _ in asked_for(after(decision))) == 3


def test_a_delivery_before_the_return_was_issued_is_for_staff_to_look_at() -> None:
    """RM8"""
    fresh = replace(case(), state="issued")
    decision = answer(fresh, CustomerLine("delivered", day=date(2026, 11, 19)))
    assert after(decision).details.delivered_days == ()
    assert letters(decision) == [("rma/delivery_question", CUSTOMER), ("service_request/customer_message", ("ccr@tac.example",))]
    assert command(fresh, "/delivered 2026-11-19").refused == Step(
        "rma_delivery_too_early", {"rma": "RMA-100001", "day": date(2026, 11, 19), "earliest": date(2026, 11, 20)}
    )


def test_a_term_that_ended_before_it_was_known_gives_its_final_notice_tomorrow() -> None:
    """T2: nothing is dated in the past. Delivered 24 Nov, known on 28 Dec: the final notice leaves on Tue 29 Dec."""
    decision = command(replace(case(), state="replacement shipped"), "/delivered 2026-11-24")
    assert deadlines(decision.effects) == [("final_notice", "", local_nine(2026, 12, 29))]


def test_a_colleague_who_announces_gets_the_answer_too() -> None:
    """RM4"""
    decision = answer(overdue(), CustomerLine("shipped", carrier="DHL", tracking="998877"), "jan.nowak@customer.example")
    assert "jan.nowak@customer.example" in after(decision).participants
    received = next(one for one in decision.effects if getattr(one, "notice", "") == "rma/return_notification_received")
    assert "jan.nowak@customer.example" in received.cc


def test_another_tracking_number_replaces_the_first() -> None:
    """RM4"""
    once = after(answer(overdue(), CustomerLine("shipped", carrier="DHL", tracking="111")))
    twice = after(answer(once, CustomerLine("shipped", carrier="UPS", tracking="222")))
    assert {(unit.announcement.carrier, unit.announcement.tracking) for unit in twice.details.units} == {("UPS", "222")}


def test_a_correction_reopens_what_was_closed_by_mistake() -> None:
    """RM10"""
    lines = (part("03057BGH", 2, received=2),)
    closed = replace(overdue(parts=lines), state="closed", closed_at=NOW)
    decision = command(closed, "/correct 1 x 03057BGH", by="warehouse@tac.example")
    assert (after(decision).state, after(decision).details.outstanding) == ("received", 1)
    assert [kind for kind, _, _ in deadlines(decision.effects)] == ["final_notice"]


def test_a_second_extension_is_for_the_ccr_and_the_answer_says_which_day_holds() -> None:
    """RM10, BX6"""
    decision = answer(overdue(extended_by_customer=True), CustomerLine("extend", days=10, reason="still a strike"))
    assert letters(decision) == [("rma/extended", CUSTOMER), ("service_request/customer_message", ("ccr@tac.example",))]
    assert after(decision).details.return_due == date(2026, 12, 15)
