"""Single values of `desk.toml` as people write them: terms, windows, times of day, addresses, places, roles (DK3)."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from mailflow.message.addr_spec import parse_address
from mailflow.policy.calendar import DAY_UNITS
from mailflow.policy.desk import CHECKLIST, MailboxRole, Role, Term, Unit
from mailflow.policy.notation import parse_country, parse_word, parse_zone
from mailflow.policy.sla import read_service_level
from mailflow.toml_file import Listed

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TERM = re.compile(r"(?P<amount>\d+) (?P<unit>(?:service )?(?:minutes?|hours?)|(?:business )?days?)$")
WINDOW = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})$")
ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$")


def parse_term(text: object) -> Term:
    """`15 business days`, `1 service hour`. Raises ValueError."""
    match = TERM.match(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is no term; write it like '30 minutes', '1 service hours', '15 business days'")
    return Term(int(match["amount"]), Unit(match["unit"].removesuffix("s") + "s"))


def parse_day_term(text: object) -> Term:
    """A term of days or business days. Raises ValueError."""
    term = parse_term(text)
    if term.unit not in DAY_UNITS:
        raise ValueError(f"{text!r} must be days or business days")
    return term


def parse_window(text: object) -> tuple[time, time]:
    """`09:00-17:00`; `24:00` is midnight at the day's end. Raises ValueError."""
    match = WINDOW.match(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is no service window; write it like '09:00-17:00'")
    start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
    return time(start_hour, start_minute), time(0) if (end_hour, end_minute) == (24, 0) else time(end_hour, end_minute)


def parse_digest_time(text: object) -> tuple[time | None]:
    """`08:00`; the empty text is no time at all. Raises ValueError."""
    if text == "":
        return (None,)
    if not isinstance(text, str) or not re.fullmatch(r"\d{2}:\d{2}", text):
        raise ValueError(f"{text!r} is no time of day; write it like '08:00'")
    return (time.fromisoformat(text),)


def parse_level(text: object) -> str:
    """A service level, as EN6 spells it. Raises ValueError."""
    return read_service_level(str(text)).full_name


AnyTerm = Annotated[Term, BeforeValidator(parse_term)]
DayTerm = Annotated[Term, BeforeValidator(parse_day_term)]
DigestTime = Annotated[tuple[time | None], BeforeValidator(parse_digest_time)]
Window = Annotated[tuple[time, time], BeforeValidator(parse_window)]
BareAddress = Annotated[str, AfterValidator(parse_address)]
Country = Annotated[str, AfterValidator(parse_country)]
Zone = Annotated[str, AfterValidator(parse_zone)]
StaffRole = Annotated[Role, BeforeValidator(lambda text: Role(parse_word(text, Role)))]
BoxRole = Annotated[MailboxRole, BeforeValidator(lambda text: MailboxRole(parse_word(text, MailboxRole)))]
Weekday = Annotated[str, Field(pattern=f"^({'|'.join(WEEKDAYS)})$")]
DayKey = Annotated[date, BeforeValidator(lambda text: date.fromisoformat(text) if isinstance(text, str) else text)]
Programme = Annotated[str, Field(pattern="^(hicare|cocare|software|warranty)$")]
Priority = Annotated[str, Field(pattern=r"^P[1-4]$")]
Percent = Annotated[int, Field(gt=0, lt=100)]
NumberPrefix = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]*-$")]
Level = Annotated[str, BeforeValidator(parse_level)]
Lines = Listed[str]
Stars = Annotated[str, Field(pattern="^[1-9]$")]
Dollars = Annotated[int, Field(gt=0)]
Point = Annotated[str, Field(pattern=f"^({'|'.join(CHECKLIST)})$")]
