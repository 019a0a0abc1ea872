"""The Date header where a strict reader gives up: one-digit hours, `GMT+01:00`, ISO 8601, missing seconds or zones, foreign order.

The result is the sender's claim and decides nothing (rule T3).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

_MONTHS = {
    name: number for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?)?\s*(.*)")
_DAY = re.compile(r"\b(\d{1,2})[\s\-]*([A-Za-z]{3})[a-z]*\.?[,\s\-]*(\d{2,4})\b")
_DAY_US = re.compile(r"\b([A-Za-z]{3})[a-z]*\.?\s+(\d{1,2}),?\s+(?:\d{1,2}:.*?\s)?((?:19|20)\d{2})\b")
_TIME = re.compile(r"\b(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2}))?\s*([AaPp][Mm]\b)?")
_OFFSET = re.compile(r"(?:^|[\s(]|GMT|UTC|UT)([+-])(\d{1,2}):?(\d{2})?(?![\d:])")
_ZONES = {
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "CET": 1,
    "CEST": 2,
    "MEZ": 1,
    "MESZ": 2,
    "MET": 1,
    "MEST": 2,
    "EET": 2,
    "EEST": 3,
    "WEST": 1,
    "BST": 1,
    "MSK": 3,
    "JST": 9,
    "KST": 9,
    "IST": 5.5,
}


def read_header_date(value: str) -> datetime | None:
    """The instant (UTC) that a Date header means, None where no day can be made out. Time of day and zone may be missing."""
    text = re.sub(r"\s+", " ", value[:200]).strip()
    if not text:
        return None
    return _standard(text) or _iso(text) or _loose(text)


def _standard(text: str) -> datetime | None:
    if _OFFSET_AFTER_NAME.search(text):
        return None
    try:
        parts = parsedate_tz(text)
        return None if parts is None else _moment(*parts[:6], offset=timedelta(seconds=parts[9] or 0))
    except (ValueError, IndexError, OverflowError, TypeError):
        return None


_OFFSET_AFTER_NAME = re.compile(r"(?:GMT|UTC|UT)\s*[+-]\d")


def _iso(text: str) -> datetime | None:
    found = _ISO.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    return _moment(year, month, day, hour, minute, second, offset=_offset(found[7]))


def _loose(text: str) -> datetime | None:
    if found := _DAY.search(text):
        day, name, year = found.groups()
    elif found := _DAY_US.search(text):
        name, day, year = found.groups()
    else:
        return None
    month = _MONTHS.get(name.lower())
    if month is None:
        return None
    full = int(year) + (0 if len(year) == 4 else 1900 if int(year) >= 50 else 2000)
    clock = _TIME.search(text)
    hour, minute, second = (int(part or 0) for part in clock.groups()[:3]) if clock else (0, 0, 0)
    if clock and clock[4]:
        hour = hour % 12 + (12 if clock[4].lower() == "pm" else 0)
    return _moment(full, month, int(day), hour, minute, second, offset=_offset(text[clock.end() :] if clock else ""))


def _offset(text: str) -> timedelta:
    found = _OFFSET.search(" " + text)
    if found:
        size = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return size if found[1] == "+" else -size
    name = re.search(r"\b([A-Z]{3,4})\b", text)
    return timedelta(hours=_ZONES.get(name[1], 0)) if name else timedelta(0)


def _moment(year: int, month: int, day: int, hour: int, minute: int, second: int, *, offset: timedelta) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC) - offset
    except (ValueError, OverflowError):
        return None
