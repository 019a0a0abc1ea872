"""What all tables are made of: column types that keep a promise the databases alone do not, and columns that are null only where asked.

A type turns values in the libraries' compiled code or in one expression: it runs for every value of every row.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, TypeAdapter
from sqlalchemy import JSON, BigInteger, Boolean, Column, DateTime, Dialect, ForeignKey, Integer, MetaData, Text
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

# SQLite counts rows by itself only in a column declared INTEGER.
RowId = BigInteger().with_variant(Integer(), "sqlite")

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL and lone surrogates: neither database takes them in a text. U+FFFD stands in their place."""

# Characters. PostgreSQL refuses index entries above about 2,700 bytes, and a hostile Message-ID may be longer than any limit.
_TOO_LONG_FOR_INDEX = re.compile(".{501,}", re.DOTALL)

_IN_UTC = TypeAdapter(Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))] | None)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in, aware UTC out. Raises ValueError for a naive one, whose offset SQLite would drop without a word."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], object]:
        to_driver = self.impl_instance.bind_processor(dialect)
        in_utc = _IN_UTC.validate_python
        return (lambda moment: to_driver(in_utc(moment))) if to_driver else in_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        from_driver: Callable[[Any], Any] | None = self.impl_instance.result_processor(dialect, coltype)
        if from_driver is None:
            return lambda stored: stored and stored.astimezone(UTC)
        return lambda stored: stored and from_driver(stored).replace(tzinfo=UTC)


class StorableText(TypeDecorator[str]):
    """Text of any length, such as a server's answer, without what no database stores."""

    impl = Text
    cache_ok = True

    def bind_processor(self, _dialect: Dialect) -> Callable[[str | None], str | None]:
        return lambda text: text and UNSTORABLE.sub("\ufffd", text)


class Key(TypeDecorator[str]):
    """Text from outside that stands in an index: where it is too long for one, its digest stands for it."""

    impl = Text
    cache_ok = True

    def bind_processor(self, _dialect: Dialect) -> Callable[[str | None], str | None]:
        return lambda text: text and _TOO_LONG_FOR_INDEX.sub(_digest, UNSTORABLE.sub("\ufffd", text))


class Encoded(TypeDecorator[object]):
    """A value of the type `of` (tuples, frozen dataclasses, dates, exact amounts) as JSON. Raises ValueError for one of another type."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, of: Any) -> None:
        super().__init__()
        self.of = of
        self._adapter: TypeAdapter[object] = TypeAdapter(of)

    def bind_processor(self, dialect: Dialect) -> Callable[[object], object]:
        to_driver = self.impl_instance.bind_processor(dialect)
        assert to_driver is not None
        dump = self._adapter.dump_python
        return lambda value: to_driver(dump(value, mode="json", warnings="error"))

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[object], object]:
        from_driver = self.impl_instance.result_processor(dialect, coltype)
        restore = self._adapter.validate_python
        # The driver of PostgreSQL has parsed the JSON by itself.
        return (lambda stored: restore(from_driver(stored))) if from_driver else restore


# One of each for all columns: the database driver's side of a type is then looked up once.
TEXT = StorableText()
KEY = Key()
INSTANT = UtcDateTime()
TEXTS = Encoded(tuple[str, ...])


def row_id() -> Column[int]:
    """Declare the row's own number, given by the database."""
    return Column("id", RowId, primary_key=True, autoincrement=True)


def key_column(name: str, *references: ForeignKey) -> Column[str]:
    """Declare a text that is, alone or with others, the row's key."""
    return Column(name, TEXT, *references, primary_key=True)


def text_column(name: str, *references: ForeignKey, default: str | None = "", unique: bool | None = None) -> Column[str]:
    """Declare a text that is never null, blank unless given; `default` None makes it required."""
    return Column(name, TEXT, *references, nullable=False, default=default, unique=unique)


def optional_text_column(name: str, *references: ForeignKey) -> Column[str]:
    """Declare a text that may be missing."""
    return Column(name, TEXT, *references, nullable=True)


def tuple_column(name: str, type: Encoded = TEXTS) -> Column[object]:
    """Declare a tuple, empty unless given."""
    return Column(name, type, nullable=False, default=())


def count_column(name: str) -> Column[int]:
    """Declare a whole number that starts at 0."""
    return Column(name, Integer, nullable=False, default=0)


def flag_column(name: str) -> Column[bool]:
    """Declare a yes or no that starts as no."""
    return Column(name, Boolean, nullable=False, default=False)


def instant_column(name: str, *, nullable: bool = True) -> Column[datetime]:
    """Declare a moment, aware and in UTC."""
    return Column(name, INSTANT, nullable=nullable)


def _digest(text: re.Match[str]) -> str:
    return "sha256:" + hashlib.sha256(text[0].encode()).hexdigest()
