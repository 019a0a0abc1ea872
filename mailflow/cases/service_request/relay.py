"""Who hears of what in a request (SR5): the customer's mail to staff, with a summary on top; nothing of staff to the customer."""

from __future__ import annotations

from mailflow.message.set_aside import divide
from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.policy.decision import SendNotice
from mailflow.policy.derivation import Derivation, Step
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
        ("priority", details.priority_words),
        ("impact", details.impact),
        ("software_version", details.software_version),
        ("site_address", details.site_address),
        ("name", details.name),
        ("telephone", details.telephone),
        ("purchase_order", details.purchase_order),
    )
    return tuple((name, text) for name, text in rows if text)


def summary(case: Case) -> tuple[tuple[str, Step | str], ...]:
    """Rows on top of a mail to staff: a key of [summary], and a text or what says it in the reader's language."""
    details: ServiceRequestDetails = case.details
    rows: tuple[tuple[str, Step | str], ...] = (
        ("customer", f"{case.customer_name} <{case.customer}>" if case.customer_name and case.customer else case.customer),
        ("company", case.company),
        ("contract", case.contract or Step("shown_no_contract", {})),
        ("state", Step("shown_state", {"state": case.state})),
        ("priority", case.priority or ""),
        ("assignee", case.assignee or Step("shown_nobody", {})),
        ("serials", ", ".join(details.serials)),
        ("model", details.model),
        ("site_address", details.site_address),
        ("entitlement", Step("shown_entitlement", {"entitlement": details.entitlement or "undecided"})),
        ("missing", Step("shown_fields", {"fields": details.missing}) if details.missing else ""),
        ("linked", ", ".join(dict.fromkeys((*((case.parent,) if case.parent else ()), *case.linked)))),
        ("vendor", " ".join(filter(None, (details.handed_to, details.vendor_number)))),
        ("alarm", Step("shown_alarm", {"alarm": details.alarm, "count": details.alarm_count}) if details.alarm else ""),
    )
    return tuple((label, text) for label, text in rows if text)


def suggested_commands(case: Case) -> tuple[str, ...]:
    """Command lines worth copying in the state at hand."""
    details: ServiceRequestDetails = case.details
    if case.state in ("new", "awaiting information"):
        return (f"/accept {case.priority or 'P3'}", "/entitled CONTRACT")
    serial = f" serial {details.serials[0]}" if details.serials else ""
    if case.state in ("resolved", "closed"):
        return ("/reopen", "/close") if case.state == "resolved" else ("/reopen",)
    return (*(() if case.assignee else ("/assign me",)), f"/rma advance 1 x PART{serial}", "/resolve")


def _of_the_mail(event: MailReceived) -> Derivation:
    """What the mail itself asks staff to notice: attachments that were set aside (IN9), and that its sender got no answer (IN7)."""
    _, aside = divide(event.mail.attachments)
    names = tuple(attachment.name or attachment.content_type for attachment in aside)
    kept = (Step("flag_set_aside", {"names": names}),) if aside else ()
    silent = event.unanswered_because and event.alarm is None
    return (*kept, *((Step("flag_unanswered", {"reason": event.unanswered_because}),) if silent else ()))


def tell_staff(
    case: Case,
    event: MailReceived,
    desk: Desk,
    *,
    is_new: bool = False,
    steps: Derivation = (),
    flags: Derivation = (),
    commands: tuple[str, ...] = (),
) -> SendNotice:
    """The customer's mail for the staff in charge; `flags` are what they should notice, `commands` the lines that go with them."""
    staff = responsible_staff(case, desk)
    # Who opened the case for a caller has just written it (SR10).
    others = tuple(address for address in staff if event.caller is None or address != event.mail.sender.address)
    # Of the first mail all is new to staff, what it forwards included (SR5).
    whole = event.mail.text or event.mail.alternative_text
    return SendNotice(
        notice="service_request/customer_message",
        to=others or staff,
        to_staff=True,
        forward_attachments=True,
        values={
            "text": whole if is_new and event.caller is None else event.new_text,
            "sender": event.sender,
            "summary": summary(case),
            "is_new": is_new,
            "attachment_names": tuple(attachment.name or "" for attachment in event.mail.attachments),
            "commands": (*commands, *suggested_commands(case)),
            "steps": steps,
            "flags": (*flags, *_of_the_mail(event)),
        },
    )
