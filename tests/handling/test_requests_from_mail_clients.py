"""Requests as mail programs carry them: one-click answers, orders below a quotation, strangers, passed-on mail (IN5, SR1, SR5, SR8)."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta

import pytest

from mailflow.handling.handle_deadline import handle_deadlines
from mailflow.scenario.mail_client import write_mail
from mailflow.store.notice import NoticeRow
from tests.handling.conftest import DeskAtWork

ANNA, BEN, BOB = "anna@northwind.example", "ben@northwind.example", "bob@nowhere.example"
CCR, CSE = "ccr@tac.example", "cse@tac.example"
SERIAL = "2102352KLM10L5000456"
REQUEST = f"Serial number: {SERIAL}\nSymptoms: the card reboots every hour"


def newest(desk: DeskAtWork, name: str) -> NoticeRow:
    return next(row for row in reversed(desk.all_notices()) if row.name == name)


def click(desk: DeskAtWork, sender: str, name: str, line: str) -> None:
    """A prepared mail that a link in a notice opened: a fresh mail to the case's address that answers no Message-ID."""
    original = email.message_from_bytes(newest(desk, name).raw, policy=email.policy.default)
    subject = f"Re: [{newest(desk, name).case_number}]"
    desk.count += 1
    mail = write_mail(
        sender=sender, to=[str(original["Reply-To"])], subject=subject, body=line, at=desk.now, message_id=f"click{desk.count}@x.example"
    )
    desk.count -= 1
    desk.receive(mail.as_bytes())


def reply(desk: DeskAtWork, sender: str, name: str, text: str, *, kind: str = "plain") -> None:
    """An answer as the sender's program writes it, quotation and all: `{quoted}` stands for our letter in that kind of text."""
    letter = email.message_from_bytes(newest(desk, name).raw, policy=email.policy.default)
    part = letter.get_body((kind,))
    body = text.replace("{quoted}", part.get_content() if part else "")
    mail = write_mail(
        sender=sender,
        to=[str(letter["Reply-To"])],
        subject=f"RE: {letter['Subject']}",
        body="x",
        at=desk.now,
        message_id=f"r{desk.count}@x.example",
    )
    mail["In-Reply-To"] = str(letter["Message-ID"])
    mail.set_content(body, subtype=kind)
    desk.receive(mail.as_bytes())


OUTLOOK = (
    "<div><p class=MsoNormal>{words}</p><div style='border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal>"
    "<b>From:</b> TAC &lt;tac@tac.example&gt;<br>"
    "<b>Sent:</b> Friday, November 20, 2026 6:05 PM<br><b>To:</b> Anna<br><b>Subject:</b> Re: Card</p></div>{quoted}</div>"
)
GMAIL = "<div>{words}</div><div class=gmail_quote>On Fri, 20 Nov 2026, TAC wrote:<br><blockquote>{quoted}</blockquote></div>"


@pytest.mark.parametrize("frame", [OUTLOOK, GMAIL])
def test_our_own_notice_that_comes_back_completes_nothing(desk: DeskAtWork, frame: str) -> None:
    """IN5, IN6: neither its words nor the telephone in its signature are the customer's."""
    desk.write(ANNA, "Card", f"Serial number: {SERIAL}")
    reply(desk, ANNA, "service_request/information_request", frame.replace("{words}", "I will send you the details tomorrow."), kind="html")
    case = desk.case("SR-100001")
    assert (case.state, case.details.symptoms, case.details.telephone, case.details.missing) == (
        "awaiting information",
        "",
        "",
        ("symptoms",),
    )


def test_the_attribution_line_of_a_reply_is_no_symptom(desk: DeskAtWork) -> None:
    """IN5"""
    desk.write(ANNA, "Card", f"Serial number: {SERIAL}")
    quoted = "Am 20.11.2026 um 14:30 schrieb Technical Assistance Center:\n> We need a few details to start\n> - symptoms\n"
    reply(desk, ANNA, "service_request/information_request", f"Wird nachgereicht.\n\n{quoted}")
    assert (desk.case("SR-100001").state, desk.case("SR-100001").details.symptoms) == ("awaiting information", "")


