"""The one list of case types. To add one: a folder here, one line below, its notices."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases import certification, rma, service_request
from mailflow.policy.case import OPENING, Case, Lifecycle
from mailflow.policy.case_type import PLAIN, AnyCaseType, Trait
from mailflow.policy.decision import ClearDeadline, Decision, SetDeadline
from mailflow.policy.desk import Desk, MailboxRole
from mailflow.policy.event import CommandUndone, Event, MailReceived
from mailflow.policy.facts import CaseFacts

CASE_TYPES: dict[str, AnyCaseType] = {one.kind: one for one in (service_request.CASE_TYPE, rma.CASE_TYPE, certification.CASE_TYPE)}
"""By kind; handling.facts.register adds another one."""


def kinds_opened_in(role: MailboxRole) -> tuple[str, ...]:
    """Name the types of case that a mail to a mailbox of that role may open."""
    return tuple(kind for kind, one in CASE_TYPES.items() if role in one.opened_by)


def kind_opened_by(event: MailReceived) -> str:
    """Name the type of case that a mail opens: of those that take its mailbox and claim it, the one that was registered last."""
    return next(kind for kind in reversed(kinds_opened_in(event.mailbox_role)) if CASE_TYPES[kind].claims(event))


def children_of(kind: str) -> tuple[AnyCaseType, ...]:
    """List the types whose cases stand in the thread of a case of this kind."""
    return tuple(one for one in CASE_TYPES.values() if one.parent == kind)


def traits_of(notice: str) -> Trait:
    """Tell what is peculiar about a notice, by its whole name."""
    kind, _, name = notice.partition("/")
    return CASE_TYPES[kind].notices.get(name, PLAIN) if kind in CASE_TYPES else PLAIN


def decide(kind: str, case: Case | None, event: Event, facts: CaseFacts, desk: Desk, now: datetime) -> Decision:
    """Say what the event does to the case. Raises ImpossibleTransition when a type's rule breaks its own lifecycle."""
    case_type = CASE_TYPES[kind]
    if isinstance(event, CommandUndone) and case is not None:
        return _take_back(case, event, case_type.lifecycle)
    decision = case_type.decide(case, event, facts, desk, now)
    if decision.case is not None and not decision.refused:
        goes_on = case is not None and case.number == decision.case.number
        case_type.lifecycle.move(case.state if case is not None and goes_on else OPENING, decision.case.state)
    return decision


def _take_back(case: Case, event: CommandUndone, lifecycle: Lifecycle) -> Decision:
    """The case as it stood before a command, with the clocks that ran then, for every case type alike (contract: /undo)."""
    former = event.former or case
    lifecycle.go_back(case.state, former.state)
    return Decision(
        case=replace(former, version=case.version),
        effects=(
            *(ClearDeadline(kind=clock.kind, key=clock.key) for clock in event.started),
            *(SetDeadline(kind=clock.kind, key=clock.key, at=clock.due_at, steps=clock.steps) for clock in event.stopped),
        ),
        reason=f"taken back: {event.line}",
    )
