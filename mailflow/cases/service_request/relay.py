"""Who hears of what in a request (SR5): the customer's mail to staff, with a summary on top; nothing of staff to the customer."""

from __future__ import annotations

from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.policy.customer_message import Summary, pass_to_assignee, relay_to_staff
from mailflow.policy.decision import SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import MailReceived
from mailflow.policy.facts import Facts


def responsible_staff(case: Case, desk: Desk) -> tuple[str, ...]:
    """The assignee, and until somebody is assigned all CCR and CSE staff of the desk."""
    return (case.assignee,) if case.assignee else desk.staff_of(Role.CCR, Role.CSE)


def understood(details: ServiceRequestDetails) -> tuple[tuple[str, str], ...]:
    """(field name, text) of what was read, as written; only what is there."""
    rows = (
        ("serial", ", ".join(details.serials)),
        ("serial_from", details.serials_from),
        ("serial_unknown", ", ".join(details.unknown_serials)),
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


def greeted(case: Case, event: MailReceived) -> dict[str, str]:
    """Whom a letter to the sender of a mail greets: by its own name, not by the customer's (OUT1)."""
    return {} if event.sender == case.customer else {"recipient_name": event.customer.name}


def summary(case: Case) -> Summary:
    """What staff need to know of the request; only what there is."""
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
    # Of the first mail all is new to staff, what it forwards included (SR5).
    whole = event.mail.text or event.mail.alternative_text
    return relay_to_staff(
        event,
        responsible_staff(case, desk),
        summary=summary(case),
        text=whole if is_new and event.caller is None else "",
        is_new=is_new,
        commands=(*commands, *suggested_commands(case)),
        steps=steps,
        flags=flags,
    )


def pass_on(case: Case, assignee: str, facts: Facts, by: str) -> tuple[SendNotice, ...]:
    """What the customer wrote, for who is in charge from now on and can answer it (SR5)."""
    words = facts.customer_words
    if words is None:
        return ()
    return (pass_to_assignee(words, assignee, summary=summary(case), commands=suggested_commands(case), by=by),)
