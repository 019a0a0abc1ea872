"""Numbers that are given out once. PostgreSQL counts with a sequence, so that nodes which open cases do not wait for each other.

A number whose transaction is rolled back is lost on PostgreSQL and given out again on SQLite.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, bindparam, select, text, update

from mailflow.store.conflict import insert_new
from mailflow.store.tables import case, counter

_COUNT = update(counter).where(counter.c.name == bindparam("counter")).values(value=counter.c.value + 1).returning(counter.c.value)
# A sequence that is not there makes to_regclass, and with it nextval, yield NULL rather than an error.
_NEXT = text("SELECT nextval(to_regclass(:sequence))")
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


def next_value(c: Connection, prefix: str, first: int) -> int:
    """The next value to stand behind a prefix: at least `first`, and above every case number that is there already."""
    if c.dialect.name == "postgresql":
        return _next_of_sequence(c, prefix, first)
    counted: int | None = c.execute(_COUNT, {"counter": prefix}).scalar()
    if counted is None:
        insert_new(c, counter, {"name": prefix, "value": _start(c, prefix, first) - 1})
        counted = c.execute(_COUNT, {"counter": prefix}).scalar_one()
    return counted


def _next_of_sequence(c: Connection, prefix: str, first: int) -> int:
    # The digest keeps whatever a desk calls its cases out of the statement.
    digest = hashlib.sha256(prefix.encode()).hexdigest()
    sequence = f"case_number_{digest[:32]}"
    value: int | None = c.execute(_NEXT, {"sequence": sequence}).scalar()
    if value is None:
        c.execute(_LOCK, {"key": int(digest[:15], 16)})
        c.execute(text(f"CREATE SEQUENCE IF NOT EXISTS {sequence} START WITH {_start(c, prefix, first)}"))
        value = c.execute(_NEXT, {"sequence": sequence}).scalar_one()
    return value


def _start(c: Connection, prefix: str, first: int) -> int:
    """Where a counter begins that is not there: after the cases that a restored or moved database brought along."""
    numbers = c.execute(select(case.c.number).where(case.c.number.startswith(prefix, autoescape=True))).scalars()
    used = [int(rest) for number in numbers if (rest := number.removeprefix(prefix)).isdecimal() and rest.isascii()]
    return max(first, *(value + 1 for value in used)) if used else first
