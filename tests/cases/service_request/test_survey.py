"""Answers to the satisfaction survey (SR8)."""

from __future__ import annotations

from typing import Any

from mailflow.message.customer.survey import SurveyAnswer
from mailflow.policy.derivation import Step
from mailflow.policy.event import MailReceived
from tests.cases.service_request.scene import AT, CUSTOMER, STAFF, after, command, flags, letters, notes, receive, reply_of, request

CLOSED = after(command(request(), "/close"))


def answer(score: int, comment: str = "", **changes: Any) -> MailReceived:
    return reply_of(text=comment, survey_answer=SurveyAnswer(score, comment), answers_notice="service_request/survey", **changes)


def test_a_score_is_kept_and_thanked_for_and_opens_nothing() -> None:
    """SR8"""
    decision = receive(CLOSED, answer(5))
    case = after(decision)
    assert (case.details.survey_score, case.state, case.closed_at) == (5, "closed", AT)
    assert (letters(decision), notes(decision)) == ([("survey_thanks", CUSTOMER)], ["survey: 5 of 5"])


def test_a_comment_is_read_by_staff() -> None:
    """SR8"""
    decision = receive(CLOSED, answer(2, "Two days without a word."))
    assert letters(decision) == [("survey_thanks", CUSTOMER), ("customer_message", STAFF)]
    assert flags(decision) == [Step("flag_survey", {"score": 2})]
    assert after(decision).details.survey_comment == "Two days without a word."


def test_a_second_answer_counts_and_is_not_thanked_for_again() -> None:
    """SR8"""
    decision = receive(after(receive(CLOSED, answer(2, "Slow."))), answer(4))
    details = after(decision).details
    assert (details.survey_score, details.survey_comment, letters(decision)) == (4, "Slow.", [])


def test_a_machine_that_answers_is_not_thanked() -> None:
    """IN7"""
    assert letters(receive(CLOSED, answer(5, unanswered_because="sent by a machine"))) == []


def test_an_answer_without_a_score_is_an_ordinary_reply() -> None:
    """SR7, SR8"""
    decision = receive(CLOSED, reply_of(text="The card reboots again.", answers_notice="service_request/survey"))
    assert (after(decision).state, after(decision).details.survey_score) == ("in progress", 0)
    assert letters(decision) == [("customer_message", STAFF)]


def test_a_score_that_nobody_asked_for_is_an_ordinary_reply() -> None:
    """SR8: the request never had a survey."""
    assert after(receive(request(), answer(5))).details.survey_score == 0
