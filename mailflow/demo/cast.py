"""Who plays: people with their addresses, and what the register knows of their company. Example domains only (RFC 2606)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formataddr
from pathlib import Path

DESK = "huawei-tac"
BORDER = "mx.tac.example"
TAC, RECEIVING, ESCALATION = "tac@tac.example", "receiving@tac.example", "escalation@tac.example"


@dataclass(frozen=True, slots=True)
class Person:
    """`side` is customer, staff, finance or stranger: how the page sorts them."""

    name: str
    address: str
    side: str

    @property
    def author(self) -> str:
        return formataddr((self.name, self.address))


ANNA = Person("Anna Lind", "anna@northwind.example", "customer")
BEN = Person("Ben Carter", "ben@northwind.example", "customer")
NOSY = Person("Max Nosey", "max@elsewhere.example", "stranger")
TRICKSTER = Person("Customer Care", "ccr@tac.example", "stranger")
"""Writes in another one's name, from a server of its own."""
CARE = Person("Chris, Customer Care", "ccr@tac.example", "staff")
ENGINEER = Person("Ewa, Support Engineering", "cse@tac.example", "staff")
WAREHOUSE = Person("Will, Receiving", "warehouse@tac.example", "staff")
FINANCE = Person("Fay, Finance", "finance@tac.example", "finance")

PEOPLE = (ANNA, BEN, NOSY, CARE, ENGINEER, WAREHOUSE, FINANCE)
OTHERS = (
    Person("Mona, Escalation", "manager@tac.example", "staff"),
    Person("Ada, Administration", "admin@tac.example", "staff"),
    Person("TAC", TAC, "desk"),
    Person("TAC Receiving", RECEIVING, "desk"),
    Person("TAC Escalation", ESCALATION, "desk"),
)
BY_ADDRESS: Mapping[str, Person] = {person.address: person for person in (*PEOPLE, *OTHERS)}

ROUTER = "2102350DNR10N4000077"
POWER, POWER_SERIALS = "02131GHT", ("2102131GHT10N4000201", "2102131GHT10N4000202")
BOARD, BOARD_SERIAL = "03057BGH", "2103057BGH10N4000301"
CONTRACT = "HC-2026-0815"

REGISTER: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "contracts.csv": (
        {
            "number": CONTRACT,
            "company": "Northwind Telecom",
            "domains": "northwind.example",
            "service_level": "9x5xNBD",
            "programme": "hicare",
            "start": "2026-01-01",
            "end": "2028-12-31",
            "language": "en",
            "country": "GB",
            "timezone": "Europe/London",
            "site_address": "1 Example Quay, Manchester",
        },
    ),
    "devices.csv": tuple(
        {"serial": serial, "part_number": part, "model": model, "contract": CONTRACT, "ship_date": "2025-11-03"}
        for serial, part, model in (
            (ROUTER, "02350DNR", "NE40E router"),
            *((serial, POWER, "Power module 1200 W") for serial in POWER_SERIALS),
            (BOARD_SERIAL, BOARD, "Main processing unit"),
        )
    ),
    "parts.csv": tuple(
        {"part_number": part, "description": text, "list_price": price, "currency": "EUR", "valid_from": "2026-01-01"}
        for part, text, price in ((POWER, "Power module 1200 W", "420.00"), (BOARD, "Main processing unit", "3480.00"))
    ),
    "contacts.csv": tuple(
        {"email": one.address, "name": one.name, "company": "Northwind Telecom", "contract": CONTRACT, "role": "customer", "language": "en"}
        for one in (ANNA, BEN)
    ),
}


def write_register(folder: Path) -> None:
    """The register as CSV files, as `mailflow import` takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in REGISTER.items():
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
