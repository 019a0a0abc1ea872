"""Staff commands as mails: all or none, on the right case, once (OUT4, SR10, BX8)."""

from __future__ import annotations

from datetime import datetime

from mailflow.scenario.mail_client import write_mail
from mailflow.store import deadline, journal
from tests.handling.conftest import DeskAtWork
from tests.handling.test_handle_mail import ANNA, REQUEST, issue_return, open_request

CCR, CSE = "ccr@tac.example", "cse@tac.example"


def journal_of(desk: DeskAtWork, number: str) -> list[tuple[str, str]]:
    with desk.services.database.read() as c:
        return [(row.what, row.text) for row in journal.of_case(c, number)]


def clocks(desk: DeskAtWork, number: str) -> list[tuple[str, str, datetime]]:
    """(kind, key, instant) of the case's waiting deadlines."""
    with desk.services.database.read() as c:
        return [(row.kind, row.key, row.due_at) for row in deadline.waiting_of(c, [number])]


def one_line(text: str) -> str:
    return " ".join(text.split())


def newest(desk: DeskAtWork, name: str) -> str:
    """The text of the newest notice of a name."""
    return [one.text for one in desk.all_notices() if one.name == name][-1]


def open_second(desk: DeskAtWork) -> str:
    row = desk.write(ANNA, "Fan is loud", "Serial number: 2102352KLM10L5000456\n\nThe fan of the same board howls.\n")
    assert row.case_number == "SR-100002"
    desk.new_notices()
    return "SR-100002"


def test_a_line_that_is_refused_takes_back_the_lines_before_it(desk: DeskAtWork) -> None:
    """OUT4"""
    number = open_request(desk)
    before = desk.case(number)
    desk.write(CCR, f"Re: {number}", "/assign me\n/reopen\n")
    assert desk.case(number) == before
    assert desk.new_notices() == [("staff/command_refused", (CCR,))]


def test_a_merge_changes_both_requests_and_says_so_in_both_journals(desk: DeskAtWork) -> None:
    """IN10"""
    first, second = open_request(desk), open_second(desk)
    desk.write(CCR, f"Re: {second}", f"/merge {first}\n")
    merged = desk.case(second)
    assert (merged.state, merged.merged_into) == ("closed", first)
    assert second in desk.case(first).linked
    assert journal_of(desk, first)[-1] == ("mail", f"{second} was merged into it")
    assert clocks(desk, second) == []


def test_a_command_on_a_merged_request_does_nothing_and_names_the_other(desk: DeskAtWork) -> None:
    first, second = open_request(desk), open_second(desk)
    desk.write(CCR, f"Re: {second}", f"/merge {first}\n")
    before = desk.case(first), desk.case(second)
    desk.write(CCR, f"Re: {second}", "/assign me\n")
    assert (desk.case(first), desk.case(second)) == before
    assert f"{second} is merged into {first}; please give the command there" in one_line(newest(desk, "staff/command_refused"))


def test_a_request_of_another_desk_cannot_be_named(desk: DeskAtWork) -> None:
    number = open_request(desk)
    before = desk.case(number)
    desk.write(CCR, f"Re: {number}", "/link SR-999999\n")
    assert desk.case(number) == before
    assert desk.new_notices() == [("staff/command_refused", (CCR,))]


def test_staff_open_a_request_for_a_caller_with_a_fresh_mail(desk: DeskAtWork) -> None:
    """SR10: the caller is answered like anybody who writes; the result names the number."""
    row = desk.write(CCR, "Call", f"/new {ANNA} Anna Nowak\n{REQUEST}")
    assert (row.state, row.case_number) == ("opened", "SR-100001")
    case = desk.case("SR-100001")
    assert (case.customer, case.customer_name, case.contract, case.priority) == (ANNA, "Anna Nowak", "HC-1", "P2")
    assert case.details.serials == ("2102352KLM10L5000456",)
    notices = desk.new_notices()
    assert ("service_request/accepted", (ANNA,)) in notices
    assert notices[-1] == ("staff/command_result", (CCR,))
    assert "SR-100001 is opened for anna@northwind.example" in one_line(newest(desk, "staff/command_result"))


def test_commands_below_new_are_done_on_the_new_request(desk: DeskAtWork) -> None:
    """SR10, in the thread of another request: that one stays as it is."""
    number = open_request(desk)
    before = desk.case(number)
    row = desk.write(CCR, f"Re: {number}", f"/new {ANNA}\nThe fan howls.\n/assign {CSE}\n/priority P4\n")
    assert (row.state, row.case_number) == ("opened", "SR-100002")
    opened = desk.case("SR-100002")
    assert (opened.assignee, opened.priority) == (CSE, "P4")
    assert desk.case(number) == before


def test_new_opens_nothing_where_a_later_line_fails(desk: DeskAtWork) -> None:
    """OUT4"""
    row = desk.write(CCR, "Call", f"/new {ANNA}\nThe fan howls.\n/assign nobody@elsewhere.example\n")
    assert (row.state, row.case_number) == ("ignored", None)
    assert desk.new_notices() == [("staff/command_refused", (CCR,))]


def test_a_command_in_a_mail_that_names_no_case_is_refused(desk: DeskAtWork) -> None:
    row = desk.write(CCR, "Hello", "/assign me\n")
    assert (row.state, row.case_number) == ("ignored", None)
    assert desk.new_notices() == [("staff/command_refused", (CCR,))]


def test_the_same_staff_mail_in_two_mailboxes_is_done_once(desk: DeskAtWork) -> None:
    """P7: a copy of a command, in whichever mailbox of the desk and with whatever headers on top, does nothing again."""
    number = open_request(desk)
    message = write_mail(
        sender=CCR,
        to=["tac@tac.example", "receiving@tac.example"],
        subject=f"Re: {number}",
        body="/note Called Anna.\n",
        at=desk.now,
        message_id="once@tac.example",
    )
    desk.receive(message.as_bytes())
    copies = (message.as_bytes(), b"X-Relayed: again\n" + message.as_bytes())
    for copy, mailbox in zip(copies, ("receiving@tac.example", "escalation@tac.example"), strict=True):
        assert desk.receive(copy, mailbox=mailbox).state == "duplicate"
    assert [text for what, text in journal_of(desk, number) if (what, text) == ("note", "Called Anna.")] == ["Called Anna."]
    assert desk.new_notices() == [("staff/command_result", (CCR,))]


def test_a_confirmation_code_works_once(desk: DeskAtWork) -> None:
    """BX8"""
    number = issue_return(desk)
    desk.write(CCR, f"Re: {number}", "/waive lost in a fire\n")
    code = next(word for word in newest(desk, "staff/confirmation_request").split("/confirm ")[1].split())
    desk.write(CCR, f"Re: {number}", f"/confirm {code}\n")
    waived = desk.case(number)
    assert waived.state == "waived"
    desk.new_notices()
    desk.write(CCR, f"Re: {number}", f"/confirm {code}\n\nOnce more.\n")
    assert desk.case(number) == waived
    assert desk.new_notices() == [("staff/command_refused", (CCR,))]
