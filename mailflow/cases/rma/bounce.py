"""A notice that came back (BX4): the return clock stops, the next contact is tried, and the clock goes on from the repeated notice.

It does not tell staff that the address is dead; handling does, with what is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from mailflow.cases.rma.clock import (
    FINAL_NOTICE,
    REMINDER,
    RETURN_CLOCK,
    ask_finance_after_term,
    ask_for_delivery,
    business_days_until,
    move_days,
    stop,
    with_mark,
    without_final_notice,
)
from mailflow.cases.rma.deadline import reminder_of
from mailflow.cases.rma.delivery import ask_about_delivery, tell_due_days
from mailflow.cases.rma.details import LIFECYCLE, Return, state_by_clocks
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.invoicing import NEEDED, VERIFICATION, tell_invoiced, weigh, withdraw
from mailflow.cases.rma.letters import tell_customer
from mailflow.cases.rma.opening import verify
from mailflow.cases.rma.units import Obligation
from mailflow.policy.decision import Decision, Effect, Note
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import NoticeBounced

FINAL_NOTICE_NAME = "rma/final_notice"


def on_bounce(case: Return, event: NoticeBounced, facts: RmaFacts, desk: Desk, now: datetime) -> Decision:
    """Choose who gets the return's letters from now on, and repeat the lost one where nobody read it (BX4). `done` says it to staff."""
    came_back = f"{event.notice} did not reach {event.address}"
    if desk.roles_of(event.address) or LIFECYCLE.is_closed(case.state):
        return Decision(case=case, reason=came_back)
    theirs = [one for one in facts.sent_notices if one.name == event.notice and one.recipient == event.address]
    lost = max(theirs, key=lambda one: one.written_at, default=None)
    since = lost.written_at if lost else event.at
    # Who else got the letter, as far as is known.
    same = [one for one in facts.sent_notices if lost and one.message_id == lost.message_id and one.recipient != lost.recipient]
    readers = [one.recipient for one in same if one.bounced_at is None and one.recipient not in facts.undeliverable]
    others = tuple(address for address in case.participants if address != event.address)
    if event.address == case.customer:
        found = next_reader(case, event.address, readers, facts)
        if not found:
            return _pause(case, event, since, came_back, facts, desk)
        case = _addressed_to(replace(case, participants=others), found, facts)
    else:
        case = replace(case, participants=others)
    step = Step("rma_next_contact", {"rma": case.number, "address": case.customer})
    if readers:
        return Decision(case=case, effects=(Note(text=f"{came_back}, but another address of the customer"),), reason=came_back, done=step)
    repeated, effects = _repeat(case, event.notice, since, facts, desk, now)
    note = Note(text=f"{came_back}; it is repeated to {case.customer}, and the return clock goes on from there")
    return Decision(case=repeated, effects=(*effects, note), reason=came_back, done=step)


def next_reader(case: Return, lost_address: str, readers: Sequence[str], facts: RmaFacts) -> str:
    """Find who got the letter all the same, else the next contact of the contract that mail reaches, else another participant; '' for
    nobody."""
    known = (*readers, *(contact.email for contact in facts.contacts), *case.participants)
    dead = facts.undeliverable | {lost_address}
    return next((address for address in known if address not in dead), "")


def _addressed_to(case: Return, address: str, facts: RmaFacts) -> Return:
    name = next((contact.name for contact in facts.contacts if contact.email == address), "")
    participants = tuple(dict.fromkeys((address, *case.participants)))
    return replace(case, customer=address, customer_name=name, participants=participants)


def _pause(case: Return, event: NoticeBounced, since: datetime, came_back: str, facts: RmaFacts, desk: Desk) -> Decision:
    """Stop the return clock while nobody is left to write to: no reminder, no final notice, no invoice until somebody can be reached."""
    details = case.details
    freed, withdrawn = _without_request(case, event.notice, facts, desk, event.at)
    held = replace(freed, details=replace(freed.details, held_since=details.held_since or since))
    note = Note(text=f"{came_back}, and no other contact is known: the return clock stands still")
    done = Step("rma_nobody_reachable", {"rma": case.number})
    return Decision(case=held, effects=(*withdrawn, *stop(*RETURN_CLOCK), note), reason=came_back, done=done)


def _without_request(case: Return, notice: str, facts: RmaFacts, desk: Desk, now: datetime) -> tuple[Return, tuple[Effect, ...]]:
    """Take back what finance was asked for where the proof of notice fell away; it comes up again after its term."""
    asked = case.details.asked_for if notice in NEEDED else ()
    requests = {unit.invoice.asked_at for unit, proof in weigh(asked, facts) if unit.invoice and proof.missing}
    concerned = {unit.place for unit in asked if unit.invoice and unit.invoice.asked_at in requests}
    freed, withdrawn = withdraw(case, lambda unit: unit.place in concerned, Step("rma_notice_came_back", {}), desk)
    if not withdrawn:
        return case, ()
    return replace(freed, state=state_by_clocks(freed)), (*withdrawn, ask_finance_after_term(facts, desk, now))


