"""What a return does when one of its deadlines falls (RM3, RM8, RM9). What came back meanwhile is never mentioned again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from mailflow.cases.rma.amounts import price_lines
from mailflow.cases.rma.invoicing import request_invoice
from mailflow.cases.rma.letter import tell_customer
from mailflow.cases.rma.obligation import (
    DELIVERY_QUESTION,
    EXPIRED,
    FINAL_NOTICE,
    INVOICE_REQUEST,
    REMINDER,
    VALIDITY_WARNING,
    business_days_until,
    invoice_moment,
    outstanding_lines,
    parcels_under_way,
)
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import Decision, SendNotice, SetDeadline
from mailflow.policy.desk import Desk
from mailflow.policy.event import DeadlineFell
from mailflow.policy.facts import Facts

Rule = Callable[[Case, DeadlineFell, Facts, Desk, datetime], Decision]


def meet_deadline(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """One deadline kind, one rule; nothing is said once nothing is outstanding, and nothing twice."""
    if event.kind not in RULES:
        raise ValueError(f"a return knows no deadline {event.kind!r}")
    if case.details.outstanding == 0:
        return Decision(case=case, reason="nothing is outstanding any more")
    mark = _mark(case, event)
    if event.kind in SPOKEN_ONCE and mark in case.details.told:
        return Decision(case=case, reason=f"told before: {mark}")
    decision = RULES[event.kind](case, event, facts, desk, now)
    spoke = any(isinstance(effect, SendNotice) for effect in decision.effects)
    if decision.case is None or event.kind not in SPOKEN_ONCE or not spoke:
        return decision
    details: RmaDetails = decision.case.details
    return replace(decision, case=decision.case.changed(details=replace(details, told=(*details.told, mark))))


def _mark(case: Case, event: DeadlineFell) -> str:
    """By which day, kind and key a dated notice is remembered: of another day the same reminder is another one."""
    details: RmaDetails = case.details
    day = details.valid_through if event.kind in (VALIDITY_WARNING, EXPIRED) else details.return_due
    return f"{event.kind} {event.key} {day}".replace("  ", " ")


def _warn_of_validity(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    days = (case.details.valid_through - facts.calendar.local_day(now)).days
    if days < 0:
        return Decision(case=case, reason="the last valid day has passed: there is nothing left to warn of")
    return Decision(case=case, effects=(tell_customer(case, "validity_warning", days_left=days),), reason=f"valid for {days} more days")


def _expire(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    expired = case.changed(details=replace(case.details, expired=True))
    reason = f"the last valid day was {case.details.valid_through.isoformat()}"
    return Decision(case=expired, effects=(tell_customer(expired, "expired"),), reason=reason)


def _ask_for_delivery(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    if case.details.delivered_on is not None:
        return Decision(case=case, reason="the delivery date is known")
    letter = tell_customer(case, "delivery_question", impossible_day=None)
    return Decision(case=case, effects=(letter,), reason="the delivery date is not known yet")


def _remind(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """A reminder that an outage of ours held back past the day that is due is left out: the final notice says what holds."""
    details: RmaDetails = case.details
    if details.return_due is None or facts.calendar.local_day(now) > details.return_due:
        return Decision(case=case, reason=f"too late for a reminder: the parts were due on {details.return_due}")
    letter = reminder_of(case, facts, desk, now)
    return Decision(case=case, effects=(letter,), reason=f"{details.outstanding} outstanding, due {details.return_due}")


def reminder_of(case: Case, facts: Facts, desk: Desk, now: datetime) -> SendNotice:
    """What is outstanding, and how many business days are left today."""
    details: RmaDetails = case.details
    return tell_customer(
        case,
        "reminder",
        return_due=details.return_due,
        steps=details.return_steps,
        outstanding=outstanding_lines(details),
        days_left=business_days_until(details.return_due, facts.calendar.local_day(now), facts.calendar) if details.return_due else 0,
        in_transit=_parcels_under_way(details),
        extension_days=desk.returns.extension.amount,
    )


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
        unpriced=priced.unpriced,
        invoice_on=invoice_on,
        in_transit=_parcels_under_way(details),
        extension_days=desk.returns.extension.amount,
        steps=details.return_steps,
    )
    request = SetDeadline(kind=INVOICE_REQUEST, at=facts.calendar.dated_moment(invoice_on), steps=details.return_steps)
    return Decision(case=overdue, effects=(letter, request), reason=f"the return was due on {details.return_due}")


def _parcels_under_way(details: RmaDetails) -> tuple[str, ...]:
    parcels = (
        f"{line.part_number}: {parcel.carrier} {parcel.tracking}".strip()
        for line in outstanding_lines(details)
        for _, parcel in parcels_under_way(line)
    )
    return tuple(dict.fromkeys(parcels))


RULES: Mapping[str, Rule] = {
    VALIDITY_WARNING: _warn_of_validity,
    EXPIRED: _expire,
    DELIVERY_QUESTION: _ask_for_delivery,
    REMINDER: _remind,
    FINAL_NOTICE: _give_final_notice,
    INVOICE_REQUEST: request_invoice,
}
SPOKEN_ONCE = (VALIDITY_WARNING, EXPIRED, REMINDER, FINAL_NOTICE)
