"""Staff commands on a return (contract: Staff commands). Each answers with what was done or says why nothing was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from mailflow.cases.rma.announcement import announce, state_once_announced
from mailflow.cases.rma.arrival import arrival_of, earliest_delivery, is_awaited, parcels_to_customer
from mailflow.cases.rma.booking import book_receipt
from mailflow.cases.rma.bounce import reach_again
from mailflow.cases.rma.correction import correct
from mailflow.cases.rma.delivery import deliver_replacement, extend_term, parts_sent, ship_replacement
from mailflow.cases.rma.invoicing import confirm_invoice
from mailflow.cases.rma.letter import tell_customer, with_remarks
from mailflow.cases.rma.lifecycle import LIFECYCLE
from mailflow.cases.rma.obligation import RETURN_CLOCK, VALIDITY_CLOCK, start_validity_clock, stop
from mailflow.cases.rma.owed import not_delivered, pending_requests, running_days, standing_state
from mailflow.cases.rma.receipt import Arrived
from mailflow.cases.rma.relay import told_owed
from mailflow.cases.rma.verification import verify_anew
from mailflow.cases.rma.visit import announce_visit, complete_visit
from mailflow.cases.rma.withdrawal import withdraw_all
from mailflow.message.item import Item
from mailflow.message.model import ReturnLine, ReturnNotification
from mailflow.policy import command_rules
from mailflow.policy.case import Case, Parcel, RmaDetails
from mailflow.policy.command_rules import Rule, ask_confirmation, confirm, give_add, give_note
from mailflow.policy.decision import Decision, Effect
from mailflow.policy.derivation import Step, Value
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven
from mailflow.policy.facts import Facts
from mailflow.policy.ship_to import is_unconfirmed, who_may_confirm

ALWAYS = ("received", "correct", "note", "confirm")
"""Commands that a closed return still takes."""


def give_command(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """Apply the rule of the command's name; a return that is over takes few of them."""
    name = event.command.name
    owes_replacement = name in ("shipped", "delivered") and case.state == "closed" and is_awaited(case.details)
    if LIFECYCLE.is_closed(case.state) and name in RULES and name not in ALWAYS and not owes_replacement:
        return _refuse(case, "rma_is_over", state=case.state)
    return command_rules.give_command(RULES, case, event, facts, desk, now)


