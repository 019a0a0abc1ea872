"""Response terms (SR4) and replacement levels (EN6), against moments counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from mailflow.policy.calendar import BusinessCalendar
from mailflow.policy.derivation import Step
from mailflow.policy.desk import CalendarPolicy, RequestPolicy
from mailflow.policy.notation import parse_service_level
from mailflow.policy.sla import (
    replacement_commitment,
    response_due,
    response_warnings,
)
from mailflow.policy.term import Term, Unit

BUCHAREST, WARSAW = ZoneInfo("Europe/Bucharest"), ZoneInfo("Europe/Warsaw")
TAC = BusinessCalendar(CalendarPolicy(country="RO", timezone="Europe/Bucharest", windows={day: ((time(9), time(18)),) for day in range(5)}))
COCARE = BusinessCalendar(CalendarPolicy(country="PL", timezone="Europe/Warsaw", windows={day: ((time(9), time(17)),) for day in range(5)}))
TAC_TERMS = RequestPolicy(
    response={
        "P1": Term(30, Unit.MINUTES),
        "P2": Term(60, Unit.MINUTES),
        "P3": Term(2, Unit.HOURS),
        "P4": Term(1, Unit.BUSINESS_DAYS),
    }
)
COCARE_TERMS = RequestPolicy(response={f"P{n}": Term(1, Unit.SERVICE_HOURS) for n in range(1, 5)}, response_from="arrival")


def bucharest(month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=BUCHAREST)


@pytest.mark.parametrize(
    ("priority", "since", "due"),
    [
        ("P1", bucharest(11, 28, 23, 50), bucharest(11, 29, 0, 20)),  # a Saturday night: around the clock
        ("P2", bucharest(11, 28, 23, 50), bucharest(11, 29, 0, 50)),
        ("P3", bucharest(11, 28, 23, 50), bucharest(11, 29, 1, 50)),
        ("P4", bucharest(11, 25, 10), bucharest(11, 26, 18)),
        ("P4", bucharest(11, 27, 10), bucharest(12, 2, 18)),  # a Friday, then the holidays of 30 November and 1 December
        ("P4", bucharest(12, 24, 17), bucharest(12, 28, 18)),  # Christmas Eve, a Thursday: Friday 25 is a holiday, then the weekend
        # Sunday 25 October: at 04:00 summer time (01:00 UTC) it is 03:00 again, so the wall shows an hour less than has passed
        ("P1", datetime(2026, 10, 25, 0, 45, tzinfo=UTC), datetime(2026, 10, 25, 1, 15, tzinfo=UTC)),
        ("P3", datetime(2026, 10, 24, 23, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ("P4", bucharest(10, 24, 12), bucharest(10, 26, 18)),  # over that night: a Saturday, answered by Monday evening
        ("P2", datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # clocks go forward at 01:00 UTC
    ],
)
def test_the_response_is_due_after_the_term_of_its_priority(priority: str, since: datetime, due: datetime) -> None:
    """SR4."""
    assert response_due(priority, since, TAC, TAC_TERMS).at == due


def test_the_response_of_a_cocare_desk_is_due_after_a_service_hour() -> None:
    """SR4 (HEZO), with the derivation that the customer is shown (BX2)."""
    since = datetime(2026, 11, 10, 16, 30, tzinfo=WARSAW)
    derived = response_due("P1", since, COCARE, COCARE_TERMS)
    due = datetime(2026, 11, 12, 8, 30, tzinfo=UTC)
    assert derived.at == due
    assert derived.steps == (
        Step("response_clock", {"at": since.astimezone(UTC), "timezone": "Europe/Warsaw", "from": "arrival", "priority": "P1"}),
        Step("response_term", {"amount": 1, "unit": "service hours", "priority": "P1"}),
        Step("holiday", {"day": date(2026, 11, 11), "holiday": "National Independence Day", "country": "PL"}),
        Step("response_due", {"at": due, "timezone": "Europe/Warsaw"}),
    )


def test_the_derivation_says_when_service_opens() -> None:
    """SR1, BX2."""
    steps = response_due("P1", datetime(2026, 11, 20, 19, tzinfo=WARSAW), COCARE, COCARE_TERMS).steps
    assert steps[2] == Step("outside_service_hours", {"at": datetime(2026, 11, 23, 8, tzinfo=UTC), "timezone": "Europe/Warsaw"})


def test_warnings_fall_at_their_share_of_the_time() -> None:
    """SR4: of 30 minutes from 10:00, 50 % is 10:15 and 80 % is 10:24."""
    assert response_warnings("P1", bucharest(11, 25, 10), TAC, TAC_TERMS) == (
        (50, bucharest(11, 25, 10, 15)),
        (80, bucharest(11, 25, 10, 24)),
    )
    early = replace(TAC_TERMS, warning_percents=(25,))
    assert response_warnings("P3", bucharest(11, 25, 10), TAC, early) == ((25, bucharest(11, 25, 10, 30)),)


def test_warnings_of_service_hours_do_not_fall_into_the_weekend() -> None:
    """SR4, T4: from Friday 16:50, 10 of the 60 minutes are used up at closing; 50 % is Monday 09:20, 80 % is 09:38."""
    since = datetime(2026, 11, 20, 16, 50, tzinfo=WARSAW)
    monday = [datetime(2026, 11, 23, 9, minute, tzinfo=WARSAW) for minute in (20, 38)]
    assert response_warnings("P3", since, COCARE, COCARE_TERMS) == ((50, monday[0]), (80, monday[1]))


WEDNESDAY = (11, 25)
DAYS = [
    ("9x5xNBD", "P3", bucharest(*WEDNESDAY, 14, 59, 59), date(2026, 11, 26)),
    ("9x5xNBD", "P3", bucharest(*WEDNESDAY, 14, 59), date(2026, 11, 26)),
    ("9x5xNBD", "P3", bucharest(*WEDNESDAY, 15), date(2026, 11, 27)),
    ("9x5xNBD", "P3", bucharest(*WEDNESDAY, 15, 1), date(2026, 11, 27)),
    ("8x5xNBD", "P3", bucharest(*WEDNESDAY, 14, 59), date(2026, 11, 26)),
    ("8x5xNBD", "P3", bucharest(*WEDNESDAY, 15, 1), date(2026, 11, 27)),
    ("8x5xNBD", "P3", bucharest(*WEDNESDAY, 15), date(2026, 11, 26)),
    ("8x5xNBD", "P3", bucharest(*WEDNESDAY, 15, 0, 1), date(2026, 11, 27)),
    ("24x7xNBD", "P3", bucharest(*WEDNESDAY, 23, 59), date(2026, 11, 26)),
    ("9x5xNBD-S", "P3", bucharest(*WEDNESDAY, 23, 59), date(2026, 11, 26)),
    ("24x7x4", "P3", bucharest(*WEDNESDAY, 14), date(2026, 11, 26)),
    ("24x7x4", "P4", bucharest(*WEDNESDAY, 16), date(2026, 11, 27)),
    ("24x7x4", "", bucharest(*WEDNESDAY, 16), date(2026, 11, 27)),
    # Friday 27 November 16:00: Monday and Tuesday are holidays, so Wednesday 2 December, and one business day later
    ("9x5xNBD", "P3", bucharest(11, 27, 16), date(2026, 12, 3)),
    # Friday 23 October, before the night when clocks go back: on the wall 14:59 is before the cut-off and 15:00 is not
    ("9x5xNBD", "P3", bucharest(10, 23, 14, 59), date(2026, 10, 26)),
    ("9x5xNBD", "P3", bucharest(10, 26, 14, 59), date(2026, 10, 27)),
    ("9x5xNBD", "P3", bucharest(10, 26, 15), date(2026, 10, 28)),
    # New Year's Eve, a Thursday: 1 and 2 January are holidays, Monday 4 is not
    ("24x7xNBD", "P3", bucharest(12, 31, 10), date(2027, 1, 4)),
    # Saturday: the next business day is Wednesday 2 December; after the cut-off one later
    ("9x5xNBD", "P3", bucharest(11, 28, 10), date(2026, 12, 2)),
    ("9x5xNBD", "P3", bucharest(11, 28, 16), date(2026, 12, 3)),
    ("24x7xNBD", "P3", bucharest(11, 28, 16), date(2026, 12, 2)),
]


@pytest.mark.parametrize(("level", "priority", "confirmed", "day"), DAYS)
def test_a_replacement_of_a_next_business_day_level_has_its_day(level: str, priority: str, confirmed: datetime, day: date) -> None:
    """EN6."""
    commitment = replacement_commitment(level, priority, confirmed, TAC)
    assert (commitment.day, commitment.moment, commitment.shipped) == (day, None, level == "9x5xNBD-S")


def warsaw(month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=WARSAW)


@pytest.mark.parametrize("onsite", ["", "-onsite"])
@pytest.mark.parametrize(
    ("level", "confirmed", "day"),
    [
        # Tuesday 10 November 2026: Wednesday the 11th is Independence Day, so Thursday; past the cut-off Friday
        ("8x5xNBD", warsaw(11, 10, 14, 59, 59), date(2026, 11, 12)),
        ("8x5xNBD", warsaw(11, 10, 15), date(2026, 11, 12)),
        ("8x5xNBD", warsaw(11, 10, 15, 0, 1), date(2026, 11, 13)),
        # At 18:00 the window is closed: it counts from Thursday 09:00, so Friday
        ("8x5xNBD", warsaw(11, 10, 18), date(2026, 11, 13)),
        # At 07:00 of a Friday it counts from 09:00 of that day: Monday
        ("8x5xNBD", warsaw(11, 13, 7), date(2026, 11, 16)),
        # Saturday 14 November: it counts from Monday 09:00, so Tuesday; around the clock Monday
        ("8x5xNBD", warsaw(11, 14, 10), date(2026, 11, 17)),
        ("24x7xNBD", warsaw(11, 14, 10), date(2026, 11, 16)),
        ("24x7xNBD", warsaw(11, 10, 23, 59, 59), date(2026, 11, 12)),
        ("24x7xNBD", warsaw(11, 11, 0, 30), date(2026, 11, 12)),
    ],
)
def test_ahb_and_sos_arrive_on_the_next_business_day_of_their_window(level: str, confirmed: datetime, day: date, onsite: str) -> None:
    """EN6, DK1: 8x5 is 9:00 to 17:00 on business days, 24x7 has no cut-off."""
    commitment = replacement_commitment(level + onsite, "P1", confirmed, COCARE)
    assert (commitment.day, commitment.moment, commitment.onsite) == (day, None, bool(onsite))


@pytest.mark.parametrize(
    ("confirmed", "moment"),
    [
        (warsaw(11, 13, 10), warsaw(11, 13, 18)),
        (warsaw(11, 13, 16, 59), warsaw(11, 14, 0, 59)),  # eight hours, also over midnight
        (warsaw(11, 13, 17), warsaw(11, 16, 17)),  # a Friday when the window has just closed: from Monday 09:00
        (warsaw(11, 11, 12), warsaw(11, 12, 17)),  # Independence Day: from Thursday 09:00
    ],
)
def test_8x5x8_arrives_eight_hours_after_an_approval_within_the_window(confirmed: datetime, moment: datetime) -> None:
    """EN6, DK1."""
    assert replacement_commitment("8x5x8", "P4", confirmed, COCARE).moment == moment


def test_the_derivation_says_that_the_window_was_closed() -> None:
    """BX2: confirmed on Saturday 14 November, so the clock starts on Monday at 09:00."""
    confirmed = warsaw(11, 14, 10)
    assert replacement_commitment("8x5xNBD", "P3", confirmed, COCARE).steps == (
        Step("service_level", {"level": "8x5xNBD"}),
        Step("confirmed", {"at": confirmed.astimezone(UTC), "timezone": "Europe/Warsaw"}),
        Step("outside_service_hours", {"at": datetime(2026, 11, 16, 8, tzinfo=UTC), "timezone": "Europe/Warsaw"}),
        Step("by_cutoff", {"cutoff": "15:00"}),
        Step("delivered_on", {"day": date(2026, 11, 17)}),
    )


@pytest.mark.parametrize(
    ("since", "due"),
    [
        (warsaw(11, 20, 17, 30), warsaw(11, 23, 10)),  # a Friday evening: Monday 09:00 and an hour
        (warsaw(11, 20, 16, 30), warsaw(11, 23, 9, 30)),
        (warsaw(11, 20, 8), warsaw(11, 20, 10)),
        (warsaw(11, 20, 16), warsaw(11, 20, 17)),
        (warsaw(12, 23, 16, 45), warsaw(12, 28, 9, 45)),  # Christmas Eve is a holiday, then Christmas and the weekend
    ],
)
@pytest.mark.parametrize("priority", ["P1", "P2", "P3", "P4"])
def test_a_cocare_engineer_answers_within_one_service_hour_of_every_priority(priority: str, since: datetime, due: datetime) -> None:
    """SR4 (HEZO), T4."""
    assert response_due(priority, since, COCARE, COCARE_TERMS).at == due


@pytest.mark.parametrize(
    ("level", "priority", "confirmed", "moment"),
    [
        ("24x7x4", "P1", bucharest(11, 28, 22), bucharest(11, 29, 2)),
        ("24x7x4", "P2", bucharest(*WEDNESDAY, 14), bucharest(*WEDNESDAY, 18)),
        ("8x5x8", "P4", bucharest(*WEDNESDAY, 14), bucharest(*WEDNESDAY, 22)),
        ("24x7x4", "P1", datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC)),  # clocks go back at 01:00 UTC
    ],
)
def test_a_replacement_of_an_hours_level_has_its_moment(level: str, priority: str, confirmed: datetime, moment: datetime) -> None:
    """EN6."""
    commitment = replacement_commitment(level, priority, confirmed, TAC)
    assert (commitment.moment, commitment.day, commitment.shipped) == (moment, None, False)


def test_the_derivation_names_cut_off_and_holiday() -> None:
    """BX2: confirmed on Thursday 30 April 2026 at 16:10, Friday 1 May is a holiday, so Tuesday 5 May."""
    confirmed = bucharest(4, 30, 16, 10)
    commitment = replacement_commitment("9x5xNBD", "P3", confirmed, TAC)
    assert commitment.day == date(2026, 5, 5)
    assert commitment.steps == (
        Step("service_level", {"level": "9x5xNBD"}),
        Step("confirmed", {"at": confirmed.astimezone(UTC), "timezone": "Europe/Bucharest"}),
        Step("after_cutoff", {"cutoff": "15:00"}),
        Step("holiday", {"day": date(2026, 5, 1), "holiday": "Labor Day", "country": "RO"}),
        Step("delivered_on", {"day": date(2026, 5, 5)}),
    )


def test_an_engineer_comes_with_an_onsite_level() -> None:
    """EN6, RM12."""
    commitment = replacement_commitment("24x7x4-onsite", "P3", bucharest(*WEDNESDAY, 10), TAC)
    assert (commitment.onsite, [step.name for step in commitment.steps]) == (
        True,
        ["service_level", "confirmed", "level_by_priority", "before_cutoff", "delivered_on", "onsite_engineer"],
    )


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("9x5xNBD-S", "9x5xNBD-S"),
        ("9 x 5 x nbd", "9x5xNBD"),
        ("24×7×4-Onsite", "24x7x4-onsite"),
        ("9x5xNBD-S-onsite", "9x5xNBD-S-onsite"),
    ],
)
def test_service_levels_are_read_as_people_write_them(text: str, level: str) -> None:
    """EN6."""
    assert parse_service_level(text) == level


@pytest.mark.parametrize("text", ["", "gold", "9x5", "-onsite"])
def test_an_unknown_service_level_is_refused(text: str) -> None:
    """EN6."""
    with pytest.raises(ValueError, match="no service level"):
        parse_service_level(text)
