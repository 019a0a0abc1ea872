"""STATUS (SR9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mailflow.message.customer.one_line import CustomerLine
from mailflow.message.model import Attachment, Extracted
from mailflow.policy.event import MailReceived
from mailflow.policy.facts import LastStep
from tests.cases.service_request.scene import AT, BEN, after, facts, letter, letters, mail_of, notes, receive, reply_of, request

STATUS = CustomerLine("status")


def ask(text: str = "STATUS", **changes: Any) -> MailReceived:
    return reply_of(text=text, customer_line=STATUS, **changes)


def test_a_participant_is_told_at_once_and_nobody_else_is_bothered() -> None:
    """SR9"""
    decision = receive(request(), ask(sender=BEN))
    assert (letters(decision), notes(decision)) == ([("status", (BEN,))], ["asked for the status"])


@pytest.mark.parametrize("state", ["accepted", "awaiting customer", "resolved", "closed"])
def test_asking_changes_nothing_and_opens_nothing_again(state: str) -> None:
    """SR9: of a request closed long ago as well."""
    case = request(state=state, closed_at=datetime(2026, 1, 1, tzinfo=UTC) if state == "closed" else None)
    assert after(receive(case, ask())) == case


def test_the_status_tells_the_running_clock_with_its_derivation() -> None:
    """SR9, BX2: P2 has 60 minutes from 09:00 UTC."""
    values = letter(receive(request(), ask()), "status").values
    assert values["response_due"] == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    assert [step.name for step in values["steps"]] == ["response_clock", "response_term", "response_due"]


@pytest.mark.parametrize("change", [{"responded_at": AT}, {"state": "resolved"}, {"state": "closed"}, {"accepted_at": None}])
def test_a_clock_that_does_not_run_is_not_told(change: dict[str, Any]) -> None:
    """SR9"""
    values = letter(receive(request(**change), ask()), "status").values
    assert (values["response_due"], values["steps"]) == (None, ())


def test_the_status_tells_what_we_wait_for_the_returns_and_the_last_steps() -> None:
    """SR9"""
    waiting = request(mail_of(extracted=Extracted(symptoms="It reboots.")))
    rma = replace(request(), number="RMA-100001", kind="rma")
    history = (LastStep(at=AT, subject="Card", from_us=False),)
    values = letter(receive(waiting, ask(), facts(rmas=(rma,), last_steps=history)), "status").values
    assert (values["asked"], values["returns"], values["history"]) == (("serial",), (rma,), history)


def test_a_machine_that_asks_gets_no_answer() -> None:
    """IN7"""
    assert letters(receive(request(), ask(unanswered_because="sent by a machine"))) == []


LONG = "STATUS\nBy the way, since noon the other card reboots as well, and nobody can reach the branch."


@pytest.mark.parametrize("change", [{"text": LONG}, {"attach": True}])
def test_whatever_else_stands_in_the_mail_reaches_staff(change: dict[str, Any]) -> None:
    """SR9, IN2: nothing is dropped."""
    event = ask(change.get("text", "STATUS"))
    if "attach" in change:
        event = with_attachment(event)
    decision = receive(request(state="resolved"), event)
    assert [name for name, _ in letters(decision)] == ["status", "customer_message"]
    assert after(decision).state == "in progress"


def with_attachment(event: MailReceived) -> MailReceived:
    return replace(event, mail=replace(event.mail, attachments=(Attachment("log.txt", "text/plain", b"fault"),)))
