"""Replacements that arrive on several days: each makes as many faulty parts due by a day of its own (BX3, RM8, RM9, RM10, BX4, T1, T2).

How the days of the card and the board are counted stands in two_parts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mailflow.message.customer.one_line import CustomerLine
from mailflow.policy.decision import ClearDeadline
from mailflow.policy.register import Contract
from mailflow.policy.term import Term, Unit
from tests.cases.rma.returns import (
    ANNA,
    CUSTOMER,
    DESK,
    FINAL_NOTICE,
    PART,
    after,
    answer,
    bounce,
    case,
    command,
    facts,
    fall,
    letter,
    letters,
    local_nine,
    names,
    part,
    sent,
)
from tests.cases.rma.two_parts import (
    BOARD,
    BOARD_DUE,
    BOARD_NOTICES,
    CARD_DUE,
    CARD_NOTICES,
    LINES,
    PRICES,
    WAREHOUSE,
    at,
    both_delivered,
    card_delivered,
    clocks,
    due,
    known,
    played,
    shipped,
)

# The days


def test_a_lower_authorisation_leaves_the_day_of_what_was_delivered() -> None:
    """RM8, RM10: what still waits for its replacement is taken away."""
    one = after(command(case(parts=(part(PART, 3, serials=("CARD00000001",)),)), f"/delivered 2026-11-24 1 x {PART}", at=at(11, 25)))
    fewer = after(command(one, f"/correct 2 x {PART}", at=at(11, 26)))
    assert sorted(str(unit.due) for unit in fewer.details.units) == sorted([str(CARD_DUE), "None"])


def test_a_part_without_a_serial_counts_for_what_is_due_first() -> None:
    """BX3, RM9: one replacement delivered, one part back: nothing is due."""
    one = after(
        command(
            case(parts=(part(PART, 2, serials=("CARD00000001",)),)), f"/delivered 2026-11-24 1 x {PART} serial CARD00000001", at=at(11, 25)
        )
    )
    assert one.details.return_due == CARD_DUE
    back = after(command(one, f"/received 1 x {PART}", by=WAREHOUSE, at=at(11, 26)))
    assert [unit.due for unit in back.details.units if unit.is_outstanding] == [None]


@pytest.mark.parametrize(
    ("country", "zone", "first", "second", "days"),
    [
        ("PL", "Europe/Warsaw", "2026-11-24", "2026-12-09", (CARD_DUE, BOARD_DUE)),
        # 26 27 | 2 3 4 (30 November, 1 December) | 7-11 | 14-18; 16-18 | 21-24 (25 December) | 28-31 | 4 5 8 (1, 6, 7 January) | 11
        ("RO", "Europe/Bucharest", "2026-11-25", "2026-12-15", (date(2026, 12, 18), date(2027, 1, 11))),
    ],
)
def test_each_delivery_gives_its_parts_a_day_of_their_own(country: str, zone: str, first: str, second: str, days: tuple[date, ...]) -> None:
    """BX3, RM8, T1"""
    there = facts(country, zone, prices=PRICES)
    one = after(command(shipped(), f"/delivered {first} 1 x {PART}", at=at(11, 25), known=there))
    assert due(one) == [(PART, 1, days[0]), (BOARD, 1, None)]
    two = after(command(one, f"/delivered {second} 1 x {BOARD}", at=at(12, 16), known=there))
    assert due(two) == [(PART, 1, days[0]), (BOARD, 1, days[1])]


def test_the_second_delivery_sets_its_own_clock_and_leaves_the_first_alone() -> None:
    """BX3, RM9"""
    first = card_delivered()
    assert [one for one in clocks(first) if one[0] != "delivery_question"] == list(CARD_NOTICES)
    second = command(after(first), f"/delivered 2026-12-09 1 x {BOARD}", at=at(12, 10))
    assert clocks(second) == list(BOARD_NOTICES)
    assert {one.kind for one in second.effects if isinstance(one, ClearDeadline)} == {"delivery_question"}


def test_what_has_not_arrived_is_not_due_and_its_delivery_is_asked_for() -> None:
    """RM8. The first delivery became known on Wed 25 November: 26, 27, 30; 1, 2, 3; 4, 7, 8 December."""
    first = card_delivered()
    assert [(key, moment) for kind, key, moment in clocks(first) if kind == "delivery_question"] == [
        ("3", local_nine(2026, 11, 30)),
        ("6", local_nine(2026, 12, 3)),
        ("9", local_nine(2026, 12, 8)),
    ]
    asked = fall("delivery_question", "3", local_nine(2026, 11, 30), after(first))
    assert [row.part_number for row in letter(asked, "rma/delivery_question").values["awaited"]] == [BOARD]
    assert letters(fall("delivery_question", "3", local_nine(2026, 12, 14), both_delivered())) == []


def test_without_parts_all_that_is_under_way_is_delivered() -> None:
    """RM8"""
    assert due(after(command(shipped(), "/delivered 2026-11-24", at=at(11, 25)))) == [(PART, 1, CARD_DUE), (BOARD, 1, CARD_DUE)]
    rest = command(after(card_delivered()), "/delivered 2026-12-09", at=at(12, 10))
    assert due(after(rest)) == [(PART, 1, CARD_DUE), (BOARD, 1, BOARD_DUE)]
    two_parcels = after(command(after(command(case(parts=LINES), f"/shipped DHL JD01 1 x {PART}")), f"/shipped DHL JD02 1 x {BOARD}"))
    assert [parcel.contents for parcel in two_parcels.details.replacements] == [((PART, 1),), ((BOARD, 1),)]
    only_one = after(command(case(parts=LINES), f"/shipped DHL JD01 1 x {PART}", at=at(11, 23)))
    assert due(after(command(only_one, "/delivered 2026-11-24", at=at(11, 25)))) == [(PART, 1, CARD_DUE), (BOARD, 1, None)]


def test_of_one_line_as_many_units_are_due_as_replacements_arrived() -> None:
    """BX3: by quantity, the serials in their order."""
    lines = (part(PART, 3, serials=("SER000000001", "SER000000002", "SER000000003")),)
    one = after(command(shipped(lines), f"/delivered 2026-11-24 1 x {PART}", at=at(11, 25)))
    two = after(command(one, f"/delivered 2026-12-09 1 x {PART}", at=at(12, 10)))
    assert [(row.outstanding_serials, row.due) for row in two.details.by_day] == [
        (("SER000000001",), CARD_DUE),
        (("SER000000002",), BOARD_DUE),
        (("SER000000003",), None),
    ]
    back = after(command(two, f"/received 1 x {PART} serial SER000000003", by=WAREHOUSE, at=at(12, 11)))
    assert [(row.outstanding_serials, row.due) for row in back.details.by_day] == [
        (("SER000000001",), BOARD_DUE),
        (("SER000000002",), None),
    ]


def test_the_customers_word_delivers_what_is_awaited() -> None:
    """BX6: the answer says each part with its day, and what is still awaited."""
    first = answer(shipped(), CustomerLine("delivered", day=date(2026, 11, 24)), at=at(11, 25))
    assert due(after(first)) == [(PART, 1, CARD_DUE), (BOARD, 1, CARD_DUE)]
    again = answer(after(card_delivered()), CustomerLine("delivered", day=date(2026, 11, 24)), at=at(11, 26))
    assert (due(after(again)), letters(again)) == ([(PART, 1, CARD_DUE), (BOARD, 1, None)], [("rma/extended", CUSTOMER)])
    asked = answer(
        after(card_delivered()), CustomerLine("delivered", day=date(2026, 11, 24)), at=at(11, 30), answers="rma/delivery_question"
    )
    assert due(after(asked)) == [(PART, 1, CARD_DUE), (BOARD, 1, CARD_DUE)]
    other = answer(after(card_delivered()), CustomerLine("delivered", day=date(2026, 12, 9)), at=at(12, 10))
    assert [(row.part_number, row.due) for row in letter(other, "rma/extended").values["by_day"]] == [
        (PART, CARD_DUE),
        (BOARD, BOARD_DUE),
    ]


def test_staff_read_each_day_with_its_parts() -> None:
    """OUT4"""
    told = card_delivered().done
    assert names(told) == ("rma_delivered", "rma_days", "rma_day_of_parts", "rma_parts_without_day")


def test_a_delivery_day_that_was_wrong_is_corrected_for_the_parts_that_are_named() -> None:
    """RM8. The board arrived on Tue 8 December in fact: 9-11 | 14-18 | 21-23 | 28-31 = Thu 31 December."""
    corrected = after(command(both_delivered(), f"/delivered 2026-12-08 1 x {BOARD}", at=at(12, 10)))
    assert due(corrected) == [(PART, 1, CARD_DUE), (BOARD, 1, date(2026, 12, 31))]
    assert names(command(both_delivered(), "/delivered 2026-12-08", at=at(12, 10)).refused)[0] == "rma_delivery_names_no_parts"
    at_once = after(command(shipped(), "/delivered 2026-11-24", at=at(11, 25)))
    assert due(after(command(at_once, "/delivered 2026-12-09", at=at(12, 10)))) == [(PART, 1, BOARD_DUE), (BOARD, 1, BOARD_DUE)]


@pytest.mark.parametrize(("items", "why"), [(f"2 x {PART}", "rma_delivers_too_many"), ("1 x 99999XYZ", "rma_delivers_unknown_part")])
def test_what_cannot_have_arrived_is_refused(items: str, why: str) -> None:
    """OUT4"""
    assert names(command(shipped(), f"/delivered 2026-11-24 {items}", at=at(11, 25)).refused) == (why,)


def test_the_term_goes_by_the_programme_of_the_contract() -> None:
    """BX3: on this desk CoCare parts are due within seven days, HiCare parts within the desk's fifteen business days."""
    desk = replace(DESK, returns=replace(DESK.returns, term_by_programme={"cocare": Term(7, Unit.DAYS)}))
    days = []
    for programme in ("cocare", "hicare"):
        contract = Contract(
            number="C-1",
            company="Customer",
            domains=("customer.example",),
            service_level="9x5xNBD",
            programme=programme,
            start=date(2026, 1, 1),
            end=date(2026, 12, 31),
        )
        decision = command(shipped(), "/delivered 2026-11-24", at=at(11, 25), known=known(contract=contract), desk=desk)
        days.append(after(decision).details.return_due)
    assert days == [date(2026, 12, 1), CARD_DUE]


