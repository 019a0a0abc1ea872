"""Column types that keep a promise the databases alone do not: aware instants, storable text, exact amounts, whole values."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

from mailflow.store.codec import decode, encode, storable


class NaiveDatetime(ValueError):
    """A datetime without an offset was given where an instant is wanted."""


class UtcDateTime(TypeDecorator[datetime]):
    """Aware in, aware UTC out. SQLite would drop the offset without a word, so the turn to UTC happens before it sees the value."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveDatetime(f"{value.isoformat()} does not say its offset")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class StorableText(TypeDecorator[str]):
    """Text of any length; NUL and lone surrogates, which a server's answer may hold, become U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class Encoded(TypeDecorator[Any]):
    """A frozen value (tuple, derivation, details of a case) as JSON, through the codec."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> Any:
        return None if value is None else encode(value)

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        return None if value is None else decode(value)


class ExactDecimal(TypeDecorator[Decimal]):
    """An amount as its digits: SQLite knows only binary fractions."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)
