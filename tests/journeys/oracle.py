"""An independent reader of what became of the mails: plain SQL and the SMTP server's own receptions, no product code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, text

from tests.servers.smtp import SmtpSink

FINAL = {"opened", "added", "bounce", "automatic", "duplicate", "ignored", "quarantined"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One mail to one recipient: its row, and how often the server took it."""

    notice: str
    recipient: str
    state: str
    ambiguous: int
    received: int


class Oracle:
    """Looks at one database and one SMTP server."""

    def __init__(self, database_url: str, sink: SmtpSink) -> None:
        self._url, self._sink = database_url, sink

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self._connected() as c:
            return [tuple(row) for row in c.execute(text(query), values)]

    def one(self, query: str, **values: Any) -> Any:
        ((found,),) = self.rows(query, **values)
        return found

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        engine = sqlalchemy.create_engine(self._url)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()

    # What time does

    def let_deadline_come(self, kind: str) -> None:
        """The day of a deadline is here."""
        with self._connected() as c:
            ago = datetime.now(UTC) - timedelta(minutes=1)
            statement = text("UPDATE deadline SET due_at = :ago WHERE state = 'waiting' AND kind = :kind")
            assert c.execute(statement.bindparams(_instant("ago", ago)), {"kind": kind}).rowcount == 1

    def let_next_tries_come(self) -> None:
        """The pause before further tries is over."""
        with self._connected() as c:
            ago = datetime.now(UTC) - timedelta(minutes=1)
            c.execute(text("UPDATE outbox SET next_try_at = :ago WHERE state = 'waiting'").bindparams(_instant("ago", ago)))

    # What became of the mails

    def inbound_states(self) -> Counter[str]:
        return Counter(state for (state,) in self.rows("SELECT state FROM inbound"))

    def inbound_places(self) -> list[tuple[str, int]]:
        return [(mailbox, uid) for mailbox, uid in self.rows("SELECT mailbox, uid FROM inbound ORDER BY mailbox, uid")]

    def unfinished(self) -> int:
        """Rows that still wait for handling or sending."""
        waiting = self.one("SELECT count(*) FROM inbound WHERE state = 'received'")
        return int(waiting + self.one("SELECT count(*) FROM outbox WHERE state IN ('waiting', 'leased')"))

    def cases(self) -> list[tuple[str, str]]:
        """(kind, state) in the order of their numbers."""
        return [(kind, state) for kind, state in self.rows('SELECT kind, state FROM "case" ORDER BY kind, number')]

    def deliveries(self, notice: str = "") -> list[Delivery]:
        """Every outbox row, or those of one notice, with what the server took of it."""
        query = (
            "SELECT n.name, n.message_id, o.recipient, o.state, o.ambiguous FROM outbox o JOIN notice n ON n.id = o.notice_id ORDER BY o.id"
        )
        received = self.receptions()
        return [
            Delivery(name, recipient, state, ambiguous, received[f"<{message_id}>", recipient])
            for name, message_id, recipient, state, ambiguous in self.rows(query)
            if notice in ("", name)
        ]

    def notices(self) -> Counter[str]:
        """How many notices of each name were written."""
        return Counter(name for (name,) in self.rows("SELECT name FROM notice"))

    def receptions(self) -> Counter[tuple[str, str]]:
        """How often the server took each (Message-ID, recipient)."""
        return Counter((one.message_id, recipient) for one in self._sink.receptions for recipient in one.recipients)

    def ambiguous(self) -> int:
        return int(self.one("SELECT coalesce(sum(ambiguous), 0) FROM outbox"))

    def unexpected(self) -> set[str]:
        """Message-IDs that the server took and no notice of ours has."""
        known = {f"<{message_id}>" for (message_id,) in self.rows("SELECT message_id FROM notice")}
        return {one.message_id for one in self._sink.receptions} - known

    def altered(self) -> set[str]:
        """Message-IDs of which two copies differ in any byte."""
        return {message_id for message_id, copies in self._sink.by_message_id().items() if len({copy.raw for copy in copies}) > 1}

    def damage(self) -> list[tuple[Any, ...]]:
        """What SQLite's own checks find; nothing on PostgreSQL, which has its own."""
        if not self._url.startswith("sqlite"):
            return []
        found = [row for row in self.rows("PRAGMA integrity_check") if row != ("ok",)]
        return found + self.rows("PRAGMA foreign_key_check")


def _instant(name: str, at: datetime) -> sqlalchemy.BindParameter[datetime]:
    """SQLite keeps instants in UTC without saying so; PostgreSQL wants the offset."""
    return sqlalchemy.bindparam(name, at, type_=sqlalchemy.DateTime(timezone=True))
