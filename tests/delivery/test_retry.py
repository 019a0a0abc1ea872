"""When a mail is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mailflow.delivery.retry import RetryPolicy, next_try

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def tries(jitter: float, policy: RetryPolicy) -> list[timedelta]:
    """When tries happen after the first, when each fails at once."""
    now = START
    found: list[timedelta] = []
    for attempts in range(1, 1000):
        following = next_try(attempts, now, START, jitter, policy)
        if following is None:
            return found
        found.append(following - START)
        now = following
    raise AssertionError("it never gave up")


def test_tries_come_after_1_5_15_30_and_60_minutes_and_then_hourly() -> None:
    assert [found.total_seconds() / 60 for found in tries(0.0, RetryPolicy())[:8]] == [1, 5, 15, 30, 60, 120, 180, 240]


def test_tries_end_after_five_days() -> None:
    assert tries(0.0, RetryPolicy())[-1] == timedelta(days=5)


@given(st.floats(0, 1, exclude_max=True))
def test_jitter_only_delays_so_that_a_greylist_of_a_quarter_hour_has_passed_at_the_third_try(jitter: float) -> None:
    third = tries(jitter, RetryPolicy())[2]
    assert timedelta(minutes=15) <= third <= timedelta(minutes=16.5)


def test_a_policy_of_its_own_is_kept() -> None:
    policy = RetryPolicy(steps=(timedelta(minutes=2),), interval=timedelta(minutes=10), give_up_after=timedelta(minutes=30), spread=0)
    assert [found.total_seconds() / 60 for found in tries(0.9, policy)] == [2, 12, 22]


def test_an_absent_relay_is_asked_for_every_five_minutes_until_the_end() -> None:
    late = START + timedelta(hours=30)
    assert next_try(20, late, START, 0.0, relay_down=True) == late + timedelta(minutes=5)
    assert next_try(1, START, START, 0.0, relay_down=True) == START + timedelta(minutes=1)
    assert next_try(200, START + timedelta(days=5), START, 0.0, relay_down=True) is None
