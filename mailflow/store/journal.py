"""What was done: the journal (who did what, when, because of which mail or deadline), and the commands that `/undo` can take back.

The database refuses to change a line of the journal.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from mailflow.policy.case import Case
from mailflow.policy.derivation import Derivation
from mailflow.policy.facts import WaitingDeadline
from mailflow.store import case as case_rows
from mailflow.store.tables import case, given_command, journal
from mailflow.store.transaction import fetch

NEWEST = 50
"""How many commands of one person are looked through for those of a case."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCommand:
    """One command as it was done. `before` holds the cases that it changed as they were, `versions` what they are since, (number, version);
    a number that stands only in `versions` was opened by it. `stopped` and `started` are the clocks that it took away and set;
    `sent` the letters that went to addresses outside the desk, (notice, addresses).
    """

    case_number: str
    by: str
    line: str
    at: datetime
    before: tuple[Case, ...] = ()
    versions: tuple[tuple[str, int], ...] = ()
    stopped: tuple[WaitingDeadline, ...] = ()
    started: tuple[WaitingDeadline, ...] = ()
    sent: tuple[tuple[str, tuple[str, ...]], ...] = ()
    undone: bool = False
    id: int = 0

    @property
    def opened(self) -> tuple[str, ...]:
        """List the numbers of cases that came into being by it."""
        known = {case.number for case in self.before}
        return tuple(number for number, _ in self.versions if number not in known)


COMMAND_FIELDS = tuple(field.name for field in fields(GivenCommand) if field.name != "id")

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
    """List the lines of a case in the order in which they were written."""
    return fetch(c, select(journal).where(journal.c.case_number == number).order_by(journal.c.id), JournalRow)


def of_inbound(c: Connection, inbound_id: int) -> list[JournalRow]:
    """List the lines that a mail caused, of whichever case."""
    query = select(journal).where(journal.c.inbound_id == inbound_id).order_by(journal.c.id)
    return fetch(c, query, JournalRow)


def since(c: Connection, at: datetime, *, desk: str | None = None, limit: int = 10000) -> list[JournalRow]:
    """List lines from an instant on, for a digest."""
    query = select(journal).where(journal.c.at >= at)
    if desk is not None:
        query = query.where(journal.c.desk == desk)
    return fetch(c, query.order_by(journal.c.id).limit(limit), JournalRow)


def add_command(c: Connection, given: GivenCommand) -> None:
    """Keep a command beside what it changed."""
    kept = {name: getattr(given, name) for name in COMMAND_FIELDS}
    c.execute(insert(given_command), {**kept, "before": [case_rows.to_json(c, one) for one in given.before]})


def newest_command_by(c: Connection, by: str, desk: str, numbers: Collection[str]) -> GivenCommand | None:
    """Find the person's last command on one of the cases, or on any of the desk where none are named; None where there is none."""
    of_desk = select(given_command).join(case, case.c.number == given_command.c.case_number).where(case.c.desk == desk)
    for row in c.execute(of_desk.where(given_command.c.by == by).order_by(given_command.c.id.desc()).limit(NEWEST)):
        touched = {row.case_number, *(number for number, _ in row.versions)}
        if not numbers or touched.intersection(numbers):
            before = tuple(case_rows.from_json(c, one) for one in row.before)
            return GivenCommand(**{**row._asdict(), "before": before})
    return None


def commands_of_case(c: Connection, number: str) -> list[GivenCommand]:
    """List the commands given in the thread of a case, in order: by whom, when, which line, and whether it was taken back."""
    columns = (given_command.c.case_number, given_command.c.by, given_command.c.line, given_command.c.at, given_command.c.undone)
    query = select(*columns).where(given_command.c.case_number == number).order_by(given_command.c.id)
    return fetch(c, query, GivenCommand)


def mark_undone(c: Connection, id: int) -> bool:
    """Mark a command as taken back. False where it was so before."""
    here = (given_command.c.id == id, given_command.c.undone.is_(False))
    return c.execute(update(given_command).where(*here).values(undone=True)).rowcount == 1
