"""The birth of a request (SR1, IN5): number at once, and exactly one immediate answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.service_request.alarm import open_alarm
from mailflow.cases.service_request.birth import new_case
from mailflow.cases.service_request.details import CLEAR_TEXT, is_trusted, read_details
from mailflow.cases.service_request.escalation import asks_for_manager, brief_of_new, open_escalation, speaks_of_another
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


def open_request(event: MailReceived, facts: Facts, desk: Desk, now: datetime, earlier: Case | None = None) -> Decision:
    """A new request from a mail. Complete and entitled is accepted, incomplete is asked back, all else a human decides.

    `earlier` is the sender's own request that was closed too long ago to go on: what it said of the device holds (SR7, IN5).
    """
    if event.alarm is not None:
        return open_alarm(event, event.alarm, facts, desk, now)
    details = read_details(_taken_over(earlier, event), event, facts, desk)
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
        flags=(*_first_flags(case, event), *trust_flags(case, event, facts), *noticed, *doubt.flags, *copied.flags),
        commands=(*proposed_merges(case, noticed), *copied.commands),
    )
    links = (Note(text=_why_linked(event)),) if event.linked_to else ()
    return Decision(case=case, effects=(*effects, *doubt.effects, staff, *links), reason=f"a new request: {case.state}")


def _begin(case: Case, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """The state with the one immediate answer, which is another one for an escalation (SR6) and a form (RM4)."""
    if speaks_of_another(case, event, desk):
        return open_escalation(case, event, facts, desk, now)
    if is_unknown_return(case, event):
        return reject_return(case, event)
    begun, effects = judge(case, event, facts, desk, now)
    if not asks_for_manager(event):
        return begun, effects
    escalated, brief = brief_of_new(begun, event, facts, desk)
    return escalated, (*effects, *brief)


def _taken_over(earlier: Case | None, event: MailReceived) -> ServiceRequestDetails:
    """Nobody is asked for a serial that stands in the request to which the mail refers (IN5)."""
    if earlier is None or event.extracted.serials or not earlier.details.serials:
        return ServiceRequestDetails()
    return ServiceRequestDetails(serials=earlier.details.serials, serials_from=earlier.number)


def _first_flags(case: Case, event: MailReceived) -> Derivation:
    encrypted = (Step("flag_encrypted", {}),) if event.is_encrypted else ()
    escalated = (Step("flag_escalated", {}),) if case.details.escalated_at is not None else ()
    return (*encrypted, *escalated, *unknown_return_flags(event))


def _why_linked(event: MailReceived) -> str:
    if event.standing is Standing.PARTICIPANT:
        return f"it refers to {event.linked_to}, which was closed too long ago to go on"
    return f"the mail named {event.linked_to}, whose participants do not include {event.sender}"
