"""What a return does when one of its deadlines falls (RM3, RM8, RM9). What came back meanwhile is never mentioned again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from mailflow.cases.rma.clock import (
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
    with_mark,
)
from mailflow.cases.rma.delivery import ask_about_delivery
from mailflow.cases.rma.details import Return, state_by_clocks
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.invoicing import priced, request_invoice
from mailflow.cases.rma.letters import amounts_of, announced_parcels, ask_to_ship, tell_customer, totals_of
from mailflow.cases.rma.units import Unit, steps_of
from mailflow.policy.decision import Decision, SendNotice, SetDeadline
from mailflow.policy.desk import Desk
from mailflow.policy.event import DeadlineFell
from mailflow.policy.term import Unit as TermUnit

NOT_SENT = "not sent"
"""By which the return remembers that the CCR was told of a replacement that nobody has booked as sent."""

Rule = Callable[[Return, DeadlineFell, RmaFacts, Desk, datetime], Decision]


def on_deadline(case: Return, event: DeadlineFell, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Apply the rule of the deadline's kind; nothing is said once nothing is outstanding, and nothing twice.

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


def warn_of_validity(case: Return, event: DeadlineFell, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    days = (case.details.valid_through - facts.calendar.local_day(now)).days
    if days < 0:
        return Decision(case=case, reason="the last valid day has passed: there is nothing left to warn of")
    return _once(case, event, tell_customer(case, "validity_warning", days_left=days), f"valid for {days} more days")


def expire(case: Return, event: DeadlineFell, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    expired = replace(case, details=replace(case.details, expired=True))
    reason = f"the last valid day was {case.details.valid_through.isoformat()}"
    return _once(expired, event, tell_customer(expired, "expired"), reason)


def _once(case: Return, event: DeadlineFell, letter: SendNotice, reason: str) -> Decision:
    """Send a dated notice once: it is remembered by day, kind and key; of another day the same warning is another one."""
    mark = f"{event.kind} {event.key} {case.details.valid_through}".replace("  ", " ")
    if mark in case.details.notices:
        return Decision(case=case, reason=f"told before: {mark}")
    marked = replace(case, details=replace(case.details, notices=(*case.details.notices, mark)))
    return Decision(case=marked, effects=(letter,), reason=reason)


# The replacement, and the days that are due


def question_delivery(case: Return, event: DeadlineFell, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Ask the customer for the delivery; a replacement that nobody has booked as sent is told to the CCR too, once (RM8)."""
    details = case.details
    if not details.is_awaited:
        return Decision(case=case, reason="the delivery date is known")
    question = ask_about_delivery(case)
    if details.replacements or NOT_SENT in details.notices:
        return Decision(case=case, effects=(question,), reason="the delivery date is not known yet")
    marked = replace(case, details=replace(details, notices=(*details.notices, NOT_SENT)))
    return Decision(case=marked, effects=(question, ask_to_ship(marked, "rma_not_sent", desk)), reason="no replacement is booked as sent")


def _unnamed(case: Return, event: DeadlineFell) -> tuple[date | None, tuple[Unit, ...]]:
    """Return the day of the clock, and what is due on it that this very notice has not named before."""
    day, mark = day_of_key(event.key), f"{event.kind} {event.key}"
    if day is None:
        return None, ()
    units = case.details.due_on(day)
    return day, tuple(unit for unit in units if unit.obligation and mark not in [known for known, _ in unit.obligation.notices])


def remind(case: Return, event: DeadlineFell, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Send a reminder; one that an outage of ours held back past the day that is due is left out, since the final notice says what
    holds."""
    day, units = _unnamed(case, event)
    if day is None or not units:
        return Decision(case=case, reason=f"nothing is due on {day} that was not told before")
    if facts.calendar.local_day(now) > day:
        return Decision(case=case, reason=f"too late for a reminder: the parts were due on {day}")
    marked = with_mark(case, units, f"{event.kind} {event.key}", now)
    letter = reminder_of(marked, day, units, facts, desk, now)
    return Decision(case=marked, effects=(letter,), reason=f"{len(units)} outstanding, due {day}")


def reminder_of(case: Return, day: date, units: Sequence[Unit], facts: RmaFacts, desk: Desk, now: datetime) -> SendNotice:
    """Write what is outstanding and due on the day, and how many days are left today, in the unit of the term."""
    today, unit = facts.calendar.local_day(now), return_term(facts, desk).unit
    in_transit, not_arrived = announced_parcels(case.details, units, facts, desk, today)
    return tell_customer(
        case,
        "reminder",
        return_due=day,
        steps=steps_of(units),
        outstanding=case.details.rows_of(units),
        days_left=business_days_until(day, today, facts.calendar) if unit is TermUnit.BUSINESS_DAYS else (day - today).days,
        unit=unit.value,
        in_transit=in_transit,
        not_arrived=not_arrived,
        extension_days=desk.returns.extension.amount,
        extension_unit=desk.returns.extension.unit.value,
    )


def give_final_notice(case: Return, event: DeadlineFell, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    day, units = _unnamed(case, event)
    if day is None or not units:
        return Decision(case=case, reason=f"nothing is due on {day} that was not told before")
    today = facts.calendar.local_day(now)
    invoice_on = invoice_moment(today, facts.calendar, desk.returns.invoice_after)
    in_transit, not_arrived = announced_parcels(case.details, units, facts, desk, today)
    marked = with_mark(case, units, f"{event.kind} {event.key}", now)
    given = (
        unit.owing(replace(unit.obligation, invoice_on=unit.invoice_on or invoice_on))
        for unit in marked.details.due_on(day)
        if unit.obligation
    )
    overdue = replace(marked, details=marked.details.updated(given))
    overdue = replace(overdue, state=state_by_clocks(overdue))
    asked, unpriced = priced(units, facts, now)
    letter = tell_customer(
        overdue,
        "final_notice",
        return_due=day,
        outstanding=overdue.details.rows_of(units),
        amounts=amounts_of(asked),
        totals=totals_of(asked),
        unpriced=unpriced,
        invoice_on=invoice_on,
        invoice_steps=derive_invoice_day(today, facts.calendar, desk.returns.invoice_after),
        in_transit=in_transit,
        not_arrived=not_arrived,
        extension_days=desk.returns.extension.amount,
        extension_unit=desk.returns.extension.unit.value,
        steps=steps_of(units),
    )
    request = ask_finance_on(invoice_on, facts, now, key=day.isoformat(), steps=steps_of(units))
    return Decision(case=overdue, effects=(replace(letter, at_most_once=True), request), reason=f"the return was due on {day}")


RULES: Mapping[str, Rule] = {
    VALIDITY_WARNING: warn_of_validity,
    EXPIRED: expire,
    DELIVERY_QUESTION: question_delivery,
    REMINDER: remind,
    FINAL_NOTICE: give_final_notice,
    INVOICE_REQUEST: request_invoice,
}
