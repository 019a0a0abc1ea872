"""A desk as frozen values: one support organisation with its mailboxes, staff, languages, calendar and numbers (DK3).

Each value is a table of desk.toml: a key is declared here, once, with its default and with how it is written. Wrong keys and values
raise pydantic's ValidationError, a ValueError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, time
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, Strict
from pydantic.dataclasses import dataclass

from mailflow.message.reference import without_token
from mailflow.policy.notation import (
    WEEKDAYS,
    Window,
    in_order,
    parse_address,
    parse_clock,
    parse_country,
    parse_day,
    parse_service_level,
    parse_window,
    parse_word,
    parse_zone,
    written,
)
from mailflow.policy.term import AnyTerm, DayTerm, Term, Unit


class Role(StrEnum):
    """What a member of staff may do; the values stand in desk.toml."""

    CCR = "ccr"
    CSE = "cse"
    RECEIVING = "receiving"
    ESCALATION = "escalation"
    FINANCE = "finance"
    ADMIN = "admin"
    REVIEWER = "reviewer"


class MailboxRole(StrEnum):
    """What a mailbox is for; the values stand in desk.toml (IN1)."""

    TAC = "tac"
    RECEIVING = "receiving"
    ESCALATION = "escalation"
    PARTNER = "partner"


CHECKLIST = ("engineers", "certificates", "hotline", "service_manager", "tracking_system", "basic_projects", "major_projects", "laboratory")
"""Points of a partner's application that the reviewer looks at, in this order (DK2)."""
PROGRAMMES = ("hicare", "cocare", "software", "warranty")
"""Programmes of contracts (EN1-EN3)."""


Address = Annotated[str, AfterValidator(parse_address)]
Country = Annotated[str, AfterValidator(parse_country)]
Zone = Annotated[str, AfterValidator(parse_zone)]
Lines = tuple[str, ...]
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=0)]
Positive = Annotated[int, Strict(), Field(gt=0)]
Percent = Annotated[int, Strict(), Field(gt=0, lt=100)]
Priority = Annotated[str, Field(pattern=r"^P[1-4]$")]
NumberPrefix = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]*-$")]
DayKey = Annotated[date, written(parse_day, date)]
ClockTime = Annotated[time | None, written(parse_clock, (time, type(None)))]
Weekday = Annotated[int, written(lambda text: WEEKDAYS.index(parse_word(text, WEEKDAYS)), int)]
Windows = Annotated[tuple[Annotated[Window, written(parse_window, tuple)], ...], AfterValidator(in_order)]
Stars = Annotated[int, written(lambda text: int(parse_word(text, "123456789")), int)]

TABLE = ConfigDict(extra="forbid")
"""Unknown keys of a table are refused."""


@dataclass(frozen=True, slots=True, config=TABLE)
class StaffMember:
    """Somebody who works here; mail from the address, where it is genuine, is an order (OUT6)."""

    address: Address
    roles: Annotated[tuple[Annotated[Role, BeforeValidator(lambda text: parse_word(text, Role))], ...], Field(min_length=1)]
    name: str = ""


@dataclass(frozen=True, slots=True, config=TABLE)
class DeskMailbox:
    """An address that mailflow reads for the desk (IN1); empty language or timezone mean the desk's."""

    address: Address
    role: Annotated[MailboxRole, BeforeValidator(lambda text: parse_word(text, MailboxRole))]
    language: str = ""
    timezone: Annotated[str, AfterValidator(lambda text: text and parse_zone(text))] = ""


@dataclass(frozen=True, slots=True, kw_only=True, config=TABLE)
class CalendarPolicy:
    """Whose business days count: a country of the `holidays` table, a time zone, the service windows and the desk's own days.

    `windows` maps weekday (0 = Monday) to (start, end) pairs of local time, used for service hours.
    """

    country: Country
    timezone: Zone
    windows: Annotated[Mapping[Weekday, Windows], Field(min_length=1)]
    extra_holidays: Mapping[DayKey, str] = field(default_factory=dict)
    extra_working_days: tuple[Annotated[date, Strict()], ...] = ()


