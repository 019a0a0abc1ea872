"""The register's tables: what `mailflow import` brings in whole and the rules look up."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table

from mailflow.store.column_types import Encoded, ExactDecimal, StorableText
from mailflow.store.columns import flag_column, metadata, text_column

contract = Table(
    "contract",
    metadata,
    Column("number", StorableText, primary_key=True),
    text_column("folded_number"),
    text_column("company"),
    Column("domains", Encoded, nullable=False, default=()),
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
    Column("domain", StorableText, primary_key=True),
    Column("contract", StorableText, ForeignKey("contract.number"), primary_key=True),
)

device = Table(
    "device",
    metadata,
    Column("serial", StorableText, primary_key=True),
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
    Column("part_number", StorableText, primary_key=True),
    Column("valid_from", Date, primary_key=True),
    text_column("description"),
    Column("list_price", ExactDecimal, nullable=True),
    text_column("currency"),
)

contact = Table(
    "contact",
    metadata,
    Column("email", StorableText, primary_key=True),
    Column("contract", StorableText, ForeignKey("contract.number"), primary_key=True),
    text_column("name"),
    text_column("company"),
    text_column("role"),
    text_column("language"),
    Index(None, "contract"),
)

partner = Table(
    "partner",
    metadata,
    Column("name", StorableText, primary_key=True),
    text_column("domain"),
    text_column("service_manager"),
    text_column("spare_parts_contact"),
    Column("stars", Integer, nullable=False),
    Column("certified_from", Date, nullable=True),
    Index(None, "domain"),
)
