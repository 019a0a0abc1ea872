"""What `mailflow check` finds in the register: data that is valid and will yet stop a request or an invoice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from mailflow.bootstrap import build_database
from mailflow.cli.finding import Finding, Level
from mailflow.policy.register import Contact, Contract, Device, Partner, PartPrice
from mailflow.settings import Settings
from mailflow.store import register
from mailflow.store.register import Register
from mailflow.store.transaction import HEAD

AREA = "data"
MOST_NAMES = 5
"""Names in one line."""


def check_data(settings: Settings) -> Iterator[Finding]:
    """Nothing where there is no database yet: `check_database` has said so."""
    database = build_database(settings)
    try:
        if database.revision() != HEAD:
            return
        with database.read() as c:
            stored = register.whole(c)
    finally:
        database.close()
    yield from find_in_register(stored, datetime.now(UTC).date())


def find_in_register(stored: Register, today: date) -> Iterator[Finding]:
    """One line a finding; what each would cause stands beside it. Wrong references cannot be there: `mailflow import` refuses them."""
    counts = (len(stored.contracts), len(stored.devices), len(stored.parts), len(stored.contacts), len(stored.partners))
    names = ("contracts", "devices", "prices", "contacts", "partners")
    yield Finding(Level.OK, AREA, ", ".join(f"{count} {name}" for count, name in zip(counts, names, strict=True)))
    yield from _contracts_out_of_force(stored.contracts, stored.devices, today)
    yield from _contracts_without_people(stored.contracts, stored.contacts)
    yield from _devices_without_part(stored.devices)
    yield from _parts_without_price(stored.devices, stored.parts, today)
    yield from _partners_without_contact(stored.partners)
    yield from _partners_without_day(stored.partners)


def _contracts_out_of_force(contracts: Iterable[Contract], devices: Iterable[Device], today: date) -> Iterator[Finding]:
    covered = Counter(device.contract for device in devices)
    for contract in contracts:
        count = covered[contract.number]
        if contract.end < today:
            yield _warning(f"contract {contract.number} ended on {contract.end}; its {count} device(s) are not entitled")
        elif contract.start > today:
            yield _warning(f"contract {contract.number} begins only on {contract.start}; its {count} device(s) are not entitled yet")


def _contracts_without_people(contracts: Iterable[Contract], contacts: Iterable[Contact]) -> Iterator[Finding]:
    reached = {contact.contract for contact in contacts}
    for contract in contracts:
        if not contract.domains and contract.number not in reached:
            yield _warning(f"contract {contract.number} has neither domains nor contacts: nobody can ask for its service")


def _devices_without_part(devices: Iterable[Device]) -> Iterator[Finding]:
    nameless = [device.serial for device in devices if not device.part_number]
    if nameless:
        yield _warning(f"{len(nameless)} device(s) have no part number: {_some(nameless)}")


def _parts_without_price(devices: Iterable[Device], parts: Iterable[PartPrice], today: date) -> Iterator[Finding]:
    """The newest row that is valid today counts, as it will for an invoice (RM9)."""
    newest: dict[str, PartPrice] = {}
    for row in sorted(parts, key=lambda row: row.valid_from):
        if row.valid_from <= today:
            newest[row.part_number] = row
    used = {device.part_number for device in devices if device.part_number}
    priceless = sorted(part for part in used | set(newest) if part not in newest or newest[part].list_price is None)
    if priceless:
        yield _warning(f"{len(priceless)} part(s) have no price today, so staff are asked before an invoice: {_some(priceless)}")


def _partners_without_day(partners: Iterable[Partner]) -> Iterator[Finding]:
    """Stars without a day have no year: their partner counts as not certified (DK2)."""
    for partner in partners:
        if partner.stars and partner.certified_from is None:
            yield _warning(f"partner {partner.name} has {partner.stars} stars but no certified_from, and counts as not certified")


def _partners_without_contact(partners: Iterable[Partner]) -> Iterator[Finding]:
    for partner in partners:
        if "@" not in partner.spare_parts_contact:
            yield _warning(f"partner {partner.name} has no address in spare_parts_contact and gets no digest")


def _some(names: list[str]) -> str:
    return ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")


def _warning(text: str) -> Finding:
    return Finding(Level.WARNING, AREA, text)
