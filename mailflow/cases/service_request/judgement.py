"""What becomes of a request by what is known of it (SR1, SR3, SR4, IN5): accepted, asked back, or left to a human; with its one answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from mailflow.cases.service_request.details import CLEAR_TEXT, is_vouched_for, may_read, slips
from mailflow.cases.service_request.facts import RequestFacts
from mailflow.cases.service_request.letters import greeted, tell_understood
from mailflow.policy.case import Request, ServiceRequestDetails, holds
from mailflow.policy.customer_message import answer_at_once
from mailflow.policy.decision import ClearDeadline, Decision, Effect, Note, SendNotice, SetDeadline
from mailflow.policy.derivation import DerivedMoment, Step
from mailflow.policy.desk import Desk
from mailflow.policy.entitlement import ENTITLED
from mailflow.policy.event import MailReceived
from mailflow.policy.sla import response_due, response_warnings
from mailflow.policy.term import DAY_UNITS

INFORMATION_REMINDER = "information_reminder"
INFORMATION_DECISION = "information_decision"
WARNING = "response_warning"
BREACH = "response_breached"


def judge(case: Request, event: MailReceived, facts: RequestFacts, desk: Desk, now: datetime) -> tuple[Request, tuple[Effect, ...]]:
    """The state that follows from what is known, with the one answer that goes with it."""
    if case.details.missing:
        return ask_for_missing(case, event, facts, desk, now)
    if may_start(case, event):
        return accept(case, event.at, facts, desk, now, answer=event)
    starts = facts.calendar.next_window_start(now)
    steps = (Step("next_step_staff_review", {"at": starts}) if starts > now else Step("next_step_staff_review_now"),)
    return replace(case, state="new"), (
        *answer_customer(case, event, "acknowledgement", {"next_step": steps}),
        *forget_questions(),
        leave_to_staff(case, facts),
    )


def may_start(case: Request, event: MailReceived) -> bool:
    """Complete and entitled. An unproven sender, or a contract number that is not the one the register found, is for a human."""
    details = case.details
    stated = details.contract.upper()
    differs = bool(stated and case.contract and stated != case.contract.upper())
    return not details.missing and details.entitlement == "entitled" and is_vouched_for(event) and not differs


def leave_to_staff(case: Request, facts: RequestFacts) -> Note:
    """The line of the journal for what only a human may decide (SR3)."""
    steps = facts.entitlement.steps if facts.entitlement else ()
    return Note(text=f"entitlement {case.details.entitlement or 'undecided'}: staff decide", steps=steps)


def staff_steps(facts: RequestFacts) -> tuple[Step, ...]:
    """The verdict's steps with what only staff are told (EN1-EN4)."""
    return (*facts.entitlement.steps, *facts.entitlement.for_staff) if facts.entitlement else ()


def ask_for_missing(
    case: Request, event: MailReceived, facts: RequestFacts, desk: Desk, now: datetime
) -> tuple[Request, tuple[Effect, ...]]:
    """One mail that lists just what is missing (IN5), again later, then staff decide. The terms count from the day of asking.

    Who is not asked now is not asked again either: a machine, or another helpdesk, would be answered after all (IN7).
    """
    today = facts.calendar.local_day(max(event.at, now))
    reminder = facts.calendar.end_of_term(today, desk.requests.information_reminder)
    decision = facts.calendar.end_of_term(today, desk.requests.information_decision)
    again = Step("next_step_asked_again", {"day": reminder.day})
    values = {
        "missing": case.details.missing,
        "reminder": False,
        "next_step": (*questions(slips(event, facts)), next_step(trusted=may_read(case, event)), again, *reminder.steps),
    }
    remind = SetDeadline(kind=INFORMATION_REMINDER, at=facts.calendar.dated_moment(reminder.day), steps=reminder.steps)
    return replace(case, state="awaiting information"), (
        *answer_customer(case, event, "information_request", values),
        *(() if event.unanswered_because else (remind,)),
        SetDeadline(kind=INFORMATION_DECISION, at=facts.calendar.dated_moment(decision.day), steps=decision.steps),
    )


def next_step(*, trusted: bool) -> Step:
    """What follows on the customer's answer; for whom no contract speaks yet a human looks first (SR1)."""
    return Step("next_step_information" if trusted else "next_step_information_checked", {})


def questions(slips: Iterable[tuple[str, str]]) -> tuple[Step, ...]:
    """What is asked about serials that look mistyped: (as written, as the register has it) (IN4)."""
    return tuple(Step("serial_question", {"written": written, "known": known}) for written, known in slips)


def ask_in_clear(case: Request, event: MailReceived) -> tuple[Effect, ...]:
    """The request to send in clear what we cannot decrypt (IN9)."""
    values = {"missing": (CLEAR_TEXT,), "reminder": False, "next_step": (next_step(trusted=may_read(case, event)),)}
    return answer_customer(case, event, "information_request", values)


def accept(
    case: Request, at: datetime, facts: RequestFacts, desk: Desk, now: datetime, answer: MailReceived | None = None
) -> tuple[Request, tuple[Effect, ...]]:
    """Complete and entitled, or accepted by a CCR: the response clock starts at `at`, and the customer is told (SR4)."""
    accepted, due, effects = start_work(case, at, facts, desk, now)
    step = Step("next_step_engineer", {"at": due.at}) if due.at > now else Step("next_step_engineer_late", {"at": due.at})
    # Where staff accepted in spite of the register, the customer reads nothing of whose device it is.
    is_entitled = facts.entitlement is not None and facts.entitlement.verdict == ENTITLED
    values = {
        "next_step": (step,),
        "priority": accepted.priority,
        "response_due": due.at,
        "steps": due.steps,
        "entitlement_steps": facts.entitlement.steps if facts.entitlement and is_entitled else (),
    }
    if answer:
        letters = answer_customer(accepted, answer, "accepted", values)
    else:
        letters = (replace(tell_understood(accepted, "accepted", values, trusted=True), immediate_answer=True),)
    return accepted, (*letters, *effects)


