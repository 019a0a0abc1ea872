"""Returns: from the Customer Request Verification to the last part, or to finance (RM1-RM12, BX3-BX5)."""

from __future__ import annotations

from datetime import datetime

from mailflow.cases.rma.birth import issue
from mailflow.cases.rma.bounce import meet_bounce
from mailflow.cases.rma.command import RULES, give_command
from mailflow.cases.rma.conversation import add_mail
from mailflow.cases.rma.deadline import meet_deadline
from mailflow.cases.rma.lifecycle import LIFECYCLE
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven, DeadlineFell, Event, MailReceived, NoticeBounced
from mailflow.policy.facts import Facts

COMMANDS = frozenset((*RULES, "confirm"))
"""Names of the staff commands that a return understands."""

__all__ = ["COMMANDS", "LIFECYCLE", "decide"]


def decide(case: Case | None, event: Event, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The return's rules, by the kind of event. Its birth is the command `/rma` on its request."""
    match event:
        case CommandGiven() if case is None:
            return issue(event, facts, desk, now)
        case CommandGiven() if case is not None:
            return give_command(case, event, facts, desk, now)
        case MailReceived() if case is not None:
            return add_mail(case, event, facts, desk, now)
        case DeadlineFell() if case is not None:
            return meet_deadline(case, event, facts, desk, now)
        case NoticeBounced() if case is not None:
            return meet_bounce(case, event, facts, desk, now)
    raise ValueError(f"a return has no rule for {type(event).__name__} without a case")
