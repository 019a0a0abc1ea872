"""No invoice without proof of notice; a bounced notice stops the clock, the next contact is tried (BX4, RM9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mailflow.policy.decision import ClearDeadline, Decision
from mailflow.policy.derivation import Step
from mailflow.policy.facts import SentNotice
from mailflow.policy.register import PartPrice
from tests.cases.rma.returns import (
    ANNA,
    CCR,
    EWA,
    FINAL_NOTICE,
    FINANCE,
    JAN,
    PRICE,
    PROVEN,
    REMINDER,
    VERIFICATION,
    after,
    answer,
    asked_for,
    bounce,
    careful,
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
    part,
    requested,
    sent,
)

DUE_NOW = local_nine(2026, 12, 23)


def asked(*notices: SentNotice) -> Decision:
    return fall("invoice_request", "", DUE_NOW, overdue(), known=facts(sent_notices=notices))


def without(name: str) -> tuple[SentNotice, ...]:
    return tuple(one for one in PROVEN if one.name != name)


@pytest.mark.parametrize(
    ("notices", "missing"),
    [
        ((), ("customer_request_verification", "reminder", "final_notice")),
        (without(VERIFICATION), ("customer_request_verification",)),
        ((*without(VERIFICATION), sent(VERIFICATION, accepted=False)), ("customer_request_verification",)),
        ((*without(VERIFICATION), sent(VERIFICATION, bounced=True)), ("customer_request_verification",)),
        ((*without(REMINDER), sent(REMINDER, 1), sent(REMINDER, 2, bounced=True)), ("reminder",)),
        # One mail to two addresses is one reminder.
        ((*without(REMINDER), sent(REMINDER, 1), sent(REMINDER, 1, JAN), sent(REMINDER, 2, accepted=False)), ("reminder",)),
        (without(FINAL_NOTICE), ("final_notice",)),
    ],
)
def test_without_proof_nothing_is_invoiced_and_the_ccr_reads_what_is_missing(
    notices: tuple[SentNotice, ...], missing: tuple[str, ...]
) -> None:
    """BX4. Looked at again on the next business day: after Wed 23 December, Mon 28."""
    decision = asked(*notices)
    assert letters(decision) == [("service_request/customer_message", CCR)]
    steps = letter(decision, "service_request/customer_message").values["steps"]
    assert [step.name for step in steps] == ["rma_not_invoiced", *(f"rma_unproven_{name}" for name in missing)]
    assert deadlines(decision.effects) == [("invoice_request", "", local_nine(2026, 12, 28))]
    assert after(decision).state == "overdue"


def test_the_second_look_says_nothing_new_and_the_third_finds_the_proof() -> None:
    """BX4: a slow server took the second reminder after all."""
    first = asked(*without(FINAL_NOTICE))
    second = fall("invoice_request", "", local_nine(2026, 12, 28), after(first), known=facts(sent_notices=without(FINAL_NOTICE)))
    assert letters(second) == []
    assert deadlines(second.effects) == [("invoice_request", "", local_nine(2026, 12, 29))]
    third = fall("invoice_request", "", local_nine(2026, 12, 29), after(second))
    assert [name for name, _ in letters(third)] == ["rma/invoice_request", "rma/invoice_notice"]


def test_one_address_of_the_customer_is_enough() -> None:
    """BX4"""
    notices = (*PROVEN, *(sent(one.name, int(one.message_id[-13]), JAN, bounced=True) for one in PROVEN))
    assert [name for name, _ in letters(asked(*notices))] == ["rma/invoice_request", "rma/invoice_notice"]


def test_the_request_carries_its_evidence() -> None:
    """BX4, RM11"""
    assert letter(asked(*PROVEN), "rma/invoice_request").attach == ("invoice_csv", "invoice_json", "evidence")


def test_where_the_term_was_too_short_for_two_reminders_staff_decide() -> None:
    """BX4, T2: all that was written has arrived."""
    notices = (*without(REMINDER), sent(REMINDER))
    decision = asked(*notices)
    assert letters(decision) == [("staff/confirmation_request", CCR)]
    assert deadlines(decision.effects) == []
    yes = command(after(decision), "/confirm ABC234", known=facts(sent_notices=notices))
    assert [name for name, _ in letters(yes)] == ["rma/invoice_request", "rma/invoice_notice"]
    assert (after(yes).state, after(yes).details.confirmations) == ("to be invoiced", ())
    assert yes.done == Step("rma_invoice_asked", {"rma": "RMA-100001"})


def test_an_extension_makes_the_question_void() -> None:
    """RM9: nothing is invoiced that was extended, whatever was asked before."""
    notices = (*without(REMINDER), sent(REMINDER))
    moved = after(command(after(asked(*notices)), "/extend 5 strike", known=facts(sent_notices=notices)))
    assert moved.details.confirmations == ()
    assert names(command(moved, "/confirm ABC234").refused) == ("code_unknown",)


def test_no_yes_stands_for_a_letter_that_came_back_since() -> None:
    """BX4"""
    pending = after(asked(*without(REMINDER), sent(REMINDER)))
    refused = command(pending, "/confirm ABC234", known=facts(sent_notices=(*without(REMINDER), sent(REMINDER, bounced=True))))
    assert names(refused.refused) == ("rma_invoice_unproven", "rma_unproven_reminder")


def test_a_humans_yes_is_asked_for_once_and_then_stands() -> None:
    """RM9"""
    first = fall("invoice_request", "", DUE_NOW, overdue(), careful())
    assert letters(first) == [("staff/confirmation_request", CCR)]
    assert letters(fall("invoice_request", "", DUE_NOW, after(first), careful())) == []
    assert after(command(after(first), "/confirm ABC234", desk=careful())).state == "to be invoiced"


def test_a_yes_does_not_help_without_a_price() -> None:
    """RM9"""
    unpriced = facts(prices={})
    first = fall("invoice_request", "", DUE_NOW, overdue(), known=unpriced)
    assert letter(first, "staff/confirmation_request").values["summary"].name == "rma_invoice_without_price"
    assert names(command(after(first), "/confirm ABC234", known=unpriced).refused) == ("rma_price_unknown",)


def test_several_currencies_are_never_added() -> None:
    """RM9"""
    dollars = PartPrice(part_number="02352KLM", description="", list_price=Decimal("310.00"), currency="USD", valid_from=date(2026, 1, 1))
    lines = (part("03057BGH"), part("02352KLM", 2))
    decision = fall("invoice_request", "", DUE_NOW, overdue(parts=lines), known=facts(prices={"03057BGH": PRICE, "02352KLM": dollars}))
    assert letter(decision, "rma/invoice_request").values["totals"] == (("EUR", Decimal("12500.00")), ("USD", Decimal("620.00")))


# A notice that comes back


def test_the_next_contact_gets_the_notice_and_staff_are_told() -> None:
    """BX4: Anna's mailbox is gone, Ewa is the contract's next contact."""
    lost = sent(REMINDER, bounced=True, at=local_nine(2026, 12, 8))
    subject = replace(case(return_due=date(2026, 12, 15)), participants=(ANNA,))
    decision = bounce(subject, REMINDER, ANNA, facts(sent_notices=(lost,)), at=local_nine(2026, 12, 8))
    told = after(decision)
    assert (told.customer, told.customer_name, told.participants) == (EWA, "Ewa", (EWA,))
    assert letters(decision) == [("rma/reminder", (EWA,))]
    assert (told.details.return_due, deadlines(decision.effects)) == (date(2026, 12, 15), [])
    assert decision.done == Step("rma_next_contact", {"rma": "RMA-100001", "address": EWA})


def test_business_days_that_were_lost_with_the_notice_are_added() -> None:
    """BX4. Written on Tue 8 December, back on Fri 11: 9, 10 and 11 are lost; due on Tue 15, so 16, 17, Fri 18."""
    lost = sent(REMINDER, bounced=True, at=local_nine(2026, 12, 8))
    subject = replace(case(return_due=date(2026, 12, 15)), participants=(ANNA,))
    decision = bounce(subject, REMINDER, ANNA, facts(sent_notices=(lost,)), at=datetime(2026, 12, 11, 12, tzinfo=UTC))
    assert after(decision).details.return_due == date(2026, 12, 18)
    (row,) = after(decision).details.by_day
    assert row.units[0].obligation.steps[-1].name == "notice_lost"
    assert letter(decision, "rma/reminder").values["days_left"] == 5
    # Five business days before the 18th is the 11th, 09:00, which has passed; two: the 16th.
    assert deadlines(decision.effects) == [
        ("reminder", "2", local_nine(2026, 12, 16)),
        ("reminder", "0", local_nine(2026, 12, 18)),
        ("final_notice", "", local_nine(2026, 12, 21)),
    ]


def test_a_final_notice_that_came_back_is_given_again_with_its_whole_term() -> None:
    """BX4. Wed 16 December, back at once; the next business day is Thu 17, and the invoice request five business days later Thu 24 … a
    holiday, as is the 25th: 18, 21, 22, 23, then Mon 28."""
    lost = sent(FINAL_NOTICE, bounced=True, at=local_nine(2026, 12, 16))
    subject = replace(overdue(), participants=(ANNA,))
    decision = bounce(subject, FINAL_NOTICE, ANNA, facts(sent_notices=(lost,)), at=datetime(2026, 12, 16, 9, tzinfo=UTC))
    assert letters(decision) == []
    assert ClearDeadline(kind="invoice_request") in decision.effects
    assert deadlines(decision.effects) == [("final_notice", "", local_nine(2026, 12, 17))]
    again = fall("final_notice", "", local_nine(2026, 12, 17), after(decision))
    assert letters(again) == [("rma/final_notice", (EWA,))]
    assert deadlines(again.effects) == [("invoice_request", "", local_nine(2026, 12, 28))]


def test_a_notice_that_another_address_of_the_customer_got_is_not_repeated() -> None:
    """BX4"""
    lost = sent(REMINDER, bounced=True)
    decision = bounce(case(return_due=date(2026, 12, 30)), REMINDER, ANNA, facts(sent_notices=(lost, sent(REMINDER, 1, JAN))))
    assert (after(decision).customer, letters(decision), deadlines(decision.effects)) == (JAN, [], [])


def test_a_copy_that_came_back_changes_no_more_than_who_gets_copies() -> None:
    """BX4"""
    decision = bounce(case(), REMINDER, JAN, facts(sent_notices=(sent(REMINDER), sent(REMINDER, 1, JAN, bounced=True))))
    assert (after(decision).customer, after(decision).participants, letters(decision)) == (ANNA, (ANNA,), [])


def test_without_any_contact_the_clock_stands_still_and_staff_must_act() -> None:
    """BX4"""
    nobody = facts(sent_notices=(sent(REMINDER, bounced=True, at=local_nine(2026, 12, 8)),), contacts=(), undeliverable=frozenset({JAN}))
    decision = bounce(case(return_due=date(2026, 12, 15)), REMINDER, ANNA, nobody, at=local_nine(2026, 12, 8))
    held = after(decision)
    assert (held.customer, held.details.held_since) == (ANNA, local_nine(2026, 12, 8))
    stopped = {one.kind for one in decision.effects if isinstance(one, ClearDeadline)}
    assert {"reminder", "final_notice", "invoice_request"} <= stopped
    assert (letters(decision), names(decision.done)) == ([], ("rma_nobody_reachable",))
    assert letters(fall("invoice_request", "", DUE_NOW, held)) == []
    assert deadlines(command(held, "/extend 5 strike").effects) == []


def test_with_a_new_address_the_authorisation_is_sent_and_the_clock_goes_on() -> None:
    """BX4. It stood still from Tue 8 to Mon 28 December: 9, 10, 11, 14-18, 21, 22, 23 and 28 are twelve business days. Due on the 15th:
    16, 17, 18, 21, 22, 23, 28, 29, 30, 31 December, 4 and Tue 5 January make twelve."""
    held = case(return_due=date(2026, 12, 15), held_since=local_nine(2026, 12, 8))
    decision = command(held, "/add new@customer.example")
    told = after(decision)
    assert (told.customer, told.details.held_since, told.details.return_due) == ("new@customer.example", None, date(2027, 1, 5))
    assert letters(decision) == [("rma/customer_request_verification", ("new@customer.example",))]
    # Five business days before it would be this very morning, which has passed; two: Thu 31. The 6th is a holiday.
    assert deadlines(decision.effects) == [
        ("reminder", "2", local_nine(2026, 12, 31)),
        ("reminder", "0", local_nine(2027, 1, 5)),
        ("final_notice", "", local_nine(2027, 1, 7)),
    ]
    assert decision.done == Step("rma_reachable_again", {"rma": "RMA-100001", "address": "new@customer.example"})


def test_a_customer_who_writes_can_be_reached() -> None:
    """BX4"""
    held = case(return_due=date(2026, 12, 15), held_since=local_nine(2026, 12, 8))
    decision = answer(held, None, EWA, text="Hello?")
    assert (after(decision).customer, after(decision).details.held_since) == (EWA, None)
    assert letters(decision)[0] == ("rma/customer_request_verification", (EWA,))


def test_a_reminder_that_comes_back_after_the_request_takes_it_back() -> None:
    """BX4: the proof fell away."""
    lost = sent(REMINDER, 2, bounced=True, at=local_nine(2026, 12, 15))
    decision = bounce(replace(requested(), participants=(ANNA,)), REMINDER, ANNA, facts(sent_notices=(*PROVEN[:2], lost)))
    assert asked_for(after(decision)) == ()
    assert ("rma/invoice_withdrawn", FINANCE) in letters(decision)
    assert after(decision).state == "replacement delivered"


def test_a_staff_mail_that_comes_back_changes_nothing() -> None:
    """BX4"""
    decision = bounce(requested(), "rma/invoice_request", FINANCE[0], facts())
    assert (decision.case, decision.effects) == (requested(), ())


def test_each_due_day_asks_for_its_own_proof_again() -> None:
    """BX4: after an extension staff are told anew what is missing."""
    told = after(asked(*without(FINAL_NOTICE)))
    moved = after(command(told, "/extend 5 strike", at=DUE_NOW))
    given = after(fall("final_notice", "", local_nine(2027, 1, 5), moved))
    again = fall("invoice_request", "", local_nine(2027, 1, 13), given, known=replace(facts(), sent_notices=without(FINAL_NOTICE)))
    assert letters(again) == [("service_request/customer_message", CCR)]


def test_word_of_the_invoice_that_comes_back_is_repeated_and_the_request_stands() -> None:
    """BX4: it is no part of the proof."""
    lost = sent("rma/invoice_notice", bounced=True, at=DUE_NOW)
    decision = bounce(replace(requested(), participants=(ANNA,)), "rma/invoice_notice", ANNA, facts(sent_notices=(*PROVEN, lost)))
    assert letters(decision) == [("rma/invoice_notice", (EWA,))]
    assert (after(decision).state, deadlines(decision.effects)) == ("to be invoiced", [])
    assert letter(decision, "rma/invoice_notice").values["totals"] == (("EUR", Decimal("25000.00")),)
