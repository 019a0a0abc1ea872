"""How a date or verdict came about, as data (BX2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mailflow.message.model import Step, Value

__all__ = ["Derivation", "DerivedDay", "DerivedMoment", "Step", "Value"]

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
