"""A case as a frozen value: the same envelope for every case type, with the type's own details inside; and the mechanism of lifecycles.

The tables of states live with the case types (SR7, RM7, RM8).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from typing_extensions import TypeIs, TypeVar

from mailflow.message.staff.command_forms import Command

D = TypeVar("D", default=object, covariant=True)
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
        """List who gets a copy of what the customer gets."""
        return tuple(address for address in self.participants if address != self.customer)


def holds(case: Case[object], details: type[D]) -> TypeIs[Case[D]]:
    """Tell whether a case is of the type whose details these are; the type checker then knows its fields."""
    return isinstance(case.details, details)


def narrow(case: Case[object] | None, details: type[D]) -> Case[D]:
    """Take a case that can only be of this type as one. Raises TypeError where it is none."""
    if case is None or not holds(case, details):
        raise TypeError(f"{case.number if case else 'nothing'} is no case with {details.__name__}")
    return case


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


OPENING = ""
"""The state before a case exists; a state that may be the first names it among its `after`."""


class ImpossibleTransition(ValueError):
    """A rule wanted a state that does not follow from the present one: a mistake in the rule, not of the mail."""


@dataclass(frozen=True, slots=True)
class State:
    """A state in the words of the requirements; `after` names the states that it may follow; `closed` ends the case's clocks."""

    name: str
    after: tuple[str, ...]
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The states of a case type. Raises ValueError for a table that contradicts itself."""

    kind: str
    states: tuple[State, ...]

    def __post_init__(self) -> None:
        names = [state.name for state in self.states]
        unknown = {name for state in self.states for name in state.after} - {*names, OPENING}
        if len(set(names)) != len(names) or unknown:
            raise ValueError(f"lifecycle {self.kind}: doubled states or unknown ones in `after`: {sorted(unknown) or names}")
        if not self.initial:
            raise ValueError(f"lifecycle {self.kind}: no state follows opening")

    @property
    def initial(self) -> tuple[str, ...]:
        """List the states in which a case may be opened, in the order of the table."""
        return tuple(state.name for state in self.states if OPENING in state.after)

    def find(self, name: str) -> State:
        """Find a state by its name. Raises ImpossibleTransition for a name that is no state of this type."""
        for state in self.states:
            if state.name == name:
                return state
        raise ImpossibleTransition(f"a {self.kind} has no state {name!r}")

    def may_move(self, present: str, new: str) -> bool:
        """Tell whether `new` may follow; staying where one is always may."""
        state = self.find(new)
        return present == new or present in state.after

    def move(self, present: str, new: str) -> str:
        """Return the new state; `present` is '' for an opening. Raises ImpossibleTransition."""
        if self.may_move(present, new):
            return new
        raise ImpossibleTransition(f"a {self.kind} cannot go from {present or 'opening'!r} to {new!r}")

    def go_back(self, present: str, former: str) -> str:
        """Return the former state, from which `present` follows: a step is taken back. Raises ImpossibleTransition."""
        self.move(former, present)
        return self.find(former).name

    def is_closed(self, name: str) -> bool:
        """Tell whether a case in this state has no running clock."""
        return self.find(name).closed
