"""What `mailflow check` finds in the register: data that is valid and will yet stop a request or an invoice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime

from mailflow.bootstrap import build_database
from mailflow.cli.finding import Finding, Level
from mailflow.settings import Settings
from mailflow.store import register
from mailflow.store.register import Register
from mailflow.store.transaction import HEAD

AREA = "data"
MOST_NAMES = 5
"""Names in one line."""


def check_data(settings: Settings) -> Iterator[Finding]:
    """Look through the stored register; silent where there is no database yet, since `check_database` has said so."""
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
    """Yield one line a finding, with what it would cause. Wrong references cannot be there: `mailflow import` refuses them."""
    counts = {
        "contracts": stored.contracts,
        "devices": stored.devices,
        "prices": stored.parts,
        "contacts": stored.contacts,
        "partners": stored.partners,
    }
    yield Finding(Level.OK, AREA, ", ".join(f"{len(rows)} {name}" for name, rows in counts.items()))
    yield from (Finding(Level.WARNING, AREA, text) for rule in RULES for text in rule(stored, today))


def contracts(stored: Register, today: date) -> Iterator[str]:
    covered = Counter(device.contract for device in stored.devices)
    reached = {contact.contract for contact in stored.contacts}
    for contract in stored.contracts:
        devices = f"its {covered[contract.number]} device(s) are not entitled"
        if contract.end < today:
            yield f"contract {contract.number} ended on {contract.end}; {devices}"
        elif contract.start > today:
            yield f"contract {contract.number} begins only on {contract.start}; {devices} yet"
        if not contract.domains and contract.number not in reached:
            yield f"contract {contract.number} has neither domains nor contacts: nobody can ask for its service"


def parts(stored: Register, today: date) -> Iterator[str]:
    """Find devices without a part number and parts without a price today: the newest valid one counts, as for an invoice (RM9)."""
    if nameless := [device.serial for device in stored.devices if not device.part_number]:
        yield f"{len(nameless)} device(s) have no part number: {_some(nameless)}"
    in_order = sorted(stored.parts, key=lambda row: row.valid_from)
    newest = {row.part_number: row.list_price for row in in_order if row.valid_from <= today}
    used = {device.part_number for device in stored.devices if device.part_number}
    if priceless := sorted(part for part in used | newest.keys() if newest.get(part) is None):
        yield f"{len(priceless)} part(s) have no price today, so staff are asked before an invoice: {_some(priceless)}"


def partners(stored: Register, _: date) -> Iterator[str]:
    """Find partners who get no digest, and those whose stars have no day, hence no year: they count as not certified (DK2)."""
    for partner in stored.partners:
        if "@" not in partner.spare_parts_contact:
            yield f"partner {partner.name} has no address in spare_parts_contact and gets no digest"
        if partner.stars and partner.certified_from is None:
            yield f"partner {partner.name} has {partner.stars} stars but no certified_from, and counts as not certified"


RULES = (contracts, parts, partners)


def _some(names: list[str]) -> str:
    return ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")
