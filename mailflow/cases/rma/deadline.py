"""What a return does when one of its deadlines falls (RM3, RM8, RM9). What came back meanwhile is never mentioned again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from mailflow.cases.rma.amounts import amounts_of, price_parts, totals_of
from mailflow.cases.rma.arrival import is_awaited
from mailflow.cases.rma.delivery import ask_about_delivery
from mailflow.cases.rma.invoicing import request_invoice
from mailflow.cases.rma.letter import tell_customer
from mailflow.cases.rma.obligation import (
    DELIVERY_QUESTION,
    EXPIRED,
    FINAL_NOTICE,
    INVOICE_REQUEST,
    REMINDER,
    VALIDITY_WARNING,
    ask_finance_on,
    business_days_until,
    day_of_key,
    derive_invoice_day,
    invoice_moment,
    return_term,
)
from mailflow.cases.rma.owed import announced_parcels, due_on, standing_state, steps_of, with_terms
from mailflow.cases.rma.relay import ask_to_ship
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import Decision, SendNotice, SetDeadline
from mailflow.policy.desk import Desk
from mailflow.policy.event import DeadlineFell
from mailflow.policy.facts import Facts
from mailflow.policy.return_term import OwedPart
from mailflow.policy.term import Unit

NOT_SENT = "not sent"
"""By which the return remembers that the CCR was told of a replacement that nobody has booked as sent."""

Rule = Callable[[Case, DeadlineFell, Facts, Desk, datetime], Decision]


def meet_deadline(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """One deadline kind, one rule; nothing is said once nothing is outstanding, and nothing twice.

    What waits for a business day waits for it after an outage of ours too (T2).
    """
    if event.kind not in RULES:
        raise ValueError(f"a return knows no deadline {event.kind!r}")
    if case.details.outstanding == 0 and event.kind != DELIVERY_QUESTION:
        return Decision(case=case, reason="nothing is outstanding any more")
    today = facts.calendar.local_day(now)
    if event.kind in (FINAL_NOTICE, INVOICE_REQUEST) and not facts.calendar.is_business_day(today):
        again = facts.calendar.dated_moment(facts.calendar.next_business_day(today))
        later = SetDeadline(kind=event.kind, key=event.key, at=again)
        return Decision(case=case, effects=(later,), reason=f"{today} is not a business day, so it waits for the next one")
    return RULES[event.kind](case, event, facts, desk, now)


# The last valid day


def _mark(case: Case, event: DeadlineFell) -> str:
    """By which day, kind and key a dated notice is remembered: of another day the same warning is another one."""
    return f"{event.kind} {event.key} {case.details.valid_through}".replace("  ", " ")


def _once(case: Case, event: DeadlineFell, letter: SendNotice, reason: str) -> Decision:
    mark = _mark(case, event)
    if mark in case.details.told:
        return Decision(case=case, reason=f"told before: {mark}")
    told = case.changed(details=replace(case.details, told=(*case.details.told, mark)))
    return Decision(case=told, effects=(letter,), reason=reason)


def _warn_of_validity(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    days = (case.details.valid_through - facts.calendar.local_day(now)).days
    if days < 0:
        return Decision(case=case, reason="the last valid day has passed: there is nothing left to warn of")
    return _once(case, event, tell_customer(case, "validity_warning", days_left=days), f"valid for {days} more days")


def _expire(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    expired = case.changed(details=replace(case.details, expired=True))
    reason = f"the last valid day was {case.details.valid_through.isoformat()}"
    return _once(expired, event, tell_customer(expired, "expired"), reason)


# The replacement, and the days that are due


def _ask_for_delivery(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """A replacement that nobody has booked as sent is the CCR's matter too, once (RM8)."""
    details: RmaDetails = case.details
    if not is_awaited(details):
        return Decision(case=case, reason="the delivery date is known")
    question = ask_about_delivery(case)
    if details.replacements or NOT_SENT in details.told:
        return Decision(case=case, effects=(question,), reason="the delivery date is not known yet")
    told = case.changed(details=replace(details, told=(*details.told, NOT_SENT)))
    return Decision(case=told, effects=(question, ask_to_ship(told, "rma_not_sent", desk)), reason="no replacement is booked as sent")


