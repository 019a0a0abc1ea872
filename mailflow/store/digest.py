"""Digests that are settled, one row a moment: whoever adds the row writes the letters, so that none is written twice (BX12).

What a digest tells is looked up here too; each of these is read once a day or week.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from mailflow.policy.case import Case
from mailflow.policy.facts import WaitingDeadline
from mailflow.store import case as case_rows
from mailflow.store.conflict import insert_new
from mailflow.store.tables import case, deadline, digest


def settle(c: Connection, desk: str, kind: str, due_at: datetime) -> bool:
    """Take a moment for this transaction; False where it is settled already, by whomever."""
    return insert_new(c, digest, {"desk": desk, "kind": kind, "due_at": due_at, "letters": 0})


def record_letters(c: Connection, desk: str, kind: str, due_at: datetime, letters: int) -> None:
    """How many letters were written of a settled digest; 0 where there was nothing to tell."""
    here = (digest.c.desk == desk, digest.c.kind == kind, digest.c.due_at == due_at)
    c.execute(update(digest).where(*here).values(letters=letters))


def settled(c: Connection) -> Mapping[tuple[str, str], datetime]:
    """(desk, kind) to the newest moment that is settled. A pair that was never looked at is missing."""
    query = select(digest.c.desk, digest.c.kind, func.max(digest.c.due_at).label("at")).group_by(digest.c.desk, digest.c.kind)
    return {(row.desk, row.kind): row.at for row in c.execute(query)}


def last_sent(c: Connection, desk: str, kind: str) -> datetime | None:
    """The moment of the newest digest that had something to tell."""
    here = (digest.c.desk == desk, digest.c.kind == kind, digest.c.letters > 0)
    return c.execute(select(func.max(digest.c.due_at)).where(*here)).scalar()


def clocks_of_kinds(c: Connection, desk: str, kinds: Collection[str]) -> tuple[tuple[WaitingDeadline, Case], ...]:
    """The desk's waiting clocks of these kinds with their cases, earliest first."""
    columns = (deadline.c.case_number, deadline.c.kind, deadline.c.key, deadline.c.due_at, deadline.c.steps)
    query = select(*columns).join(case, case.c.number == deadline.c.case_number)
    query = query.where(case.c.desk == desk, deadline.c.state == "waiting", deadline.c.kind.in_(kinds))
    clocks = [WaitingDeadline(**row._asdict()) for row in c.execute(query.order_by(deadline.c.due_at, deadline.c.id))]
    cases = {number: case_rows.load(c, number) for number in {clock.case_number for clock in clocks}}
    return tuple((clock, found) for clock in clocks if (found := cases[clock.case_number]) is not None)


def open_returns(c: Connection, desk: str) -> tuple[Case, ...]:
    """The desk's returns that are not closed, in order of opening."""
    query = select(case.c.number).where(case.c.kind == "rma", case.c.desk == desk, case.c.closed_at.is_(None))
    numbers = c.execute(query.order_by(case.c.opened_at, case.c.number)).scalars().all()
    return tuple(found for number in numbers if (found := case_rows.load(c, number)) is not None)
