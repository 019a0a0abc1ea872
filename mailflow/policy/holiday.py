"""Public holidays by country, from the tables of the `holidays` library, make-up working days included (T1)."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import holidays


class UnknownCountry(ValueError):
    """A country code that the holiday tables do not know."""


class HolidayTable:
    """The holidays of one country (`PL`) or of a part of one (`DE-BY`), codes of ISO 3166."""

    __slots__ = ("country",)

    def __init__(self, country: str) -> None:
        self.country = country

    def is_working_day(self, day: date) -> bool:
        """Weekdays that are no holiday, and worked days of a weekend."""
        return _table(self.country, day.year, "en").is_working_day(day)

    def is_weekend(self, day: date) -> bool:
        """Whether the country rests on that day of the week."""
        return day.weekday() in _table(self.country, day.year, "en").weekend

    def name(self, day: date) -> str:
        """The English name of the holiday, '' where the day is none."""
        return holiday_name_in(self.country, day, "en")


def holiday_name_in(country: str, day: date, language: str) -> str:
    """The holiday's name in a language where the country's table has it, else in English; '' where the day is none."""
    return _table(country, day.year, language).get(day) or ""


@lru_cache(maxsize=256)
def holiday_table(country: str) -> HolidayTable:
    """Raises UnknownCountry."""
    code, _, part = country.partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    if code not in known or (part and part not in known[code]):
        raise UnknownCountry(f"no holiday table for the country {country!r}")
    return HolidayTable(country)


@lru_cache(maxsize=1024)
def _table(country: str, year: int, language: str) -> holidays.HolidayBase:
    """The neighbour years are loaded too: a holiday may be observed across New Year."""
    code, _, part = country.partition("-")
    plain = holidays.country_holidays(code)
    offered = sorted(plain.supported_languages)
    name = _language(offered, language) or _language(offered, "en")
    return holidays.country_holidays(code, subdiv=part or None, years=(year - 1, year, year + 1), language=name)


def _language(offered: list[str], language: str) -> str | None:
    """`en` finds en_US before en_GB; `zh` finds zh_CN."""
    prefer = {"en": "en_US", "zh": "zh_CN"}.get(language, language)
    if prefer in offered:
        return prefer
    return next((name for name in offered if name.partition("_")[0] == language), None)
