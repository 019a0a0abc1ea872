"""What the shell gathered before a rule is asked: everything a decision needs and nothing it could look up itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mailflow.policy.calendar import BusinessCalendar
from mailflow.policy.case import Case
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.entitlement import Entitlement
from mailflow.policy.register import Contact, Contract, Device, Partner, PartPrice


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
class Facts:
    """`calendar` is the customer's (T1); `prices` are of today, None where the register has none; `rmas` are the request's
    returns and `parent` the return's request; `new_numbers` are reserved for cases that may be opened."""

    calendar: BusinessCalendar
    language: str
    country: str
    timezone: str
    entitlement: Entitlement | None = None
    contract: Contract | None = None
    contact: Contact | None = None
    devices: Mapping[str, Device] = field(default_factory=dict)
    serial_slips: Mapping[str, str] = field(default_factory=dict)
    """Serials as written that the register lacks, to the sender's own device that an O for a 0 or an I for a 1 would make of it (IN4)."""
    prices: Mapping[str, PartPrice | None] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    parent: Case | None = None
    rmas: tuple[Case, ...] = ()
    open_cases_of_serials: tuple[tuple[str, str, str], ...] = ()
    """(serial, case number, case type) of open cases that already name one of the serials (IN10, BX8)."""
    new_numbers: Mapping[str, str] = field(default_factory=dict)
    confirmation_code: str = ""
    contacts: tuple[Contact, ...] = ()
    """Contacts of the contract, in the register's order."""
    undeliverable: frozenset[str] = frozenset()
    """Addresses of the case and its contacts that mail of ours came back from (IN7, BX4)."""
    other_case: Case | None = None
    """The case that a command names besides its own (/merge, /link)."""
    waiting: tuple[WaitingDeadline, ...] = ()
    """The clocks of the case and of its returns."""
    last_steps: tuple[LastStep, ...] = ()
    """The newest mails between the customer and the desk, oldest first (SR9)."""
    timeline: tuple[tuple[datetime, Step], ...] = ()
    """What a manager should know of the case so far, oldest first, each as a sentence of [sentence] (SR6)."""
    customer_words: CustomerWords | None = None
    """What the customer wrote, for who takes the case over (SR5)."""
    sent_notices: tuple[SentNotice, ...] = ()
    """Every letter of the case with what became of it, oldest first (BX4)."""
    received_before: Mapping[str, str] = field(default_factory=dict)
    """Serial to the number of the finished or running return under which it came back (BX8)."""
    counted_elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Serial to the number of another return that was open beside this one and has received it: one unit cannot fill both (BX5, BX8)."""
    partner: Partner | None = None
    """The register's partner with the sender's or the case's domain (DK2)."""
    certifications: tuple[Case, ...] = ()
    """The partner's other certifications, in order of opening."""
    partner_notes: tuple[tuple[datetime, str, str], ...] = ()
    """(when, who, text) of the notes on those in the year before, oldest first: critical events delay or refuse a recertification."""
