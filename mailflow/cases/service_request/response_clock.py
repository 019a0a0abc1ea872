"""The response clock (SR4): from acceptance to the first mail of an engineer, with its warnings and its breach."""

from __future__ import annotations

from datetime import datetime

from mailflow.policy.case import Case
from mailflow.policy.decision import ClearDeadline, Effect, SetDeadline
from mailflow.policy.derivation import DerivedMoment
from mailflow.policy.desk import Desk
from mailflow.policy.facts import Facts
from mailflow.policy.sla import response_due, response_warnings

WARNING = "response_warning"
BREACH = "response_breached"


def response_moment(case: Case, since: datetime, facts: Facts, desk: Desk) -> DerivedMoment:
    """When an engineer must have written, with the steps to it."""
    return response_due(_priority(case, desk), _start(case, since, facts, desk), facts.calendar, desk.requests)


def start_clock(case: Case, since: datetime, facts: Facts, desk: Desk, now: datetime) -> tuple[Effect, ...]:
    """Deadlines for each warning to come and for the breach; those of an earlier priority are replaced."""
    due = response_moment(case, since, facts, desk)
    warnings = response_warnings(_priority(case, desk), _start(case, since, facts, desk), facts.calendar, desk.requests)
    return (
        *stop_clock(),
        *(SetDeadline(kind=WARNING, key=str(percent), at=at, steps=due.steps) for percent, at in warnings if at > now),
        SetDeadline(kind=BREACH, at=due.at, steps=due.steps),
    )


def _priority(case: Case, desk: Desk) -> str:
    return case.priority or desk.requests.default_priority


def _start(case: Case, since: datetime, facts: Facts, desk: Desk) -> datetime:
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
