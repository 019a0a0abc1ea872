"""Dates that will cause something: deadlines of cases, claimed when due and fired once, and the moments of a desk's digests.

A digest is settled by one row a moment: whoever adds the row writes the letters, so that none is written twice (BX12).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, func, insert, select, update

from mailflow.policy.case import Case
from mailflow.policy.derivation import Derivation
from mailflow.policy.facts import WaitingDeadline
from mailflow.store import case as case_rows
from mailflow.store.tables import case, deadline, digest
from mailflow.store.transaction import fetch, fetch_one, insert_new


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRow:
    """`state` is waiting, fired or cleared; `steps` say how the date came about (BX2)."""

    id: int
    case_number: str
    kind: str
    key: str
    due_at: datetime
    state: str
    steps: Derivation
    attempts: int
    fired_at: datetime | None


_INSERT = insert(deadline).returning(deadline.c.id)
_CASE: BindParameter[str] = bindparam("of_case", type_=deadline.c.case_number.type)
_CLEAR = update(deadline).where(
    deadline.c.case_number == _CASE, deadline.c.kind == bindparam("of_kind", type_=deadline.c.kind.type), deadline.c.state == "waiting"
)
_CLEAR_KEY = _CLEAR.where(deadline.c.key == bindparam("of_key", type_=deadline.c.key.type))


def set(c: Connection, case_number: str, kind: str, key: str, due_at: datetime, steps: Derivation = ()) -> int:
    """Put a deadline, and clear a waiting one of the same case, kind and key, so that who holds its id cannot fire it. Returns the id."""
    clear(c, case_number, kind, key)
    row = {"case_number": case_number, "kind": kind, "key": key, "due_at": due_at, "steps": steps}
    new: int = c.execute(_INSERT, row).scalar_one()
    return new


def clear(c: Connection, case_number: str, kind: str, key: str | None = None) -> int:
    """Take back the waiting deadlines of a kind, key None meaning all; returns how many."""
    where = {"of_case": case_number, "of_kind": kind}
    if key is None:
        return c.execute(_CLEAR, {**where, "state": "cleared"}).rowcount
    return c.execute(_CLEAR_KEY, {**where, "of_key": key, "state": "cleared"}).rowcount


def clear_all(c: Connection, case_number: str) -> int:
    """Take back every waiting deadline of a case; returns how many."""
    waiting = (deadline.c.case_number == case_number, deadline.c.state == "waiting")
    return c.execute(update(deadline).where(*waiting).values(state="cleared")).rowcount


def claim_due(c: Connection, now: datetime, limit: int, *, max_attempts: int | None = None) -> list[DeadlineRow]:
    """Claim deadlines due at `now`, earliest first, each with its attempt counted.

    Never tried ones come first; one that was tried before comes alone, and with `max_attempts` no more after that many.
    A claim does not reserve: the one who fires is the one whose `mark_fired` says True.
    """
    due = (deadline.c.state == "waiting", deadline.c.due_at <= now)
    order = (deadline.c.due_at, deadline.c.id)
    fresh = select(deadline).where(*due, deadline.c.attempts == 0).order_by(*order).limit(limit).with_for_update(skip_locked=True)
    rows = c.execute(fresh).all()
    if not rows:
        tried = select(deadline).where(*due)
        if max_attempts is not None:
            tried = tried.where(deadline.c.attempts < max_attempts)
        rows = c.execute(tried.order_by(deadline.c.attempts, *order).limit(1).with_for_update(skip_locked=True)).all()
    if rows:
        c.execute(update(deadline).where(deadline.c.id.in_([row.id for row in rows])).values(attempts=deadline.c.attempts + 1))
    return [DeadlineRow(**{**row._asdict(), "attempts": row.attempts + 1}) for row in rows]


def give_back(c: Connection, id: int) -> None:
    """Take back a claim's attempt: the trouble was not the deadline's."""
    tried = (deadline.c.id == id, deadline.c.state == "waiting", deadline.c.attempts > 0)
    c.execute(update(deadline).where(*tried).values(attempts=deadline.c.attempts - 1))


def mark_fired(c: Connection, id: int, at: datetime) -> bool:
    """Mark a deadline as fired. False where another worker fired it, or it was cleared or replaced: then nothing of it may be done."""
    waiting = (deadline.c.id == id, deadline.c.state == "waiting")
    return c.execute(update(deadline).where(*waiting).values(state="fired", fired_at=at)).rowcount == 1


def load(c: Connection, id: int) -> DeadlineRow | None:
    """Read one deadline, None for an unknown id."""
    return fetch_one(c, select(deadline).where(deadline.c.id == id), DeadlineRow)


def of_case(c: Connection, number: str) -> list[DeadlineRow]:
    """List all deadlines the case ever had, by their instant."""
    query = select(deadline).where(deadline.c.case_number == number).order_by(deadline.c.due_at, deadline.c.id)
    return fetch(c, query, DeadlineRow)


def next_due(c: Connection) -> datetime | None:
    """Find the earliest waiting instant, past ones included."""
    return c.execute(select(deadline.c.due_at).where(deadline.c.state == "waiting").order_by(deadline.c.due_at).limit(1)).scalar()


def waiting(c: Connection, *, until: datetime | None = None, limit: int = 1000) -> list[DeadlineRow]:
    """List waiting deadlines of all cases, earliest first."""
    query = select(deadline).where(deadline.c.state == "waiting")
    if until is not None:
        query = query.where(deadline.c.due_at <= until)
    return fetch(c, query.order_by(deadline.c.due_at, deadline.c.id).limit(limit), DeadlineRow)


def waiting_of(c: Connection, numbers: Sequence[str]) -> list[DeadlineRow]:
    """List waiting deadlines of the cases, earliest first."""
    query = select(deadline).where(deadline.c.case_number.in_(numbers), deadline.c.state == "waiting")
    return fetch(c, query.order_by(deadline.c.due_at, deadline.c.id), DeadlineRow)


def stuck(c: Connection, max_attempts: int) -> list[DeadlineRow]:
    """List waiting deadlines whose attempts are used up: a human must look."""
    query = select(deadline).where(deadline.c.state == "waiting", deadline.c.attempts >= max_attempts).order_by(deadline.c.due_at)
    return fetch(c, query, DeadlineRow)


def count_waiting(c: Connection) -> int:
    """Count the deadlines that are still to come, past ones that did not fire included."""
    return c.execute(select(func.count()).select_from(deadline).where(deadline.c.state == "waiting")).scalar_one()


def waiting_of_kinds(c: Connection, desk: str, kinds: Collection[str]) -> tuple[tuple[WaitingDeadline, Case], ...]:
    """List the desk's waiting deadlines of these kinds with their cases, earliest first."""
    columns = (deadline.c.case_number, deadline.c.kind, deadline.c.key, deadline.c.due_at, deadline.c.steps)
    query = select(*columns).join(case, case.c.number == deadline.c.case_number)
    query = query.where(case.c.desk == desk, deadline.c.state == "waiting", deadline.c.kind.in_(kinds))
    clocks = fetch(c, query.order_by(deadline.c.due_at, deadline.c.id), WaitingDeadline)
    cases = {number: case_rows.load(c, number) for number in {clock.case_number for clock in clocks}}
    return tuple((clock, found) for clock in clocks if (found := cases[clock.case_number]) is not None)


