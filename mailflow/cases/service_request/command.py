"""Staff commands on a request (contract: Staff commands). Each answers with what was done or says why nothing was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from mailflow.cases.service_request.answer import done, refuse, tell_customer
from mailflow.cases.service_request.handover import hand_over
from mailflow.cases.service_request.judgement import accept
from mailflow.cases.service_request.merge import link, merge
from mailflow.cases.service_request.participants import add_participant
from mailflow.cases.service_request.relay import pass_on
from mailflow.cases.service_request.reopening import last_day_to_reopen
from mailflow.cases.service_request.response_clock import start_clock, stop_clock
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision, Note
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven
from mailflow.policy.facts import Facts
from mailflow.policy.ship_to import is_unconfirmed, who_may_confirm

Rule = Callable[[Case, CommandGiven, Facts, Desk, datetime], Decision]
AFTER_MERGING = ("note", "link")
"""What may still be done to a request that goes on in another."""


def give_command(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The rule of the command's name; a name without one is refused."""
    rule = RULES.get(event.command.name)
    if rule is None:
        return refuse(case, event, Step("request_no_command", {"number": case.number, "command": f"/{event.command.name}"}))
    if case.merged_into and event.command.name not in AFTER_MERGING:
        return refuse(case, event, Step("request_was_merged", {"number": case.number, "other": case.merged_into}))
    return rule(case, event, facts, desk, now)


def _accept(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.state not in ("new", "awaiting information"):
        return refuse(case, event, Step("request_accepted_before", {"number": case.number, "state": case.state}))
    priority = event.command.priority or case.priority or desk.requests.default_priority
    accepted, effects = accept(case.changed(priority=priority), event.at, facts, desk, now)
    return done(accepted, event, Step("request_accepted", {"number": case.number, "priority": priority}), *effects)


def _priority(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    wanted = event.command.priority
    if wanted == case.priority:
        return done(case, event, Step("request_same_priority", {"number": case.number, "priority": wanted}))
    changed = case.changed(priority=wanted)
    details = case.details
    runs = details.accepted_at is not None and details.responded_at is None and case.state not in ("resolved", "closed")
    clock = start_clock(changed, details.accepted_at, facts, desk, now) if runs else ()
    told = Step("request_priority", {"number": case.number, "priority": wanted, "before": case.priority or ""})
    return done(changed, event, told, *clock)


def _assign(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    address = event.by if event.command.address in ("", "me") else event.command.address
    if not desk.roles_of(address):
        return refuse(case, event, Step("request_not_staff", {"number": case.number, "address": address, "desk": desk.name}))
    assigned = case.changed(assignee=address)
    words = () if _has_read(facts, address, event) else pass_on(assigned, address, facts, event.by)
    return done(assigned, event, Step("request_assigned", {"number": case.number, "address": address}), *words)


def _has_read(facts: Facts, address: str, event: CommandGiven) -> bool:
    """Whoever takes a case has its newest mail as a rule; whom somebody else puts in charge is told all the same (SR5)."""
    return address == event.by and facts.customer_words is not None and address in facts.customer_words.readers


def _note(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    return done(case, event, Step("request_noted", {"number": case.number}), Note(text=event.command.text, who=event.by))


def _resolve(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.state in ("resolved", "closed"):
        return refuse(case, event, Step("request_in_state", {"number": case.number, "state": case.state}))
    letters = (tell_customer(case, "resolved", text=event.command.text),) if case.customer else ()
    told = Step("request_resolved" if case.customer else "request_resolved_untold", {"number": case.number})
    return done(case.changed(state="resolved"), event, told, *letters, *stop_clock())


def _close(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.state == "closed":
        return refuse(case, event, Step("request_in_state", {"number": case.number, "state": case.state}))
    is_spam = event.command.spam
    unfinished = tuple(rma.number for rma in facts.rmas if rma.closed_at is None)
    if unfinished and not is_spam:
        return refuse(case, event, Step("request_has_returns", {"number": case.number, "returns": unfinished}))
    if is_spam or not case.customer:
        closed = case.changed(state="closed", closed_at=event.at)
        told = Step("request_closed_as_spam" if is_spam else "request_closed_untold", {"number": case.number})
        return done(closed, event, told, *stop_clock())
    asks = not case.details.surveyed
    survey = (tell_customer(case, "survey", scores=(1, 2, 3, 4, 5)),) if asks else ()
    closed = case.changed(state="closed", closed_at=event.at, details=replace(case.details, surveyed=True))
    last_day = last_day_to_reopen(event.at, facts, desk)
    told = Step("request_closed_and_asked" if asks else "request_closed", {"number": case.number})
    return done(closed, event, told, tell_customer(case, "closed", reopens_until=last_day), *survey, *stop_clock())


def _reopen(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.state not in ("resolved", "closed"):
        return refuse(case, event, Step("request_not_over", {"number": case.number, "state": case.state}))
    return done(case.changed(state="in progress", closed_at=None), event, Step("request_reopened", {"number": case.number}))


def _entitled(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    wanted = event.command
    if wanted.refused:
        details = replace(case.details, entitlement="not entitled")
        told = Step("request_not_entitled", {"number": case.number, "reason": wanted.reason})
        return done(case.changed(details=details), event, told, Note(text=f"not entitled: {wanted.reason}", who=event.by))
    if facts.contract is None or facts.contract.number != wanted.contract:
        return refuse(case, event, Step("request_contract_unknown", {"number": case.number, "contract": wanted.contract}))
    details = replace(case.details, entitlement="entitled", contract=wanted.contract)
    entitled = case.changed(contract=wanted.contract, company=facts.contract.company, details=details)
    values = {"number": case.number, "contract": wanted.contract}
    if case.state == "new" and not details.missing:
        accepted, effects = accept(entitled, event.at, facts, desk, now)
        return done(accepted, event, Step("request_entitled_and_accepted", values), *effects)
    return done(entitled, event, Step("request_entitled", values))


def _rma(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The request's side of `/rma`: work is in progress. The return itself is born by its own type (RM1)."""
    if case.state == "closed":
        return refuse(case, event, Step("request_closed_to_returns", {"number": case.number}))
    contacts = who_may_confirm(case, facts)
    if contacts and is_unconfirmed(case, facts):
        values = {"number": case.number, "address": case.details.site_address, "contacts": contacts}
        return refuse(case, event, Step("request_ship_to_unconfirmed", values))
    return done(case if case.state == "resolved" else case.changed(state="in progress"), event, "")


RULES: Mapping[str, Rule] = {
    "accept": _accept,
    "priority": _priority,
    "assign": _assign,
    "note": _note,
    "resolve": _resolve,
    "close": _close,
    "reopen": _reopen,
    "merge": merge,
    "link": link,
    "add": add_participant,
    "entitled": _entitled,
    "rma": _rma,
    "handover": hand_over,
}
