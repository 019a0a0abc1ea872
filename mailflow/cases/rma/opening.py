"""The opening of a return (RM1, RM2): checked against the register, with the Customer Request Verification (CRV) to the customer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import cast

from mailflow.cases.rma.clock import ask_for_delivery, return_term, start_validity_clock
from mailflow.cases.rma.details import Return, RmaDetails
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.letters import tell_customer, with_remarks
from mailflow.cases.rma.units import Unit, authorise
from mailflow.message.item import Item
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision, Effect, Note, SendNotice
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import Desk
from mailflow.policy.entitlement import doa_path
from mailflow.policy.event import CommandGiven
from mailflow.policy.sla import Commitment, replacement_commitment

ATTACHED = ("return_form_pdf", "return_form_xlsx", "carton_label", "deadline_calendar")
MOST_UNITS = 1000
"""A return of more is a slip of the keyboard, or several returns."""


def issue(event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Open a return with its CRV, by `/rma TYPE ITEMS` on a request. The moment of the mail confirms the request (EN6)."""
    request = facts.parent
    if request is None:
        raise ValueError("/rma needs the service request it belongs to")
    if refusal := why_refused(event, facts):
        return Decision(case=None, reason=f"{event.by}: {event.command.line}: refused, {refusal.name}", refused=refusal)
    case, letter = verify(_opened(request, event, facts, desk), facts, desk)
    flags = flags_of(event, facts)
    notes = (Note(text=f"flagged: {_in_english(flag)}", who=event.by) for flag in flags)
    parts = "; ".join(f"{line.authorised} x {line.part_number}" for line in case.details.lines)
    done = Step("rma_issued", {"rma": case.number, "type": case.details.type, "parts": parts, "customer": case.customer})
    return Decision(
        case=case,
        effects=(letter, *start_validity_clock(case, facts.calendar, desk), *_ask_after_promise(case, facts, desk), *notes),
        reason=f"{event.by}: {event.command.line}",
        done=with_remarks(done, flags),
    )


def _opened(request: Case, event: CommandGiven, facts: RmaFacts, desk: Desk) -> Return:
    units: tuple[Unit, ...] = ()
    for item in event.command.items:
        units = (*units, *authorise(item, description_of(item, facts), len(units) + 1))
    details = RmaDetails(
        type=event.command.rma_type,
        service_level=facts.contract.service_level if facts.contract else "",
        units=units,
        issued_at=event.at,
        valid_through=facts.calendar.end_of_term(facts.calendar.local_day(event.at), desk.returns.validity).day,
    )
    opened = replace(
        request,
        number=facts.new_numbers["rma"],
        kind="rma",
        state="issued",
        opened_at=event.at,
        closed_at=None,
        parent=request.number,
        linked=(),
        proposed=(),
        version=0,
        details=details,
    )
    return cast(Return, opened)


def description_of(item: Item, facts: RmaFacts) -> str:
    """Find the register's word for the part, else the model of the device that is meant."""
    device = next((facts.devices[serial] for serial in item.serials if serial in facts.devices), None)
    return facts.descriptions.get(item.part_number, device.model if device and device.part_number == item.part_number else "")


def _ask_after_promise(case: Return, facts: RmaFacts, desk: Desk) -> tuple[Effect, ...]:
    """Ask for the delivery once the promised day has passed, though nobody may book that the replacement left (RM8)."""
    promised = commitment_of(case, facts, desk)
    if promised is None:
        return ()
    day = promised.day or facts.calendar.local_day(promised.moment or case.opened_at)
    questions = ask_for_delivery(day, facts.calendar, desk)
    if promised.shipped:
        return questions
    soon = facts.calendar.dated_moment(facts.calendar.next_business_day(day))
    return tuple(replace(one, at=soon) if number == 0 else one for number, one in enumerate(questions))


def _in_english(flag: Step) -> str:
    """Word a flag for the journal, which is English."""
    return f"{flag.name.removeprefix('rma_').replace('_', ' ')}: {', '.join(str(value) for value in flag.values.values())}"


# What the register or other cases say against it


def why_refused(event: CommandGiven, facts: RmaFacts) -> Step | None:
    """Find a contradiction in the command, a serial that another return of the request holds, a dead arrival that is the distributor's."""
    items = event.command.items
    serials = [serial for item in items for serial in item.serials]
    if sum(item.quantity for item in items) > MOST_UNITS:
        return Step("rma_too_many_units", {"most": MOST_UNITS})
    if crowded := next((item for item in items if len(item.serials) > item.quantity), None):
        values: dict[str, Value] = {"part": crowded.part_number, "serials": len(crowded.serials), "quantity": crowded.quantity}
        return Step("rma_more_serials_than_parts", values)
    if doubled := next((serial for serial in serials if serials.count(serial) > 1), ""):
        return Step("rma_serial_twice", {"serial": doubled})
    own = {rma.number for rma in facts.rmas}
    for serial, number, kind in facts.open_cases_of_serials:
        if kind == "rma" and serial in serials and number in own:
            return Step("rma_serial_in_return_of_request", {"serial": serial, "rma": number})
    # End customers, resellers and alliance partners are sent to their distributor with a dead arrival (EN5).
    role = _role_of_customer(facts)
    if event.command.rma_type == "doa" and role and doa_path(role, first_boot=True).handled_by != "tac":
        return Step("rma_doa_by_distributor", {"role": role})
    return None


