"""What a booking does to a return: Receipt Notification, state, clocks, and word to finance when it came late (RM5-RM9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from mailflow.cases.rma.arrival import not_sent
from mailflow.cases.rma.letter import tell_customer, with_remarks
from mailflow.cases.rma.obligation import (
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
from mailflow.cases.rma.owed import has_ripe, running, standing_state, with_terms
from mailflow.cases.rma.receipt import Arrived, Difference, Reconciled, reconcile
from mailflow.cases.rma.relay import ask_for_exchange, ask_to_decide, ask_to_ship
from mailflow.cases.rma.withdrawal import withdraw_all, withdraw_surplus
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import Decision, Effect, Note
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.facts import Facts

ASKING = ("over", "over_serial", "wrong_part", "wrong_serial", "swapped_serial", "extra")
"""Outcomes that ask something of the customer."""
FINISHED = ("waived", "cancelled", "shipped back", "in repair")
"""A parcel that arrives in one of these, or in a closed return, is booked and flagged, and changes nothing else (RM3)."""


def book_receipt(
    case: Case,
    arrived: Sequence[Arrived],
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
    return stood where a correction has emptied its lines; the notice says that it `corrects` an earlier one.
    """
    details: RmaDetails = case.details
    earlier = before or details
    result = reconcile(details, arrived, earlier, facts.counted_elsewhere)
    found = (one for one in result.differences if case.state != "cancelled" or one[0] != "short")
    differences = (*found, *_flags(case, facts.calendar.local_day(at)), *(("extra", {"text": text}) for text in extras))
    booked = case.changed(details=replace(details, lines=result.lines, extras=(*details.extras, *extras), disputed=False, claimed=False))
    settled, effects = settle(booked, earlier, facts, desk, at)
    settled, resumed, invoice_on = _resume_invoicing(settled, earlier, facts, desk, at)
    receipt = tell_customer(
        settled,
        "receipt_notification",
        rows=result.rows,
        differences=differences,
        extras=extras,
        booked_on=at,
        invoice_on=invoice_on,
        today=facts.calendar.local_day(at),
        is_late=_is_late(case, facts.calendar.local_day(at)),
        corrections=_corrections(earlier, settled.details) if corrects else (),
        is_corrected=corrects,
        asks=any(name in ASKING for name, _ in differences),
    )
    to_decide = (*_ask_about_other_returns(settled, differences, desk), *_tell_of_late(settled, case, facts, desk, at))
    note = Note(text=_in_english(result, differences), who=by)
    effects = (receipt, *effects, *resumed, *to_decide, note)
    return Decision(case=settled, effects=effects, reason=reason, done=_told(settled, result, differences))


def _tell_of_late(case: Case, before: Case, facts: Facts, desk: Desk, at: datetime) -> tuple[Effect, ...]:
    """What becomes of parts that came after the end, or of what is still missing then, is for the CCR to decide (RM3)."""
    flags = _flags(before, facts.calendar.local_day(at))
    if not flags:
        return ()
    can_go_on = before.state != "cancelled" and case.details.outstanding
    commands = (f"/revalidate {case.number}",) if can_go_on else (f"/note {case.number} TEXT",)
    return (ask_to_decide(case, tuple(Step(f"rma_late_{name}", dict(values)) for name, values in flags), commands, desk),)


def _corrections(before: RmaDetails, after: RmaDetails) -> tuple[tuple[str, int, int], ...]:
    """(part number, received so far as told before, and now) of each line that changed."""
    pairs = zip(before.lines, after.lines, strict=True)
    return tuple((new.part_number, old.received, new.received) for old, new in pairs if old.received != new.received)


def _ask_about_other_returns(case: Case, differences: Sequence[Difference], desk: Desk) -> tuple[Effect, ...]:
    """A unit that fills another return already is for the CCR to decide: one of the two is due no more (BX8)."""
    doubled = tuple(
        Step("rma_serial_counts_elsewhere", {"rma": case.number, "serial": values["serial"], "other": values["other"]})
        for name, values in differences
        if name == "booked_elsewhere"
    )
    return (ask_to_decide(case, doubled, (), desk),) if doubled else ()


