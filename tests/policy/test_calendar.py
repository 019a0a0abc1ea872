"""Business days and terms of days (T1, T2), against dates counted by hand on a wall calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.policy.calendar import BusinessCalendar, WrongUnit, calendar_for, holiday_name_in
from mailflow.policy.derivation import Step
from mailflow.policy.desk import CalendarPolicy
from mailflow.policy.term import Term, Unit

WEEK = {day: ((time(9), time(17)),) for day in range(5)}
ROMANIA = CalendarPolicy(country="RO", timezone="Europe/Bucharest", windows=WEEK)
POLAND = CalendarPolicy(country="PL", timezone="Europe/Warsaw", windows=WEEK)
CHINA = CalendarPolicy(country="CN", timezone="Asia/Shanghai", windows=WEEK)

# Counted day by day. RO rests on 30 November, 1 December 2026 and 1, 6, 7 January 2027, Good Friday 10 and Monday 13 April 2026;
# PL on 11 November, 24 and 25 December 2026, 1 and 6 January 2027; CN works on Saturday 14 and 28 February 2026 and rests
# from Monday 16 to Monday 23 February.
BUSINESS_TERMS = [
    (ROMANIA, date(2026, 11, 27), 15, date(2026, 12, 22)),
    (ROMANIA, date(2026, 12, 31), 5, date(2027, 1, 12)),
    (ROMANIA, date(2026, 4, 9), 1, date(2026, 4, 14)),
    (ROMANIA, date(2026, 11, 28), 1, date(2026, 12, 2)),
    (POLAND, date(2026, 12, 18), 15, date(2027, 1, 14)),
    (POLAND, date(2026, 12, 23), 1, date(2026, 12, 28)),
    (POLAND, date(2026, 11, 10), 1, date(2026, 11, 12)),
    (CHINA, date(2026, 2, 13), 1, date(2026, 2, 14)),
    (CHINA, date(2026, 2, 13), 3, date(2026, 2, 25)),
    (CHINA, date(2026, 2, 13), 6, date(2026, 2, 28)),
]


@pytest.mark.parametrize(("policy", "event", "amount", "end"), BUSINESS_TERMS)
def test_a_term_of_business_days_ends_on_the_day_counted_by_hand(policy: CalendarPolicy, event: date, amount: int, end: date) -> None:
    """T1."""
    assert BusinessCalendar(policy).end_of_term(event, Term(amount, Unit.BUSINESS_DAYS)).day == end


@pytest.mark.parametrize(
    ("event", "amount", "end"),
    [
        (date(2026, 11, 20), 30, date(2026, 12, 20)),  # a Sunday: calendar days do not shift
        (date(2026, 12, 18), 7, date(2026, 12, 25)),  # a holiday: neither
        (date(2028, 2, 28), 2, date(2028, 3, 1)),  # a leap year
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
    ],
)
def test_a_term_of_calendar_days_does_not_shift_for_holidays(event: date, amount: int, end: date) -> None:
    """T1."""
    assert BusinessCalendar(POLAND).end_of_term(event, Term(amount, Unit.DAYS)).day == end


def test_a_term_starts_on_the_day_after_its_event_in_the_customers_zone() -> None:
    """T1: 22:30 UTC on Friday 20 November is Saturday 21 November in Bucharest, so the 30th day is 21 December."""
    event = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    assert BusinessCalendar(ROMANIA).end_of_term(event, Term(30, Unit.DAYS)).day == date(2026, 12, 21)


def test_each_skipped_holiday_is_named_and_weekends_are_not() -> None:
    """BX2."""
    derived = BusinessCalendar(ROMANIA).end_of_term(date(2026, 11, 27), Term(3, Unit.BUSINESS_DAYS))
    assert derived.steps == (
        Step("counted_from", {"day": date(2026, 11, 27)}),
        Step("term_business_days", {"amount": 3, "country": "RO"}),
        Step("holiday", {"day": date(2026, 11, 30), "holiday": "Saint Andrew's Day", "country": "RO"}),
        Step("holiday", {"day": date(2026, 12, 1), "holiday": "National Day", "country": "RO"}),
        Step("term_ends", {"day": date(2026, 12, 4)}),
    )


def test_a_worked_saturday_is_named() -> None:
    """T1: make-up working Saturdays count."""
    derived = BusinessCalendar(CHINA).end_of_term(date(2026, 2, 27), Term(1, Unit.BUSINESS_DAYS))
    assert (derived.day, derived.steps[2]) == (date(2026, 2, 28), Step("working_weekend_day", {"day": date(2026, 2, 28)}))


def test_minutes_have_no_last_day() -> None:
    with pytest.raises(WrongUnit):
        BusinessCalendar(ROMANIA).end_of_term(date(2026, 11, 27), Term(30, Unit.MINUTES))
    with pytest.raises(WrongUnit):
        BusinessCalendar(ROMANIA).before(date(2026, 11, 27), Term(30, Unit.HOURS))


@pytest.mark.parametrize(
    ("amount", "unit", "day"),
    [
        (5, Unit.BUSINESS_DAYS, date(2026, 12, 15)),
        (2, Unit.BUSINESS_DAYS, date(2026, 12, 18)),
        (0, Unit.BUSINESS_DAYS, date(2026, 12, 22)),
        (7, Unit.DAYS, date(2026, 12, 15)),
        (15, Unit.BUSINESS_DAYS, date(2026, 11, 27)),
    ],
)
def test_a_day_before_is_counted_backwards(amount: int, unit: Unit, day: date) -> None:
    """RM9: from Tuesday 22 December 2026 in Romania."""
    assert BusinessCalendar(ROMANIA).before(date(2026, 12, 22), Term(amount, unit)) == day


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        (date(2026, 10, 24), datetime(2026, 10, 24, 6, tzinfo=UTC)),  # the day before clocks go back
        (date(2026, 10, 25), datetime(2026, 10, 25, 7, tzinfo=UTC)),
        (date(2026, 3, 28), datetime(2026, 3, 28, 7, tzinfo=UTC)),  # the day before clocks go forward
        (date(2026, 3, 29), datetime(2026, 3, 29, 6, tzinfo=UTC)),
    ],
)
def test_dated_notices_leave_at_nine_on_the_customers_wall(day: date, moment: datetime) -> None:
    """T2."""
    assert BusinessCalendar(ROMANIA).dated_moment(day) == moment


def test_the_customers_country_and_zone_override_the_desks() -> None:
    """T1: 24 December 2026 is a holiday in Poland and none in Romania."""
    polish, own = calendar_for("PL", "Europe/Warsaw", ROMANIA), calendar_for("", "", ROMANIA)
    assert (polish.is_business_day(date(2026, 12, 24)), own.is_business_day(date(2026, 12, 24))) == (False, True)
    assert (polish.timezone, own.timezone) == ("Europe/Warsaw", "Europe/Bucharest")


def test_the_desks_own_days_hold_in_its_own_country_only() -> None:
    """T1."""
    desk = CalendarPolicy(
        country="RO",
        timezone="Europe/Bucharest",
        windows=WEEK,
        extra_holidays={date(2026, 12, 24): "Company day"},
        extra_working_days=(date(2026, 12, 5),),
    )
    own, german = calendar_for("RO", "", desk), calendar_for("DE", "", desk)
    assert (own.holiday_name(date(2026, 12, 24)), own.is_business_day(date(2026, 12, 5))) == ("Company day", True)
    assert (german.holiday_name(date(2026, 12, 24)), german.is_business_day(date(2026, 12, 5))) == ("", False)


def test_the_next_business_day_lies_strictly_after_and_a_business_day_may_be_kept() -> None:
    """T2: final notices wait for a business day."""
    calendar = BusinessCalendar(ROMANIA)
    assert calendar.next_business_day(date(2026, 12, 2)) == date(2026, 12, 3)
    assert calendar.business_day_from(date(2026, 12, 2)) == date(2026, 12, 2)
    assert calendar.business_day_from(date(2026, 11, 28)) == date(2026, 12, 2)


def test_countries_may_rest_on_other_days_than_saturday_and_sunday() -> None:
    """Israel rests on Friday and Saturday and works on Sunday."""
    calendar = calendar_for("IL", "Asia/Jerusalem", ROMANIA)
    assert [calendar.is_business_day(date(2026, 11, day)) for day in (19, 20, 21, 22)] == [True, False, False, True]


def test_a_holiday_may_be_observed_across_new_year() -> None:
    """1 January 2028 is a Saturday, so the United States rest on Friday 31 December 2027."""
    assert calendar_for("US", "America/New_York", ROMANIA).next_business_day(date(2027, 12, 30)) == date(2028, 1, 3)


def test_a_part_of_a_country_may_have_holidays_of_its_own() -> None:
    """6 January is a holiday in Bavaria, not in all of Germany."""
    bavaria, germany = (calendar_for(code, "Europe/Berlin", ROMANIA) for code in ("DE-BY", "DE"))
    assert (bavaria.is_business_day(date(2027, 1, 6)), germany.is_business_day(date(2027, 1, 6))) == (False, True)


def test_unknown_countries_and_zones_are_refused() -> None:
    for country in ("XX", "DE-XX"):
        with pytest.raises(ValueError, match="no holidays are known"):
            replace(ROMANIA, country=country)
    with pytest.raises(ValueError, match="is not a time zone"):
        replace(ROMANIA, timezone="Europe/Nowhere")


@pytest.mark.parametrize(
    ("country", "language", "name"),
    [("CN", "zh", "国庆节"), ("CN", "en", "National Day"), ("PL", "pl", "Narodowe Święto Niepodległości"), ("RO", "pl", "")],
)
def test_holidays_are_named_in_the_customers_language_where_the_table_has_it(country: str, language: str, name: str) -> None:
    day = {"CN": date(2026, 10, 1), "PL": date(2026, 11, 11), "RO": date(2026, 11, 11)}[country]
    assert holiday_name_in(country, day, language) == name


POLICIES = st.sampled_from([ROMANIA, POLAND, CHINA])
DAYS = st.dates(date(2025, 1, 1), date(2028, 12, 31))


@given(POLICIES, DAYS, st.integers(1, 60))
def test_as_many_business_days_are_passed_as_were_added(policy: CalendarPolicy, day: date, amount: int) -> None:
    """T1, both ways."""
    calendar = BusinessCalendar(policy)
    after, before = calendar.add_business_days(day, amount), calendar.add_business_days(day, -amount)
    passed = [date.fromordinal(n) for n in range(day.toordinal() + 1, after.toordinal() + 1)]
    ahead = [date.fromordinal(n) for n in range(before.toordinal(), day.toordinal())]
    assert sum(map(calendar.is_business_day, passed)) == amount == sum(map(calendar.is_business_day, ahead))
    assert calendar.is_business_day(after) and calendar.is_business_day(before)


@given(POLICIES, DAYS)
def test_a_dated_moment_shows_nine_o_clock_of_its_day(policy: CalendarPolicy, day: date) -> None:
    """T2."""
    moment = BusinessCalendar(policy).dated_moment(day)
    wall = moment.astimezone(ZoneInfo(policy.timezone))
    assert (moment.tzinfo, wall.date(), wall.time()) == (UTC, day, time(9))
