"""What the register knows: contracts, devices, parts, contacts, partners. Each field is a column of its CSV file, read as it says here.

The values themselves check nothing, so that rows of the database become values at once: `mailflow import` reads the files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from mailflow.policy.desk import PROGRAMMES
from mailflow.policy.notation import (
    LONGEST_KEY,
    SERVICE_LEVELS,
    parse_address,
    parse_country,
    parse_day,
    parse_domain,
    parse_language,
    parse_word,
    parse_zone,
    written,
)

CONTACT_ROLES = ("customer", "reseller", "alliance_partner", "value_added_partner", "distributor")


def parse_text(text: str) -> str:
    """Read a text without control characters but line breaks and tabs. Raises ValueError."""
    if any(ord(char) < 32 and char not in "\n\r\t" for char in text):
        raise ValueError("holds control characters")
    return text


def parse_key(text: str) -> str:
    """Read a serial or part number, into capitals. Raises ValueError."""
    if not re.fullmatch(r"[\x21-\x7e]+", text) or len(text) > LONGEST_KEY:
        raise ValueError(f"{text!r} is not one word of printable ASCII characters")
    return text.upper()


def parse_yes(text: str) -> bool:
    """Read `yes` or `no`, in whatever capitals. Raises ValueError."""
    if text.lower() not in ("yes", "no"):
        raise ValueError(f"{text!r} is neither yes nor no")
    return text.lower() == "yes"


def parse_stars(text: str) -> int:
    """Read two to four stars, or 0 for none (DK2). Raises ValueError."""
    if text not in ("0", "2", "3", "4"):
        raise ValueError(f"{text!r} is none of: 2, 3, 4, or 0 for none")
    return int(text)


def parse_amount(text: str) -> Decimal:
    """Read an amount, as 1234.50: at most two decimals, no sign, no separators of thousands. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,2})?", text):
        raise ValueError(f"{text!r} is not an amount like 1234.50")
    return Decimal(text)


def parse_currency(text: str) -> str:
    """Read a currency: three capitals (ISO 4217). Raises ValueError."""
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError(f"{text!r} is not a currency like EUR (ISO 4217)")
    return text


def parse_domains(text: str) -> tuple[str, ...]:
    """Read domains separated by `;`, each once. Raises ValueError."""
    return tuple(dict.fromkeys(parse_domain(part.strip()) for part in text.split(";") if part.strip()))


Text = Annotated[str, AfterValidator(parse_text)]
Word = Annotated[str, AfterValidator(parse_key)]
Day = Annotated[date, written(parse_day, date)]
AnyDay = Annotated[date | None, written(parse_day, date)]
Language = Annotated[str, AfterValidator(parse_language)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One row of contracts.csv: whom it covers, on which days (both included), and how fast help comes (EN6)."""

    number: Text
    company: Text
    domains: Annotated[tuple[str, ...], written(parse_domains, tuple)] = ()
    service_level: Annotated[str, AfterValidator(partial(parse_word, known=SERVICE_LEVELS))]
    programme: Annotated[str, AfterValidator(partial(parse_word, known=PROGRAMMES))]
    start: Day
    end: Day
    language: Language = ""
    country: Annotated[str, AfterValidator(parse_country)] = ""
    timezone: Annotated[str, AfterValidator(parse_zone)] = ""
    site_address: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One row of devices.csv; its dates say from when support and warranty run (EN1-EN3)."""

    serial: Word
    part_number: Word = ""
    model: Text = ""
    contract: Text
    ship_date: AnyDay = None
    installation_service: Annotated[bool, BeforeValidator(parse_yes)] = False
    installation_report_date: AnyDay = None
    pac_date: AnyDay = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPrice:
    """One row of parts.csv; the newest `valid_from` not after the day counts."""

    part_number: Word
    description: Text = ""
    list_price: Annotated[Decimal | None, written(parse_amount, Decimal)] = None
    currency: Annotated[str, AfterValidator(parse_currency)] = ""
    valid_from: Day


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One row of contacts.csv: who speaks for a contract (SR11)."""

    email: Annotated[str, AfterValidator(parse_address)]
    name: Text = ""
    company: Text = ""
    contract: Text
    role: Annotated[str, AfterValidator(partial(parse_word, known=CONTACT_ROLES))]
    language: Language = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """One row of partners.csv: a service partner, known by its domain (DK2)."""

    name: Text
    domain: Annotated[str, AfterValidator(parse_domain)]
    service_manager: Text = ""
    spare_parts_contact: Text = ""
    stars: Annotated[int, written(parse_stars, int)] = 0
    certified_from: AnyDay = None
