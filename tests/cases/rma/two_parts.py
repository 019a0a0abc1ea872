"""One card and one board under one number, whose replacements arrive on two days: values and means for the tests about them.

The card's replacement arrived on Tuesday 24 November 2026, so the card is due on Tuesday 15 December. The board's arrived on Wednesday
9 December: 10 11 | 14-18 | 21 22 23 (24-26 holidays) | 28-31 (1 January) | 4 January is the fifteenth, a Monday.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from mailflow.cases.rma.facts import RmaFacts
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision, SetDeadline
from mailflow.policy.facts import SentNotice
from tests.cases.rma.returns import (
    FINAL_NOTICE,
    PART,
    PRICE,
    REMINDER,
    VERIFICATION,
    Part,
    after,
    case,
    command,
    facts,
    fall,
    local_nine,
    part,
    sent,
)

BOARD = "02352KLM"
CARD_DUE, BOARD_DUE = date(2026, 12, 15), date(2027, 1, 4)
PRICES = {PART: PRICE, BOARD: replace(PRICE, part_number=BOARD)}
LINES = (part(PART, serials=("CARD00000001",)), part(BOARD, serials=("BOARD0000001",)))
WAREHOUSE = "warehouse@tac.example"


def known(**changes: object) -> RmaFacts:
    return facts(**{"prices": PRICES, **changes})


def at(month: int, day: int, hour: int = 12, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def shipped(lines: tuple[Part, ...] = LINES) -> Case:
    """Both replacements left in one parcel on Monday 23 November."""
    return after(command(replace(case(parts=lines), state="issued"), "/shipped DHL JD01", at=at(11, 23)))


def card_delivered() -> Decision:
    return command(shipped(), f"/delivered 2026-11-24 1 x {PART}", at=at(11, 25))


def both_delivered() -> Case:
    return after(command(after(card_delivered()), f"/delivered 2026-12-09 1 x {BOARD}", at=at(12, 10)))


def clocks(decision: Decision) -> list[tuple[str, str, datetime]]:
    """Kind, whole key and moment of what was set."""
    return [(one.kind, one.key, one.at) for one in decision.effects if isinstance(one, SetDeadline)]


def due(subject: Case) -> list[tuple[str, int, date | None]]:
    return [(row.part_number, row.outstanding, row.due) for row in subject.details.by_day]


def written(subject: Case) -> tuple[SentNotice, ...]:
    """The authorisation, and what the terms remember of reminders and final notices, all taken by the customer's server."""
    told = {mark for unit in subject.details.units if unit.obligation for mark in unit.obligation.notices}
    notices = (
        sent(REMINDER if mark.startswith("reminder") else FINAL_NOTICE, number, at=moment)
        for number, (mark, moment) in enumerate(sorted(told, key=str))
    )
    return (sent(VERIFICATION), *notices)


def played(subject: Case, *kinds_and_moments: tuple[str, str, datetime]) -> Case:
    """Deadlines fall one after the other; all letters arrive."""
    for kind, key, moment in kinds_and_moments:
        subject = after(fall(kind, key, moment, subject, known=known(sent_notices=written(subject))))
    return subject


CARD_NOTICES = (
    ("reminder", "2026-12-15 5", local_nine(2026, 12, 8)),
    ("reminder", "2026-12-15 2", local_nine(2026, 12, 11)),
    ("reminder", "2026-12-15 0", local_nine(2026, 12, 15)),
    ("final_notice", "2026-12-15", local_nine(2026, 12, 16)),
)
BOARD_NOTICES = (
    # Mon 4 January: 31, 30 is two business days before, 29, 28, 23 December five.
    ("reminder", "2027-01-04 5", local_nine(2026, 12, 23)),
    ("reminder", "2027-01-04 2", local_nine(2026, 12, 30)),
    ("reminder", "2027-01-04 0", local_nine(2027, 1, 4)),
    ("final_notice", "2027-01-04", local_nine(2027, 1, 5)),
)
# Final notice Wed 16 December: 17, 18, 21, 22, 23. Tue 5 January (the 6th is a holiday): 7, 8, 11, 12, 13.
CARD_REQUEST = ("invoice_request", "2026-12-15", local_nine(2026, 12, 23))
BOARD_REQUEST = ("invoice_request", "2027-01-04", local_nine(2027, 1, 13))


def card_requested() -> Case:
    """Finance holds the request for the card since 23 December; the board's first reminder goes on the same morning."""
    return played(both_delivered(), *CARD_NOTICES, CARD_REQUEST)
