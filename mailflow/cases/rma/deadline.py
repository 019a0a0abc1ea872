"""What a return does when one of its deadlines falls (RM3, RM8, RM9). What came back meanwhile is never mentioned again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from mailflow.cases.rma.amounts import price_lines
from mailflow.cases.rma.letter import tell_customer, tell_staff
from mailflow.cases.rma.obligation import (
    DELIVERY_QUESTION,
    EXPIRED,
    FINAL_NOTICE,
    INVOICE_REQUEST,
    REMINDER,
    VALIDITY_WARNING,
    in_transit_quantity,
    invoice_moment,
    invoiceable,
    outstanding_lines,
)
from mailflow.policy.case import Case, PendingConfirmation, RmaDetails
from mailflow.policy.decision import Decision, Effect, Note, SendNotice, SetDeadline
from mailflow.policy.desk import Desk, Role
from mailflow.policy.event import DeadlineFell
from mailflow.policy.facts import Facts

INVOICE_CONFIRMATION = "/invoice"
"""What the daemon itself asks to confirm where a price is missing or the desk wants a human's yes (RM9)."""

INVOICE_FILES = ("invoice_csv", "invoice_json")

Rule = Callable[[Case, DeadlineFell, Facts, Desk, datetime], Decision]


def meet_deadline(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """One deadline kind, one rule; nothing is said once nothing is outstanding."""
    if event.kind not in RULES:
        raise ValueError(f"a return knows no deadline {event.kind!r}")
    if case.details.outstanding == 0:
        return Decision(case=case, reason="nothing is outstanding any more")
    return RULES[event.kind](case, event, facts, desk, now)


def _warn_of_validity(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    days = (case.details.valid_through - facts.calendar.local_day(now)).days
    return Decision(case=case, effects=(tell_customer(case, "validity_warning", days_left=days),), reason=f"valid for {days} more days")


def _expire(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    expired = case.changed(details=replace(case.details, expired=True))
    reason = f"the last valid day was {case.details.valid_through.isoformat()}"
    return Decision(case=expired, effects=(tell_customer(expired, "expired"),), reason=reason)


def _ask_for_delivery(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.details.delivered_on is not None:
        return Decision(case=case, reason="the delivery date is known")
    return Decision(case=case, effects=(tell_customer(case, "delivery_question"),), reason="the delivery date is not known yet")


def _remind(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    details: RmaDetails = case.details
    letter = tell_customer(
        case,
        "reminder",
        return_due=details.return_due,
        steps=details.return_steps,
        outstanding=outstanding_lines(details),
        days_left=int(event.key),
        in_transit=_parcels_under_way(details),
        extension_days=desk.returns.extension.amount,
    )
    return Decision(case=case, effects=(letter,), reason=f"{details.outstanding} outstanding, due {details.return_due}")


def _give_final_notice(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    details: RmaDetails = case.details
    today = facts.calendar.local_day(now)
    invoice_on = invoice_moment(today, facts.calendar, desk.returns.invoice_after)
    overdue = case.changed(state="overdue")
    priced = price_lines(tuple((line.part_number, line.outstanding) for line in outstanding_lines(details)), facts.prices)
    letter = tell_customer(
        overdue,
        "final_notice",
        at_most_once=True,
        return_due=details.return_due,
        outstanding=outstanding_lines(details),
        amounts=priced.amounts,
        totals=priced.totals,
        invoice_on=invoice_on,
        in_transit=_parcels_under_way(details),
        extension_days=desk.returns.extension.amount,
        steps=details.return_steps,
    )
    request = SetDeadline(kind=INVOICE_REQUEST, at=facts.calendar.dated_moment(invoice_on), steps=details.return_steps)
    return Decision(case=overdue, effects=(letter, request), reason=f"the return was due on {details.return_due}")


def _request_invoice(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """Hand over to finance what is owed; what is in transit within its grace waits, what has no price is asked about (RM9)."""
    quantities, wait_until = invoiceable(case.details, facts.calendar.local_day(now), facts.calendar, desk.returns.transit_grace)
    again: tuple[Effect, ...] = ()
    if wait_until is not None:
        day = facts.calendar.next_business_day(wait_until)
        waiting = Note(text=f"announced parcels are under way until {wait_until}: they are looked at again on {day}")
        again = (SetDeadline(kind=INVOICE_REQUEST, at=facts.calendar.dated_moment(day)), waiting)
    if not quantities:
        return Decision(case=case, effects=again, reason="announced and in transit within the grace: nothing is invoiced")
    unpriced = price_lines(quantities, facts.prices).unpriced
    if unpriced or desk.returns.human_yes_before_invoice:
        decision = _ask_staff(case, unpriced, facts, desk, now)
    else:
        decision = hand_to_finance(case, quantities, facts, desk)
    return replace(decision, effects=(*decision.effects, *again))


def _ask_staff(case: Case, unpriced: tuple[str, ...], facts: Facts, desk: Desk, now: datetime) -> Decision:
    why = f"no list price is known for {', '.join(unpriced)}" if unpriced else "the desk wants a human's yes before an invoice request"
    pending = PendingConfirmation(code=facts.confirmation_code, line=INVOICE_CONFIRMATION, by="mailflow", at=now)
    asked = case.changed(details=replace(case.details, confirmations=(*case.details.confirmations, pending)))
    letter = SendNotice(
        notice="staff/confirmation_request",
        to=desk.staff_of(Role.CCR),
        to_staff=True,
        values={"code": pending.code, "line": f"invoice request for {case.number}", "summary": why},
    )
    return Decision(case=asked, effects=(letter,), reason=f"{why}: staff are asked, nothing is invoiced")


def hand_to_finance(case: Case, quantities: tuple[tuple[str, int], ...], facts: Facts, desk: Desk) -> Decision:
    """The invoice request to finance and word to the customer (RM9, RM11), at today's list price."""
    details: RmaDetails = case.details
    priced = price_lines(quantities, facts.prices)
    requested = tuple((part, quantity, str(unit), currency) for part, quantity, unit, _total, currency in priced.amounts)
    owing = case.changed(state="to be invoiced", details=replace(details, invoice_requested=(*details.invoice_requested, *requested)))
    values: dict[str, Any] = {
        "outstanding": outstanding_lines(details),
        "amounts": priced.amounts,
        "totals": priced.totals,
        "return_due": details.return_due,
        "delivered_on": details.delivered_on,
        "steps": details.return_steps,
    }
    finance = tell_staff(owing, "invoice_request", desk.staff_of(Role.FINANCE), attach=INVOICE_FILES, at_most_once=True, **values)
    customer = tell_customer(owing, "invoice_notice", at_most_once=True, **values)
    return Decision(case=owing, effects=(finance, customer), reason=f"handed to finance: {_as_text(priced.totals)}")


def _as_text(totals: tuple[tuple[str, Decimal], ...]) -> str:
    return ", ".join(f"{amount:.2f} {currency}" for currency, amount in totals)


def _parcels_under_way(details: RmaDetails) -> tuple[str, ...]:
    parcels = (
        f"{line.part_number}: {parcel.carrier} {parcel.tracking}".strip()
        for line in outstanding_lines(details)
        if in_transit_quantity(line)
        for parcel in line.announced
        if parcel.tracking
    )
    return tuple(dict.fromkeys(parcels))


RULES: Mapping[str, Rule] = {
    VALIDITY_WARNING: _warn_of_validity,
    EXPIRED: _expire,
    DELIVERY_QUESTION: _ask_for_delivery,
    REMINDER: _remind,
    FINAL_NOTICE: _give_final_notice,
    INVOICE_REQUEST: _request_invoice,
}
