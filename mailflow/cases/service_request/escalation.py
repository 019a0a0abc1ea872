"""Escalation (SR6): the manager gets a brief at once, the customer is told who follows up, or asked for what is missing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from mailflow.cases.service_request.command import merged_into
from mailflow.cases.service_request.details import may_read, read_details, welcome
from mailflow.cases.service_request.facts import RequestFacts
from mailflow.cases.service_request.judgement import judge, leave_to_staff, may_go_on, may_start, start_work, taken_up
from mailflow.cases.service_request.letters import greeted, responsible_staff, summary, tell_staff
from mailflow.message.reference import without_token
from mailflow.policy.case import Request, ServiceRequestDetails, holds
from mailflow.policy.decision import ChangeCase, Decision, Effect, Note, SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk, MailboxRole, Role
from mailflow.policy.event import MailReceived, SenderRole

INCOMPLETE = "service_request/escalation_incomplete"
NUMBER, REASON = "number", "reason"
CLOCKS = ("response_breached", "information_decision", "expired", "final_notice", "invoice_request")
"""Deadline kinds that a manager should see; the warnings before them say the same."""
FEWEST_WORDS, FEWEST_SIGNS = 3, 4
"""What tells a reason from a greeting: words, or characters of a script that writes no blanks."""
_GREETING = re.compile(r"^[^,，!！]{0,40}[,，!！]$")
_LABEL = re.compile(r"^[^:：]{1,40}[:：]\s*")
"""`Case number: ` and `Reason: ` of our prepared answer."""
_SIGN = re.compile(r"[\u3400-\u9fff]")


def is_escalation(event: MailReceived) -> bool:
    """Written to the escalation mailbox, asked for in a line, or the answer to our question for what was missing."""
    return _asks_by_line(event) or event.mailbox_role is MailboxRole.ESCALATION or event.answers_notice == INCOMPLETE


def asks_for_manager(event: MailReceived, facts: RequestFacts) -> bool:
    """Whether the mail that opens a request also wants the manager, in whatever words."""
    if event.caller is not None:
        return False
    return is_escalation(event) or (not event.unanswered_because and facts.wants_manager)


def speaks_of_another(case: Request, event: MailReceived, desk: Desk) -> bool:
    """Whether the mail that opens a request escalates another one, rather than bringing a fault of its own to us (SR1, SR6).

    What is also written to another mailbox is a request, of which the escalation mailbox gets a copy; a bare ESCALATE is none.
    """
    if event.caller is not None or not is_escalation(event):
        return False
    if _goes_on_from_closed(event) or event.answers_notice == INCOMPLETE:
        return True
    if _asks_by_line(event):
        return not case.details.serials
    addressed = {without_token(one.address) for one in (*event.mail.to, *event.mail.cc)}
    return not any(box.address in addressed and box.role is not MailboxRole.ESCALATION for box in desk.mailboxes)


def _asks_by_line(event: MailReceived) -> bool:
    return event.customer_line is not None and event.customer_line.kind == "escalate"


def _goes_on_from_closed(event: MailReceived) -> bool:
    """It escalates a request of its sender that was closed too long ago: the new one refers to it, so no number is missing (SR7)."""
    return bool(event.linked_to) and event.sender_role is SenderRole.PARTICIPANT


def reason_of(event: MailReceived, desk: Desk) -> str:
    """What the customer gives as reason, '' where it gives none: a number, a greeting or the bare word are none."""
    if event.customer_line is not None and event.customer_line.kind == "escalate":
        if event.customer_line.reason:
            return event.customer_line.reason
        asked, *lines = event.new_text.strip().splitlines() or [""]
        # The prepared mail carries `(please write the reason after ESCALATE)` until somebody deletes it.
        word = asked.split()[0].casefold() if asked else ""
        hints = [one for one in lines if word and one.strip()[:1] in ("(", "（") and one.strip()[-1:] in (")", "）")]
        lines = [line for line in lines if not (line in hints and word in line.casefold())]
    else:
        lines = event.new_text.strip().splitlines()
    if event.answers_notice == INCOMPLETE:
        lines = [_LABEL.sub("", line) for line in lines]
    said = "\n".join(line for line in lines if not _GREETING.match(line.strip())).strip()
    numbers = "|".join(re.escape(prefix) for prefix in desk.number_prefixes.values())
    bare = re.sub(rf"(?:{numbers})\d+", " ", said, flags=re.IGNORECASE)
    is_enough = len(re.findall(r"[^\W\d_]{2,}", bare)) >= FEWEST_WORDS or len(_SIGN.findall(bare)) >= FEWEST_SIGNS
    return said if is_enough else ""


def escalate(case: Request, event: MailReceived, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """An escalation of a request by one who takes part; a solved or lately closed one runs again (SR7)."""
    target = facts.other_case
    if case.details.names_no_request and target is not None:
        is_other = target.desk == case.desk and target.number != case.number and not target.merged_into
        if is_other and holds(target, ServiceRequestDetails) and may_go_on(target, facts, desk, event.at):
            return _escalate_named(case, target, event, facts, desk)
        linked = tuple(dict.fromkeys((*case.linked, target.number)))
        case = replace(case, linked=linked, details=replace(case.details, names_no_request=False))
    reason = reason_of(event, desk)
    letters = _letters(taken_up(case), event, facts, desk, reason, missing=() if reason else (REASON,))
    copied = welcome(replace(case, details=read_details(case.details, event, facts, desk)), event, facts, desk)
    escalated = taken_up(_marked(copied.case, event, reason))
    effects: tuple[Effect, ...] = ()
    if escalated.state == "awaiting information" and not escalated.details.missing:
        escalated, effects = judge(escalated, event, facts, desk, now)
    staff = tell_staff(escalated, event, desk, flags=(Step("flag_escalated", {}), *copied.flags), commands=copied.commands)
    return Decision(case=escalated, effects=(*letters, *effects, staff), reason=f"{event.sender} escalates the request")


def _escalate_named(case: Request, target: Request, event: MailReceived, facts: RequestFacts, desk: Desk) -> Decision:
    """The answer to our question names the request that is meant: that one is escalated, and the one opened meanwhile goes on in it."""
    said = (case.details.escalation_reason, reason_of(event, desk))
    reason = "\n".join(dict.fromkeys(filter(None, said)))
    merged, joined = merged_into(case, target, event.at)
    escalated = taken_up(_marked(joined, event, reason))
    effects = _letters(taken_up(target), event, facts, desk, reason, missing=() if reason else (REASON,))
    change = ChangeCase(case=escalated, reason=f"{event.sender} escalates it; {case.number} was merged into it")
    staff = tell_staff(escalated, event, desk, flags=(Step("flag_escalated", {}),))
    # The letters speak of the request that goes on, though they leave from the one that ends.
    letters = tuple(replace(one, case=escalated) if isinstance(one, SendNotice | Note) else one for one in (*effects, staff))
    return Decision(case=merged, effects=(change, *letters), reason=f"{event.sender} escalates {target.number}")


def open_escalation(
    case: Request, event: MailReceived, facts: RequestFacts, desk: Desk, now: datetime
) -> tuple[Request, tuple[Effect, ...]]:
    """A mail to the escalation mailbox that names no request of its sender: registered, asked which one is meant, and told all the same."""
    effects: tuple[Effect, ...]
    if may_start(case, event):
        case, _, effects = start_work(case, event.at, facts, desk, now)
    else:
        effects = (leave_to_staff(case, facts),)
    reason = reason_of(event, desk)
    names_none = not _goes_on_from_closed(event)
    missing = (*((NUMBER,) if names_none else ()), *(() if reason else (REASON,)))
    letters = _letters(case, event, facts, desk, reason, missing=missing)
    marked = _marked(case, event, reason)
    return replace(marked, details=replace(marked.details, names_no_request=names_none)), (*letters, *effects)


def brief_of_new(case: Request, event: MailReceived, facts: RequestFacts, desk: Desk) -> tuple[Request, tuple[Effect, ...]]:
    """A new request that also asks for the manager: its answer is that of any other, and the manager is told (SR1, SR6)."""
    reason = reason_of(event, desk)
    note = Note(text=f"escalated: {reason or 'no reason given'}", who=event.sender)
    return _marked(case, event, reason), (_brief(case, facts, desk, reason, Step("escalation_of_new", {})), note)


def _marked(case: Request, event: MailReceived, reason: str) -> Request:
    details = replace(case.details, escalated_at=event.at, escalation_reason=reason or case.details.escalation_reason)
    return replace(case, details=details)


def _letters(
    case: Request, event: MailReceived, facts: RequestFacts, desk: Desk, reason: str, missing: tuple[str, ...]
) -> tuple[Effect, ...]:
    """The brief, unless the manager had the same one today; and the answer, unless the mail gets none (IN7)."""
    details = case.details
    local_day = facts.calendar.local_day
    is_today = details.escalated_at is not None and local_day(details.escalated_at) == local_day(event.at)
    is_known = is_today and (not reason or _plain(reason) == _plain(details.escalation_reason))
    answer, outcome = _answer(case, event, desk, missing)
    note = Note(
        text=f"escalated: {reason or 'no reason given'}",
        who=event.sender,
        steps=tuple(step for _, steps in running_clocks(facts) for step in steps),
    )
    return (*answer, *(() if is_known else (_brief(case, facts, desk, reason, outcome),)), note)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _answer(case: Request, event: MailReceived, desk: Desk, missing: tuple[str, ...]) -> tuple[tuple[Effect, ...], Step]:
    """The letter to the customer, and what the manager is told of it."""
    if event.unanswered_because:
        return (Note(text=f"escalation not answered: {event.unanswered_because}"),), Step("escalation_unanswered", {})
    if missing:
        letter = SendNotice(notice=INCOMPLETE, to=(event.sender,), values={"missing": missing}, immediate_answer=True)
        return (letter,), Step("escalation_asked", {"fields": missing})
    manager = next((member.name for member in desk.staff if Role.ESCALATION in member.roles and member.name), "")
    received = SendNotice(
        notice="service_request/escalation_received",
        to=(event.sender,),
        cc=tuple(address for address in case.participants if address != event.sender),
        values={"by": manager, "trusted": may_read(case, event), **greeted(case, event)},
        immediate_answer=True,
    )
    return (received,), Step("escalation_told", {})


def _brief(case: Request, facts: RequestFacts, desk: Desk, reason: str, outcome: Step) -> SendNotice:
    values: dict[str, Any] = {
        "reason": reason,
        "summary": summary(case),
        "clocks": running_clocks(facts),
        "history": facts.timeline,
        "outcome": outcome,
    }
    to = desk.staff_of(Role.ESCALATION) or responsible_staff(case, desk)
    return SendNotice(notice="service_request/escalation_brief", to=to, to_staff=True, values=values, forward_attachments=True)


def running_clocks(facts: RequestFacts) -> tuple[tuple[Step, Derivation], ...]:
    """Each clock of the request and its returns, as a sentence with the steps that set it."""
    zone = facts.timezone
    return tuple(
        (Step(f"clock_{one.kind}", {"number": one.case_number, "at": one.due_at, "timezone": zone}), one.steps)
        for one in facts.waiting
        if one.kind in CLOCKS
    )
