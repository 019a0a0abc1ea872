"""Cases: loaded as frozen values, saved by compare-and-swap on their version, so that two hands never overwrite each other.

Beside them what else names a case: the numbers that are given out, and those under which a manufacturer works on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import BindParameter, Connection, Executable, and_, bindparam, delete, func, or_, select, text, update
from sqlalchemy import insert as insert_into

from mailflow.policy.case import Case
from mailflow.policy.case_type import AnyCaseType
from mailflow.store.tables import case, case_serial, counter, deadline, foreign_number
from mailflow.store.transaction import insert_new

ENVELOPE = tuple(field.name for field in fields(Case) if field.name != "details")
CHUNK = 500


class CaseChanged(RuntimeError):
    """The case was saved by somebody else since it was loaded: load it again and decide anew."""


class CannotStore(TypeError):
    """The details are not those of the case's type."""


# Built once, as everywhere on the hot path.
_NUMBER: BindParameter[str] = bindparam("asked_number", type_=case.c.number.type)
_LOAD = select(case).where(case.c.number == _NUMBER)
_SAVE = update(case).where(case.c.number == _NUMBER, case.c.version == bindparam("loaded_version"))
_INSERT = insert_into(case)
_INSERT_SERIAL = insert_into(case_serial)
_SERIALS = select(case_serial.c.serial).where(case_serial.c.case_number == _NUMBER)
_COUNT = update(counter).where(counter.c.name == bindparam("counter")).values(value=counter.c.value + 1).returning(counter.c.value)
# A sequence that is not there makes to_regclass, and with it nextval, yield NULL rather than an error.
_NEXT = text("SELECT nextval(to_regclass(:sequence))")
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


def load(c: Connection, number: str) -> Case | None:
    """Read a case, None for a number that was never given out."""
    return next(iter(_cases(c, _LOAD, asked_number=number)), None)


def insert(c: Connection, new: Case) -> None:
    """Add a case; its version is kept as it is. Raises IntegrityError for a number in use, CannotStore for foreign details."""
    c.execute(_INSERT, _values(c, new))
    _write_serials(c, new.number, frozenset(), _serials_of(new.details))


def save(c: Connection, changed: Case) -> Case:
    """Write a case that was loaded at `changed.version`; returns it with its next version. Raises CaseChanged, CannotStore."""
    saved = replace(changed, version=changed.version + 1)
    if c.execute(_SAVE, {**_values(c, saved), "asked_number": changed.number, "loaded_version": changed.version}).rowcount != 1:
        raise CaseChanged(changed.number)
    known = frozenset(c.execute(_SERIALS, {"asked_number": saved.number}).scalars())
    _write_serials(c, saved.number, known, _serials_of(saved.details))
    return saved


def to_json(c: Connection, value: Case) -> dict[str, Any]:
    """Turn a whole case into JSON-ready values. Raises CannotStore for details that are not of its type."""
    details: Any = _case_types(c)[value.kind].details
    if not isinstance(value.details, details):
        raise CannotStore(f"details of a {value.kind} are a {details.__name__}, not a {type(value.details).__name__}")
    encoded: dict[str, Any] = _adapter(details).dump_python(value, mode="json", warnings="error")
    return encoded


def from_json(c: Connection, stored: Mapping[str, Any]) -> Case:
    """Rebuild the case from what `to_json` made, or from a row whose details are still JSON."""
    details: Any = _case_types(c)[stored["kind"]].details
    return _adapter(details).validate_python(stored)


def open_of_kind(c: Connection, kind: str, desk: str) -> tuple[Case, ...]:
    """List the desk's cases of a kind that are not closed, in order of opening."""
    query = select(case).where(case.c.kind == kind, case.c.desk == desk, case.c.closed_at.is_(None))
    return _cases(c, query.order_by(case.c.opened_at, case.c.number))


def children(c: Connection, number: str) -> tuple[Case, ...]:
    """List the cases that came from this one (RMAs of a request), in order of opening."""
    return _cases(c, select(case).where(case.c.parent == number).order_by(case.c.opened_at, case.c.number))


def list_cases(
    c: Connection,
    *,
    kind: str | None = None,
    state: str | None = None,
    assignee: str | None = None,
    overdue_at: datetime | None = None,
    desk: str | None = None,
    limit: int | None = None,
) -> tuple[Case, ...]:
    """List cases in order of opening. `overdue_at`: those in state overdue, or with a deadline before it that has not fired."""
    wanted = {case.c.kind: kind, case.c.state: state, case.c.assignee: assignee, case.c.desk: desk}
    query = select(case).where(*(column == value for column, value in wanted.items() if value is not None))
    if overdue_at is not None:
        late = select(deadline.c.case_number).where(deadline.c.state == "waiting", deadline.c.due_at <= overdue_at)
        query = query.where(or_(case.c.state == "overdue", case.c.number.in_(late)))
    return _cases(c, query.order_by(case.c.opened_at, case.c.number).limit(limit))


def counts(c: Connection) -> dict[tuple[str, str], int]:
    """Count cases by (kind, state)."""
    query = select(case.c.kind, case.c.state, func.count().label("n")).group_by(case.c.kind, case.c.state)
    return {(row.kind, row.state): row.n for row in c.execute(query)}


