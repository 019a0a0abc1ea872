"""A letter that came back or was refused: its address is marked, staff hear of it, and a return stops its clock (IN7, OUT2, BX4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailflow.cases import decide
from mailflow.handling.apply import apply
from mailflow.handling.cause import Cause
from mailflow.handling.gather import facts_for_case
from mailflow.handling.letter import write_letter
from mailflow.handling.office import Office
from mailflow.message.bounce import read_bounce
from mailflow.message.model import Mail
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision, SendNotice, Sentence
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import NoticeBounced
from mailflow.store import case as case_rows
from mailflow.store import journal, notice, outbox, suppressed
from mailflow.store.inbound import InboundRow

ALERT = "staff/bounce_alert"
BATCH = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class _Undelivered:
    """`at` is when we learned of it: the arrival of the bounce, or the server's refusal. `marks`: the fault is the address's own."""

    notice: str
    case_number: str | None
    address: str
    reason: str
    at: datetime
    marks: bool = True


def handle_bounce(c: Connection, office: Office, desk: Desk, row: InboundRow, mail: Mail, now: datetime) -> str | None:
    """The number of the case whose mail came back; None where the bounce speaks of no mail of ours: kept, and nothing changes.

    It is matched by the Message-ID of our mail, never by its words (case 37). Each delivery counts once, however often it is reported.
    """
    bounce = read_bounce(mail, row.raw)
    ours = notice.by_message_id(c, bounce.original_message_id) if bounce and bounce.original_message_id else None
    if bounce is None or ours is None or ours.desk != desk.name:
        return None
    cause = Cause(who=mail.sender.address or "<>", what="bounce", at=now, inbound_id=row.id)
    for failed in bounce.recipients:
        reason = " ".join(filter(None, (failed.status, failed.diagnostic))) or "no reason given"
        if failed.permanent and outbox.record_bounce(c, ours.message_id, failed.address, row.received_at, reason):
            letter = _Undelivered(notice=ours.name, case_number=ours.case_number, address=failed.address, reason=reason, at=row.received_at)
            _take_back(c, office, desk, letter, cause)
    return ours.case_number


def handle_refused(office: Office, now: datetime) -> int:
    """Letters that a server refused for good, or that were given up, since the last look; how many there were."""
    with office.database.write() as c:
        rows = outbox.take_untold(c, BATCH)
        for row in rows:
            refused = row.failed_at if row.failed_at is not None else now
            undelivered = _Undelivered(
                notice=row.notice,
                case_number=row.case_number,
                address=row.recipient,
                reason=row.reason or "no reason given",
                at=refused,
                marks=row.state == "failed" and not row.reason.startswith("given up"),
            )
            _take_back(c, office, office.desk(row.desk), undelivered, Cause(who="mailflow", what="refused", at=now))
    return len(rows)


def _take_back(c: Connection, office: Office, desk: Desk, letter: _Undelivered, cause: Cause) -> None:
    """Mark, journal, tell, and let the case's rule decide what follows."""
    if letter.marks:
        suppressed.add_hard_bounce(c, letter.address, letter.at)
    journal.write(
        c,
        case_number=letter.case_number,
        desk=desk.name,
        at=cause.at,
        who=cause.who,
        what="bounce",
        text=f"{letter.notice} did not reach {letter.address}: {letter.reason}",
        inbound_id=cause.inbound_id,
    )
    case = case_rows.load(c, letter.case_number) if letter.case_number else None
    decision: Decision | None = None
    if case is not None and case.kind == "rma" and case.closed_at is None and not desk.roles_of(letter.address):
        event = NoticeBounced(notice=letter.notice, address=letter.address, at=letter.at)
        facts = facts_for_case(c, office, desk, case, cause.at, event=event)
        decision = decide(case.kind, case, event, facts, desk, cause.at)
    _tell_staff(c, office, desk, case, letter, cause, decision.done if decision else "")
    if decision is not None:
        apply(c, office, desk, case, decision, cause)


def _tell_staff(
    c: Connection, office: Office, desk: Desk, case: Case | None, letter: _Undelivered, cause: Cause, decided: Sentence
) -> None:
    """The CCR; where its own mail came back the administrators. An alert that comes back causes no further one.

    `decided` is what follows for a return (BX4).
    """
    if letter.notice == ALERT:
        return
    readers = tuple(one for one in desk.staff_of(Role.CCR) if one != letter.address)
    to = readers or tuple(one for one in desk.staff_of(Role.ADMIN) if one != letter.address)
    values = {"address": letter.address, "reason": letter.reason, "notice": letter.notice, "decided": decided}
    write_letter(c, office, desk, case, SendNotice(notice=ALERT, to=to, to_staff=True, values=values), cause)
