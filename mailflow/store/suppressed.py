"""Addresses whose mail came back for good: counted here, judged by the rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from mailflow.store.conflict import insert_new
from mailflow.store.tables import suppressed_address

CHUNK = 500
"""Addresses a statement: SQLite limits the parameters of one."""


def add_hard_bounce(c: Connection, address: str, at: datetime) -> None:
    """Count a permanent, matched bounce (IN7). `since` stays the first one's."""
    insert_new(c, suppressed_address, {"address": address, "since": at})
    change = update(suppressed_address).where(suppressed_address.c.address == address)
    c.execute(change.values(hard_bounces=suppressed_address.c.hard_bounces + 1))


def bounces_of(c: Connection, addresses: Iterable[str]) -> dict[str, int]:
    """Those of the addresses that ever bounced, with how often."""
    asked = sorted(set(addresses))
    found: dict[str, int] = {}
    for start in range(0, len(asked), CHUNK):
        query = select(suppressed_address.c.address, suppressed_address.c.hard_bounces)
        rows = c.execute(query.where(suppressed_address.c.address.in_(asked[start : start + CHUNK])))
        found |= {row.address: row.hard_bounces for row in rows}
    return found


def forget(c: Connection, address: str) -> bool:
    """Staff say that the address works again. False where nothing was counted."""
    return c.execute(delete(suppressed_address).where(suppressed_address.c.address == address)).rowcount == 1
