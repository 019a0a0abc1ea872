"""Amounts at the list price of the day (RM9): decimals with their currency; several currencies are never added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mailflow.policy.register import PartPrice
from mailflow.policy.return_term import InvoicedPart, OwedPart

Amount = tuple[str, int, Decimal, Decimal, str, date]
"""(part number, quantity, unit price, total, currency, the day on which the parts are due)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    parts: tuple[InvoicedPart, ...]
    unpriced: tuple[str, ...]
    """Part numbers without a price: nothing is invoiced for them until staff say so."""


def price_parts(rows: Sequence[OwedPart], prices: Mapping[str, PartPrice | None]) -> Priced:
    """Price what is owed; parts that are not due have no amount."""
    parts: list[InvoicedPart] = []
    unpriced: list[str] = []
    for row in rows:
        if row.due is None:
            continue
        price = prices.get(row.part_number)
        if price is None or price.list_price is None:
            unpriced.append(row.part_number)
            continue
        parts.append(
            InvoicedPart(
                part_number=row.part_number,
                quantity=row.outstanding,
                unit_price=price.list_price,
                currency=price.currency,
                due=row.due,
            )
        )
    return Priced(parts=tuple(parts), unpriced=tuple(dict.fromkeys(unpriced)))


def amounts_of(parts: Sequence[InvoicedPart]) -> tuple[Amount, ...]:
    """What was asked for, at the price of that day."""
    return tuple(
        (part.part_number, part.quantity, part.unit_price, part.unit_price * part.quantity, part.currency, part.due) for part in parts
    )


def totals_of(parts: Sequence[InvoicedPart]) -> tuple[tuple[str, Decimal], ...]:
    """Its sum in each currency."""
    totals: dict[str, Decimal] = {}
    for part in parts:
        totals[part.currency] = totals.get(part.currency, Decimal(0)) + part.unit_price * part.quantity
    return tuple(totals.items())
