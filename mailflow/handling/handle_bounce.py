"""A bounce marks the address and tells the CCR (IN7); it is matched by the Message-ID of our mail, never by its words (case 37)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from mailflow.handling.cause import Cause
from mailflow.handling.letter import write_letter
from mailflow.handling.office import Office
from mailflow.message.bounce import read_bounce
from mailflow.message.model import Mail
from mailflow.policy.decision import SendNotice
from mailflow.policy.desk import Desk, Role
from mailflow.store import case as case_rows
from mailflow.store import journal, notice, outbox, suppressed
from mailflow.store.inbound import InboundRow


def handle_bounce(c: Connection, office: Office, desk: Desk, row: InboundRow, mail: Mail, now: datetime) -> str | None:
    """The number of the case whose mail came back; None where the bounce speaks of no mail of ours: kept, and nothing changes."""
    bounce = read_bounce(mail, row.raw)
    ours = notice.by_message_id(c, bounce.original_message_id) if bounce and bounce.original_message_id else None
    if bounce is None or ours is None:
        return None
    case = case_rows.load(c, ours.case_number) if ours.case_number else None
    cause = Cause(who=mail.sender.address or "<>", what="bounce", at=now, inbound_id=row.id)
    for failed in bounce.recipients:
        if failed.address not in (*ours.to, *ours.cc) or not failed.permanent:
            continue
        reason = " ".join(filter(None, (failed.status, failed.diagnostic))) or "no reason given"
        outbox.record_bounce(c, ours.message_id, failed.address, now, reason)
        suppressed.add_hard_bounce(c, failed.address, now)
        journal.write(
            c,
            case_number=ours.case_number,
            desk=desk.name,
            at=now,
            who=cause.who,
            what="bounce",
            text=f"{ours.name} did not reach {failed.address}: {reason}",
            inbound_id=row.id,
        )
        alert = SendNotice(
            notice="staff/bounce_alert",
            to=desk.staff_of(Role.CCR),
            to_staff=True,
            values={"address": failed.address, "reason": reason, "notice": ours.name},
        )
        write_letter(c, office, desk, case, alert, cause)
    return ours.case_number
