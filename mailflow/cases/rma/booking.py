"""What a booking does to a return: Receipt Notification, state, clocks, and word to finance when it came late (RM5-RM9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mailflow.cases.rma.letter import tell_customer, tell_staff
from mailflow.cases.rma.obligation import RETURN_CLOCK, VALIDITY_CLOCK, stop
from mailflow.cases.rma.receipt import Arrived, reconcile
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import Decision, Effect, Note
from mailflow.policy.desk import Desk, Role
from mailflow.policy.facts import Facts


def book_receipt(
    case: Case, arrived: Sequence[Arrived], extras: tuple[str, ...], by: str, reason: str, facts: Facts, desk: Desk, at: datetime
) -> Decision:
    """Parts arrived at receiving. A parcel for an expired return is booked and flagged, never refused (RM3)."""
    if case.state == "cancelled":
        refusal = f"{case.number} is cancelled: nothing can be booked on it"
        return Decision(case=case, reason=refusal, refused=refusal)
    details: RmaDetails = case.details
    result = reconcile(details, arrived)
    flags = ("expired_rma",) if details.expired else ()
    differences = (*result.differences, *((flag, {"rma": case.number}) for flag in flags), *(("extra", {"text": text}) for text in extras))
    booked = case.changed(details=replace(details, lines=result.lines, extras=(*details.extras, *extras)))
    receipt = tell_customer(booked, "receipt_notification", rows=result.rows, differences=differences, extras=extras, booked_on=at)
    settled, effects = settle(booked, desk, at)
    summary = ", ".join(f"{row[4]} x {row[0]}" for row in result.rows if row[4]) or "nothing that fills a line"
    return Decision(
        case=settled,
        effects=(receipt, *effects, Note(text=f"received: {summary}", who=by)),
        reason=reason,
        done=f"{case.number}: booked {summary}; {settled.details.outstanding} still outstanding; the customer has the Receipt Notification",
    )


def settle(case: Case, desk: Desk, at: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """The state after parts came in or were waived; with the last one every clock falls silent (BX3)."""
    details: RmaDetails = case.details
    if details.outstanding > 0:
        keeps = ("overdue", "to be invoiced")
        return (case if case.state in keeps or not _any_received(details) else case.changed(state="received")), ()
    effects: list[Effect] = [*stop(*RETURN_CLOCK, *VALIDITY_CLOCK)]
    if case.state in ("to be invoiced", "invoiced"):
        reason = "the last part came back after the invoice request"
        finance = tell_staff(case, "invoice_withdrawn", desk.staff_of(Role.FINANCE), reason=reason)
        effects += [finance, tell_customer(case, "invoice_withdrawn", reason=reason)]
    if details.type == "repair":
        return case.changed(state="in repair"), tuple(effects)
    closed = case.changed(state="closed", closed_at=at)
    return closed, (*effects, tell_customer(closed, "closed"))


def _any_received(details: RmaDetails) -> bool:
    return any(line.received for line in details.lines)
