"""The clock that the story moves."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from mailflow.scenario.demo import StoryClock

START = datetime(2026, 12, 3, 8, 50, tzinfo=UTC)


def test_it_stands_still_until_it_is_moved() -> None:
    clock = StoryClock(START)
    time.sleep(0.01)
    assert clock() == START


def test_it_jumps_forward_and_never_back() -> None:
    clock = StoryClock(START)
    clock.jump_to(START + timedelta(days=2))
    clock.jump_to(START + timedelta(days=1))
    assert clock() == START + timedelta(days=2)


def test_after_the_story_it_runs_on() -> None:
    clock = StoryClock(START)
    clock.run_on()
    time.sleep(0.02)
    assert timedelta(0) < clock() - START < timedelta(minutes=1)
