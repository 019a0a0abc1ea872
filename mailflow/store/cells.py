"""What one cell of the register's CSV may hold, and the value it means. Each reader takes stripped text and raises WrongCell."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from mailflow.policy.holiday import UnknownCountry, holiday_table

Cell = Callable[[str], Any]

LONGEST_KEY = 200
"""Characters; keys stand in indexes."""


class WrongCell(ValueError):
    """The text says what is expected."""


def required(read: Cell) -> Cell:
    """As `read`, with a blank cell refused."""

    def cell(text: str) -> Any:
        if not text:
            raise WrongCell("must not be blank")
        return read(text)

    return cell


def optional(read: Cell, blank: Any) -> Cell:
    """As `read`, with `blank` for a blank cell."""
    return lambda text: read(text) if text else blank


def one_of(words: tuple[str, ...]) -> Cell:
    """One of the words, written exactly so."""

    def cell(text: str) -> str:
        if text not in words:
            raise WrongCell(f"{text!r} is none of: {', '.join(words)}")
        return text

    return cell


def free_text(text: str) -> str:
    """Any text without control characters; line breaks and tabs may stand in it."""
    if any(ord(char) < 32 and char not in "\n\r\t" for char in text):
        raise WrongCell("holds control characters")
    return text


def an_upper_case_word(text: str) -> str:
    """A serial or part number."""
    if not re.fullmatch(r"[\x21-\x7e]+", text) or len(text) > LONGEST_KEY:
        raise WrongCell(f"{text!r} is not one word of printable ASCII characters")
    return text.upper()


def a_day(text: str) -> date:
    """ISO 8601, as 2026-11-22."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise WrongCell(f"{text!r} is not a date like 2026-11-22")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WrongCell(f"{text!r} is not a day of the calendar") from error


def yes_or_no(text: str) -> bool:
    """In whatever capitals."""
    if text.lower() not in ("yes", "no"):
        raise WrongCell(f"{text!r} is neither yes nor no")
    return text.lower() == "yes"


def stars(text: str) -> int:
    """Two to four; 0, as a blank cell, for a partner without a certificate (DK2)."""
    if text not in ("0", "2", "3", "4"):
        raise WrongCell(f"{text!r} is none of: 2, 3, 4, or 0 for none")
    return int(text)


def an_amount(text: str) -> Decimal:
    """Digits with a point and at most two decimals, as 1234.50; no sign, no separators of thousands."""
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,2})?", text):
        raise WrongCell(f"{text!r} is not an amount like 1234.50")
    return Decimal(text)


def a_currency(text: str) -> str:
    """Three capitals (ISO 4217)."""
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise WrongCell(f"{text!r} is not a currency like EUR (ISO 4217)")
    return text


def a_language(text: str) -> str:
    """Two or three small letters (ISO 639)."""
    if not re.fullmatch(r"[a-z]{2,3}", text):
        raise WrongCell(f"{text!r} is not a language like en (ISO 639)")
    return text


def a_country(text: str) -> str:
    """A country whose holidays are known (ISO 3166): the terms of its customers are counted by them (T1)."""
    try:
        return holiday_table(text).country
    except UnknownCountry as unknown:
        raise WrongCell(f"{text!r} is not a country like PL (ISO 3166)") from unknown


def a_time_zone(text: str) -> str:
    """A name of the IANA time zone database."""
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError) as error:
        raise WrongCell(f"{text!r} is not a time zone like Europe/Warsaw") from error
    return text


def a_domain(text: str) -> str:
    """A domain with at least one dot, in lower case."""
    if not re.fullmatch(r"[^\s@;,]+\.[^\s@;,.]+", text) or len(text) > LONGEST_KEY:
        raise WrongCell(f"{text!r} is not a domain like customer.example")
    return text.lower()


def domains(text: str) -> tuple[str, ...]:
    """Separated by `;`, none at all allowed."""
    return tuple(dict.fromkeys(a_domain(part.strip()) for part in text.split(";") if part.strip()))


def an_address(text: str) -> str:
    """A bare addr-spec of RFC 5322 without quotes or comments, in lower case."""
    local, at, domain = text.rpartition("@")
    if not at or not local or re.search(r"[\s@;,<>]", local):
        raise WrongCell(f"{text!r} is not an address like anna@customer.example")
    return f"{local}@{a_domain(domain)}".lower()
