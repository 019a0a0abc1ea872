"""What the register knows: contracts, devices, parts, contacts, partners, as `mailflow import` reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One row of contracts.csv: whom it covers, on which days (both included), and how fast help comes (EN6)."""

    number: str
    company: str
    domains: tuple[str, ...]
    service_level: str
    programme: str
    start: date
    end: date
    language: str = ""
    country: str = ""
    timezone: str = ""
    site_address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One row of devices.csv; its dates say from when support and warranty run (EN1-EN3)."""

    serial: str
    part_number: str
    model: str
    contract: str
    ship_date: date | None = None
    installation_service: bool = False
    installation_report_date: date | None = None
    pac_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPrice:
    """One row of parts.csv; the newest `valid_from` not after the day counts."""

    part_number: str
    description: str
    list_price: Decimal | None
    currency: str
    valid_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One row of contacts.csv: who speaks for a contract (SR11)."""

    email: str
    name: str
    company: str
    contract: str
    role: str
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """One row of partners.csv: a service partner, known by its domain (DK2)."""

    name: str
    domain: str
    service_manager: str
    spare_parts_contact: str
    stars: int
    certified_from: date | None
