"""A case as a frozen value: the same envelope for every case type, with the type's own details inside."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Generic

from typing_extensions import TypeIs, TypeVar

from mailflow.message.staff.command_forms import Command
from mailflow.policy.return_term import InvoiceRequest, OwedPart, ReturnTerm

D = TypeVar("D", default=Any, covariant=True)
"""The details of a case type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Generic[D]):
    """One case. `details` is the frozen dataclass of its type; `participants` are the customer's addresses that take part.

    `language`, `country` and `timezone` are the customer's (contract, else desk) and stay for the case (OUT5, T1).
    `subject` is the subject of the opening mail; `parent` the number of the case it came from.
    """

    number: str
    kind: str
    desk: str
    state: str
    opened_at: datetime
    language: str
    country: str
    timezone: str
    customer: str
    customer_name: str = ""
    company: str = ""
    participants: tuple[str, ...] = ()
    subject: str = ""
    parent: str | None = None
    contract: str | None = None
    priority: str | None = None
    assignee: str | None = None
    closed_at: datetime | None = None
    linked: tuple[str, ...] = ()
    """Numbers of cases that staff see beside this one; a link gives nobody any right (IN3)."""
    proposed: tuple[str, ...] = ()
    """Addresses copied in by a customer, which get nothing until somebody says yes (SR11)."""
    merged_into: str | None = None
    """Number of the request that goes on in its place."""
    version: int = 0
    details: D

    @property
    def other_participants(self) -> tuple[str, ...]:
        """Who gets a copy of what the customer gets."""
        return tuple(address for address in self.participants if address != self.customer)

    def changed(self, **changes: Any) -> Case[D]:
        """The case with other values; what is not named stays."""
        return replace(self, **changes)


