"""The register: its tables, the look-ups in them, and the one way in: all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Column, Connection, Date, ForeignKey, Index, Integer, Table, delete, insert, select

from mailflow.policy.register import Contact, Contract, Device, Partner, PartPrice
from mailflow.store.columns import Encoded, flag_column, key_column, metadata, text_column, tuple_column
from mailflow.store.transaction import fetch, fetch_one

CHUNK = 500

contract = Table(
    "contract",
    metadata,
    key_column("number"),
    text_column("folded_number"),
    text_column("company"),
    tuple_column("domains"),
    text_column("service_level"),
    text_column("programme"),
    Column("start", Date, nullable=False),
    Column("end", Date, nullable=False),
    text_column("language"),
    text_column("country"),
    text_column("timezone"),
    text_column("site_address"),
    Index(None, "folded_number"),
)

contract_domain = Table(
    "contract_domain",
    metadata,
    key_column("domain"),
    key_column("contract", ForeignKey("contract.number")),
)

device = Table(
    "device",
    metadata,
    key_column("serial"),
    text_column("part_number"),
    text_column("model"),
    text_column("contract", ForeignKey("contract.number"), default=None),
    Column("ship_date", Date, nullable=True),
    flag_column("installation_service"),
    Column("installation_report_date", Date, nullable=True),
    Column("pac_date", Date, nullable=True),
)

part_price = Table(
    "part_price",
    metadata,
    key_column("part_number"),
    Column("valid_from", Date, primary_key=True),
    text_column("description"),
    Column("list_price", Encoded(Decimal | None), nullable=True),
    text_column("currency"),
)

contact = Table(
    "contact",
    metadata,
    key_column("email"),
    key_column("contract", ForeignKey("contract.number")),
    text_column("name"),
    text_column("company"),
    text_column("role"),
    text_column("language"),
    Index(None, "contract"),
)

partner = Table(
    "partner",
    metadata,
    key_column("name"),
    text_column("domain"),
    text_column("service_manager"),
    text_column("spare_parts_contact"),
    Column("stars", Integer, nullable=False),
    Column("certified_from", Date, nullable=True),
    Index(None, "domain"),
)


_CONTRACTS = select(*(column for column in contract.c if column.name != "folded_number")).order_by(contract.c.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """All that `mailflow import` reads. Domains and addresses in lower case, serials and part numbers in upper case."""

    contracts: tuple[Contract, ...] = ()
    devices: tuple[Device, ...] = ()
    parts: tuple[PartPrice, ...] = ()
    contacts: tuple[Contact, ...] = ()
    partners: tuple[Partner, ...] = ()


def find_devices(c: Connection, serials: Iterable[str]) -> dict[str, Device]:
    """Map each serial as asked to its device; serials that the register does not know are left out."""
    asked = {serial: serial.strip().upper() for serial in serials}
    wanted = sorted(set(asked.values()))
    known: dict[str, Device] = {}
    for start in range(0, len(wanted), CHUNK):
        query = select(device).where(device.c.serial.in_(wanted[start : start + CHUNK]))
        known |= {found.serial: found for found in fetch(c, query, Device)}
    return {serial: known[key] for serial, key in asked.items() if key in known}


def find_contract(c: Connection, number: str) -> Contract | None:
    """Find a contract by number, in whatever case the letters are written."""
    return fetch_one(c, _CONTRACTS.where(contract.c.folded_number == number.strip().casefold()), Contract)


def contracts_for_domain(c: Connection, domain: str) -> tuple[Contract, ...]:
    """Find the contracts that name exactly this domain, by number; a subdomain is another domain."""
    query = _CONTRACTS.join(contract_domain, contract_domain.c.contract == contract.c.number)
    return tuple(fetch(c, query.where(contract_domain.c.domain == domain.lower()), Contract))


def find_contact(c: Connection, email: str) -> tuple[Contact, ...]:
    """Find the contacts with this address, one a contract, by contract."""
    return tuple(fetch(c, select(contact).where(contact.c.email == email.lower()).order_by(contact.c.contract), Contact))


def contacts_of(c: Connection, contract_number: str) -> tuple[Contact, ...]:
    """List the contacts of a contract, by address."""
    return tuple(fetch(c, select(contact).where(contact.c.contract == contract_number).order_by(contact.c.email), Contact))


def price_on(c: Connection, part_number: str, day: date) -> PartPrice | None:
    """Find the newest row of the part that is valid on the day; its `list_price` may be None."""
    query = select(part_price).where(part_price.c.part_number == part_number.strip().upper(), part_price.c.valid_from <= day)
    return fetch_one(c, query.order_by(part_price.c.valid_from.desc()).limit(1), PartPrice)


def describe_part(c: Connection, part_number: str) -> str:
    """Find the part's newest description, '' for an unknown part."""
    query = select(part_price.c.description).where(part_price.c.part_number == part_number.strip().upper(), part_price.c.description != "")
    return c.execute(query.order_by(part_price.c.valid_from.desc()).limit(1)).scalar() or ""


def find_partner(c: Connection, domain: str) -> Partner | None:
    """Find the partner with this domain, the first by name."""
    return fetch_one(c, select(partner).where(partner.c.domain == domain.lower()).order_by(partner.c.name).limit(1), Partner)


def partners(c: Connection) -> tuple[Partner, ...]:
    """List all partners, by name."""
    return tuple(fetch(c, select(partner).order_by(partner.c.name), Partner))


def whole(c: Connection) -> Register:
    """Read all that was imported last."""
    return Register(
        contracts=tuple(fetch(c, _CONTRACTS, Contract)),
        devices=tuple(fetch(c, select(device).order_by(device.c.serial), Device)),
        parts=tuple(fetch(c, select(part_price).order_by(part_price.c.part_number), PartPrice)),
        contacts=tuple(fetch(c, select(contact).order_by(contact.c.email, contact.c.contract), Contact)),
        partners=partners(c),
    )


def replace_register(c: Connection, register: Register) -> None:
    """Put a register in the place of the one that is there; in one transaction with whatever else the caller does."""
    for table in (contact, device, contract_domain, contract, part_price, partner):
        c.execute(delete(table))
    domains = [{"domain": domain, "contract": row.number} for row in register.contracts for domain in dict.fromkeys(row.domains)]
    rows = {
        contract: [{**asdict(row), "folded_number": row.number.casefold()} for row in register.contracts],
        contract_domain: domains,
        device: list(map(asdict, register.devices)),
        part_price: list(map(asdict, register.parts)),
        contact: list(map(asdict, register.contacts)),
        partner: list(map(asdict, register.partners)),
    }
    for table, values in rows.items():
        if values:
            c.execute(insert(table), values)
