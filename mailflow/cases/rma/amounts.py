"""Amounts at the list price of the day (RM9): decimals with their currency; several currencies are never added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mailflow.policy.register import PartPrice

Amount = tuple[str, int, Decimal, Decimal, str]
"""(part number, quantity, unit price, total, currency)."""

Requested = tuple[str, int, str, str]
"""What finance was asked for: (part number, quantity, unit price as text, currency)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    amounts: tuple[Amount, ...]
    totals: tuple[tuple[str, Decimal], ...]
    unpriced: tuple[str, ...]
    """Part numbers without a price: nothing is invoiced for them until staff say so."""


def price_lines(quantities: Sequence[tuple[str, int]], prices: Mapping[str, PartPrice | None]) -> Priced:
    """Price (part number, quantity) pairs."""
    amounts: list[Amount] = []
    totals: dict[str, Decimal] = {}
    unpriced: list[str] = []
    for part, quantity in quantities:
        price = prices.get(part)
        if price is None or price.list_price is None:
            unpriced.append(part)
            continue
        total = price.list_price * quantity
        amounts.append((part, quantity, price.list_price, total, price.currency))
        totals[price.currency] = totals.get(price.currency, Decimal(0)) + total
    return Priced(amounts=tuple(amounts), totals=tuple(totals.items()), unpriced=tuple(unpriced))


def amounts_of(requested: Sequence[Requested]) -> tuple[Amount, ...]:
    """What was asked for, at the price of that day."""
    return tuple((part, quantity, Decimal(unit), Decimal(unit) * quantity, currency) for part, quantity, unit, currency in requested)


def totals_of(requested: Sequence[Requested]) -> tuple[tuple[str, Decimal], ...]:
    """Its sum in each currency."""
    totals: dict[str, Decimal] = {}
    for _part, _quantity, _unit, total, currency in amounts_of(requested):
        totals[currency] = totals.get(currency, Decimal(0)) + total
    return tuple(totals.items())
