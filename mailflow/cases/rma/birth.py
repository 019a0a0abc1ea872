"""The birth of a return (RM1, RM2): lines checked against the register, the service level's date, the verification notice."""

from __future__ import annotations

from datetime import datetime

from mailflow.cases.rma.letter import tell_customer
from mailflow.cases.rma.obligation import start_validity_clock
from mailflow.policy.case import Case, RmaDetails, RmaLine
from mailflow.policy.command import Item
from mailflow.policy.decision import Decision, Note, SendNotice
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven
from mailflow.policy.facts import Facts
from mailflow.policy.sla import replacement_commitment


def issue(event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """`/rma TYPE ITEMS` on a request: a new return with its CRV. The moment of the mail confirms the request (EN6)."""
    request = facts.parent
    if request is None:
        raise ValueError("/rma needs the service request it belongs to")
    lines = tuple(_line(item, facts) for item in event.command.items)
    issued_on = facts.calendar.local_day(event.at)
    details = RmaDetails(
        type=event.command.rma_type,
        service_level=facts.contract.service_level if facts.contract else "",
        lines=lines,
        issued_at=event.at,
        valid_through=facts.calendar.end_of_term(issued_on, desk.returns.validity).day,
    )
    case = Case(
        number=facts.new_numbers["rma"],
        kind="rma",
        desk=request.desk,
        state="issued",
        opened_at=event.at,
        language=request.language,
        country=request.country,
        timezone=request.timezone,
        customer=request.customer,
        customer_name=request.customer_name,
        company=request.company,
        participants=request.participants,
        subject=request.subject,
        parent=request.number,
        contract=request.contract,
        priority=request.priority,
        assignee=request.assignee,
        details=details,
    )
    flags = tuple(Note(text=flag) for flag in _flags(event, facts))
    parts = ", ".join(f"{line.authorised} x {line.part_number}" for line in lines)
    warning = " Please look: " + "; ".join(flag.text for flag in flags) + "." if flags else ""
    return Decision(
        case=case,
        effects=(verification(case, facts, desk), *start_validity_clock(case, facts.calendar, desk), *flags),
        reason=f"{event.by}: {event.command.line}",
        done=f"{case.number} ({details.type}) is issued for {parts}; the Customer Request Verification went to {case.customer}.{warning}",
    )


def verification(case: Case, facts: Facts, desk: Desk, changes: tuple[str, ...] = ()) -> SendNotice:
    """The Customer Request Verification (RM2), with form, label and the calendar entry of the last valid day."""
    details: RmaDetails = case.details
    priority = case.priority or desk.requests.default_priority
    commitment = (
        replacement_commitment(details.service_level, priority, details.issued_at, facts.calendar) if details.service_level else None
    )
    owed = commitment if commitment and details.type == "advance" else None
    return tell_customer(
        case,
        "customer_request_verification",
        attach=("return_form_pdf", "return_form_xlsx", "carton_label", "deadline_calendar"),
        sla_steps=owed.steps if owed else (),
        sla_moment=owed.moment if owed else None,
        sla_day=owed.day if owed else None,
        return_due=details.return_due,
        return_term=desk.returns.return_term,
        version=details.version,
        changes=changes,
    )


def _line(item: Item, facts: Facts) -> RmaLine:
    device = next((facts.devices[serial] for serial in item.serials if serial in facts.devices), None)
    part = item.part_number
    description = facts.descriptions.get(part, device.model if device and device.part_number == part else "")
    return RmaLine(part_number=part, description=description, authorised=item.quantity, serials=item.serials)


def _flags(event: CommandGiven, facts: Facts) -> tuple[str, ...]:
    """What the register or other cases say against a line; a human decides, so nothing is refused (BX8)."""
    named = [serial for item in event.command.items for serial in item.serials]
    unknown = [f"the register has no device with serial number {serial}" for serial in named if serial not in facts.devices]
    elsewhere = [
        f"serial number {serial} is in {number}, which is open"
        for serial, number, kind in facts.open_cases_of_serials
        if kind == "rma" and serial in named
    ]
    foreign = [
        f"serial number {serial} belongs to contract {facts.devices[serial].contract}"
        for serial in named
        if serial in facts.devices and facts.contract and facts.devices[serial].contract != facts.contract.number
    ]
    return (*unknown, *elsewhere, *foreign)
