"""Deadlines that fell due: each is an event like a mail, decided and applied in one transaction of its own."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import Connection

from mailflow.cases import decide
from mailflow.failpoint import reach
from mailflow.handling.apply import apply
from mailflow.handling.cause import Cause
from mailflow.handling.gather import facts_for_case
from mailflow.handling.office import Office
from mailflow.policy.event import DeadlineFell
from mailflow.store import case as case_rows
from mailflow.store import deadline
from mailflow.store.deadline import DeadlineRow

log = structlog.get_logger(__name__)

BATCH = 50
MAX_ATTEMPTS = 3


def handle_deadlines(office: Office, now: datetime, *, at_due: bool = False) -> int:
    """Fire everything due at `now`, earliest first; how many were fired. One that fails is tried thrice, the others go on.

    `at_due` gives letters the deadline's own instant, for rehearsals in which time jumps.
    """
    with office.database.write() as c:
        rows = deadline.claim_due(c, now, BATCH, max_attempts=MAX_ATTEMPTS)
    fired = 0
    for row in rows:
        try:
            with office.database.write() as c:
                fired += _fire(c, office, row, row.due_at if at_due else now)
                reach("sched.before_commit")
            reach("sched.after_commit")
        except Exception:
            log.exception("deadline not met", deadline=row.id, case=row.case_number, kind=row.kind, attempt=row.attempts)
    return fired


def _fire(c: Connection, office: Office, row: DeadlineRow, now: datetime) -> bool:
    if not deadline.mark_fired(c, row.id, now):
        return False
    case = case_rows.load(c, row.case_number)
    if case is None:
        raise LookupError(f"deadline {row.id} belongs to case {row.case_number}, which is not there")
    desk = office.desk(case.desk)
    event = DeadlineFell(kind=row.kind, key=row.key, due_at=row.due_at)
    decision = decide(case.kind, case, event, facts_for_case(c, office, desk, case, now), desk, now)
    apply(c, office, desk, case, decision, Cause(who="mailflow", what=f"deadline {row.kind}", at=now, deadline_id=row.id))
    return True