RESPONSE = {
    "P1": Term(30, Unit.MINUTES),
    "P2": Term(60, Unit.MINUTES),
    "P3": Term(2, Unit.HOURS),
    "P4": Term(1, Unit.BUSINESS_DAYS),
}
"""Response terms of a desk that states none, e.g. because it takes no requests (SR4)."""


@dataclass(frozen=True, slots=True, kw_only=True, config=TABLE)
class RequestPolicy:
    """Numbers of service requests (IN5, SR4, SR7)."""

    demanded: tuple[Annotated[str, Field(pattern="^(serial|contract|symptoms)$")], ...] = ("serial", "symptoms")
    """What a request must have."""
    response: Annotated[Mapping[Priority, AnyTerm], Field(min_length=4)]
    """Priority to response term (SR4)."""
    response_from: Annotated[str, Field(pattern="^(acceptance|arrival)$")] = "acceptance"
    warning_percents: tuple[Percent, ...] = (50, 80)
    information_reminder: DayTerm = Term(2, Unit.BUSINESS_DAYS)
    information_decision: DayTerm = Term(5, Unit.BUSINESS_DAYS)
    reopen_within: DayTerm = Term(14, Unit.DAYS)
    default_priority: Priority = "P3"
    public_domains: Lines = ()
    """Domains of mail providers: two customers of one are not of one company, so their requests are never merged."""
    late_after: AnyTerm = Term(2, Unit.HOURS)
    """A mail that we read later than this after its arrival gets one honest late_notice (BX9)."""


@dataclass(frozen=True, slots=True, kw_only=True, config=TABLE)
class AlarmSource:
    """By what a device's Call Home mail is known (IN8): its sender's address, or a header that it carries; both, where both are set."""

    sender: str = ""
    header: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, config=TABLE)
class AlarmPolicy:
    """What is done with alarms (IN8)."""

    sources: tuple[AlarmSource, ...] = ()
    same_within: AnyTerm = Term(24, Unit.HOURS)
    """The same alarm of the same serial within this time adds to its open request."""
    inform_contact: Flag = True


@dataclass(frozen=True, slots=True, kw_only=True, config=TABLE)
class DigestPolicy:
    """When digests leave (BX12), in the desk's time zone: the staff's on business days, the partners' on one weekday (0 = Monday).

    An empty text, here None, sends none.
    """

    staff: ClockTime = time(8)
    partners: ClockTime = time(9)
    partners_weekday: Weekday = 0
    breaks_within: DayTerm = Term(1, Unit.BUSINESS_DAYS)
    """Clocks that break within this time are told."""


@dataclass(frozen=True, slots=True, kw_only=True, config=TABLE)
class VendorPolicy:
    """The manufacturer's TAC to which requests are handed over (DK1).

    `number_prefixes` are the letters before its case numbers, `contracts` what it calls our customers' contracts.
    """

    address: Address
    number_prefixes: tuple[NumberPrefix, ...] = ("SR-",)
    contracts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, config=TABLE)
