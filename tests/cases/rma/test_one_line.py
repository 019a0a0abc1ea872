"""One-line answers of customers, each answered with the date that now holds (BX6, RM4, RM8, RM10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from mailflow.message.customer.one_line import CustomerLine
from mailflow.message.model import ReturnLine, ReturnNotification
from mailflow.policy.case import Case
from tests.cases.rma.returns import (
    CCR,
    CUSTOMER,
    FINANCE,
    NOW,
    PART,
    WAREHOUSE,
    after,
    answer,
    asked_for,
    careful,
    case,
    command,
    deadlines,
    fall,
    letter,
    letters,
    local_nine,
    names,
    overdue,
    parcel,
    part,
    requested,
)

ON_TIME = datetime(2026, 12, 2, 10, 0, tzinfo=UTC)
RECEIVED, REJECTED, ASKED = "rma/return_notification_received", "rma/return_notification_rejected", "service_request/customer_message"


def delivered(day: int) -> CustomerLine:
    return CustomerLine("delivered", day=date(2026, 11, day))


# SHIPPED and the form


def test_the_form_is_kept_with_its_fault_category_and_data() -> None:
    """RM4; receiving reads it on top of the relayed mail."""
    line = ReturnLine(part_number=PART, quantity=1, fault="no link", category="F001", data_removed="yes")
    form = ReturnNotification(rma="rma 100001", carrier="DHL", tracking="123", lines=(line,))
    decision = answer(case(return_due=date(2026, 12, 15)), None, form=form, at=ON_TIME)
    (label,) = after(decision).details.lines[0].announced
    assert (label.fault, label.category, label.data_removed) == ("no link", "F001", "yes")
    rows = dict(letter(decision, ASKED).values["summary"])
    assert rows["announced"] == f"1 x {PART}, DHL 123, F001, no link, yes"
    assert letters(decision) == [(RECEIVED, CUSTOMER), (ASKED, WAREHOUSE)]


def test_a_form_for_another_return_is_not_booked_on_this_one() -> None:
    """RM4"""
    form = ReturnNotification(rma="RMA-100099", carrier="DHL", tracking="123")
    subject = case(return_due=date(2026, 12, 15))
    decision = answer(subject, None, form=form, at=ON_TIME)
    assert letters(decision) == [(REJECTED, CUSTOMER)]
    assert [name for _, name, _ in letter(decision, REJECTED).values["problems"]] == ["unknown_rma"]
    assert after(decision).details.lines == subject.details.lines


def test_every_problem_of_a_form_is_listed_in_one_mail_and_the_rest_booked() -> None:
    """RM4"""
    lines = (
        part(PART, 2),
        part("02352KLM", 2, serials=("S1", "S2"), received=1, received_serials=("S1",)),
    )
    wanted = (
        ReturnLine(part_number=PART, quantity=1),
        ReturnLine(part_number=PART, quantity=5),
        ReturnLine(part_number="99999XYZ", quantity=1),
        ReturnLine(part_number="02352KLM", serial="S9", quantity=1),
        ReturnLine(part_number="02352KLM", serial="S1", quantity=1),
    )
    form = ReturnNotification(carrier="DHL", tracking="123", lines=wanted)
    decision = answer(case(parts=lines, return_due=date(2026, 12, 15)), None, form=form, at=ON_TIME)
    values = letter(decision, RECEIVED).values
    assert values["accepted"] == ((PART, 1, ()), (PART, 1, ()))
    assert [name for _, name, _ in values["problems"]] == ["some_too_many", "not_authorised", "wrong_serial", "received_already"]


def test_the_same_form_sent_again_with_another_number_replaces_the_first() -> None:
    """RM4; the grace runs from the first announcement."""
    lines = (ReturnLine(part_number=PART, quantity=2),)
    once = after(answer(case(), None, form=ReturnNotification(carrier="DHL", tracking="1", lines=lines), at=ON_TIME))
    twice = after(answer(once, None, form=ReturnNotification(carrier="UPS", tracking="2", lines=lines), at=NOW))
    assert [(label.tracking, label.on) for label in twice.details.lines[0].announced] == [("2", ON_TIME)]


def test_an_announcement_without_a_tracking_number_is_booked_and_asked_for_it() -> None:
    """RM4, RM9: only with the number does the grace hold."""
    form = ReturnNotification(carrier="DHL", lines=(ReturnLine(part_number=PART, quantity=2),))
    decision = answer(case(return_due=date(2026, 12, 15)), None, form=form, at=ON_TIME)
    assert not letter(decision, RECEIVED).values["tracking"]
    later = after(answer(after(decision), CustomerLine("shipped", carrier="DHL", tracking="123"), at=ON_TIME))
    assert [label.tracking for label in later.details.lines[0].announced] == ["123"]


def test_shipped_when_nothing_is_expected_any_more_is_answered_so() -> None:
    """RM4"""
    in_repair = replace(case("repair", parts=(part(PART, received=1),)), state="in repair")
    decision = answer(in_repair, CustomerLine("shipped", carrier="DHL", tracking="1"))
    assert [name for _, name, _ in letter(decision, REJECTED).values["problems"]] == ["finished"]


def test_the_grace_of_each_parcel_is_its_own() -> None:
    """RM9. Announced on Tue 1 December (grace through Tue 15) and on Mon 14 (through Wed 30): on the 23rd the first part is owed."""
    parcels = tuple(parcel(str(day), datetime(2026, 12, day, 10, tzinfo=UTC)) for day in (1, 14))
    decision = fall("invoice_request", "", local_nine(2026, 12, 23), overdue(parts=(part(PART, 2, announced=parcels),)))
    assert asked_for(after(decision)) == ((PART, 1, "12500.00", "EUR"),)
    assert deadlines(decision.effects) == [("invoice_request", "", local_nine(2026, 12, 31))]


# DELIVERED


def test_delivered_is_answered_with_the_date_that_now_holds() -> None:
    """BX6, RM8"""
    decision = answer(replace(case(), state="replacement shipped"), delivered(24), at=datetime(2026, 11, 25, 9, tzinfo=UTC))
    assert letters(decision) == [("rma/extended", CUSTOMER)]
    assert letter(decision, "rma/extended").values["days"][0] == date(2026, 12, 15)


def test_delivered_once_more_is_answered_and_another_day_is_for_staff() -> None:
    """BX6"""
    known = case(delivered_on=date(2026, 11, 24), return_due=date(2026, 12, 15))
    same = answer(known, delivered(24), at=ON_TIME)
    assert letters(same) == [("rma/extended", CUSTOMER)]
    other = answer(known, delivered(26), at=ON_TIME)
    assert letters(other) == [("rma/extended", CUSTOMER), (ASKED, CCR)]
    assert after(other).details.return_due == date(2026, 12, 15)


def test_a_day_that_cannot_be_is_asked_about() -> None:
    """BX6, RM8"""
    decision = answer(replace(case(), state="issued"), CustomerLine("delivered", day=date(2027, 1, 30)))
    assert letter(decision, "rma/delivery_question").values["impossible_day"] == date(2027, 1, 30)


def test_the_repaired_part_that_arrived_ends_the_return() -> None:
    """RM7"""
    back = replace(case("repair"), state="shipped back")
    decision = answer(back, CustomerLine("delivered", day=date(2026, 12, 27)))
    assert (after(decision).state, letters(decision)) == ("closed", [("rma/closed", CUSTOMER)])


# EXTEND


def test_more_days_than_are_granted_at_once_are_for_the_ccr() -> None:
    """RM10. Due Tue 15 December: 16, 17, 18, 21, 22 are granted; ten were asked for."""
    decision = answer(case(return_due=date(2026, 12, 15)), CustomerLine("extend", days=10, reason="strike"), at=ON_TIME)
    assert after(decision).details.return_due == date(2026, 12, 22)
    values = letter(decision, "rma/extended").values
    assert (values["asked_days"], values["granted_days"]) == (10, 5)
    assert letters(decision) == [("rma/extended", CUSTOMER), (ASKED, CCR)]
    assert letter(decision, ASKED).values["commands"] == ("/extend RMA-100001 10 REASON",)


@pytest.mark.parametrize(
    ("type_", "at", "told"),
    [
        ("advance", ON_TIME, [("rma/delivery_question", CUSTOMER), (ASKED, CCR)]),
        ("repair", ON_TIME, [("rma/extended", CUSTOMER), (ASKED, CCR)]),
        ("repair", NOW, [("rma/expired", CUSTOMER), ("rma/revalidation_request", CCR)]),
    ],
)
def test_an_extension_where_no_day_is_set_is_answered_with_what_holds(
    type_: str, at: datetime, told: list[tuple[str, tuple[str, ...]]]
) -> None:
    """BX6, RM3"""
    assert letters(answer(case(type_), CustomerLine("extend", days=5), at=at)) == told


# ALREADY RETURNED

CLAIM = CustomerLine("already_returned")


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        (case(return_due=date(2026, 12, 30)), "rma/extended"),
        (case(), "rma/delivery_question"),
        (case("repair", valid_through=date(2026, 12, 30)), "rma/extended"),
        (case("repair"), "rma/expired"),
        (replace(case(), state="closed"), "rma/closed"),
        (replace(case(), state="waived"), "rma/waived"),
        (replace(case(return_due=date(2026, 12, 15)), state="invoiced"), "rma/extended"),
    ],
)
def test_already_returned_is_answered_and_the_warehouse_searches(subject: Case, told: str) -> None:
    """BX6"""
    decision = answer(subject, CLAIM)
    assert letters(decision) == [(told, CUSTOMER), ("rma/disputed", WAREHOUSE)]
    assert after(decision).details.disputed


def test_nothing_is_invoiced_while_the_warehouse_has_not_answered() -> None:
    """BX4: it is asked once more, and from then on looked at on each business day."""
    claimed = after(answer(overdue(), CLAIM))
    first = fall("invoice_request", "", local_nine(2026, 12, 23), claimed)
    assert letters(first) == [("rma/disputed", WAREHOUSE)]
    assert deadlines(first.effects) == [("invoice_request", "search", local_nine(2026, 12, 28))]
    second = fall("invoice_request", "search", local_nine(2026, 12, 28), after(first))
    assert letters(second) == []
    assert deadlines(second.effects) == [("invoice_request", "search", local_nine(2026, 12, 29))]


def test_the_warehouse_finds_nothing_and_the_customer_has_the_whole_term_again() -> None:
    """BX4. Answered on Mon 28 December: 29, 30, 31, 4 and Tue 5 January are five business days."""
    claimed = after(answer(overdue(), CLAIM))
    decision = command(claimed, f"/correct 0 x {PART}", by="warehouse@tac.example")
    assert not after(decision).details.disputed
    assert letter(decision, "rma/receipt_notification").values["invoice_on"] == date(2027, 1, 5)
    assert deadlines(decision.effects) == [("invoice_request", "", local_nine(2027, 1, 5))]


def test_the_warehouse_finds_the_parts() -> None:
    """BX3, BX4"""
    claimed = after(answer(overdue(), CLAIM))
    decision = command(claimed, f"/received 2 x {PART}", by="warehouse@tac.example")
    assert (after(decision).state, after(decision).details.disputed) == ("closed", False)


def test_a_claim_after_the_request_takes_it_back_until_it_is_answered() -> None:
    """BX4. Claimed on Mon 28 December; looked at again on Tue 5 January."""
    decision = answer(requested(), CLAIM)
    assert (after(decision).state, asked_for(after(decision))) == ("overdue", ())
    assert [name for name, to in letters(decision) if to == FINANCE] == ["rma/invoice_withdrawn"]
    assert deadlines(decision.effects) == [("invoice_request", "", local_nine(2027, 1, 5))]


def test_a_yes_of_staff_does_not_stand_for_the_warehouses_answer() -> None:
    """BX4"""
    asked = fall("invoice_request", "", local_nine(2026, 12, 23), overdue(), careful())
    claimed = after(answer(after(asked), CLAIM))
    assert names(command(claimed, "/confirm ABC234", desk=careful()).refused) == ("rma_invoice_waits_for_warehouse",)


# What staff read of it


def test_the_ccr_reads_the_day_that_holds_after_the_extension_that_was_granted_at_once() -> None:
    """RM10. Due Tue 15 December, past: from Mon 28, 29, 30, 31, 4 and Tue 5 January."""
    decision = answer(overdue(), CustomerLine("extend", days=20))
    rows = dict(letter(decision, ASKED).values["summary"])
    assert rows["return_due"].values == {"day": date(2027, 1, 5)}
    assert rows["state"].values == {"state": "replacement delivered"}


def test_an_answer_books_for_receiving_and_goes_to_the_customer_for_the_ccr() -> None:
    """SR5, RM5: each reads how its own answer is taken."""
    announced = answer(case(return_due=date(2026, 12, 30)), CustomerLine("shipped", carrier="DHL", tracking="1"))
    assert letter(announced, ASKED).values["books"]
    assert not letter(answer(overdue(), CustomerLine("extend", days=20)), ASKED).values["books"]
