"""Partner certification (DK2): from the application by mail to a certificate, its year, and the next application."""

from __future__ import annotations

from datetime import datetime

from mailflow.cases.certification.command import RULES, give_command
from mailflow.cases.certification.conversation import add_partner_mail, add_staff_mail
from mailflow.cases.certification.deadline import meet_deadline
from mailflow.cases.certification.lifecycle import LIFECYCLE
from mailflow.cases.certification.opening import open_certification
from mailflow.cases.certification.registered import take_first_report
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven, DeadlineFell, Event, MailReceived, Standing
from mailflow.policy.facts import Facts

COMMANDS = frozenset(RULES)
"""Names of the staff commands that a certification understands."""

__all__ = ["COMMANDS", "LIFECYCLE", "decide"]


def decide(case: Case | None, event: Event, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The rules of certification, by the kind of event."""
    match event:
        case MailReceived() if case is None:
            return take_first_report(event, facts, desk, now) or open_certification(event, facts, desk, now)
        case MailReceived(standing=Standing.STAFF) if case is not None:
            return add_staff_mail(case, event, desk)
        case MailReceived() if case is not None:
            return add_partner_mail(case, event, facts, desk, now)
        case CommandGiven() if case is not None:
            return give_command(case, event, facts, desk, now)
        case DeadlineFell() if case is not None:
            return meet_deadline(case, event, facts, desk, now)
    raise ValueError(f"a certification has no rule for {type(event).__name__} without a case")
