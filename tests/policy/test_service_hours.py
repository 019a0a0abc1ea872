"""Service hours (T4): by hand on the nights when clocks change, and against `workclock`, an independent implementation."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
import workclock
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mailflow.policy.calendar import BusinessCalendar, NoServiceHours, WrongUnit
from mailflow.policy.desk import CalendarPolicy
from mailflow.policy.term import Term, Unit

WARSAW = ZoneInfo("Europe/Warsaw")
OFFICE = {day: ((time(9), time(17)),) for day in range(5)}
POLAND = CalendarPolicy(country="PL", timezone="Europe/Warsaw", windows=OFFICE)
HOUR = Term(1, Unit.SERVICE_HOURS)


def warsaw(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=WARSAW)


@pytest.mark.parametrize(
    ("since", "due"),
    [
        (warsaw(20, 10), warsaw(20, 11)),
        (warsaw(20, 16), warsaw(20, 17)),  # the closing minute still counts
        (warsaw(20, 16, 30), warsaw(23, 9, 30)),  # over the weekend
        (warsaw(10, 16, 30), warsaw(12, 9, 30)),  # over Independence Day, Wednesday 11 November
        (warsaw(21, 12), warsaw(23, 10)),  # from a Saturday
        (warsaw(20, 7), warsaw(20, 10)),  # before opening
        (warsaw(23, 16, 15, month=10), warsaw(26, 9, 15, month=10)),  # over the night of 25 October when clocks go back
    ],
)
def test_a_service_hour_runs_in_the_windows_of_business_days_only(since: datetime, due: datetime) -> None:
    """T4, SR4 (HEZO)."""
    assert BusinessCalendar(POLAND).add_time(since, HOUR) == due


def test_minutes_and_hours_run_around_the_clock_on_the_night_of_the_change() -> None:
    """T2: 2 hours from 01:30 summer time on 25 October end at 02:30 winter time."""
    due = BusinessCalendar(POLAND).add_time(datetime(2026, 10, 24, 23, 30, tzinfo=UTC), Term(2, Unit.HOURS))
    assert (due, due.astimezone(WARSAW).strftime("%H:%M %Z")) == (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "02:30 CET")


def test_a_window_over_midnight_has_nine_hours_when_clocks_go_back() -> None:
    """T4: Saturday 24 October is worked from 22:00 to 06:00, in which 02:00 to 03:00 comes twice."""
    policy = CalendarPolicy(
        country="PL", timezone="Europe/Warsaw", windows={5: ((time(22), time(6)),)}, extra_working_days=(date(2026, 10, 24),)
    )
    since = warsaw(24, 22, month=10)
    assert BusinessCalendar(policy).add_time(since, Term(9, Unit.SERVICE_HOURS)) == warsaw(25, 6, month=10)


def test_a_window_from_midnight_to_midnight_is_the_whole_day() -> None:
    """T4: `00:00-24:00`; from Monday noon, 30 hours around the clock end on Tuesday at 18:00."""
    policy = CalendarPolicy(country="PL", timezone="Europe/Warsaw", windows={day: ((time(0), time(0)),) for day in range(5)})
    assert BusinessCalendar(policy).add_time(warsaw(23, 12), Term(30, Unit.SERVICE_HOURS)) == warsaw(24, 18)


def test_a_worked_saturday_has_the_hours_of_a_working_day() -> None:
    """T1, T4: Saturday 14 February 2026 is worked in China."""
    calendar = BusinessCalendar(CalendarPolicy(country="CN", timezone="Asia/Shanghai", windows=OFFICE))
    friday_evening = datetime(2026, 2, 13, 18, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert calendar.add_time(friday_evening, HOUR) == datetime(2026, 2, 14, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_service_starts_at_once_inside_a_window_and_else_with_the_next() -> None:
    """SR1: out of hours the customer is told when work starts."""
    calendar = BusinessCalendar(POLAND)
    assert calendar.next_window_start(warsaw(20, 12, 34)) == warsaw(20, 12, 34)
    assert calendar.next_window_start(warsaw(20, 17)) == warsaw(23, 9)


def test_the_end_of_a_day_is_its_last_window_or_eighteen_o_clock() -> None:
    split = CalendarPolicy(country="PL", timezone="Europe/Warsaw", windows={0: ((time(13), time(16)), (time(8), time(12)))})
    assert BusinessCalendar(split).end_of_service(date(2026, 11, 23)) == warsaw(23, 16)
    assert BusinessCalendar(split).end_of_service(date(2026, 11, 24)) == warsaw(24, 18)


def test_without_windows_there_is_no_service_hour() -> None:
    calendar = BusinessCalendar(CalendarPolicy(country="PL", timezone="Europe/Warsaw", windows={0: ()}))
    with pytest.raises(NoServiceHours):
        calendar.add_time(warsaw(20, 12), HOUR)


@pytest.mark.parametrize("unit", [Unit.DAYS, Unit.BUSINESS_DAYS])
def test_days_are_no_time_of_the_day(unit: Unit) -> None:
    with pytest.raises(WrongUnit):
        BusinessCalendar(POLAND).add_time(warsaw(20, 12), Term(1, unit))


def instant(day: date, at: time, zone: str) -> datetime:
    return BusinessCalendar(CalendarPolicy(country="PL", timezone=zone, windows=OFFICE)).instant(day, at)


def test_a_local_time_that_does_not_come_is_the_moment_of_the_change() -> None:
    """T4: clocks go from 02:00 to 03:00 on 29 March 2026 in Warsaw, by half an hour at 02:00 on 4 October on Lord Howe Island."""
    assert instant(date(2026, 3, 29), time(2, 30), "Europe/Warsaw") == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert instant(date(2026, 10, 4), time(2, 10), "Australia/Lord_Howe") == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)


def test_a_local_time_that_comes_twice_is_the_first_of_the_two() -> None:
    """T4: 02:30 on 25 October 2026 in Warsaw."""
    assert instant(date(2026, 10, 25), time(2, 30), "Europe/Warsaw") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


# Against workclock. Cairo changes its clocks on weekday nights (Friday 24 April 00:00, Thursday 29 October 2026 24:00), the others on
# Sundays. Windows that open or close inside the hour that comes twice or not at all are left out: there conventions differ.

ZONES = ("Europe/Bucharest", "Europe/Warsaw", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo")
MINUTE_OF_DAY = st.integers(0, 1439)


@st.composite
def windows(draw: st.DrawFn) -> dict[int, tuple[tuple[time, time], ...]]:
    """One or two windows for some weekdays, none over midnight."""
    week: dict[int, tuple[tuple[time, time], ...]] = {}
    for day in draw(st.sets(st.integers(0, 4), min_size=1)):
        bounds = sorted(draw(st.sets(MINUTE_OF_DAY, min_size=2, max_size=4)))
        times = [time(minute // 60, minute % 60) for minute in bounds[: len(bounds) // 2 * 2]]
        week[day] = tuple(zip(times[::2], times[1::2], strict=True))
    return week


@lru_cache
def weekday_holidays(country: str) -> tuple[date, ...]:
    """From 2025 to 2031, far beyond what the examples reach."""
    calendar = BusinessCalendar(CalendarPolicy(country=country, timezone="UTC", windows=OFFICE))
    days = (date(2025, 6, 1) + timedelta(days=n) for n in range(366 * 6))
    return tuple(day for day in days if calendar.holiday_name(day))


@settings(max_examples=200, deadline=None)
@given(
    week=windows(),
    country=st.sampled_from(["PL", "RO", "DE"]),
    zone=st.sampled_from(ZONES),
    since=st.integers(0, 515 * 24 * 60).map(lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)),
    share=st.integers(1, 600),
)
def test_service_time_agrees_with_workclock(
    week: dict[int, tuple[tuple[time, time], ...]], country: str, zone: str, since: datetime, share: int
) -> None:
    """T4."""
    assume(zone != "Africa/Cairo" or not any(t.hour in (0, 23) and t.minute for pairs in week.values() for pair in pairs for t in pair))
    calendar = BusinessCalendar(CalendarPolicy(country=country, timezone=zone, windows=week))
    days = [workclock.WorkDay(start, end, days=[day]) for day, pairs in week.items() for start, end in pairs]
    oracle = workclock.Schedule([*days, workclock.Holidays(weekday_holidays(country))], time_zone=zone)
    # up to six weeks' worth of the windows, so that neither side counts beyond the holidays known
    weekly = sum((end.hour - start.hour) * 60 + end.minute - start.minute for pairs in week.values() for start, end in pairs)
    minutes = max(1, weekly * share // 100)
    due = calendar.add_time(since, Term(minutes, Unit.SERVICE_MINUTES))
    assert due == oracle.add(since, minutes=minutes)
    assert calendar.service_between(since, due) == timedelta(minutes=minutes)