# Notices


def test_a_reminder_and_a_final_notice_name_only_what_is_due_on_their_day() -> None:
    """RM9: the amount likewise."""
    subject = both_delivered()
    reminder = letter(fall("reminder", "2026-12-15 5", local_nine(2026, 12, 8), subject), "rma/reminder").values
    assert ([row.part_number for row in reminder["outstanding"]], reminder["return_due"]) == ([PART], CARD_DUE)
    final = letter(fall("final_notice", "2026-12-15", local_nine(2026, 12, 16), subject, known=known()), "rma/final_notice").values
    assert ([row[0] for row in final["amounts"]], final["invoice_on"]) == ([PART], date(2026, 12, 23))


def test_what_came_back_falls_silent_at_once_and_the_other_clock_goes_on() -> None:
    """BX3: the card is back on 3 December, before the board's replacement arrives."""
    back = command(after(card_delivered()), f"/received 1 x {PART}", by=WAREHOUSE, at=at(12, 3))
    assert {(one.kind, one.key) for one in back.effects if isinstance(one, ClearDeadline)} == {
        *((kind, key) for kind, key, _ in CARD_NOTICES),
        ("invoice_request", "2026-12-15"),
    }
    assert letters(fall("final_notice", "2026-12-15", local_nine(2026, 12, 16), after(back))) == []
    second = command(after(back), f"/delivered 2026-12-09 1 x {BOARD}", at=at(12, 10))
    assert (due(after(second)), clocks(second)) == ([(BOARD, 1, BOARD_DUE)], list(BOARD_NOTICES))


