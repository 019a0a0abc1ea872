"""How long to stay away."""

from __future__ import annotations

from mailflow.intake.backoff import Backoff


def test_pauses_double_up_to_five_minutes() -> None:
    assert [Backoff().pause(failures, 0.5) for failures in (1, 2, 3, 9, 50)] == [1.5, 2.5, 4.5, 150.5, 150.5]


def test_no_pause_is_shorter_than_a_second() -> None:
    assert [Backoff().pause(failures, 0.0) for failures in (1, 5, 50)] == [1.0, 1.0, 1.0]


def test_a_third_refused_log_in_slows_down_to_a_quarter_of_an_hour() -> None:
    assert [Backoff().refused(refusals, 0.0) for refusals in (1, 2, 3, 4)] == [1.0, 1.0, 900.0, 900.0]


def test_ten_minutes_hold_at_most_twenty_tries_on_average() -> None:
    tries, clock = 0, 0.0
    while clock < 600:
        tries += 1
        clock += Backoff().pause(tries, 0.5)
    assert tries <= 20