@pytest.mark.parametrize("frame", [OUTLOOK, GMAIL])
def test_what_stands_above_our_notice_is_what_the_customer_says(desk: DeskAtWork, frame: str) -> None:
    """IN5"""
    desk.write(ANNA, "Card", f"Serial number: {SERIAL}")
    reply(desk, ANNA, "service_request/information_request", frame.replace("{words}", "It reboots and the LED is red."), kind="html")
    case = desk.case("SR-100001")
    assert (case.state, case.details.symptoms) == ("accepted", "It reboots and the LED is red.")


@pytest.mark.parametrize("frame", [OUTLOOK, GMAIL])
def test_an_answer_typed_on_our_quoted_line_is_read_and_shown_to_staff(desk: DeskAtWork, frame: str) -> None:
    """IN5: answered inline, with nothing above."""
    desk.write(ANNA, "Card", "The card reboots every hour.")
    letter = email.message_from_bytes(newest(desk, "service_request/information_request").raw, policy=email.policy.default)
    part = letter.get_body(("html",))
    assert part is not None
    answered = part.get_content().replace(">serial number<", f">serial number <b>{SERIAL}</b><")
    assert SERIAL in answered
    reply(desk, ANNA, "service_request/information_request", frame.replace("{words}", "").replace("{quoted}", answered), kind="html")
    assert (desk.case("SR-100001").state, desk.case("SR-100001").details.serials) == ("accepted", (SERIAL,))
    assert SERIAL in newest(desk, "service_request/customer_message").text.partition("wrote")[2]


def test_an_answer_on_a_quoted_line_of_plain_text_is_read_and_shown_to_staff(desk: DeskAtWork) -> None:
    """IN5"""
    desk.write(ANNA, "Card", "The card reboots every hour.")
    quoted = newest(desk, "service_request/information_request").text.replace("- serial number", f"- serial number {SERIAL}")
    reply(desk, ANNA, "service_request/information_request", "\n".join(f"> {line}" for line in quoted.splitlines()))
    assert (desk.case("SR-100001").state, desk.case("SR-100001").details.serials) == ("accepted", (SERIAL,))
    assert f"serial number: {SERIAL}" in newest(desk, "service_request/customer_message").text


def test_a_quotation_in_a_running_case_is_neither_wish_nor_data(desk: DeskAtWork) -> None:
    """IN6, SR2: the priority of our notice and the serial that the engineer wrote are not the customer's words."""
    desk.write(ANNA, "Card", f"{REQUEST}\nPriority: P2")
    desk.answer(CSE, "service_request/customer_message", "/priority P1")
    desk.answer(ANNA, "service_request/accepted", "Thanks, noted.")
    assert "/priority" not in newest(desk, "service_request/customer_message").text.partition("Useful now")[2]
    desk.answer(CSE, "service_request/customer_message", "Please compare it with the card 2102352KLM10L5000999.")
    desk.answer(ANNA, "service_request/staff_message", "I will.")
    assert desk.case("SR-100001").details.serials == (SERIAL,)


def test_a_reply_that_opens_a_request_of_its_own_reads_no_quotation(desk: DeskAtWork) -> None:
    """IN6: the older mail below it was about something else, perhaps; a forwarded one is passed on to be read."""
    below = (
        f"From: Ben <ben@northwind.example>\nSent: Monday, November 2, 2026 10:00 AM\nTo: Anna\nSubject: x\n\nThe card {SERIAL} is dead.\n"
    )
    desk.write(ANNA, "RE: x", f"It happens again since last night, same board.\n\n{below}")
    assert (desk.case("SR-100001").details.serials, desk.case("SR-100001").details.symptoms) == (
        (),
        "It happens again since last night, same board.",
    )
    desk.write(ANNA, "FW: x", f"Please help.\n\n{below}")
    assert desk.case("SR-100002").details.serials == (SERIAL,)


@pytest.mark.parametrize("typed", ["2102352KLM1OL5OOO456", "2102352KLM10L500456", "2102352KLM10L5000465"])
def test_a_mistyped_serial_is_asked_about_with_the_one_that_is_meant(desk: DeskAtWork, typed: str) -> None:
    """IN5: slips of O and 0, a character left out, two changed round; only for who speaks for the device."""
    desk.write(ANNA, "Card", f"Serial number: {typed}\nSymptoms: no power")
    assert f"is it perhaps {SERIAL}?" in newest(desk, "service_request/information_request").text
    desk.write(BOB, "Card", f"Serial number: {typed}\nSymptoms: no power")
    assert not any(SERIAL in row.text for row in desk.all_notices() if BOB in row.to)


