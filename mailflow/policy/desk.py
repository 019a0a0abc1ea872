"""A desk as frozen values: one support organisation with its mailboxes, staff, languages, calendar and numbers (DK3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

from mailflow.policy.case_address import without_token


class Unit(StrEnum):
    """What terms are counted in, as desk.toml writes it: around the clock, in service hours, in calendar or in business days (T2)."""

    MINUTES = "minutes"
    HOURS = "hours"
    SERVICE_MINUTES = "service minutes"
    SERVICE_HOURS = "service hours"
    DAYS = "days"
    BUSINESS_DAYS = "business days"


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time of the policy: `30 minutes`, `15 business days`, `1 service hours` (counted in service hours only)."""

    amount: int
    unit: Unit


class Role(StrEnum):
    """What a member of staff may do; the values stand in desk.toml."""

    CCR = "ccr"
    CSE = "cse"
    RECEIVING = "receiving"
    ESCALATION = "escalation"
    FINANCE = "finance"
    ADMIN = "admin"
    REVIEWER = "reviewer"


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody who works here; mail from the address, where it is genuine, is an order (OUT6)."""

    address: str
    roles: tuple[Role, ...]
    name: str = ""


class MailboxRole(StrEnum):
    """What a mailbox is for; the values stand in desk.toml (IN1)."""

    TAC = "tac"
    RECEIVING = "receiving"
    ESCALATION = "escalation"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class DeskMailbox:
    """An address that mailflow reads for the desk (IN1); empty language or timezone mean the desk's."""

    address: str
    role: MailboxRole
    language: str = ""
    timezone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPolicy:
    """Whose business days count: a country of the `holidays` table, a time zone, the service windows and the desk's own days.

    `windows` maps weekday (0 = Monday) to (start, end) pairs of local time, used for service hours.
    """

    country: str
    timezone: str
    windows: Mapping[int, tuple[tuple[time, time], ...]]
    extra_holidays: Mapping[date, str] = field(default_factory=dict)
    extra_working_days: tuple[date, ...] = ()


