"""STATUS (SR9): where a request stands, told at once to who takes part. It changes nothing and bothers nobody else."""

from __future__ import annotations

from datetime import datetime

from mailflow.cases.service_request.details import may_read
from mailflow.cases.service_request.relay import greeted
from mailflow.cases.service_request.response_clock import response_moment
from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.policy.decision import Decision, Effect, Note, SendNotice
from mailflow.policy.derivation import DerivedMoment
from mailflow.policy.desk import Desk
from mailflow.policy.event import MailReceived
from mailflow.policy.facts import Facts

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


def tell_status(case: Case, event: MailReceived, facts: Facts, desk: Desk) -> Decision:
    """The answer, and nothing else: no state changes and no colleague is disturbed (SR9)."""
    effects = (*status_letter(case, event, facts, desk), Note(text="asked for the status", who=event.sender))
    return Decision(case=case, effects=effects, reason=f"{event.sender} asked for the status")


def status_letter(case: Case, event: MailReceived, facts: Facts, desk: Desk) -> tuple[Effect, ...]:
    """State, running clocks, returns and last steps, to the one who asked."""
    if event.unanswered_because:
        return (Note(text=f"status not sent: {event.unanswered_because}"),)
    due = running_response(case, facts, desk)
    trusted = may_read(case, event)
    values = {
        "trusted": trusted,
        "response_due": due.at if due else None,
        "steps": due.steps if due else (),
        "asked": case.details.missing if case.state == "awaiting information" else (),
        "returns": facts.rmas,
        "history": facts.last_steps if trusted else (),
        "reader": event.sender,
        **greeted(case, event),
    }
    return (SendNotice(notice="service_request/status", to=(event.sender,), values=values, immediate_answer=True),)


def running_response(case: Case, facts: Facts, desk: Desk) -> DerivedMoment | None:
    """When an engineer must have answered, while nobody has (SR4)."""
    details: ServiceRequestDetails = case.details
    since: datetime | None = details.accepted_at
    if since is None or details.responded_at is not None or case.state in ("resolved", "closed"):
        return None
    return response_moment(case, since, facts, desk)
