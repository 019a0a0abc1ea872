"""The states of a certification (DK2). `after` names the states that a state may follow; '' is where a new one begins."""

from __future__ import annotations

from datetime import datetime

from mailflow.cases.certification.command import RULES, give_command
from mailflow.cases.certification.conversation import add_partner_mail, add_staff_mail, take_first_report
from mailflow.cases.certification.deadline import missed_decision, on_deadline
from mailflow.cases.certification.facts import CertificationFacts
from mailflow.cases.certification.opening import open_certification
from mailflow.policy.case import Lifecycle, State
from mailflow.policy.case_type import CaseType
from mailflow.policy.certification import Certification, CertificationDetails
from mailflow.policy.decision import Decision
from mailflow.policy.desk import Desk, MailboxRole
from mailflow.policy.event import CommandGiven, DeadlineFell, Event, MailReceived, SenderRole

LIFECYCLE = Lifecycle(
    kind="certification",
    states=(
        State("applied", after=("",)),
        # Born so: the certificate of the register, when the partner first writes about it.
        State("certified", after=("", "applied")),
        State("rejected", after=("applied",), closed=True),
        State("cancelled", after=("certified",), closed=True),
        State("expired", after=("certified",), closed=True),
    ),
)


def decide(case: Certification | None, event: Event, facts: CertificationFacts, desk: Desk, now: datetime) -> Decision:
    """The rules of certification, by the kind of event."""
    match event:
        case MailReceived() if case is None:
            return take_first_report(event, facts, desk, now) or open_certification(event, facts, desk, now)
        case MailReceived(sender_role=SenderRole.STAFF) if case is not None:
            return add_staff_mail(case, event, desk)
        case MailReceived() if case is not None:
            return add_partner_mail(case, event, facts, desk, now)
        case CommandGiven() if case is not None:
            return give_command(case, event, facts, desk, now)
        case DeadlineFell() if case is not None:
            return on_deadline(case, event, facts, desk, now)
    raise ValueError(f"a certification has no rule for {type(event).__name__} without a case")


CASE_TYPE: CaseType[CertificationDetails, CertificationFacts] = CaseType(
    kind="certification",
    lifecycle=LIFECYCLE,
    decide=decide,
    facts=CertificationFacts,
    commands=frozenset(RULES),
    details=CertificationDetails,
    opened_by=(MailboxRole.PARTNER,),
    begins_anew=frozenset({"certified", "rejected", "cancelled", "expired"}),
    domain_of=lambda case: case.details.domain,
    digest_lines=missed_decision,
)