def test_a_part_that_comes_back_before_the_second_delivery_counts_for_the_first() -> None:
    """BX3: of two cards one was delivered and one came back; the other is due with its own replacement."""
    lines = (part(PART, 2),)
    one = after(command(shipped(lines), f"/delivered 2026-11-24 1 x {PART}", at=at(11, 25)))
    back = after(command(one, f"/received 1 x {PART}", by=WAREHOUSE, at=at(12, 3)))
    assert due(back) == [(PART, 1, None)]
    assert due(after(command(back, "/delivered 2026-12-09", at=at(12, 10)))) == [(PART, 1, BOARD_DUE)]


# Extensions and lost time


def test_an_extension_moves_every_open_day() -> None:
    """RM10. Tue 15 December: 16, 17, 18, 21, 22; Mon 4 January: 5, 7, 8, 11, 12 (the 6th is a holiday)."""
    moved = answer(both_delivered(), CustomerLine("extend", days=5, reason="strike"), at=at(12, 14))
    assert due(after(moved)) == [(PART, 1, date(2026, 12, 22)), (BOARD, 1, date(2027, 1, 12))]
    assert letter(moved, "rma/extended").values["days"] == (date(2026, 12, 22), date(2027, 1, 12))
    assert [(kind, key) for kind, key, _ in clocks(moved) if kind == "final_notice"] == [
        ("final_notice", "2026-12-22"),
        ("final_notice", "2027-01-12"),
    ]


