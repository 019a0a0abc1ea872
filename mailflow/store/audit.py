"""The store's side of `mailflow audit` (BX1): what became of each UID, what was handled twice, and whether the rows are whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select

from mailflow.store.tables import case, inbound, notice, outbox, raw_mail


@dataclass(frozen=True, slots=True)
class AmbiguousDelivery:
    """A mail of which up to `times` further copies may have arrived."""

    message_id: str
    recipient: str
    state: str
    times: int


def uid_states(c: Connection, mailbox: str) -> dict[tuple[int, int], str]:
    """Map (uidvalidity, uid) of every mail ever stored from a mailbox, to its state."""
    query = select(inbound.c.uidvalidity, inbound.c.uid, inbound.c.state).where(inbound.c.mailbox == mailbox)
    return {(row.uidvalidity, row.uid): row.state for row in c.execute(query)}


def handled_twice(c: Connection) -> list[tuple[int, ...]]:
    """Find ids of rows that are the same mail and yet each opened or changed a case of one desk; always empty, or promise P2 is broken."""
    acted = inbound.c.state.in_(("opened", "added"))
    same_bytes = (inbound.c.raw_sha256, inbound.c.size)
    same_words = (inbound.c.message_id, inbound.c.sender, inbound.c.body_sha256)
    known = and_(inbound.c.message_id != "", inbound.c.body_sha256 != "")
    found: set[tuple[int, ...]] = set()
    for columns, where in ((same_bytes, acted), (same_words, and_(acted, known))):
        by_desk = (*columns, case.c.desk)
        doubled = select(*by_desk).join_from(inbound, case).where(where).group_by(*by_desk).having(func.count() > 1)
        for values in c.execute(doubled):
            alike = and_(where, *(column == value for column, value in zip(by_desk, values, strict=True)))
            found.add(tuple(c.execute(select(inbound.c.id).join_from(inbound, case).where(alike).order_by(inbound.c.id)).scalars()))
    return sorted(found)


def ambiguous_deliveries(c: Connection) -> list[AmbiguousDelivery]:
    """List deliveries with tries of unknown outcome, in the order of writing (P3)."""
    query = select(notice.c.message_id, outbox.c.recipient, outbox.c.state, outbox.c.ambiguous).join(outbox)
    return [AmbiguousDelivery(*row) for row in c.execute(query.where(outbox.c.ambiguous > 0).order_by(outbox.c.id))]


def broken_rows(c: Connection) -> list[str]:
    """Say what is wrong with the stored rows, one line each: the database's own check, pointers at nothing, mails whose bytes changed."""
    problems: list[str] = []
    if c.dialect.name == "sqlite":
        problems += [line for (line,) in c.exec_driver_sql("PRAGMA integrity_check") if line != "ok"]
        problems += [f"row {row} of {table} points at nothing" for table, row, *_ in c.exec_driver_sql("PRAGMA foreign_key_check")]
    for digest in c.execute(select(raw_mail.c.sha256)).scalars().all():
        content, size = c.execute(select(raw_mail.c.content, raw_mail.c.size).where(raw_mail.c.sha256 == digest)).one()
        if hashlib.sha256(content).hexdigest() != digest or len(content) != size:
            ids = c.execute(select(inbound.c.id).where(inbound.c.raw_sha256 == digest).order_by(inbound.c.id)).scalars()
            problems.append(f"the bytes of inbound mail {', '.join(map(str, ids))} are not those that were stored")
    without = or_(inbound.c.state == "opened", inbound.c.state == "added")
    for id in c.execute(select(inbound.c.id).where(without, inbound.c.case_number.is_(None)).order_by(inbound.c.id)).scalars():
        problems.append(f"inbound mail {id} was put on a case but names none")
    return problems
