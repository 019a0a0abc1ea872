"""Staff commands on a return (contract: Staff commands). Each answers with what was done or says why nothing was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from mailflow.cases.rma.announcement import announce, state_once_announced
from mailflow.cases.rma.birth import verification
from mailflow.cases.rma.booking import book_receipt
from mailflow.cases.rma.deadline import INVOICE_CONFIRMATION, hand_to_finance
from mailflow.cases.rma.delivery import deliver_replacement, earliest_delivery, extend_term, ship_replacement
from mailflow.cases.rma.letter import tell_customer, written_out
from mailflow.cases.rma.lifecycle import LIFECYCLE
from mailflow.cases.rma.obligation import RETURN_CLOCK, VALIDITY_CLOCK, clock_until, invoiceable, start_validity_clock, stop
from mailflow.cases.rma.receipt import Arrived
from mailflow.cases.rma.withdrawal import withdraw_invoice
from mailflow.message.model import ReturnLine, ReturnNotification
from mailflow.policy.case import Case, Parcel, PendingConfirmation, RmaDetails
from mailflow.policy.command import Item, parse_commands
from mailflow.policy.decision import Decision, Effect, Note, SendNotice
from mailflow.policy.desk import Desk
from mailflow.policy.event import CommandGiven
from mailflow.policy.facts import Facts

Rule = Callable[[Case, CommandGiven, Facts, Desk, datetime], Decision]


def give_command(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The rule of the command's name; a name without one is refused."""
    name = event.command.name
    if name not in RULES:
        return refuse(case, f"/{name} is not a command for a return")
    if LIFECYCLE.is_closed(case.state) and name not in ("received", "correct", "note", "confirm"):
        return refuse(case, f"{case.number} is {case.state}")
    return RULES[name](case, event, facts, desk, now)


def refuse(case: Case, why: str) -> Decision:
    return Decision(case=case, reason=why, refused=why)


def _done(case: Case, event: CommandGiven, done: str, *effects: Effect) -> Decision:
    return Decision(case=case, effects=effects, reason=f"{event.by}: {event.command.line}", done=done)


