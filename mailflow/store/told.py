"""What staff were told of lately, so that a flood of one sort is told once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, update

from mailflow.store.conflict import insert_new
from mailflow.store.tables import told


def is_news(c: Connection, desk: str, about: str, now: datetime, silence: timedelta) -> bool:
    """Whether the desk's staff heard nothing of it for as long as `silence`; from now on they did."""
    if insert_new(c, told, {"desk": desk, "about": about, "at": now}):
        return True
    known = (told.c.desk == desk, told.c.about == about, or_(told.c.at <= now - silence, told.c.at > now))
    return c.execute(update(told).where(*known).values(at=now)).rowcount == 1
