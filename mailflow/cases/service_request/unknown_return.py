"""A Return Notification for a return that its sender has no part in, or that does not exist: listed back, and staff look (RM4)."""

from __future__ import annotations

from mailflow.cases.service_request.details import may_read
from mailflow.policy.case import Case
from mailflow.policy.decision import Effect, SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.event import MailReceived


def is_unknown_return(case: Case, event: MailReceived) -> bool:
    """Whether a mail that opens a request is such a form. A stranger is answered as ever, so that numbers cannot be tried out (IN3)."""
    return bool(unknown_number(event)) and not event.unanswered_because and may_read(case, event)


def unknown_number(event: MailReceived) -> str:
    """The RMA number that the form names, '' without one."""
    return next((form.rma for form in event.return_notifications), "")


def reject_return(case: Case, event: MailReceived) -> tuple[Case, tuple[Effect, ...]]:
    """The one answer says what is wrong; nothing is asked about a fault, and a human looks at the rest."""
    number = unknown_number(event)
    letter = SendNotice(
        notice="rma/return_notification_rejected",
        to=(case.customer,),
        cc=case.other_participants,
        values={"problems": ((number, "unknown_rma", {"rma": number}),), "late": False},
        immediate_answer=True,
    )
    return case.changed(state="new"), (letter,)


def flags(event: MailReceived) -> Derivation:
    """What staff see on top of the mail."""
    number = unknown_number(event)
    return (Step("flag_unknown_return", {"number": number}),) if number else ()