def test_an_extension_after_the_first_day_counts_from_today_for_that_part() -> None:
    """RM10. On Fri 18 December: 21, 22, 23, 28, 29 for the card; the board as before."""
    moved = command(played(both_delivered(), *CARD_NOTICES), "/extend 5 strike", at=at(12, 18))
    assert due(after(moved)) == [(PART, 1, date(2026, 12, 29)), (BOARD, 1, date(2027, 1, 12))]
    assert after(moved).state == "replacement delivered"


def test_an_extension_leaves_parts_alone_whose_replacement_has_not_arrived() -> None:
    """RM10, RM8"""
    assert due(after(command(after(card_delivered()), "/extend 5 strike", at=at(12, 14)))) == [
        (PART, 1, date(2026, 12, 22)),
        (BOARD, 1, None),
    ]
    assert names(command(shipped(), "/extend 5 strike", at=at(12, 14)).refused) == ("rma_no_return_date",)


def test_an_extension_counts_in_the_unit_of_the_desk() -> None:
    """RM10: on a desk whose extension is of days, five more end on Sunday 20 December."""
    desk = replace(DESK, returns=replace(DESK.returns, extension=Term(3, Unit.DAYS)))
    moved = command(after(card_delivered()), "/extend 5 strike", at=at(12, 14), desk=desk)
    assert after(moved).details.return_due == date(2026, 12, 20)
    (row, _) = after(moved).details.by_day
    assert {name: row.units[0].obligation.steps[-1].values[name] for name in ("amount", "unit")} == {"amount": 5, "unit": "days"}


def test_the_time_that_nobody_could_be_reached_is_added_to_every_day() -> None:
    """BX4. Tue 8 to Mon 28 December are twelve business days: 15 December becomes Tue 5 January (16, 17, 18, 21, 22, 23, 28-31, 4, 5), and
    4 January Thu 21 January (5, 7, 8, 11-15, 18-21)."""
    held = both_delivered()
    held = replace(held, details=replace(held.details, held_since=local_nine(2026, 12, 8)))
    assert clocks(command(held, "/extend 5 strike", at=at(12, 28))) == []
    resumed = command(held, "/add new@customer.example", at=at(12, 28, 10))
    assert due(after(resumed)) == [(PART, 1, date(2027, 1, 5)), (BOARD, 1, date(2027, 1, 21))]
    assert {key[:10] for kind, key, _ in clocks(resumed) if kind == "final_notice"} == {"2027-01-05", "2027-01-21"}


def test_a_final_notice_that_came_back_is_given_again_and_the_other_day_stays() -> None:
    """BX4: the card's final notice of Wed 16 December came back at once; it goes again on Thu 17."""
    subject = replace(played(both_delivered(), *CARD_NOTICES), participants=(ANNA,))
    lost = sent(FINAL_NOTICE, bounced=True, at=local_nine(2026, 12, 16))
    decision = bounce(subject, FINAL_NOTICE, ANNA, known(sent_notices=(lost,)), at=at(12, 16, 9))
    assert due(after(decision)) == [(PART, 1, CARD_DUE), (BOARD, 1, BOARD_DUE)]
    assert ("final_notice", "2026-12-15", local_nine(2026, 12, 17)) in clocks(decision)
    assert [one for one in clocks(decision) if one[1][:10] == "2027-01-04"] == list(BOARD_NOTICES)


@pytest.mark.parametrize("quantity", [2, 3])
def test_parts_that_are_authorised_later_wait_for_their_own_replacement(quantity: int) -> None:
    """RM10, RM8. Corrected on Mon 28 December: 29, 30, 31; 4, 5, 7 January; 8, 11, 12."""
    decision = command(both_delivered(), f"/correct {quantity} x {BOARD}", at=at(12, 28, 9))
    assert due(after(decision)) == [(PART, 1, CARD_DUE), (BOARD, 1, BOARD_DUE), (BOARD, quantity - 1, None)]
    assert clocks(decision) == [
        ("delivery_question", "3", local_nine(2026, 12, 31)),
        ("delivery_question", "6", local_nine(2027, 1, 7)),
        ("delivery_question", "9", local_nine(2027, 1, 12)),
    ]
