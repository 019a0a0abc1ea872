"""The one statement that the two databases spell alike but SQLAlchemy keeps apart: insert unless it is there already."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(c: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert a row unless one of the table's unique keys is taken; whether it was inserted."""
    # Without the option a driver may forget the count of an INSERT.
    return c.execute(_statement(c.dialect.name, table, None), values, execution_options={"preserve_rowcount": True}).rowcount == 1


def insert_new_returning(c: Connection, column: Column[int], values: dict[str, Any]) -> int | None:
    """As `insert_new`; the new row's value of the column, None where there was no new row."""
    new: int | None = c.execute(_statement(c.dialect.name, column.table, column), values).scalar()
    return new


@cache
def _statement(dialect: str, table: Any, returning: Column[int] | None) -> Any:
    insert: Any = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    statement = insert.on_conflict_do_nothing()
    return statement if returning is None else statement.returning(returning)
