"""What a booking does to a return: Receipt Notification, state, clocks, and word to finance when it came late (RM5-RM9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mailflow.cases.rma.letter import tell_customer
from mailflow.cases.rma.obligation import INVOICE_REQUEST, RETURN_CLOCK, VALIDITY_CLOCK, stop
from mailflow.cases.rma.receipt import Arrived, reconcile
from mailflow.cases.rma.withdrawal import withdraw_invoice
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import Decision, Effect, Note, SetDeadline
from mailflow.policy.desk import Desk
from mailflow.policy.facts import Facts


def book_receipt(
    case: Case, arrived: Sequence[Arrived], extras: tuple[str, ...], by: str, reason: str, facts: Facts, desk: Desk, at: datetime
) -> Decision:
    """Parts arrived at receiving. A parcel for an expired return is booked and flagged, never refused (RM3)."""
    details: RmaDetails = case.details
    result = reconcile(details, arrived)
    flags = ("expired_rma",) if details.expired else ()
    differences = (*result.differences, *((flag, {"rma": case.number}) for flag in flags), *(("extra", {"text": text}) for text in extras))
    booked = case.changed(details=replace(details, lines=result.lines, extras=(*details.extras, *extras)))
    receipt = tell_customer(booked, "receipt_notification", rows=result.rows, differences=differences, extras=extras, booked_on=at)
    settled, effects = settle(booked, facts, desk, at)
    summary = ", ".join(f"{row[4]} x {row[0]}" for row in result.rows if row[4]) or "nothing that fills a line"
    return Decision(
        case=settled,
        effects=(receipt, *effects, Note(text=f"received: {summary}", who=by)),
        reason=reason,
        done=f"{case.number}: booked {summary}; {settled.details.outstanding} still outstanding; the customer has the Receipt Notification",
    )


FINISHED = ("closed", "waived", "cancelled", "shipped back", "in repair")
"""A parcel that arrives in one of these is booked and flagged, and changes nothing else (RM3)."""


def settle(case: Case, facts: Facts, desk: Desk, at: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """The state after parts came in; with the last one every clock falls silent (BX3), and a late return cancels the request (RM9)."""
    details: RmaDetails = case.details
    if case.state in FINISHED:
        return case, ()
    if details.outstanding > 0:
        return _keep_waiting(case, facts, desk, at)
    freed, withdrawn = withdraw_invoice(case, "the last part came back after the invoice request", desk)
    silence = stop(*RETURN_CLOCK, *VALIDITY_CLOCK)
    if details.type == "repair":
        return freed.changed(state="in repair"), (*withdrawn, *silence)
    closed = freed.changed(state="closed", closed_at=at)
    return closed, (*withdrawn, *silence, tell_customer(closed, "closed"))


def _keep_waiting(case: Case, facts: Facts, desk: Desk, at: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """Some parts are still missing. A request to finance that names what came back is replaced on the next business day."""
    if case.state == "to be invoiced":
        freed, withdrawn = withdraw_invoice(case, "a part of it came back after the invoice request", desk)
        again = facts.calendar.next_business_day(facts.calendar.local_day(at))
        anew = SetDeadline(kind=INVOICE_REQUEST, at=facts.calendar.dated_moment(again), steps=case.details.return_steps)
        return freed.changed(state="overdue"), (*withdrawn, anew)
    stays = case.state in ("overdue", "invoiced") or not _any_received(case.details)
    return (case if stays else case.changed(state="received")), ()


def _any_received(details: RmaDetails) -> bool:
    return any(line.received for line in details.lines)
