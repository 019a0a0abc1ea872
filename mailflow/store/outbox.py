"""Mails on their way out, one row a recipient: leased, sent, and marked by whoever still holds the lease.

`waiting -> leased -> sent | waiting | failed | held`, and `discarded` where staff gave one up.
Between `mark_dialogue` and the verdict the outcome is unknown to everybody but the server (RFC 1047);
what is left of that after a crash is counted in `ambiguous`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, select, update

from mailflow.store.tables import notice, outbox
from mailflow.store.transaction import fetch, fetch_one


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """What a sender needs: one envelope and the bytes, the same at every try. `attempts` counts this one."""

    id: int
    notice_id: int
    recipient: str
    envelope_from: str
    message_id: str
    raw: bytes
    attempts: int
    at_most_once: bool
    ambiguous: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """One delivery as staff see it. `ambiguous` counts tries of which nobody knows whether they arrived."""

    id: int
    notice_id: int
    notice: str
    message_id: str
    case_number: str | None
    desk: str
    recipient: str
    envelope_from: str
    state: str
    next_try_at: datetime
    leased_by: str | None
    leased_until: datetime | None
    attempts: int
    ambiguous: int
    reason: str
    response: str
    sent_at: datetime | None
    failed_at: datetime | None
    bounced_at: datetime | None
    bounce_reason: str
    created_at: datetime


_FREE: dict[str, Any] = {"leased_by": None, "leased_until": None, "dialogue_began_at": None}
_HIDDEN = {"dialogue_began_at", "reported"}
_OF_NOTICE = (notice.c.name.label("notice"), notice.c.message_id, notice.c.case_number, notice.c.desk)
_LISTING = select(*(column for column in outbox.c if column.name not in _HIDDEN), *_OF_NOTICE).join(notice)
_MARK = update(outbox).where(
    outbox.c.id == bindparam("row_id"), outbox.c.state == "leased", outbox.c.leased_by == bindparam("holder", type_=outbox.c.leased_by.type)
)
_MARK_AMBIGUOUS = _MARK.values(ambiguous=outbox.c.ambiguous + 1)


def lease_due(c: Connection, *, now: datetime, owner: str, lease: timedelta, limit: int) -> list[OutboxItem]:
    """Take up to `limit` waiting rows that are due, the longest due first; nobody else gets them before now + lease."""
    due = and_(outbox.c.state == "waiting", outbox.c.next_try_at <= now)
    pick = select(outbox.c.id).where(due).order_by(outbox.c.next_try_at, outbox.c.id).limit(limit).with_for_update(skip_locked=True)
    ids = list(c.execute(pick).scalars())
    if not ids:
        return []
    held = {"state": "leased", "leased_by": owner, "leased_until": now + lease, "attempts": outbox.c.attempts + 1}
    c.execute(update(outbox).where(outbox.c.id.in_(ids)).values(**{**held, "dialogue_began_at": None}))
    columns = (outbox.c.id, outbox.c.notice_id, outbox.c.recipient, outbox.c.envelope_from, outbox.c.attempts, outbox.c.ambiguous)
    of_notice = (notice.c.message_id, notice.c.raw, notice.c.at_most_once)
    query = select(*columns, *of_notice).join(notice).where(outbox.c.id.in_(ids)).order_by(outbox.c.next_try_at, outbox.c.id)
    return fetch(c, query, OutboxItem)


def extend_lease(c: Connection, owner: str, until: datetime) -> int:
    """Hold all of this owner's rows longer; returns how many."""
    return c.execute(update(outbox).where(outbox.c.state == "leased", outbox.c.leased_by == owner).values(leased_until=until)).rowcount


def mark_dialogue(c: Connection, id: int, owner: str, at: datetime) -> bool:
    """Mark, and commit, before the mail's bytes leave. False: the lease is lost, so the mail must not be sent."""
    return _mark(c, id, owner, dialogue_began_at=at)


def mark_sent(c: Connection, id: int, owner: str, at: datetime, response: str) -> bool:
    """Mark as sent: the server took it. False: the lease was lost meanwhile, and the row already counts as ambiguous."""
    return _mark(c, id, owner, state="sent", sent_at=at, response=response, reason="", **_FREE)


def mark_waiting(c: Connection, id: int, owner: str, next_try_at: datetime, reason: str, ambiguous: bool = False) -> bool:
    """Mark to be tried again later. With `ambiguous` the try may have arrived. False: the lease is lost."""
    return _mark(c, id, owner, state="waiting", next_try_at=next_try_at, reason=reason, ambiguous=ambiguous, **_FREE)


def mark_failed(c: Connection, id: int, owner: str, reason: str, at: datetime) -> bool:
    """Mark as failed: refused for good. False: the lease is lost."""
    return _mark(c, id, owner, state="failed", failed_at=at, reason=reason, **_FREE)


def mark_held(c: Connection, id: int, owner: str, reason: str, ambiguous: bool = True) -> bool:
    """Hold for a human. False: the lease is lost."""
    return _mark(c, id, owner, state="held", reason=reason, ambiguous=ambiguous, **_FREE)


def _mark(c: Connection, id: int, owner: str, *, ambiguous: bool = False, **values: object) -> bool:
    return c.execute(_MARK_AMBIGUOUS if ambiguous else _MARK, {**values, "row_id": id, "holder": owner}).rowcount == 1


def release(c: Connection, owner: str) -> int:
    """Give back this owner's rows with no open dialogue at a clean stop; their attempt does not count. Returns how many."""
    ours = and_(outbox.c.state == "leased", outbox.c.leased_by == owner, outbox.c.dialogue_began_at.is_(None))
    return c.execute(update(outbox).where(ours).values(state="waiting", attempts=outbox.c.attempts - 1, **_FREE)).rowcount