def test_a_click_on_a_score_answers_the_survey_and_reopens_nothing(desk: DeskAtWork) -> None:
    """SR8: the link opens a fresh mail, which names no mail that it answers."""
    desk.write(ANNA, "Card", REQUEST)
    desk.answer(CCR, "service_request/customer_message", "/close")
    desk.new_notices()
    click(desk, ANNA, "service_request/survey", "SCORE 4")
    case = desk.case("SR-100001")
    assert (case.state, case.details.survey_score) == ("closed", 4)
    assert desk.new_notices() == [("service_request/survey_thanks", (ANNA,))]


def test_a_sentence_about_a_score_is_no_answer_to_a_survey_that_it_does_not_answer(desk: DeskAtWork) -> None:
    """SR7: it reopens the request as any reply does."""
    desk.write(ANNA, "Card", REQUEST)
    desk.answer(CCR, "service_request/customer_message", "/close")
    click(desk, ANNA, "service_request/survey", "It failed 4 times since.")
    assert (desk.case("SR-100001").state, desk.case("SR-100001").details.survey_score) == ("in progress", 0)


@pytest.mark.parametrize("line", ["/priority P1", "/priority", "/close spam"])
def test_a_command_below_a_quotation_is_neither_done_nor_shown_to_the_customer(desk: DeskAtWork, line: str) -> None:
    """SR5, contract: commands stand before any quoted text, and are never shown to the customer."""
    desk.write(ANNA, "Card", REQUEST)
    desk.new_notices()
    desk.answer(CSE, "service_request/customer_message", f"> the card reboots\n\n{line}\n\nDear Anna, we look into it.")
    assert desk.new_notices() == [("staff/command_refused", (CSE,))]
    assert "commands count only above quoted text" in newest(desk, "staff/command_refused").text
    assert (desk.case("SR-100001").priority, desk.case("SR-100001").state) == ("P3", "accepted")


def test_what_stands_between_quoted_lines_still_goes_to_the_customer(desk: DeskAtWork) -> None:
    """SR5: the logs are in a path, which is no command."""
    desk.write(ANNA, "Card", REQUEST)
    desk.new_notices()
    desk.answer(CSE, "service_request/customer_message", "> the card reboots\n\nPlease send\n/var/log/messages")
    assert desk.new_notices() == [("service_request/staff_message", (ANNA,))]


def test_the_second_question_shows_what_was_understood_in_the_same_thread(desk: DeskAtWork) -> None:
    """IN5, OUT1: a new subject would begin a thread of its own in the customer's mail program."""
    desk.write(ANNA, "Card", "The card reboots every hour.")
    first = newest(desk, "service_request/information_request")
    desk.now += timedelta(days=7)
    handle_deadlines(desk.services, desk.now)
    again = newest(desk, "service_request/information_request")
    assert again.id != first.id
    assert again.subject == first.subject == "Re: [SR-100001] Card"
    assert "Symptoms: The card reboots every hour." in again.text


def test_a_stranger_is_reminded_without_a_word_of_its_own_mail(desk: DeskAtWork) -> None:
    """SR1"""
    desk.write(BOB, "Click here", "Our router is broken, and packets are lost.")
    desk.now += timedelta(days=7)
    handle_deadlines(desk.services, desk.now)
    again = newest(desk, "service_request/information_request")
    assert ("Click here" in again.subject, "packets" in again.text) == (False, False)


def test_a_stranger_who_asks_for_the_status_reads_no_word_of_its_own_mail(desk: DeskAtWork) -> None:
    """SR1, SR9: else anybody could have us write anything to anybody."""
    desk.write(BOB, "Click here", f"Our router fails. Serial {SERIAL}", genuine=False)
    desk.write(BOB, "SR-100001", "STATUS", genuine=False)
    status = newest(desk, "service_request/status")
    assert status.to == (BOB,)
    assert ("Click here" in status.subject, "Click here" in status.text) == (False, False)