def _confirm(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """What waits for the code: a command, or the question of a clock whether finance shall be asked (BX4)."""

    def give(freed: Case[RmaDetails], given: CommandGiven) -> Decision:
        rule = confirm_invoice if given.command.name == "confirm" else give_command
        return rule(freed, given, facts, desk, now)

    return confirm(case, event, give)


def _refuse(case: Case, name: str, **values: Value) -> Decision:
    return Decision(case=case, reason=name.removeprefix("rma_").replace("_", " "), refused=Step(name, {"rma": case.number, **values}))


def _done(case: Case, event: CommandGiven, name: str, *effects: Effect, **values: Value) -> Decision:
    told = Step(name, {"rma": case.number, **values})
    return Decision(case=case, effects=effects, reason=f"{event.by}: {event.command.line}", done=told)


def _shipped(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The replacement left; the serials of ITEMS are those of the replacement, so that a swapped part shows (BX5)."""
    if case.details.type != "advance":
        return _refuse(case, "rma_no_replacement", type=case.details.type)
    if facts.parent and is_unconfirmed(facts.parent, facts) and (contacts := who_may_confirm(facts.parent, facts)):
        return _refuse(case, "rma_ship_to_unconfirmed", address=facts.parent.details.site_address, contacts=contacts)
    command = event.command
    serials = tuple(serial for item in command.items for serial in item.serials)
    quantity = sum(line.authorised for line in parts_sent(case, command.items))
    parcel = Parcel(carrier=command.carrier, tracking=command.tracking, on=event.at, quantity=quantity, serials=serials)
    shipped, effects = ship_replacement(case, parcel, command.items, facts, desk)
    return _done(shipped, event, "rma_shipped", *effects, carrier=parcel.carrier, tracking=parcel.tracking)


def _delivered(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """Replacements arrived: those that are named, else all that are under way (RM8, BX3); of a repair, the repaired part, with which the
    return ends (RM7)."""
    details, day, tracking = case.details, event.command.day, event.command.tracking
    if case.state == "shipped back":
        closed = case.changed(state="closed", closed_at=event.at)
        return _done(closed, event, "rma_closed", tell_customer(closed, "closed"))
    if details.type != "advance" or day is None:
        return _refuse(case, "rma_nothing_to_deliver", type=details.type)
    if day > facts.calendar.local_day(event.at):
        return _refuse(case, "rma_delivery_in_the_future", day=day)
    if day < (earliest := earliest_delivery(details, facts)):
        return _refuse(case, "rma_delivery_too_early", day=day, earliest=earliest)
    arrival = arrival_of(details, event.command.items, parcels_to_customer(details, tracking))
    if isinstance(arrival, Step):
        return _refuse(case, arrival.name, **arrival.values)
    delivered, effects = deliver_replacement(case, arrival, day, facts, desk, now, tracking=tracking)
    if delivered.details.outstanding == 0:
        return _done(delivered, event, "rma_delivered_nothing_due", *effects, day=day)
    return _done(delivered, event, "rma_delivered", *effects, day=day, owed=told_owed(delivered.details))


def _announced(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    command = event.command
    form = ReturnNotification(rma=case.number, carrier=command.carrier, tracking=command.tracking, lines=_return_lines(command.items))
    result = announce(case.details, form, event.at)
    if result.problems or not result.booked:
        problems = tuple(Step(f"rma_announced_{name}", {"said": said or case.number, **values}) for said, name, values in result.problems)
        return _refuse(case, "rma_not_announced", problems=problems or (Step("rma_announced_nothing_left", {"said": case.number}),))
    announced = case.changed(details=replace(case.details, lines=result.lines), state=state_once_announced(case.state))
    return _done(announced, event, "rma_announced", carrier=command.carrier, tracking=command.tracking)


def _return_lines(items: tuple[Item, ...]) -> tuple[ReturnLine, ...]:
    return tuple(ReturnLine(part_number=item.part_number, quantity=item.quantity, serial=", ".join(item.serials)) for item in items)


def _received(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    arrived = tuple(
        Arrived(
            part_number=item.part_number, quantity=item.quantity, serials=item.serials, condition=item.condition or event.command.condition
        )
        for item in event.command.items
    )
    return book_receipt(case, arrived, event.command.extras, event.by, f"{event.by}: {event.command.line}", facts, desk, event.at)


def _extend(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """More time for every day that is open, counted in the unit of the desk's extension (RM10)."""
    if not running_days(case.details):
        return _refuse(case, "rma_no_return_date" if case.details.type == "advance" else "rma_validity_is_renewed")
    extended, effects = extend_term(case, event.command.days or 0, event.by, event.command.reason, facts, desk, now)
    return _done(extended, event, "rma_extended", *effects, owed=told_owed(extended.details))


def _waive(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """All that is outstanding, the whole return where nothing came. A repair goes on with what came."""
    outstanding = case.details.outstanding
    if not outstanding:
        return _refuse(case, "rma_nothing_outstanding")
    if not event.confirmed:
        return ask_confirmation(case, event, facts, Step("rma_would_waive", {"rma": case.number, "outstanding": outstanding}))
    lines = tuple(replace(line, waived=line.waived + line.outstanding) for line in case.details.lines)
    freed, withdrawn = withdraw_all(case, event.command.reason, desk)
    details = replace(freed.details, lines=lines, disputed=False)
    in_repair = details.type == "repair" and any(line.received for line in lines)
    over = {"state": "in repair"} if in_repair else {"state": "waived", "closed_at": event.at}
    waived = freed.changed(details=details, **over)
    letters = (tell_customer(waived, "waived", reason=event.command.reason), *withdrawn)
    return _done(waived, event, "rma_waived", *letters, *stop(*RETURN_CLOCK, *VALIDITY_CLOCK), outstanding=outstanding)


def _cancel(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if not event.confirmed:
        return ask_confirmation(case, event, facts, Step("rma_would_cancel", {"rma": case.number}))
    freed, withdrawn = withdraw_all(case, event.command.reason, desk)
    cancelled = freed.changed(state="cancelled", closed_at=event.at)
    letters = (tell_customer(cancelled, "cancelled", reason=event.command.reason), *withdrawn)
    done = _done(cancelled, event, "rma_cancelled", *letters, *stop(*RETURN_CLOCK, *VALIDITY_CLOCK))
    if not case.details.replacements and not case.details.delivered_days:
        return done
    remark = Step("rma_replacement_with_customer", {"rma": case.number})
    return replace(done, done=with_remarks(Step("rma_cancelled", {"rma": case.number}), (remark,)))


def _revalidate(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if not case.details.outstanding:
        return _refuse(case, "rma_nothing_outstanding")
    last = facts.calendar.end_of_term(facts.calendar.local_day(event.at), desk.returns.validity).day
    details: RmaDetails = replace(case.details, valid_through=last, expired=False)
    valid, letter = verify_anew(case.changed(details=details), "valid_through", facts, desk)
    return _done(valid, event, "rma_revalidated", letter, *start_validity_clock(valid, facts.calendar, desk), day=last)


def _repaired(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """What arrived goes back; what was waived was never here."""
    if case.state != "in repair":
        return _refuse(case, "rma_not_in_repair", state=case.state)
    arrived = tuple(replace(line, authorised=line.received, serials=line.received_serials) for line in case.details.lines if line.received)
    quantity = sum(line.received for line in arrived)
    parcel = Parcel(carrier=event.command.carrier, tracking=event.command.tracking, on=event.at, quantity=quantity)
    back = case.changed(state="shipped back", details=replace(case.details, replacements=(parcel,)))
    letter = tell_customer(back, "repaired_shipped", parcel=parcel, lines=arrived)
    return _done(back, event, "rma_repaired", letter, carrier=parcel.carrier, tracking=parcel.tracking)


def _invoiced(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """Finance has answered the oldest request that is open. The return is over once nothing else of it is owed (RM11)."""
    details: RmaDetails = case.details
    pending = pending_requests(details)
    if not pending:
        return _refuse(case, "rma_no_invoice_wanted", state=case.state)
    number = event.command.invoice
    answered = next(index for index, request in enumerate(details.invoices) if request is pending[0])
    invoices = (*details.invoices[:answered], replace(pending[0], number=number), *details.invoices[answered + 1 :])
    invoiced = case.changed(details=replace(details, invoices=invoices))
    if running_days(invoiced.details) or not_delivered(invoiced.details):
        return _done(invoiced.changed(state=standing_state(invoiced)), event, "rma_invoiced", invoice=number)
    over = invoiced.changed(state="invoiced", closed_at=event.at)
    return _done(over, event, "rma_invoiced", *stop(*RETURN_CLOCK), invoice=number)


def _add(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """Another address takes part; where nobody could be reached, the clock goes on with it (BX4)."""
    address = event.command.address
    if address in case.participants:
        reached, effects = reach_again(case, address, facts, desk, now)
        return _done(reached, event, "rma_reachable_again" if effects else "rma_added", *effects, address=address)
    added = give_add(case, event, facts, desk, now)
    if added.case is None or added.refused:
        return added
    reached, effects = reach_again(added.case, address, facts, desk, now)
    again = Step("rma_reachable_again", {"rma": case.number, "address": address})
    return replace(added, case=reached, effects=effects, done=again if effects else added.done)


def _close(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.details.outstanding and case.state != "shipped back":
        return _refuse(case, "rma_still_outstanding", outstanding=case.details.outstanding)
    closed = case.changed(state="closed", closed_at=event.at)
    return _done(closed, event, "rma_closed", tell_customer(closed, "closed"), *stop(*RETURN_CLOCK, *VALIDITY_CLOCK))


RULES: Mapping[str, Rule[RmaDetails, Facts]] = {
    "shipped": _shipped,
    "delivered": _delivered,
    "announced": _announced,
    "received": _received,
    "extend": _extend,
    "waive": _waive,
    "cancel": _cancel,
    "revalidate": _revalidate,
    "repaired": _repaired,
    "invoiced": _invoiced,
    "correct": correct,
    "visit": announce_visit,
    "visited": complete_visit,
    "add": _add,
    "note": give_note,
    "close": _close,
    "confirm": _confirm,
}
