"""A case type as one value: its rules, and all that handling must know of it to take mail, clocks and commands to its cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Flag, auto
from typing import Any, Generic, TypeVar

from mailflow.policy.case import Case, Lifecycle
from mailflow.policy.decision import Decision
from mailflow.policy.desk import Desk, MailboxRole
from mailflow.policy.digest import DigestLine, PartnerReturn
from mailflow.policy.event import Event, MailReceived
from mailflow.policy.facts import CaseFacts

D = TypeVar("D")
"""The details of the type's cases."""
F = TypeVar("F", bound=CaseFacts)
"""What the type's rules want to know."""


class Trait(Flag):
    """What is peculiar about a notice: from whom it goes out, to whom, and what an answer to it is."""

    FROM_RECEIVING = auto()
    """The receiving department writes it; all others come from the TAC."""
    TO_VENDOR = auto()
    """In the name of a member of staff to the manufacturer: answered once like anybody's mail, and sent to nobody else (DK1)."""
    PAPERS_ONLY = auto()
    """Only shipping papers travel with it, not all that a mail of staff happens to carry (RM2)."""
    ANSWER_LEAVES = auto()
    """What staff answer to it goes out of the desk, to the customer or the manufacturer (SR5, DK1)."""
    ASKS_DETAILS = auto()
    """Answers may stand under its quoted questions (IN5)."""
    ASKS_NUMBER = auto()
    """Its answer names the case that is meant (SR6)."""
    ASKS_SCORE = auto()
    """A survey (SR8)."""


PLAIN = Trait(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPart:
    """Parts of one number that may come in under a case, and how many of them are still missing, with their serials where known."""

    part_number: str
    description: str
    serials: tuple[str, ...]
    outstanding: int
    outstanding_serials: tuple[str, ...]
    received_serials: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelUnderWay:
    """A parcel to the customer whose arrival nobody has told yet."""

    carrier: str
    tracking: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseType(Generic[D, F]):
    """`decide` is the type's whole behaviour: pure, everything it needs is an argument, everything it wants is in the result.

    All else has a default that suits a type whose cases customers open by mail, without parts, parcels or papers.
    """

    kind: str
    lifecycle: Lifecycle
    decide: Callable[[Case[D] | None, Event, F, Desk, datetime], Decision]
    facts: type[F]
    """Says what is gathered for its rules; `CaseFacts` is what every case has."""
    commands: frozenset[str]
    """Names of the staff commands that its cases take."""
    details: type[D]

    opened_by: tuple[MailboxRole, ...] = ()
    """Roles of the mailboxes in which a mail that belongs to no case opens one of this type."""
    claims: Callable[[MailReceived], bool] = lambda _mail: True
    """Which of those mails; of several types the one that was registered last."""
    begins_anew: frozenset[str] = frozenset()
    """States in which a mail to the case may open the next one."""

    parent: str = ""
    """The type of the case in whose thread its cases stand."""
    opening_command: str = ""
    """The command on the parent that opens a case."""
    concerns: Callable[[MailReceived], bool] = lambda _mail: False
    """Which mails in the thread are for the case of this type rather than for its parent (BX6)."""

    notices: Mapping[str, Trait] = field(default_factory=dict)
    """Those of its notices that are peculiar, by name without the type's."""
    milestones: Mapping[str, str] = field(default_factory=dict)
    """Its notices that mark a change of the case, with the sentence that says so to a manager (SR6)."""
    hears_of_bounces: bool = False
    """A letter that comes back is an event for its cases (BX4)."""
    domain_of: Callable[[Case[D]], str] = lambda _case: ""
    """The domain all of whose addresses take part in the case, '' where its contract says who does."""
    service_level_of: Callable[[Case[D]], str] = lambda _case: ""
    parcels_of: Callable[[Case[D]], tuple[ParcelUnderWay, ...]] | None = None
    """Parcels of ours whose arrival a carrier may report (RM8)."""
    expected_parts: Callable[[Case[D]], tuple[ExpectedPart, ...]] | None = None
    """What receiving staff book (RM5); None where nothing comes in."""
    digest_lines: Callable[[Case[D], Desk, datetime], Iterable[DigestLine]] | None = None
    """What an open case adds to the staff's digest (BX12)."""
    partner_return: Callable[[Case[D], str], PartnerReturn | None] | None = None
    """An open case as its partner's digest shows it, with the address of its prepared answer (BX12)."""
    handed_to: Callable[[Case[D]], str] = lambda _case: ""
    """The manufacturer's address that works on the case (DK1)."""
    vendor_number_of: Callable[[Case[D]], str] = lambda _case: ""


AnyCase = Case[Any]
AnyCaseType = CaseType[Any, Any]
"""A case type whose details and facts the reader does not look into."""
