"""The birth of a return (RM1, RM2): lines checked against the register, the service level's date, the verification notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.cases.rma.flag import flags_of, why_refused
from mailflow.cases.rma.letter import with_remarks
from mailflow.cases.rma.obligation import ask_for_delivery, start_validity_clock
from mailflow.cases.rma.verification import commitment_of, verify
from mailflow.message.item import Item
from mailflow.policy.case import Case, RmaDetails, RmaLine
from mailflow.policy.decision import Decision, Effect, Note
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven
from mailflow.policy.facts import Facts


def issue(event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """`/rma TYPE ITEMS` on a request: a new return with its CRV. The moment of the mail confirms the request (EN6)."""
    request = facts.parent
    if request is None:
        raise ValueError("/rma needs the service request it belongs to")
    if refusal := why_refused(event, facts):
        return Decision(case=None, reason=f"{event.by}: {event.command.line}: refused, {refusal.name}", refused=refusal)
    case, letter = verify(_newborn(request, event, facts, desk), facts, desk)
    flags = flags_of(event, facts)
    notes = tuple(Note(text=f"flagged: {_in_english(flag)}", who=event.by) for flag in flags)
    parts = "; ".join(f"{line.authorised} x {line.part_number}" for line in case.details.lines)
    done = Step("rma_issued", {"rma": case.number, "type": case.details.type, "parts": parts, "customer": case.customer})
    return Decision(
        case=case,
        effects=(letter, *start_validity_clock(case, facts.calendar, desk), *_ask_after_promise(case, facts, desk), *notes),
        reason=f"{event.by}: {event.command.line}",
        done=with_remarks(done, flags),
    )


def _ask_after_promise(case: Case, facts: Facts, desk: Desk) -> tuple[Effect, ...]:
    """Though nobody may book that the replacement left, its delivery is asked for once the promised day has passed (RM8)."""
    promised = commitment_of(case, facts, desk)
    if promised is None:
        return ()
    day = promised.day or facts.calendar.local_day(promised.moment or case.opened_at)
    questions = ask_for_delivery(day, facts.calendar, desk)
    if promised.shipped:
        return questions
    soon = facts.calendar.dated_moment(facts.calendar.next_business_day(day))
    return tuple(replace(one, at=soon) if number == 0 else one for number, one in enumerate(questions))


def _newborn(request: Case, event: CommandGiven, facts: Facts, desk: Desk) -> Case:
    issued_on = facts.calendar.local_day(event.at)
    return Case(
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
        details=RmaDetails(
            type=event.command.rma_type,
            service_level=facts.contract.service_level if facts.contract else "",
            lines=tuple(_line(item, facts) for item in event.command.items),
            issued_at=event.at,
            valid_through=facts.calendar.end_of_term(issued_on, desk.returns.validity).day,
        ),
    )


def _line(item: Item, facts: Facts) -> RmaLine:
    return RmaLine(part_number=item.part_number, description=description_of(item, facts), authorised=item.quantity, serials=item.serials)


def description_of(item: Item, facts: Facts) -> str:
    """The register's word for the part, else the model of the device that is meant."""
    device = next((facts.devices[serial] for serial in item.serials if serial in facts.devices), None)
    return facts.descriptions.get(item.part_number, device.model if device and device.part_number == item.part_number else "")


def _in_english(flag: Step) -> str:
    """A flag for the journal, which is English."""
    return f"{flag.name.removeprefix('rma_').replace('_', ' ')}: {', '.join(str(value) for value in flag.values.values())}"
