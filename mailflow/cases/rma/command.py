"""Staff commands on a return (contract: Staff commands). Each answers with what was done or says why nothing was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from mailflow.cases.rma.announcement import announce, state_once_announced
from mailflow.cases.rma.bounce import reach_again
from mailflow.cases.rma.clock import RETURN_CLOCK, VALIDITY_CLOCK, ask_for_delivery, start_validity_clock, stop
from mailflow.cases.rma.correction import correct
from mailflow.cases.rma.delivery import (
    Arrival,
    SentPart,
    arrival_of,
    deliver_replacement,
    earliest_delivery,
    extend_term,
    parts_sent,
)
from mailflow.cases.rma.details import LIFECYCLE, Parcel, Return, RmaDetails, state_by_clocks
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.invoicing import confirm_invoice, withdraw_all
from mailflow.cases.rma.letters import days_by_part, tell_customer, with_remarks
from mailflow.cases.rma.opening import verify_anew
from mailflow.cases.rma.receipt import book_receipt
from mailflow.message.model import ReturnLine, ReturnNotification
from mailflow.policy import command_rules
from mailflow.policy.case import narrow
from mailflow.policy.command_rules import Rule, ask_confirmation, give_add, give_note
from mailflow.policy.decision import Decision, Effect, Note
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import Desk
from mailflow.policy.entitlement import is_unconfirmed, who_may_confirm
from mailflow.policy.event import CommandGiven

ALWAYS = ("received", "correct", "note", "confirm")
"""Commands that a closed return still takes."""


def give_command(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Apply the rule of the command's name; a return that is over takes few of them."""
    name = event.command.name
    owes_replacement = name in ("shipped", "delivered") and case.state == "closed" and case.details.is_awaited
    if LIFECYCLE.is_closed(case.state) and name in RULES and name not in ALWAYS and not owes_replacement:
        return _refuse(case, "rma_is_over", state=case.state)
    return command_rules.give_command(RULES, case, event, facts, desk, now)


def _refuse(case: Return, name: str, **values: Value) -> Decision:
    return Decision(case=case, reason=name.removeprefix("rma_").replace("_", " "), refused=Step(name, {"rma": case.number, **values}))


def _done(case: Return, event: CommandGiven, name: str, *effects: Effect, **values: Value) -> Decision:
    step = Step(name, {"rma": case.number, **values})
    return Decision(case=case, effects=effects, reason=f"{event.by}: {event.command.line}", done=step)


# The replacement's way


