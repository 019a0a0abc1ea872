"""Lengths of time as desk.toml writes them: `30 minutes`, `15 business days`, `1 service hours` (T2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from mailflow.policy.notation import written

TERM = re.compile(r"(?P<amount>\d+) (?P<unit>(?:service )?(?:minutes?|hours?)|(?:business )?days?)$")


class Unit(StrEnum):
    """What terms are counted in, as desk.toml writes it: around the clock, in service hours, in calendar or in business days (T2)."""

    MINUTES = "minutes"
    HOURS = "hours"
    SERVICE_MINUTES = "service minutes"
    SERVICE_HOURS = "service hours"
    DAYS = "days"
    BUSINESS_DAYS = "business days"


LONGEST = {unit: 3660 if unit.endswith("days") else 3660 * 24 * 60 if unit.endswith("minutes") else 3660 * 24 for unit in Unit}
"""Ten years in each unit: no clock of a desk runs longer."""

DAY_UNITS = (Unit.DAYS, Unit.BUSINESS_DAYS)


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time of the policy: `30 minutes`, `15 business days`, `1 service hours` (counted in service hours only)."""

    amount: int
    unit: Unit


def parse_term(text: str) -> Term:
    """Read a term: `15 business days`, `1 service hour`. Raises ValueError."""
    match = TERM.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no term; write it like '30 minutes', '1 service hours', '15 business days'")
    term = Term(int(match["amount"]), Unit(match["unit"].removesuffix("s") + "s"))
    if term.amount > LONGEST[term.unit]:
        raise ValueError(f"{text!r} is longer than ten years")
    return term


def parse_day_term(text: str) -> Term:
    """Read a term of days or business days. Raises ValueError."""
    term = parse_term(text)
    if term.unit not in DAY_UNITS:
        raise ValueError(f"{text!r} must be days or business days")
    return term


AnyTerm = Annotated[Term, written(parse_term, Term)]
DayTerm = Annotated[Term, written(parse_day_term, Term)]
