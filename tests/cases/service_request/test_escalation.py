"""Escalation (SR6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailflow.message.customer.one_line import CustomerLine
from mailflow.message.model import Extracted
from mailflow.policy.decision import Decision
from mailflow.policy.derivation import Step
from mailflow.policy.desk import MailboxRole
from mailflow.policy.event import MailReceived, SenderRole
from mailflow.policy.facts import WaitingDeadline
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
    flags,
    in_contract,
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


@pytest.mark.parametrize(
    ("state", "then"),
    [
        ("new", "new"),
        ("accepted", "accepted"),
        ("awaiting customer", "in progress"),
        ("resolved", "in progress"),
        ("closed", "in progress"),
    ],
)
def test_an_escalation_reopens_what_was_over(state: str, then: str) -> None:
    """SR6, SR7: a customer's reply, in whatever words; what is open stays as it is for the manager to decide."""
    decision = receive(request(state=state, closed_at=AT if state == "closed" else None), by_line())
    case = after(decision)
    assert (case.state, case.closed_at, case.details.escalated_at, case.details.escalation_reason) == (then, None, AT, WHY)
    assert ("state", Step("shown_state", {"state": then})) in letter(decision, "escalation_brief").values["summary"]


@pytest.mark.parametrize("event", [by_line(), to_escalation(WHY, sender_role=SenderRole.PARTICIPANT)], ids=["line", "mailbox"])
def test_an_escalation_of_what_was_closed_long_ago_opens_a_new_request_that_refers_to_it(event: MailReceived) -> None:
    """SR7: closed on 20 November, so the 4 December is the last day; the serial is taken over, and no number is asked for (IN5)."""
    closed = request(number="SR-100000", state="closed", closed_at=AT)
    decision = receive(closed, replace(event, at=AT + timedelta(days=15)), in_contract())
    case = after(decision)
    assert (case.number, case.linked, case.details.names_no_request) == ("SR-100001", ("SR-100000",), False)
    assert (case.details.serials, case.details.serials_from) == ((SERIAL,), "SR-100000")
    assert letters(decision) == [("escalation_received", CUSTOMER), ("escalation_brief", (MANAGER,)), ("customer_message", STAFF)]


def test_on_the_last_day_an_escalation_still_reopens() -> None:
    """SR7: 4 December, 23:30 in Bucharest."""
    closed = request(state="closed", closed_at=AT)
    assert after(receive(closed, by_line(at=datetime(2026, 12, 4, 21, 30, tzinfo=UTC)))).number == closed.number


def test_a_new_request_with_a_copy_to_the_escalation_mailbox_is_answered_as_any_other_and_the_manager_told() -> None:
    """SR1, SR6: no number is asked for where there is none yet."""
    event = mail_of(to=("tac@tac.example",), cc=("escalation@tac.example",), mailbox_role=MailboxRole.ESCALATION)
    decision = open_with(event)
    assert letters(decision) == [("accepted", CUSTOMER), ("escalation_brief", (MANAGER,)), ("customer_message", STAFF)]
    assert letter(decision, "escalation_brief").values["outcome"] == Step("escalation_of_new", {})
    assert (after(decision).state, after(decision).details.escalated_at) == ("accepted", AT)
    assert flags(decision) == [Step("flag_escalated", {})]


def test_an_incomplete_one_is_asked_for_what_is_missing() -> None:
    """SR1, IN5"""
    event = mail_of(
        to=("tac+sr@tac.example",),
        cc=("escalation@tac.example",),
        mailbox_role=MailboxRole.ESCALATION,
        extracted=Extracted(symptoms="Dead."),
    )
    assert names(open_with(event)) == ["information_request", "escalation_brief", "customer_message"]


