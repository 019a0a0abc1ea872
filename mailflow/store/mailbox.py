"""Who reads which mailbox: a lease with an epoch, so that of many nodes one reads and a late one can be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, case, or_, select, update

from mailflow.store.tables import mailbox
from mailflow.store.transaction import fetch, fetch_one, insert_new


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxState:
    """`uidvalidity` is None before the first look; `last_uid` the highest UID up to which all are stored."""

    address: str
    uidvalidity: int | None
    last_uid: int
    owner: str | None
    lease_until: datetime | None
    epoch: int


def claim(c: Connection, address: str, owner: str, now: datetime, lease: timedelta) -> int | None:
    """Own the mailbox until now + lease. Returns its epoch, None while somebody else owns it. The owner's own claim is a renewal.

    The epoch grows with each change of owner.
    """
    insert_new(c, mailbox, {"address": address})
    free = or_(mailbox.c.owner.is_(None), mailbox.c.owner == owner, mailbox.c.lease_until < now)
    epoch = case((mailbox.c.owner == owner, mailbox.c.epoch), else_=mailbox.c.epoch + 1)
    taken: int | None = c.execute(
        update(mailbox)
        .where(mailbox.c.address == address, free)
        .values(owner=owner, lease_until=now + lease, epoch=epoch)
        .returning(mailbox.c.epoch)
    ).scalar()
    return taken


def release(c: Connection, address: str, owner: str) -> bool:
    """Give the mailbox up; False where it was not this owner's any more."""
    ours = and_(mailbox.c.address == address, mailbox.c.owner == owner)
    return c.execute(update(mailbox).where(ours).values(owner=None, lease_until=None)).rowcount == 1


def remember_state(c: Connection, address: str, *, uidvalidity: int, last_uid: int, epoch: int | None = None) -> bool:
    """Record where reading stands. With `epoch`, only while that lease holds: False means that the mailbox has another owner."""
    insert_new(c, mailbox, {"address": address})
    change = update(mailbox).where(mailbox.c.address == address).values(uidvalidity=uidvalidity, last_uid=last_uid)
    if epoch is not None:
        change = change.where(mailbox.c.epoch == epoch)
    return c.execute(change).rowcount == 1


def state_of(c: Connection, address: str) -> MailboxState | None:
    """Read a mailbox's state, None for one never claimed."""
    return fetch_one(c, select(mailbox).where(mailbox.c.address == address), MailboxState)


def all_states(c: Connection) -> list[MailboxState]:
    """List every mailbox ever claimed, by address."""
    return fetch(c, select(mailbox).order_by(mailbox.c.address), MailboxState)
