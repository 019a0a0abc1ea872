"""What staff command, and how they are answered in data (OUT4, SR3, SR7, SR8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mailflow.policy.case import Case
from mailflow.policy.derivation import Step, Value
from mailflow.policy.facts import CustomerWords
from tests.cases.service_request.scene import AT, CONTRACT, CUSTOMER, after, command, deadlines, facts, letter, letters, mail_of, request

NUMBER = "SR-100001"


def told(name: str, **values: Value) -> Step:
    return Step(name, {"number": NUMBER, **values})


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/accept P1", told("request_accepted", priority="P1")),
        ("/priority P4", told("request_priority", priority="P4", before="P2")),
        ("/assign me", told("command_assigned", address="ccr@tac.example")),
        ("/assign cse@tac.example", told("command_assigned", address="cse@tac.example")),
        ("/note call back", told("command_noted")),
        ("/resolve done", told("request_resolved")),
        ("/close", told("request_closed_and_asked")),
        ("/close spam", told("request_closed_as_spam")),
        ("/add paul@partner.example", told("command_added", address="paul@partner.example")),
        ("/entitled no expired", told("request_not_entitled", reason="expired")),
        ("/priority P2", told("request_same_priority", priority="P2")),
    ],
)
def test_a_command_says_what_it_did(line: str, answer: Step) -> None:
    """OUT4"""
    assert command(request(state="new"), line).done == answer


@pytest.mark.parametrize(
    ("state", "line", "why"),
    [
        ("accepted", "/accept", told("request_accepted_before", state="accepted")),
        ("accepted", "/assign eve@evil.example", told("command_not_staff", address="eve@evil.example", desk="huawei-tac")),
        ("accepted", "/reopen", told("request_not_over", state="accepted")),
        ("resolved", "/resolve", told("request_in_state", state="resolved")),
        ("closed", "/close", told("request_in_state", state="closed")),
        ("closed", "/rma doa 1 x 02350ABC", told("request_closed_to_returns")),
        ("accepted", "/entitled HC-7", told("request_contract_unknown", contract="HC-7")),
        ("accepted", "/waive RMA-100001 lost", told("command_not_here", command="/waive")),
    ],
)
def test_a_command_that_makes_no_sense_is_refused_with_its_reason(state: str, line: str, why: Step) -> None:
    """OUT4"""
    case = request(state=state)
    decision = command(case, line)
    assert (decision.refused, decision.case, decision.effects) == (why, case, ())


def test_an_entitled_request_that_lacks_nothing_is_accepted_with_it() -> None:
    """SR3, SR4"""
    decision = command(request(state="new"), "/entitled HC-1", contract=CONTRACT)
    assert (after(decision).state, after(decision).contract) == ("accepted", "HC-1")
    assert decision.done == told("request_entitled_and_accepted", contract="HC-1")
    assert letters(decision) == [("accepted", CUSTOMER)]


def test_a_no_reaches_the_customer_by_a_human_only() -> None:
    """SR3"""
    decision = command(request(state="new"), "/entitled no contract ended")
    assert (after(decision).details.entitlement, letters(decision)) == ("not entitled", [])


def test_a_request_with_an_open_return_is_not_closed() -> None:
    """SR7, RM1"""
    rma = replace(request(), number="RMA-100001", kind="rma")
    assert command(request(), "/close", rmas=(rma,)).refused == told("request_has_returns", returns=("RMA-100001",))


def test_a_new_priority_moves_the_clock_only_while_it_runs() -> None:
    """SR4: P1 has 30 minutes; a resolved request has no clock."""
    assert [kind for kind, _, _ in deadlines(command(request(), "/priority P1"))] == ["response_warning"] * 2 + ["response_breached"]
    assert deadlines(command(request(state="resolved"), "/priority P1")) == []


def test_a_request_closed_as_spam_tells_nobody() -> None:
    """SR8"""
    assert letters(command(request(), "/close spam")) == []
    assert [name for name, _ in letters(command(request(), "/close"))] == ["closed", "survey"]


def test_the_survey_goes_out_once_even_after_reopening() -> None:
    """SR8"""
    reopened = after(command(after(command(request(), "/close")), "/reopen"))
    again = command(reopened, "/close")
    assert (letters(again), again.done) == ([("closed", CUSTOMER)], told("request_closed"))


def test_a_request_without_a_customer_ends_in_silence_and_says_so() -> None:
    """IN8: an alarm of a device that the register does not know."""
    nobodys: Case = request(customer="", participants=())
    assert (command(nobodys, "/resolve").done, letters(command(nobodys, "/resolve"))) == (told("request_resolved_untold"), [])
    assert (command(nobodys, "/close").done, letters(command(nobodys, "/close"))) == (told("request_closed_untold"), [])


def test_a_request_that_was_merged_takes_notes_only() -> None:
    """SR7"""
    merged = request(state="closed", closed_at=AT, merged_into="SR-100009")
    assert command(merged, "/reopen").refused == told("request_was_merged", other="SR-100009")
    assert command(merged, "/note see there").done == told("command_noted")


def test_the_facts_of_another_contract_do_not_entitle() -> None:
    """SR3"""
    assert command(request(mail_of(), facts()), "/entitled HC-2", contract=CONTRACT).refused == told(
        "request_contract_unknown", contract="HC-2"
    )


WORDS = CustomerWords(sender="ben@customer.example", opening="The card reboots.", last="It is worse now.", readers=("cse@tac.example",))


def test_whom_somebody_puts_in_charge_gets_what_the_customer_wrote() -> None:
    """SR5: only an answer to it reaches the customer."""
    decision = command(request(), "/assign cse@tac.example", customer_words=WORDS)
    assert letters(decision) == [("customer_message", ("cse@tac.example",))]
    message = letter(decision, "customer_message")
    assert (message.values["text"], message.values["opening"], message.values["sender"]) == (WORDS.last, WORDS.opening, WORDS.sender)
    assert message.values["flags"] == (Step("flag_assigned", {"by": "ccr@tac.example"}),)
    assert ("assignee", "cse@tac.example") in message.values["summary"]
    assert message.attach == ("case_files",)


@pytest.mark.parametrize(("by", "gets"), [("manager@tac.example", True), ("cse@tac.example", False)])
def test_who_takes_a_case_gets_it_unless_it_was_sent_before(by: str, gets: bool) -> None:
    """SR5, SR6: the manager has only the brief."""
    decision = command(request(), "/assign me", by=by, customer_words=WORDS)
    assert letters(decision) == ([("customer_message", (by,))] if gets else [])


def test_the_closing_names_the_last_day_on_which_a_reply_reopens() -> None:
    """SR7, BX2: 14 days after 20 November."""
    assert letter(command(request(), "/close"), "closed").values["reopens_until"] == date(2026, 12, 4)
