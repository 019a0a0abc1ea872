"""The birth of a request (SR1, IN5): number at once, and exactly one immediate answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.service_request.alarm import open_alarm
from mailflow.cases.service_request.birth import new_case
from mailflow.cases.service_request.details import CLEAR_TEXT, is_trusted, read_details
from mailflow.cases.service_request.escalation import is_escalation, open_escalation
from mailflow.cases.service_request.flags import proposed_merges, serial_flags, trust_flags
from mailflow.cases.service_request.judgement import judge, staff_steps
from mailflow.cases.service_request.participants import welcome
from mailflow.cases.service_request.relay import tell_staff
from mailflow.cases.service_request.ship_to import look_at_ship_to
from mailflow.cases.service_request.unknown_return import flags as unknown_return_flags
from mailflow.cases.service_request.unknown_return import is_unknown_return, reject_return
from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.policy.decision import Decision, Effect, Note
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import MailReceived, Standing
from mailflow.policy.facts import Facts


def open_request(event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """A new request from a mail. Complete and entitled is accepted, incomplete is asked back, all else a human decides."""
    if event.alarm is not None:
        return open_alarm(event, event.alarm, facts, desk, now)
    details = read_details(ServiceRequestDetails(), event, facts, desk)
    if event.is_encrypted:
        trusted = is_trusted(event, facts)
        details = replace(details, name=event.customer.name, missing=(CLEAR_TEXT,), asked_in_clear=True, trusted=trusted)
    copied = welcome(new_case(event, facts, desk, details), event, facts, desk)
    doubt = look_at_ship_to(copied.case, event, facts)
    case, effects = _begin(doubt.case, event, facts, desk, now)
    noticed = serial_flags(case, case.details.serials, facts)
    staff = tell_staff(
        case,
        event,
        desk,
        is_new=True,
        steps=staff_steps(facts),
        flags=(*_encrypted(event), *unknown_return_flags(event), *trust_flags(case, event), *noticed, *doubt.flags, *copied.flags),
        commands=(*proposed_merges(case, noticed), *copied.commands),
    )
    links = (Note(text=_why_linked(event)),) if event.linked_to else ()
    return Decision(case=case, effects=(*effects, *doubt.effects, staff, *links), reason=f"a new request: {case.state}")


def _begin(case: Case, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """The state with the one immediate answer, which is another one for an escalation (SR6) and a form (RM4)."""
    if is_escalation(event) and event.caller is None:
        return open_escalation(case, event, facts, desk, now)
    if is_unknown_return(case, event):
        return reject_return(case, event)
    return judge(case, event, facts, desk, now)


def _encrypted(event: MailReceived) -> Derivation:
    return (Step("flag_encrypted", {}),) if event.is_encrypted else ()


def _why_linked(event: MailReceived) -> str:
    if event.standing is Standing.PARTICIPANT:
        return f"it refers to {event.linked_to}, which was closed too long ago to go on"
    return f"the mail named {event.linked_to}, whose participants do not include {event.sender}"
