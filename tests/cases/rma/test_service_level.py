"""The computed service level on the verification notice, for every level and priority (EN6, RM2, BX2).

Romania, 2026: Monday, 30 November, and Tuesday, 1 December, are holidays; the clocks go back on Sunday, 25 October, at 04:00.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from mailflow.cases import decide
from mailflow.message.staff.command import parse_commands
from mailflow.policy.event import CommandGiven
from tests.cases.rma.returns import DESK, facts, letter
from tests.cases.rma.test_opening import CONTRACT, REQUEST

BUCHAREST = ZoneInfo("Europe/Bucharest")
MONDAY_IN_TIME = datetime(2026, 11, 23, 14, 59, tzinfo=BUCHAREST)
MONDAY_ON_THE_HOUR = datetime(2026, 11, 23, 15, 0, tzinfo=BUCHAREST)
MONDAY_LATE = datetime(2026, 11, 23, 15, 1, tzinfo=BUCHAREST)
FRIDAY_BEFORE_HOLIDAYS = datetime(2026, 11, 27, 14, 59, tzinfo=BUCHAREST)
FRIDAY_LATE = datetime(2026, 11, 27, 15, 1, tzinfo=BUCHAREST)
ORDINARY_FRIDAY_LATE = datetime(2026, 11, 13, 16, 0, tzinfo=BUCHAREST)
HOLIDAY = datetime(2026, 12, 1, 10, 0, tzinfo=BUCHAREST)
NIGHT_OF_THE_CLOCKS = datetime(2026, 10, 25, 2, 30, tzinfo=BUCHAREST)

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)
BY_DAY = [
    # level, confirmed, day
    ("9x5xNBD-S", MONDAY_LATE, TUESDAY),
    ("9x5xNBD", MONDAY_IN_TIME, TUESDAY),
    ("9x5xNBD", MONDAY_ON_THE_HOUR, WEDNESDAY),
    ("9x5xNBD", MONDAY_LATE, WEDNESDAY),
    ("8x5xNBD", MONDAY_IN_TIME, TUESDAY),
    ("8x5xNBD", MONDAY_ON_THE_HOUR, TUESDAY),
    ("8x5xNBD", MONDAY_LATE, WEDNESDAY),
    ("24x7xNBD", MONDAY_IN_TIME, TUESDAY),
    ("24x7xNBD", MONDAY_LATE, TUESDAY),
    # After Friday come the weekend, Saint Andrew's Day and the National Day: Wed 2 Dec, or one business day later Thu 3 Dec.
    ("9x5xNBD-S", FRIDAY_LATE, date(2026, 12, 2)),
    ("9x5xNBD", FRIDAY_BEFORE_HOLIDAYS, date(2026, 12, 2)),
    ("9x5xNBD", FRIDAY_LATE, date(2026, 12, 3)),
    ("8x5xNBD", FRIDAY_LATE, date(2026, 12, 3)),
    ("24x7xNBD", FRIDAY_LATE, date(2026, 12, 2)),
    # An ordinary weekend: Mon 16, and past the cut-off Tue 17 Nov.
    ("9x5xNBD", ORDINARY_FRIDAY_LATE, date(2026, 11, 17)),
    ("24x7xNBD", ORDINARY_FRIDAY_LATE, date(2026, 11, 16)),
    # On a holiday, in the morning.
    ("9x5xNBD", HOLIDAY, date(2026, 12, 2)),
]


def promised(level: str, priority: str, confirmed: datetime) -> tuple[datetime | date | None, tuple[str, ...]]:
    """The moment or day on the notice, and the names of the steps to it."""
    event = CommandGiven(command=parse_commands("/rma advance 1 x 03057BGH").commands[0], by="ccr@tac.example", roles=(), at=confirmed)
    request = replace(REQUEST, priority=priority, country="RO", timezone="Europe/Bucharest")
    known = facts(
        "RO",
        "Europe/Bucharest",
        parent=request,
        contract=replace(CONTRACT, service_level=level),
        new_numbers={"rma": "RMA-1"},
    )
    values = letter(decide("rma", None, event, known, DESK, confirmed), "rma/customer_request_verification").values
    assert (values["sla_moment"] is None) != (values["sla_day"] is None)
    return values["sla_moment"] or values["sla_day"], tuple(step.name for step in values["sla_steps"])


@pytest.mark.parametrize("onsite", ["", "-onsite"])
@pytest.mark.parametrize("priority", ["P1", "P2", "P3", "P4"])
@pytest.mark.parametrize(("level", "confirmed", "day"), BY_DAY)
def test_levels_of_days(level: str, confirmed: datetime, day: date, priority: str, onsite: str) -> None:
    """EN6: the priority plays no part in these."""
    due, steps = promised(level + onsite, priority, confirmed)
    assert due == day
    assert steps[-1] == ("onsite_engineer" if onsite else "shipped_on" if level.endswith("-S") else "delivered_on")


@pytest.mark.parametrize("onsite", ["", "-onsite"])
@pytest.mark.parametrize("confirmed", [MONDAY_IN_TIME, MONDAY_LATE, FRIDAY_LATE, HOLIDAY])
@pytest.mark.parametrize("priority", ["P1", "P2"])
def test_four_hours_for_what_is_urgent(priority: str, confirmed: datetime, onsite: str) -> None:
    """EN6"""
    due, _ = promised("24x7x4" + onsite, priority, confirmed)
    assert isinstance(due, datetime)
    assert (due - confirmed).total_seconds() == 4 * 3600


@pytest.mark.parametrize("onsite", ["", "-onsite"])
@pytest.mark.parametrize(
    ("confirmed", "day"), [(MONDAY_IN_TIME, TUESDAY), (MONDAY_ON_THE_HOUR, WEDNESDAY), (FRIDAY_LATE, date(2026, 12, 3))]
)
@pytest.mark.parametrize("priority", ["P3", "P4"])
def test_the_next_business_day_for_what_is_not(priority: str, confirmed: datetime, day: date, onsite: str) -> None:
    """EN6: as 9x5xNBD."""
    due, steps = promised("24x7x4" + onsite, priority, confirmed)
    assert due == day
    assert "level_by_priority" in steps


@pytest.mark.parametrize("onsite", ["", "-onsite"])
@pytest.mark.parametrize("priority", ["P1", "P2", "P3", "P4"])
def test_eight_hours_from_approval(priority: str, onsite: str) -> None:
    """EN6: Fri 15:01 and eight hours, around the clock."""
    assert promised("8x5x8" + onsite, priority, FRIDAY_LATE)[0] == datetime(2026, 11, 27, 21, 1, tzinfo=UTC)


def test_hours_are_hours_in_the_night_in_which_the_clocks_change() -> None:
    """T4: 02:30 summer time is 23:30 UTC; four hours later it is 03:30 UTC, which is 05:30 winter time on the wall, not 06:30."""
    due, _ = promised("24x7x4", "P1", NIGHT_OF_THE_CLOCKS)
    assert isinstance(due, datetime)
    assert due == datetime(2026, 10, 25, 3, 30, tzinfo=UTC)
    assert due.astimezone(BUCHAREST).strftime("%H:%M") == "05:30"
