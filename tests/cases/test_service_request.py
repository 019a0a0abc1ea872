"""Service requests from their first mail on (IN5, SR1-SR5, SR7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailflow.cases import CASE_TYPES, decide
from mailflow.desk_file import load_desk
from mailflow.message.model import Address, Extracted, Mail
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.command import parse_commands
from mailflow.policy.decision import Decision, Note, SendNotice, SetDeadline
from mailflow.policy.desk import MailboxRole
from mailflow.policy.entitlement import Entitlement
from mailflow.policy.event import CommandGiven, DeadlineFell, MailReceived, Standing
from mailflow.policy.facts import Facts
from mailflow.settings import shipped_desks

DESK = load_desk(shipped_desks() / "huawei-tac")
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
COMPLETE = Extracted(serials=("2102352KLM10L5000456",), symptoms="The card reboots.", priority="P2")
ENTITLED = Entitlement("entitled")


def mail_of(sender: str = "anna@customer.example", **changes: object) -> MailReceived:
    given = {"standing": Standing.KNOWN, "extracted": COMPLETE, "authenticated": True, "new_text": "The card reboots.", **changes}
    return MailReceived(mail=Mail(senders=(Address(sender, "Anna"),), subject="Card"), at=AT, mailbox_role=MailboxRole.TAC, **given)


def facts(entitlement: Entitlement = ENTITLED) -> Facts:
    calendar = calendar_for("RO", "Europe/Bucharest", DESK.calendar)
    return Facts(
        calendar=calendar,
        language="en",
        country="RO",
        timezone="Europe/Bucharest",
        entitlement=entitlement,
        new_numbers={"service_request": "SR-100001"},
    )


def opened(event: MailReceived, entitlement: Entitlement = ENTITLED) -> Decision:
    return decide("service_request", None, event, facts(entitlement), DESK, AT)


def request(event: MailReceived | None = None, **changes: object) -> Case:
    case = opened(event or mail_of()).case
    assert case is not None
    return case.changed(**changes)


def letters(decision: Decision) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.notice.rpartition("/")[2], one.to) for one in decision.effects if isinstance(one, SendNotice)]


def command(case: Case, line: str, by: str = "ccr@tac.example", **changes: object) -> Decision:
    event = CommandGiven(command=parse_commands(line).commands[0], by=by, roles=DESK.roles_of(by), at=AT)
    return decide("service_request", case, event, replace(facts(), **changes), DESK, AT)


STAFF = ("ccr@tac.example", "cse@tac.example")
CUSTOMER = ("anna@customer.example",)


def test_a_complete_and_entitled_request_is_accepted_at_once() -> None:
    """SR1, SR4"""
    decision = opened(mail_of())
    assert decision.case is not None
    assert decision.case.state == "accepted"
    assert letters(decision) == [("accepted", CUSTOMER), ("customer_message", STAFF)]
    due = [(one.kind, one.key, one.at) for one in decision.effects if isinstance(one, SetDeadline)]
    assert due == [
        ("response_warning", "50", datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
        ("response_warning", "80", datetime(2026, 11, 20, 9, 48, tzinfo=UTC)),
        ("response_breached", "", datetime(2026, 11, 20, 10, 0, tzinfo=UTC)),
    ]


def test_an_incomplete_request_is_asked_for_just_what_is_missing() -> None:
    """IN5: Fri 20 Nov, asked again on the second business day, Tue 24 Nov; staff decide on the fifth, Fri 27 Nov; 09:00 in Bucharest."""
    decision = opened(mail_of(extracted=Extracted(symptoms="The card reboots.")))
    assert decision.case is not None
    assert decision.case.state == "awaiting information"
    question = next(one for one in decision.effects if isinstance(one, SendNotice))
    assert (question.notice, question.values["missing"]) == ("service_request/information_request", ("serial",))
    due = [(one.kind, one.at) for one in decision.effects if isinstance(one, SetDeadline)]
    assert due == [
        ("information_reminder", datetime(2026, 11, 24, 7, 0, tzinfo=UTC)),
        ("information_decision", datetime(2026, 11, 27, 7, 0, tzinfo=UTC)),
    ]


def test_a_request_that_is_not_entitled_waits_for_a_human_and_hears_no_no() -> None:
    """SR1, SR3"""
    decision = opened(mail_of(), Entitlement("not entitled"))
    assert decision.case is not None
    assert decision.case.state == "new"
    assert letters(decision) == [("acknowledgement", CUSTOMER), ("customer_message", STAFF)]


@pytest.mark.parametrize("change", [{"standing": Standing.STRANGER}, {"authenticated": False}])
def test_a_sender_that_nobody_vouches_for_reads_no_word_of_its_own_mail(change: dict[str, object]) -> None:
    """SR1"""
    answer = next(one for one in opened(mail_of(**change), Entitlement("undecided")).effects if isinstance(one, SendNotice))
    assert (answer.notice, answer.values["understood"], answer.cc) == ("service_request/acknowledgement", (), ())


def test_mail_of_a_machine_opens_a_request_without_an_answer() -> None:
    """IN7"""
    decision = opened(mail_of(unanswered_because="sent by a machine"))
    assert letters(decision) == [("customer_message", STAFF)]
    assert next(one.text for one in decision.effects if isinstance(one, Note)) == "accepted not sent: sent by a machine"


def test_the_missing_serial_completes_the_request() -> None:
    """IN5"""
    waiting = request(mail_of(extracted=Extracted(symptoms="The card reboots.", priority="P1")))
    answer = mail_of(extracted=Extracted(serials=("2102352KLM10L5000456",)), standing=Standing.PARTICIPANT)
    decision = decide("service_request", waiting, answer, facts(), DESK, AT)
    assert decision.case is not None
    assert (decision.case.state, decision.case.priority, decision.case.details.symptoms) == ("accepted", "P1", "The card reboots.")
    assert [name for name, _ in letters(decision)] == ["accepted", "customer_message"]


def test_the_first_engineer_who_writes_becomes_assignee_and_stops_the_clock() -> None:
    """SR4, SR5"""
    answer = mail_of(
        "cse@tac.example",
        standing=Standing.STAFF,
        answers_notice="service_request/customer_message",
        roles=DESK.roles_of("cse@tac.example"),
    )
    decision = decide("service_request", request(), answer, facts(), DESK, AT)
    assert decision.case is not None
    assert (decision.case.assignee, decision.case.state) == ("cse@tac.example", "awaiting customer")
    assert decision.case.details.responded_at == AT
    assert letters(decision) == [("staff_message", CUSTOMER)]


def test_an_answer_to_any_other_staff_notice_stays_in_the_house() -> None:
    """SR5"""
    answer = mail_of("cse@tac.example", standing=Standing.STAFF, answers_notice="service_request/response_warning", new_text="I am on it.")
    decision = decide("service_request", request(), answer, facts(), DESK, AT)
    assert decision.effects == (Note(text="I am on it.", who="cse@tac.example"),)


def test_a_customer_mail_goes_to_the_assignee_alone() -> None:
    """SR5"""
    case = request(assignee="cse@tac.example", state="awaiting customer")
    decision = decide("service_request", case, mail_of(standing=Standing.PARTICIPANT), facts(), DESK, AT)
    assert decision.case is not None
    assert decision.case.state == "in progress"
    assert letters(decision) == [("customer_message", ("cse@tac.example",))]


@pytest.mark.parametrize(
    ("closed", "number"), [(datetime(2026, 11, 6, 20, 0, tzinfo=UTC), "SR-100007"), (datetime(2026, 11, 5, 20, 0, tzinfo=UTC), "SR-100001")]
)
def test_a_reply_reopens_a_closed_request_within_fourteen_days(closed: datetime, number: str) -> None:
    """SR7: closed on 6 Nov, the fourteenth day is 20 Nov; closed on 5 Nov the mail of 20 Nov begins a new one."""
    case = request(state="closed", closed_at=closed, number="SR-100007")
    decision = decide("service_request", case, mail_of(standing=Standing.PARTICIPANT), facts(), DESK, AT)
    assert decision.case is not None
    assert decision.case.number == number
    assert decision.case.parent == (None if number == "SR-100007" else "SR-100007")


def test_commands_change_the_request_and_say_so() -> None:
    case = request(mail_of(), state="new")
    assert command(case, "/accept P1").done == "SR-100001 accepted with priority P1; the response clock runs"
    assert command(case, "/priority P4").done == "SR-100001 has priority P4 now, before P2"
    assert command(case, "/assign me").done == "SR-100001 is assigned to ccr@tac.example"
    assert command(case, "/resolve done").done == "SR-100001 is resolved; the customer was told"
    assert command(case, "/note call back").done == "the note is kept in the journal"


def test_a_command_that_makes_no_sense_is_refused_with_its_reason() -> None:
    assert command(request(), "/accept").refused == "SR-100001 is accepted: it was accepted before"
    assert command(request(), "/assign eve@evil.example").refused == "eve@evil.example is not on the staff list of huawei-tac"
    assert command(request(), "/reopen").refused == "SR-100001 is accepted: there is nothing to reopen"


def test_a_request_closed_as_spam_tells_nobody() -> None:
    """SR8"""
    assert letters(command(request(), "/close spam")) == []
    assert [name for name, _ in letters(command(request(), "/close"))] == ["closed", "survey"]


def test_warnings_go_to_staff_and_the_breach_to_the_manager() -> None:
    """SR4"""
    case = request()
    warned = decide("service_request", case, DeadlineFell(kind="response_warning", key="50", due_at=AT), facts(), DESK, AT)
    breached = decide("service_request", case, DeadlineFell(kind="response_breached", key="", due_at=AT), facts(), DESK, AT)
    assert letters(warned) == [("response_warning", STAFF)]
    assert letters(breached) == [("response_breached", ("manager@tac.example",))]


def test_every_case_type_can_reach_every_one_of_its_states() -> None:
    for case_type in CASE_TYPES.values():
        lifecycle = case_type.lifecycle
        reached = set(lifecycle.initial)
        while more := {one.name for one in lifecycle.states if reached & set(one.after)} - reached:
            reached |= more
        assert reached == {one.name for one in lifecycle.states}
