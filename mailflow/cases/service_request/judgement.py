"""What becomes of a request by what is known of it (SR1, SR3, SR4, IN5): accepted, asked back, or left to a human; with its one answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from mailflow.cases.service_request.details import CLEAR_TEXT, is_vouched_for, may_read, slips
from mailflow.cases.service_request.relay import understood
from mailflow.cases.service_request.response_clock import response_moment, start_clock
from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.policy.decision import ClearDeadline, Effect, Note, SendNotice, SetDeadline
from mailflow.policy.derivation import DerivedMoment, Step
from mailflow.policy.desk import Desk
from mailflow.policy.entitlement import ENTITLED
from mailflow.policy.event import MailReceived
from mailflow.policy.facts import Facts

INFORMATION_REMINDER = "information_reminder"
INFORMATION_DECISION = "information_decision"


def judge(case: Case, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
    """The state that follows from what is known, with the one answer that goes with it."""
    if case.details.missing:
        return ask_for_missing(case, event, facts, desk, now)
    if may_start(case, event):
        return accept(case, event.at, facts, desk, now, answer=event)
    starts = facts.calendar.next_window_start(now)
    steps = (Step("next_step_staff_review", {"at": starts}) if starts > now else Step("next_step_staff_review_now"),)
    return case.changed(state="new"), (
        *answer_customer(case, event, "acknowledgement", {"next_step": steps}),
        *forget_questions(),
        leave_to_staff(case, facts),
    )


def may_start(case: Case, event: MailReceived) -> bool:
    """Complete and entitled. An unproven sender, or a contract number that is not the one the register found, is for a human."""
    details: ServiceRequestDetails = case.details
    stated = details.contract.upper()
    differs = bool(stated and case.contract and stated != case.contract.upper())
    return not details.missing and details.entitlement == "entitled" and is_vouched_for(event) and not differs


def leave_to_staff(case: Case, facts: Facts) -> Note:
    """The line of the journal for what only a human may decide (SR3)."""
    return Note(text=f"entitlement {case.details.entitlement or 'undecided'}: staff decide", steps=entitlement_steps(facts))


def entitlement_steps(facts: Facts) -> tuple[Step, ...]:
    """The verdict's steps that the customer may read (EN1-EN4)."""
    return facts.entitlement.steps if facts.entitlement else ()


def _why_entitled(facts: Facts) -> tuple[Step, ...]:
    """What the customer reads of its own contract: where staff accepted in spite of the register, nothing of whose device it is."""
    return facts.entitlement.steps if facts.entitlement and facts.entitlement.verdict == ENTITLED else ()


def staff_steps(facts: Facts) -> tuple[Step, ...]:
    """The verdict's steps with what only staff are told (EN1-EN4)."""
    return (*facts.entitlement.steps, *facts.entitlement.for_staff) if facts.entitlement else ()


def ask_for_missing(case: Case, event: MailReceived, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, tuple[Effect, ...]]:
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
    return case.changed(state="awaiting information"), (
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


def ask_in_clear(case: Case, event: MailReceived) -> tuple[Effect, ...]:
    """The request to send in clear what we cannot decrypt (IN9)."""
    values = {"missing": (CLEAR_TEXT,), "reminder": False, "next_step": (next_step(trusted=may_read(case, event)),)}
    return answer_customer(case, event, "information_request", values)


def accept(
    case: Case, at: datetime, facts: Facts, desk: Desk, now: datetime, answer: MailReceived | None = None
) -> tuple[Case, tuple[Effect, ...]]:
    """Complete and entitled, or accepted by a CCR: the response clock starts at `at`, and the customer is told (SR4)."""
    accepted, due, effects = start_work(case, at, facts, desk, now)
    step = Step("next_step_engineer", {"at": due.at}) if due.at > now else Step("next_step_engineer_late", {"at": due.at})
    values = {
        "next_step": (step,),
        "priority": accepted.priority,
        "response_due": due.at,
        "steps": due.steps,
        "entitlement_steps": _why_entitled(facts),
    }
    letters = answer_customer(accepted, answer, "accepted", values) if answer else (_letter(accepted, "accepted", values, trusted=True),)
    return accepted, (*letters, *effects)


def start_work(case: Case, at: datetime, facts: Facts, desk: Desk, now: datetime) -> tuple[Case, DerivedMoment, tuple[Effect, ...]]:
    """Accepted without a word to anybody: the case, when an engineer must have answered, and the clocks.

    `at` is the server's time of the mail that completes it (T3, BX9): warnings already past are skipped, a breach is told at once.
    """
    details = replace(case.details, accepted_at=at, entitlement=case.details.entitlement or "entitled")
    accepted = case.changed(state="accepted", details=details)
    due = response_moment(accepted, at, facts, desk)
    note = Note(text=f"accepted with priority {accepted.priority}", steps=(*staff_steps(facts), *due.steps))
    return accepted, due, (*forget_questions(), *start_clock(accepted, at, facts, desk, now), note)


def forget_questions() -> tuple[Effect, ...]:
    """Nothing is missing any more: nobody is reminded of it (IN5)."""
    return (ClearDeadline(kind=INFORMATION_REMINDER), ClearDeadline(kind=INFORMATION_DECISION))


def answer_customer(case: Case, event: MailReceived, name: str, values: Mapping[str, Any]) -> tuple[Effect, ...]:
    """The one immediate answer, unless the mail gets none (IN7)."""
    if event.unanswered_because:
        return (Note(text=f"{name} not sent: {event.unanswered_because}"),)
    return (_letter(case, name, values, trusted=may_read(case, event)),)


def _letter(case: Case, name: str, values: Mapping[str, Any], *, trusted: bool) -> SendNotice:
    """A stranger, or a sender that nobody vouches for, reads no word of its own mail (SR1)."""
    shown = understood(case.details) if trusted else ()
    return SendNotice(
        notice=f"service_request/{name}",
        to=(case.customer,),
        cc=case.other_participants if trusted else (),
        values={**values, "trusted": trusted, "understood": shown},
        immediate_answer=True,
    )
