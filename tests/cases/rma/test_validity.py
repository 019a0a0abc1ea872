"""Thirty days, to the day; what happens after them; versions that say what has changed (RM2, RM3, T3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from mailflow.message.customer.one_line import CustomerLine
from mailflow.policy.derivation import Step
from tests.cases.rma.returns import (
    CCR,
    CUSTOMER,
    DESK,
    NOW,
    after,
    answer,
    case,
    command,
    deadlines,
    facts,
    fall,
    letter,
    letters,
    local_nine,
)

SHIPPED = CustomerLine("shipped", carrier="DHL", tracking="998877")


@pytest.mark.parametrize(
    ("at", "is_valid"),
    [
        (datetime(2026, 12, 19, 12, 0, tzinfo=UTC), True),
        (datetime(2026, 12, 20, 22, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 20, 23, 0, tzinfo=UTC), False),
        (datetime(2026, 12, 21, 7, 59, tzinfo=UTC), False),
    ],
)
def test_the_last_valid_day_ends_at_midnight_of_the_customer(at: datetime, is_valid: bool) -> None:
    """RM3, T1: valid through 20 December in Warsaw, one hour ahead of UTC; the word that it has ended goes only at 09:00."""
    wanted = "return_notification_received" if is_valid else "return_notification_rejected"
    assert letters(answer(case("repair"), SHIPPED, at=at))[0] == (f"rma/{wanted}", CUSTOMER)


def test_a_mail_that_came_in_time_counts_though_we_read_it_late() -> None:
    """T3, BX9: it arrived on the 20th; an outage of ours held it until the return had been called expired."""
    expired = case("repair", expired=True)
    assert letters(answer(expired, SHIPPED, at=datetime(2026, 12, 20, 18, 0, tzinfo=UTC)))[0] == (
        "rma/return_notification_received",
        CUSTOMER,
    )


def test_a_late_announcement_is_refused_and_the_ccr_asked_at_once() -> None:
    """RM3"""
    decision = answer(case("repair", expired=True), SHIPPED)
    assert letters(decision) == [("rma/return_notification_rejected", CUSTOMER), ("rma/revalidation_request", CCR)]
    assert after(decision).details.lines == case("repair").details.lines


def test_revalidation_starts_thirty_new_days_with_a_new_verification() -> None:
    """RM3. On 28 December: 30 days after it is 27 January; warnings on the 20th and 25th, expired on the 28th."""
    decision = command(case("repair", expired=True), "/revalidate")
    valid = after(decision).details
    assert (valid.valid_through, valid.expired, valid.version) == (date(2027, 1, 27), False, 2)
    verification = letter(decision, "rma/customer_request_verification")
    assert (verification.values["version"], verification.values["changes"]) == (2, ("valid_through",))
    assert deadlines(decision.effects) == [
        ("validity_warning", "7", local_nine(2027, 1, 20)),
        ("validity_warning", "2", local_nine(2027, 1, 25)),
        ("expired", "", local_nine(2027, 1, 28)),
    ]
    assert decision.done == Step("rma_revalidated", {"rma": "RMA-100001", "day": date(2027, 1, 27)})
    assert letters(answer(after(decision), SHIPPED))[0] == ("rma/return_notification_received", CUSTOMER)


def test_a_parcel_that_arrives_anyway_is_booked_and_flagged() -> None:
    """RM3, BX5"""
    decision = command(case("repair", expired=True), "/received 1 x 03057BGH", by="warehouse@tac.example")
    assert after(decision).details.lines[0].received == 1
    differences = letter(decision, "rma/receipt_notification").values["differences"]
    assert [name for name, _ in differences] == ["short", "expired_rma"]


def test_between_midnight_and_nine_a_parcel_is_late_already() -> None:
    """RM3"""
    decision = command(case("repair"), "/received 2 x 03057BGH", by="warehouse@tac.example", at=datetime(2026, 12, 21, 1, tzinfo=UTC))
    assert [name for name, _ in letter(decision, "rma/receipt_notification").values["differences"]] == ["expired_rma"]


def test_an_advance_replacement_takes_announcements_after_its_thirty_days() -> None:
    """RM3: it is owed, and never called expired."""
    assert letters(answer(case(return_due=date(2027, 1, 15)), SHIPPED))[0] == ("rma/return_notification_received", CUSTOMER)


def test_expiry_and_warnings_are_told_once() -> None:
    """RM3: the same deadline twice speaks once."""
    for kind, key, at in (("validity_warning", "7", local_nine(2026, 12, 13)), ("expired", "", local_nine(2026, 12, 21))):
        first = fall(kind, key, at, case("repair"))
        assert len(letters(first)) == 1
        assert letters(fall(kind, key, at, after(first))) == []


def test_the_next_version_says_all_that_has_changed_since_the_last() -> None:
    """RM2: extended, moved house, and then corrected."""
    extended = after(command(case(return_due=date(2026, 12, 30), return_address=("Old Road 1",)), "/extend 5 strike"))
    verification = letter(command(extended, "/correct 1 x 03057BGH"), "rma/customer_request_verification")
    assert verification.values["changes"] == ("return_due", "lines", "return_address")
    assert verification.values["days"] == extended.details.due_days


def test_what_has_not_changed_is_not_said() -> None:
    """RM2"""
    settled = case(return_address=DESK.wording.return_address, return_due=date(2027, 1, 15))
    once = command(settled, "/correct 3 x 03057BGH")
    assert letter(once, "rma/customer_request_verification").values["changes"] == ("lines",)
    again = command(after(once), "/revalidate")
    assert letter(again, "rma/customer_request_verification").values["changes"] == ("valid_through",)
    assert letter(again, "rma/customer_request_verification").values["version"] == 3


def test_a_warning_that_an_outage_held_back_past_the_last_day_is_left_out() -> None:
    """T2, BX9"""
    late = replace(facts(), sent_notices=())
    assert letters(fall("validity_warning", "2", NOW, case("repair"), known=late)) == []
