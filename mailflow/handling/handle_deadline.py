"""Deadlines that fell due: each is an event like a mail, decided and applied in one transaction of its own."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from mailflow.failpoint import reach
from mailflow.handling.notice import tell_staff
from mailflow.handling.settle import settle
from mailflow.handling.work import Services, Trigger, Work
from mailflow.notices.compose import UnsendableLetter
from mailflow.notices.render import TemplateFailed
from mailflow.policy.case import Case
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Role
from mailflow.policy.event import DeadlineFell
from mailflow.store import case as case_rows
from mailflow.store import deadline
from mailflow.store.deadline import DeadlineRow

log = structlog.get_logger(__name__)

BATCH = 50
MAX_ATTEMPTS = 3


def handle_deadlines(services: Services, now: datetime, *, at_due: bool = False) -> int:
    """Fire everything due at `now`, earliest first; how many were fired. One that fails is tried thrice, the others go on.

    `at_due` gives letters the deadline's own instant, for rehearsals in which time jumps.
    """
    with services.database.write() as c:
        rows = deadline.claim_due(c, now, BATCH, max_attempts=MAX_ATTEMPTS)
    fired = 0
    for row in rows:
        try:
            with services.database.write() as c:
                if deadline.mark_fired(c, row.id, now):
                    work, case = _begin(c, services, row, row.due_at if at_due else now)
                    settle(work, case, DeadlineFell(kind=row.kind, key=row.key, due_at=row.due_at))
                    fired += 1
                reach("sched.before_commit")
            reach("sched.after_commit")
        except OperationalError:
            # A full disk or a lost connection is not the deadline's fault: it costs no attempt.
            with services.database.write() as c:
                deadline.give_back(c, row.id)
            raise
        except Exception:
            log.exception("deadline not met", deadline=row.id, case=row.case_number, kind=row.kind, attempt=row.attempts)
            if row.attempts >= MAX_ATTEMPTS:
                _tell_admin(services, row, now)
    return fired


def _begin(c: Connection, services: Services, row: DeadlineRow, now: datetime) -> tuple[Work, Case]:
    case = case_rows.load(c, row.case_number)
    if case is None:
        raise LookupError(f"deadline {row.id} belongs to case {row.case_number}, which is not there")
    trigger = Trigger(who="mailflow", what=f"deadline {row.kind}", at=now, deadline_id=row.id)
    return Work.begin(c, services, services.desk(case.desk), trigger), case


def _tell_admin(services: Services, row: DeadlineRow, now: datetime) -> None:
    """It is not tried again, so a human must know (promise P4)."""
    said = Step("deadline_failed", {"kind": row.kind, "number": row.case_number, "attempts": row.attempts})
    try:
        with services.database.write() as c:
            work, case = _begin(c, services, row, now)
            work.journal(case, "failed", f"the deadline {row.kind} failed {row.attempts} times and is not tried again")
            tell_staff(work, said, Role.ADMIN)
    except (TemplateFailed, UnsendableLetter, LookupError) as failed:
        log.error("word of a failed deadline could not be written", deadline=row.id, reason=str(failed))
