"""How much automatic mail an address gets (IN7, promise P9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from mailflow.handling.handle_deadline import handle_deadlines
from mailflow.policy.desk import MailCaps
from mailflow.settings import shipped_desks
from mailflow.toml_file import load_desk
from tests.handling.conftest import DeskAtWork

ANNA, EVE, CCR = "anna@northwind.example", "eve@stranger.example", "ccr@tac.example"
QUESTION = "Which software version do I need for my router, please?\n"


def sent_to(desk: DeskAtWork, address: str) -> int:
    return sum(address in (*one.to, *one.cc) for one in desk.all_notices())


def test_past_the_cap_the_request_is_registered_and_staff_are_told_once(desk: DeskAtWork) -> None:
    rows = [desk.write(EVE, f"Question {number}", QUESTION) for number in range(8)]
    assert [row.state for row in rows] == ["opened"] * 8
    assert sent_to(desk, EVE) == 5
    alerts = [one for one in desk.all_notices() if one.name == "staff/attention"]
    assert [tuple(one.to) for one in alerts] == [(CCR,)]
    assert "eve@stranger.example was sent 5 automatic mails within 24 h" in " ".join(alerts[0].text.split())


def test_the_next_day_the_stranger_is_answered_again(desk: DeskAtWork) -> None:
    for number in range(6):
        desk.write(EVE, f"Question {number}", QUESTION)
    desk.now += timedelta(hours=24, minutes=1)
    desk.write(EVE, "Question tomorrow", QUESTION)
    assert sent_to(desk, EVE) == 6


def test_reminders_of_clocks_count_and_stop_at_the_cap_too(desk: DeskAtWork) -> None:
    """Five requests of Friday are reminded of on Tuesday: five letters, and no sixth that day."""
    for number in range(6):
        desk.write(EVE, f"Question {number}", QUESTION)
    before = sent_to(desk, EVE)
    desk.now += timedelta(days=4)
    handle_deadlines(desk.services, desk.now)
    assert before == 5
    assert sent_to(desk, EVE) == 10


def test_a_known_sender_gets_thirty_an_hour(desk: DeskAtWork) -> None:
    for number in range(32):
        desk.write(ANNA, f"Question {number}", QUESTION)
    assert sent_to(desk, ANNA) == 30


def test_the_brake_stops_answers_to_many_strangers_at_once(make_desk: Callable[..., DeskAtWork]) -> None:
    """Case 46: forged senders are victims, each a new one."""
    huawei = replace(load_desk(shipped_desks() / "huawei-tac"), caps=MailCaps(unknown_of_desk_per_hour=3))
    desk = make_desk(desks=(huawei,))
    rows = [desk.write(f"victim{number}@far.example", "Question", QUESTION) for number in range(6)]
    assert [row.state for row in rows] == ["opened"] * 6
    assert sum(sent_to(desk, f"victim{number}@far.example") for number in range(6)) == 3
    assert [tuple(one.to) for one in desk.all_notices() if one.name == "staff/attention"] == [(CCR,)]
    desk.write(ANNA, "Question", QUESTION)
    assert sent_to(desk, ANNA) == 1


@pytest.mark.parametrize(
    ("border", "answers"), [("dmarc=fail header.from=stranger.example", 0), ("dmarc=none header.from=stranger.example", 1)]
)
def test_who_fails_the_borders_test_gets_no_answer_and_who_proves_nothing_a_number(desk: DeskAtWork, border: str, answers: int) -> None:
    raw = (
        f"From: {EVE}\r\nTo: tac@tac.example\r\nSubject: My secret words\r\nMessage-ID: <1@x>\r\n\r\nThe router of my neighbour burns.\r\n"
    )
    assert desk.receive(raw.encode(), border=border).state == "opened"
    letters = [one for one in desk.all_notices() if EVE in one.to]
    assert len(letters) == answers
    assert not [one for one in letters if b"secret" in one.raw or b"neighbour" in one.raw]
    assert "service_request/customer_message" in [one.name for one in desk.all_notices()]
