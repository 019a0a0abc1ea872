"""A notice that came back (BX4): the return clock stops, the next contact is tried, and the clock goes on from the repeated notice.

It does not tell staff that the address is dead; handling does, with what is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mailflow.cases.rma.deadline import reminder_of
from mailflow.cases.rma.delivery import tell_due_day
from mailflow.cases.rma.invoicing import invoice_notice_of
from mailflow.cases.rma.letter import tell_customer
from mailflow.cases.rma.lifecycle import LIFECYCLE
from mailflow.cases.rma.obligation import (
    INVOICE_REQUEST,
    RETURN_CLOCK,
    ask_for_delivery,
    business_days_until,
    invoice_moment,
    move_return_clock,
    run_return_clock,
    state_before_overdue,
    stop,
    without_last_word,
)
from mailflow.cases.rma.proof import NEEDED, proof_of_notice
from mailflow.cases.rma.verification import verify
from mailflow.cases.rma.withdrawal import withdraw_invoice
from mailflow.policy.case import Case, RmaDetails
from mailflow.policy.decision import Decision, Effect, Note, SetDeadline
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import NoticeBounced
from mailflow.policy.facts import Facts, SentNotice

VERIFICATION = "rma/customer_request_verification"
LAST_WORD = "rma/final_notice"


def meet_bounce(case: Case, event: NoticeBounced, facts: Facts, desk: Desk, now: datetime) -> Decision:
    """Who gets the return's letters from now on, and whether the lost one is repeated. `done` says it to staff."""
    came_back = f"{event.notice} did not reach {event.address}"
    if desk.roles_of(event.address) or LIFECYCLE.is_closed(case.state):
        return Decision(case=case, reason=came_back)
    lost = _lost_letter(event, facts.sent_notices)
    since = lost.written_at if lost else event.at
    readers = _other_readers(lost, facts) if lost else ()
    others = tuple(address for address in case.participants if address != event.address)
    if event.address == case.customer:
        found = next_reader(case, event.address, readers, facts)
        if not found:
            return _stand_still(case, event, since, came_back, facts, desk)
        case = _addressed_to(case.changed(participants=others), found, facts)
    else:
        case = case.changed(participants=others)
    told = Step("rma_next_contact", {"rma": case.number, "address": case.customer})
    if readers:
        return Decision(case=case, effects=(Note(text=f"{came_back}, but another address of the customer"),), reason=came_back, done=told)
    repeated, effects = _repeat(case, event.notice, since, facts, desk, now)
    note = Note(text=f"{came_back}; it is repeated to {case.customer}, and the return clock goes on from there")
    return Decision(case=repeated, effects=(*effects, note), reason=came_back, done=told)


def _lost_letter(event: NoticeBounced, sent: Sequence[SentNotice]) -> SentNotice | None:
    """The newest letter of that name to that address."""
    theirs = [one for one in sent if one.name == event.notice and one.recipient == event.address]
    return max(theirs, key=lambda one: one.written_at, default=None)


def _other_readers(lost: SentNotice, facts: Facts) -> tuple[str, ...]:
    """Who else got the letter, as far as is known."""
    same = (one for one in facts.sent_notices if one.message_id == lost.message_id and one.recipient != lost.recipient)
    return tuple(one.recipient for one in same if one.bounced_at is None and one.recipient not in facts.undeliverable)


def next_reader(case: Case, lost_address: str, readers: Sequence[str], facts: Facts) -> str:
    """Who got the letter all the same, else the next contact of the contract that mail reaches, else another participant; '' for nobody."""
    known = (*readers, *(contact.email for contact in facts.contacts), *case.participants)
    dead = facts.undeliverable | {lost_address}
    return next((address for address in known if address not in dead), "")


def _addressed_to(case: Case, address: str, facts: Facts) -> Case:
    name = next((contact.name for contact in facts.contacts if contact.email == address), "")
    participants = tuple(dict.fromkeys((address, *case.participants)))
    return case.changed(customer=address, customer_name=name, participants=participants)


def _stand_still(case: Case, event: NoticeBounced, since: datetime, came_back: str, facts: Facts, desk: Desk) -> Decision:
    """Nobody is left to write to: no reminder, no final notice and no invoice until somebody can be reached."""
    details: RmaDetails = case.details
    freed, withdrawn = _without_request(case, event.notice, facts, desk, event.at)
    held = freed.changed(details=replace(freed.details, held_since=details.held_since or since))
    note = Note(text=f"{came_back}, and no other contact is known: the return clock stands still")
    done = Step("rma_nobody_reachable", {"rma": case.number})
    return Decision(case=held, effects=(*withdrawn, *stop(*RETURN_CLOCK), note), reason=came_back, done=done)