def start_work(
    case: Request, at: datetime, facts: RequestFacts, desk: Desk, now: datetime
) -> tuple[Request, DerivedMoment, tuple[Effect, ...]]:
    """Accepted without a word to anybody: the case, when an engineer must have answered, and the clocks.

    `at` is the server's time of the mail that completes it (T3, BX9): warnings already past are skipped, a breach is told at once.
    """
    details = replace(case.details, accepted_at=at, entitlement=case.details.entitlement or "entitled")
    accepted = replace(case, state="accepted", details=details)
    due = response_moment(accepted, at, facts, desk)
    note = Note(text=f"accepted with priority {accepted.priority}", steps=(*staff_steps(facts), *due.steps))
    return accepted, due, (*forget_questions(), *start_clock(accepted, at, facts, desk, now), note)


def forget_questions() -> tuple[Effect, ...]:
    """Nothing is missing any more: nobody is reminded of it (IN5)."""
    return (ClearDeadline(kind=INFORMATION_REMINDER), ClearDeadline(kind=INFORMATION_DECISION))


def answer_customer(case: Request, event: MailReceived, name: str, values: Mapping[str, object]) -> tuple[Effect, ...]:
    """The one immediate answer, unless the mail gets none (IN7)."""
    return answer_at_once(event, tell_understood(case, name, values, trusted=may_read(case, event)))


# The response clock


def response_moment(case: Request, since: datetime, facts: RequestFacts, desk: Desk) -> DerivedMoment:
    """When an engineer must have written, with the steps to it."""
    return response_due(_priority(case, desk), _start(case, since, facts, desk), facts.calendar, desk.requests)


def start_clock(case: Request, since: datetime, facts: RequestFacts, desk: Desk, now: datetime) -> tuple[Effect, ...]:
    """Deadlines for each warning to come and for the breach; those of an earlier priority are replaced."""
    due = response_moment(case, since, facts, desk)
    warnings = response_warnings(_priority(case, desk), _start(case, since, facts, desk), facts.calendar, desk.requests)
    return (
        *stop_clock(),
        *(SetDeadline(kind=WARNING, key=str(percent), at=at, steps=due.steps) for percent, at in warnings if at > now),
        SetDeadline(kind=BREACH, at=due.at, steps=due.steps),
    )


def _priority(case: Request, desk: Desk) -> str:
    return case.priority or desk.requests.default_priority


def _start(case: Request, since: datetime, facts: RequestFacts, desk: Desk) -> datetime:
    """The acceptance, or the arrival where the desk counts from it; of what the customer completed after that term, what completed it."""
    if desk.requests.response_from != "arrival":
        return since
    ready = since if case.details.missing else case.details.completed_at
    if ready is None or ready <= response_due(_priority(case, desk), case.opened_at, facts.calendar, desk.requests).at:
        return case.opened_at
    return ready


def stop_clock() -> tuple[Effect, ...]:
    """An engineer has written, or the request is over (SR4)."""
    return (ClearDeadline(kind=WARNING), ClearDeadline(kind=BREACH))


# Reopening and delay

ANSWERED = ("resolved", "closed", "awaiting customer")
"""States in which the next word is the customer's."""


def last_day_to_reopen(closed_at: datetime, facts: RequestFacts, desk: Desk) -> date:
    """The last day on which an answer reopens what was closed at that moment, in the customer's calendar."""
    return facts.calendar.end_of_term(closed_at, desk.requests.reopen_within).day


def may_go_on(case: Request, facts: RequestFacts, desk: Desk, at: datetime) -> bool:
    """Whether a mail goes on in the request; of one that was closed longer ago it opens the next."""
    return case.closed_at is None or facts.calendar.local_day(at) <= last_day_to_reopen(case.closed_at, facts, desk)


def taken_up(case: Request) -> Request:
    """The request after a word of its customer: solved or closed, it runs again."""
    return replace(case, state="in progress", closed_at=None) if case.state in ANSWERED else case


def with_late_notice(decision: Decision, event: MailReceived, facts: RequestFacts, desk: Desk, now: datetime) -> Decision:
    """The decision on a customer's mail, with the late notice where the mail was read too long after its arrival."""
    case = decision.case
    if case is None or not holds(case, ServiceRequestDetails) or case.details.late_notice_sent:
        return decision
    is_request = event.alarm is None and event.survey_answer is None and event.caller is None
    may_be_told = is_request and not event.unanswered_because and case.details.trusted and is_vouched_for(event)
    calendar, term = facts.calendar, desk.requests.late_after
    if term.unit in DAY_UNITS:
        late_from = calendar.dated_moment(calendar.end_of_term(event.at, term).day)
    else:
        late_from = calendar.add_time(event.at, term)
    if not may_be_told or now <= late_from:
        return decision
    values = {"arrived_at": event.at, **greeted(case, event)}
    notice = SendNotice(notice="service_request/late_notice", to=(event.sender,), values=values, immediate_answer=True)
    marked = replace(case, details=replace(case.details, late_notice_sent=True))
    return replace(decision, case=marked, effects=(*decision.effects, notice))