def next_number(c: Connection, kind: str, prefix: str, first: int = 100001) -> str:
    """Give out a case number never given out before: at least `first`, and above every number that is there already; gaps are possible.

    Numbers count by prefix, since desks and case types may share one; a case type without a prefix of its own takes its name instead.
    PostgreSQL counts with a sequence, so that nodes which open cases do not wait for each other: a number whose transaction is rolled
    back is lost there, and given out again on SQLite.
    """
    letters = prefix or f"{kind}-"
    count = _count_in_sequence if c.dialect.name == "postgresql" else _count_in_table
    return f"{letters}{count(c, letters, first)}"


def _count_in_table(c: Connection, letters: str, first: int) -> int:
    counted: int | None = c.execute(_COUNT, {"counter": letters}).scalar()
    if counted is None:
        insert_new(c, counter, {"name": letters, "value": _start(c, letters, first) - 1})
        counted = c.execute(_COUNT, {"counter": letters}).scalar_one()
    return counted


def _count_in_sequence(c: Connection, letters: str, first: int) -> int:
    # The digest keeps whatever a desk calls its cases out of the statement.
    digest = hashlib.sha256(letters.encode()).hexdigest()
    sequence = f"case_number_{digest[:32]}"
    value: int | None = c.execute(_NEXT, {"sequence": sequence}).scalar()
    if value is None:
        c.execute(_LOCK, {"key": int(digest[:15], 16)})
        c.execute(text(f"CREATE SEQUENCE IF NOT EXISTS {sequence} START WITH {_start(c, letters, first)}"))
        value = c.execute(_NEXT, {"sequence": sequence}).scalar_one()
    return value


def _start(c: Connection, letters: str, first: int) -> int:
    """Say where a counter begins that is not there: after the cases that a restored or moved database brought along."""
    numbers = c.execute(select(case.c.number).where(case.c.number.startswith(letters, autoescape=True))).scalars()
    used = [int(rest) for number in numbers if (rest := number.removeprefix(letters)).isdecimal() and rest.isascii()]
    return max(first, *(value + 1 for value in used)) if used else first


def open_with_serial(c: Connection, serials: Iterable[str], *, desk: str | None = None) -> list[tuple[str, str, str]]:
    """Find (serial, case number, kind) of open cases that name one of the serials (IN10, BX8), in order of opening; of one desk or all."""
    asked = sorted(set(serials))
    found: list[tuple[str, str, str]] = []
    for start in range(0, len(asked), CHUNK):
        query = select(case_serial.c.serial, case.c.number, case.c.kind).join(case, case_serial.c.case_number == case.c.number)
        still_open = and_(case.c.closed_at.is_(None), case.c.state != "closed", case_serial.c.serial.in_(asked[start : start + CHUNK]))
        if desk is not None:
            still_open = and_(still_open, case.c.desk == desk)
        rows = c.execute(query.where(still_open).order_by(case.c.opened_at, case.c.number, case_serial.c.serial))
        found.extend((row.serial, row.number, row.kind) for row in rows)
    return found


def of_serials(c: Connection, serials: Iterable[str], *, kind: str, desk: str) -> tuple[Case, ...]:
    """Find the desk's cases of a kind, closed ones too, that name one of the serials, in order of opening."""
    asked = sorted(set(serials))
    found: dict[str, Case] = {}
    for start in range(0, len(asked), CHUNK):
        named = select(case_serial.c.case_number).where(case_serial.c.serial.in_(asked[start : start + CHUNK]))
        query = select(case).where(case.c.number.in_(named), case.c.kind == kind, case.c.desk == desk)
        found |= {one.number: one for one in _cases(c, query)}
    return tuple(sorted(found.values(), key=lambda one: (one.opened_at, one.number)))


def add_foreign_number(c: Connection, desk: str, number: str, case_number: str) -> bool:
    """Map a manufacturer's number to a case of the desk (DK1); the first mapping stays. False where there was one."""
    return insert_new(c, foreign_number, {"desk": desk, "number": number, "case_number": case_number})


def find_foreign_number(c: Connection, desk: str, number: str) -> str | None:
    """Find the number of the desk's own case under which the manufacturer works, None for a number that nobody told us."""
    here = (foreign_number.c.desk == desk, foreign_number.c.number == number)
    return c.execute(select(foreign_number.c.case_number).where(*here)).scalar()


def _cases(c: Connection, query: Executable, **asked: str) -> tuple[Case, ...]:
    return tuple(from_json(c, row._asdict()) for row in c.execute(query, asked))


def _values(c: Connection, value: Case) -> dict[str, object]:
    return {name: getattr(value, name) for name in ENVELOPE} | {"details": to_json(c, value)["details"]}


def _case_types(c: Connection) -> Mapping[str, AnyCaseType]:
    """Look up the case types that the database was given."""
    found: Mapping[str, AnyCaseType] = c.get_execution_options()["case_types"]
    return found


@cache
def _adapter(details: Any) -> TypeAdapter[Case]:
    return TypeAdapter(Case[details])


def _serials_of(details: object) -> frozenset[str]:
    """Collect the serials that a case is about: its own, those of its lines, and what came back on them. Parcels may carry others' devices
    and do not count."""
    carriers = (details, *getattr(details, "lines", ()))
    named = (serial for carrier in carriers for part in ("serials", "received_serials") for serial in getattr(carrier, part, ()))
    return frozenset(serial for serial in named if serial)


def _write_serials(c: Connection, number: str, known: frozenset[str], serials: frozenset[str]) -> None:
    for gone in known - serials:
        c.execute(delete(case_serial).where(case_serial.c.case_number == number, case_serial.c.serial == gone))
    new = [{"case_number": number, "serial": serial} for serial in sorted(serials - known)]
    if new:
        c.execute(_INSERT_SERIAL, new)