def test_staff_read_why_a_stranger_with_anothers_serial_is_for_them_to_decide(desk: DeskAtWork) -> None:
    """BX2, BX8: the contract is in the register; it is the sender who does not belong to it."""
    desk.write(BOB, "Router", f"Our router fails. Serial {SERIAL}")
    told = newest(desk, "service_request/customer_message").text
    assert f"The serial number {SERIAL} belongs to contract HC-1, for which the sender does not speak." in told
    assert "The sender is neither a contact nor of a domain of contract HC-1." in told
    assert "not in our register" not in told


def test_a_stranger_whom_staff_accept_never_learns_whose_device_it_is(desk: DeskAtWork) -> None:
    """SR3, BX2: the reasons of a verdict against the sender are for staff."""
    desk.write(BOB, "Router", f"Our router fails. Serial {SERIAL}")
    desk.answer(CCR, "service_request/customer_message", "/accept P2")
    assert "HC-1" not in newest(desk, "service_request/accepted").text


def test_staff_are_told_that_nothing_proves_the_sender(desk: DeskAtWork) -> None:
    """SR1, SR3: else an entitled request that waits has no visible reason."""
    desk.write(ANNA, "Card", REQUEST, genuine=False)
    assert "Nothing proves that this mail is really from its sender" in newest(desk, "service_request/customer_message").text


def test_staff_are_told_of_a_contract_number_that_is_not_the_devices(desk: DeskAtWork) -> None:
    """SR3"""
    desk.write(ANNA, "Card", f"{REQUEST}\nContract number: HC-9")
    assert desk.case("SR-100001").state == "new"
    told = newest(desk, "service_request/customer_message").text
    assert "The customer named contract HC-9; the device stands under contract HC-1." in told


def test_without_a_serial_nobody_says_that_the_register_lacks_it(desk: DeskAtWork) -> None:
    """BX2"""
    desk.write(ANNA, "Card", "The card reboots every hour.")
    told = newest(desk, "service_request/customer_message").text
    assert ("The mail names no serial number." in told, "not in our register" in told) == (True, False)


def test_priority_and_impact_are_understood_each_by_itself(desk: DeskAtWork) -> None:
    """IN4, SR1"""
    desk.write(ANNA, "Card", f"{REQUEST}\nPriority: P2\nImpact: 20 000 subscribers without service")
    accepted = newest(desk, "service_request/accepted").text
    assert "Priority: P2\n" in accepted
    assert "Impact: 20 000 subscribers without service" in accepted


def test_the_header_of_a_passed_on_mail_is_no_symptom(desk: DeskAtWork) -> None:
    """IN4"""
    body = (
        "Please help, see below.\n\n---------- Forwarded message ---------\nFrom: Fitter <fitter@northwind.example>\n"
        f"Date: Thu, 19 Nov 2026 at 08:05\nSubject: fault\nTo: <anna@northwind.example>\n\nThe card {SERIAL} does not start.\n"
    )
    desk.write(ANNA, "Fwd: fault", body)
    assert desk.case("SR-100001").details.symptoms == f"The card {SERIAL} does not start."


def test_a_late_reply_to_a_closed_request_opens_one_with_a_subject_of_its_own(desk: DeskAtWork) -> None:
    """SR7"""
    desk.write(ANNA, "Card", REQUEST)
    desk.answer(CCR, "service_request/customer_message", "/close")
    desk.now += timedelta(days=20)
    row = desk.write(ANNA, "Re: [SR-100001] Card", "It is back.")
    assert row.case_number is not None
    case = desk.case(row.case_number)
    assert (case.subject, case.parent) == ("Card", "SR-100001")


def test_the_hour_that_comes_twice_says_which_one_is_meant(desk: DeskAtWork) -> None:
    """BX2, T4: on 25 October 2026 Warsaw turns 03:00 summer time into 02:00; 02:45 and 60 minutes later 02:45 again."""
    desk.now = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    desk.write(ANNA, "Card", f"{REQUEST}\nPriority: P2")
    accepted = newest(desk, "service_request/accepted").text
    assert "started on 25 October 2026, 02:45 summer time (Warsaw)" in accepted
    assert "An engineer will write to you by 25 October 2026, 02:45 winter time (Warsaw)." in accepted


