"""What the shell gathered before a rule is asked: everything a decision needs and nothing it could look up itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mailflow.policy.calendar import BusinessCalendar
from mailflow.policy.case import Case
from mailflow.policy.derivation import Derivation
from mailflow.policy.entitlement import Entitlement
from mailflow.policy.register import Contact, Contract, Device


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingDeadline:
    """A clock that runs, with the steps that set it."""

    case_number: str
    kind: str
    key: str
    due_at: datetime
    steps: Derivation = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LastStep:
    """A mail of the case as its customer knows it: its subject, and whether we wrote it; else `by` whom of those who take part."""

    at: datetime
    subject: str
    from_us: bool
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerWords:
    """The customer's first mail and, where there are more, its last; `sender` wrote the last one.

    `readers` are the staff who got the newest of them.
    """

    sender: str
    opening: str
    last: str = ""
    readers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentNotice:
    """A letter and its fate with one recipient; `message_id` finds the mail itself for the evidence file."""

    name: str
    recipient: str
    written_at: datetime
    message_id: str
    accepted_at: datetime | None = None
    """When the recipient's server took it."""
    response: str = ""
    """What that server answered."""
    bounced_at: datetime | None = None
    bounce_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What every case type may want to know. `calendar` is the customer's (T1); `parent` is the case in whose thread this one stands."""

    calendar: BusinessCalendar
    language: str
    country: str
    timezone: str
    contract: Contract | None = None
    contact: Contact | None = None
    contacts: tuple[Contact, ...] = ()
    """Contacts of the contract, in the register's order."""
    undeliverable: frozenset[str] = frozenset()
    """Addresses of the case and its contacts that mail of ours came back from (IN7, BX4)."""
    parent: Case | None = None
    rmas: tuple[Case, ...] = ()
    """The cases that stand in the thread of this one: the returns of a request."""
    other_case: Case | None = None
    """The case that a command names besides its own (/merge, /link)."""
    waiting: tuple[WaitingDeadline, ...] = ()
    """The clocks of the case and of those in its thread."""
    new_numbers: Mapping[str, str] = field(default_factory=dict)
    """By type, reserved for a case that may be opened."""
    confirmation_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts(CaseFacts):
    """What a type that is about devices wants to know besides."""

    devices: Mapping[str, Device] = field(default_factory=dict)
    entitlement: Entitlement | None = None
    open_cases_of_serials: tuple[tuple[str, str, str], ...] = ()
    """(serial, case number, case type) of open cases that already name one of the serials (IN10, BX8)."""
    received_before: Mapping[str, str] = field(default_factory=dict)
    """Serial to the number of the finished or running return under which it came back (BX8)."""
