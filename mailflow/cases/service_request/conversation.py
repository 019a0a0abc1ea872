"""Mail in a running request: relayed both ways (SR5), with the state that follows (SR7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.service_request.opening import judge, open_request, read_details
from mailflow.cases.service_request.relay import tell_staff
from mailflow.cases.service_request.response_clock import stop_clock
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision, Effect, Note, SendNotice
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import RELAYED_NOTICES, MailReceived
from mailflow.policy.facts import Facts


def add_customer_mail(case: Case, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """A participant's mail: what was missing is filled in, a resolved or lately closed request runs again, staff hear of it."""
    if case.state == "closed" and not _may_reopen(case, facts, desk, event.at):
        return open_request(replace(event, linked_to=case.number), facts, desk, now)
    details = read_details(case.details, event, facts, desk)
    contract = case.contract or (facts.contract.number if facts.contract else None)
    participants = tuple(dict.fromkeys((*case.participants, event.sender)))
    known = case.changed(details=details, contract=contract, participants=participants)
    effects: tuple[Effect, ...] = ()
    if case.state == "awaiting information" and not details.missing:
        known, effects = judge(known, event, facts, desk, now)
    elif case.state in ("resolved", "closed", "awaiting customer"):
        known = known.changed(state="in progress", closed_at=None)
    return Decision(case=known, effects=(*effects, tell_staff(known, event, desk)), reason=f"{event.sender} wrote to the case")


def _may_reopen(case: Case, facts: Facts, desk: Desk, at: datetime) -> bool:
    if case.closed_at is None:
        return True
    last_day = facts.calendar.end_of_term(case.closed_at, desk.requests.reopen_within).day
    return facts.calendar.local_day(at) <= last_day


def add_staff_mail(case: Case, event: MailReceived, desk: Desk) -> Decision:
    """An answer to a relayed mail goes to the customer; an answer to any other notice is an internal note (SR5)."""
    if event.answers_notice not in RELAYED_NOTICES or not event.new_text.strip():
        note = Note(text=event.new_text.strip() or "(no text)", who=event.sender)
        return Decision(case=case, effects=(note,), reason=f"internal note of {event.sender}")
    if case.state == "closed":
        refusal = f"{case.number} is closed: /reopen it before writing to the customer"
        return Decision(case=case, reason=refusal, refused=refusal)
    is_engineer = Role.CSE in event.roles
    details = case.details
    effects: tuple[Effect, ...] = ()
    if is_engineer and details.responded_at is None:
        details = replace(details, responded_at=event.at)
        effects = (*stop_clock(), Note(text="the first mail of an engineer to the customer: the response clock stops"))
    assignee = case.assignee or (event.sender if is_engineer else None)
    state = case.state if case.state in ("resolved", "awaiting information") else "awaiting customer"
    message = SendNotice(
        notice="service_request/staff_message",
        to=(case.customer,),
        cc=case.other_participants,
        values={"text": event.new_text.strip()},
        forward_attachments=True,
    )
    changed = case.changed(state=state, assignee=assignee, details=details)
    return Decision(case=changed, effects=(message, *effects), reason=f"{event.sender} wrote to the customer")
