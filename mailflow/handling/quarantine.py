"""Mail set aside: kept whole with its reason, and the admin is told (IN2, promise P4)."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from mailflow.handling.cause import Cause
from mailflow.handling.letter import write_letter
from mailflow.handling.office import Office
from mailflow.notices.compose import UnsendableNotice
from mailflow.notices.render import TemplateFailed
from mailflow.policy.decision import SendNotice
from mailflow.policy.desk import Role
from mailflow.policy.triage import HELD, Verdict
from mailflow.store import inbound, journal, notice
from mailflow.store.inbound import InboundRow

log = structlog.get_logger(__name__)


def quarantine(c: Connection, office: Office, row: InboundRow, rule: str, reason: str, now: datetime) -> None:
    """The verdict, its line in the journal, and word to the admin."""
    inbound.finish(c, row.id, state=Verdict.QUARANTINED, rule=rule, reason=reason, case_number=None, at=now)
    tell_admin(c, office, row, rule, reason, now)


def tell_admin(c: Connection, office: Office, row: InboundRow, rule: str, reason: str, now: datetime) -> None:
    """Journal and alert. An alert that cannot be written is logged: the mail is safe and `mailflow quarantine` lists it.

    A flood of bad mail is no flood of alerts: past the cap of an hour the journal, the status and the digest tell (P4, P9).
    """
    desk = office.desk_of_mailbox(row.mailbox)
    said = ": ".join(filter(None, (rule, reason)))
    journal.write(c, case_number=None, desk=desk.name, at=now, who="mailflow", what="quarantined", text=said, inbound_id=row.id)
    stored = inbound.load(c, row.id)
    hour_ago = now - timedelta(hours=1)
    alert = SendNotice(
        notice="staff/quarantine_alert",
        to=tuple(one for one in desk.staff_of(Role.ADMIN) if notice.count_to(c, one, hour_ago, False) < desk.caps.known_per_hour),
        to_staff=True,
        values={
            "mailbox": row.mailbox,
            "sender": stored.sender,
            "subject": stored.subject,
            "rule": rule,
            "reason": reason,
            "inbound": row.id,
            "can_be_released": rule not in HELD,
        },
    )
    try:
        with c.begin_nested():
            write_letter(c, office, desk, None, alert, Cause(who="mailflow", what="quarantine", at=now, inbound_id=row.id))
    except (TemplateFailed, UnsendableNotice) as failed:
        log.error("quarantine alert could not be written", inbound=row.id, reason=str(failed))
