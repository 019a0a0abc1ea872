"""Mail in a running request: relayed both ways (SR5), with the state that follows (SR7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.service_request.alarm import repeat_alarm
from mailflow.cases.service_request.details import CLEAR_TEXT, read_details
from mailflow.cases.service_request.escalation import escalate, is_escalation
from mailflow.cases.service_request.flags import first_stated_priority, priority_wish, proposed_merges, serial_flags, trust_flags
from mailflow.cases.service_request.handover import write_to_vendor
from mailflow.cases.service_request.judgement import ask_in_clear, judge
from mailflow.cases.service_request.opening import open_request
from mailflow.cases.service_request.participants import Copied, welcome
from mailflow.cases.service_request.relay import tell_staff
from mailflow.cases.service_request.reopening import may_go_on, taken_up
from mailflow.cases.service_request.response_clock import stop_clock
from mailflow.cases.service_request.ship_to import Doubt, look_at_ship_to
from mailflow.cases.service_request.status import asks_for_status, asks_only_for_status, status_letter, tell_status
from mailflow.cases.service_request.survey import keep_answer
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision, Effect, Note, SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import RELAYED_NOTICES, VENDOR_NOTICE, MailReceived
from mailflow.policy.facts import Facts


def add_customer_mail(case: Case, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """A participant's mail: what asks for something of its own first, then what goes to staff."""
    is_over = not may_go_on(case, facts, desk, event.at)
    if event.alarm is not None and case.state != "closed":
        return repeat_alarm(case, event, event.alarm, desk)
    if event.survey_answer is not None and case.details.surveyed:
        return keep_answer(case, event, event.survey_answer, desk)
    if asks_only_for_status(event):
        return tell_status(case, event, facts, desk)
    if is_over or event.alarm is not None:
        return open_request(replace(event, linked_to=case.number), facts, desk, now, earlier=case)
    if is_escalation(event):
        return escalate(case, event, facts, desk, now)
    decision = _take_up(case, event, facts, desk, now)
    status = status_letter(case, event, facts, desk) if asks_for_status(event) else ()
    return replace(decision, effects=(*status, *decision.effects))


def _take_up(case: Case, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """What was missing is filled in, a resolved or lately closed request runs again, staff hear of it."""
    details = read_details(case.details, event, facts, desk)
    contract = case.contract or (facts.contract.number if facts.contract else None)
    priority = first_stated_priority(case, event, desk) or case.priority
    copied = welcome(case.changed(details=details, contract=contract, priority=priority), event, facts, desk)
    doubt = look_at_ship_to(copied.case, event, facts)
    known, effects = _go_on(case, doubt.case, event, facts, desk, now)
    return Decision(
        case=known,
        effects=(*effects, *doubt.effects, _for_staff(case, known, event, facts, desk, copied, doubt)),
        reason=f"{event.sender} wrote to the case",
    )


def _go_on(before: Case, case: Case, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """The state that follows, with the answer where there is one."""
    was_unread = before.details.missing == (CLEAR_TEXT,) and not event.is_encrypted
    if case.state == "awaiting information" and (was_unread or not case.details.missing):
        return judge(case, event, facts, desk, now)
    case = taken_up(case)
    if event.is_encrypted and not case.details.asked_in_clear:
        return case.changed(details=replace(case.details, asked_in_clear=True)), ask_in_clear(case, event)
    return case, ()


def _for_staff(before: Case, case: Case, event: MailReceived, facts: Facts, desk: Desk, copied: Copied, doubt: Doubt) -> SendNotice:
    wish, wish_commands = priority_wish(case, event)
    new_serials = tuple(serial for serial in case.details.serials if serial not in before.details.serials)
    noticed = serial_flags(case, new_serials, facts)
    encrypted: Derivation = (Step("flag_encrypted", {}),) if event.is_encrypted else ()
    return tell_staff(
        case,
        event,
        desk,
        flags=(*encrypted, *trust_flags(case, event, facts), *wish, *noticed, *doubt.flags, *copied.flags),
        commands=(*wish_commands, *proposed_merges(case, noticed), *copied.commands),
    )


def add_staff_mail(case: Case, event: MailReceived, desk: Desk) -> Decision:
    """An answer to a relayed mail goes to who wrote it, the customer or the manufacturer; to any other notice it is a note (SR5, DK1)."""
    if event.answers_notice == VENDOR_NOTICE and event.new_text.strip():
        return write_to_vendor(case, event)
    if event.answers_notice not in RELAYED_NOTICES or not event.new_text.strip():
        note = Note(text=event.new_text.strip() or "(no text)", who=event.sender)
        return Decision(case=case, effects=(note,), reason=f"internal note of {event.sender}")
    if trouble := _why_not_to_customer(case):
        return Decision(case=case, reason=f"not sent to the customer: {trouble}", refused=Step(trouble, {"number": case.number}))
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


def _why_not_to_customer(case: Case) -> str:
    if case.state == "closed":
        return "request_closed_to_customer"
    return "" if case.customer else "request_has_no_customer"