def shipped(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Book that the replacement left, and ask for its delivery until that is known (RM8). It holds what is named, else all that is not
    delivered nor under way. The serials of ITEMS are those of the replacement, so that a swapped part shows (BX5)."""
    details, command = case.details, event.command
    if details.type != "advance":
        return _refuse(case, "rma_no_replacement", type=details.type)
    if (
        facts.parent
        and is_unconfirmed(facts.parent, facts.contract)
        and (contacts := who_may_confirm(facts.parent, facts.contacts, facts.undeliverable))
    ):
        return _refuse(case, "rma_ship_to_unconfirmed", address=facts.parent.details.site_address, contacts=contacts)
    parts = parts_sent(details, command.items)
    parcel = Parcel(
        carrier=command.carrier,
        tracking=command.tracking,
        on=event.at,
        quantity=sum(part.authorised for part in parts),
        serials=tuple(serial for item in command.items for serial in item.serials),
        contents=tuple((part.part_number, part.authorised) for part in parts),
    )
    state = "replacement shipped" if case.state == "issued" else case.state
    left = replace(case, state=state, details=replace(details, replacements=(*details.replacements, parcel)))
    asks = details.is_awaited and case.closed_at is None
    questions = ask_for_delivery(facts.calendar.local_day(event.at), facts.calendar, desk) if asks else ()
    letter = tell_customer(left, "replacement_shipped", parcel=parcel, visit_at=None, engineer="", moved=False, lines=parts)
    return _done(left, event, "rma_shipped", letter, *questions, carrier=parcel.carrier, tracking=parcel.tracking)


def delivered(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Book replacements that arrived: those that are named, else all that are under way (RM8, BX3); of a repair, the repaired part,
    with which the return ends (RM7)."""
    details, day, tracking = case.details, event.command.day, event.command.tracking
    if case.state == "shipped back":
        closed = replace(case, state="closed", closed_at=event.at)
        return _done(closed, event, "rma_closed", tell_customer(closed, "closed"))
    if details.type != "advance" or day is None:
        return _refuse(case, "rma_nothing_to_deliver", type=details.type)
    if day > facts.calendar.local_day(event.at):
        return _refuse(case, "rma_delivery_in_the_future", day=day)
    if day < (earliest := earliest_delivery(details, facts)):
        return _refuse(case, "rma_delivery_too_early", day=day, earliest=earliest)
    parcels = tuple(parcel for parcel in details.parcels_to_customer if not tracking or parcel.tracking == tracking)
    arrival = arrival_of(details, event.command.items, parcels)
    if isinstance(arrival, Step):
        return _refuse(case, arrival.name, **arrival.values)
    arrived, effects = deliver_replacement(case, arrival, day, facts, desk, now, tracking=tracking)
    if arrived.details.outstanding == 0:
        return _done(arrived, event, "rma_delivered_nothing_due", *effects, day=day)
    return _done(arrived, event, "rma_delivered", *effects, day=day, days=days_by_part(arrived.details))


def visit(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Announce the engineer's visit of an onsite service level (RM12), in the customer's local time; given again it names another time.

    The customer reads it in replacement_shipped: the engineer comes with the replacement.
    """
    details, command = case.details, event.command
    if command.day is None or command.time is None:
        raise ValueError("/visit needs a day and a time")
    at = facts.calendar.instant(command.day, command.time)
    if at <= event.at:
        return _refuse(case, "rma_visit_in_the_past", at=at, timezone=case.timezone)
    planned = replace(case, details=replace(details, visit_at=at))
    letter = tell_customer(
        planned,
        "replacement_shipped",
        parcel=details.replacements[-1] if details.replacements else None,
        visit_at=at,
        engineer=command.person,
        moved=details.visit_at is not None,
        lines=parts_sent(details),
    )
    who = f", {command.person}" if command.person else ""
    note = Note(text=f"visit on {command.day} at {command.time:%H:%M} local time{who}", who=event.by)
    done = _done(planned, event, "rma_visit_announced", letter, note, at=at, timezone=case.timezone)
    return _unless_onsite(done, details.service_level)


def visited(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Book the visit (RM12): what is still under way of the replacement counts as delivered on that day."""
    details, day = case.details, event.command.day
    if day is None:
        raise ValueError("/visited needs a day")
    if day > facts.calendar.local_day(event.at):
        return _refuse(case, "rma_visit_in_the_future", day=day)
    if day < (earliest := facts.calendar.local_day(details.issued_at)):
        return _refuse(case, "rma_visit_before_issue", day=day, issued=earliest)
    over = replace(case, details=replace(details, visited_on=day))
    note = Note(text=f"the visit took place on {day}", who=event.by)
    can_arrive = bool(details.undelivered) and day >= earliest_delivery(details, facts)
    arrival = arrival_of(details, (), details.parcels_to_customer) if can_arrive else None
    if not isinstance(arrival, Arrival):
        return _unless_onsite(_done(over, event, "rma_visited", note, day=day), details.service_level)
    arrived, effects = deliver_replacement(over, arrival, day, facts, desk, now)
    done = _done(arrived, event, "rma_visited_and_delivered", *effects, note, day=day, days=days_by_part(arrived.details))
    return _unless_onsite(done, details.service_level)


def _unless_onsite(decision: Decision, level: str) -> Decision:
    """Add to the answer that the service level is not onsite, where it is not."""
    if level.replace(" ", "").lower().endswith("-onsite") or not decision.done:
        return decision
    return replace(decision, done=with_remarks(decision.done, (Step("rma_level_is_not_onsite", {"level": level or "-"}),)))


# The customer's parts


def announced(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    command = event.command
    lines = tuple(ReturnLine(part_number=one.part_number, quantity=one.quantity, serial=", ".join(one.serials)) for one in command.items)
    form = ReturnNotification(rma=case.number, carrier=command.carrier, tracking=command.tracking, lines=lines)
    result = announce(case.details, form, event.at)
    if result.problems or not result.booked:
        problems = tuple(Step(f"rma_announced_{name}", {"said": said or case.number, **values}) for said, name, values in result.problems)
        return _refuse(case, "rma_not_announced", problems=problems or (Step("rma_announced_nothing_left", {"said": case.number}),))
    changed = replace(case, details=replace(case.details, units=result.units), state=state_once_announced(case.state))
    return _done(changed, event, "rma_announced", carrier=command.carrier, tracking=command.tracking)


def received(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    arrived = tuple(replace(item, condition=item.condition or event.command.condition) for item in event.command.items)
    return book_receipt(case, arrived, event, facts, desk)


def repaired(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Send back what arrived; what was waived was never here."""
    if case.state != "in repair":
        return _refuse(case, "rma_not_in_repair", state=case.state)
    parts = tuple(
        SentPart(part_number=line.part_number, description=line.description, authorised=line.received, serials=line.received_serials)
        for line in case.details.lines
        if line.received
    )
    carrier, tracking = event.command.carrier, event.command.tracking
    parcel = Parcel(carrier=carrier, tracking=tracking, on=event.at, quantity=sum(part.authorised for part in parts))
    back = replace(case, state="shipped back", details=replace(case.details, replacements=(parcel,)))
    letter = tell_customer(back, "repaired_shipped", parcel=parcel, lines=parts)
    return _done(back, event, "rma_repaired", letter, carrier=carrier, tracking=tracking)


# Terms, and the end


def extend(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Grant more time for every day that is open, counted in the unit of the desk's extension (RM10)."""
    if not case.details.running_days:
        return _refuse(case, "rma_no_return_date" if case.details.type == "advance" else "rma_validity_is_renewed")
    extended, effects = extend_term(case, event.command.days or 0, event.by, event.command.reason, facts, desk, now)
    return _done(extended, event, "rma_extended", *effects, days=days_by_part(extended.details))


def revalidate(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    if not case.details.outstanding:
        return _refuse(case, "rma_nothing_outstanding")
    last = facts.calendar.end_of_term(facts.calendar.local_day(event.at), desk.returns.validity).day
    details = replace(case.details, valid_through=last, expired=False)
    valid, letter = verify_anew(replace(case, details=details), "valid_through", facts, desk)
    return _done(valid, event, "rma_revalidated", letter, *start_validity_clock(valid, facts.calendar, desk), day=last)


def waive(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Waive all that is outstanding, and end the return; a repair goes on with what came."""
    outstanding, reason = case.details.outstanding, event.command.reason
    if not outstanding:
        return _refuse(case, "rma_nothing_outstanding")
    if not event.confirmed:
        return ask_confirmation(case, event, facts, Step("rma_would_waive", {"rma": case.number, "outstanding": outstanding}))
    freed, withdrawn = withdraw_all(case, reason, desk)
    details = freed.details.updated(replace(unit, waived=True) for unit in freed.details.units if unit.is_outstanding)
    goes_on = details.type == "repair" and any(unit.received_at for unit in details.units)
    waived = replace(
        freed,
        details=replace(details, disputed=False),
        state="in repair" if goes_on else "waived",
        closed_at=freed.closed_at if goes_on else event.at,
    )
    letters = (tell_customer(waived, "waived", reason=reason), *withdrawn)
    return _done(waived, event, "rma_waived", *letters, *stop(*RETURN_CLOCK, *VALIDITY_CLOCK), outstanding=outstanding)


def cancel(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    if not event.confirmed:
        return ask_confirmation(case, event, facts, Step("rma_would_cancel", {"rma": case.number}))
    freed, withdrawn = withdraw_all(case, event.command.reason, desk)
    cancelled = replace(freed, state="cancelled", closed_at=event.at)
    letters = (tell_customer(cancelled, "cancelled", reason=event.command.reason), *withdrawn)
    done = _done(cancelled, event, "rma_cancelled", *letters, *stop(*RETURN_CLOCK, *VALIDITY_CLOCK))
    if not case.details.replacements and not case.details.delivered_days:
        return done
    remark = Step("rma_replacement_with_customer", {"rma": case.number})
    return replace(done, done=with_remarks(Step("rma_cancelled", {"rma": case.number}), (remark,)))


def invoiced(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Note finance's answer to the oldest request that is open (RM11); the return is over once nothing else of it is outstanding."""
    asked = [
        (unit.invoice.asked_at, unit, unit.obligation, unit.invoice) for unit in case.details.asked_for if unit.obligation and unit.invoice
    ]
    if not asked:
        return _refuse(case, "rma_no_invoice_wanted", state=case.state)
    number, oldest = event.command.invoice, min(asked_at for asked_at, *_ in asked)
    answered = case.details.updated(
        unit.owing(replace(obligation, invoice=replace(invoice, number=number)))
        for asked_at, unit, obligation, invoice in asked
        if asked_at == oldest
    )
    left = replace(case, details=answered)
    if answered.running or answered.undelivered:
        return _done(replace(left, state=state_by_clocks(left)), event, "rma_invoiced", invoice=number)
    over = replace(left, state="invoiced", closed_at=event.at)
    return _done(over, event, "rma_invoiced", *stop(*RETURN_CLOCK), invoice=number)


def close(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    if case.details.outstanding and case.state != "shipped back":
        return _refuse(case, "rma_still_outstanding", outstanding=case.details.outstanding)
    closed = replace(case, state="closed", closed_at=event.at)
    return _done(closed, event, "rma_closed", tell_customer(closed, "closed"), *stop(*RETURN_CLOCK, *VALIDITY_CLOCK))


# What every case takes


def add(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Let another address take part; where nobody could be reached, the clock goes on with it (BX4)."""
    address = event.command.address
    if address in case.participants:
        reached, effects = reach_again(case, address, facts, desk, now)
        return _done(reached, event, "rma_reachable_again" if effects else "rma_added", *effects, address=address)
    added = give_add(case, event, facts, desk, now)
    if added.case is None or added.refused:
        return added
    reached, effects = reach_again(narrow(added.case, RmaDetails), address, facts, desk, now)
    again = Step("rma_reachable_again", {"rma": case.number, "address": address})
    return replace(added, case=reached, effects=effects, done=again if effects else added.done)


def confirm(case: Return, event: CommandGiven, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Do what waits for the code: a command, or the question of a clock whether finance shall be asked (BX4)."""

    def give(freed: Return, given: CommandGiven) -> Decision:
        rule = confirm_invoice if given.command.name == "confirm" else give_command
        return rule(freed, given, facts, desk, now)

    return command_rules.confirm(case, event, give)


RULES: Mapping[str, Rule[RmaDetails, RmaFacts]] = {
    "shipped": shipped,
    "delivered": delivered,
    "announced": announced,
    "received": received,
    "extend": extend,
    "waive": waive,
    "cancel": cancel,
    "revalidate": revalidate,
    "repaired": repaired,
    "invoiced": invoiced,
    "correct": correct,
    "visit": visit,
    "visited": visited,
    "add": add,
    "note": give_note,
    "confirm": confirm,
    "close": close,
}
