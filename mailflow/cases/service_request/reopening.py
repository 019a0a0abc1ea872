"""Which requests run again when their customer writes (SR7)."""

from __future__ import annotations

from datetime import date, datetime

from mailflow.policy.case import Case
from mailflow.policy.desk import Desk
from mailflow.policy.facts import Facts

ANSWERED = ("resolved", "closed", "awaiting customer")
"""States in which the next word is the customer's."""


def last_day_to_reopen(closed_at: datetime, facts: Facts, desk: Desk) -> date:
    """The last day on which an answer reopens what was closed at that moment, in the customer's calendar."""
    return facts.calendar.end_of_term(closed_at, desk.requests.reopen_within).day


def may_go_on(case: Case, facts: Facts, desk: Desk, at: datetime) -> bool:
    """Whether a mail goes on in the request; of one that was closed longer ago it opens the next."""
    return case.closed_at is None or facts.calendar.local_day(at) <= last_day_to_reopen(case.closed_at, facts, desk)


def taken_up(case: Case) -> Case:
    """The request after a word of its customer: solved or closed, it runs again."""
    return case.changed(state="in progress", closed_at=None) if case.state in ANSWERED else case
