"""Staff commands on a request (contract: Staff commands). Each answers with what was done or says why nothing was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from mailflow.cases.service_request.facts import RequestFacts
from mailflow.cases.service_request.handover import hand_over
from mailflow.cases.service_request.judgement import accept, forget_questions, last_day_to_reopen, start_clock, stop_clock
from mailflow.cases.service_request.letters import pass_on, tell_customer
from mailflow.policy import command_rules
from mailflow.policy.case import Request, ServiceRequestDetails, holds
from mailflow.policy.command_rules import Rule, done, give_add, give_note, refuse
from mailflow.policy.decision import ChangeCase, Decision, Note
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import Desk
from mailflow.policy.entitlement import is_unconfirmed, who_may_confirm
from mailflow.policy.event import CommandGiven

AFTER_MERGING = ("note", "link")
"""What may still be done to a request that goes on in another."""


def give_command(case: Request, event: CommandGiven, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """Apply the rule of the command's name; few have a place in a request that was merged."""
    if case.merged_into and event.command.name in RULES and event.command.name not in AFTER_MERGING:
        return refuse(case, event, Step("request_was_merged", {"number": case.number, "other": case.merged_into}))
    return command_rules.give_command(RULES, case, event, facts, desk, now)


def give_accept(case: Request, event: CommandGiven, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """Accept what waits for a human's yes, with the priority that the command names (SR4)."""
    if case.state not in ("new", "awaiting information"):
        return refuse(case, event, Step("request_accepted_before", {"number": case.number, "state": case.state}))
    priority = event.command.priority or case.priority or desk.requests.default_priority
    accepted, effects = accept(replace(case, priority=priority), event.at, facts, desk, now)
    return done(accepted, event, Step("request_accepted", {"number": case.number, "priority": priority}), *effects)


def give_priority(case: Request, event: CommandGiven, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """Set the priority; a response clock that runs is set anew (SR2)."""
    wanted = event.command.priority
    if wanted == case.priority:
        return done(case, event, Step("request_same_priority", {"number": case.number, "priority": wanted}))
    changed = replace(case, priority=wanted)
    details = case.details
    runs = details.responded_at is None and case.state not in ("resolved", "closed")
    clock = start_clock(changed, details.accepted_at, facts, desk, now) if details.accepted_at and runs else ()
    step = Step("request_priority", {"number": case.number, "priority": wanted, "before": case.priority or ""})
    return done(changed, event, step, *clock)


def give_assign(case: Request, event: CommandGiven, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """Put a member of staff in charge and send him the customer's words, which he can answer (SR5)."""
    decision = command_rules.give_assign(case, event, facts, desk, now)
    address = decision.case.assignee if decision.case and not decision.refused else None
    # Who takes a case for himself has read its newest mail already, if he was among its readers.
    has_read = address == event.by and facts.customer_words is not None and address in facts.customer_words.readers
    if not address or has_read:
        return decision
    return replace(decision, effects=pass_on(replace(case, assignee=address), address, facts, event.by))


def give_resolve(case: Request, event: CommandGiven, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """Resolve the request, and tell its customer (SR7)."""
    if case.state in ("resolved", "closed"):
        return refuse(case, event, Step("request_in_state", {"number": case.number, "state": case.state}))
    letters = (tell_customer(case, "resolved", text=event.command.text),) if case.customer else ()
    step = Step("request_resolved" if case.customer else "request_resolved_untold", {"number": case.number})
    return done(replace(case, state="resolved"), event, step, *letters, *stop_clock())


def give_close(case: Request, event: CommandGiven, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """Close the request with one survey, unless it is spam or has no customer (SR8); not while a return is open."""
    if case.state == "closed":
        return refuse(case, event, Step("request_in_state", {"number": case.number, "state": case.state}))
    is_spam = event.command.spam
    unfinished = tuple(rma.number for rma in facts.rmas if rma.closed_at is None)
    if unfinished and not is_spam:
        return refuse(case, event, Step("request_has_returns", {"number": case.number, "returns": unfinished}))
    if is_spam or not case.customer:
        closed = replace(case, state="closed", closed_at=event.at)
        step = Step("request_closed_as_spam" if is_spam else "request_closed_untold", {"number": case.number})
        return done(closed, event, step, *stop_clock())
    asks = not case.details.surveyed
    survey = (tell_customer(case, "survey", scores=(1, 2, 3, 4, 5)),) if asks else ()
    closed = replace(case, state="closed", closed_at=event.at, details=replace(case.details, surveyed=True))
    last_day = last_day_to_reopen(event.at, facts, desk)
    step = Step("request_closed_and_asked" if asks else "request_closed", {"number": case.number})
    return done(closed, event, step, tell_customer(case, "closed", reopens_until=last_day), *survey, *stop_clock())


def give_reopen(case: Request, event: CommandGiven, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """Let a resolved or closed request run again (SR7)."""
    if case.state not in ("resolved", "closed"):
        return refuse(case, event, Step("request_not_over", {"number": case.number, "state": case.state}))
    return done(replace(case, state="in progress", closed_at=None), event, Step("request_reopened", {"number": case.number}))


def give_entitled(case: Request, event: CommandGiven, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """Decide the entitlement: by a contract, which accepts what is complete, or no, which only staff hear (SR3)."""
    wanted = event.command
    if wanted.refused:
        details = replace(case.details, entitlement="not entitled")
        step = Step("request_not_entitled", {"number": case.number, "reason": wanted.reason})
        return done(replace(case, details=details), event, step, Note(text=f"not entitled: {wanted.reason}", who=event.by))
    if facts.contract is None or facts.contract.number != wanted.contract:
        return refuse(case, event, Step("request_contract_unknown", {"number": case.number, "contract": wanted.contract}))
    details = replace(case.details, entitlement="entitled", contract=wanted.contract)
    entitled = replace(case, contract=wanted.contract, company=facts.contract.company, details=details)
    values: dict[str, Value] = {"number": case.number, "contract": wanted.contract}
    if case.state == "new" and not details.missing:
        accepted, effects = accept(entitled, event.at, facts, desk, now)
        return done(accepted, event, Step("request_entitled_and_accepted", values), *effects)
    return done(entitled, event, Step("request_entitled", values))


def give_rma(case: Request, event: CommandGiven, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """The request's side of `/rma`: work is in progress. The return itself is born by its own type (RM1)."""
    if case.state == "closed":
        return refuse(case, event, Step("request_closed_to_returns", {"number": case.number}))
    contacts = who_may_confirm(case, facts.contacts, facts.undeliverable)
    if contacts and is_unconfirmed(case, facts.contract):
        values: dict[str, Value] = {"number": case.number, "address": case.details.site_address, "contacts": contacts}
        return refuse(case, event, Step("request_ship_to_unconfirmed", values))
    return done(case if case.state == "resolved" else replace(case, state="in progress"), event, "")


def merge(case: Request, event: CommandGiven, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """`/merge SR`: this request ends without a letter or survey and goes on in the other, which takes over who takes part."""
    target = facts.other_case
    # Another desk's cases are none of this one's business, not even that they exist.
    if target is None or target.desk != case.desk:
        return refuse(case, event, Step("request_other_unknown", {"number": case.number, "other": event.command.target}))
    if not holds(target, ServiceRequestDetails):
        return refuse(case, event, Step("request_other_kind", {"other": target.number}))
    if trouble := _why_apart(case, target, facts, desk):
        return refuse(case, event, trouble)
    merged, changed = merged_into(case, target, event.at)
    joined = tuple(address for address in changed.participants if address not in target.participants)
    step = Step("request_merged", {"number": case.number, "other": target.number})
    if joined:
        step = Step("request_merged_with", {"number": case.number, "other": target.number, "addresses": joined})
    return done(
        merged, event, step, ChangeCase(case=changed, reason=f"{case.number} was merged into it"), *stop_clock(), *forget_questions()
    )


def merged_into(case: Request, target: Request, at: datetime) -> tuple[Request, Request]:
    """The request that ends and the one that goes on."""
    participants = tuple(dict.fromkeys((*target.participants, *case.participants)))
    proposed = tuple(dict.fromkeys(one for one in (*target.proposed, *case.proposed) if one not in participants))
    # The manufacturer goes on where the request goes on (DK1).
    handed_over = target.details if target.details.handed_to else case.details
    details = replace(target.details, handed_to=handed_over.handed_to, vendor_number=handed_over.vendor_number)
    merged = replace(case, state="closed", closed_at=at, merged_into=target.number, linked=_with(case.linked, target.number))
    linked = _with(target.linked, case.number)
    return merged, replace(target, participants=participants, proposed=proposed, linked=linked, details=details)


def link(case: Request, event: CommandGiven, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """`/link SR`: staff see each beside the other; it gives nobody any right (IN3)."""
    other = facts.other_case
    if other is None or other.desk != case.desk:
        return refuse(case, event, Step("request_other_unknown", {"number": case.number, "other": event.command.target}))
    if other.number == case.number:
        return refuse(case, event, Step("request_other_itself", {"number": case.number}))
    if other.number in case.linked and case.number in other.linked:
        return refuse(case, event, Step("request_linked_before", {"number": case.number, "other": other.number}))
    far = replace(other, linked=_with(other.linked, case.number))
    near = replace(case, linked=_with(case.linked, other.number))
    step = Step("request_linked", {"number": case.number, "other": other.number})
    return done(near, event, step, ChangeCase(case=far, reason=f"linked with {case.number}"))


def _with(numbers: tuple[str, ...], number: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*numbers, number)))


def _why_apart(case: Request, target: Request, facts: RequestFacts, desk: Desk) -> Step | None:
    """Why the two stay apart; merging shows the one's mail to the other's customer."""
    if target.number == case.number:
        return Step("request_other_itself", {"number": case.number})
    if target.merged_into:
        return Step("request_other_merged", {"other": target.number, "target": target.merged_into})
    if target.state == "closed":
        return Step("request_other_closed", {"other": target.number})
    if case.state == "closed":
        return Step("request_is_closed", {"number": case.number})
    if unfinished := tuple(rma.number for rma in facts.rmas if rma.closed_at is None):
        return Step("request_has_returns", {"number": case.number, "returns": unfinished})
    # The same contract, the same address, or the same company's domain; a public provider's domain is nobody's company.
    domain = case.customer.rpartition("@")[2]
    of_one_company = bool(domain) and domain == target.customer.rpartition("@")[2] and domain not in desk.requests.public_domains
    if of_one_company or case.customer == target.customer or (case.contract and case.contract == target.contract):
        return None
    return Step("request_other_customer", {"number": case.number, "other": target.number})


RULES: Mapping[str, Rule[ServiceRequestDetails, RequestFacts]] = {
    "accept": give_accept,
    "priority": give_priority,
    "assign": give_assign,
    "note": give_note,
    "resolve": give_resolve,
    "close": give_close,
    "reopen": give_reopen,
    "merge": merge,
    "link": link,
    "add": give_add,
    "entitled": give_entitled,
    "rma": give_rma,
    "handover": hand_over,
}
