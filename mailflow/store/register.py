"""The register: its tables, the look-ups in them, and the one way in: all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Connection, Date, ForeignKey, Index, Integer, Select, Table, delete, insert, select

from mailflow.policy.register import Contact, Contract, Device, Partner, PartPrice
from mailflow.store.columns import Encoded, flag_column, key_column, metadata, text_column, tuple_column

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """All that `mailflow import` reads. Domains and addresses in lower case, serials and part numbers in upper case."""

    contracts: tuple[Contract, ...] = ()
    devices: tuple[Device, ...] = ()
    parts: tuple[PartPrice, ...] = ()
    contacts: tuple[Contact, ...] = ()
    partners: tuple[Partner, ...] = ()


def find_devices(c: Connection, serials: Iterable[str]) -> dict[str, Device]:
    """Serial as asked to its device; serials that the register does not know are left out."""
    asked = {serial: serial.strip().upper() for serial in serials}
    wanted = sorted(set(asked.values()))
    known: dict[str, Device] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = c.execute(select(device).where(device.c.serial.in_(wanted[start : start + CHUNK])))
        known |= {row.serial: Device(**row._asdict()) for row in rows}
    return {serial: known[key] for serial, key in asked.items() if key in known}


def find_contract(c: Connection, number: str) -> Contract | None:
    """By number, in whatever case the letters are written."""
    return next(iter(_contracts(c, _contract_query().where(contract.c.folded_number == number.strip().casefold()))), None)


def contracts_for_domain(c: Connection, domain: str) -> tuple[Contract, ...]:
    """Contracts that name exactly this domain, by number; a subdomain is another domain."""
    query = _contract_query().join(contract_domain, contract_domain.c.contract == contract.c.number)
    return _contracts(c, query.where(contract_domain.c.domain == domain.lower()))


def find_contact(c: Connection, email: str) -> tuple[Contact, ...]:
    """The contacts with this address, one a contract, by contract."""
    rows = c.execute(select(contact).where(contact.c.email == email.lower()).order_by(contact.c.contract))
    return tuple(Contact(**row._asdict()) for row in rows)


def contacts_of(c: Connection, contract_number: str) -> tuple[Contact, ...]:
    """The contacts of a contract, by address."""
    rows = c.execute(select(contact).where(contact.c.contract == contract_number).order_by(contact.c.email))
    return tuple(Contact(**row._asdict()) for row in rows)


def price_on(c: Connection, part_number: str, day: date) -> PartPrice | None:
    """The newest row of the part that is valid on the day; its `list_price` may be None."""
    query = select(part_price).where(part_price.c.part_number == part_number.strip().upper(), part_price.c.valid_from <= day)
    row = c.execute(query.order_by(part_price.c.valid_from.desc()).limit(1)).one_or_none()
    return None if row is None else PartPrice(**row._asdict())


def describe_part(c: Connection, part_number: str) -> str:
    """The part's newest description, '' for an unknown part."""
    query = select(part_price.c.description).where(part_price.c.part_number == part_number.strip().upper(), part_price.c.description != "")
    return c.execute(query.order_by(part_price.c.valid_from.desc()).limit(1)).scalar() or ""


def find_partner(c: Connection, domain: str) -> Partner | None:
    """The partner with this domain, the first by name."""
    row = c.execute(select(partner).where(partner.c.domain == domain.lower()).order_by(partner.c.name).limit(1)).one_or_none()
    return None if row is None else Partner(**row._asdict())


def partners(c: Connection) -> tuple[Partner, ...]:
    """All partners, by name."""
    return tuple(Partner(**row._asdict()) for row in c.execute(select(partner).order_by(partner.c.name)))


def whole(c: Connection) -> Register:
    """All that was imported last."""
    return Register(
        contracts=_contracts(c, _contract_query()),
        devices=tuple(Device(**row._asdict()) for row in c.execute(select(device).order_by(device.c.serial))),
        parts=tuple(PartPrice(**row._asdict()) for row in c.execute(select(part_price).order_by(part_price.c.part_number))),
        contacts=tuple(Contact(**row._asdict()) for row in c.execute(select(contact).order_by(contact.c.email, contact.c.contract))),
        partners=partners(c),
    )


def replace_register(c: Connection, register: Register) -> None:
    """Put a register in the place of the one that is there; in one transaction with whatever else the caller does."""
    for table in (contact, device, contract_domain, contract, part_price, partner):
        c.execute(delete(table))
    _fill(c, contract, [{**_plain(row), "folded_number": row.number.casefold()} for row in register.contracts])
    domains = [{"domain": domain, "contract": row.number} for row in register.contracts for domain in dict.fromkeys(row.domains)]
    _fill(c, contract_domain, domains)
    _fill(c, device, [_plain(row) for row in register.devices])
    _fill(c, part_price, [_plain(row) for row in register.parts])
    _fill(c, contact, [_plain(row) for row in register.contacts])
    _fill(c, partner, [_plain(row) for row in register.partners])


def _plain(row: Contract | Device | PartPrice | Contact | Partner) -> dict[str, Any]:
    return asdict(row)


def _fill(c: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        c.execute(insert(table), rows)


def _contract_query() -> Select[Any]:
    return select(*(column for column in contract.c if column.name != "folded_number"))


def _contracts(c: Connection, query: Select[Any]) -> tuple[Contract, ...]:
    return tuple(Contract(**row._asdict()) for row in c.execute(query.order_by(contract.c.number)))
