"""The parts that all tables are made of: naming, row ids, and columns that are never null without being asked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData

from mailflow.store.column_types import StorableText, UtcDateTime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

# SQLite counts rows by itself only in a column declared INTEGER.
RowId = BigInteger().with_variant(Integer(), "sqlite")


def row_id() -> Column[int]:
    """The row's own number, given by the database."""
    return Column("id", RowId, primary_key=True, autoincrement=True)


def text_column(name: str, *extra: Any, default: str | None = "", **options: Any) -> Column[str]:
    """A text that is never null, blank unless given; `default` None makes it required."""
    return Column(name, StorableText, *extra, nullable=False, default=default, **options)


def optional_text_column(name: str, *extra: Any) -> Column[str]:
    """A text that may be missing."""
    return Column(name, StorableText, *extra, nullable=True)


def count_column(name: str) -> Column[int]:
    """A whole number that starts at 0."""
    return Column(name, Integer, nullable=False, default=0)


def flag_column(name: str) -> Column[bool]:
    """A yes or no that starts as no."""
    return Column(name, Boolean, nullable=False, default=False)


def instant_column(name: str, *, nullable: bool = True) -> Column[Any]:
    """A moment, aware and in UTC."""
    return Column(name, UtcDateTime, nullable=nullable)
