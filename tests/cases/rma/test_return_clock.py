"""The clock on a return obligation, its dates counted by hand (RM3, RM8, RM9, T1, T2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mailflow.cases.rma.clock import clock_until, invoice_moment, obligation_from, run_return_clock, start_validity_clock
from mailflow.cases.rma.units import deliver
from mailflow.policy.case import Case
from mailflow.policy.decision import Effect, SendNotice
from tests.cases.rma.returns import (
    DESK,
    ISSUED,
    PART,
    asked_for,
    careful,
    case,
    deadlines,
    facts,
    fall,
    letters,
    local_nine,
    overdue,
    parcel,
    part,
)


def started_on(day: date) -> tuple[Case, tuple[Effect, ...]]:
    """Both parts were delivered on the day."""
    subject = case()
    units = deliver(subject.details.units, {PART: 2}, obligation_from(day, facts(), DESK))
    started = replace(subject, details=replace(subject.details, units=units))
    return started, run_return_clock(started, facts(), DESK, ISSUED)


def test_fifteen_business_days_from_the_day_after_delivery() -> None:
    """RM8, T1. Delivered Tue 24 Nov: 25 26 27 | 30 1 2 3 4 | 7 8 9 10 11 | 14 15 = Tue 15 Dec."""
    started, effects = started_on(date(2026, 11, 24))
    assert started.details.return_due == date(2026, 12, 15)
    assert deadlines(effects) == [
        ("reminder", "5", local_nine(2026, 12, 8)),
        ("reminder", "2", local_nine(2026, 12, 11)),
        ("reminder", "0", local_nine(2026, 12, 15)),
        ("final_notice", "", local_nine(2026, 12, 16)),
    ]


def test_holidays_push_the_term_and_what_follows_it() -> None:
    """RM8. Delivered Wed 9 Dec: 10 11 | 14-18 | 21 22 23 (24, 25 holidays) | 28-31 | (1 Jan, 6 Jan holidays) 4 Jan = 15th."""
    started, effects = started_on(date(2026, 12, 9))
    assert started.details.return_due == date(2027, 1, 4)
    assert [at for kind, _, at in deadlines(effects) if kind == "final_notice"] == [local_nine(2027, 1, 5)]


def test_a_reminder_whose_moment_has_passed_is_skipped() -> None:
    """T2: on 14 Dec it becomes known that the part is due on 15 Dec; only the reminder of the day itself is left."""
    effects = clock_until(date(2026, 12, 15), (), facts().calendar, DESK, datetime(2026, 12, 14, 12, tzinfo=UTC))
    assert [key for kind, key, _ in deadlines(effects) if kind == "reminder"] == ["0"]


def test_the_invoice_request_comes_five_business_days_after_the_final_notice() -> None:
    """RM9. Final notice Wed 16 Dec: 17 18 21 22 23 = Wed 23 Dec."""
    assert invoice_moment(date(2026, 12, 16), facts().calendar, DESK.returns.invoice_after) == date(2026, 12, 23)


def test_a_return_for_repair_is_warned_of_and_expires_on_the_day_after() -> None:
    """RM3. Issued 20 Nov, valid through 20 Dec: warnings 13 and 18 Dec, expired 21 Dec."""
    assert deadlines(start_validity_clock(case("repair"), facts().calendar, DESK)) == [
        ("validity_warning", "7", local_nine(2026, 12, 13)),
        ("validity_warning", "2", local_nine(2026, 12, 18)),
        ("expired", "", local_nine(2026, 12, 21)),
    ]


def test_an_advance_replacement_is_never_called_expired() -> None:
    """RM3"""
    assert deadlines(start_validity_clock(case(), facts().calendar, DESK)) == []


def test_a_reminder_lists_only_what_is_outstanding() -> None:
    """RM9"""
    lines = (part("03057BGH", 2, received=2), part("02352KLM"))
    decision = fall("reminder", "5", local_nine(2026, 12, 8), case(parts=lines, return_due=date(2026, 12, 15)))
    (letter,) = [one for one in decision.effects if isinstance(one, SendNotice)]
    assert [line.part_number for line in letter.values["outstanding"]] == ["02352KLM"]


def test_nobody_is_reminded_of_what_came_back() -> None:
    """BX3"""
    lines = (part("03057BGH", 2, received=2),)
    assert fall("reminder", "5", local_nine(2026, 12, 8), case(parts=lines)).effects == ()


def test_the_final_notice_states_the_amount_and_sets_the_day_of_the_invoice_request() -> None:
    """RM9"""
    decision = fall("final_notice", "", local_nine(2026, 12, 16), case(return_due=date(2026, 12, 15)))
    (letter,) = [one for one in decision.effects if isinstance(one, SendNotice)]
    assert letter.values["amounts"] == (("03057BGH", 2, Decimal("12500.00"), Decimal("25000.00"), "EUR", date(2026, 12, 15)),)
    assert letter.values["totals"] == (("EUR", Decimal("25000.00")),)
    assert letter.at_most_once
    assert deadlines(decision.effects) == [("invoice_request", "", local_nine(2026, 12, 23))]
    assert decision.case is not None
    assert decision.case.state == "overdue"


def test_finance_and_the_customer_hear_of_the_invoice_request() -> None:
    """RM9, RM11"""
    decision = fall("invoice_request", "", local_nine(2026, 12, 23), overdue())
    assert letters(decision) == [("rma/invoice_request", ("finance@tac.example",)), ("rma/invoice_notice", ("anna@customer.example",))]
    assert decision.case is not None
    assert decision.case.state == "to be invoiced"


def test_a_parcel_in_transit_within_its_grace_is_not_invoiced() -> None:
    """RM9. Announced Tue 15 Dec: ten business days end on Thu 31 Dec; looked at again on Mon 4 Jan."""
    label = parcel("123", datetime(2026, 12, 15, 10, tzinfo=UTC), 2)
    lines = (part("03057BGH", 2, announced=(label,)),)
    decision = fall("invoice_request", "", local_nine(2026, 12, 23), overdue(parts=lines))
    assert letters(decision) == []
    assert deadlines(decision.effects) == [("invoice_request", "", local_nine(2027, 1, 4))]


def test_the_grace_holds_for_the_announced_parts_only() -> None:
    """RM9: one of two is on its way, the other one is owed."""
    label = parcel("123", datetime(2026, 12, 15, 10, tzinfo=UTC))
    lines = (part("03057BGH", 2, announced=(label,)),)
    decision = fall("invoice_request", "", local_nine(2026, 12, 23), overdue(parts=lines))
    assert decision.case is not None
    assert asked_for(decision.case) == (("03057BGH", 1, "12500.00", "EUR"),)
    assert [kind for kind, _, _ in deadlines(decision.effects)] == ["invoice_request"]


def test_a_parcel_announced_without_a_tracking_number_has_no_grace() -> None:
    """RM9"""
    label = parcel("", datetime(2026, 12, 15, 10, tzinfo=UTC), 2)
    lines = (part("03057BGH", 2, announced=(label,)),)
    decision = fall("invoice_request", "", local_nine(2026, 12, 23), overdue(parts=lines))
    assert [name for name, _ in letters(decision)] == ["rma/invoice_request", "rma/invoice_notice"]


def test_without_a_price_staff_are_asked_and_nothing_is_invoiced() -> None:
    """RM9"""
    lines = (part("99999XYZ"),)
    decision = fall("invoice_request", "", local_nine(2026, 12, 23), overdue(parts=lines))
    assert letters(decision) == [("staff/confirmation_request", ("ccr@tac.example",))]


def test_a_desk_may_demand_a_humans_yes() -> None:
    """RM9"""
    decision = fall("invoice_request", "", local_nine(2026, 12, 23), overdue(), careful())
    assert letters(decision) == [("staff/confirmation_request", ("ccr@tac.example",))]


def test_expiry_is_told_once_and_marked() -> None:
    """RM3"""
    decision = fall("expired", "", local_nine(2026, 12, 21), case("repair"))
    assert letters(decision) == [("rma/expired", ("anna@customer.example",))]
    assert decision.case is not None
    assert decision.case.details.expired


def test_an_unknown_deadline_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="knows no deadline 'tea'"):
        fall("tea", "", ISSUED, case())