def recover_interrupted(c: Connection, now: datetime) -> list[int]:
    """Take back rows whose lease ran out; returns their ids.

    Where the dialogue had begun the mail may have arrived: counted as ambiguous, and an at-most-once mail is held for staff.
    """
    return _recover(c, outbox.c.leased_until < now)


def recover_own(c: Connection, owner: str | None = None) -> list[int]:
    """Take back, as `recover_interrupted`, what a process that is known to be gone held; None: what anybody held (one process alone)."""
    return _recover(c, outbox.c.leased_by == owner if owner is not None else outbox.c.id.is_not(None))


def _recover(c: Connection, whose: ColumnElement[bool]) -> list[int]:
    lost = select(outbox.c.id).where(outbox.c.state == "leased", whose).order_by(outbox.c.id).with_for_update(skip_locked=True)
    ids = list(c.execute(lost).scalars())
    begun = outbox.c.dialogue_began_at.is_not(None)
    once = outbox.c.notice_id.in_(select(notice.c.id).where(notice.c.at_most_once.is_(True)))
    taken_back = {
        "state": case((and_(begun, once), "held"), else_="waiting"),
        "ambiguous": outbox.c.ambiguous + case((begun, 1), else_=0),
        "reason": case((begun, "interrupted after the mail had begun to leave"), else_="interrupted before the mail began to leave"),
    }
    for start in range(0, len(ids), 500):
        c.execute(update(outbox).where(outbox.c.id.in_(ids[start : start + 500])).values(**taken_back, **_FREE))
    return ids


def record_bounce(c: Connection, message_id: str, recipient: str, at: datetime, reason: str) -> bool:
    """Record that a sent mail came back. False for an unknown delivery (a forged or foreign bounce), or one that came back before."""
    ours = select(notice.c.id).where(notice.c.message_id == message_id)
    here = and_(outbox.c.notice_id.in_(ours), outbox.c.recipient == recipient, outbox.c.bounced_at.is_(None))
    return c.execute(update(outbox).where(here).values(bounced_at=at, bounce_reason=reason)).rowcount > 0


def retry(c: Connection, id: int, now: datetime) -> bool:
    """Send a held or failed row after all. False where it is neither."""
    here = and_(outbox.c.id == id, outbox.c.state.in_(("held", "failed")))
    return c.execute(update(outbox).where(here).values(state="waiting", next_try_at=now, failed_at=None, reported=False)).rowcount == 1


def discard(c: Connection, id: int, *, reason: str, at: datetime) -> bool:
    """Give up a waiting, held or failed row: settled for good. False where it is none of them."""
    here = and_(outbox.c.id == id, outbox.c.state.in_(("held", "waiting", "failed")))
    given_up = {"state": "discarded", "reason": reason, "failed_at": func.coalesce(outbox.c.failed_at, at)}
    return c.execute(update(outbox).where(here).values(**given_up)).rowcount == 1


def counts(c: Connection) -> dict[str, int]:
    """Count the rows in each state."""
    return {row.state: row.n for row in c.execute(select(outbox.c.state, func.count().label("n")).group_by(outbox.c.state))}


def ambiguous_total(c: Connection) -> int:
    """Count all tries ever of unknown outcome."""
    total: int = c.execute(select(func.coalesce(func.sum(outbox.c.ambiguous), 0))).scalar_one()
    return total


def oldest_unsent(c: Connection) -> datetime | None:
    """Find when the oldest row still to be sent was written."""
    return c.execute(select(func.min(outbox.c.created_at)).where(outbox.c.state.in_(("waiting", "leased")))).scalar()


def next_try(c: Connection) -> datetime | None:
    """Find the earliest instant at which a waiting row is to be tried, past ones included."""
    return c.execute(select(func.min(outbox.c.next_try_at)).where(outbox.c.state == "waiting")).scalar()


def list_rows(
    c: Connection, *, state: str | None = None, case_number: str | None = None, notice_id: int | None = None, limit: int = 1000
) -> list[OutboxRow]:
    """List deliveries in the order in which they were written."""
    wanted = {outbox.c.state: state, notice.c.case_number: case_number, outbox.c.notice_id: notice_id}
    query = _LISTING.where(*(column == value for column, value in wanted.items() if value is not None))
    return fetch(c, query.order_by(outbox.c.id).limit(limit), OutboxRow)


def load(c: Connection, id: int) -> OutboxRow | None:
    """Read one delivery, None for an unknown id."""
    return fetch_one(c, _LISTING.where(outbox.c.id == id), OutboxRow)


def take_unreported(c: Connection, limit: int) -> list[OutboxRow]:
    """Take deliveries refused for good or given up that staff were not told of yet, in the order of writing: each comes once."""
    unreported = and_(outbox.c.failed_at.is_not(None), outbox.c.reported.is_(False))
    ids = list(
        c.execute(select(outbox.c.id).where(unreported).order_by(outbox.c.id).limit(limit).with_for_update(skip_locked=True)).scalars()
    )
    if not ids:
        return []
    c.execute(update(outbox).where(outbox.c.id.in_(ids)).values(reported=True))
    return fetch(c, _LISTING.where(outbox.c.id.in_(ids)).order_by(outbox.c.id), OutboxRow)


def failed_since(c: Connection, since: datetime) -> list[OutboxRow]:
    """List deliveries that were refused, given up or came back from an instant on, for telling staff (OUT2)."""
    refused = select(outbox.c.id).where(outbox.c.failed_at >= since)
    returned = select(outbox.c.id).where(outbox.c.bounced_at >= since)
    return fetch(c, _LISTING.where(outbox.c.id.in_(refused.union(returned))).order_by(outbox.c.id), OutboxRow)
