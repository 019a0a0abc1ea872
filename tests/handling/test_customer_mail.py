"""What a customer's mail carries besides its text: language, score, attachments, wishes (IN9, OUT5, SR6, SR8, SR11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mailflow.scenario.mail_client import attach, write_mail
from mailflow.settings import shipped_desks
from mailflow.toml_file import load_desk
from tests.handling.conftest import DeskAtWork

ANNA, JAN, EVE, CSE = "anna@northwind.example", "jan@northwind.example", "eve@stranger.example", "cse@tac.example"
SERIAL = "Serial number: 2102352KLM10L5000456\n\n"
ENGLISH = "The main board reboots every few minutes since last night.\n"
POLISH = "Dzień dobry, od wczoraj wieczorem płyta główna restartuje się co kilka minut i klienci nie mają dostępu do sieci.\n"
CHINESE = "您好，从昨天晚上开始主板每隔几分钟就会重启一次，客户无法上网，请尽快处理。\n"


@pytest.mark.parametrize(
    ("sender", "text", "language"), [(JAN, POLISH, "pl"), (JAN, CHINESE, "zh"), (JAN, "OK\n", "en"), (ANNA, POLISH, "en")]
)
def test_the_language_is_the_contacts_choice_else_the_mails_else_the_contracts(
    desk: DeskAtWork, sender: str, text: str, language: str
) -> None:
    """OUT5: Anna's stored choice is English; Jan is a colleague of the domain."""
    desk.write(sender, "Router", SERIAL + text)
    assert desk.case("SR-100001").language == language


def test_the_mailbox_has_a_language_for_who_has_none(make_desk: Callable[..., DeskAtWork]) -> None:
    """IN1, OUT5"""
    huawei = load_desk(shipped_desks() / "huawei-tac")
    mailboxes = tuple(replace(box, language="zh") if box.address == "tac@tac.example" else box for box in huawei.mailboxes)
    desk = make_desk(desks=(replace(huawei, mailboxes=mailboxes),))
    desk.write(EVE, "Router", "LOS alarm 0/1/0\n")
    assert desk.case("SR-100001").language == "zh"


def test_the_language_stays_whatever_the_answers_are_written_in(desk: DeskAtWork) -> None:
    """OUT5"""
    desk.write(JAN, "Router", SERIAL + POLISH)
    desk.write(JAN, "Re: SR-100001", ENGLISH)
    assert desk.case("SR-100001").language == "pl"


def test_a_score_is_stored_and_does_not_open_the_request_again(desk: DeskAtWork) -> None:
    """SR8"""
    desk.write(ANNA, "Board", SERIAL + ENGLISH)
    desk.write("ccr@tac.example", "Re: SR-100001", "/close")
    row = desk.answer(ANNA, "service_request/survey", "5\nThank you, that was quick.\n")
    assert (row.state, row.case_number) == ("added", "SR-100001")
    case = desk.case("SR-100001")
    assert (case.state, case.details.survey_score) == ("closed", 5)


def test_whom_a_customer_copied_in_takes_part_by_a_line_of_a_participant(desk: DeskAtWork) -> None:
    """SR11"""
    desk.write(ANNA, "Board", SERIAL + ENGLISH, cc=["helper@contractor.example"])
    assert desk.case("SR-100001").participants == (ANNA,)
    desk.answer(ANNA, "service_request/accepted", "/add helper@contractor.example\n")
    assert "helper@contractor.example" in desk.case("SR-100001").participants


def test_a_line_of_a_stranger_adds_nobody(desk: DeskAtWork) -> None:
    """SR11, IN3"""
    desk.write(ANNA, "Board", SERIAL + ENGLISH)
    desk.write(EVE, "SR-100001", "/add eve@stranger.example\n")
    assert desk.case("SR-100001").participants == (ANNA,)


def test_a_dangerous_attachment_is_set_aside_and_the_mail_served(desk: DeskAtWork) -> None:
    """IN9: the log goes to the engineers, the program does not, and they read its name."""
    mail = write_mail(
        sender=ANNA, to=["tac@tac.example"], subject="Board", body=SERIAL + ENGLISH, at=desk.now, message_id="a@northwind.example"
    )
    attach(mail, "display.txt", b"Fan failure")
    attach(mail, "viewer.exe", b"MZ\x90\x00")
    assert desk.receive(mail.as_bytes()).state == "opened"
    (letter,) = [one for one in desk.all_notices() if one.name == "service_request/customer_message"]
    assert b"filename=display.txt" in letter.raw.replace(b'"', b"")
    assert b"filename=viewer.exe" not in letter.raw.replace(b'"', b"")
    assert "too large: viewer.exe." in " ".join(letter.text.split())


def test_an_encrypted_mail_is_answered_with_the_wish_for_clear_text(desk: DeskAtWork) -> None:
    """IN9"""
    body = "-----BEGIN PGP MESSAGE-----\n\nhQEMA5vJ\n=abcd\n-----END PGP MESSAGE-----\n"
    desk.write(ANNA, "Board", body)
    assert ("service_request/information_request", (ANNA,)) in desk.new_notices()
    assert desk.case("SR-100001").details.asked_in_clear


def test_an_answer_that_names_the_request_escalates_that_one(desk: DeskAtWork) -> None:
    """SR6: with number and reason the manager gets the brief of the request that is meant."""
    desk.write(ANNA, "Board", SERIAL + ENGLISH)
    desk.write(ANNA, "Nobody calls me back", "I have been waiting since Monday.\n", mailbox="escalation@tac.example")
    assert ("service_request/escalation_incomplete", (ANNA,)) in desk.new_notices()
    desk.answer(ANNA, "service_request/escalation_incomplete", "It is SR-100001, the site is down.\n")
    briefs = [one for one in desk.all_notices() if one.name == "service_request/escalation_brief"]
    assert "SR-100001" in briefs[-1].subject
    assert desk.case("SR-100002").merged_into == "SR-100001"


@pytest.mark.parametrize("body", ["SR-100001 is not getting anywhere, the site is down.\n", "Case SR-100001: we wait since Monday.\n"])
def test_a_mail_to_escalation_finds_the_number_in_its_text(desk: DeskAtWork, body: str) -> None:
    """SR6"""
    desk.write(ANNA, "Board", SERIAL + ENGLISH)
    row = desk.write(ANNA, "escalation", body, mailbox="escalation@tac.example")
    assert (row.state, row.case_number) == ("added", "SR-100001")
