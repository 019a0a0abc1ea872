"""Mail in a running request: forwarded both ways (SR5), with the state that follows (SR7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.service_request.alarm import repeat_alarm
from mailflow.cases.service_request.details import CLEAR_TEXT, look_at_ship_to, may_read, read_details, welcome
from mailflow.cases.service_request.escalation import escalate, is_escalation
from mailflow.cases.service_request.facts import RequestFacts
from mailflow.cases.service_request.handover import write_to_vendor
from mailflow.cases.service_request.judgement import ask_in_clear, judge, may_go_on, response_moment, stop_clock, taken_up
from mailflow.cases.service_request.letters import (
    first_stated_priority,
    greeted,
    priority_wish,
    proposed_merges,
    serial_flags,
    tell_staff,
    trust_flags,
)
from mailflow.cases.service_request.opening import open_request
from mailflow.message.customer.survey import SurveyAnswer
from mailflow.policy.case import Request
from mailflow.policy.customer_message import answer_at_once, keep_as_note, write_to_customer
from mailflow.policy.decision import Decision, Effect, Note, SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import FORWARDED_NOTICES, VENDOR_NOTICE, MailReceived


def add_customer_mail(case: Request, event: MailReceived, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
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


def _take_up(case: Request, event: MailReceived, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """What was missing is filled in, a resolved or lately closed request runs again, staff hear of it."""
    details = read_details(case.details, event, facts, desk)
    contract = case.contract or (facts.contract.number if facts.contract else None)
    priority = first_stated_priority(case, event, desk) or case.priority
    copied = welcome(replace(case, details=details, contract=contract, priority=priority), event, facts, desk)
    doubt = look_at_ship_to(copied.case, event, facts)
    known, effects = _go_on(case, doubt.case, event, facts, desk, now)
    wish, wish_commands = priority_wish(known, event)
    noticed = serial_flags(known, [serial for serial in known.details.serials if serial not in case.details.serials], facts)
    encrypted: Derivation = (Step("flag_encrypted", {}),) if event.is_encrypted else ()
    staff = tell_staff(
        known,
        event,
        desk,
        flags=(*encrypted, *trust_flags(known, event, facts), *wish, *noticed, *doubt.flags, *copied.flags),
        commands=(*wish_commands, *proposed_merges(known, noticed), *copied.commands),
    )
    return Decision(case=known, effects=(*effects, *doubt.effects, staff), reason=f"{event.sender} wrote to the case")


def _go_on(
    before: Request, case: Request, event: MailReceived, facts: RequestFacts, desk: Desk, now: datetime
) -> tuple[Request, tuple[Effect, ...]]:
    """The state that follows, with the answer where there is one."""
    was_unread = before.details.missing == (CLEAR_TEXT,) and not event.is_encrypted
    if case.state == "awaiting information" and (was_unread or not case.details.missing):
        return judge(case, event, facts, desk, now)
    case = taken_up(case)
    if event.is_encrypted and not case.details.asked_in_clear:
        return replace(case, details=replace(case.details, asked_in_clear=True)), ask_in_clear(case, event)
    return case, ()


def add_staff_mail(case: Request, event: MailReceived, desk: Desk) -> Decision:
    """An answer to a forwarded mail goes to who wrote it, the customer or the manufacturer; to any other notice it is a note (SR5, DK1)."""
    if event.answers_notice == VENDOR_NOTICE and event.new_text.strip():
        return write_to_vendor(case, event)
    if event.answers_notice not in FORWARDED_NOTICES or not event.new_text.strip():
        return keep_as_note(case, event)
    if case.state == "closed" or not case.customer:
        trouble = "request_closed_to_customer" if case.state == "closed" else "request_has_no_customer"
        return Decision(case=case, reason=f"not sent to the customer: {trouble}", refused=Step(trouble, {"number": case.number}))
    is_engineer = Role.CSE in event.roles
    details = case.details
    effects: tuple[Effect, ...] = ()
    if is_engineer and details.responded_at is None:
        details = replace(details, responded_at=event.at)
        effects = (*stop_clock(), Note(text="the first mail of an engineer to the customer: the response clock stops"))
    assignee = case.assignee or (event.sender if is_engineer else None)
    state = case.state if case.state in ("resolved", "awaiting information") else "awaiting customer"
    changed = replace(case, state=state, assignee=assignee, details=details)
    return Decision(case=changed, effects=(write_to_customer(case, event), *effects), reason=f"{event.sender} wrote to the customer")


MOST_WORDS, MOST_CHARACTERS = 10, 60
"""STATUS with a greeting and a name; what is longer says something that staff should read."""


def asks_for_status(event: MailReceived) -> bool:
    """STATUS stands in the mail, whatever stands beside it (SR9)."""
    return event.customer_line is not None and event.customer_line.kind == "status"


def asks_only_for_status(event: MailReceived) -> bool:
    """Nothing else stands in the mail that somebody would have to read."""
    text = event.new_text.strip()
    is_short = len(text.split()) <= MOST_WORDS and len(text) <= (MOST_CHARACTERS if text.isascii() else MOST_CHARACTERS // 2)
    return asks_for_status(event) and is_short and not event.mail.attachments


def tell_status(case: Request, event: MailReceived, facts: RequestFacts, desk: Desk) -> Decision:
    """The answer, and nothing else: no state changes and no colleague is disturbed (SR9)."""
    effects = (*status_letter(case, event, facts, desk), Note(text="asked for the status", who=event.sender))
    return Decision(case=case, effects=effects, reason=f"{event.sender} asked for the status")


def status_letter(case: Request, event: MailReceived, facts: RequestFacts, desk: Desk) -> tuple[Effect, ...]:
    """State, running clocks, returns and last steps, to the one who asked."""
    details = case.details
    is_running = details.accepted_at and details.responded_at is None and case.state not in ("resolved", "closed")
    due = response_moment(case, details.accepted_at, facts, desk) if details.accepted_at and is_running else None
    trusted = may_read(case, event)
    values = {
        "trusted": trusted,
        "response_due": due.at if due else None,
        "steps": due.steps if due else (),
        "asked": details.missing if case.state == "awaiting information" else (),
        "returns": facts.rmas,
        "history": facts.last_steps if trusted else (),
        "reader": event.sender,
        **greeted(case, event),
    }
    return answer_at_once(event, SendNotice(notice="service_request/status", to=(event.sender,), values=values))


def keep_answer(case: Request, event: MailReceived, answer: SurveyAnswer, desk: Desk) -> Decision:
    """The last answer counts; only the first is thanked for. A comment is for people to read, so staff get it."""
    is_first = not case.details.survey_score
    comment = answer.comment.strip()
    details = replace(case.details, survey_score=answer.score, survey_comment=comment or case.details.survey_comment)
    kept = replace(case, details=details)
    effects: tuple[Effect, ...] = (Note(text=f"survey: {answer.score} of 5" + (f": {comment}" if comment else ""), who=event.sender),)
    if is_first:
        thanks = SendNotice(notice="service_request/survey_thanks", to=(event.sender,), values=greeted(case, event))
        effects = (*effects, *answer_at_once(event, thanks))
    if comment:
        effects = (*effects, tell_staff(kept, event, desk, flags=(Step("flag_survey", {"score": answer.score}),)))
    return Decision(case=kept, effects=effects, reason=f"{event.sender} answered the survey with {answer.score}")
