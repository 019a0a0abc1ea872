"""Parts that fall due on several days are invoiced, withdrawn and proven each by its own (RM9, RM11, BX3, BX4).

How the days of the card and the board are counted stands in two_parts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from mailflow.message.customer.one_line import CustomerLine
from mailflow.policy.decision import Decision
from mailflow.policy.derivation import Step
from tests.cases.rma.returns import (
    CCR,
    CUSTOMER,
    FINANCE,
    PART,
    REMINDER,
    after,
    answer,
    asked_for,
    command,
    fall,
    letter,
    letters,
    local_nine,
    requests_of,
)
from tests.cases.rma.two_parts import (
    BOARD,
    BOARD_DUE,
    BOARD_NOTICES,
    BOARD_REQUEST,
    CARD_DUE,
    CARD_NOTICES,
    CARD_REQUEST,
    WAREHOUSE,
    at,
    both_delivered,
    card_requested,
    clocks,
    due,
    known,
    played,
    written,
)


def test_only_the_ripe_part_is_invoiced_and_the_other_clock_goes_on() -> None:
    """RM9"""
    subject = card_requested()
    assert (asked_for(subject), subject.state) == (((PART, 1, "12500.00", "EUR"),), "to be invoiced")
    later = fall("reminder", "2027-01-04 5", local_nine(2026, 12, 23), subject)
    assert [row.part_number for row in letter(later, "rma/reminder").values["outstanding"]] == [BOARD]
    both = played(subject, *BOARD_NOTICES, BOARD_REQUEST)
    assert [parts for _, parts in requests_of(both)] == [[PART], [BOARD]]


def test_what_is_ripe_on_one_day_goes_in_one_request_with_each_day_told() -> None:
    """RM9: the card's request waited for the warehouse until the board was ripe too."""
    subject = played(both_delivered(), *CARD_NOTICES, *BOARD_NOTICES)
    decision = fall(*BOARD_REQUEST, subject, known=known(sent_notices=written(subject)))
    assert letters(decision) == [("rma/invoice_request", FINANCE), ("rma/invoice_notice", CUSTOMER)]
    values = letter(decision, "rma/invoice_request").values
    assert [(row[0], row[5]) for row in values["amounts"]] == [(PART, CARD_DUE), (BOARD, BOARD_DUE)]
    assert (values["due_days"], values["delivered_days"]) == ((CARD_DUE, BOARD_DUE), (date(2026, 11, 24), date(2026, 12, 9)))
    assert letters(fall(*CARD_REQUEST[:2], BOARD_REQUEST[2], after(decision), known=known(sent_notices=written(subject)))) == []


def test_a_late_return_of_the_first_part_withdraws_only_its_request() -> None:
    """RM9"""
    both = played(card_requested(), *BOARD_NOTICES, BOARD_REQUEST)
    decision = command(both, f"/received 1 x {PART}", by=WAREHOUSE, at=at(1, 14, year=2027))
    assert [(row[0], row[1]) for row in letter_to_finance(decision)["amounts"]] == [(PART, 1)]
    assert (asked_for(after(decision)), after(decision).state) == (((BOARD, 1, "12500.00", "EUR"),), "to be invoiced")
    assert clocks(decision) == []


def letter_to_finance(decision: Decision) -> dict[str, object]:
    (found,) = [one for one in decision.effects if getattr(one, "to", ()) == FINANCE]
    return dict(found.values)


def test_the_first_part_that_comes_back_late_is_overdue_no_longer() -> None:
    """RM9, BX3: the board's day lies ahead."""
    back = command(card_requested(), f"/received 1 x {PART}", by=WAREHOUSE, at=at(12, 28))
    assert (after(back).state, asked_for(after(back)), due(after(back))) == ("received", (), [(BOARD, 1, BOARD_DUE)])


def test_finance_answers_one_request_and_the_return_goes_on_with_the_other() -> None:
    """RM11"""
    one = after(command(card_requested(), "/invoiced INV-1", by="finance@tac.example", at=at(12, 28)))
    assert (one.state, one.closed_at) == ("replacement delivered", None)
    assert letters(fall("reminder", "2027-01-04 2", local_nine(2026, 12, 30), one))[0][0] == "rma/reminder"
    both = played(one, *BOARD_NOTICES, BOARD_REQUEST)
    over = command(both, "/invoiced INV-2", by="finance@tac.example", at=at(1, 14, year=2027))
    assert (after(over).state, [number for number, _ in requests_of(after(over))]) == ("invoiced", ["INV-1", "INV-2"])
    back = command(after(over), f"/received 1 x {PART}", by=WAREHOUSE, at=at(1, 20, year=2027))
    assert (letter_to_finance(back)["invoice_number"], asked_for(after(back))) == ("INV-1", ((BOARD, 1, "12500.00", "EUR"),))


def test_reminders_of_one_part_prove_nothing_for_another() -> None:
    """BX4: the card's letters arrived; of the board's reminders one did not."""
    subject = played(both_delivered(), *CARD_NOTICES, *BOARD_NOTICES)
    board_reminders = [one for one in written(subject) if one.name == REMINDER and one.written_at >= local_nine(2026, 12, 23)]
    lacking = tuple(one for one in written(subject) if one not in board_reminders[1:])
    unread = tuple(replace(one, accepted_at=None) for one in board_reminders[1:])
    decision = fall(*BOARD_REQUEST, subject, known=known(sent_notices=(*lacking, *unread)))
    assert asked_for(after(decision)) == ((PART, 1, "12500.00", "EUR"),)
    assert ("service_request/customer_message", CCR) in letters(decision)
    # The letters are looked at again on the next business day, Thursday 14 January.
    assert clocks(decision) == [("invoice_request", "", local_nine(2027, 1, 14))]
    proven = fall("invoice_request", "", local_nine(2027, 1, 14), after(decision), known=known(sent_notices=written(subject)))
    assert asked_for(after(proven)) == ((PART, 1, "12500.00", "EUR"), (BOARD, 1, "12500.00", "EUR"))


def test_the_warehouses_answer_gives_ripe_parts_their_term_again_and_leaves_the_others() -> None:
    """BX4. Answered on Mon 28 December: 29, 30, 31, 4 and Tue 5 January; the board is not due before the 4th."""
    claimed = after(answer(card_requested(), CustomerLine("already_returned"), at=at(12, 24)))
    assert asked_for(claimed) == ()
    found_nothing = command(claimed, f"/correct 0 x {PART}", by=WAREHOUSE, at=at(12, 28))
    assert ("invoice_request", "2026-12-15", local_nine(2027, 1, 5)) in clocks(found_nothing)
    assert ("final_notice", "2027-01-04", local_nine(2027, 1, 5)) in clocks(found_nothing)


def test_a_return_with_several_days_is_told_day_by_day_to_those_who_book_and_decide() -> None:
    """SR5: on top of the relayed mail."""
    relayed = answer(both_delivered(), None, text="Where shall we send it?", at=at(12, 11))
    rows = dict(letter(relayed, "service_request/customer_message").values["summary"])
    assert rows["return_due"] == Step(
        "rma_days",
        {
            "days": (
                Step("rma_day_of_parts", {"day": CARD_DUE, "parts": f"1 x {PART}"}),
                Step("rma_day_of_parts", {"day": BOARD_DUE, "parts": f"1 x {BOARD}"}),
            )
        },
    )
