"""Deadlines that fell due: each is an event like a mail, decided and applied in one transaction of its own."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from mailflow.cases import decide
from mailflow.failpoint import reach
from mailflow.handling.apply import apply
from mailflow.handling.caps import tell_staff
from mailflow.handling.cause import Cause
from mailflow.handling.gather import facts_for_case
from mailflow.handling.office import Office
from mailflow.notices.compose import UnsendableNotice
from mailflow.notices.render import TemplateFailed
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Role
from mailflow.policy.event import DeadlineFell
from mailflow.store import case as case_rows
from mailflow.store import deadline, journal
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
        except OperationalError:
            # A full disk or a lost connection is not the deadline's fault: it costs no attempt.
            with office.database.write() as c:
                deadline.give_back(c, row.id)
            raise
        except Exception:
            log.exception("deadline not met", deadline=row.id, case=row.case_number, kind=row.kind, attempt=row.attempts)
            if row.attempts >= MAX_ATTEMPTS:
                _tell_admin(office, row, now)
    return fired


def _tell_admin(office: Office, row: DeadlineRow, now: datetime) -> None:
    """It is not tried again, so a human must know (promise P4)."""
    said = Step("deadline_failed", {"kind": row.kind, "number": row.case_number, "attempts": row.attempts})
    try:
        with office.database.write() as c:
            case = case_rows.load(c, row.case_number)
            if case is not None:
                desk = office.desk(case.desk)
                cause = Cause(who="mailflow", what=f"deadline {row.kind}", at=now, deadline_id=row.id)
                journal.write(
                    c,
                    case_number=case.number,
                    desk=desk.name,
                    at=now,
                    who="mailflow",
                    what="failed",
                    text=f"the deadline {row.kind} failed {row.attempts} times and is not tried again",
                    deadline_id=row.id,
                )
                tell_staff(c, office, desk, said, cause, Role.ADMIN)
    except (TemplateFailed, UnsendableNotice, LookupError) as failed:
        log.error("word of a failed deadline could not be written", deadline=row.id, reason=str(failed))


def _fire(c: Connection, office: Office, row: DeadlineRow, now: datetime) -> bool:
    if not deadline.mark_fired(c, row.id, now):
        return False
    case = case_rows.load(c, row.case_number)
    if case is None:
        raise LookupError(f"deadline {row.id} belongs to case {row.case_number}, which is not there")
    desk = office.desk(case.desk)
    event = DeadlineFell(kind=row.kind, key=row.key, due_at=row.due_at)
    decision = decide(case.kind, case, event, facts_for_case(c, office, desk, case, now, event=event), desk, now)
    apply(c, office, desk, case, decision, Cause(who="mailflow", what=f"deadline {row.kind}", at=now, deadline_id=row.id))
    return True
