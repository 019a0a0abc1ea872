"""Staff commands on a request (contract: Staff commands). Each answers with what was done or says why nothing was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from mailflow.cases.service_request.opening import accept
from mailflow.cases.service_request.response_clock import start_clock, stop_clock
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision, Effect, Note, SendNotice
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven
from mailflow.policy.facts import Facts

Rule = Callable[[Case, CommandGiven, Facts, Desk, datetime], Decision]


def give_command(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The rule of the command's name; a name without one is refused."""
    rule = RULES.get(event.command.name)
    if rule is None:
        return _refuse(case, f"/{event.command.name} is not a command for a service request")
    return rule(case, event, facts, desk, now)


def _refuse(case: Case, why: str) -> Decision:
    return Decision(case=case, reason=why, refused=why)


def _done(case: Case, event: CommandGiven, done: str, *effects: Effect) -> Decision:
    return Decision(case=case, effects=effects, reason=f"{event.by}: {event.command.line}", done=done)


def _tell_customer(case: Case, notice: str, **values: object) -> SendNotice:
    return SendNotice(notice=f"service_request/{notice}", to=(case.customer,), cc=case.other_participants, values=values)


def _accept(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.state not in ("new", "awaiting information"):
        return _refuse(case, f"{case.number} is {case.state}: it was accepted before")
    priority = event.command.priority or case.priority
    accepted, effects = accept(case.changed(priority=priority), event.at, facts, desk)
    return _done(accepted, event, f"{case.number} accepted with priority {priority}; the response clock runs", *effects)


def _priority(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if event.command.priority == case.priority:
        return _refuse(case, f"{case.number} has priority {case.priority} already")
    changed = case.changed(priority=event.command.priority)
    details = case.details
    runs = details.accepted_at is not None and details.responded_at is None
    clock = start_clock(changed, details.accepted_at, facts, desk, now) if runs else ()
    return _done(changed, event, f"{case.number} has priority {event.command.priority} now, before {case.priority}", *clock)


def _assign(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    address = event.by if event.command.address in ("", "me") else event.command.address
    if not desk.roles_of(address):
        return _refuse(case, f"{address} is not on the staff list of {desk.name}")
    return _done(case.changed(assignee=address), event, f"{case.number} is assigned to {address}")


def _note(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    return _done(case, event, "the note is kept in the journal", Note(text=event.command.text, who=event.by))


def _resolve(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.state in ("resolved", "closed"):
        return _refuse(case, f"{case.number} is {case.state} already")
    letter = _tell_customer(case, "resolved", text=event.command.text)
    return _done(case.changed(state="resolved"), event, f"{case.number} is resolved; the customer was told", letter, *stop_clock())


def _close(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.state == "closed":
        return _refuse(case, f"{case.number} is closed already")
    unfinished = tuple(rma.number for rma in facts.rmas if rma.closed_at is None)
    is_spam = event.command.spam
    if unfinished and not is_spam:
        return _refuse(case, f"{', '.join(unfinished)} is not finished: close the return first")
    survey = () if case.details.surveyed else (_tell_customer(case, "survey", scores=(1, 2, 3, 4, 5)),)
    letters = () if is_spam else (_tell_customer(case, "closed"), *survey)
    details = case.details if is_spam else replace(case.details, surveyed=True)
    closed = case.changed(state="closed", closed_at=event.at, details=details)
    told = "as spam, nobody was told" if is_spam else "the customer was told and asked for an opinion"
    return _done(closed, event, f"{case.number} is closed; {told}", *letters, *stop_clock())


def _reopen(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.state not in ("resolved", "closed"):
        return _refuse(case, f"{case.number} is {case.state}: there is nothing to reopen")
    return _done(case.changed(state="in progress", closed_at=None), event, f"{case.number} is in progress again")


def _entitled(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    wanted = event.command
    if wanted.refused:
        details = replace(case.details, entitlement="not entitled")
        done = f"{case.number} is not entitled: {wanted.reason}. The customer was not told; write to them in your own words"
        return _done(case.changed(details=details), event, done, Note(text=f"not entitled: {wanted.reason}", who=event.by))
    if facts.contract is None or facts.contract.number != wanted.contract:
        return _refuse(case, f"the register has no contract {wanted.contract}")
    details = replace(case.details, entitlement="entitled", contract=wanted.contract)
    entitled = case.changed(contract=wanted.contract, company=facts.contract.company, details=details)
    if case.state == "new" and not details.missing:
        accepted, effects = accept(entitled, event.at, facts, desk)
        return _done(accepted, event, f"{case.number} is entitled by contract {wanted.contract} and accepted", *effects)
    return _done(entitled, event, f"{case.number} is entitled by contract {wanted.contract}")


def _rma(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The request's side of `/rma`: work is in progress. The return itself is born by its own type (RM1)."""
    if case.state == "closed":
        return _refuse(case, f"{case.number} is closed: /reopen it first")
    return _done(case if case.state == "resolved" else case.changed(state="in progress"), event, "")


RULES: Mapping[str, Rule] = {
    "accept": _accept,
    "priority": _priority,
    "assign": _assign,
    "note": _note,
    "resolve": _resolve,
    "close": _close,
    "reopen": _reopen,
    "entitled": _entitled,
    "rma": _rma,
}
