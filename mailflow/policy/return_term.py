"""What is owed of a return and until when, as frozen values: a term for each delivery of replacements, and what finance was asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from mailflow.policy.derivation import Derivation


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnTerm:
    """So many faulty units of a line are due, because as many replacements of it were delivered on one day (BX3, RM8)."""

    quantity: int
    delivered_on: date
    due: date
    steps: Derivation = ()
    """How the day came about (BX2)."""
    told: tuple[tuple[str, datetime], ...] = ()
    """Dated notices that named these units, by kind, day and key, and when each was written (RM9, BX4)."""
    invoice_on: date | None = None
    """From when finance may be asked; set by the final notice (RM9)."""

    def moments(self, kind: str) -> frozenset[datetime]:
        """When the notices of a kind that named these units were written."""
        return frozenset(at for mark, at in self.told if mark.split(" ")[0] == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedPart:
    """Units of a line that have not come back and share a term; without a term their replacement has not arrived, and they are not due."""

    part_number: str
    description: str
    outstanding: int
    outstanding_serials: tuple[str, ...]
    term: ReturnTerm | None

    @property
    def due(self) -> date | None:
        return self.term.due if self.term else None

    def less(self, quantity: int) -> OwedPart:
        """Without so many of its units, the first ones."""
        return replace(self, outstanding=self.outstanding - quantity, outstanding_serials=self.outstanding_serials[quantity:])


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicedPart:
    """One position of an invoice request, at the list price of its day (RM9); `due` is the day of the units' term."""

    part_number: str
    quantity: int
    unit_price: Decimal
    currency: str
    due: date


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRequest:
    """What finance was asked to invoice at once; `number` is its invoice's, once it has answered (RM11)."""

    parts: tuple[InvoicedPart, ...]
    number: str = ""
