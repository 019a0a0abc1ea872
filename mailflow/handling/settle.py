"""The one way to a decision: gather what the case type wants to know, decide, apply. All in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mailflow.cases import CASE_TYPES, certification, decide, rma, service_request
from mailflow.handling.facts import Opening, gather_case, gather_new_case
from mailflow.handling.facts.certification import find_reported, gather_certification, gather_new_certification
from mailflow.handling.facts.rma import gather_new_return, gather_return
from mailflow.handling.facts.service_request import find_same_alarm, gather_new_request, gather_request
from mailflow.handling.notice import write_notice
from mailflow.handling.work import Work
from mailflow.policy.case import Case
from mailflow.policy.case_type import AnyCase, AnyCaseType
from mailflow.policy.decision import ChangeCase, ClearDeadline, Decision, Note, SendNotice, SetDeadline
from mailflow.policy.event import Event, MailReceived
from mailflow.policy.facts import CaseFacts
from mailflow.store import case as case_rows
from mailflow.store import deadline


@dataclass(frozen=True, slots=True)
class Sources:
    """Who asks the store for a case type: `gather` what its rules want to know of a case, `gather_new` of one that may be opened,
    `find_running` the case that a mail without a number goes on with, and how it was found."""

    gather: Callable[[Work, AnyCase, Event], CaseFacts] = gather_case
    gather_new: Callable[[Work, Opening, Event], CaseFacts] = gather_new_case
    find_running: Callable[[Work, str, MailReceived], tuple[Case, str] | None] = lambda _work, _kind, _mail: None


SOURCES: dict[str, Sources] = {
    service_request.CASE_TYPE.kind: Sources(gather_request, gather_new_request, find_same_alarm),
    rma.CASE_TYPE.kind: Sources(gather_return, gather_new_return),
    certification.CASE_TYPE.kind: Sources(gather_certification, gather_new_certification, find_reported),
}
"""By kind of case."""


def register(case_type: AnyCaseType, sources: Sources = Sources()) -> None:
    """Add a case type to those that are shipped: its rules, its details, and who gathers for it. Raises ValueError for a name in use."""
    if CASE_TYPES.setdefault(case_type.kind, case_type) is not case_type:
        raise ValueError(f"there is a case type {case_type.kind} already")
    SOURCES[case_type.kind] = sources


def settle(work: Work, about: Case | Opening, event: Event) -> Decision:
    """Let an event happen to a case, or open one: mail, deadline, command, bounce and undo alike.

    The decision comes back with the case as it was saved; one that refuses has changed nothing. Raises CaseChanged where another
    worker was faster, and ImpossibleTransition where the event has no place in the case's life.
    """
    case = about if isinstance(about, Case) else None
    sources = SOURCES[about.kind]
    facts = sources.gather(work, about, event) if isinstance(about, Case) else sources.gather_new(work, about, event)
    decision = decide(about.kind, case, event, facts, work.desk, work.now)
    if decision.refused:
        return decision
    goes_on = case is not None and decision.case is not None and decision.case.number == case.number
    return replace(decision, case=apply(work, case if goes_on else None, decision))


def apply(work: Work, before: Case | None, decision: Decision) -> Case | None:
    """Write the new case, its deadlines, journal and letters, and the other cases that change with it: the only writer of case state.

    Returns the case as it stands now, None where none was touched.
    """
    case = decision.case
    if case is not None and before is None:
        case_rows.insert(work.c, case)
    elif case is not None and case != before:
        case = case_rows.save(work.c, case)
    if case is not None:
        work.journal(case, work.trigger.what, decision.reason)
    for effect in decision.effects:
        match effect:
            case SetDeadline() if case is not None:
                deadline.set(work.c, case.number, effect.kind, effect.key, effect.at, effect.steps)
            case ClearDeadline() if case is not None and before is not None:
                deadline.clear(work.c, case.number, effect.kind, effect.key)
            case Note():
                work.journal(effect.case or case, "note", effect.text, who=effect.who, steps=effect.steps)
            case SendNotice():
                about = effect.case or case
                if write_notice(work, about, effect) is not None:
                    work.journal(about, "notice", f"{effect.notice} to {', '.join((*effect.to, *effect.cc))}")
            case ChangeCase():
                # The far side of a merge or link, by the same rules as the case itself.
                other = case_rows.load(work.c, effect.case.number)
                if other is None:
                    raise LookupError(f"case {effect.case.number} is not there")
                CASE_TYPES[other.kind].lifecycle.move(other.state, effect.case.state)
                apply(work, other, Decision(case=effect.case, reason=effect.reason))
    if case is not None and CASE_TYPES[case.kind].lifecycle.is_closed(case.state):
        deadline.clear_all(work.c, case.number)
    return case
