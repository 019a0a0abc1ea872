"""Returns: from the Customer Request Verification to the last part, or to finance (RM1-RM12, BX3-BX5)."""

from __future__ import annotations

from datetime import datetime

from mailflow.cases.rma.bounce import on_bounce
from mailflow.cases.rma.command import RULES, give_command
from mailflow.cases.rma.conversation import ANSWERS, RECEIPT, add_mail
from mailflow.cases.rma.deadline import on_deadline
from mailflow.cases.rma.details import LIFECYCLE, Return, RmaDetails
from mailflow.cases.rma.digest import overdue_lines, partner_return
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.opening import issue
from mailflow.policy.case_type import CaseType, ExpectedPart, ParcelUnderWay, Trait
from mailflow.policy.decision import Decision
from mailflow.policy.desk import Desk, MailboxRole
from mailflow.policy.event import AT_ONCE, CommandGiven, DeadlineFell, Event, MailReceived, NoticeBounced

WAITING_STATES = ("replacement shipped", "replacement delivered", "announced", "received", "overdue", "to be invoiced")
"""Where a parcel of the replacement may still be under way."""


def decide(case: Return | None, event: Event, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Apply the return's rules, by the kind of event. It is opened by the command `/rma` on its request."""
    match event:
        case CommandGiven() if case is None:
            return issue(event, facts, desk, now)
        case CommandGiven() if case is not None:
            return give_command(case, event, facts, desk, now)
        case MailReceived() if case is not None:
            return add_mail(case, event, facts, desk, now)
        case DeadlineFell() if case is not None:
            return on_deadline(case, event, facts, desk, now)
        case NoticeBounced() if case is not None:
            return on_bounce(case, event, facts, desk, now)
    raise ValueError(f"a return has no rule for {type(event).__name__} without a case")


def concerns_return(event: MailReceived) -> bool:
    """Tell whether a mail in the thread of a request is about the parts of its return (BX6, RM4)."""
    answer = event.customer_line.kind if event.customer_line else ""
    about_parts = event.return_notifications or event.answers_notice == RECEIPT or event.mailbox_role is MailboxRole.RECEIVING
    return answer not in AT_ONCE and (answer in ANSWERS or bool(about_parts))


def expected_parts(case: Return) -> tuple[ExpectedPart, ...]:
    """List the parts that may come in under the return, with what of them is missing."""
    return tuple(
        ExpectedPart(
            part_number=line.part_number,
            description=line.description,
            serials=line.serials,
            outstanding=line.outstanding,
            outstanding_serials=line.outstanding_serials,
            received_serials=line.received_serials,
        )
        for line in case.details.lines
    )


def parcels_under_way(case: Return) -> tuple[ParcelUnderWay, ...]:
    """List the parcels of ours that have not arrived, as far as anybody told (RM8)."""
    if case.state not in WAITING_STATES:
        return ()
    return tuple(ParcelUnderWay(carrier=one.carrier, tracking=one.tracking) for one in case.details.parcels_to_customer)


CASE_TYPE: CaseType[RmaDetails, RmaFacts] = CaseType(
    kind="rma",
    lifecycle=LIFECYCLE,
    decide=decide,
    facts=RmaFacts,
    commands=frozenset(RULES),
    details=RmaDetails,
    parent="service_request",
    opening_command="rma",
    concerns=concerns_return,
    notices={
        "receipt_notification": Trait.FROM_RECEIVING,
        "return_notification_received": Trait.FROM_RECEIVING,
        "return_notification_rejected": Trait.FROM_RECEIVING,
        "disputed": Trait.FROM_RECEIVING,
        "customer_request_verification": Trait.PAPERS_ONLY,
    },
    milestones={"customer_request_verification": "told_return"},
    hears_of_bounces=True,
    service_level_of=lambda case: case.details.service_level,
    parcels_of=parcels_under_way,
    expected_parts=expected_parts,
    digest_lines=overdue_lines,
    partner_return=partner_return,
)
