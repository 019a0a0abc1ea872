"""What a request does when one of its deadlines falls."""

from __future__ import annotations

from dataclasses import replace

from mailflow.cases.service_request.facts import RequestFacts
from mailflow.cases.service_request.judgement import (
    BREACH,
    INFORMATION_DECISION,
    INFORMATION_REMINDER,
    WARNING,
    next_step,
    questions,
    response_moment,
)
from mailflow.cases.service_request.letters import responsible_staff, suggested_commands, summary, tell_understood
from mailflow.policy.case import Request
from mailflow.policy.customer_message import ask_staff
from mailflow.policy.decision import Decision, SendNotice
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import DeadlineFell


def on_deadline(case: Request, event: DeadlineFell, facts: RequestFacts, desk: Desk) -> Decision:
    """One deadline kind, one letter."""
    if event.kind in (INFORMATION_REMINDER, INFORMATION_DECISION) and case.state != "awaiting information":
        return Decision(case=case, reason="nothing is asked of the customer any more")
    if event.kind == INFORMATION_REMINDER:
        return Decision(case=case, effects=(_ask_again(case, facts),), reason="what was asked for is still missing")
    if event.kind == INFORMATION_DECISION:
        flags = (Step("information_not_given", {"missing": case.details.missing}),)
        staff, commands = responsible_staff(case, desk), suggested_commands(case)
        question = ask_staff(case.customer, staff, summary=summary(case), commands=commands, flags=flags)
        return Decision(case=case, effects=(question,), reason="the customer did not answer: staff decide")
    due = response_moment(case, case.details.accepted_at or case.opened_at, facts, desk)
    if event.kind == WARNING:
        values = {"percent": int(event.key), "response_due": due.at, "steps": due.steps}
        notice = SendNotice(notice="service_request/response_warning", to=responsible_staff(case, desk), to_staff=True, values=values)
        return Decision(case=case, effects=(notice,), reason=f"{event.key} % of the response time has passed")
    if event.kind == BREACH:
        values = {"response_due": due.at, "steps": due.steps}
        notice = SendNotice(notice="service_request/response_breached", to=desk.staff_of(Role.ESCALATION), to_staff=True, values=values)
        return Decision(case=case, effects=(notice,), reason="the response time has passed")
    raise ValueError(f"a service request knows no deadline {event.kind!r}")


def _ask_again(case: Request, facts: RequestFacts) -> SendNotice:
    """The question of before, with the day on which staff decide (IN5)."""
    trusted = case.details.trusted
    decision = next((one for one in facts.waiting if one.kind == INFORMATION_DECISION), None)
    decided = (Step("next_step_decided", {"day": facts.calendar.local_day(decision.due_at)}), *decision.steps) if decision else ()
    asked = (*(questions(facts.serial_slips.items()) if trusted else ()), next_step(trusted=trusted), *decided)
    values = {"missing": case.details.missing, "reminder": True, "next_step": asked}
    return replace(tell_understood(case, "information_request", values, trusted=trusted), cc=case.other_participants)
