"""What a booking does to a return: Receipt Notification, state, clocks, and word to finance when it came late (RM5-RM9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from mailflow.cases.rma.letter import tell_customer, with_remarks
from mailflow.cases.rma.obligation import (
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
from mailflow.cases.rma.withdrawal import withdraw_all, withdraw_surplus
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import Decision, Effect, Note
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.facts import Facts

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
) -> Decision:
    """Parts arrived at receiving. A parcel for an expired return is booked and flagged, never refused (RM3).

    It also answers a customer who said that the parts were returned already: invoicing goes on from here (BX4). `before` is how the
    return stood where a correction has emptied its lines.
    """
    details: RmaDetails = case.details
    earlier = before or details
    result = reconcile(details, arrived, earlier)
    found = (one for one in result.differences if case.state != "cancelled" or one[0] != "short")
    differences = (*found, *_flags(case, facts.calendar.local_day(at)), *(("extra", {"text": text}) for text in extras))
    booked = case.changed(details=replace(details, lines=result.lines, extras=(*details.extras, *extras), disputed=False))
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
    )
    return Decision(
        case=settled,
        effects=(receipt, *effects, *resumed, Note(text=_in_english(result, differences), who=by)),
        reason=reason,
        done=_told(settled, result, differences),
    )


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
    silence = stop(*RETURN_CLOCK, *VALIDITY_CLOCK)
    if details.type == "repair":
        return freed.changed(state="in repair"), (*withdrawn, *silence)
    closed = freed.changed(state="closed", closed_at=at)
    return closed, (*withdrawn, *silence, tell_customer(closed, "closed"))


def _keep_waiting(case: Case, before: RmaDetails, facts: Facts, desk: Desk, at: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """Some parts are still missing. What came back is mentioned no more; a request to finance that names it is taken back, and what is left
    of it is asked for anew on the next business day. Requests that name other parts stand."""
    freed, withdrawn = withdraw_surplus(case, Step("rma_part_came_back", {}), desk)
    silent = silence(before, freed.details, desk)
    if case.state == "invoiced":
        return freed, (*withdrawn, *silent)
    today = facts.calendar.local_day(at)
    anew = (ask_finance_on(today, facts, at),) if withdrawn and has_ripe(freed.details, today) else ()
    if case.state in ("overdue", "to be invoiced"):
        return freed.changed(state=standing_state(freed)), (*withdrawn, *silent, *anew)
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