def _flags(case: Case, day: date) -> tuple[Difference, ...]:
    """What a return cannot take any more, whose parcel is booked all the same (RM3)."""
    if case.state == "cancelled":
        return (("cancelled_rma", {"rma": case.number}),)
    return (("expired_rma", {"rma": case.number}),) if _is_late(case, day) else ()


def _is_late(case: Case, day: date) -> bool:
    return bool(case.details.expired) or is_expired(case.details, day)


def _told(case: Case, result: Reconciled, differences: Sequence[Difference]) -> Step:
    """The answer to receiving staff: what was booked, and of each outcome what to do with it (BX5)."""
    parts = "; ".join(f"{row[4]} x {row[0]}" for row in result.rows if row[4])
    name = "rma_booked" if parts else "rma_booked_nothing"
    told = Step(name, {"rma": case.number, "parts": parts, "outstanding": case.details.outstanding})
    named = (one for one in differences if one[0] not in ("short", "condition"))
    return with_remarks(told, tuple(Step(f"rma_receipt_{outcome}", {"rma": case.number, **values}) for outcome, values in named))


def _in_english(result: Reconciled, differences: Sequence[Difference]) -> str:
    """For the journal, which is English."""
    summary = ", ".join(f"{row[4]} x {row[0]}" for row in result.rows if row[4]) or "nothing that fills a line"
    odd = (f"{name.replace('_', ' ')} ({', '.join(str(value) for value in values.values())})" for name, values in differences)
    return "; ".join((f"received: {summary}", *odd))


def settle(case: Case, before: RmaDetails, facts: Facts, desk: Desk, at: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """The state after parts came in; with the last one every clock falls silent (BX3), and a late return cancels the request (RM9)."""
    details: RmaDetails = case.details
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
        return received, (*withdrawn, *stopped, *((ask_for_exchange(received, desk),) if before.outstanding else ()))
    if not_sent(details):
        asks = (ask_to_ship(received, "rma_back_before_replacement", desk),) if before.outstanding else ()
        return received, (*withdrawn, *stop(REMINDER, FINAL_NOTICE, INVOICE_REQUEST), *asks)
    closed = freed.changed(state="closed", closed_at=at)
    return closed, (*withdrawn, *stopped, tell_customer(closed, "closed"))


def _keep_waiting(case: Case, before: RmaDetails, facts: Facts, desk: Desk, at: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """Some parts are still missing. What came back is mentioned no more; a request to finance that names it is taken back, and what is left
    of it is asked for anew on the next business day. Requests that name other parts stand."""
    today = facts.calendar.local_day(at)
    anew = ask_finance_on(today, facts, at)
    freed, withdrawn = withdraw_surplus(case, Step("rma_part_came_back", {}), desk, anew_on=facts.calendar.local_day(anew.at))
    silent = silence(before, freed.details, desk)
    if case.state == "invoiced":
        return freed, (*withdrawn, *silent)
    again = (anew,) if withdrawn and has_ripe(freed.details, today) else ()
    if case.state in ("overdue", "to be invoiced"):
        return freed.changed(state=standing_state(freed)), (*withdrawn, *silent, *again)
    return (freed.changed(state="received") if any(line.received for line in freed.details.lines) else freed), (*withdrawn, *silent)


def _resume_invoicing(
    case: Case, before: RmaDetails, facts: Facts, desk: Desk, at: datetime
) -> tuple[Case, tuple[Effect, ...], date | None]:
    """The customer's word is answered; what is missing after all has the whole term of a final notice again before finance hears of it."""
    if not before.disputed or case.state != "overdue" or before.held_since is not None:
        return case, (), None
    day = invoice_moment(facts.calendar.local_day(at), facts.calendar, desk.returns.invoice_after)
    waiting = [row for row in running(case.details) if row.term and row.term.invoice_on]
    given = with_terms(case, waiting, lambda term: replace(term, invoice_on=max(term.invoice_on or day, day)))
    return given, run_return_clock(given, facts, desk, at), day
