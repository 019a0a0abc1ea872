"""The terms of a certification (DK2): how long a certificate holds and when its clocks ring, with the steps to each day (BX2).

A term starts on the day after its event (T1), so one calendar year from 20 November 2026 ends with 20 November 2027; where the
last month has no such day, with the month's last day. The Civil Code of China counts alike (articles 201 and 202).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from mailflow.policy.calendar import BusinessCalendar
from mailflow.policy.certification import Vacancy
from mailflow.policy.decision import ClearDeadline, Effect, SetDeadline
from mailflow.policy.derivation import Derivation, DerivedDay, Step
from mailflow.policy.desk import CertificationPolicy
from mailflow.policy.term import Term

DECISION_DUE = "decision_due"
DECISION_OVERDUE = "decision_overdue"
REMINDER = "recertification_reminder"
EXPIRED = "expired"
VACANCY_REMINDER = "vacancy_reminder"

DECISION_CLOCK = (DECISION_DUE, DECISION_OVERDUE)
VALIDITY_CLOCK = (REMINDER, EXPIRED, VACANCY_REMINDER)


def add_months(day: date, months: int) -> date:
    """The corresponding day so many months later, at most the month's last day."""
    return day + relativedelta(months=months)


def end_of_months(start: date, months: int) -> DerivedDay:
    """The last day of a term of months that starts on the day after `start`."""
    years, rest = divmod(months, 12)
    length = Step("term_months", {"amount": rest}) if rest else Step("term_years", {"amount": years})
    if rest and years:
        length = Step("term_months", {"amount": months})
    end = add_months(start, months)
    return DerivedDay(end, (Step("counted_from", {"day": start}), length, Step("term_ends", {"day": end})))


def end_of_validity(issued_on: date, policy: CertificationPolicy) -> DerivedDay:
    """The last day on which a certificate of that day holds."""
    return end_of_months(issued_on, 12 * policy.years_valid)


def decision_clock(due: DerivedDay, calendar: BusinessCalendar, policy: CertificationPolicy, now: datetime) -> tuple[Effect, ...]:
    """The reviewer is reminded on the working day before the last day and on it, at 09:00; on the working day after it the manager too."""
    moments = _moments_before(due.day, policy.decision_warnings, calendar, now)
    return (
        *(SetDeadline(kind=DECISION_DUE, key=key, at=at, steps=due.steps) for key, at in moments),
        SetDeadline(kind=DECISION_OVERDUE, at=calendar.dated_moment(calendar.next_business_day(due.day)), steps=due.steps),
    )


def validity_clock(
    valid_through: date, steps: Derivation, calendar: BusinessCalendar, policy: CertificationPolicy, now: datetime
) -> tuple[Effect, ...]:
    """Reminders before the last valid day, and the notice that it has passed on the first day after (T2)."""
    reminders = _moments_before(valid_through, policy.reminders, calendar, now)
    return (
        *(SetDeadline(kind=REMINDER, key=key, at=at, steps=steps) for key, at in reminders),
        SetDeadline(kind=EXPIRED, at=calendar.dated_moment(valid_through + timedelta(days=1)), steps=steps),
    )


def vacancy_clock(vacancy: Vacancy, calendar: BusinessCalendar, policy: CertificationPolicy, now: datetime) -> tuple[Effect, ...]:
    """Reminders until the place of an engineer who left is filled, the last one on the last day (DK2)."""
    steps = end_of_months(vacancy.left_on, policy.vacancy_months).steps
    moments = _moments_before(vacancy.fill_by, policy.vacancy_reminders, calendar, now)
    return tuple(SetDeadline(kind=VACANCY_REMINDER, key=f"{key} {vacancy.key}", at=at, steps=steps) for key, at in moments)


def stop_vacancy(vacancy: Vacancy, policy: CertificationPolicy) -> tuple[Effect, ...]:
    """The place is filled: its reminders are taken back."""
    return tuple(ClearDeadline(kind=VACANCY_REMINDER, key=f"{term.amount} {vacancy.key}") for term in policy.vacancy_reminders)


def stop(*kinds: str) -> tuple[Effect, ...]:
    """All deadlines of the kinds are taken back."""
    return tuple(ClearDeadline(kind=kind) for kind in kinds)


def _moments_before(last: date, terms: Iterable[Term], calendar: BusinessCalendar, now: datetime) -> tuple[tuple[str, datetime], ...]:
    """(amount of the term, moment) of each that still lies ahead: what is past when the day becomes known is skipped (T2)."""
    moments = ((str(term.amount), calendar.dated_moment(calendar.before(last, term))) for term in terms)
    return tuple((key, at) for key, at in moments if at > now)
