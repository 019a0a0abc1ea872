"""Cases: loaded as frozen values, saved by compare-and-swap on their version, so that two hands never overwrite each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, and_, bindparam, delete, func, or_, select, update
from sqlalchemy import insert as insert_into

from mailflow.policy.case import Case
from mailflow.store.codec import check_details
from mailflow.store.mail_identity import index_key
from mailflow.store.numbering import next_value
from mailflow.store.tables import case, case_serial, deadline

COLUMNS = tuple(field.name for field in fields(Case))
CHUNK = 500


class CaseChanged(RuntimeError):
    """The case was saved by somebody else since it was loaded: load it again and decide anew."""


# Built once, as everywhere on the hot path.
_NUMBER: BindParameter[str] = bindparam("asked_number", type_=case.c.number.type)
_LOAD = select(case).where(case.c.number == _NUMBER)
_SAVE = update(case).where(case.c.number == _NUMBER, case.c.version == bindparam("loaded_version"))
_INSERT = insert_into(case)
_INSERT_SERIAL = insert_into(case_serial)
_SERIALS = select(case_serial.c.serial).where(case_serial.c.case_number == _NUMBER)


def load(c: Connection, number: str) -> Case | None:
    """None for a number that was never given out."""
    row = c.execute(_LOAD, {"asked_number": number}).one_or_none()
    return None if row is None else _case(row)


def insert(c: Connection, new: Case) -> None:
    """Add a case; its version is kept as it is. Raises IntegrityError for a number in use, CannotStore for foreign details."""
    check_details(new.kind, new.details)
    c.execute(_INSERT, _values(new))
    _write_serials(c, new.number, frozenset(), _serials_of(new.details))


def save(c: Connection, changed: Case) -> Case:
    """Write a case that was loaded at `changed.version`; the case with its next version. Raises CaseChanged, CannotStore."""
    check_details(changed.kind, changed.details)
    saved = changed.changed(version=changed.version + 1)
    loaded = {"asked_number": changed.number, "loaded_version": changed.version}
    if c.execute(_SAVE, {**_values(saved), **loaded}).rowcount != 1:
        raise CaseChanged(changed.number)
    known = frozenset(c.execute(_SERIALS, {"asked_number": saved.number}).scalars())
    _write_serials(c, saved.number, known, _serials_of(saved.details))
    return saved


def returns_of(c: Connection, request: str) -> tuple[Case, ...]:
    """The returns of a request, in order of opening; requests that grew out of it are none (RM1)."""
    return tuple(child for child in children(c, request) if child.kind == "rma")


def children(c: Connection, number: str) -> tuple[Case, ...]:
    """The cases that came from this one (RMAs of a request), in order of opening."""
    return tuple(_case(row) for row in c.execute(select(case).where(case.c.parent == number).order_by(case.c.opened_at, case.c.number)))


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
    """Cases in order of opening. `overdue_at`: those in state overdue, or with a deadline before it that has not fired."""
    wanted = {case.c.kind: kind, case.c.state: state, case.c.assignee: assignee, case.c.desk: desk}
    query = select(case).where(*(column == value for column, value in wanted.items() if value is not None))
    if overdue_at is not None:
        late = select(deadline.c.case_number).where(deadline.c.state == "waiting", deadline.c.due_at <= overdue_at)
        query = query.where(or_(case.c.state == "overdue", case.c.number.in_(late)))
    return tuple(_case(row) for row in c.execute(query.order_by(case.c.opened_at, case.c.number).limit(limit)))


def counts(c: Connection) -> dict[tuple[str, str], int]:
    """(kind, state) to the number of cases."""
    query = select(case.c.kind, case.c.state, func.count().label("n")).group_by(case.c.kind, case.c.state)
    return {(row.kind, row.state): row.n for row in c.execute(query)}


def next_number(c: Connection, kind: str, prefix: str, first: int = 100001) -> str:
    """A case number never given out before; gaps are possible. Numbers count by prefix, since desks and case types may share one.

    A case type without a prefix of its own takes its name instead.
    """
    letters = prefix or f"{kind}-"
    return f"{letters}{next_value(c, letters, first)}"


def open_with_serial(c: Connection, serials: Iterable[str], *, desk: str | None = None) -> list[tuple[str, str, str]]:
    """(serial, case number, kind) of cases not closed that name one of the serials (IN10, BX8), in order of opening; of one desk or all."""
    asked = sorted({index_key(serial) for serial in serials})
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
    """The desk's cases of a kind, closed ones too, that name one of the serials, in order of opening."""
    asked = sorted({index_key(serial) for serial in serials})
    found: dict[str, Case] = {}
    for start in range(0, len(asked), CHUNK):
        named = select(case_serial.c.case_number).where(case_serial.c.serial.in_(asked[start : start + CHUNK]))
        query = select(case).where(case.c.number.in_(named), case.c.kind == kind, case.c.desk == desk)
        found |= {row.number: _case(row) for row in c.execute(query)}
    return tuple(sorted(found.values(), key=lambda one: (one.opened_at, one.number)))


def _case(row: Row[Any]) -> Case:
    return Case(**row._asdict())


def _values(value: Case) -> dict[str, Any]:
    return {name: getattr(value, name) for name in COLUMNS}


def _serials_of(details: Any) -> frozenset[str]:
    """The serials that a case is about: its own, those of its lines, and what came back on them. Parcels may carry others' devices
    and do not count."""
    carriers = (details, *getattr(details, "lines", ()))
    named = (serial for carrier in carriers for part in ("serials", "received_serials") for serial in getattr(carrier, part, ()))
    return frozenset(index_key(serial) for serial in named if serial)


def _write_serials(c: Connection, number: str, known: frozenset[str], serials: frozenset[str]) -> None:
    for gone in known - serials:
        c.execute(delete(case_serial).where(case_serial.c.case_number == number, case_serial.c.serial == gone))
    new = [{"case_number": number, "serial": serial} for serial in sorted(serials - known)]
    if new:
        c.execute(_INSERT_SERIAL, new)
