"""How a request is opened (SR1, IN5): number at once, and exactly one immediate answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.service_request.alarm import open_alarm
from mailflow.cases.service_request.details import CLEAR_TEXT, is_trusted, look_at_ship_to, may_read, new_case, read_details, welcome
from mailflow.cases.service_request.escalation import asks_for_manager, brief_of_new, open_escalation, speaks_of_another
from mailflow.cases.service_request.facts import RequestFacts
from mailflow.cases.service_request.judgement import judge, staff_steps
from mailflow.cases.service_request.letters import proposed_merges, serial_flags, tell_customer, tell_staff, trust_flags
from mailflow.policy.case import Request, ServiceRequestDetails
from mailflow.policy.decision import Decision, Effect, Note
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import MailReceived, SenderRole


def open_request(event: MailReceived, facts: RequestFacts, desk: Desk, now: datetime, earlier: Request | None = None) -> Decision:
    """A new request from a mail. Complete and entitled is accepted, incomplete is asked back, all else a human decides.

    `earlier` is the sender's own request that was closed too long ago to go on: what it said of the device holds (SR7, IN5).
    """
    if event.alarm is not None:
        return open_alarm(event, event.alarm, facts, desk, now)
    taken_over = ServiceRequestDetails()
    if earlier is not None and earlier.details.serials and not event.extracted.serials:
        taken_over = ServiceRequestDetails(serials=earlier.details.serials, serials_from=earlier.number)
    details = read_details(taken_over, event, facts, desk)
    if event.is_encrypted:
        trusted = is_trusted(event, facts)
        details = replace(details, name=event.customer.name, missing=(CLEAR_TEXT,), asked_in_clear=True, trusted=trusted)
    copied = welcome(new_case(event, facts, desk, details), event, facts, desk)
    doubt = look_at_ship_to(copied.case, event, facts)
    case, effects = _begin(doubt.case, event, facts, desk, now)
    noticed = serial_flags(case, case.details.serials, facts)
    unknown_return = next((form.rma for form in event.return_notifications), "")
    first = (
        *((Step("flag_encrypted", {}),) if event.is_encrypted else ()),
        *((Step("flag_escalated", {}),) if case.details.escalated_at is not None else ()),
        *((Step("flag_unknown_return", {"number": unknown_return}),) if unknown_return else ()),
    )
    staff = tell_staff(
        case,
        event,
        desk,
        is_new=True,
        steps=staff_steps(facts),
        flags=(*first, *trust_flags(case, event, facts), *noticed, *doubt.flags, *copied.flags),
        commands=(*proposed_merges(case, noticed), *copied.commands),
    )
    is_own = event.sender_role is SenderRole.PARTICIPANT
    refers = f"it refers to {event.linked_to}, which was closed too long ago to go on"
    names = f"the mail named {event.linked_to}, whose participants do not include {event.sender}"
    links = (Note(text=refers if is_own else names),) if event.linked_to else ()
    return Decision(case=case, effects=(*effects, *doubt.effects, staff, *links), reason=f"a new request: {case.state}")


def _begin(case: Request, event: MailReceived, facts: RequestFacts, desk: Desk, now: datetime) -> tuple[Request, tuple[Effect, ...]]:
    """The state with the one immediate answer, which is another one for an escalation (SR6) and a form (RM4)."""
    if speaks_of_another(case, event, desk):
        return open_escalation(case, event, facts, desk, now)
    unknown_return = next((form.rma for form in event.return_notifications), "")
    # A stranger is answered as ever, so that numbers cannot be tried out (IN3).
    if unknown_return and not event.unanswered_because and may_read(case, event):
        problems = ((unknown_return, "unknown_rma", {"rma": unknown_return}),)
        letter = tell_customer(case, "return_notification_rejected", type="rma", problems=problems, late=False)
        return replace(case, state="new"), (replace(letter, immediate_answer=True),)
    begun, effects = judge(case, event, facts, desk, now)
    if not asks_for_manager(event, facts):
        return begun, effects
    escalated, brief = brief_of_new(begun, event, facts, desk)
    return escalated, (*effects, *brief)
