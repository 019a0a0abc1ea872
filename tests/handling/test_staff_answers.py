"""What staff write and nobody may misunderstand: nearly commands, answers out of their thread, encrypted and forged mail (SR5, OUT4)."""

from __future__ import annotations

import pytest

from mailflow.scenario.mail_client import write_answer
from mailflow.store import notice
from tests.handling.conftest import DeskAtWork
from tests.handling.test_command import CCR, CSE, journal_of, newest, one_line
from tests.handling.test_handle_mail import ANNA, issue_return, open_request

RELAYED = "service_request/customer_message"
PGP = "-----BEGIN PGP MESSAGE-----\n\nhQEMA0xxxxxxxxxxxxxxxxxx\n=abcd\n-----END PGP MESSAGE-----\n"


def answer_through_relay(desk: DeskAtWork, body: str, *, name: str = RELAYED, quotes: bool = True) -> None:
    """An answer of the engineer by way of a server that gives our letters other Message-IDs."""
    with desk.services.database.read() as c:
        answered = notice.newest_to(c, name, CSE)
    assert answered is not None
    raw = write_answer(answered.raw, sender=CSE, body=body, at=desk.now, message_id=f"{desk.count}@relay.example")
    raw.replace_header("In-Reply-To", "<rewritten@relay.example>")
    raw.replace_header("References", "<rewritten@relay.example>")
    if not quotes:
        raw.set_content(body)
    row = desk.receive(raw.as_bytes())
    assert (row.state, row.case_number) == ("added", "SR-100001")


@pytest.mark.parametrize("line", ["*/priority P4*", "- /priority P4", "• /priority P4", '"/priority P4"', "/priority=P4"])
def test_what_is_nearly_a_command_is_done_and_never_sent_to_the_customer(desk: DeskAtWork, line: str) -> None:
    """OUT4, SR5"""
    number = open_request(desk)
    desk.answer(CSE, RELAYED, f"{line}\n")
    assert (desk.case(number).priority, desk.case(number).details.responded_at) == ("P4", None)
    assert desk.new_notices() == [("staff/command_result", (CSE,))]


@pytest.mark.parametrize("line", ["/close?", "/assing_me", "/rma-advance", "/priorité P1", "/关闭", "assign me", "Close."])
def test_what_is_no_command_is_asked_about_and_never_sent_to_the_customer(desk: DeskAtWork, line: str) -> None:
    """OUT4, SR5: the response clock runs on."""
    number = open_request(desk)
    before = desk.case(number)
    desk.answer(CSE, RELAYED, f"{line}\n")
    assert desk.case(number) == before
    assert desk.new_notices() == [("staff/command_refused", (CSE,))]


def test_a_path_or_a_sentence_in_a_letter_reaches_the_customer(desk: DeskAtWork) -> None:
    open_request(desk)
    desk.answer(CSE, RELAYED, "Please look here:\n/var/log/messages shows it.\n")
    desk.answer(CSE, RELAYED, "Add the log, please.\n")
    assert [name for name, _ in desk.new_notices()] == ["service_request/staff_message", "service_request/staff_message"]


def test_an_answer_that_repeats_the_relayed_mail_is_one_whatever_its_message_id(desk: DeskAtWork) -> None:
    """BX7, SR5: the case's signed address and the customer's mail quoted below leave no doubt."""
    number = open_request(desk)
    answer_through_relay(desk, "Please send the logs.\n")
    assert desk.new_notices() == [("service_request/staff_message", (ANNA,))]
    assert desk.case(number).details.responded_at == desk.now


def test_an_answer_that_repeats_nothing_is_a_note_and_its_sender_is_told(desk: DeskAtWork) -> None:
    """SR5: a note can be sent again, a letter to the customer cannot be taken back."""
    number = open_request(desk)
    answer_through_relay(desk, "Please send the logs.\n", quotes=False)
    assert desk.new_notices() == [("staff/note_kept", (CSE,))]
    assert ("note", "Please send the logs.") in journal_of(desk, number)
    told = one_line(newest(desk, "staff/note_kept"))
    assert "Nobody outside saw your mail." in told
    assert "Please send the logs." in told
    assert "answer the mail “[SR-100001] New: Board reboots” of 20 November 2026" in told


