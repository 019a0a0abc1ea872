"""Return dates counted by hand over the calendars of Poland, Romania and China with its make-up working days (RM8, RM9, T1, T2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from mailflow.cases.rma.clock import obligation_from, run_return_clock
from mailflow.cases.rma.units import deliver, steps_of
from mailflow.policy.decision import SetDeadline
from mailflow.policy.term import Term, Unit
from tests.cases.rma.returns import DESK, PART, case, facts

ZONES = {"PL": "Europe/Warsaw", "RO": "Europe/Bucharest", "CN": "Asia/Shanghai"}


def clock(country: str, delivered: date, term: Term | None = None) -> tuple[date | None, list[tuple[str, str, date]], set[str]]:
    """The day that is due, (kind, key, local day) of what follows, all of it at 09:00 local time; and the names of the steps."""
    zone = ZoneInfo(ZONES[country])
    known = facts(country, ZONES[country])
    desk = replace(DESK, returns=replace(DESK.returns, return_term=term)) if term else DESK
    noon = datetime(delivered.year, delivered.month, delivered.day, 12, tzinfo=zone)
    subject = case()
    units = deliver(subject.details.units, {PART: 2}, obligation_from(delivered, known, desk))
    started = replace(subject, details=replace(subject.details, units=units))
    effects = run_return_clock(started, known, desk, noon)
    moments = [(one.kind, one.key, one.at.astimezone(zone)) for one in effects if isinstance(one, SetDeadline)]
    assert {at.strftime("%H:%M") for _, _, at in moments} == {"09:00"}
    days = [(kind, key[11:], at.date()) for kind, key, at in moments]
    (row,) = started.details.by_day
    return row.due, days, {step.name for step in steps_of(row.units)}


@pytest.mark.parametrize(
    ("country", "delivered", "due"),
    [
        # 9 10 11 | 14-18 | 21 22 23 (24 and 25 December) | 28 29 30 31
        ("PL", date(2026, 12, 8), date(2026, 12, 31)),
        # 27-30 April (Sat 1 May, Mon 3 May) | 4-7 | 10-14 | 17 18
        ("PL", date(2027, 4, 26), date(2027, 5, 18)),
        # 26 27 (Mon 30 November Saint Andrew, Tue 1 December National Day) | 2-4 | 7-11 | 14-18
        ("RO", date(2026, 11, 25), date(2026, 12, 18)),
        # 14-16 | 19-23 | 26-29 (Fri 30 April Good Friday, Mon 3 May Easter Monday) | 4 5 6 May
        ("RO", date(2027, 4, 13), date(2027, 5, 6)),
        # 13, Saturday 14 worked (15 to 23 February Spring Festival) | 24-27, Saturday 28 worked | 2-6 | 9 10 11 March
        ("CN", date(2026, 2, 12), date(2026, 3, 11)),
        # 18, Sunday 20 worked | 21-24 (25 Mid-Autumn) | 28-30 (1 to 7 October National Day) | 8 9, Saturday 10 worked | 12 13 14 October
        ("CN", date(2026, 9, 17), date(2026, 10, 14)),
    ],
)
def test_fifteen_business_days(country: str, delivered: date, due: date) -> None:
    """RM8, T1"""
    assert clock(country, delivered)[0] == due


def test_reminders_and_the_final_notice_keep_to_chinas_working_days() -> None:
    """RM9, T2. Due on Wed 11 March 2026: five business days before are 10, 9, 6, 5, 4; two are 10, 9; the final notice on Thu 12."""
    _, days, steps = clock("CN", date(2026, 2, 12))
    assert days == [
        ("reminder", "5", date(2026, 3, 4)),
        ("reminder", "2", date(2026, 3, 9)),
        ("reminder", "0", date(2026, 3, 11)),
        ("final_notice", "", date(2026, 3, 12)),
    ]
    assert {"holiday", "working_weekend_day"} <= steps


def test_a_reminder_may_fall_on_a_worked_saturday() -> None:
    """T1. Delivered Wed 4 February 2026: 5 6 | 9-13, Sat 14 | 24-27, Sat 28 | 2 3 March = Tue 3 March. Two business days before it:
    Mon 2 March and Sat 28 February; five: 27, 26, 25 besides."""
    due, days, _ = clock("CN", date(2026, 2, 4))
    assert due == date(2026, 3, 3)
    assert days[:2] == [("reminder", "5", date(2026, 2, 25)), ("reminder", "2", date(2026, 2, 28))]


def test_calendar_days_do_not_shift_for_holidays_but_the_final_notice_waits_for_a_business_day() -> None:
    """RM8 (HEZO), T1, T2. Delivered Fri 18 December 2026, seven days: Fri 25, a holiday; the final notice on Mon 28.

    Two business days before the 25th are the 23rd and the 22nd; five would be the 17th, before the delivery was known.
    """
    due, days, _ = clock("PL", date(2026, 12, 18), Term(7, Unit.DAYS))
    assert due == date(2026, 12, 25)
    assert days == [
        ("reminder", "2", date(2026, 12, 22)),
        ("reminder", "0", date(2026, 12, 25)),
        ("final_notice", "", date(2026, 12, 28)),
    ]
