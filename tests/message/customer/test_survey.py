"""Answers to the satisfaction survey (SR8): the prepared line, and what people write instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.message.customer.survey import SurveyAnswer, read_prepared_score, read_survey_answer

ANSWERS = [
    ("SCORE 5", 5, ""),
    ("Score: 4", 4, ""),
    ("SCORE 3\n\nVery slow answer.", 3, "Very slow answer."),
    ("5", 5, ""),
    ("5/5", 5, ""),
    ("5 / 5", 5, ""),
    ("4 out of 5", 4, ""),
    ("I give it a 4", 4, ""),
    ("I'd give you a 5, great work", 5, "great work"),
    ("Ocena 4", 4, ""),
    ("Ocena: 4\nDziękuję", 4, "Dziękuję"),
    ("OCENA 2 - zbyt długo", 2, "zbyt długo"),
    ("评分 4", 4, ""),
    ("评分：5 分", 5, ""),
    ("打5分", 5, ""),
    ("我给4分，谢谢", 4, "谢谢"),
    ("5分", 5, ""),
    ("五分", 5, ""),
    ("满意度 3", 3, ""),
    ("Hello,\n\n4\n\nBest", 4, "Best"),
    ("4 thanks, all fine", 4, "thanks, all fine"),
    ("5!", 5, ""),
    ("5 stars", 5, ""),
    ("⭐⭐⭐⭐", 4, ""),
    ("★★★☆☆", 3, ""),
    ("score 5\n\n", 5, ""),
    ("Score five", 5, ""),
    ("SCORE １", 1, ""),
    ("*SCORE 4*", 4, ""),
    ("Daję 5, bo szybko", 5, "bo szybko"),
    ("Oceniam pracę na 4", 4, ""),
    ("We rate this 2 because nobody called", 2, "because nobody called"),
    ("5 - great", 5, "great"),
    ("Thank you for the help, score 5", 5, "Thank you for the help, score 5"),
    ("Dear team,\nmy rating is 4.", 4, ""),
]


@pytest.mark.parametrize(("text", "score", "comment"), ANSWERS)
def test_a_score_is_read_with_its_comment(text: str, score: int, comment: str) -> None:
    assert read_survey_answer(text) == SurveyAnswer(score, comment)


@pytest.mark.parametrize(
    "text",
    [
        "4.5/5",
        "10/10",
        "5/10",
        "Score 45",
        "Score 6",
        "score 0",
        "SCORE",
        "1. Restarted the switch\n2. x",
        "5 days later it failed",
        "2 switches are down",
        "Two switches are down",
        "Port 3 is down",
        "STATUS",
        "We give it 3 days",
        "I rate the link at 5 Mbps",
        "Slot 1\nSlot 2\n3",
        "3 x 02352KLM",
        "5 pieces",
        "2026-11-20",
        "1-2 days",
        "5 Nov",
        "4:30",
        "I have 5 questions",
        "One more thing: it fails again",
        "score 4 machines",
        "5%",
        "P1",
        "rate 5 Mbps",
        "2102352KLM10L5000456",
        "3rd time this happens",
        "5GHz radio dead",
        "ocena ryzyka 3 poziomy",
        "1)",
        "2 of 4 fans are dead",
        "1 of 5 disks failed",
    ],
)
def test_a_number_in_ordinary_text_is_no_score(text: str) -> None:
    assert read_survey_answer(text) is None


@given(st.integers(1, 5), st.text(st.characters(categories=["Ll"]), min_size=1, max_size=40))
def test_the_prepared_line_is_read_whatever_stands_below_it(score: int, comment: str) -> None:
    answer = read_survey_answer(f"SCORE {score}\n\nx {comment}")
    assert answer == SurveyAnswer(score, f"x {comment}")


@given(st.text(max_size=300))
def test_any_text_is_a_score_from_1_to_5_or_none(text: str) -> None:
    answer = read_survey_answer(text)
    assert answer is None or 1 <= answer.score <= 5


@pytest.mark.parametrize("text", ["SCORE 4", "OCENA 4", "评分 4", "ocena 4\n\nDziękuję"])
def test_the_prepared_line_of_each_language_tells_by_itself_what_it_answers(text: str) -> None:
    answer = read_prepared_score(text)
    assert answer is not None and answer.score == 4


def test_other_mails_are_no_answer_of_a_survey() -> None:
    assert read_prepared_score("4 of our boards are dead") is None