def _shipped(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.details.type != "advance":
        return refuse(case, f"{case.number} is a {case.details.type} return: no replacement is shipped in advance")
    parcel = Parcel(carrier=event.command.carrier, tracking=event.command.tracking, on=event.at, quantity=_total(case))
    shipped, effects = ship_replacement(case, parcel, facts, desk)
    return _done(shipped, event, f"{case.number}: the replacement is on its way ({parcel.carrier} {parcel.tracking})", *effects)


def _total(case: Case) -> int:
    return sum(line.authorised for line in case.details.lines)


def _delivered(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    day = event.command.day
    if case.details.type != "advance" or day is None:
        return refuse(case, f"{case.number} is a {case.details.type} return: it has no replacement to deliver")
    if day > facts.calendar.local_day(event.at):
        return refuse(case, f"{written_out(day)} is in the future: a delivery is booked once it has happened")
    if day < (earliest := earliest_delivery(case, facts)):
        return refuse(case, f"{written_out(day)} is before {written_out(earliest)}, when the replacement was not yet on its way")
    delivered, effects = deliver_replacement(case, day, facts, desk, now)
    return _done(
        delivered,
        event,
        f"{case.number}: delivered on {written_out(day)}; the parts are due on {written_out(delivered.details.return_due)}",
        *effects,
    )


def _announced(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    command = event.command
    form = ReturnNotification(rma=case.number, carrier=command.carrier, tracking=command.tracking, lines=_return_lines(command.items))
    result = announce(case.details, form, event.at)
    if result.problems:
        return refuse(case, "; ".join(f"{said}: {name.replace('_', ' ')}" for said, name, _ in result.problems))
    announced = case.changed(details=replace(case.details, lines=result.lines), state=state_once_announced(case.state))
    return _done(announced, event, f"{case.number}: announced with {command.carrier} {command.tracking}")


def _return_lines(items: tuple[Item, ...]) -> tuple[ReturnLine, ...]:
    return tuple(ReturnLine(part_number=item.part_number, quantity=item.quantity, serial=", ".join(item.serials)) for item in items)


def _received(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    arrived = tuple(
        Arrived(part_number=item.part_number, quantity=item.quantity, serials=item.serials, condition=event.command.condition)
        for item in event.command.items
    )
    return book_receipt(case, arrived, (), event.by, f"{event.by}: {event.command.line}", facts, desk, event.at)


def _extend(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.details.return_due is None:
        return refuse(case, f"{case.number} has no return date yet: it is set when the replacement's delivery is known")
    extended, effects = extend_term(case, event.command.days or 0, event.by, event.command.reason, facts, desk, now)
    return _done(extended, event, f"{case.number}: the parts are due on {written_out(extended.details.return_due)} now", *effects)


def _waive(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if not event.confirmed:
        return _ask_confirmation(case, event, facts, f"waive {case.details.outstanding} outstanding part(s) of {case.number}")
    lines = tuple(replace(line, waived=line.waived + line.outstanding) for line in case.details.lines)
    freed, withdrawn = withdraw_invoice(case, event.command.reason, desk)
    waived = freed.changed(state="waived", closed_at=event.at, details=replace(freed.details, lines=lines))
    letters = (tell_customer(waived, "waived", reason=event.command.reason), *withdrawn)
    return _done(waived, event, f"{case.number}: what was outstanding is waived", *letters, *stop(*RETURN_CLOCK, *VALIDITY_CLOCK))


def _cancel(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if not event.confirmed:
        return _ask_confirmation(case, event, facts, f"cancel {case.number}")
    freed, withdrawn = withdraw_invoice(case, event.command.reason, desk)
    cancelled = freed.changed(state="cancelled", closed_at=event.at)
    letters = (tell_customer(cancelled, "cancelled", reason=event.command.reason), *withdrawn)
    return _done(cancelled, event, f"{case.number} is cancelled", *letters, *stop(*RETURN_CLOCK, *VALIDITY_CLOCK))


def _ask_confirmation(case: Case, event: CommandGiven, facts: Facts, summary: str) -> Decision:
    """Waiving and cancelling need a confirmation (BX8)."""
    pending = PendingConfirmation(code=facts.confirmation_code, line=event.command.line, by=event.by, at=event.at)
    asked = case.changed(details=replace(case.details, confirmations=(*case.details.confirmations, pending)))
    values = {"code": pending.code, "line": pending.line, "summary": summary}
    question = SendNotice(notice="staff/confirmation_request", to=(event.by,), to_staff=True, values=values)
    return _done(asked, event, f"nothing is done yet: answer with /confirm {pending.code} to {summary}", question)


def _confirm(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    details: RmaDetails = case.details
    pending = next((p for p in details.confirmations if p.code.lower() == event.command.code.lower()), None)
    if pending is None:
        return refuse(case, f"no command of {case.number} waits for the code {event.command.code}")
    rest = tuple(other for other in details.confirmations if other is not pending)
    freed = case.changed(details=replace(details, confirmations=rest))
    if pending.line == INVOICE_CONFIRMATION:
        return _confirm_invoice(freed, event, facts, desk, now)
    command = parse_commands(pending.line, prefixes=tuple(desk.number_prefixes.values())).commands[0]
    return give_command(freed, replace(event, command=command, confirmed=True), facts, desk, now)


def _confirm_invoice(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    quantities, _ = invoiceable(case.details, facts.calendar.local_day(now), facts.calendar, desk.returns.transit_grace)
    missing = [part for part, _ in quantities if (price := facts.prices.get(part)) is None or price.list_price is None]
    if missing:
        return refuse(case, f"no list price is known for {', '.join(missing)}: import one first")
    if not quantities:
        return refuse(case, f"nothing of {case.number} is to be invoiced today")
    decision = hand_to_finance(case, quantities, facts, desk)
    return replace(decision, done=f"{case.number}: the invoice request went to finance")


def _revalidate(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    last = facts.calendar.end_of_term(facts.calendar.local_day(event.at), desk.returns.validity).day
    details: RmaDetails = replace(case.details, valid_through=last, expired=False, version=case.details.version + 1)
    valid = case.changed(details=details)
    letter = verification(valid, facts, desk, changes=("valid_through",))
    clock = start_validity_clock(valid, facts.calendar, desk)
    return _done(valid, event, f"{case.number} is valid through {written_out(last)} again; a new verification went out", letter, *clock)


def _repaired(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.state != "in repair":
        return refuse(case, f"{case.number} is {case.state}, not in repair")
    parcel = Parcel(carrier=event.command.carrier, tracking=event.command.tracking, on=event.at, quantity=_total(case))
    back = case.changed(state="shipped back", details=replace(case.details, replacement=parcel))
    return _done(back, event, f"{case.number}: repaired and on its way back", tell_customer(back, "repaired_shipped", parcel=parcel))


def _invoiced(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.state != "to be invoiced":
        return refuse(case, f"{case.number} is {case.state}: no invoice was asked for")
    number = event.command.invoice
    invoiced = case.changed(state="invoiced", closed_at=event.at, details=replace(case.details, invoice_number=number))
    return _done(invoiced, event, f"{case.number} is invoiced with {number}", *stop(*RETURN_CLOCK))


def _correct(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """The received quantities as they really are, line by line; the customer gets a new Receipt Notification."""
    known = {line.part_number.upper() for line in case.details.lines}
    strange = [item.part_number for item in event.command.items if item.part_number.upper() not in known]
    if strange:
        return refuse(case, f"{', '.join(strange)} is not authorised under {case.number}")
    named = {item.part_number.upper() for item in event.command.items}
    emptied = tuple(
        replace(line, received=0, received_serials=()) if line.part_number.upper() in named else line for line in case.details.lines
    )
    reopened = case.changed(state="received", closed_at=None) if case.state == "closed" else case
    cleared = reopened.changed(details=replace(case.details, lines=emptied, disputed=False))
    decision = _received(cleared, event, facts, desk, now)
    if case.state != "closed" or not decision.case or not decision.case.details.outstanding or case.details.return_due is None:
        return decision
    # Closing had silenced the clocks of what is missing after all.
    clock = clock_until(case.details.return_due, case.details.return_steps, facts.calendar, desk, now)
    return replace(decision, effects=(*decision.effects, *clock))


def _note(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    return _done(case, event, "the note is kept in the journal", Note(text=event.command.text, who=event.by))


def _close(case: Case, event: CommandGiven, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.details.outstanding and case.state != "shipped back":
        return refuse(case, f"{case.details.outstanding} part(s) of {case.number} are outstanding: /waive or /cancel instead")
    closed = case.changed(state="closed", closed_at=event.at)
    return _done(closed, event, f"{case.number} is closed; the customer was told", tell_customer(closed, "closed"))


RULES: Mapping[str, Rule] = {
    "shipped": _shipped,
    "delivered": _delivered,
    "announced": _announced,
    "received": _received,
    "extend": _extend,
    "waive": _waive,
    "cancel": _cancel,
    "confirm": _confirm,
    "revalidate": _revalidate,
    "repaired": _repaired,
    "invoiced": _invoiced,
    "correct": _correct,
    "note": _note,
    "close": _close,
}
