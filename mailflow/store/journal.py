"""The append-only history: who did what, when, because of which mail or deadline. The database refuses to change a line of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from mailflow.policy.derivation import Derivation
from mailflow.store.tables import journal


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """`what` is a short name of the act, `text` its sentence, `steps` the derivation behind it (BX2)."""

    id: int
    case_number: str | None
    desk: str
    at: datetime
    who: str
    what: str
    text: str
    steps: Derivation
    inbound_id: int | None
    deadline_id: int | None


_INSERT = insert(journal)


def write(
    c: Connection,
    *,
    case_number: str | None,
    desk: str,
    at: datetime,
    who: str,
    what: str,
    text: str,
    steps: Derivation = (),
    inbound_id: int | None = None,
    deadline_id: int | None = None,
) -> None:
    """Add a line."""
    line = {"case_number": case_number, "desk": desk, "at": at, "who": who, "what": what, "text": text, "steps": tuple(steps)}
    c.execute(_INSERT, {**line, "inbound_id": inbound_id, "deadline_id": deadline_id})


def of_case(c: Connection, number: str) -> list[JournalRow]:
    """The lines of a case in the order in which they were written."""
    return [JournalRow(**row._asdict()) for row in c.execute(select(journal).where(journal.c.case_number == number).order_by(journal.c.id))]


def of_inbound(c: Connection, inbound_id: int) -> list[JournalRow]:
    """The lines that a mail caused, of whichever case."""
    query = select(journal).where(journal.c.inbound_id == inbound_id).order_by(journal.c.id)
    return [JournalRow(**row._asdict()) for row in c.execute(query)]


def since(c: Connection, at: datetime, *, desk: str | None = None, limit: int = 10000) -> list[JournalRow]:
    """Lines from an instant on, for a digest."""
    query = select(journal).where(journal.c.at >= at)
    if desk is not None:
        query = query.where(journal.c.desk == desk)
    return [JournalRow(**row._asdict()) for row in c.execute(query.order_by(journal.c.id).limit(limit))]
