"""A mail at the door of its desk, with what handling needs to take it to its case; and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailflow.handling.cause import Cause
from mailflow.handling.known_register import KnownRegister
from mailflow.handling.office import Office
from mailflow.handling.reading import Reading
from mailflow.message.model import Mail
from mailflow.policy.desk import Desk, DeskMailbox
from mailflow.policy.triage import Verdict
from mailflow.store.inbound import InboundRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """`now` is when the mail is handled, the row's `received_at` when the server got it (T3)."""

    c: Connection
    office: Office
    desk: Desk
    mailbox: DeskMailbox
    row: InboundRow
    reading: Reading
    known: KnownRegister
    now: datetime

    @property
    def mail(self) -> Mail:
        """What the sender wrote."""
        return self.reading.mail

    def cause(self) -> Cause:
        """The mail as the reason for what is done; it stands in the journal."""
        return Cause(who=self.mail.sender.address, what="mail", at=self.now, inbound_id=self.row.id, mail=self.mail)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a mail ended: the verdict with its rule, and the case it went to."""

    verdict: Verdict
    rule: str
    reason: str
    case_number: str | None = None
    duplicate_of: int | None = None
