"""Parcels of the customer that are announced (RM9, BX4), and replacements that are owed, forgotten or held back (RM8, BX8, EN5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from mailflow.message.customer.one_line import CustomerLine
from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.policy.desk import Role
from mailflow.policy.register import Contract
from tests.cases.rma.returns import (
    CCR,
    CUSTOMER,
    DESK,
    PART,
    Part,
    after,
    answer,
    asked_for,
    case,
    command,
    deadlines,
    facts,
    fall,
    letter,
    letters,
    local_nine,
    names,
    overdue,
    parcel,
    part,
)
from tests.cases.rma.test_opening import issued

ASKED = "service_request/customer_message"
QUESTION = "rma/delivery_question"


def announced(day: date) -> tuple[Part, ...]:
    on = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    return (part(PART, announced=(parcel("JD1", on),)),)


@pytest.mark.parametrize(
    ("day", "in_transit", "not_arrived"),
    [
        # Announced Thu 3 December: 4 | 7-11 | 14 15 16 17 is the tenth business day. The final notice goes out on Wed 16 December.
        (date(2026, 12, 3), ((f"1 × {PART}: DHL JD1", date(2026, 12, 17)),), ()),
        # Announced Tue 1 December: its tenth business day was Tue 15 December.
        (date(2026, 12, 1), (), (f"1 × {PART}: DHL JD1",)),
    ],
)
def test_a_final_notice_calls_under_way_only_what_its_grace_still_covers(
    day: date, in_transit: tuple[tuple[str, date], ...], not_arrived: tuple[str, ...]
) -> None:
    """RM9, BX4"""
    subject = case(parts=announced(day), return_due=date(2026, 12, 15))
    told = letter(fall("final_notice", "", local_nine(2026, 12, 16), subject), "rma/final_notice").values
    assert (told["in_transit"], told["not_arrived"]) == (in_transit, not_arrived)


def test_an_invoice_notice_names_the_parcel_that_did_not_arrive() -> None:
    """RM9"""
    decision = fall("invoice_request", "", local_nine(2026, 12, 23), overdue(parts=announced(date(2026, 12, 1))))
    assert asked_for(after(decision))
    assert letter(decision, "rma/invoice_notice").values["not_arrived"] == (f"1 × {PART}: DHL JD1",)


def test_the_day_of_the_invoice_and_an_extension_are_derived() -> None:
    """BX2. Extended on Mon 28 December through Tue 5 January: 29 30 31 | (Fri 1 is a holiday) | 4 5."""
    told = letter(fall("final_notice", "", local_nine(2026, 12, 16), case(return_due=date(2026, 12, 15))), "rma/final_notice").values
    assert [step.name for step in told["invoice_steps"]] == ["final_notice_given", "term_business_days", "invoice_asked_on"]
    assert told["invoice_steps"][-1].values == {"day": date(2026, 12, 23)}
    extended = letter(command(overdue(), "/extend 5 stock check"), "rma/extended").values
    assert [step.name for step in extended["steps"]] == ["extension_starts", "holiday", "extended"]
    assert (extended["steps"][0].values["day"], extended["days"]) == (date(2026, 12, 28), (date(2027, 1, 5),))


# A replacement that is owed


def test_a_replacement_that_nobody_booked_as_sent_is_asked_for_once_of_the_ccr() -> None:
    """RM8"""
    first = fall("delivery_question", "3", local_nine(2026, 12, 1), replace(case(), state="issued"))
    assert letters(first) == [(QUESTION, CUSTOMER), (ASKED, CCR)]
    assert letters(fall("delivery_question", "6", local_nine(2026, 12, 4), after(first))) == [(QUESTION, CUSTOMER)]


def test_a_return_stays_open_until_its_replacement_is_delivered() -> None:
    """RM8: the faulty part came back before its replacement left."""
    back = command(replace(case(parts=(part(PART),)), state="issued"), f"/received 1 x {PART}", by="warehouse@tac.example")
    assert (after(back).state, after(back).closed_at) == ("received", None)
    assert letters(back) == [("rma/receipt_notification", CUSTOMER), (ASKED, CCR)]
    shipped = command(after(back), "/shipped DHL JD01")
    assert (after(shipped).state, len(deadlines(shipped.effects))) == ("received", 3)
    assert letters(fall("delivery_question", "3", local_nine(2026, 12, 31), after(shipped))) == [(QUESTION, CUSTOMER)]
    delivered = command(after(shipped), "/delivered 2026-12-28")
    assert (after(delivered).state, letters(delivered)) == ("closed", [("rma/closed", CUSTOMER)])


def test_staff_may_close_a_return_without_its_replacement() -> None:
    """RM8, RM10"""
    back = replace(case(parts=(part(PART, received=1),)), state="received")
    assert after(command(back, "/close")).state == "closed"


def test_a_dead_part_that_arrived_waits_for_the_decision_on_its_exchange() -> None:
    """EN5, RM7: CCR and CSE decide; nothing is repaired and nothing closes by itself."""
    decision = command(case("doa", parts=(part(PART),)), f"/received 1 x {PART}", by="warehouse@tac.example", at=local_nine(2026, 12, 1))
    assert after(decision).state == "received"
    assert letters(decision) == [("rma/receipt_notification", CUSTOMER), (ASKED, DESK.staff_of(Role.CCR, Role.CSE))]
    assert after(command(after(decision), "/close")).state == "closed"


def request(confirmed_by: str = "") -> Case:
    details = ServiceRequestDetails(site_address="Nowa 99, Gdynia", site_stated_by=CUSTOMER[0], ship_to_confirmed_by=confirmed_by)
    return replace(case(), number="SR-100001", kind="service_request", details=details)


def test_a_replacement_does_not_leave_for_an_address_that_nobody_confirmed() -> None:
    """BX8"""
    contract = Contract(
        number="HC-1",
        company="Customer",
        domains=(),
        service_level="9x5xNBD",
        programme="hicare",
        start=date(2026, 1, 1),
        end=date(2026, 12, 31),
        site_address="Prosta 1, Warszawa",
    )
    subject = replace(case(), state="issued")
    held = command(subject, "/shipped DHL JD01", known=facts(parent=request(), contract=contract))
    assert names(held.refused)[0] == "rma_ship_to_unconfirmed"
    let_go = command(subject, "/shipped DHL JD01", known=facts(parent=request("ewa@customer.example"), contract=contract))
    assert after(let_go).state == "replacement shipped"


def test_an_extension_before_the_delivery_is_answered_and_passed_on() -> None:
    """BX6, RM10"""
    decision = answer(case(), CustomerLine("extend", days=5))
    assert letter(decision, QUESTION).values["wants_time"] is True
    assert (ASKED, CCR) in letters(decision)


def test_more_time_for_an_expired_return_is_no_announcement() -> None:
    """RM3"""
    told = letter(answer(case("repair"), CustomerLine("extend", days=5)), "rma/revalidation_request").values
    assert told["announced"] is False


def test_a_parcel_after_the_last_valid_day_is_told_to_the_ccr() -> None:
    """RM3: the customer reads that a colleague looks into it."""
    subject = case("repair", expired=True)
    decision = command(subject, f"/received 1 x {PART}", by="warehouse@tac.example")
    assert letter(decision, ASKED).values["commands"] == ("/revalidate RMA-100001",)


def test_more_time_for_a_repair_is_a_new_validity() -> None:
    """RM10, RM3"""
    assert names(command(case("repair"), "/extend 5 stock check").refused)[0] == "rma_validity_is_renewed"


def test_a_letter_about_part_of_a_request_lists_what_came_back_and_says_when_the_rest_is_asked_for() -> None:
    """RM9, RM6. Booked on Mon 28 December: the next business day is Tue 29 December."""
    asked = after(fall("invoice_request", "", local_nine(2026, 12, 23), overdue()))
    told = letter_to_customer(command(asked, f"/received 1 x {PART}", by="warehouse@tac.example"))
    assert [(row[0], row[1]) for row in told["amounts"]] == [(PART, 1)]
    assert ([(row[0], row[1]) for row in told["asked_anew"]], told["anew_on"]) == ([(PART, 1)], date(2026, 12, 29))


def letter_to_customer(decision: object) -> dict[str, object]:
    (found,) = [one for one in decision.effects if getattr(one, "notice", "") == "rma/invoice_withdrawn" and not one.to_staff]
    return dict(found.values)


def test_a_part_that_nobody_knows_is_flagged() -> None:
    """RM1, BX8: the return is issued, and staff are asked to look."""
    assert "rma_part_unknown" not in names(issued(f"/rma advance 1 x {PART}", descriptions={PART: "Board"}).done)
    assert "rma_part_unknown" in names(issued("/rma advance 1 x NOPART99").done)


def test_the_delivery_is_asked_for_on_the_business_day_after_the_promised_one() -> None:
    """RM8, EN6: nobody may book that the replacement left."""
    decision = issued(f"/rma advance 1 x {PART}")
    promised = letter(decision, "rma/customer_request_verification").values["sla_day"]
    # Issued on Fri 20 November 2026 before the cut-off: promised for Mon 23, asked on Tue 24, then six and nine business days on.
    assert promised == date(2026, 11, 23)
    asked = [at.date() for kind, _, at in deadlines(decision.effects) if kind == "delivery_question"]
    assert asked == [date(2026, 11, 24), date(2026, 12, 1), date(2026, 12, 4)]


def test_what_was_invoiced_is_not_asked_for_again_when_the_rest_of_its_term_moves() -> None:
    """RM9, RM10: one of two was back and the other invoiced; then it turns out that none came, and more time is granted."""
    one_back = overdue(parts=(part(PART, 2, received=1),))
    invoiced = command(after(fall("invoice_request", "", local_nine(2026, 12, 23), one_back)), "/invoiced INV-1", by="finance@tac.example")
    subject = replace(after(invoiced), state="overdue", closed_at=None)
    units = tuple(replace(unit, received_at=None) for unit in subject.details.units)
    none_back = replace(subject, details=replace(subject.details, units=units))
    extended = after(command(none_back, "/extend 5 stock check"))
    assert len(extended.details.running) == 1
