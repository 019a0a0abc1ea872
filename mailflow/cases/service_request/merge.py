"""Two requests that are one (`/merge`), or that staff want to see side by side (`/link`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.service_request.answer import done, refuse
from mailflow.cases.service_request.judgement import forget_questions
from mailflow.cases.service_request.response_clock import stop_clock
from mailflow.policy.case import Case
from mailflow.policy.decision import ChangeCase, Decision
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven
from mailflow.policy.facts import Facts


def merge(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """`/merge SR`: this request ends without a letter or survey and goes on in the other, which takes over who takes part."""
    target = facts.other_case
    if target is None:
        return refuse(case, event, Step("request_other_unknown", {"number": case.number, "other": event.command.target}))
    if trouble := _why_apart(case, target, facts, desk):
        return refuse(case, event, trouble)
    merged, changed = merged_into(case, target, event.at)
    joined = tuple(address for address in changed.participants if address not in target.participants)
    told = Step("request_merged", {"number": case.number, "other": target.number})
    if joined:
        told = Step("request_merged_with", {"number": case.number, "other": target.number, "addresses": joined})
    return done(
        merged, event, told, ChangeCase(case=changed, reason=f"{case.number} was merged into it"), *stop_clock(), *forget_questions()
    )


def merged_into(case: Case, target: Case, at: datetime) -> tuple[Case, Case]:
    """The request that ends and the one that goes on."""
    participants = tuple(dict.fromkeys((*target.participants, *case.participants)))
    proposed = tuple(dict.fromkeys(one for one in (*target.proposed, *case.proposed) if one not in participants))
    # The manufacturer goes on where the request goes on (DK1).
    told = target.details if target.details.handed_to else case.details
    details = replace(target.details, handed_to=told.handed_to, vendor_number=told.vendor_number)
    merged = case.changed(state="closed", closed_at=at, merged_into=target.number, linked=_with(case.linked, target.number))
    linked = _with(target.linked, case.number)
    return merged, target.changed(participants=participants, proposed=proposed, linked=linked, details=details)


def link(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """`/link SR`: staff see each beside the other; it gives nobody any right (IN3)."""
    other = facts.other_case
    if other is None or other.desk != case.desk:
        return refuse(case, event, Step("request_other_unknown", {"number": case.number, "other": event.command.target}))
    if other.number == case.number:
        return refuse(case, event, Step("request_other_itself", {"number": case.number}))
    if other.number in case.linked and case.number in other.linked:
        return refuse(case, event, Step("request_linked_before", {"number": case.number, "other": other.number}))
    far = other.changed(linked=_with(other.linked, case.number))
    near = case.changed(linked=_with(case.linked, other.number))
    told = Step("request_linked", {"number": case.number, "other": other.number})
    return done(near, event, told, ChangeCase(case=far, reason=f"linked with {case.number}"))


def _with(numbers: tuple[str, ...], number: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*numbers, number)))


def _why_apart(case: Case, target: Case, facts: Facts, desk: Desk) -> Step | None:
    """Why the two stay apart; merging shows the one's mail to the other's customer."""
    if target.desk != case.desk:
        # Another desk's cases are none of this one's business, not even that they exist.
        return Step("request_other_unknown", {"other": target.number})
    if target.number == case.number:
        return Step("request_other_itself", {"number": case.number})
    if target.kind != "service_request":
        return Step("request_other_kind", {"other": target.number})
    if target.merged_into:
        return Step("request_other_merged", {"other": target.number, "target": target.merged_into})
    if target.state == "closed":
        return Step("request_other_closed", {"other": target.number})
    if case.state == "closed":
        return Step("request_is_closed", {"number": case.number})
    if unfinished := tuple(rma.number for rma in facts.rmas if rma.closed_at is None):
        return Step("request_has_returns", {"number": case.number, "returns": unfinished})
    if not _belong_together(case, target, desk):
        return Step("request_other_customer", {"number": case.number, "other": target.number})
    return None


def _belong_together(case: Case, target: Case, desk: Desk) -> bool:
    """The same contract, the same address, or the same company's domain; a public provider's domain is nobody's company."""
    if case.customer == target.customer or (case.contract and case.contract == target.contract):
        return True
    domain = case.customer.rpartition("@")[2]
    return bool(domain) and domain == target.customer.rpartition("@")[2] and domain not in desk.requests.public_domains
