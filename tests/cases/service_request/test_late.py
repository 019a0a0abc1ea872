"""What an outage of ours does to a request: an honest word, and clocks that count from the server's time (BX9, T3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailflow.message.model import Extracted
from mailflow.policy.event import SenderRole
from tests.cases.service_request.scene import (
    AT,
    CUSTOMER,
    after,
    command,
    deadlines,
    letter,
    letters,
    mail_of,
    open_with,
    receive,
    reply_of,
    request,
)

THREE_HOURS = AT + timedelta(hours=3)


def test_a_mail_read_too_late_gets_an_honest_word_besides_its_answer() -> None:
    """BX9"""
    decision = open_with(mail_of(), now=THREE_HOURS)
    assert [name for name, _ in letters(decision)] == ["accepted", "customer_message", "late_notice"]
    assert (letter(decision, "late_notice").to, letter(decision, "late_notice").values) == (CUSTOMER, {"arrived_at": AT})


@pytest.mark.parametrize(("minutes", "is_told"), [(119, False), (120, False), (121, True)])
def test_two_hours_are_the_limit(minutes: int, is_told: bool) -> None:
    """BX9: `late_after` of the desk."""
    names = [name for name, _ in letters(open_with(mail_of(), now=AT + timedelta(minutes=minutes)))]
    assert ("late_notice" in names) is is_told


def test_clocks_count_from_the_arrival_and_a_breach_is_told_at_once() -> None:
    """BX9, SR4: P2 was due at 10:00; both warnings lie behind us, the breach falls with the next look at the clocks."""
    decision = open_with(mail_of(), now=THREE_HOURS)
    assert deadlines(decision) == [("response_breached", "", AT + timedelta(hours=1))]
    assert after(decision).details.accepted_at == AT
    assert [step.name for step in letter(decision, "accepted").values["next_step"]] == ["next_step_engineer_late"]


def test_of_a_clock_half_run_down_the_warning_to_come_is_kept() -> None:
    """BX9, SR4: 30 minutes of 60 are gone."""
    decision = open_with(mail_of(), now=AT + timedelta(minutes=35))
    assert [key for _, key, _ in deadlines(decision)] == ["80", ""]


def test_a_question_counts_from_the_day_of_asking() -> None:
    """IN5: a mail of Friday 20 November, read on Tuesday 24; asked again on Thursday 26."""
    decision = open_with(mail_of(extracted=Extracted(symptoms="It reboots.")), now=AT + timedelta(days=4))
    assert next(at.day for _, _, at in deadlines(decision)) == 26


def test_the_honest_word_goes_out_once() -> None:
    """BX9"""
    late = after(open_with(mail_of(), now=THREE_HOURS))
    assert "late_notice" not in [name for name, _ in letters(receive(late, reply_of(), now=THREE_HOURS))]
    assert "late_notice" in [name for name, _ in letters(receive(request(), reply_of(), now=THREE_HOURS))]


@pytest.mark.parametrize(
    "change", [{"authenticated": False}, {"sender_role": SenderRole.STRANGER}, {"unanswered_because": "sent by a machine"}]
)
def test_who_gets_no_word_of_the_case_gets_no_late_notice(change: dict[str, object]) -> None:
    """BX9, SR1, IN7"""
    assert "late_notice" not in [name for name, _ in letters(open_with(mail_of(**change), now=THREE_HOURS))]


def test_staff_are_not_told_that_we_were_late() -> None:
    """BX9: customers are."""
    event = mail_of("cse@tac.example", sender_role=SenderRole.STAFF, answers_notice="service_request/customer_message")
    assert [name for name, _ in letters(receive(request(), event, now=THREE_HOURS))] == ["staff_message"]
    assert [name for name, _ in letters(command(request(state="new"), "/accept"))] == ["accepted"]
