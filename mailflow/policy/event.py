"""What happened, in the past tense. A mail, a fallen deadline and a staff command are all events and take the same path."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mailflow.message.alarm import Alarm
from mailflow.message.customer.one_line import CustomerLine
from mailflow.message.customer.survey import SurveyAnswer
from mailflow.message.model import Address, Extracted, Mail, ReturnNotification
from mailflow.message.staff.command import Command
from mailflow.policy.case import Case
from mailflow.policy.desk import MailboxRole, Role
from mailflow.policy.facts import WaitingDeadline


class SenderRole(StrEnum):
    """What a sender may do with the case at hand; it comes from the sender, never from a number or token (IN3)."""

    STAFF = "staff"
    VENDOR = "vendor"
    """The manufacturer, in a case that was handed over to it (DK1)."""
    PARTICIPANT = "participant"
    KNOWN = "known"
    STRANGER = "stranger"


AT_ONCE = ("status", "escalate")
"""One-line answers that are about the request, and count in the subject or the first line of a fresh mail too (SR6, SR9)."""

CUSTOMER_NOTICE, STAFF_NOTICE = "service_request/customer_message", "service_request/staff_message"
"""The customer's words to staff, and those of staff to the customer, whatever the case type."""
FORWARDED_NOTICES = (CUSTOMER_NOTICE, STAFF_NOTICE)
"""The only notices whose answer by staff goes to the customer (SR5)."""
VENDOR_NOTICE = "service_request/vendor_message"
"""The only notice whose answer by staff goes to the manufacturer (DK1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReceived:
    """A mail that triage let through. `at` is the server's INTERNALDATE (T3); `new_text` is without quotes (IN6)."""

    mail: Mail
    at: datetime
    new_text: str
    sender_role: SenderRole
    authenticated: bool
    mailbox_role: MailboxRole
    extracted: Extracted
    mailbox_language: str = ""
    """Of the mailbox that it came to (IN1)."""
    roles: tuple[Role, ...] = ()
    unanswered_because: str = ""
    """Why this mail gets no automatic answer: sent by a machine, or the address had its share (IN7)."""
    answers_notice: str = ""
    """Name of the notice of ours that it replies to."""
    return_notifications: tuple[ReturnNotification, ...] = ()
    """The forms that it carries, each once (RM4)."""
    customer_line: CustomerLine | None = None
    """Its one-line answer (BX6)."""
    linked_to: str | None = None
    """Number of the case that a stranger's mail named; linked for staff only (IN3)."""
    caller: Address | None = None
    """Whose request it is, where staff open it for a caller or pass the customer's mail on (SR10)."""
    alarm: Alarm | None = None
    """What a device reported by Call Home (IN8); nobody answers a device."""
    survey_answer: SurveyAnswer | None = None
    added_addresses: tuple[str, ...] = ()
    """Addresses that the sender wants to take part, by `/add ADDRESS` (SR11)."""

    @property
    def sender(self) -> str:
        return self.customer.address

    @property
    def is_encrypted(self) -> bool:
        """Tell whether its text cannot be read here (IN9)."""
        return self.mail.encrypted

    @property
    def customer(self) -> Address:
        """Return who speaks: the caller, else who sent the mail."""
        return self.caller or self.mail.sender


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandGiven:
    """One command of genuine staff; `rest` is what stands beside the commands in the mail."""

    command: Command
    by: str
    roles: tuple[Role, ...]
    at: datetime
    confirmed: bool = False
    """True when it comes back through /confirm."""
    rest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineFell:
    """A deadline row fell due."""

    kind: str
    key: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeBounced:
    """A letter of the case came back for good from one of its recipients (BX4); `at` is when our server got the report (T3)."""

    notice: str
    address: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandUndone:
    """The command in `line` is taken back. `former` is the case before it, None where it did not change this one.

    `started` are the case's clocks that it set, `stopped` those that it took away.
    """

    line: str
    former: Case | None
    started: tuple[WaitingDeadline, ...]
    stopped: tuple[WaitingDeadline, ...]


Event = MailReceived | CommandGiven | DeadlineFell | NoticeBounced | CommandUndone
