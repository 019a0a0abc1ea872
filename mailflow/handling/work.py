"""What one transaction of handling works with: its connection, services, desk, the trigger, and the register as it needs it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial

from sqlalchemy import Connection

from mailflow.message.model import Authentication, Kind, Mail, Nature
from mailflow.message.reference import without_token
from mailflow.notices.render import Templates
from mailflow.policy.case import Case
from mailflow.policy.decision import Sentence
from mailflow.policy.derivation import Derivation
from mailflow.policy.desk import Desk, DeskMailbox, MailboxRole
from mailflow.policy.register import Contact, Contract, Device
from mailflow.policy.triage import Verdict
from mailflow.store import journal, notice, register
from mailflow.store.inbound import InboundRow
from mailflow.store.transaction import Database

HOUR = timedelta(hours=1)
VENDOR_SILENT = "the manufacturer is never answered by a machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Desks, templates, secrets and limits: made once by bootstrap, never changed.

    `address_key` signs case addresses (BX7), `authserv_id` names our border server (OUT6).
    `own_templates` are by name those of desks with a wording of their own (DK3), `templates` serve the others.
    Mail older than `cutoff` is left alone, and mail over the size limit not read whole (IN9).
    """

    database: Database
    desks: tuple[Desk, ...]
    templates: Templates
    own_templates: Mapping[str, Templates] = field(default_factory=dict)
    address_key: bytes
    authserv_id: str = ""
    cutoff: datetime | None = None
    size_limit_mb: int = 30
    owner: str = "mailflow"
    """Who claims mails, where several processes share a database."""
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex
    """What stands before the @ of a new letter's Message-ID; never the same twice."""

    def desk_of_mailbox(self, address: str) -> Desk:
        """Find the desk that owns a mailbox. Raises LookupError for an address of no desk."""
        for desk in self.desks:
            if any(box.address == address for box in desk.mailboxes):
                return desk
        raise LookupError(f"no desk reads {address}")

    def desk(self, name: str) -> Desk:
        """Find the desk of that name. Raises LookupError."""
        for desk in self.desks:
            if desk.name == name:
                return desk
        raise LookupError(f"there is no desk {name}")

    def templates_of(self, desk: Desk) -> Templates:
        """Choose what the desk's letters are written from."""
        return self.own_templates.get(desk.name, self.templates)

    def is_own(self, address: str) -> bool:
        """Tell a mailbox of one of our desks."""
        return any(desk.is_mailbox(address) for desk in self.desks)

    def in_english(self, said: Sentence) -> str:
        """Say a sentence as the journal keeps it."""
        return said if isinstance(said, str) else self.templates.wording("en").sentence(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Why something is done: the mail, deadline or command behind a decision, which the journal names beside what was done.

    `who` is an address or 'mailflow'; `at` is when it is handled; `mail` is there when a mail is the trigger.
    """

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


class KnownRegister:
    """The register as one transaction needs it: each look-up is asked once, however many rules want to know.

    `contract` finds one by its number in whatever case, `contacts_of` those of a contract in the register's order, `contacts_with` an
    address's entries, one a contract, `contracts_of_domain` those whose company writes from the domain.
    """

    def __init__(self, c: Connection) -> None:
        self._c = c
        self._devices: dict[str, Device | None] = {}
        self.contract: Callable[[str], Contract | None] = cache(partial(register.find_contract, c))
        self.contacts_of: Callable[[str], tuple[Contact, ...]] = cache(partial(register.contacts_of, c))
        self.contacts_with: Callable[[str], tuple[Contact, ...]] = cache(partial(register.find_contact, c))
        self.contracts_of_domain: Callable[[str], tuple[Contract, ...]] = cache(partial(register.contracts_for_domain, c))

    def devices(self, serials: Iterable[str]) -> dict[str, Device]:
        """Map each serial as asked to its device; those that the register lacks are left out."""
        asked = tuple(dict.fromkeys(serials))
        if new := [serial for serial in asked if serial not in self._devices]:
            found = register.find_devices(self._c, new)
            self._devices.update({serial: found.get(serial) for serial in new})
        return {serial: device for serial in asked if (device := self._devices[serial]) is not None}

    def is_known(self, address: str) -> bool:
        """Tell an address whose contact or domain stands in a contract, or whose domain is a partner's."""
        domain = address.rpartition("@")[2]
        return bool(self.contracts_of_domain(domain) or self.contacts_with(address) or register.find_partner(self._c, domain))

    def speaks_for(self, contract: Contract, address: str) -> bool:
        """Tell whether an address is of the contract's domains, or one of its contacts."""
        domain = address.rpartition("@")[2]
        return domain in contract.domains or any(contact.contract == contract.number for contact in self.contacts_with(address))


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One transaction at a desk, and why it is done."""

    c: Connection
    services: Services
    desk: Desk
    trigger: Trigger
    register: KnownRegister

    @classmethod
    def begin(cls, c: Connection, services: Services, desk: Desk, trigger: Trigger) -> Work:
        """Start with nothing looked up yet."""
        return cls(c=c, services=services, desk=desk, trigger=trigger, register=KnownRegister(c))

    @property
    def now(self) -> datetime:
        """Return when it is handled."""
        return self.trigger.at

    def because(self, trigger: Trigger) -> Work:
        """Return the same work with another trigger."""
        return replace(self, trigger=trigger)

    def journal(self, about: Case | str | None, what: str, text: str, *, who: str = "", steps: Derivation = ()) -> None:
        """Write a line of the journal, about a case, by itself or its number, or about the desk."""
        journal.write(
            self.c,
            case_number=about.number if isinstance(about, Case) else about,
            desk=self.desk.name,
            at=self.now,
            who=who or self.trigger.who,
            what=what,
            text=text,
            steps=steps,
            inbound_id=self.trigger.inbound_id,
            deadline_id=self.trigger.deadline_id,
        )

    def had_its_share(self, address: str, share: int) -> bool:
        """Tell whether an address was written to that often within the last hour (P9)."""
        return notice.count_to(self.c, address, self.now - HOUR, immediate_only=False) >= share


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMail:
    """A mail at the door of its desk: what it is, and what our border server said of its sender.

    `work.now` is when it is handled, the row's `received_at` when the server got it (T3).
    """

    work: Work
    mailbox: DeskMailbox
    row: InboundRow
    mail: Mail
    nature: Nature
    authentication: Authentication

    @property
    def sender(self) -> str:
        """Return the address in From."""
        return self.mail.sender.address

    @property
    def role_addressed(self) -> MailboxRole:
        """Return the role of its mailbox; one that is also written to the escalation mailbox is an escalation (SR6)."""
        addressed = {without_token(one.address) for one in (*self.mail.to, *self.mail.cc)}
        escalation = any(box.role is MailboxRole.ESCALATION and box.address in addressed for box in self.work.desk.mailboxes)
        return MailboxRole.ESCALATION if escalation else self.mailbox.role

    @property
    def why_silent(self) -> str:
        """Say why nobody answers this sender by a machine, whatever it asks: it is one, or is not who it says (IN7, P9)."""
        if self.nature.kind is not Kind.PERSON:
            return "sent by a machine"
        if self.work.desk.is_vendor(self.sender):
            return VENDOR_SILENT
        return f"our border server says that it is forged: {self.authentication.rule}" if self.authentication.failed else ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a mail ended: the verdict with its rule, and the case it went to."""

    verdict: Verdict
    rule: str
    reason: str
    case_number: str | None = None
    duplicate_of: int | None = None


class Refused(Exception):
    """A command or booking cannot be done; carries the line, the reason for the answer, and what would be valid (OUT4)."""

    def __init__(self, line: str, reason: Sentence, valid_form: str = "") -> None:
        super().__init__(reason)
        self.line, self.reason, self.valid_form = line, reason, valid_form