def test_in_service_hours_nobody_is_told_that_work_starts_at_the_moment_of_the_mail(desk: DeskAtWork) -> None:
    """SR1: out of hours the answer says when work starts."""
    desk.write(BOB, "Router", f"Our router fails. Serial {SERIAL}")
    assert "We are open now, and a colleague checks the contract next." in newest(desk, "service_request/acknowledgement").text
    desk.now = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
    desk.write(BOB, "Router", f"Our other router fails. Serial {SERIAL}")
    assert "Work on it starts by 23 November 2026, 09:00 (Bucharest)." in newest(desk, "service_request/acknowledgement").text


def test_the_manager_reads_the_first_reason_beside_the_answer_that_names_the_case(desk: DeskAtWork) -> None:
    """SR6"""
    desk.write(ANNA, "Card", REQUEST)
    desk.write(ANNA, "Complaint", "Nobody has called us since the morning.", mailbox="escalation@tac.example")
    desk.answer(ANNA, "service_request/escalation_incomplete", "It is about SR-100001, of course.")
    assert "Nobody has called us since the morning." in newest(desk, "service_request/escalation_brief").text


def test_only_commands_that_make_sense_are_offered(desk: DeskAtWork) -> None:
    """SR5"""
    desk.write(ANNA, "Card", REQUEST)
    desk.answer(CSE, "service_request/customer_message", "We look into it.")
    desk.write(ANNA, "Re: [SR-100001]", "Any news?")
    assert "/assign me" not in newest(desk, "service_request/customer_message").text


def test_a_desk_without_a_manufacturer_says_so(desk: DeskAtWork) -> None:
    """OUT4"""
    desk.write(ANNA, "Card", REQUEST)
    desk.answer(CCR, "service_request/customer_message", "/handover")
    assert "huawei-tac hands no requests over" in newest(desk, "staff/command_refused").text


def test_answers_under_our_quoted_questions_are_read_though_the_program_names_no_mail_that_it_answers(desk: DeskAtWork) -> None:
    """IN5"""
    desk.write(ANNA, "Help", "Hello")
    desk.write(ANNA, "Re: [SR-100001] Help", f"> - serial number\n\nit is {SERIAL}\n\n> - symptoms\n\nno light on slot 5")
    details = desk.case("SR-100001").details
    assert (details.serials, details.symptoms) == ((SERIAL,), "no light on slot 5")


def test_a_mail_marked_as_spam_is_reported_without_a_word_about_machines(desk: DeskAtWork) -> None:
    """IN2, IN7: the reason is the rule; what kind of mail it looked like explains nothing."""
    row = desk.receive(b"From: win@casino.example\r\nTo: tac@tac.example\r\nSubject: You won\r\nX-Spam-Flag: YES\r\n\r\nClick\r\n")
    assert (row.state, row.rule, row.reason) == ("quarantined", "our border marked it as spam", "")
    assert "mark of a machine" not in newest(desk, "staff/quarantine_alert").text


@pytest.mark.parametrize(
    "prepared",
    [
        "ESCALATE \n\n(please write the reason after ESCALATE)",
        "ESKALACJA \n\n(prosimy dopisać powód po słowie ESKALACJA)",
        "升级 \n\n（请在“升级”之后写明原因）",
    ],
)
def test_a_prepared_escalation_sent_as_it_is_gives_no_reason(desk: DeskAtWork, prepared: str) -> None:
    """SR6: our own hint is not what the customer complains about."""
    desk.write(ANNA, "Card", REQUEST)
    click(desk, ANNA, "service_request/accepted", prepared)
    assert newest(desk, "service_request/escalation_incomplete").to == (ANNA,)
    assert "The customer has given none yet." in newest(desk, "service_request/escalation_brief").text


def test_an_escalation_in_the_subject_of_an_empty_mail_is_one(desk: DeskAtWork) -> None:
    """SR6"""
    desk.write(ANNA, "Card", REQUEST)
    desk.write(ANNA, "ESCALATE SR-100001", "")
    assert newest(desk, "service_request/escalation_incomplete").to == (ANNA,)