class CertificationPolicy:
    """Numbers of partner certification (DK2). Money in whole US dollars; stars are keys and values of the tables."""

    engineers: Mapping[Stars, Positive] = field(default_factory=lambda: {2: 2, 3: 3, 4: 4})
    """Stars to the certified engineers that they need."""
    levels: Lines = ("PMP", "H3CNE", "H3CS", "H3CSE", "H3CTE", "H3CIE")
    """Families of certificates, the lowest first: a higher one replaces a lower one."""
    certificate_months: Count = 3
    """A certificate counts when it is valid for more than so many months from the application."""
    needed: Mapping[Annotated[str, Field(pattern=f"^({'|'.join(CHECKLIST)})$")], tuple[Positive, ...]] = field(default_factory=dict)
    """Points of the checklist to the stars that need them; a point that is left out is needed for all."""
    basic_project: tuple[Positive, Positive] = (100_000, 1_000_000)
    major_project: Positive = 1_000_000
    laboratory: Mapping[Stars, Lines] = field(default_factory=dict)
    """Stars to the equipment that the reviewer looks for, as shown."""
    decision: DayTerm = Term(3, Unit.BUSINESS_DAYS)
    decision_warnings: tuple[DayTerm, ...] = (Term(1, Unit.BUSINESS_DAYS), Term(0, Unit.BUSINESS_DAYS))
    """Before the last day, 0 being the day itself."""
    years_valid: Positive = 1
    reminders: tuple[DayTerm, ...] = (Term(90, Unit.DAYS), Term(30, Unit.DAYS), Term(7, Unit.DAYS))
    personnel_report: DayTerm = Term(3, Unit.BUSINESS_DAYS)
    vacancy_months: Count = 3
    vacancy_reminders: tuple[DayTerm, ...] = (Term(30, Unit.DAYS), Term(0, Unit.DAYS))
    """Before the last day for filling a vacancy, 0 being the day itself."""

    @property
    def stars(self) -> tuple[int, ...]:
        """List the stars that may be certified, the fewest first."""
        return tuple(sorted(self.engineers))


@dataclass(frozen=True, slots=True, kw_only=True, config=TABLE)
class ReturnPolicy:
    """Numbers of returns (RM3, RM8, RM9)."""

    validity: DayTerm = Term(30, Unit.DAYS)
    validity_warnings: tuple[DayTerm, ...] = (Term(7, Unit.DAYS), Term(2, Unit.DAYS))
    return_term: DayTerm = Term(15, Unit.BUSINESS_DAYS)
    """From the day after the replacement's delivery (T1, RM8)."""
    term_by_programme: Mapping[Annotated[str, Field(pattern=f"^({'|'.join(PROGRAMMES)})$")], DayTerm] = field(default_factory=dict)
    """Programme of the contract, in small letters, to the return term where it is another one (BX3)."""
    delivery_questions: tuple[DayTerm, ...] = (Term(3, Unit.BUSINESS_DAYS), Term(6, Unit.BUSINESS_DAYS), Term(9, Unit.BUSINESS_DAYS))
    """After the replacement was shipped, while its delivery date is not known (RM8)."""
    reminders: tuple[DayTerm, ...] = (Term(5, Unit.BUSINESS_DAYS), Term(2, Unit.BUSINESS_DAYS), Term(0, Unit.BUSINESS_DAYS))
    """Before the return deadline, 0 being the day itself (RM9)."""
    invoice_after: DayTerm = Term(5, Unit.BUSINESS_DAYS)
    """From the final notice to the invoice request."""
    transit_grace: DayTerm = Term(10, Unit.BUSINESS_DAYS)
    """How long an announced parcel with a tracking number keeps its lines from being invoiced."""
    extension: DayTerm = Term(5, Unit.BUSINESS_DAYS)
    """What a customer's EXTEND grants, once (RM10)."""
    human_yes_before_invoice: Flag = False

    def term_of(self, programme: str) -> Term:
        """Return the return term of a contract of the programme."""
        return self.term_by_programme.get(programme.lower(), self.return_term)


@dataclass(frozen=True, slots=True, kw_only=True, config=TABLE)
class MailCaps:
    """How many automatic mails an address may get (IN7)."""

    unknown_per_day: Count = 5
    known_per_hour: Count = 30
    unknown_of_desk_per_hour: Count = 60
    """Automatic mails of the desk to all unknown addresses together: the brake on a flood of forged senders."""

    def share(self, *, is_stranger: bool) -> tuple[int, int]:
        """Return (automatic mails, hours): how many one address may get in how many hours."""
        return (self.unknown_per_day, 24) if is_stranger else (self.known_per_hour, 1)