def holds(case: Case[object], details: type[D]) -> TypeIs[Case[D]]:
    """Tell whether a case is of the type whose details these are; the type checker then knows its fields."""
    return isinstance(case.details, details)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingConfirmation:
    """A command that waits for `/confirm CODE` (BX8): its line as typed, who gave it, when. Without a command a clock asks."""

    code: str
    line: str
    by: str
    at: datetime
    command: Command | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmable:
    """Details of a case type some of whose commands take effect only after a confirmation."""

    confirmations: tuple[PendingConfirmation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRequestDetails:
    """What is known of a request (IN4, IN5): as written by the customer, and what the register made of it."""

    name: str = ""
    telephone: str = ""
    fax: str = ""
    purchase_order: str = ""
    contract: str = ""
    model: str = ""
    serials: tuple[str, ...] = ()
    serials_from: str = ""
    """Number of the closed request from which the serials were taken over, '' where the customer named them itself (SR7)."""
    unknown_serials: tuple[str, ...] = ()
    """Those of the serials that the register does not have under the customer's contract (IN5, BX8)."""
    software_version: str = ""
    site_address: str = ""
    symptoms: str = ""
    impact: str = ""
    priority_words: str = ""
    """In which the customer stated the priority for the first time."""
    missing: tuple[str, ...] = ()
    entitlement: str = ""
    """'' undecided, 'entitled', 'not entitled'."""
    completed_at: datetime | None = None
    """When the mail arrived that gave what had been missing; None where nothing was, or still is."""
    accepted_at: datetime | None = None
    responded_at: datetime | None = None
    surveyed: bool = False
    """The satisfaction survey goes out once (SR8)."""
    survey_score: int = 0
    """1 to 5; 0 while nobody answered."""
    survey_comment: str = ""
    escalated_at: datetime | None = None
    escalation_reason: str = ""
    """As the customer gave it last (SR6)."""
    names_no_request: bool = False
    """Opened by an escalation that named no request of its sender: it goes on in the one that the answer names."""
    alarm: str = ""
    """Name of the alarm that a device reported (IN8), with its last severity and how often it came."""
    alarm_severity: str = ""
    alarm_count: int = 0
    late_notice_sent: bool = False
    """The honest word about our own delay goes out once (BX9)."""
    trusted: bool = False
    """Its customer may read words of its own mails: proven genuine, and in a contract or vouched for by staff (SR1)."""
    asked_in_clear: bool = False
    """The customer was asked to send in clear what we could not decrypt (IN9)."""
    site_stated_by: str = ""
    """Who wrote `site_address`; outside the contract's sites another contact must say yes before anything is shipped there (BX8)."""
    ship_to_asked: bool = False
    ship_to_confirmed_by: str = ""
    handed_to: str = ""
    """The manufacturer's address that works on it, with its number once it has told one (DK1)."""
    vendor_number: str = ""


Request = Case[ServiceRequestDetails]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Something under way: what was announced or shipped, by whom it is carried, since when."""

    carrier: str
    tracking: str
    on: datetime
    quantity: int = 1
    serials: tuple[str, ...] = ()
    fault: str = ""
    category: str = ""
    """Fault category as announced, e.g. F001 (RM4)."""
    data_removed: str = ""
    """As the customer wrote it: yes, no, or nothing."""
    contents: tuple[tuple[str, int], ...] = ()
    """(part number, quantity) of what a parcel of ours holds; nothing known stands for all that is not delivered yet."""
    arrived_on: date | None = None
    """When a parcel of ours reached the customer (RM8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RmaLine:
    """One authorised line. Always: authorised = received + waived + outstanding."""

    part_number: str
    description: str = ""
    authorised: int = 1
    serials: tuple[str, ...] = ()
    announced: tuple[Parcel, ...] = ()
    received: int = 0
    received_serials: tuple[str, ...] = ()
    waived: int = 0
    terms: tuple[ReturnTerm, ...] = ()
    """One for each delivery of replacements for this line, in the order in which they became known."""

    @property
    def outstanding(self) -> int:
        return self.authorised - self.received - self.waived

    @property
    def announced_quantity(self) -> int:
        return sum(parcel.quantity for parcel in self.announced)

    @property
    def outstanding_serials(self) -> tuple[str, ...]:
        """The serials that have not come back; none where units came back without their serials, since any of them may be here."""
        missing = tuple(serial for serial in self.serials if serial not in self.received_serials)
        return missing if len(missing) <= self.outstanding else ()

    @property
    def undelivered(self) -> int:
        """How many units have no replacement with the customer yet."""
        return max(0, self.authorised - sum(term.quantity for term in self.terms))

    @property
    def owed(self) -> tuple[OwedPart, ...]:
        """What has not come back, by term, the earliest day first, units without a term last (BX3).

        The replacement has another serial than the faulty unit, so a unit belongs to a delivery by quantity: whatever comes back, or is
        waived, counts against the units with the earliest day, whichever serial it has. The serials still out are named in their order.
        """
        left = self.outstanding
        open_units: list[tuple[int, ReturnTerm | None]] = []
        by_day: list[ReturnTerm] = sorted(self.terms, key=lambda term: term.due, reverse=True)
        for quantity, term in ((self.undelivered, None), *((term.quantity, term) for term in by_day)):
            taken = min(left, quantity)
            left -= taken
            if taken:
                open_units.insert(0, (taken, term))
        rows: list[OwedPart] = []
        serials = self.outstanding_serials
        for quantity, term in open_units:
            rows.append(
                OwedPart(
                    part_number=self.part_number,
                    description=self.description,
                    outstanding=quantity,
                    outstanding_serials=serials[:quantity],
                    term=term,
                )
            )
            serials = serials[quantity:]
        return tuple(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class RmaDetails(Confirmable):
    """An RMA's own facts. `type` is advance, repair or doa; days are in the customer's calendar."""

    type: str
    service_level: str
    lines: tuple[RmaLine, ...]
    issued_at: datetime
    valid_through: date
    version: int = 1
    replacements: tuple[Parcel, ...] = ()
    """Parcels of ours to the customer, in the order in which they left."""
    extended_by_customer: bool = False
    disputed: bool = False
    claimed: bool = False
    """Disputed because the customer says that the parts were returned already; else it does not agree with what is booked (RM6, BX6)."""
    expired: bool = False
    invoices: tuple[InvoiceRequest, ...] = ()
    """What finance was asked to invoice and still holds, the oldest first."""
    extras: tuple[str, ...] = field(default=())
    told: tuple[str, ...] = ()
    """Dated notices about the whole return that went out, by day and kind, so that a deadline that falls twice speaks once (RM3, BX4)."""
    held_since: datetime | None = None
    """When the notice was written that reached nobody: until somebody can be reached the return clock stands still (BX4)."""
    changed_since: tuple[str, ...] = ()
    """What has changed since the last verification notice, by name; the next one says so (RM2)."""
    return_address: tuple[str, ...] = ()
    """The address that the last verification notice named."""
    visit_at: datetime | None = None
    visited_on: date | None = None
    """The engineer's visit of an onsite service level: announced, completed (RM12)."""

    @property
    def outstanding(self) -> int:
        return sum(line.outstanding for line in self.lines)

    @property
    def owed(self) -> tuple[OwedPart, ...]:
        """What has not come back, line by line, each part with the day on which it is due (BX3)."""
        return tuple(row for line in self.lines for row in line.owed)

    @property
    def due_days(self) -> tuple[date, ...]:
        """The days on which something that has not come back is due, the earliest first."""
        return tuple(sorted({row.due for row in self.owed if row.due is not None}))

    @property
    def return_due(self) -> date | None:
        """The first of those days."""
        return next(iter(self.due_days), None)

    @property
    def delivered_days(self) -> tuple[date, ...]:
        """The days on which replacements arrived, the earliest first."""
        return tuple(sorted({term.delivered_on for line in self.lines for term in line.terms}))

    @property
    def replacement(self) -> Parcel | None:
        """The parcel that left last."""
        return self.replacements[-1] if self.replacements else None

    @property
    def replacement_serials(self) -> tuple[str, ...]:
        """Serials that went to the customer, so that a swapped part shows (BX5)."""
        return tuple(dict.fromkeys(serial for parcel in self.replacements for serial in parcel.serials))