def reach_again(case: Return, address: str, facts: RmaFacts, desk: Desk, now: datetime) -> tuple[Return, tuple[Effect, ...]]:
    """Send the authorisation to somebody who can be reached, and let the clock go on without the days on which it stood still (BX4)."""
    since: datetime | None = case.details.held_since
    if since is None:
        return case, ()
    reachable = _addressed_to(replace(case, details=replace(case.details, held_since=None)), address, facts)
    return _repeat(reachable, VERIFICATION, since, facts, desk, now, was_paused=True)


def _repeat(
    case: Return, notice: str, since: datetime, facts: RmaFacts, desk: Desk, now: datetime, *, was_paused: bool = False
) -> tuple[Return, tuple[Effect, ...]]:
    """Send the lost notice once more, with the day that is due moved by the business days that were lost with it."""
    freed, withdrawn = (case, ()) if was_paused else _without_request(case, notice, facts, desk, now)
    moved, clock = _go_on(freed, notice, since, facts, desk, now, was_paused=was_paused)
    if notice == FINAL_NOTICE_NAME:
        return moved, (*withdrawn, *clock)
    repeated, letters = _write_again(moved, notice, since, facts, desk, now)
    return repeated, (*letters, *withdrawn, *clock)


def _go_on(
    case: Return, notice: str, since: datetime, facts: RmaFacts, desk: Desk, now: datetime, *, was_paused: bool
) -> tuple[Return, tuple[Effect, ...]]:
    """Move each open day by the business days that were lost of its own term; leave it where none were."""
    today, lost_on = facts.calendar.local_day(now), facts.calendar.local_day(since)
    waiting = [unit for unit in case.details.running if not unit.is_asked_for]
    questions: tuple[Effect, ...] = ()
    if was_paused and case.details.replacements and case.details.undelivered:
        questions = ask_for_delivery(today, facts.calendar, desk)
    is_final = notice == FINAL_NOTICE_NAME
    silent = [
        unit
        for unit in waiting
        if was_paused or (is_final and unit.obligation is not None and since in unit.obligation.moments(FINAL_NOTICE))
    ]

    def moved(obligation: Obligation) -> tuple[date, Derivation] | None:
        lost = 0 if lost_on > obligation.due else business_days_until(today, lost_on, facts.calendar)
        due = facts.calendar.add_business_days(obligation.due, lost)
        return (due, (Step("notice_lost", {"days": lost, "day": lost_on, "due": due}),)) if lost else None

    if not silent and not any(unit.obligation and moved(unit.obligation) for unit in waiting):
        return case, questions
    gone_on, clock = move_days(without_final_notice(case, silent), moved, facts, desk, now)
    ahead = gone_on.state == "overdue" and all(day >= today for day in gone_on.details.running_days)
    return (replace(gone_on, state=state_by_clocks(gone_on)) if ahead else gone_on), (*questions, *clock)


def _write_again(
    case: Return, notice: str, since: datetime, facts: RmaFacts, desk: Desk, now: datetime
) -> tuple[Return, tuple[Effect, ...]]:
    """Write the notice as it reads today; where it cannot be written again send the authorisation, which names all that is asked for."""
    details = case.details
    today = facts.calendar.local_day(now)
    # The day of the parts that the lost reminder named, as it is now, unless it has passed; without such the first that lies ahead.
    ahead = [unit.obligation for unit in details.running if unit.obligation and unit.obligation.due >= today]
    named = [one.due for one in ahead if since in one.moments(REMINDER)]
    again = min(named or [one.due for one in ahead], default=None)
    match notice:
        case "rma/reminder" if again is not None:
            units = details.due_on(again)
            marked = with_mark(case, units, f"{REMINDER} {again.isoformat()} again", now)
            return marked, (reminder_of(marked, again, units, facts, desk, now),)
        case "rma/extended" if details.due_days:
            return case, (tell_due_days(case, today),)
        case "rma/delivery_question" if details.undelivered:
            return case, (ask_about_delivery(case),)
        case "rma/validity_warning" if details.valid_through >= today:
            return case, (tell_customer(case, "validity_warning", days_left=(details.valid_through - today).days),)
        case "rma/invoice_notice" if details.asked_for:
            return case, (tell_invoiced(case, details.asked_for, facts, desk, today),)
        case "rma/expired" if details.expired:
            return case, (tell_customer(case, "expired"),)
    marked, letter = verify(case, facts, desk)
    return marked, (letter,)
