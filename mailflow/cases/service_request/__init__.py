"""The states of a service request (SR7). `after` names the states that a state may follow; '' is where a new one begins."""

from __future__ import annotations

from datetime import datetime

from mailflow.cases.service_request.command import RULES, give_command
from mailflow.cases.service_request.conversation import add_customer_mail, add_staff_mail
from mailflow.cases.service_request.deadline import on_deadline
from mailflow.cases.service_request.facts import RequestFacts
from mailflow.cases.service_request.handover import add_vendor_mail
from mailflow.cases.service_request.judgement import with_late_notice
from mailflow.cases.service_request.opening import open_request
from mailflow.policy.case import Lifecycle, Request, ServiceRequestDetails, State
from mailflow.policy.case_type import CaseType, Trait
from mailflow.policy.decision import Decision
from mailflow.policy.desk import Desk, MailboxRole
from mailflow.policy.event import CommandGiven, DeadlineFell, Event, MailReceived, NoticeBounced, SenderRole

OPEN = ("new", "awaiting information", "accepted", "in progress", "awaiting customer")

LIFECYCLE = Lifecycle(
    kind="service_request",
    states=(
        State("new", after=("", "awaiting information")),
        State("awaiting information", after=("", "new")),
        State("accepted", after=("", "new", "awaiting information")),
        State("in progress", after=("new", "awaiting information", "accepted", "awaiting customer", "resolved", "closed")),
        State("awaiting customer", after=("new", "awaiting information", "accepted", "in progress")),
        State("resolved", after=OPEN),
        State("closed", after=(*OPEN, "resolved"), closed=True),
    ),
)


def decide(case: Request | None, event: Event, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """The request's rules, by the kind of event."""
    match event:
        case MailReceived() if case is None:
            return with_late_notice(open_request(event, facts, desk, now), event, facts, desk, now)
        case MailReceived(sender_role=SenderRole.STAFF) if case is not None:
            return add_staff_mail(case, event, desk)
        case MailReceived(sender_role=SenderRole.VENDOR) if case is not None:
            return add_vendor_mail(case, event, desk)
        case MailReceived() if case is not None:
            return with_late_notice(add_customer_mail(case, event, facts, desk, now), event, facts, desk, now)
        case CommandGiven() if case is not None:
            return give_command(case, event, facts, desk, now)
        case DeadlineFell() if case is not None:
            return on_deadline(case, event, facts, desk)
        case NoticeBounced() if case is not None:
            return Decision(case=case, reason=f"{event.notice} came back from {event.address}: the CCR was told")
    raise ValueError(f"a service request has no rule for {type(event).__name__} without a case")


CASE_TYPE: CaseType[ServiceRequestDetails, RequestFacts] = CaseType(
    kind="service_request",
    lifecycle=LIFECYCLE,
    decide=decide,
    facts=RequestFacts,
    commands=frozenset(RULES),
    details=ServiceRequestDetails,
    opened_by=(MailboxRole.TAC, MailboxRole.RECEIVING, MailboxRole.ESCALATION),
    begins_anew=frozenset({"closed"}),
    notices={
        "customer_message": Trait.ANSWER_LEAVES,
        "staff_message": Trait.ANSWER_LEAVES,
        "vendor_message": Trait.ANSWER_LEAVES,
        "handover": Trait.TO_VENDOR,
        "vendor_answer": Trait.TO_VENDOR,
        "information_request": Trait.ASKS_DETAILS,
        "escalation_incomplete": Trait.ASKS_NUMBER,
        "survey": Trait.ASKS_SCORE,
    },
    milestones={
        "accepted": "told_accepted",
        "information_request": "told_information_request",
        "handover": "told_handover",
        "response_breached": "told_breached",
        "resolved": "told_resolved",
        "closed": "told_closed",
    },
    handed_to=lambda case: case.details.handed_to,
    vendor_number_of=lambda case: case.details.vendor_number,
)
