"""Requests through the true pipeline: escalation, status, survey, alarms, merging and the late word, with their letters written out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mailflow.handling.handle_mail import handle_mails
from mailflow.scenario.mail_client import stamp, write_mail
from mailflow.store import inbound
from mailflow.store.register import replace_register
from tests.handling.conftest import REGISTER, DeskAtWork

ANNA, BEN, STAFF = "anna@northwind.example", "ben@northwind.example", ("ccr@tac.example", "cse@tac.example")
SERIAL = "2102352KLM10L5000456"
REQUEST = f"Serial number: {SERIAL}\nSymptoms: the card reboots every hour\nPriority: P2"
ESCALATION = "escalation@tac.example"


def text_of(desk: DeskAtWork, name: str) -> str:
    """The newest letter of that name."""
    return next(row.text for row in reversed(desk.all_notices()) if row.name == name)


def test_an_escalation_that_names_no_case_goes_on_in_the_one_its_answer_names(desk: DeskAtWork) -> None:
    """SR6"""
    desk.write(ANNA, "Card", REQUEST)
    desk.write(ANNA, "Urgent", "Production is down since the morning and nobody calls.", mailbox=ESCALATION)
    placeholder = desk.row(2).case_number
    assert placeholder is not None
    assert "service_request/escalation_incomplete" in [name for name, _ in desk.new_notices()]
    assert placeholder in text_of(desk, "service_request/escalation_incomplete")
    desk.answer(ANNA, "service_request/escalation_incomplete", "It is SR-100001.")
    assert (desk.case(placeholder).merged_into, desk.case(placeholder).state) == ("SR-100001", "closed")
    assert desk.case("SR-100001").details.escalation_reason == "Production is down since the morning and nobody calls."
    assert [(name, to) for name, to in desk.new_notices() if "escalation" in name] == [
        ("service_request/escalation_received", (ANNA,)),
        ("service_request/escalation_brief", ("manager@tac.example",)),
    ]
    brief = text_of(desk, "service_request/escalation_brief")
    assert brief.splitlines()[1] == "SR-100001"
    assert "SR-100001: an engineer must have answered by 20 November 2026, 11:00 (Warsaw)" in brief
    desk.answer(ANNA, "service_request/escalation_received", "Thank you.")
    assert desk.row(4).case_number == "SR-100001"


def test_a_status_tells_the_clock_and_bothers_nobody(desk: DeskAtWork) -> None:
    """SR9"""
    desk.write(ANNA, "Card", REQUEST)
    desk.new_notices()
    desk.write(ANNA, "SR-100001", "STATUS")
    assert desk.new_notices() == [("service_request/status", (ANNA,))]
    status = text_of(desk, "service_request/status")
    assert "An engineer will answer you by 20 November 2026, 11:00 (Warsaw)." in status
    assert "you wrote “Card”" in status


def test_a_status_after_the_missed_time_is_honest(desk: DeskAtWork) -> None:
    """SR9, BX9"""
    desk.write(ANNA, "Card", REQUEST)
    desk.now += timedelta(days=3)
    desk.write(ANNA, "SR-100001", "STATUS")
    assert "An engineer should have answered you by 20 November 2026, 11:00 (Warsaw) and has not." in text_of(
        desk, "service_request/status"
    )


def test_a_survey_is_answered_with_one_line_and_the_request_stays_closed(desk: DeskAtWork) -> None:
    """SR8"""
    desk.write(ANNA, "Card", REQUEST)
    desk.answer("ccr@tac.example", "service_request/customer_message", "/close")
    desk.new_notices()
    desk.answer(ANNA, "service_request/survey", "SCORE 4\nA little slow.")
    assert desk.new_notices() == [("service_request/survey_thanks", (ANNA,)), ("service_request/customer_message", STAFF)]
    case = desk.case("SR-100001")
    assert (case.state, case.details.survey_score, case.details.survey_comment) == ("closed", 4, "A little slow.")


def alarm(desk: DeskAtWork, severity: str, serial: str = SERIAL) -> None:
    desk.write("callhome@devices.example", f"Alarm {severity}", f"Alarm name: FabricFault\nSeverity: {severity}\nESN: {serial}")


def test_an_alarm_opens_a_request_of_the_contact_and_its_repetition_is_counted(desk: DeskAtWork) -> None:
    """IN8"""
    alarm(desk, "Major")
    assert desk.new_notices() == [("service_request/alarm_registered", (ANNA,)), ("service_request/customer_message", STAFF)]
    case = desk.case("SR-100001")
    assert (case.state, case.customer, case.contract) == ("accepted", ANNA, "HC-1")
    alarm(desk, "Major")
    assert (desk.case("SR-100001").details.alarm_count, desk.new_notices()) == (2, [])
    alarm(desk, "Critical")
    assert desk.new_notices() == [("service_request/customer_message", STAFF)]
    assert "now with severity critical" in text_of(desk, "service_request/customer_message")
    desk.answer("cse@tac.example", "service_request/customer_message", "We look into it.")
    assert desk.new_notices() == [("service_request/staff_message", (ANNA,))]


def test_an_alarm_of_an_unknown_device_waits_for_staff_to_say_whose_it_is(desk: DeskAtWork) -> None:
    """IN8"""
    alarm(desk, "Major", serial="2102352KLM10L5009999")
    assert desk.new_notices() == [("service_request/customer_message", STAFF)]
    desk.answer("cse@tac.example", "service_request/customer_message", "We look into it.")
    assert desk.new_notices() == [("staff/command_refused", ("cse@tac.example",))]
    desk.answer("ccr@tac.example", "service_request/customer_message", f"/add {ANNA}")
    desk.new_notices()
    desk.answer("cse@tac.example", "service_request/customer_message", "We look into it.")
    assert desk.new_notices() == [("service_request/staff_message", (ANNA,))]


def test_a_second_mail_of_the_same_fault_is_merged_with_the_line_that_was_ready(desk: DeskAtWork) -> None:
    """IN10"""
    desk.write(ANNA, "Card", REQUEST)
    desk.write(BEN, "Card again", REQUEST)
    message = text_of(desk, "service_request/customer_message")
    assert "SR-100001 is open and names the serial number" in message
    assert "- /merge SR-100001" in message
    desk.answer("ccr@tac.example", "service_request/customer_message", "/merge SR-100001")
    assert desk.case("SR-100002").merged_into == "SR-100001"
    assert desk.case("SR-100001").participants == (ANNA, BEN)
    result = text_of(desk, "staff/command_result")
    assert "SR-100002 is closed and goes on in SR-100001, with ben@northwind.example taking part there from now on" in result
    desk.write(BEN, "SR-100002", "It reboots every ten minutes now.")
    assert desk.row(4).case_number == "SR-100001"


def test_after_an_outage_the_customer_hears_an_honest_word(desk: DeskAtWork) -> None:
    """BX9"""
    mail = write_mail(
        sender=ANNA, to=["tac@tac.example"], cc=(), subject="Card", body=REQUEST, at=desk.now, message_id="1@northwind.example"
    )
    with desk.services.database.write() as c:
        inbound.store_mail(
            c,
            mailbox="tac@tac.example",
            uidvalidity=1,
            uid=99,
            received_at=desk.now,
            stored_at=desk.now,
            raw=stamp(mail.as_bytes(), True),
        )
    handle_mails(desk.services, desk.now + timedelta(hours=5))
    assert [name for name, _ in desk.new_notices()] == [
        "service_request/accepted",
        "service_request/customer_message",
        "service_request/late_notice",
    ]
    assert "20 November 2026, 10:00 (Warsaw)" in text_of(desk, "service_request/late_notice")
    assert "We should have answered you by 20 November 2026, 11:00 (Warsaw)." in text_of(desk, "service_request/accepted")


MANAGER, CSE, CCR = "manager@tac.example", "cse@tac.example", "ccr@tac.example"


def test_the_manager_takes_the_case_from_the_brief_and_can_answer_the_customer(desk: DeskAtWork) -> None:
    """SR5, SR6: what the brief advises works as written; a status is no step worth telling."""
    desk.write(ANNA, "Card", REQUEST)
    desk.answer(CSE, "service_request/customer_message", "Hello,\nplease reseat the card.")
    desk.now += timedelta(minutes=5)
    desk.answer(CSE, "service_request/customer_message", "/priority P1")
    desk.write(ANNA, "SR-100001", "STATUS")
    desk.answer(ANNA, "service_request/staff_message", "It did not help. I want this escalated to your manager.")
    assert desk.case("SR-100001").details.escalation_reason == "I want this escalated to your manager."
    brief = text_of(desk, "service_request/escalation_brief")
    told = [line.partition("): ")[2] for line in brief.splitlines() if line.startswith("- 20 November")]
    assert told == [
        f"anna@northwind.example opened the case: “{' '.join(REQUEST.splitlines())}”",
        "SR-100001 was accepted",
        "cse@tac.example answered the customer: “please reseat the card.”",
        "cse@tac.example gave the command /priority P1",
    ]
    desk.answer(MANAGER, "service_request/escalation_brief", "/assign me")
    assert desk.new_notices()[-2:] == [("service_request/customer_message", (MANAGER,)), ("staff/command_result", (MANAGER,))]
    message = text_of(desk, "service_request/customer_message")
    assert "It did not help. I want this escalated to your manager." in message
    assert "Symptoms: the card reboots every hour" in message
    desk.answer(MANAGER, "service_request/customer_message", "I follow up myself.")
    assert desk.new_notices() == [("service_request/staff_message", (ANNA,))]


def test_who_opened_a_case_for_a_caller_can_write_to_the_caller(desk: DeskAtWork) -> None:
    """SR5, SR10: and so can whom it gives the case to."""
    desk.write(CCR, "call", f"/new {ANNA} Anna\n{REQUEST}")
    assert ("service_request/customer_message", STAFF) in desk.new_notices()
    desk.answer(CCR, "service_request/customer_message", "We have your call.")
    assert desk.new_notices() == [("service_request/staff_message", (ANNA,))]
    desk.write(CCR, "SR-100001", f"/assign {MANAGER}")
    assert desk.new_notices() == [("service_request/customer_message", (MANAGER,)), ("staff/command_result", (CCR,))]
    message = text_of(desk, "service_request/customer_message")
    assert "Symptoms: the card reboots every hour" in message
    assert "/new" not in message


def test_the_letters_of_an_escalation_stand_in_the_case_of_which_they_speak(desk: DeskAtWork) -> None:
    """SR6, OUT1: and greet who escalated, not whose case it is."""
    desk.write(ANNA, "Card", REQUEST)
    desk.write(BEN, "Urgent", "Production is down since the morning and nobody calls.", mailbox=ESCALATION)
    desk.answer(BEN, "service_request/escalation_incomplete", "It is SR-100001.")
    letters = [row for row in desk.all_notices() if row.name in ("service_request/escalation_received", "service_request/escalation_brief")]
    assert [(row.case_number, row.name.rpartition("_")[2]) for row in letters[1:]] == [("SR-100001", "received"), ("SR-100001", "brief")]
    assert "Anna" not in letters[1].text


def test_a_colleague_who_asks_for_the_status_reads_who_wrote_what(desk: DeskAtWork) -> None:
    """SR9, OUT1"""
    desk.write(ANNA, "Card", REQUEST)
    desk.write(BEN, "SR-100001", "STATUS")
    status = text_of(desk, "service_request/status")
    assert "anna@northwind.example wrote “Card”" in status
    assert "Hello Anna" not in status


def test_a_solved_request_runs_again_when_its_customer_escalates(desk: DeskAtWork) -> None:
    """SR7: by line, by wish, and by the escalation mailbox."""
    desk.write(ANNA, "Card", REQUEST)
    for mailbox, text in (
        ("tac@tac.example", "ESCALATE it is not solved"),
        ("tac@tac.example", "Proszę o eskalację do kierownika."),
        (ESCALATION, "SR-100001 is not solved and nobody answers."),
    ):
        desk.write(CSE, "SR-100001", "/resolve")
        assert desk.case("SR-100001").state == "resolved"
        desk.write(ANNA, "Re: [SR-100001] Card", text, mailbox=mailbox)
        assert desk.case("SR-100001").state == "in progress"


def test_a_machines_words_choose_no_language(desk: DeskAtWork) -> None:
    """OUT5, IN8: an alarm written in Polish, of a contract in English."""
    with desk.services.database.write() as c:
        replace_register(c, replace(REGISTER, contacts=(replace(REGISTER.contacts[0], language=""),)))
    words = "Dzień dobry, od wczoraj wieczorem płyta główna restartuje się co kilka minut i klienci nie mają dostępu do sieci."
    desk.write("callhome@devices.example", "Alarm", f"Alarm name: FabricFault\nSeverity: Major\nESN: {SERIAL}\n{words}")
    assert [row.language for row in desk.all_notices() if row.name == "service_request/alarm_registered"] == ["en"]