def test_an_answer_that_repeats_another_notice_is_a_note(desk: DeskAtWork) -> None:
    """SR5: only an answer to a relayed mail goes to the customer."""
    number = open_request(desk)
    desk.write(CSE, f"Re: {number}", "/priority P4\n")
    desk.new_notices()
    answer_through_relay(desk, "Fine.\n", name="staff/command_result")
    assert desk.new_notices() == [("staff/note_kept", (CSE,))]


def test_a_fresh_note_on_a_case_stays_unanswered(desk: DeskAtWork) -> None:
    number = open_request(desk)
    desk.write(CSE, f"{number}", "Anna reseats the card this afternoon.\n")
    assert desk.new_notices() == []
    assert ("note", "Anna reseats the card this afternoon.") in journal_of(desk, number)


def test_encrypted_mail_of_staff_reaches_no_customer(desk: DeskAtWork) -> None:
    """IN9"""
    number = open_request(desk)
    before = desk.case(number)
    desk.answer(CSE, RELAYED, PGP)
    assert desk.case(number) == before
    assert desk.new_notices() == [("staff/command_refused", (CSE,))]
    assert "Please send it again without encryption" in one_line(newest(desk, "staff/command_refused"))


def test_whom_a_forged_mail_names_reads_what_it_wanted_and_what_to_do(desk: DeskAtWork) -> None:
    """OUT6, in words of people."""
    open_request(desk)
    desk.write(CCR, "Re: SR-100001", "/close spam\nHello\n", genuine=False)
    told = one_line(newest(desk, "staff/command_refused"))
    assert "a mail in your name, which came on 20 november 2026" in told.lower()
    assert "with the subject “Re: SR-100001”" in told
    assert "/close spam: not done." in told
    assert "please tell the admin" in told
    assert "dmarc" not in told and "header.from" not in told and "No line of your mail" not in told


@pytest.mark.parametrize("code", ["XXXXXX", "USED"])
def test_a_code_for_which_nothing_waits_is_told_as_such_in_the_thread_of_the_request(desk: DeskAtWork, code: str) -> None:
    """OUT4, BX8"""
    issue_return(desk)
    desk.write(CCR, "Re: SR-100001", "/waive lost in a fire\n")
    given = newest(desk, "staff/confirmation_request").split("/confirm ")[1].split()[0]
    desk.write(CCR, "Re: SR-100001", f"/confirm {given}\n")
    wrong = given if code == "USED" else code
    desk.write(CCR, "Re: SR-100001", f"/confirm {wrong}\n")
    assert f"no command of SR-100001 waits for the code {wrong}" in one_line(newest(desk, "staff/command_refused"))


def test_a_word_that_no_command_is_near_to_is_answered_with_all_that_can_be_written(desk: DeskAtWork) -> None:
    """OUT4: what the case's own type takes, no reviewer's commands."""
    open_request(desk)
    desk.write(CCR, "Re: SR-100001", "/help\n")
    told = newest(desk, "staff/command_refused")
    assert ("- /accept [P1-P4]" in told, "- /undo" in told, "/approve" in told) == (True, True, False)


def test_a_request_with_an_open_return_says_how_to_end_that(desk: DeskAtWork) -> None:
    issue_return(desk)
    desk.write(CCR, "Re: SR-100001", "/close\n")
    told = one_line(newest(desk, "staff/command_refused"))
    assert "RMA-100001 is not finished: book what came with /received, or end the return with /waive RMA REASON" in told


def test_word_that_an_address_had_its_share_names_its_cases(desk: DeskAtWork) -> None:
    """IN7"""
    for number in range(6):
        desk.write("eve@elsewhere.example", f"Router {number}", "It is loud.\n")
    told = one_line(newest(desk, "staff/attention"))
    assert "SR-100001, SR-100002, SR-100003, SR-100004 and SR-100005" in told