@dataclass(frozen=True, slots=True, kw_only=True, config=TABLE)
class Wording:
    """The desk's own words, shown to customers as they stand in desk.toml; maps go by language."""

    title: str
    signature: Mapping[str, str]
    telephone: str = ""
    return_address: Lines = ()
    terms: Mapping[str, Lines] = field(default_factory=dict)
    return_instructions: Mapping[str, Lines] = field(default_factory=dict)
    packages: Mapping[Annotated[str, AfterValidator(parse_service_level)], str] = field(default_factory=dict)
    """Service level as EN6 spells it to the name it is sold under; the name is shown, the level decides."""


@dataclass(frozen=True, slots=True, kw_only=True, config=TABLE)
class Desk:
    """One desk, whole, named for its folder. The rules read it and nothing else."""

    name: str
    languages: Annotated[Lines, Field(min_length=1)]
    mailboxes: Annotated[tuple[DeskMailbox, ...], Field(min_length=1)]
    staff: Annotated[tuple[StaffMember, ...], Field(min_length=1)]
    calendar: CalendarPolicy
    number_prefixes: Mapping[str, NumberPrefix]
    """Case type to the letters before its number, e.g. `{"service_request": "SR-", "rma": "RMA-"}`."""
    wording: Wording
    requests: RequestPolicy = RequestPolicy(response=RESPONSE)
    returns: ReturnPolicy = ReturnPolicy()
    caps: MailCaps = MailCaps()
    alarms: AlarmPolicy = AlarmPolicy()
    digests: DigestPolicy = DigestPolicy()
    vendor: VendorPolicy | None = None
    certification: CertificationPolicy | None = None

    def __post_init__(self) -> None:
        """Check what no key shows alone. Raises ValueError, with the key, for the first contradiction."""
        for number, box in enumerate(self.mailboxes):
            if box.language and box.language not in self.languages:
                raise ValueError(f"mailboxes.{number}.language: {box.language!r} is none of the desk's languages")
        for key, rows in (("mailboxes", self.mailboxes), ("staff", self.staff)):
            addresses = [row.address for row in rows]
            if doubled := next((address for address in addresses if addresses.count(address) > 1), ""):
                raise ValueError(f"{key}: {doubled} stands there twice")
        for language in self.languages:
            if language not in self.wording.signature:
                raise ValueError(f"wording.signature.{language}: is missing")
        prefixes = list(self.number_prefixes.values())
        if len(set(prefixes)) < len(prefixes):
            raise ValueError("number_prefixes: two case types have the same letters")
        if self.vendor and (same := set(prefixes).intersection(self.vendor.number_prefixes)):
            raise ValueError(f"vendor.number_prefixes: {min(same)} stands before our own numbers too")

    def mailbox(self, role: MailboxRole) -> DeskMailbox:
        """Return the desk's first mailbox of a role, else its first mailbox at all."""
        return next((box for box in self.mailboxes if box.role is role), self.mailboxes[0])

    def is_own(self, address: str) -> bool:
        """Tell a mailbox of the desk or one of its staff."""
        return self.is_mailbox(address) or bool(self.roles_of(address))

    def is_mailbox(self, address: str) -> bool:
        """Tell whether the address is a mailbox of the desk, in capitals too and with a tag behind a plus (BX7, IN7)."""
        own = [box.address for box in self.mailboxes]
        return address.lower() in own or without_token(address) in own

    def staff_of(self, *roles: Role) -> tuple[str, ...]:
        """List the addresses of the staff who hold one of the roles, in the order of desk.toml."""
        return tuple(member.address for member in self.staff if any(role in member.roles for role in roles))

    def is_vendor(self, address: str) -> bool:
        """Tell whether the address is the manufacturer's or of its domain; a mail provider's domain is nobody's."""
        if self.vendor is None:
            return False
        domain = address.rpartition("@")[2]
        is_theirs = domain == self.vendor.address.rpartition("@")[2] and domain not in self.requests.public_domains
        return address == self.vendor.address or is_theirs

    def roles_of(self, address: str) -> tuple[Role, ...]:
        """List the roles of a member of staff; () for anybody else (OUT6)."""
        return next((member.roles for member in self.staff if member.address == address), ())
