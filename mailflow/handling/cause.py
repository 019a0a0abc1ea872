"""Why something is done: the mail, deadline or command behind a decision. It stands in the journal beside what was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailflow.message.model import Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """`who` is an address or 'mailflow'; `at` is when it is handled; `mail` is there when a mail is the cause."""

    who: str
    what: str
    at: datetime
    inbound_id: int | None = None
    deadline_id: int | None = None
    mail: Mail | None = None
    unanswered: str = ""
    """Why the mail's sender gets no automatic answer, '' where it may have one (IN7)."""
    from_stranger: bool = False
    """The mail is of an address that stands in no contract: what it is sent counts for the brake (IN7)."""