@pytest.mark.parametrize(
    ("event", "first"),
    [
        (mail_of(customer_line=CustomerLine("escalate", reason=WHY)), "accepted"),
        (mail_of(customer_line=CustomerLine("escalate", reason=WHY), extracted=Extracted()), "escalation_incomplete"),
        (mail_of(new_text="The card reboots. Please escalate this to your manager."), "accepted"),
        (mail_of(to=("escalation@tac.example",), mailbox_role=MailboxRole.ESCALATION), "escalation_incomplete"),
    ],
    ids=["line with a fault", "bare line", "wish", "escalation mailbox alone"],
)
def test_a_first_mail_that_wants_the_manager(event: MailReceived, first: str) -> None:
    """SR1, SR6: one immediate answer, and one brief."""
    assert names(open_with(event)) == [first, "escalation_brief", "customer_message"]


def test_the_prepared_answer_left_empty_is_no_reason() -> None:
    """SR6, OUT1"""
    event = to_escalation(
        "Case number: \nReason: ", answers_notice="service_request/escalation_incomplete", sender_role=SenderRole.PARTICIPANT
    )
    assert letter(receive(request(), event), "escalation_incomplete").values == {"missing": ("reason",)}
    filled = replace(event, new_text="Case number: SR-100001\nReason: nobody calls us back")
    assert letter(receive(request(), filled), "escalation_brief").values["reason"] == "SR-100001\nnobody calls us back"


def test_whoever_escalates_is_greeted_by_its_own_name() -> None:
    """OUT1: the customer of the request is Anna."""
    assert letter(receive(request(), by_line(sender=BEN)), "escalation_received").values["recipient_name"] == "Ben@"


def test_the_brief_tells_clocks_with_their_derivation_and_what_happened() -> None:
    """SR6, BX2"""
    steps = (Step("response_term", {"amount": 60, "unit": "minutes", "priority": "P2"}),)
    breach = WaitingDeadline(case_number="SR-100001", kind="response_breached", key="", due_at=AT, steps=steps)
    warning = WaitingDeadline(case_number="SR-100001", kind="response_warning", key="50", due_at=AT)
    history = ((AT, Step("told_accepted", {"number": "SR-100001"})),)
    brief = letter(receive(request(), by_line(), facts(waiting=(breach, warning), timeline=history)), "escalation_brief")
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
    decision = receive(request(), to_escalation(text, sender_role=SenderRole.PARTICIPANT))
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
    assert (changed.number, changed.state, changed.participants) == ("SR-100000", "in progress", (ANNA, BEN))
    assert (changed.details.escalated_at, changed.details.escalation_reason) == (AT, WHY)
    assert names(decision) == ["escalation_received", "escalation_brief", "customer_message"]
    assert {one.case for one in (letter(decision, name) for name in names(decision))} == {changed}


def test_an_answer_that_names_a_request_closed_long_ago_refers_to_it() -> None:
    """SR7: what was opened for the escalation goes on by itself."""
    placeholder = after(open_with(to_escalation(WHY)))
    target = request(number="SR-100000", state="closed", closed_at=AT - timedelta(days=30))
    decision = receive(
        placeholder, reply_of(text="SR-100000", answers_notice="service_request/escalation_incomplete"), facts(other_case=target)
    )
    assert (after(decision).merged_into, after(decision).linked, changed_cases(decision)) == (None, ("SR-100000",), [])


def test_naming_another_request_in_a_running_one_merges_nothing() -> None:
    """SR6"""
    decision = receive(request(), by_line("as bad as SR-100000 last week"), facts(other_case=request(number="SR-100000")))
    assert (after(decision).merged_into, changed_cases(decision)) == (None, [])


def test_a_stranger_to_the_escalation_mailbox_gets_nothing_of_the_case_it_named() -> None:
    """SR6, IN3"""
    event = to_escalation(
        "SR-100000 is urgent for us all", sender="eve@evil.example", sender_role=SenderRole.STRANGER, linked_to="SR-100000"
    )
    decision = open_with(event)
    assert letter(decision, "escalation_incomplete").to == ("eve@evil.example",)
    assert letter(decision, "escalation_incomplete").values == {"missing": ("number",)}
    assert ("linked", "SR-100000") in letter(decision, "escalation_brief").values["summary"]
