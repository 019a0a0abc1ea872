"""Who hears of what in a request (SR5): the customer's mail to staff, with a summary on top; nothing of staff to the customer."""

from __future__ import annotations

from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.policy.decision import SendNotice
from mailflow.policy.derivation import Derivation
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import MailReceived


def responsible_staff(case: Case, desk: Desk) -> tuple[str, ...]:
    """The assignee, and until somebody is assigned all CCR and CSE staff of the desk."""
    return (case.assignee,) if case.assignee else desk.staff_of(Role.CCR, Role.CSE)


def understood(details: ServiceRequestDetails) -> tuple[tuple[str, str], ...]:
    """(field name, text) of what was read, as written; only what is there."""
    rows = (
        ("serial", ", ".join(details.serials)),
        ("contract", details.contract),
        ("model", details.model),
        ("symptoms", details.symptoms),
        ("impact", details.impact),
        ("software_version", details.software_version),
        ("site_address", details.site_address),
        ("name", details.name),
        ("telephone", details.telephone),
        ("purchase_order", details.purchase_order),
    )
    return tuple((name, text) for name, text in rows if text)


def summary(case: Case) -> tuple[tuple[str, str], ...]:
    """(label, text) rows on top of a mail to staff."""
    details: ServiceRequestDetails = case.details
    rows = (
        ("Customer", f"{case.customer_name} <{case.customer}>" if case.customer_name else case.customer),
        ("Company", case.company),
        ("Contract", case.contract or "none found"),
        ("State", case.state),
        ("Priority", case.priority or ""),
        ("Assignee", case.assignee or "nobody yet"),
        ("Serial numbers", ", ".join(details.serials)),
        ("Model", details.model),
        ("Entitlement", details.entitlement or "undecided"),
        ("Missing", ", ".join(details.missing)),
    )
    return tuple((label, text) for label, text in rows if text)


def suggested_commands(case: Case) -> tuple[str, ...]:
    """Command lines worth copying in the state at hand."""
    details: ServiceRequestDetails = case.details
    if case.state in ("new", "awaiting information"):
        return ("/accept P3", "/entitled CONTRACT")
    serial = f" serial {details.serials[0]}" if details.serials else ""
    if case.state in ("resolved", "closed"):
        return ("/reopen", "/close")
    return ("/assign me", f"/rma advance 1 x PART{serial}", "/resolve")


def tell_staff(case: Case, event: MailReceived, desk: Desk, *, is_new: bool = False, steps: Derivation = ()) -> SendNotice:
    """The customer's mail for the staff in charge."""
    return SendNotice(
        notice="service_request/customer_message",
        to=responsible_staff(case, desk),
        to_staff=True,
        forward_attachments=True,
        values={
            # Of the first mail all is new to staff, what it forwards included (SR5).
            "text": (event.mail.text or event.mail.alternative_text) if is_new else event.new_text,
            "sender": event.sender,
            "summary": summary(case),
            "is_new": is_new,
            "attachment_names": tuple(attachment.name or "unnamed" for attachment in event.mail.attachments),
            "commands": suggested_commands(case),
            "steps": steps,
        },
    )