def _untold(case: Case, event: DeadlineFell) -> tuple[date | None, tuple[OwedPart, ...]]:
    """The day of the clock, and what is due on it that this very notice has not named before."""
    day = day_of_key(event.key)
    if day is None:
        return None, ()
    rows = due_on(case.details, day)
    return day, tuple(row for row in rows if row.term and f"{event.kind} {event.key}" not in [mark for mark, _ in row.term.told])


def with_mark(case: Case, rows: Sequence[OwedPart], mark: str, now: datetime) -> Case:
    """The notice of that moment named these parts."""
    return with_terms(case, rows, lambda term: replace(term, told=(*term.told, (mark, now))))


def _remind(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """A reminder that an outage of ours held back past the day that is due is left out: the final notice says what holds."""
    day, rows = _untold(case, event)
    if day is None or not rows:
        return Decision(case=case, reason=f"nothing is due on {day} that was not told before")
    if facts.calendar.local_day(now) > day:
        return Decision(case=case, reason=f"too late for a reminder: the parts were due on {day}")
    told = with_mark(case, rows, f"{event.kind} {event.key}", now)
    letter = reminder_of(told, day, rows, facts, desk, now)
    return Decision(case=told, effects=(letter,), reason=f"{_count(rows)} outstanding, due {day}")


def reminder_of(case: Case, day: date, rows: Sequence[OwedPart], facts: Facts, desk: Desk, now: datetime) -> SendNotice:
    """What is outstanding and due on the day, and how many days are left today, in the unit of the term."""
    today, unit = facts.calendar.local_day(now), return_term(facts, desk).unit
    in_transit, not_arrived = announced_parcels(case.details, rows, today, facts.calendar, desk.returns.transit_grace)
    return tell_customer(
        case,
        "reminder",
        return_due=day,
        steps=steps_of(rows),
        outstanding=tuple(rows),
        days_left=business_days_until(day, today, facts.calendar) if unit is Unit.BUSINESS_DAYS else (day - today).days,
        unit=unit.value,
        in_transit=in_transit,
        not_arrived=not_arrived,
        extension_days=desk.returns.extension.amount,
        extension_unit=desk.returns.extension.unit.value,
    )


def _give_final_notice(case: Case, event: DeadlineFell, facts: Facts, desk: Desk, now: datetime) -> Decision:
    day, rows = _untold(case, event)
    if day is None or not rows:
        return Decision(case=case, reason=f"nothing is due on {day} that was not told before")
    today = facts.calendar.local_day(now)
    invoice_on = invoice_moment(today, facts.calendar, desk.returns.invoice_after)
    in_transit, not_arrived = announced_parcels(case.details, rows, today, facts.calendar, desk.returns.transit_grace)
    told = with_mark(case, rows, f"{event.kind} {event.key}", now)
    given = with_terms(told, due_on(told.details, day), lambda term: replace(term, invoice_on=term.invoice_on or invoice_on))
    overdue = given.changed(state=standing_state(given))
    priced = price_parts(rows, facts.prices)
    letter = tell_customer(
        overdue,
        "final_notice",
        at_most_once=True,
        return_due=day,
        outstanding=rows,
        amounts=amounts_of(priced.parts),
        totals=totals_of(priced.parts),
        unpriced=priced.unpriced,
        invoice_on=invoice_on,
        invoice_steps=derive_invoice_day(today, facts.calendar, desk.returns.invoice_after),
        in_transit=in_transit,
        not_arrived=not_arrived,
        extension_days=desk.returns.extension.amount,
        extension_unit=desk.returns.extension.unit.value,
        steps=steps_of(rows),
    )
    request = ask_finance_on(invoice_on, facts, now, key=day.isoformat(), steps=steps_of(rows))
    return Decision(case=overdue, effects=(letter, request), reason=f"the return was due on {day}")


def _count(rows: Sequence[OwedPart]) -> int:
    return sum(row.outstanding for row in rows)


RULES: Mapping[str, Rule] = {
    VALIDITY_WARNING: _warn_of_validity,
    EXPIRED: _expire,
    DELIVERY_QUESTION: _ask_for_delivery,
    REMINDER: _remind,
    FINAL_NOTICE: _give_final_notice,
    INVOICE_REQUEST: request_invoice,
}
