"""`/undo` takes back the sender's last command while it concerned the desk alone (contract: Staff commands)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailflow.handling.handle_deadline import handle_deadlines
from tests.handling.conftest import DeskAtWork
from tests.handling.test_command import CCR, CSE, clocks, journal_of, newest, one_line, open_second
from tests.handling.test_handle_mail import ANNA, issue_return, open_request


def undo(desk: DeskAtWork, number: str, *, by: str = CCR, minutes: int = 5) -> str:
    """`/undo` some minutes later; the text of its answer."""
    desk.now += timedelta(minutes=minutes)
    desk.new_notices()
    desk.write(by, f"Re: {number}", "/undo\n")
    ((answer, to),) = desk.new_notices()
    assert to == (by,)
    return one_line(newest(desk, answer))


def without_version(desk: DeskAtWork, number: str) -> object:
    return replace(desk.case(number), version=0)


@pytest.mark.parametrize(
    "line",
    ["/assign me", "/priority P1", "/close spam", "/add eve@northwind.example", "/entitled no wrong contract"],
)
def test_a_command_that_stayed_in_the_desk_is_taken_back_with_its_clocks(desk: DeskAtWork, line: str) -> None:
    number = open_request(desk)
    case, running = without_version(desk, number), clocks(desk, number)
    assert running
    desk.write(CCR, f"Re: {number}", f"{line}\n")
    assert without_version(desk, number) != case
    assert f"“{line}” is taken back" in undo(desk, number)
    assert (without_version(desk, number), clocks(desk, number)) == (case, running)
    assert journal_of(desk, number)[-2] == ("undo", f"taken back: {line}")


def test_a_merge_is_taken_back_on_both_sides(desk: DeskAtWork) -> None:
    first, second = open_request(desk), open_second(desk)
    before = [(without_version(desk, number), clocks(desk, number)) for number in (first, second)]
    desk.write(CCR, f"Re: {second}", f"/merge {first}\n")
    assert clocks(desk, second) == []
    assert "is taken back" in undo(desk, second)
    assert [(without_version(desk, number), clocks(desk, number)) for number in (first, second)] == before
    assert [("undo", f"taken back: /merge {first}") in journal_of(desk, number) for number in (first, second)] == [True, True]


def test_a_link_is_taken_back_on_both_sides(desk: DeskAtWork) -> None:
    first, second = open_request(desk), open_second(desk)
    desk.write(CCR, f"Re: {second}", f"/link {first}\n")
    assert (desk.case(first).linked, desk.case(second).linked) == ((second,), (first,))
    assert "is taken back" in undo(desk, first)
    assert (desk.case(first).linked, desk.case(second).linked) == ((), ())


def test_of_several_lines_the_last_is_taken_back(desk: DeskAtWork) -> None:
    number = open_request(desk)
    desk.write(CCR, f"Re: {number}", f"/assign {CSE}\n/priority P4\n")
    assert "“/priority P4” is taken back" in undo(desk, number)
    assert (desk.case(number).assignee, desk.case(number).priority) == (CSE, "P2")


def test_a_command_whose_mail_went_out_stays_and_the_answer_names_the_mail(desk: DeskAtWork) -> None:
    number = open_request(desk)
    desk.write(CCR, f"Re: {number}", "/resolve The cable was loose.\n")
    resolved = desk.case(number)
    answer = undo(desk, number)
    assert "“/resolve The cable was loose.” cannot be taken back, because mail went out: " in answer
    assert f"to {ANNA}" in answer
    assert desk.case(number) == resolved


def test_a_return_that_was_issued_stays(desk: DeskAtWork) -> None:
    number = issue_return(desk)
    issued = desk.case(number)
    assert "cannot be taken back, because mail went out" in undo(desk, number)
    assert desk.case(number) == issued


def test_a_note_stays_in_the_journal_and_is_marked(desk: DeskAtWork) -> None:
    number = open_request(desk)
    desk.write(CCR, f"Re: {number}", "/note Called Anna.\n")
    assert "changed no case; the journal keeps the line" in undo(desk, number)
    lines = journal_of(desk, number)
    assert ("note", "Called Anna.") in lines
    assert [text for what, text in lines if what == "undo"] == ["taken back: /note Called Anna."]


def test_a_question_for_confirmation_is_taken_back_with_its_code(desk: DeskAtWork) -> None:
    """BX8: the code of a command that was taken back opens nothing."""
    number = issue_return(desk)
    before = without_version(desk, number)
    desk.write(CCR, f"Re: {number}", "/waive lost\n")
    code = newest(desk, "staff/confirmation_request").split("/confirm ")[1].split()[0]
    assert "is taken back" in undo(desk, number)
    assert without_version(desk, number) == before
    desk.write(CCR, f"Re: {number}", f"/confirm {code}\n")
    assert without_version(desk, number) == before


def test_a_confirmed_command_that_told_the_customer_stays(desk: DeskAtWork) -> None:
    number = issue_return(desk)
    desk.write(CCR, f"Re: {number}", "/waive lost\n")
    code = newest(desk, "staff/confirmation_request").split("/confirm ")[1].split()[0]
    desk.write(CCR, f"Re: {number}", f"/confirm {code}\n")
    assert f"to {ANNA}" in undo(desk, number)
    assert desk.case(number).state == "waived"


@pytest.mark.parametrize(("minutes", "taken_back"), [(15, True), (16, False)])
def test_after_a_quarter_of_an_hour_it_is_too_late(desk: DeskAtWork, minutes: int, taken_back: bool) -> None:
    """By the moments at which the mails arrived (T3)."""
    number = open_request(desk)
    desk.write(CCR, f"Re: {number}", "/assign me\n")
    answer = undo(desk, number, minutes=minutes)
    assert ("is taken back" in answer) is taken_back
    assert ("was given more than 15 minutes ago" in answer) is not taken_back
    assert (desk.case(number).assignee is None) is taken_back


def test_it_is_taken_back_once(desk: DeskAtWork) -> None:
    number = open_request(desk)
    desk.write(CCR, f"Re: {number}", "/assign me\n")
    undo(desk, number)
    after = desk.case(number)
    assert "was taken back already" in undo(desk, number)
    assert desk.case(number) == after


def test_another_persons_command_is_not_taken_back(desk: DeskAtWork) -> None:
    number = open_request(desk)
    desk.write(CCR, f"Re: {number}", "/assign me\n")
    assert "there is no command of yours here that could be taken back" in undo(desk, number, by=CSE)
    assert desk.case(number).assignee == CCR


def test_what_another_hand_changed_since_stays(desk: DeskAtWork) -> None:
    number = open_request(desk)
    desk.write(CCR, f"Re: {number}", "/priority P4\n")
    desk.write(CSE, f"Re: {number}", "/assign me\n")
    changed = desk.case(number)
    assert f"{number} has changed since “/priority P4”" in undo(desk, number)
    assert desk.case(number) == changed


def test_a_clock_that_fired_since_is_not_set_again(desk: DeskAtWork) -> None:
    """P2 warns after 30 and 48 minutes of its 60; `/assign` leaves the clock alone, and the warning that fell stays fallen."""
    number = open_request(desk)
    desk.now += timedelta(minutes=25)
    desk.write(CCR, f"Re: {number}", "/assign me\n")
    desk.now += timedelta(minutes=6)
    assert handle_deadlines(desk.services, desk.now) == 1
    left = clocks(desk, number)
    assert [(kind, key) for kind, key, _ in left] == [("response_warning", "80"), ("response_breached", "")]
    assert "is taken back" in undo(desk, number, minutes=1)
    assert clocks(desk, number) == left


def test_a_clock_that_the_command_set_and_that_fired_keeps_it(desk: DeskAtWork) -> None:
    """P1 warns 15 minutes after the acceptance; what a warning told cannot be untold."""
    number = open_request(desk)
    desk.now += timedelta(minutes=10)
    desk.write(CCR, f"Re: {number}", "/priority P1\n")
    desk.now += timedelta(minutes=6)
    assert handle_deadlines(desk.services, desk.now) == 1
    assert f"{number} has changed since “/priority P1”" in undo(desk, number, minutes=1)
    assert desk.case(number).priority == "P1"


def test_in_a_fresh_mail_the_last_command_of_all_is_taken_back(desk: DeskAtWork) -> None:
    number = open_request(desk)
    desk.write(CCR, f"Re: {number}", "/assign me\n")
    row = desk.write(CCR, "Oh no", "/undo\n")
    assert (row.state, row.case_number) == ("added", number)
    assert desk.case(number).assignee is None


def test_a_request_that_was_opened_for_a_caller_keeps_its_number(desk: DeskAtWork) -> None:
    """SR10: the caller was answered at once."""
    desk.write(CCR, "Call", f"/new {ANNA}\nThe fan howls.\n")
    opened = desk.case("SR-100001")
    assert f"“/new {ANNA}” cannot be taken back, because mail went out: request for missing details to {ANNA}" in undo(desk, "SR-100001")
    assert desk.case("SR-100001") == opened
