"""The customer's calendar: business days, terms of days, service hours (rules T1, T2, T4). Pure arithmetic, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from mailflow.policy.derivation import Derivation, DerivedDay, Step
from mailflow.policy.desk import CalendarPolicy, Term, Unit
from mailflow.policy.holiday import HolidayTable, holiday_table
from mailflow.policy.local_time import instant_of

DATED_NOTICE_TIME = time(9)
"""Dated notices leave at this local time (T2)."""

CLOSING_TIME = time(18)
"""When a business day ends that has no service window."""

SEARCH_DAYS = 400
"""No service window within that many days means that there is none."""

LENGTHS = {
    Unit.MINUTES: timedelta(minutes=1),
    Unit.HOURS: timedelta(hours=1),
    Unit.SERVICE_MINUTES: timedelta(minutes=1),
    Unit.SERVICE_HOURS: timedelta(hours=1),
}
ELAPSED_UNITS = (Unit.MINUTES, Unit.HOURS)
SERVICE_UNITS = (Unit.SERVICE_MINUTES, Unit.SERVICE_HOURS)
DAY_UNITS = (Unit.DAYS, Unit.BUSINESS_DAYS)


class WrongUnit(ValueError):
    """A term was counted in a way that its unit does not allow, e.g. `30 minutes` as days."""


class NoServiceHours(ValueError):
    """Service hours were asked of a calendar that has none."""


class BusinessCalendar:
    """Business days and service hours of one country in one time zone.

    Days are plain dates of the customer's time zone, moments are aware; moments that come out are UTC.
    """

    __slots__ = ("_extra_working_days", "_holidays", "_zone", "policy")

    def __init__(self, policy: CalendarPolicy) -> None:
        """Raises UnknownCountry or zoneinfo.ZoneInfoNotFoundError."""
        self.policy = policy
        self._zone = ZoneInfo(policy.timezone)
        self._holidays: HolidayTable = holiday_table(policy.country)
        self._extra_working_days = frozenset(policy.extra_working_days)

    @property
    def country(self) -> str:
        return self.policy.country

    @property
    def timezone(self) -> str:
        return self.policy.timezone

    def local_day(self, at: datetime) -> date:
        """The day that it is for the customer at that moment."""
        return at.astimezone(self._zone).date()

    def local_time(self, at: datetime) -> time:
        """The time of day on the customer's wall at that moment."""
        return at.astimezone(self._zone).time()

    def instant(self, day: date, at: time) -> datetime:
        """The moment of a local time on a day. A time that a clock change leaves out is the moment of the change."""
        return instant_of(day, at, self._zone)

    def dated_moment(self, day: date) -> datetime:
        """When a dated notice of that day leaves: 09:00 local time (T2)."""
        return self.instant(day, DATED_NOTICE_TIME)

    # Business days

    def is_business_day(self, day: date) -> bool:
        """The desk's own days first, then the country's table; make-up working Saturdays count (T1)."""
        if day in self._extra_working_days:
            return True
        return day not in self.policy.extra_holidays and self._holidays.is_working_day(day)

    def holiday_name(self, day: date) -> str:
        """The English name of the holiday, '' where the day is none or is worked all the same."""
        if self.is_business_day(day):
            return ""
        return self.policy.extra_holidays.get(day) or self._holidays.name(day)

    def next_business_day(self, day: date) -> date:
        """The first business day strictly after the day."""
        return self.add_business_days(day, 1)

    def business_day_from(self, day: date) -> date:
        """The day itself where it is a business day, else the next one (T2: final notices wait for one)."""
        return day if self.is_business_day(day) else self.next_business_day(day)

    def add_business_days(self, day: date, amount: int) -> date:
        """The amount-th business day after (below 0: before) the day; 0 is the day itself, business day or not."""
        step = timedelta(days=1 if amount > 0 else -1)
        left = abs(amount)
        while left:
            day += step
            left -= self.is_business_day(day)
        return day

    def notable_days(self, after: date, through: date) -> Derivation:
        """What one would miscount between two days: holidays on weekdays, and worked days of a weekend (BX2)."""
        days = (after + timedelta(days=n) for n in range(1, (through - after).days + 1))
        return tuple(step for day in days for step in self._notable(day))

    def _notable(self, day: date) -> Derivation:
        weekend = self._holidays.is_weekend(day)
        if weekend and self.is_business_day(day):
            return (Step("working_weekend_day", {"day": day}),)
        if not weekend and not self.is_business_day(day):
            return (Step("holiday", {"day": day, "holiday": self.holiday_name(day), "country": self.country}),)
        return ()

    # Terms of days

    def end_of_term(self, event: datetime | date, term: Term) -> DerivedDay:
        """The last day of a term that starts on the day after its event (T1). Raises WrongUnit for minutes and hours."""
        start = self.local_day(event) if isinstance(event, datetime) else event
        if term.unit not in DAY_UNITS:
            raise WrongUnit(f"a term of {term.amount} {term.unit} has no last day")
        end = self._shift(start, term.amount, term.unit)
        business = term.unit is Unit.BUSINESS_DAYS
        steps = (
            Step("counted_from", {"day": start}),
            Step("term_business_days" if business else "term_days", {"amount": term.amount, "country": self.country}),
            *(self.notable_days(start, end) if business else ()),
            Step("term_ends", {"day": end}),
        )
        return DerivedDay(end, steps)

    def before(self, day: date, term: Term) -> date:
        """The day that lies a term of days before the day; of 0 days it is the day itself (RM9)."""
        return self._shift(day, -term.amount, term.unit)

    def _shift(self, day: date, amount: int, unit: Unit) -> date:
        if unit is Unit.BUSINESS_DAYS:
            return self.add_business_days(day, amount)
        if unit is Unit.DAYS:
            return day + timedelta(days=amount)
        raise WrongUnit(f"days cannot be counted in {unit}")

    # Clocks of minutes and hours

    def add_elapsed(self, at: datetime, term: Term) -> datetime:
        """The exact instant a term of minutes or hours later, around the clock (T2)."""
        if term.unit not in ELAPSED_UNITS:
            raise WrongUnit(f"{term.amount} {term.unit} do not run around the clock")
        return at.astimezone(UTC) + term.amount * LENGTHS[term.unit]

    def add_service(self, at: datetime, term: Term) -> datetime:
        """The instant at which a term of service minutes or hours is used up (T4). Raises NoServiceHours."""
        if term.unit not in SERVICE_UNITS:
            raise WrongUnit(f"{term.amount} {term.unit} are not service time")
        return self.add_service_time(at, term.amount * LENGTHS[term.unit])

    def add_service_time(self, at: datetime, length: timedelta) -> datetime:
        """As add_service, for any length; of length 0 it is the first moment of service from `at` on."""
        left = length
        for start, end in self._windows_from(at):
            if left <= end - start:
                return start + left
            left -= end - start
        raise AssertionError("unreachable: the windows never end")

    def service_between(self, since: datetime, until: datetime) -> timedelta:
        """How much service time lies between two moments; nothing when `until` is not after `since`."""
        total = timedelta()
        for start, end in self._windows_from(since):
            if start >= until:
                return total
            total += min(end, until) - start
        raise AssertionError("unreachable: the windows never end")

    def next_window_start(self, at: datetime) -> datetime:
        """The first moment of service from `at` on: `at` itself inside a window (T4). Raises NoServiceHours."""
        return next(self._windows_from(at))[0]

    def end_of_service(self, day: date) -> datetime:
        """When the last service window of the day closes, else 18:00 local time."""
        ends = [end for _, end in self._windows_of(day)]
        return max(ends) if ends else self.instant(day, CLOSING_TIME)

    def _windows_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What is left of the windows from a moment on, in order, without end. The day before counts: windows may pass midnight."""
        cursor = at.astimezone(UTC)
        day = self.local_day(at) - timedelta(days=1)
        last_useful = day
        while (day - last_useful).days <= SEARCH_DAYS:
            for start, end in self._windows_of(day):
                if end > cursor:
                    yield max(start, cursor), end
                    cursor, last_useful = end, day
            day += timedelta(days=1)
        raise NoServiceHours(f"no service window in {self.country} ({self.timezone}) within {SEARCH_DAYS} days of {last_useful}")

    def _windows_of(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The windows that open on a business day. An end not after its start lies on the following day."""
        if not self.is_business_day(day):
            return
        for start, end in sorted(self._hours_of(day)):
            end_day = day if end > start else day + timedelta(days=1)
            yield instant_of(day, start, self._zone), instant_of(end_day, end, self._zone)

    def _hours_of(self, day: date) -> tuple[tuple[time, time], ...]:
        """A worked day of a weekend without windows of its own has those of the week's first working day."""
        windows = self.policy.windows
        own = windows.get(day.weekday(), ())
        if own or not self._holidays.is_weekend(day):
            return own
        return windows[min(windows)] if windows else ()


def calendar_for(country: str, timezone: str, desk: CalendarPolicy) -> BusinessCalendar:
    """The customer's calendar: country and zone of the contract where given, else the desk's (T1).

    Service windows are the desk's in the customer's zone; the desk's own extra days hold in the desk's country only.
    """
    home = not country or country == desk.country
    return _calendar(
        country or desk.country,
        timezone or desk.timezone,
        tuple(sorted((day, windows) for day, windows in desk.windows.items())),
        tuple(sorted(desk.extra_holidays.items())) if home else (),
        tuple(desk.extra_working_days) if home else (),
    )


@lru_cache(maxsize=512)
def _calendar(
    country: str,
    timezone: str,
    windows: tuple[tuple[int, tuple[tuple[time, time], ...]], ...],
    extra_holidays: tuple[tuple[date, str], ...],
    extra_working_days: tuple[date, ...],
) -> BusinessCalendar:
    policy = CalendarPolicy(
        country=country,
        timezone=timezone,
        windows=dict(windows),
        extra_holidays=dict(extra_holidays),
        extra_working_days=extra_working_days,
    )
    return BusinessCalendar(policy)
