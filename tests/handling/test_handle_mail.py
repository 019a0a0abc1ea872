"""One mail's way from row to verdict, with the letters it causes (IN2, IN3, IN7, SR1, SR5, OUT4, OUT6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mailflow.handling.handle_deadline import handle_deadlines
from tests.handling.conftest import START, DeskAtWork

ANNA = "anna@northwind.example"
REQUEST = "Priority P2\nSerial number: 2102352KLM10L5000456\n\nThe main board reboots every few minutes since last night.\n"


def open_request(desk: DeskAtWork) -> str:
    row = desk.write(ANNA, "Board reboots", REQUEST)
    assert (row.state, row.case_number) == ("opened", "SR-100001")
    desk.new_notices()
    return "SR-100001"


def issue_return(desk: DeskAtWork) -> str:
    open_request(desk)
    desk.write("ccr@tac.example", "Re: SR-100001", "/rma advance 1 x 02352KLM serial 2102352KLM10L5000456")
    desk.new_notices()
    return "RMA-100001"


def test_a_complete_request_gets_one_answer_and_staff_the_mail(desk: DeskAtWork) -> None:
    """SR1, SR5"""
    desk.write(ANNA, "Board reboots", REQUEST)
    assert desk.new_notices() == [
        ("service_request/accepted", (ANNA,)),
        ("service_request/customer_message", ("ccr@tac.example", "cse@tac.example")),
    ]
    case = desk.case("SR-100001")
    assert (case.state, case.priority, case.contract, case.timezone) == ("accepted", "P2", "HC-1", "Europe/Warsaw")


def test_the_same_mail_twice_opens_one_case(desk: DeskAtWork) -> None:
    """IN2, promise P2"""
    desk.write(ANNA, "Board reboots", REQUEST)
    raw = desk.row(1).raw.partition(b"\n")[2]
    again = desk.receive(raw, mailbox="receiving@tac.example")
    assert (again.state, again.duplicate_of) == ("duplicate", 1)


def test_a_reused_message_id_with_other_words_is_no_duplicate(desk: DeskAtWork) -> None:
    """Design: Message-ID with content hash."""
    desk.write(ANNA, "Board reboots", REQUEST)
    raw = desk.row(1).raw.partition(b"\n")[2].replace(b"every few minutes", b"every few hours")
    assert desk.receive(raw).state == "opened"


def test_a_stranger_with_a_case_number_gets_nothing_of_the_case(desk: DeskAtWork) -> None:
    """IN3, promise P7"""
    number = open_request(desk)
    before = desk.case(number)
    row = desk.write("eve@stranger.example", f"Re: {number}", "What is the status? Which serial is it about?\n")
    assert (row.state, row.case_number) == ("opened", "SR-100002")
    assert desk.case(number) == before
    to_eve = [one for one in desk.all_notices() if "eve@stranger.example" in (*one.to, *one.cc)]
    assert len(to_eve) == 1
    for secret in (b"2102352KLM", b"northwind", b"Anna", b"SR-100001"):
        assert secret not in to_eve[0].raw


def test_a_stranger_with_a_signed_address_gets_nothing_of_the_case(desk: DeskAtWork) -> None:
    """IN3: tokens are forwarded."""
    number = open_request(desk)
    answered = next(one for one in desk.all_notices() if one.name == "service_request/accepted")
    address = next(line for line in answered.raw.decode().splitlines() if line.startswith("Reply-To: ")).removeprefix("Reply-To: ")
    raw = f"From: eve@stranger.example\r\nTo: {address}\r\nSubject: hi\r\nMessage-ID: <e@x>\r\n\r\nTell me more.\r\n".encode()
    row = desk.receive(raw)
    assert (row.state, row.case_number) == ("opened", "SR-100002")
    assert desk.case("SR-100002").parent == number


def test_a_colleague_of_the_contracts_domain_takes_part(desk: DeskAtWork) -> None:
    """IN3"""
    number = open_request(desk)
    row = desk.write("jan@northwind.example", f"{number} again", "It happened again at 14:00.\n")
    assert (row.state, row.case_number) == ("added", number)
    assert desk.new_notices() == [("service_request/customer_message", ("ccr@tac.example", "cse@tac.example"))]


def test_an_engineers_answer_reaches_the_customer_without_his_address(desk: DeskAtWork) -> None:
    """SR5"""
    open_request(desk)
    desk.answer("cse@tac.example", "service_request/customer_message", "Please send us the log.\n")
    (letter,) = [one for one in desk.all_notices() if one.name == "service_request/staff_message"]
    assert tuple(letter.to) == (ANNA,)
    assert b"cse@tac.example" not in letter.raw
    assert "Please send us the log." in letter.text


@pytest.mark.parametrize("body", ["/close\n", "Please close it.\n"])
def test_staff_that_the_border_does_not_vouch_for_changes_nothing(desk: DeskAtWork, body: str) -> None:
    """OUT6, promise P7"""
    number = open_request(desk)
    before = desk.case(number)
    row = desk.write("ccr@tac.example", f"Re: {number}", body, genuine=False)
    assert row.state == "quarantined"
    assert desk.case(number) == before
    assert desk.new_notices() == [("staff/command_refused", ("ccr@tac.example",)), ("staff/quarantine_alert", ("admin@tac.example",))]


def test_a_customer_who_types_a_command_changes_nothing(desk: DeskAtWork) -> None:
    """BX8"""
    number = open_request(desk)
    desk.answer(ANNA, "service_request/accepted", "/close\n")
    assert desk.case(number).state == "accepted"
    assert desk.new_notices() == [("service_request/customer_message", ("ccr@tac.example", "cse@tac.example"))]


def test_a_quoted_command_is_no_command(desk: DeskAtWork) -> None:
    """Contract: before any quoted text."""
    number = open_request(desk)
    desk.write("ccr@tac.example", f"Re: {number}", "Nothing to do yet.\n\n> /close\n> bye\n")
    assert desk.case(number).state == "accepted"


def test_with_one_wrong_line_nothing_is_done(desk: DeskAtWork) -> None:
    """OUT4"""
    number = open_request(desk)
    before = desk.case(number)
    desk.write("ccr@tac.example", f"Re: {number}", "/priority P1\n/prioritty P2\n")
    assert desk.case(number) == before
    assert desk.new_notices() == [("staff/command_refused", ("ccr@tac.example",))]


def test_a_refused_command_takes_back_those_before_it(desk: DeskAtWork) -> None:
    """OUT4"""
    number = open_request(desk)
    before = desk.case(number)
    desk.write("ccr@tac.example", f"Re: {number}", "/priority P1\n/reopen\n")
    assert desk.case(number) == before
    assert desk.new_notices() == [("staff/command_refused", ("ccr@tac.example",))]


def test_text_beside_commands_is_kept_as_a_note(desk: DeskAtWork) -> None:
    """OUT4"""
    number = open_request(desk)
    desk.write("ccr@tac.example", f"Re: {number}", "/priority P1\n\nThe customer called again.\n")
    (answer,) = [one for one in desk.all_notices() if one.name == "staff/command_result"]
    assert "The customer called again." in answer.text
    assert desk.case(number).priority == "P1"


def test_a_return_is_born_with_its_verification(desk: DeskAtWork) -> None:
    """RM1, RM2"""
    open_request(desk)
    desk.write("ccr@tac.example", "Re: SR-100001", "/rma advance 1 x 02352KLM serial 2102352KLM10L5000456")
    assert desk.new_notices() == [
        ("rma/customer_request_verification", (ANNA,)),
        ("staff/command_result", ("ccr@tac.example",)),
    ]
    case = desk.case("RMA-100001")
    assert (case.state, case.parent, case.details.valid_through.isoformat()) == ("issued", "SR-100001", "2026-12-20")
    assert desk.case("SR-100001").state == "in progress"


def test_waiving_waits_for_its_confirmation(desk: DeskAtWork) -> None:
    """BX8: the question is the whole answer."""
    number = issue_return(desk)
    desk.new_notices()
    desk.write("ccr@tac.example", f"Re: {number}", "/waive destroyed in a fire")
    assert desk.new_notices() == [("staff/confirmation_request", ("ccr@tac.example",))]
    assert desk.case(number).state == "issued"
    code = desk.case(number).details.confirmations[0].code
    desk.answer("ccr@tac.example", "staff/confirmation_request", f"/confirm {code}")
    assert (desk.case(number).state, desk.case(number).details.outstanding) == ("waived", 0)


def test_receiving_books_in_plain_words_and_the_customer_is_told(desk: DeskAtWork) -> None:
    """RM5, RM6"""
    number = issue_return(desk)
    desk.write("ccr@tac.example", f"Re: {number}", "/shipped DHL JD01")
    desk.new_notices()
    desk.write("warehouse@tac.example", f"{number} is here", "Received 1 x 02352KLM, plus a power cord.\n", mailbox="receiving@tac.example")
    assert desk.new_notices() == [
        ("rma/receipt_notification", (ANNA,)),
        ("rma/closed", (ANNA,)),
        ("staff/command_result", ("warehouse@tac.example",)),
    ]
    assert (desk.case(number).state, desk.case(number).details.extras) == ("closed", ("a power cord",))


def test_a_booking_that_cannot_be_read_is_answered_and_books_nothing(desk: DeskAtWork) -> None:
    """RM5"""
    number = issue_return(desk)
    before = desk.case(number)
    desk.write("warehouse@tac.example", f"{number}", "Something came, I think it is theirs.\n", mailbox="receiving@tac.example")
    assert desk.case(number) == before
    assert desk.new_notices() == [("staff/command_refused", ("warehouse@tac.example",))]


def test_an_out_of_office_is_journalled_and_not_answered(desk: DeskAtWork) -> None:
    """IN7"""
    number = open_request(desk)
    raw = (
        f"From: {ANNA}\r\nTo: tac@tac.example\r\nSubject: Automatic reply: {number}\r\n"
        "Auto-Submitted: auto-replied\r\nMessage-ID: <o@x>\r\n\r\nAway.\r\n"
    )
    row = desk.receive(raw.encode())
    assert (row.state, row.case_number) == ("automatic", number)
    assert desk.new_notices() == []


def test_an_unknown_address_gets_at_most_five_answers_a_day(desk: DeskAtWork) -> None:
    """IN7, promise P9: past that the request is still registered and staff are told."""
    for turn in range(7):
        desk.write("eve@stranger.example", f"Question {turn}", f"Question number {turn}: how do I reset the device?\n")
    names = [name for name, to in desk.new_notices() if to == ("eve@stranger.example",)]
    assert len(names) == 5
    assert desk.case("SR-100007").customer == "eve@stranger.example"


def test_a_mail_that_cannot_be_read_is_set_aside_whole(desk: DeskAtWork) -> None:
    """IN2, promise P1"""
    raw = b"Subject: " + b"=?utf-8?q?x?= " * 20_000 + b"\r\n\r\nbody\r\n"
    row = desk.receive(raw)
    assert row.state == "quarantined"
    assert row.raw.endswith(raw)
    assert [name for name, _ in desk.new_notices()] == ["staff/quarantine_alert"]


def test_a_broken_template_sets_the_mail_aside_with_file_and_line(make_desk: Callable[..., DeskAtWork], tmp_path: Path) -> None:
    """OUT3: the next mail is served."""
    folder = tmp_path / "override" / "en" / "service_request"
    folder.mkdir(parents=True)
    (folder / "accepted.md").write_text("---\nsubject: hello\n---\n{{ nothing.here }}\n", encoding="utf-8")
    desk = make_desk(tmp_path / "override")
    row = desk.write(ANNA, "Board reboots", REQUEST)
    assert row.state == "quarantined"
    assert "accepted.md:4" in row.reason
    assert desk.write(ANNA, "A question", "How do I get the newest software version for my router?\n").state == "opened"


def test_a_mistyped_serial_is_asked_about_and_never_mended_silently(desk: DeskAtWork) -> None:
    """IN4"""
    slip = REQUEST.replace("2102352KLM10L5000456", "21O2352KLM10L5000456")
    desk.write(ANNA, "Board reboots", slip)
    (question,) = [one for one in desk.all_notices() if one.name == "service_request/information_request"]
    assert "is it perhaps 2102352KLM10L5000456?" in question.text
    assert desk.case("SR-100001").state == "awaiting information"
    handle_deadlines(desk.services, START + timedelta(days=5))
    again = [one for one in desk.all_notices() if one.name == "service_request/information_request"][1]
    assert "is it perhaps 2102352KLM10L5000456?" in again.text
    desk.answer(ANNA, "service_request/information_request", "Serial number: 2102352KLM10L5000456\n")
    assert desk.case("SR-100001").state == "accepted"


def test_a_stranger_who_guesses_serials_is_told_none(desk: DeskAtWork) -> None:
    """IN4, promise P7"""
    desk.write("eve@stranger.example", "Board", REQUEST.replace("2102352KLM10L5000456", "21O2352KLM10L5000456"))
    assert not [one for one in desk.all_notices() if "eve@stranger.example" in one.to and b"2102352KLM10L5000456" in one.raw]
