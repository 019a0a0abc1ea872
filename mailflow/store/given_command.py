"""Commands that were given, with what they changed, so that the last one can be taken back (contract: /undo)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mailflow.policy.case import Case
from mailflow.policy.facts import WaitingDeadline
from mailflow.store.tables import case, given_command

NEWEST = 50
"""How many commands of one person are looked through for those of a case."""


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
        """Numbers of the cases that came into being by it."""
        known = {case.number for case in self.before}
        return tuple(number for number, _ in self.versions if number not in known)


def add(c: Connection, given: GivenCommand) -> None:
    """Keep a command beside what it changed."""
    c.execute(
        insert(given_command),
        {
            "case_number": given.case_number,
            "by": given.by,
            "line": given.line,
            "at": given.at,
            "before": given.before,
            "after": given.versions,
            "deadlines": {"stopped": _rows(given.stopped), "started": _rows(given.started)},
            "sent": given.sent,
        },
    )


def newest_by(c: Connection, by: str, desk: str, numbers: Collection[str]) -> GivenCommand | None:
    """The person's last command on one of the cases, or on any of the desk where none are named; None where there is none."""
    of_desk = select(given_command).join(case, case.c.number == given_command.c.case_number).where(case.c.desk == desk)
    query = of_desk.where(given_command.c.by == by).order_by(given_command.c.id.desc()).limit(NEWEST)
    for row in c.execute(query):
        touched = {row.case_number, *(number for number, _ in row.after)}
        if not numbers or touched.intersection(numbers):
            return GivenCommand(
                id=row.id,
                case_number=row.case_number,
                by=row.by,
                line=row.line,
                at=row.at,
                before=row.before,
                versions=row.after,
                stopped=_clocks(row.deadlines["stopped"]),
                started=_clocks(row.deadlines["started"]),
                sent=row.sent,
                undone=row.undone,
            )
    return None


def of_case(c: Connection, number: str) -> list[GivenCommand]:
    """The commands given in the thread of a case, in order: by whom, when, which line, and whether it was taken back."""
    columns = (given_command.c.case_number, given_command.c.by, given_command.c.line, given_command.c.at, given_command.c.undone)
    rows = c.execute(select(*columns).where(given_command.c.case_number == number).order_by(given_command.c.id))
    return [GivenCommand(**row._asdict()) for row in rows]


def mark_undone(c: Connection, id: int) -> bool:
    """False where it was taken back before."""
    here = (given_command.c.id == id, given_command.c.undone.is_(False))
    return c.execute(update(given_command).where(*here).values(undone=True)).rowcount == 1


def _rows(clocks: tuple[WaitingDeadline, ...]) -> tuple[dict[str, Any], ...]:
    return tuple({field.name: getattr(clock, field.name) for field in fields(clock)} for clock in clocks)


def _clocks(rows: tuple[dict[str, Any], ...]) -> tuple[WaitingDeadline, ...]:
    return tuple(WaitingDeadline(**row) for row in rows)
