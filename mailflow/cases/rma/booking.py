"""What a booking does to a return: Receipt Notification, state, clocks, and word to finance when it came late (RM5-RM9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from mailflow.cases.rma.clock import (
    FINAL_NOTICE,
    INVOICE_REQUEST,
    REMINDER,
    RETURN_CLOCK,
    VALIDITY_CLOCK,
    ask_finance_on,
    invoice_moment,
    is_expired,
    run_return_clock,
    silence,
    stop,
)
from mailflow.cases.rma.delivery import not_sent
from mailflow.cases.rma.details import Return, RmaDetails, standing_state
from mailflow.cases.rma.invoicing import has_ripe
from mailflow.cases.rma.letters import ask_to_decide, ask_to_ship, tell_customer, with_remarks
from mailflow.cases.rma.receipt import Difference, reconcile
from mailflow.cases.rma.withdrawal import withdraw, withdraw_all
from mailflow.message.item import Item
from mailflow.policy.decision import Decision, Effect, Note
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, Role
from mailflow.policy.facts import Facts

ASKING = ("over", "over_serial", "wrong_part", "wrong_serial", "swapped_serial", "extra")
"""Outcomes that ask something of the customer."""
FINISHED = ("waived", "cancelled", "shipped back", "in repair")
"""A parcel that arrives in one of these, or in a closed return, is booked and flagged, and changes nothing else (RM3)."""


def book_receipt(
    case: Return,
    arrived: Sequence[Item],
    extras: tuple[str, ...],
    by: str,
    reason: str,
    facts: Facts,
    desk: Desk,
    at: datetime,
    *,
    before: RmaDetails | None = None,
    corrects: bool = False,
) -> Decision:
    """Parts arrived at receiving. A parcel for an expired return is booked and flagged, never refused (RM3).

    It also answers a customer who said that the parts were returned already: invoicing goes on from here (BX4). `before` is how the
    return stood where a correction has emptied its units; the notice says that it `corrects` an earlier one.
    """
    details = case.details
    earlier = before or details
    today = facts.calendar.local_day(at)
    is_late = details.expired or is_expired(details, today)
    is_cancelled = case.state == "cancelled"
    result = reconcile(details, arrived, at, earlier, facts.counted_elsewhere)
    found: list[Difference] = [one for one in result.differences if not is_cancelled or one[0] != "short"]
    flags: list[Difference] = (
        [("cancelled_rma" if is_cancelled else "expired_rma", {"rma": case.number})] if is_late or is_cancelled else []
    )
    differences = (*found, *flags, *(("extra", {"text": text}) for text in extras))
    booked = replace(details, units=result.units, extras=(*details.extras, *extras), disputed=False, claimed=False)
    settled, effects = settle(case.changed(details=booked), earlier, facts, desk, at)
    settled, resumed, invoice_on = _resume_invoicing(settled, earlier, facts, desk, at)
    left = settled.details
    corrections = tuple(
        (line.part_number, old.received, line.received)
        for old, line in zip(earlier.lines, left.lines, strict=True)
        if corrects and old.received != line.received
    )
    receipt = tell_customer(
        settled,
        "receipt_notification",
        rows=result.rows,
        differences=differences,
        extras=extras,
        booked_on=at,
        invoice_on=invoice_on,
        today=today,
        is_late=is_late,
        corrections=corrections,
        is_corrected=corrects,
        asks=any(name in ASKING for name, _ in differences),
    )
    parts = tuple(f"{row[4]} x {row[0]}" for row in result.rows if row[4])
    odd = (f"{name.replace('_', ' ')} ({', '.join(str(value) for value in values.values())})" for name, values in differences)
    note = Note(text="; ".join((f"received: {', '.join(parts) or 'nothing that fills a line'}", *odd)), who=by)
    told = Step(
        "rma_booked" if parts else "rma_booked_nothing", {"rma": case.number, "parts": "; ".join(parts), "outstanding": left.outstanding}
    )
    named = (one for one in differences if one[0] not in ("short", "condition"))
    done = with_remarks(told, tuple(Step(f"rma_receipt_{outcome}", {"rma": case.number, **values}) for outcome, values in named))
    to_decide = tuple(_ask_to_decide(settled, flags, found, desk))
    return Decision(case=settled, effects=(receipt, *effects, *resumed, *to_decide, note), reason=reason, done=done)


def _ask_to_decide(case: Return, flags: Sequence[Difference], found: Sequence[Difference], desk: Desk) -> Iterator[Effect]:
    """What is for the CCR to decide: a unit that fills another return already, of which one is due no more (BX8); and what becomes of
    parts that came after the end, or of what is still missing then (RM3)."""
    doubled = tuple(
        Step("rma_serial_counts_elsewhere", {"rma": case.number, "serial": values["serial"], "other": values["other"]})
        for name, values in found
        if name == "booked_elsewhere"
    )
    if doubled:
        yield ask_to_decide(case, doubled, (), desk)
    if flags:
        can_go_on = case.state != "cancelled" and case.details.outstanding
        commands = (f"/revalidate {case.number}",) if can_go_on else (f"/note {case.number} TEXT",)
        yield ask_to_decide(case, tuple(Step(f"rma_late_{name}", dict(values)) for name, values in flags), commands, desk)


def settle(case: Return, before: RmaDetails, facts: Facts, desk: Desk, at: datetime) -> tuple[Return, tuple[Effect, ...]]:
    """The state after parts came in; with the last one every clock falls silent (BX3), and a late return cancels the request (RM9)."""
    details = case.details
    if case.state in FINISHED or (case.state == "closed" and details.outstanding == 0):
        return case, ()
    if details.outstanding > 0:
        return _keep_waiting(case, before, facts, desk, at)
    freed, withdrawn = withdraw_all(case, Step("rma_all_came_back", {}), desk)
    stopped = stop(*RETURN_CLOCK, *VALIDITY_CLOCK)
    if details.type == "repair":
        return freed.changed(state="in repair"), (*withdrawn, *stopped)
    received = freed.changed(state="received")
    if details.type == "doa":
        # CCR and CSE decide whether it is a warranty exchange or a replacement under the contract (EN5).
        steps, commands = (Step("rma_decide_exchange", {"rma": case.number}),), (f"/close {case.number}",)
        asks = (ask_to_decide(received, steps, commands, desk, Role.CSE),) if before.outstanding else ()
        return received, (*withdrawn, *stopped, *asks)
    if not_sent(details):
        asks = (ask_to_ship(received, "rma_back_before_replacement", desk),) if before.outstanding else ()
        return received, (*withdrawn, *stop(REMINDER, FINAL_NOTICE, INVOICE_REQUEST), *asks)
    closed = freed.changed(state="closed", closed_at=at)
    return closed, (*withdrawn, *stopped, tell_customer(closed, "closed"))


def _keep_waiting(case: Return, before: RmaDetails, facts: Facts, desk: Desk, at: datetime) -> tuple[Return, tuple[Effect, ...]]:
    """Some parts are still missing. What came back is mentioned no more; a request to finance that names it is taken back, and what is left
    of it is asked for anew on the next business day. Requests that name other parts stand."""
    today = facts.calendar.local_day(at)
    anew = ask_finance_on(today, facts, at)
    reason = Step("rma_part_came_back", {})
    freed, withdrawn = withdraw(case, lambda unit: not unit.is_outstanding, reason, desk, anew_on=facts.calendar.local_day(anew.at))
    silent = silence(before, freed.details, desk)
    if case.state == "invoiced":
        return freed, (*withdrawn, *silent)
    again = (anew,) if withdrawn and has_ripe(freed.details, today) else ()
    if case.state in ("overdue", "to be invoiced"):
        return freed.changed(state=standing_state(freed)), (*withdrawn, *silent, *again)
    came_in = any(unit.received_at for unit in freed.details.units)
    return (freed.changed(state="received") if came_in else freed), (*withdrawn, *silent)


def _resume_invoicing(
    case: Return, before: RmaDetails, facts: Facts, desk: Desk, at: datetime
) -> tuple[Return, tuple[Effect, ...], date | None]:
    """The customer's word is answered; what is missing after all has the whole term of a final notice again before finance hears of it."""
    if not before.disputed or case.state != "overdue" or before.held_since is not None:
        return case, (), None
    day = invoice_moment(facts.calendar.local_day(at), facts.calendar, desk.returns.invoice_after)
    waiting = (
        unit.owing(replace(unit.obligation, invoice_on=max(unit.invoice_on, day)))
        for unit in case.details.running
        if unit.obligation and unit.invoice_on
    )
    given = case.changed(details=case.details.updated(waiting))
    return given, run_return_clock(given, facts, desk, at), day
