"""Escalation (SR6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailflow.message.customer_line import CustomerLine
from mailflow.message.model import Extracted
from mailflow.policy.decision import Decision
from mailflow.policy.derivation import Step
from mailflow.policy.desk import MailboxRole
from mailflow.policy.event import MailReceived, Standing
from mailflow.policy.facts import LastStep, WaitingDeadline
from tests.cases.service_request.scene import (
    ANNA,
    AT,
    BEN,
    CUSTOMER,
    MANAGER,
    SERIAL,
    STAFF,
    after,
    changed_cases,
    deadlines,
    facts,
    letter,
    letters,
    mail_of,
    notes,
    open_with,
    receive,
    reply_of,
    request,
)

WHY = "Production is down since the morning."


def by_line(reason: str = WHY, text: str = "", **changes: Any) -> MailReceived:
    return reply_of(text=text or f"ESCALATE {reason}", customer_line=CustomerLine("escalate", reason=reason), **changes)


def to_escalation(text: str, **changes: Any) -> MailReceived:
    return mail_of(**{"new_text": text, "mailbox_role": MailboxRole.ESCALATION, "extracted": Extracted(), **changes})


def names(decision: Decision) -> list[str]:
    return [name for name, _ in letters(decision)]


def test_with_case_and_reason_the_manager_gets_a_brief_and_the_customer_a_name() -> None:
    """SR6: a name, never an address of staff."""
    decision = receive(request(), by_line())
    assert letters(decision) == [("escalation_received", CUSTOMER), ("escalation_brief", (MANAGER,)), ("customer_message", STAFF)]
    assert letter(decision, "escalation_received").values == {"by": "Escalation Manager", "trusted": True}
    assert letter(decision, "escalation_brief").values["reason"] == WHY
    assert letter(decision, "escalation_brief").values["outcome"] == Step("escalation_told", {})
    assert notes(decision) == [f"escalated: {WHY}"]


@pytest.mark.parametrize("state", ["new", "accepted", "awaiting customer", "resolved", "closed"])
def test_an_escalation_leaves_the_state_to_the_manager(state: str) -> None:
    """SR6"""
    case = after(receive(request(state=state, closed_at=AT if state == "closed" else None), by_line()))
    assert (case.state, case.details.escalated_at, case.details.escalation_reason) == (state, AT, WHY)


def test_the_brief_tells_clocks_with_their_derivation_and_the_last_steps() -> None:
    """SR6, BX2"""
    steps = (Step("response_term", {"amount": 60, "unit": "minutes", "priority": "P2"}),)
    breach = WaitingDeadline(case_number="SR-100001", kind="response_breached", key="", due_at=AT, steps=steps)
    warning = WaitingDeadline(case_number="SR-100001", kind="response_warning", key="50", due_at=AT)
    history = (LastStep(at=AT, subject="Card", from_us=False),)
    brief = letter(receive(request(), by_line(), facts(waiting=(breach, warning), last_steps=history)), "escalation_brief")
    clock = Step("clock_response_breached", {"number": "SR-100001", "at": AT, "timezone": "Europe/Bucharest"})
    assert (brief.values["clocks"], brief.values["history"]) == (((clock, steps),), history)


def test_without_a_reason_it_is_asked_for_and_the_manager_told_all_the_same() -> None:
    """SR6"""
    decision = receive(request(), by_line(reason="", text="ESCALATE\n\nRegards,\nAnna"))
    assert names(decision) == ["escalation_incomplete", "escalation_brief", "customer_message"]
    assert letter(decision, "escalation_incomplete").values == {"missing": ("reason",)}
    assert letter(decision, "escalation_brief").values["outcome"] == Step("escalation_asked", {"fields": ("reason",)})


def test_the_answer_to_the_question_is_the_reason() -> None:
    """SR6"""
    asked = after(receive(request(), by_line(reason="", text="ESCALATE")))
    decision = receive(asked, reply_of(text=WHY, answers_notice="service_request/escalation_incomplete"))
    assert names(decision) == ["escalation_received", "escalation_brief", "customer_message"]
    assert after(decision).details.escalation_reason == WHY


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SR-100001", ""),
        ("Hello,\nSR-100001\nRegards,\nAnna", ""),
        ("SR-100001: nobody has answered for two days.", "SR-100001: nobody has answered for two days."),
        ("您好，\nSR-100001\n设备一直宕机", "SR-100001\n设备一直宕机"),
    ],
)
def test_a_number_and_a_greeting_are_no_reason(text: str, reason: str) -> None:
    """SR6: a mail to the escalation mailbox that names the case."""
    decision = receive(request(), to_escalation(text, standing=Standing.PARTICIPANT))
    assert letter(decision, "escalation_brief").values["reason"] == reason
    assert names(decision)[0] == ("escalation_received" if reason else "escalation_incomplete")


@pytest.mark.parametrize(
    ("reason", "later", "is_told"),
    [(WHY, timedelta(hours=1), False), ("And now Bucharest, too.", timedelta(hours=1), True), (WHY, timedelta(days=1), True)],
)
def test_the_same_escalation_of_the_same_day_is_told_once(reason: str, later: timedelta, is_told: bool) -> None:
    """SR6: the customer is answered each time."""
    decision = receive(after(receive(request(), by_line())), by_line(reason, at=AT + later))
    assert ("escalation_brief" in names(decision), "escalation_received" in names(decision)) == (is_told, True)


def test_an_escalation_that_gets_no_answer_reaches_the_manager() -> None:
    """SR6, IN7"""
    decision = receive(request(), by_line(unanswered_because="sent by a machine"))
    assert names(decision) == ["escalation_brief", "customer_message"]
    assert letter(decision, "escalation_brief").values["outcome"] == Step("escalation_unanswered", {})


def test_the_serial_in_an_escalation_completes_the_request() -> None:
    """SR6, IN5: what the customer gives is not asked for again."""
    waiting = request(mail_of(extracted=Extracted(symptoms="The card reboots.")))
    assert after(receive(waiting, by_line(extracted=Extracted(serials=(SERIAL,))))).state == "accepted"


def test_a_mail_to_the_escalation_mailbox_that_names_no_case_is_asked_which_one_is_meant() -> None:
    """SR6, SR1: registered with exactly one immediate answer."""
    decision = open_with(to_escalation(WHY))
    assert letters(decision) == [("escalation_incomplete", CUSTOMER), ("escalation_brief", (MANAGER,)), ("customer_message", STAFF)]
    assert letter(decision, "escalation_incomplete").values == {"missing": ("number",)}
    assert (after(decision).state, deadlines(decision)) == ("new", [])


def test_neither_number_nor_reason() -> None:
    """SR6"""
    assert letter(open_with(to_escalation("Hello,")), "escalation_incomplete").values == {"missing": ("number", "reason")}


def test_a_complete_request_to_the_escalation_mailbox_starts_its_clock() -> None:
    """SR4, SR6: P2 has 60 minutes."""
    decision = open_with(to_escalation(WHY, extracted=Extracted(serials=(SERIAL,), symptoms="It reboots.", priority="P2")))
    assert after(decision).state == "accepted"
    assert deadlines(decision)[-1] == ("response_breached", "", datetime(2026, 11, 20, 10, 0, tzinfo=UTC))
    assert names(decision) == ["escalation_incomplete", "escalation_brief", "customer_message"]


def test_the_answer_that_names_a_request_escalates_that_one() -> None:
    """SR6: the one opened meanwhile goes on in it, without a letter of its own."""
    placeholder = after(open_with(to_escalation(WHY, sender=BEN)))
    target = request(number="SR-100000", state="awaiting customer")
    answer = reply_of(BEN, text="It is SR-100000", answers_notice="service_request/escalation_incomplete")
    decision = receive(placeholder, answer, facts(other_case=target))
    changed = changed_cases(decision)[0]
    assert (after(decision).merged_into, after(decision).state) == ("SR-100000", "closed")
    assert (changed.number, changed.state, changed.participants) == ("SR-100000", "awaiting customer", (ANNA, BEN))
    assert (changed.details.escalated_at, changed.details.escalation_reason) == (AT, WHY)
    assert names(decision) == ["escalation_received", "escalation_brief", "customer_message"]
    assert {one.values["number"] for one in (letter(decision, name) for name in names(decision))} == {"SR-100000"}


def test_naming_another_request_in_a_running_one_merges_nothing() -> None:
    """SR6"""
    decision = receive(request(), by_line("as bad as SR-100000 last week"), facts(other_case=request(number="SR-100000")))
    assert (after(decision).merged_into, changed_cases(decision)) == (None, [])


def test_a_stranger_to_the_escalation_mailbox_gets_nothing_of_the_case_it_named() -> None:
    """SR6, IN3"""
    event = to_escalation("SR-100000 is urgent for us all", sender="eve@evil.example", standing=Standing.STRANGER, linked_to="SR-100000")
    decision = open_with(event)
    assert letter(decision, "escalation_incomplete").to == ("eve@evil.example",)
    assert letter(decision, "escalation_incomplete").values == {"missing": ("number",)}
    assert ("linked", "SR-100000") in letter(decision, "escalation_brief").values["summary"]
