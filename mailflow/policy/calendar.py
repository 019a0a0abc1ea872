"""The customer's calendar: business days, terms of days, service hours (rules T1, T2, T4). Pure arithmetic, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from mailflow.policy.derivation import Derivation, DerivedDay, Step
from mailflow.policy.desk import CalendarPolicy
from mailflow.policy.term import DAY_UNITS, Term, Unit

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
SECOND = timedelta(seconds=1)
SERVICE_UNITS = (Unit.SERVICE_MINUTES, Unit.SERVICE_HOURS)


class WrongUnit(ValueError):
    """A term was counted in a way that its unit does not allow, e.g. `30 minutes` as days."""


class NoServiceHours(ValueError):
    """Service hours were asked of a calendar that has none."""


class BusinessCalendar:
    """Business days and service hours of one country in one time zone.

    Days are plain dates of the customer's time zone, moments are aware; moments that come out are UTC.
    """

    __slots__ = ("_extra_holidays", "_extra_working_days", "_windows", "_zone", "country", "timezone")

    def __init__(self, desk: CalendarPolicy, country: str = "", timezone: str = "") -> None:
        """Take the desk's service windows in the customer's zone; the desk's own extra days hold in its own country only (T1).

        `country` and `timezone` are the contract's, where it names them. Raises zoneinfo.ZoneInfoNotFoundError.
        """
        at_home = country in ("", desk.country)
        self.country = country or desk.country
        self.timezone = timezone or desk.timezone
        self._zone = ZoneInfo(self.timezone)
        self._windows = desk.windows
        self._extra_holidays = desk.extra_holidays if at_home else {}
        self._extra_working_days = desk.extra_working_days if at_home else ()

    def local_day(self, at: datetime) -> date:
        """Return the customer's date at that moment."""
        return at.astimezone(self._zone).date()

    def local_time(self, at: datetime) -> time:
        """Return the customer's time of day at that moment."""
        return at.astimezone(self._zone).time()

    def instant(self, day: date, at: time) -> datetime:
        """Return the instant (UTC) of a local time of the customer (T4).

        A time that comes twice (clocks go back) is the first of the two. A time that does not come (clocks go forward) is
        the instant of the change, so that a window never loses time that the wall shows.
        """
        wall = datetime.combine(day, at, tzinfo=self._zone)
        late, early = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        if late <= early:
            return late
        before = early.astimezone(self._zone).utcoffset()
        while late - early > SECOND:
            middle = early + (late - early) // 2
            early, late = (middle, late) if middle.astimezone(self._zone).utcoffset() == before else (early, middle)
        return late.replace(microsecond=0)

    def dated_moment(self, day: date) -> datetime:
        """Return when a dated notice of that day leaves: 09:00 local time (T2)."""
        return self.instant(day, DATED_NOTICE_TIME)

    # Business days

    def is_business_day(self, day: date) -> bool:
        """Tell whether the day is worked: the desk's own days first, then the country's table with its make-up Saturdays (T1)."""
        if day in self._extra_working_days:
            return True
        return day not in self._extra_holidays and holidays_of(self.country, day.year, "en").is_working_day(day)

    def holiday_name(self, day: date) -> str:
        """Return the English name of the holiday, '' where the day is none or is worked all the same."""
        if self.is_business_day(day):
            return ""
        return self._extra_holidays.get(day) or holiday_name_in(self.country, day, "en")

    def next_business_day(self, day: date) -> date:
        """Return the first business day strictly after the day."""
        return self.add_business_days(day, 1)

    def business_day_from(self, day: date) -> date:
        """Return the day itself if it is a business day, else the next one (T2: final notices wait for one)."""
        return day if self.is_business_day(day) else self.next_business_day(day)

    def add_business_days(self, day: date, amount: int) -> date:
        """Count `amount` business days forward (below 0: back) from the day; 0 is the day itself, business day or not."""
        step = timedelta(days=1 if amount > 0 else -1)
        left = abs(amount)
        while left:
            day += step
            left -= self.is_business_day(day)
        return day

    def notable_days(self, after: date, through: date) -> Derivation:
        """Name what one would miscount between two days: holidays on weekdays, and worked days of a weekend (BX2)."""
        steps = []
        for day in (after + timedelta(days=n) for n in range(1, (through - after).days + 1)):
            if self.is_business_day(day) and self._is_weekend(day):
                steps.append(Step("working_weekend_day", {"day": day}))
            elif not self.is_business_day(day) and not self._is_weekend(day):
                steps.append(Step("holiday", {"day": day, "holiday": self.holiday_name(day), "country": self.country}))
        return tuple(steps)

    def _is_weekend(self, day: date) -> bool:
        return day.weekday() in holidays_of(self.country, day.year, "en").weekend

    # Terms of days

    def end_of_term(self, event: datetime | date, term: Term) -> DerivedDay:
        """Return the last day of a term that starts on the day after its event (T1). Raises WrongUnit for minutes and hours."""
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
        """Count a term of days back from the day; 0 days are the day itself (RM9)."""
        return self._shift(day, -term.amount, term.unit)

    def _shift(self, day: date, amount: int, unit: Unit) -> date:
        if unit is Unit.BUSINESS_DAYS:
            return self.add_business_days(day, amount)
        if unit is Unit.DAYS:
            return day + timedelta(days=amount)
        raise WrongUnit(f"days cannot be counted in {unit}")

    # Clocks of minutes and hours

    def add_time(self, at: datetime, term: Term) -> datetime:
        """Return the instant at which a term of minutes or hours is used up: around the clock (T2), or in service hours (T4).

        Raises WrongUnit for days, NoServiceHours.
        """
        if term.unit in DAY_UNITS:
            raise WrongUnit(f"{term.amount} {term.unit} are no time of the day")
        length = term.amount * LENGTHS[term.unit]
        return self.add_service_time(at, length) if term.unit in SERVICE_UNITS else at.astimezone(UTC) + length

    def add_service_time(self, at: datetime, length: timedelta) -> datetime:
        """Return the instant at which so much service time has passed; for length 0 the first moment of service from `at` on."""
        left = length
        for start, end in self._windows_from(at):
            if left <= end - start:
                return start + left
            left -= end - start
        raise AssertionError("unreachable: the windows never end")

    def service_between(self, since: datetime, until: datetime) -> timedelta:
        """Return the service time between two moments; 0 when `until` is not after `since`."""
        total = timedelta()
        for start, end in self._windows_from(since):
            if start >= until:
                return total
            total += min(end, until) - start
        raise AssertionError("unreachable: the windows never end")

    def next_window_start(self, at: datetime) -> datetime:
        """Return the first moment of service from `at` on: `at` itself inside a window (T4). Raises NoServiceHours."""
        return next(self._windows_from(at))[0]

    def end_of_service(self, day: date) -> datetime:
        """Return when the last service window of the day closes, else 18:00 local time."""
        ends = [end for _, end in self._windows_of(day)]
        return max(ends) if ends else self.instant(day, CLOSING_TIME)

    def _windows_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield what is left of the windows from a moment on, in order, without end, from the day before on: windows may pass midnight."""
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
        """Yield the windows that open on a business day. An end not after its start lies on the following day."""
        if not self.is_business_day(day):
            return
        windows = self._windows
        hours = windows.get(day.weekday(), ())
        if not hours and windows and self._is_weekend(day):
            # A worked day of a weekend without windows of its own has those of the week's first working day.
            hours = windows[min(windows)]
        for start, end in sorted(hours):
            yield self.instant(day, start), self.instant(day if end > start else day + timedelta(days=1), end)


def calendar_for(country: str, timezone: str, desk: CalendarPolicy) -> BusinessCalendar:
    """Build the customer's calendar: country and zone of the contract where given, else the desk's (T1)."""
    return BusinessCalendar(desk, country, timezone)


def holiday_name_in(country: str, day: date, language: str) -> str:
    """Return the holiday's name in the language if the country's table has it, else in English; '' where the day is none."""
    return holidays_of(country, day.year, language).get(day) or ""


@lru_cache(maxsize=1024)
def holidays_of(country: str, year: int, language: str) -> holidays.HolidayBase:
    """Load the holidays of a country (`PL`) or a part of one (`DE-BY`, ISO 3166), make-up working days included (T1).

    The neighbour years are loaded too: a holiday may be observed across New Year.
    """
    code, _, part = country.partition("-")
    offered = sorted(holidays.country_holidays(code).supported_languages)
    named = {name.partition("_")[0]: name for name in reversed(offered)}
    # Of several kinds of a language the first counts, but English is read everywhere as the Americans write it.
    named |= {name.partition("_")[0]: name for name in ("en_US", "zh_CN") if name in offered}
    return holidays.country_holidays(
        code, subdiv=part or None, years=(year - 1, year, year + 1), language=named.get(language) or named.get("en")
    )
