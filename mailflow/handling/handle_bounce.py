"""A bounce is matched by the Message-ID of our mail, never by its words (case 37); one that matches nothing changes nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from mailflow.handling.cause import Cause
from mailflow.handling.office import Office
from mailflow.handling.undelivered import Undelivered, take_back_letter
from mailflow.message.bounce import read_bounce
from mailflow.message.model import Mail
from mailflow.policy.desk import Desk
from mailflow.store import notice, outbox
from mailflow.store.inbound import InboundRow


def handle_bounce(c: Connection, office: Office, desk: Desk, row: InboundRow, mail: Mail, now: datetime) -> str | None:
    """The number of the case whose mail came back; None where the bounce speaks of no mail of ours: kept, and nothing changes.

    Each delivery counts once, however often it is reported.
    """
    bounce = read_bounce(mail, row.raw)
    ours = notice.by_message_id(c, bounce.original_message_id) if bounce and bounce.original_message_id else None
    if bounce is None or ours is None or ours.desk != desk.name:
        return None
    cause = Cause(who=mail.sender.address or "<>", what="bounce", at=now, inbound_id=row.id)
    for failed in bounce.recipients:
        reason = " ".join(filter(None, (failed.status, failed.diagnostic))) or "no reason given"
        if failed.permanent and outbox.record_bounce(c, ours.message_id, failed.address, row.received_at, reason):
            letter = Undelivered(notice=ours.name, case_number=ours.case_number, address=failed.address, reason=reason, at=row.received_at)
            take_back_letter(c, office, desk, letter, cause)
    return ours.case_number