def _without_request(case: Case, notice: str, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """Where the proof of notice fell away, so does what finance was asked for; it comes up again after its term."""
    if case.state != "to be invoiced" or notice not in NEEDED or not proof_of_notice(facts.sent_notices).missing:
        return case, ()
    freed, withdrawn = withdraw_invoice(case, Step("rma_notice_came_back", {}), desk)
    day = invoice_moment(facts.calendar.local_day(now), facts.calendar, desk.returns.invoice_after)
    anew = SetDeadline(kind=INVOICE_REQUEST, at=facts.calendar.dated_moment(day), steps=case.details.return_steps)
    return freed.changed(state="overdue"), (*withdrawn, anew)


def reach_again(case: Case, address: str, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """Somebody can be reached: the authorisation is sent there, and the clock goes on without the days on which it stood still."""
    since: datetime | None = case.details.held_since
    if since is None:
        return case, ()
    reachable = _addressed_to(case.changed(details=replace(case.details, held_since=None)), address, facts)
    return _repeat(reachable, VERIFICATION, since, facts, desk, now, stood_still=True)


def _repeat(
    case: Case, notice: str, since: datetime, facts: Facts, desk: Desk, now: datetime, *, stood_still: bool = False
) -> tuple[Case, tuple[Effect, ...]]:
    """The lost notice once more, with the day that is due moved by the business days that were lost with it."""
    freed, withdrawn = (case, ()) if stood_still else _without_request(case, notice, facts, desk, now)
    moved, clock = _go_on(freed, notice, since, facts, desk, now, stood_still=stood_still)
    if notice == LAST_WORD:
        return moved, (*withdrawn, *clock)
    told, letters = _write_again(moved, notice, facts, desk, now)
    return told, (*letters, *withdrawn, *clock)


def _go_on(
    case: Case, notice: str, since: datetime, facts: Facts, desk: Desk, now: datetime, *, stood_still: bool
) -> tuple[Case, tuple[Effect, ...]]:
    details: RmaDetails = case.details
    today = facts.calendar.local_day(now)
    if case.state == "to be invoiced":
        # The clock has run out, and enough of what was written is proven to have arrived.
        return case, ()
    if details.return_due is None:
        asks = stood_still and details.replacement is not None
        return case, ask_for_delivery(today, facts.calendar, desk) if asks else ()
    lost_on = facts.calendar.local_day(since)
    lost_days = 0 if lost_on > details.return_due else business_days_until(today, lost_on, facts.calendar)
    if not lost_days and not stood_still and notice != LAST_WORD:
        return case, ()
    free = without_last_word(case)
    if not lost_days:
        return free, run_return_clock(free, facts, desk, now)
    due = facts.calendar.add_business_days(details.return_due, lost_days)
    state = state_before_overdue(free) if free.state == "overdue" and due >= today else free.state
    step = Step("notice_lost", {"days": lost_days, "day": lost_on, "due": due})
    return move_return_clock(free.changed(state=state), due, step, facts, desk, now)


def _write_again(case: Case, notice: str, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """The notice as it reads today; what cannot be written again is replaced by the authorisation, which names all that is asked for."""
    details: RmaDetails = case.details
    today = facts.calendar.local_day(now)
    match notice:
        case "rma/reminder" if details.return_due is not None and details.return_due >= today:
            return case, (reminder_of(case, facts, desk, now),)
        case "rma/extended" if details.return_due is not None:
            return case, (tell_due_day(case),)
        case "rma/delivery_question" if details.delivered_on is None:
            return case, (tell_customer(case, "delivery_question", impossible_day=None),)
        case "rma/validity_warning" if details.valid_through >= today:
            return case, (tell_customer(case, "validity_warning", days_left=(details.valid_through - today).days),)
        case "rma/invoice_notice" if details.invoice_requested:
            return case, (invoice_notice_of(case),)
        case "rma/expired" if details.expired:
            return case, (tell_customer(case, "expired"),)
    told, letter = verify(case, facts, desk)
    return told, (letter,)
