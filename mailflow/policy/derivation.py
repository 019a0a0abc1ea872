"""How a date or verdict came about, as data: each step is named and carries its values, so that every language can say it (BX2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Union

Value = Union[str, int, date, datetime, tuple[str, ...], "Step", tuple["Step", ...]]
"""What fills a blank; a step within a step is a sentence within a sentence."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `name` is a key of [derivation] in templates/email/<language>/words.toml, `values` fill its blanks."""

    name: str
    values: Mapping[str, Value] = field(default_factory=dict)


Derivation = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class DerivedMoment:
    """An instant (aware, UTC) with the steps that led to it."""

    at: datetime
    steps: Derivation = ()


@dataclass(frozen=True, slots=True)
class DerivedDay:
    """A calendar day in the customer's time zone with the steps that led to it."""

    day: date
    steps: Derivation = ()