RESPONSE = {
    "P1": Term(30, Unit.MINUTES),
    "P2": Term(60, Unit.MINUTES),
    "P3": Term(2, Unit.HOURS),
    "P4": Term(1, Unit.BUSINESS_DAYS),
}
"""Response terms of a desk that states none, e.g. because it takes no requests (SR4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPolicy:
    """Numbers of service requests (IN5, SR4, SR7)."""

    demanded: tuple[str, ...] = ("serial", "symptoms")
    """Names of what a request must have: serial, contract, symptoms."""
    response: Mapping[str, Term] = field(default_factory=lambda: dict(RESPONSE))
    """Priority to response term (SR4)."""
    response_from: str = "acceptance"
    """`acceptance` or `arrival`."""
    warning_percents: tuple[int, ...] = (50, 80)
    information_reminder: Term = Term(2, Unit.BUSINESS_DAYS)
    information_decision: Term = Term(5, Unit.BUSINESS_DAYS)
    reopen_within: Term = Term(14, Unit.DAYS)
    default_priority: str = "P3"
    public_domains: tuple[str, ...] = ()
    """Domains of mail providers: two customers of one are not of one company, so their requests are never merged."""
    late_after: Term = Term(2, Unit.HOURS)
    """A mail that we read later than this after its arrival gets one honest late_notice (BX9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSource:
    """By what a device's Call Home mail is known (IN8): its sender's address, or a header that it carries; both, where both are set."""

    sender: str = ""
    header: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmPolicy:
    """What is done with alarms (IN8)."""

    sources: tuple[AlarmSource, ...] = ()
    same_within: Term = Term(24, Unit.HOURS)
    """The same alarm of the same serial within this time adds to its open request."""
    inform_contact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPolicy:
    """When digests leave (BX12), in the desk's time zone. The staff's on business days, the partners' on one weekday (0 = Monday)."""

    staff_at: time | None = time(8)
    partners_at: time | None = time(9)
    partners_weekday: int = 0
    breaks_within: Term = Term(1, Unit.BUSINESS_DAYS)
    """Clocks that break within this time are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorPolicy:
    """The manufacturer's TAC to which requests are handed over (DK1).

    `number_prefixes` are the letters before its case numbers, `contracts` what it calls our customers' contracts.
    """

    address: str
    number_prefixes: tuple[str, ...] = ("SR-",)
    contracts: Mapping[str, str] = field(default_factory=dict)


CHECKLIST = ("engineers", "certificates", "hotline", "service_manager", "tracking_system", "basic_projects", "major_projects", "laboratory")
"""Points of a partner's application that the reviewer looks at, in this order (DK2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificationPolicy:
    """Numbers of partner certification (DK2). Money in whole US dollars; stars are keys and values of the tables."""

    engineers: Mapping[int, int] = field(default_factory=lambda: {2: 2, 3: 3, 4: 4})
    """Stars to the certified engineers that they need."""
    levels: tuple[str, ...] = ("PMP", "H3CNE", "H3CS", "H3CSE", "H3CTE", "H3CIE")
    """Families of certificates, the lowest first: a higher one replaces a lower one."""
    certificate_months: int = 3
    """A certificate counts when it is valid for more than so many months from the application."""
    needed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Points of the checklist to the stars that need them; a point that is left out is needed for all."""
    basic_project: tuple[int, int] = (100_000, 1_000_000)
    major_project: int = 1_000_000
    laboratory: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Stars to the equipment that the reviewer looks for, as shown."""
    decision: Term = Term(3, Unit.BUSINESS_DAYS)
    decision_warnings: tuple[Term, ...] = (Term(1, Unit.BUSINESS_DAYS), Term(0, Unit.BUSINESS_DAYS))
    """Before the last day, 0 being the day itself."""
    years_valid: int = 1
    reminders: tuple[Term, ...] = (Term(90, Unit.DAYS), Term(30, Unit.DAYS), Term(7, Unit.DAYS))
    personnel_report: Term = Term(3, Unit.BUSINESS_DAYS)
    vacancy_months: int = 3
    vacancy_reminders: tuple[Term, ...] = (Term(30, Unit.DAYS), Term(0, Unit.DAYS))
    """Before the last day for filling a vacancy, 0 being the day itself."""

    @property
    def stars(self) -> tuple[int, ...]:
        """What may be certified, the fewest first."""
        return tuple(sorted(self.engineers))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPolicy:
    """Numbers of returns (RM3, RM8, RM9)."""

    validity: Term = Term(30, Unit.DAYS)
    validity_warnings: tuple[Term, ...] = (Term(7, Unit.DAYS), Term(2, Unit.DAYS))
    return_term: Term = Term(15, Unit.BUSINESS_DAYS)
    """From the day after the replacement's delivery (T1, RM8)."""
    term_by_programme: Mapping[str, Term] = field(default_factory=dict)
    """Programme of the contract, in small letters, to the return term where it is another one (BX3)."""
    delivery_questions: tuple[Term, ...] = (Term(3, Unit.BUSINESS_DAYS), Term(6, Unit.BUSINESS_DAYS), Term(9, Unit.BUSINESS_DAYS))
    """After the replacement was shipped, while its delivery date is not known (RM8)."""
    reminders: tuple[Term, ...] = (Term(5, Unit.BUSINESS_DAYS), Term(2, Unit.BUSINESS_DAYS), Term(0, Unit.BUSINESS_DAYS))
    """Before the return deadline, 0 being the day itself (RM9)."""
    invoice_after: Term = Term(5, Unit.BUSINESS_DAYS)
    """From the final notice to the invoice request."""
    transit_grace: Term = Term(10, Unit.BUSINESS_DAYS)
    """How long an announced parcel with a tracking number keeps its lines from being invoiced."""
    extension: Term = Term(5, Unit.BUSINESS_DAYS)
    """What a customer's EXTEND grants, once (RM10)."""
    human_yes_before_invoice: bool = False

    def term_of(self, programme: str) -> Term:
        """The return term of a contract of the programme."""
        return self.term_by_programme.get(programme.lower(), self.return_term)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailCaps:
    """How many automatic mails an address may get (IN7)."""

    unknown_per_day: int = 5
    known_per_hour: int = 30
    unknown_of_desk_per_hour: int = 60
    """Automatic mails of the desk to all unknown addresses together: the brake on a flood of forged senders."""

    def share(self, *, is_stranger: bool) -> tuple[int, int]:
        """(automatic mails, hours) that one address may get in that time."""
        return (self.unknown_per_day, 24) if is_stranger else (self.known_per_hour, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The desk's own words, shown to customers as they stand in desk.toml; maps go by language."""

    title: str
    signature: Mapping[str, str]
    telephone: str = ""
    return_address: tuple[str, ...] = ()
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    return_instructions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    """Service level as EN6 spells it to the name it is sold under; the name is shown, the level decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One desk, whole. Built by settings from the desk's folder; the rules read it and nothing else."""

    name: str
    languages: tuple[str, ...]
    mailboxes: tuple[DeskMailbox, ...]
    staff: tuple[StaffMember, ...]
    calendar: CalendarPolicy
    number_prefixes: Mapping[str, str]
    """Case type to the letters before its number, e.g. `{"service_request": "SR-", "rma": "RMA-"}`."""
    wording: Wording
    requests: RequestPolicy
    returns: ReturnPolicy
    caps: MailCaps = MailCaps()
    alarms: AlarmPolicy = AlarmPolicy()
    digests: DigestPolicy = DigestPolicy()
    vendor: VendorPolicy | None = None
    certification: CertificationPolicy | None = None

    def mailbox(self, role: MailboxRole) -> DeskMailbox:
        """The desk's first mailbox of a role, else its first mailbox at all."""
        return next((box for box in self.mailboxes if box.role is role), self.mailboxes[0])

    def is_mailbox(self, address: str) -> bool:
        """A mailbox of the desk, however its letters are written and whatever stands behind a plus (BX7, IN7)."""
        own = [box.address for box in self.mailboxes]
        return address.lower() in own or without_token(address) in own

    def staff_of(self, *roles: Role) -> tuple[str, ...]:
        """Addresses of the staff that hold one of the roles, in the order of the list."""
        return tuple(member.address for member in self.staff if any(role in member.roles for role in roles))

    def is_vendor(self, address: str) -> bool:
        """The manufacturer's address, or one of its domain; a public provider's domain is nobody's."""
        if self.vendor is None:
            return False
        domain = address.rpartition("@")[2]
        is_theirs = domain == self.vendor.address.rpartition("@")[2] and domain not in self.requests.public_domains
        return address == self.vendor.address or is_theirs

    def roles_of(self, address: str) -> tuple[Role, ...]:
        """What the owner of an address may do; nothing for anybody who is no member of staff (OUT6)."""
        return next((member.roles for member in self.staff if member.address == address), ())
