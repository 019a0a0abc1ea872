"""Values as people write them: the same in desk.toml, in the register's CSV and in answers to `init`. Each reader raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, time
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

import holidays
from pydantic import PlainValidator

from mailflow.message.mime.header import parse_address as parse_address

LEVELS = ("9x5xNBD-S", "9x5xNBD", "24x7x4", "8x5xNBD", "24x7xNBD", "8x5x8")
"""Service levels (EN6), as contracts.csv names them."""
SERVICE_LEVELS = (*LEVELS, *(f"{level}-onsite" for level in LEVELS))


LONGEST_KEY = 200
"""Characters; keys stand in indexes."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WINDOW = re.compile(r"(\d{2}:\d{2})-(\d{2}:\d{2}|24:00)$")

Value = TypeVar("Value")
Window = tuple[time, time]


def written(parse: Callable[[str], Value], kind: type | tuple[type, ...]) -> PlainValidator:
    """Let a value be written as a text; in Python it stands as what it is. Raises ValueError for anything else."""

    def read(given: object) -> object:
        if isinstance(given, str) or not isinstance(given, kind):
            return parse(given if isinstance(given, str) else str(given))
        return given

    return PlainValidator(read)


@lru_cache(maxsize=1024)
def parse_country(text: str) -> str:
    """Read a country (`PL`) or a part of one (`DE-BY`, ISO 3166) whose holidays are known: terms are counted by them (T1)."""
    code, _, part = text.partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    if code not in known or (part and part not in known[code]):
        raise ValueError(f"no holidays are known of {text!r}; write a country like PL (ISO 3166)")
    return text


def parse_zone(text: str) -> str:
    """Read a name of the IANA time zone database."""
    try:
        return ZoneInfo(text).key
    except (LookupError, ValueError, OSError):
        raise ValueError(f"{text!r} is not a time zone like Europe/Warsaw") from None


def parse_language(text: str) -> str:
    """Read a language: two or three small letters (ISO 639)."""
    if not re.fullmatch(r"[a-z]{2,3}", text):
        raise ValueError(f"{text!r} is not a language like en (ISO 639)")
    return text


def parse_day(text: str) -> date:
    """Read a date of ISO 8601, as 2026-11-22."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError(f"{text!r} is not a date like 2026-11-22")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a day of the calendar") from None


def parse_domain(text: str) -> str:
    """Read a domain with at least one dot; in lower case."""
    if not re.fullmatch(r"[^\s@;,]+\.[^\s@;,.]+", text) or len(text) > LONGEST_KEY:
        raise ValueError(f"{text!r} is not a domain like customer.example")
    return text.lower()


def parse_word(text: str, known: Iterable[str]) -> str:
    """Read one of the known words, written exactly so."""
    if text not in (words := tuple(known)):
        raise ValueError(f"{text!r} is none of: {', '.join(words)}")
    return text


def parse_service_level(text: str) -> str:
    """Read a service level as people write it, `9 X 5 x nbd-onsite` too; in the spelling of EN6."""
    plain = re.sub(r"\s+", "", text).replace("×", "x").lower()
    for name in SERVICE_LEVELS:
        if name.lower() == plain:
            return name
    raise ValueError(f"no service level {text!r}; known are {', '.join(LEVELS)}, each also with -onsite")


def parse_window(text: str) -> Window:
    """Read a service window, `09:00-17:00`; `24:00` is midnight at the day's end."""
    match = WINDOW.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no service window; write it like '09:00-17:00'")
    return time.fromisoformat(match[1]), time.fromisoformat("00:00" if match[2] == "24:00" else match[2])


def parse_clock(text: str) -> time | None:
    """Read a time of day, `08:00`; the empty text is no time at all."""
    if text and not re.fullmatch(r"\d{2}:\d{2}", text):
        raise ValueError(f"{text!r} is no time of day; write it like '08:00'")
    return time.fromisoformat(text) if text else None


def in_order(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """Check that the service windows of a day do not overlap."""
    if any(later[0] < earlier[1] for earlier, later in zip(sorted(windows), sorted(windows)[1:], strict=False)):
        raise ValueError("the windows overlap")
    return windows