def _role_of_customer(facts: RmaFacts) -> str:
    """Find the role with which the contract lists the customer of the request, '' where it does not."""
    customer = facts.parent.customer if facts.parent else ""
    known = (*facts.contacts, *((facts.contact,) if facts.contact else ()))
    return next((contact.role for contact in known if contact.email == customer), "")


def flags_of(event: CommandGiven, facts: RmaFacts) -> tuple[Step, ...]:
    """List what staff should look at before the replacement leaves; nothing of it stops the return (BX8)."""
    unknown_role = event.command.rma_type == "doa" and not _role_of_customer(facts)
    doa = (Step("rma_doa_role_unknown", {"customer": facts.parent.customer if facts.parent else ""}),) if unknown_role else ()
    devices = {device.part_number.upper() for device in facts.devices.values() if device.part_number}
    unknown = (
        Step("rma_part_unknown", {"part": item.part_number})
        for item in event.command.items
        if not facts.descriptions.get(item.part_number)
        and not facts.prices.get(item.part_number)
        and item.part_number.upper() not in devices
    )
    serials = chain.from_iterable(_flags_of(serial, item, facts) for item in event.command.items for serial in item.serials)
    return (*doa, *unknown, *serials)


def _flags_of(serial: str, item: Item, facts: RmaFacts) -> Iterator[Step]:
    """List what the register and other returns say of one serial."""
    elsewhere = {known: number for known, number, kind in facts.open_cases_of_serials if kind == "rma"}
    device = facts.devices.get(serial)
    if device is None:
        yield Step("rma_serial_unknown", {"serial": serial})
    elif facts.contract and device.contract != facts.contract.number:
        yield Step("rma_serial_of_other_contract", {"serial": serial, "contract": device.contract})
    if device is not None and device.part_number and device.part_number.upper() != item.part_number.upper():
        yield Step("rma_serial_of_other_part", {"serial": serial, "part": item.part_number, "known": device.part_number})
    if serial in elsewhere:
        yield Step("rma_serial_in_open_return", {"serial": serial, "rma": elsewhere[serial]})
    if serial in facts.received_before:
        yield Step("rma_serial_returned_before", {"serial": serial, "rma": facts.received_before[serial]})


# The verification notice: what is authorised, until when, and from its second version on what has changed


def verify(case: Return, facts: RmaFacts, desk: Desk) -> tuple[Return, SendNotice]:
    """Send the notice with form, label and the calendar entry; the case remembers what it told. Staff's waybill travels along."""
    details = case.details
    moved = details.return_address not in ((), desk.wording.return_address)
    verified = replace(case, details=replace(details, changed_since=(), return_address=desk.wording.return_address))
    promised = commitment_of(verified, facts, desk)
    valid_from = facts.calendar.before(details.valid_through, desk.returns.validity)
    letter = tell_customer(
        verified,
        "customer_request_verification",
        sla_steps=promised.steps if promised else (),
        sla_moment=promised.moment if promised else None,
        sla_day=promised.day if promised else None,
        by_day=details.by_day,
        days=details.due_days,
        return_term=return_term(facts, desk),
        version=details.version,
        changes=(*details.changed_since, *(("return_address",) if moved else ())),
        validity_steps=(
            Step("rma_valid_from", {"day": valid_from}),
            *facts.calendar.end_of_term(valid_from, desk.returns.validity).steps[1:],
        ),
        ship_to=_ship_to(details, facts),
    )
    return verified, replace(letter, attach=ATTACHED, forward_attachments=True)


def verify_anew(case: Return, change: str, facts: RmaFacts, desk: Desk) -> tuple[Return, SendNotice]:
    """Send the next version, which says what has changed since the last."""
    details = case.details
    changes = tuple(dict.fromkeys((*details.changed_since, change)))
    return verify(replace(case, details=replace(details, version=details.version + 1, changed_since=changes)), facts, desk)


def _ship_to(details: RmaDetails, facts: RmaFacts) -> str:
    """Find where the replacement goes: the address of the request, else the contract's, where that is a single one."""
    if details.type != "advance":
        return ""
    stated: str = facts.parent.details.site_address if facts.parent else ""
    sites = [site.strip() for site in facts.contract.site_address.split(";") if site.strip()] if facts.contract else []
    return stated.strip() or (sites[0] if len(sites) == 1 else "")


def commitment_of(case: Return, facts: RmaFacts, desk: Desk) -> Commitment | None:
    """Derive when the replacement is there by the entitled level (EN6), counted from the mail that created the return; None where none
    is sent."""
    details = case.details
    if details.type != "advance" or not details.service_level:
        return None
    priority = case.priority or desk.requests.default_priority
    return replacement_commitment(details.service_level, priority, details.issued_at, facts.calendar)