def settle_digest(c: Connection, desk: str, kind: str, due_at: datetime) -> bool:
    """Take a moment for this transaction; False where it is settled already, by whomever."""
    return insert_new(c, digest, {"desk": desk, "kind": kind, "due_at": due_at, "letters": 0})


def record_letters(c: Connection, desk: str, kind: str, due_at: datetime, letters: int) -> None:
    """Record how many letters were written of a settled digest; 0 where there was nothing to tell."""
    here = (digest.c.desk == desk, digest.c.kind == kind, digest.c.due_at == due_at)
    c.execute(update(digest).where(*here).values(letters=letters))


def settled_digests(c: Connection) -> Mapping[tuple[str, str], datetime]:
    """Map (desk, kind) to the newest moment that is settled. A pair that was never looked at is missing."""
    query = select(digest.c.desk, digest.c.kind, func.max(digest.c.due_at).label("at")).group_by(digest.c.desk, digest.c.kind)
    return {(row.desk, row.kind): row.at for row in c.execute(query)}


def last_digest(c: Connection, desk: str, kind: str) -> datetime | None:
    """Find the moment of the newest digest that had something to tell."""
    here = (digest.c.desk == desk, digest.c.kind == kind, digest.c.letters > 0)
    return c.execute(select(func.max(digest.c.due_at)).where(*here)).scalar()
