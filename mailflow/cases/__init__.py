"""The one list of case types. To add one: a folder here, one line below, its notices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mailflow.cases import certification, rma, service_request
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision
from mailflow.policy.desk import Desk, MailboxRole
from mailflow.policy.event import Event
from mailflow.policy.facts import Facts
from mailflow.policy.lifecycle import BIRTH, Lifecycle


@dataclass(frozen=True, slots=True)
class CaseType:
    """`decide` is the type's whole behaviour: pure, everything it needs is an argument, everything it wants is in the result."""

    lifecycle: Lifecycle
    decide: Callable[[Case | None, Event, Facts, Desk, datetime], Decision]
    commands: frozenset[str]
    opened_by: tuple[MailboxRole, ...] = ()
    """Roles of the mailboxes in which a mail that belongs to no case opens one of this type."""
    begins_anew: frozenset[str] = frozenset()
    """States in which a mail to the case may open the next one, for which `Facts.new_numbers` holds a number."""


CASE_TYPES: Mapping[str, CaseType] = {
    "service_request": CaseType(
        service_request.LIFECYCLE,
        service_request.decide,
        service_request.COMMANDS,
        opened_by=(MailboxRole.TAC, MailboxRole.RECEIVING, MailboxRole.ESCALATION),
        begins_anew=frozenset({"closed"}),
    ),
    "rma": CaseType(rma.LIFECYCLE, rma.decide, rma.COMMANDS),
    "certification": CaseType(
        certification.LIFECYCLE,
        certification.decide,
        certification.COMMANDS,
        opened_by=(MailboxRole.PARTNER,),
        begins_anew=frozenset({"certified", "rejected", "cancelled", "expired"}),
    ),
}


def kind_opened_in(role: MailboxRole) -> str:
    """The type of case that a mail to a mailbox of that role opens."""
    return next(kind for kind, case_type in CASE_TYPES.items() if role in case_type.opened_by)


def decide(kind: str, case: Case | None, event: Event, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """What the event does to the case. Raises ImpossibleTransition when a type's rule breaks its own lifecycle."""
    case_type = CASE_TYPES[kind]
    decision = case_type.decide(case, event, facts, desk, now)
    if decision.case is not None and not decision.refused:
        goes_on = case is not None and case.number == decision.case.number
        case_type.lifecycle.move(case.state if case is not None and goes_on else BIRTH, decision.case.state)
    return decision
