"""Hand-over to the manufacturer's TAC (DK1): what it is told, what comes back, and that the customer is none the wiser.

The manufacturer is a party of its own: what it writes is for staff, what staff answer to that is for it, and neither reaches the customer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.service_request.facts import RequestFacts
from mailflow.cases.service_request.letters import responsible_staff, summary
from mailflow.message.reference import find_case_numbers
from mailflow.policy.case import Request
from mailflow.policy.command_rules import done, refuse
from mailflow.policy.decision import Decision, Note, SendNotice
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, VendorPolicy
from mailflow.policy.event import CommandGiven, MailReceived

LANGUAGE = "en"
"""In which desks and manufacturers write to each other."""


def hand_over(case: Request, event: CommandGiven, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """`/handover [ADDRESS]`: all that is known of the fault goes to the manufacturer, with the files of the case."""
    vendor, details = desk.vendor, case.details
    address = event.command.address or (vendor.address if vendor else "")
    if vendor is None:
        return refuse(case, event, Step("request_no_vendor", {"number": case.number, "desk": desk.name}))
    if not desk.is_vendor(address):
        return refuse(case, event, Step("request_not_the_vendor", {"number": case.number, "address": address, "desk": desk.name}))
    if case.state in ("resolved", "closed"):
        return refuse(case, event, Step("request_in_state", {"number": case.number, "state": case.state}))
    if details.vendor_number:
        with_vendor = {"number": case.number, "address": details.handed_to, "other": details.vendor_number}
        return refuse(case, event, Step("request_with_vendor", with_vendor))
    state = "in progress" if case.state in ("accepted", "awaiting customer") else case.state
    letter = SendNotice(
        notice="service_request/handover",
        to=(address,),
        values={"fault": fault(case, vendor)},
        language=LANGUAGE,
        attach=("case_files",),
        forward_attachments=True,
    )
    handed_over = replace(case, state=state, details=replace(details, handed_to=address))
    return done(handed_over, event, Step("request_handed_over", {"number": case.number, "address": address}), letter)


def fault(case: Request, vendor: VendorPolicy) -> tuple[tuple[str, str], ...]:
    """(field name, text): what an engineer of the manufacturer needs, in the fields that a TAC asks for (IN4); nothing of the person."""
    details = case.details
    rows = (
        ("number", case.number),
        ("serial", ", ".join(details.serials)),
        ("contract", vendor.contracts.get(case.contract or "", "")),
        ("priority", case.priority or ""),
        ("model", details.model),
        ("software_version", details.software_version),
        ("site_address", details.site_address),
        ("symptoms", _without_gaps(details.symptoms or details.alarm or case.subject)),
    )
    return tuple((name, text) for name, text in rows if text)


def _without_gaps(text: str) -> str:
    """An empty line would end the field for who reads it by machine."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def add_vendor_mail(case: Request, event: MailReceived, desk: Desk) -> Decision:
    """The manufacturer's mail is for staff and changes no state; it tells the number under which it works."""
    known = replace(case, details=replace(case.details, vendor_number=_number_of_vendor(case, event, desk)))
    forwarded = SendNotice(
        notice="service_request/vendor_message",
        to=responsible_staff(case, desk),
        to_staff=True,
        forward_attachments=True,
        values={
            "text": event.new_text,
            "sender": event.sender,
            "subject": event.mail.subject,
            "summary": summary(known),
            "attachment_names": tuple(attachment.name or "" for attachment in event.mail.attachments),
        },
    )
    return Decision(case=known, effects=(forwarded,), reason=f"the manufacturer wrote: {event.sender}")


def _number_of_vendor(case: Request, event: MailReceived, desk: Desk) -> str:
    """The first number that it names, in the subject before the text; replaced by another of its kind in a subject beside our number."""
    known: str = case.details.vendor_number
    in_subject = _numbers(case, event.mail.subject, desk)
    if not known:
        return next(iter((*in_subject, *_numbers(case, event.new_text, desk))), "")
    alike = tuple(number for number in in_subject if _prefix(number, desk) == _prefix(known, desk))
    return alike[0] if alike and known not in alike and case.number in event.mail.subject else known


def _numbers(case: Request, text: str, desk: Desk) -> tuple[str, ...]:
    """The manufacturer's numbers in its own words; what the customer's subject names is not its answer."""
    prefixes = desk.vendor.number_prefixes if desk.vendor else ()
    of_customer = find_case_numbers(case.subject, prefixes)
    return tuple(number for number in find_case_numbers(text, prefixes) if number not in of_customer)


def _prefix(number: str, desk: Desk) -> str:
    return next((prefix for prefix in (desk.vendor.number_prefixes if desk.vendor else ()) if number.startswith(prefix)), "")


def write_to_vendor(case: Request, event: MailReceived) -> Decision:
    """An answer to the manufacturer's mail goes to the manufacturer, from the desk's address and in its thread."""
    details = case.details
    if not details.handed_to:
        return Decision(
            case=case, effects=(Note(text=event.new_text.strip(), who=event.sender),), reason=f"internal note of {event.sender}"
        )
    letter = SendNotice(
        notice="service_request/vendor_answer",
        to=(details.handed_to,),
        values={"text": event.new_text.strip(), "vendor_number": details.vendor_number},
        language=LANGUAGE,
        forward_attachments=True,
    )
    return Decision(case=case, effects=(letter,), reason=f"{event.sender} wrote to the manufacturer")
