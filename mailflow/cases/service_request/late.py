"""The honest word about our own delay (BX9): once per request, while every clock counts from the server's time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.service_request.details import is_vouched_for
from mailflow.cases.service_request.relay import greeted
from mailflow.policy.calendar import DAY_UNITS, ELAPSED_UNITS
from mailflow.policy.case import ServiceRequestDetails
from mailflow.policy.decision import Decision, SendNotice
from mailflow.policy.desk import Desk
from mailflow.policy.event import MailReceived
from mailflow.policy.facts import Facts


def with_late_notice(decision: Decision, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The decision on a customer's mail, with the late notice where the mail was read too long after its arrival."""
    case = decision.case
    if case is None or not isinstance(case.details, ServiceRequestDetails) or case.details.late_notice_sent:
        return decision
    if not _may_be_told(case.details, event) or now <= _late_from(event.at, facts, desk):
        return decision
    values = {"arrived_at": event.at, **greeted(case, event)}
    notice = SendNotice(notice="service_request/late_notice", to=(event.sender,), values=values, immediate_answer=True)
    told = case.changed(details=replace(case.details, late_notice_sent=True))
    return replace(decision, case=told, effects=(*decision.effects, notice))


def _may_be_told(details: ServiceRequestDetails, event: MailReceived) -> bool:
    is_request = event.alarm is None and event.survey_answer is None
    return is_request and not event.unanswered_because and event.caller is None and details.trusted and is_vouched_for(event)


def _late_from(at: datetime, facts: Facts, desk: Desk) -> datetime:
    term = desk.requests.late_after
    if term.unit in DAY_UNITS:
        return facts.calendar.dated_moment(facts.calendar.end_of_term(at, term).day)
    return facts.calendar.add_elapsed(at, term) if term.unit in ELAPSED_UNITS else facts.calendar.add_service(at, term)
