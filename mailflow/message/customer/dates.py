"""Dates as people write them in mails, in the languages of the desks and a few more.

`30/12/2026` is read day first (en-GB); only where that is no day is it read month first.
"""

from __future__ import annotations

import functools
import re
from contextlib import suppress
from datetime import date, timedelta

from babel.core import Locale, UnknownLocaleError
from babel.dates import get_day_names, get_month_names

from mailflow.message.words import by_language, numbers_of

_FROM_TODAY = numbers_of("day")
_RELATIVE = tuple(
    (re.compile(re.escape(word) if ord(word[0]) >= 0x2E80 else rf"(?<!\w){re.escape(word)}(?!\w)"), days)
    for word, days in sorted(_FROM_TODAY.items(), key=lambda one: -len(one[0]))
)
_ISO = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_CJK = re.compile(r"(?:(\d{4})\s*年\s*)?(\d{1,2})\s*月\s*(\d{1,2})\s*[日号號]?")
_NUMERIC = re.compile(r"(?<![\d.])(\d{1,2})\s?[./-]\s?(\d{1,2})\s?[./-]\s?(\d{4}|\d{2})(?!\d)")
_SHORT = re.compile(r"(?<![\d.])(\d{1,2})[./](\d{1,2})\.?(?![\d.]?\d)")


def read_date(text: str, *, today: date, language: str) -> date | None:
    """The first date in a short text, None where there is none. A day without its year is the one nearest to today."""
    plain = re.sub(r"\s+", " ", text[:300]).strip().lower()
    return _absolute(plain, today, language) or _relative(plain, today, language)


def _absolute(text: str, today: date, language: str) -> date | None:
    if found := _ISO.search(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _CJK.search(text):
        return _dated(found[1], int(found[2]), int(found[3]), today)
    if found := _named(language).search(text):
        month, day = _months(language)[found["month"] or found["month2"]], int(found["day"] or found["day2"])
        return _dated(found["year"] or found["year2"], month, day, today)
    if found := _NUMERIC.search(text):
        year = int(found[3]) + (2000 if len(found[3]) == 2 else 0)
        return _day(year, int(found[2]), int(found[1])) or _day(year, int(found[1]), int(found[2]))
    if found := _SHORT.search(text):
        return _dated(None, int(found[2]), int(found[1]), today)
    return None


def _relative(text: str, today: date, language: str) -> date | None:
    days = next((days for word, days in _RELATIVE if word.search(text)), None)
    if days is not None:
        return today + timedelta(days=days)
    weekdays = _weekdays(language)
    number = next((weekdays[name] for name in weekdays if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)), None)
    return None if number is None else today - timedelta(days=(today.weekday() - number) % 7)


def _dated(year: str | None, month: int, day: int, today: date) -> date | None:
    if year:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
    near = [found for found in (_day(today.year + step, month, day) for step in (-1, 0, 1)) if found]
    return min(near, key=lambda found: abs(found - today)) if near else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@functools.cache
def _months(language: str) -> dict[str, int]:
    """Month names, wide and short, as babel has them; the short ones without their dot."""
    names: dict[str, int] = {"sept": 9}
    for one in _locales(language):
        for width in ("abbreviated", "wide"):
            for context in ("stand-alone", "format"):
                names |= {str(name).lower().rstrip("."): number for number, name in get_month_names(width, context, one).items()}
    return {name: number for name, number in names.items() if name and not name[0].isdigit()}


@functools.cache
def _weekdays(language: str) -> dict[str, int]:
    names = {str(name).lower(): number for one in _locales(language) for number, name in get_day_names("wide", "format", one).items()}
    return names | numbers_of("weekday")


def _locales(language: str) -> list[str]:
    """The languages in which customers may answer in one line, and that of the mail where the calendar knows it."""
    known = list(by_language("lines", "delivered"))
    with suppress(UnknownLocaleError, ValueError):
        known.append(str(Locale.parse(language.replace("-", "_"))))
    return list(dict.fromkeys(known))


@functools.cache
def _named(language: str) -> re.Pattern[str]:
    words = "|".join(re.escape(name) for name in sorted(_months(language), key=len, reverse=True))
    year = r"(?:19|20)\d{2}"
    return re.compile(
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[\s-]*(?:of\s+)?(?P<month>{words})\.?(?!\w)(?:[\s,-]*(?P<year>{year}))?"
        rf"|(?<!\w)(?P<month2>{words})\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:\s*,?\s*(?P<year2>{year}))?"
    )
