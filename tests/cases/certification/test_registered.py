"""A partner that was certified before mailflow: its stars and the day they count from stand in partners.csv (DK2, contract: Data)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from mailflow.policy.certification import RegisteredCertificate
from mailflow.policy.decision import Decision
from mailflow.policy.event import SenderRole
from tests.cases.certification.scene import (
    AT,
    LI,
    MANAGER,
    PARTNER,
    REVIEWER,
    TEXT,
    ZHANG,
    after,
    certification,
    deadlines,
    falls,
    happens,
    letter,
    letters,
    mail_of,
    moved,
)

CERTIFIED = replace(PARTNER, stars=3, certified_from=date(2025, 12, 20))
HELD = RegisteredCertificate(stars=3, issued_on=date(2025, 12, 20), valid_through=date(2026, 12, 20))
OCTOBER_15 = datetime(2026, 10, 15, 2, tzinfo=UTC)
LEFT = "Our engineer Chen Hao (H3CNE) left the company on 14 October 2026."


def first_report(text: str = LEFT, sender: str = ZHANG, **changes: Any) -> Decision:
    return happens(None, mail_of(text, sender, at=OCTOBER_15, **changes), partner=CERTIFIED)


def test_its_first_application_is_a_recertification() -> None:
    decision = happens(None, mail_of(), partner=CERTIFIED)
    assert (after(decision).state, after(decision).details.held) == ("applied", HELD)
    assert letter(decision, "application").values["held"] == HELD
    assert letter(decision, "received").values["held"] == HELD
    assert decision.reason == "an application for recertification, after the register's certificate"


@pytest.mark.parametrize(
    "partner",
    [PARTNER, replace(CERTIFIED, stars=0), replace(CERTIFIED, certified_from=None), replace(CERTIFIED, certified_from=date(2027, 1, 4))],
    ids=["never", "no stars", "no day", "only later"],
)
def test_without_a_certificate_it_is_a_first_one(partner: Any) -> None:
    assert after(happens(None, mail_of(), partner=partner)).details.held is None


def test_a_certificate_of_ours_that_is_newer_counts_instead() -> None:
    newer = certification("certified", issued_on=date(2026, 1, 5), valid_through=date(2027, 1, 5))
    details = after(happens(None, mail_of(), partner=CERTIFIED, certifications=(newer,))).details
    assert (details.recertifies, details.held) == (newer.number, None)


def test_its_first_report_is_a_report_and_no_application() -> None:
    """Left on Wednesday, 14 October 2026: to be reported by Monday, the 19th; three months end on 14 January 2027."""
    decision = first_report()
    case = after(decision)
    assert (case.state, case.details.stars, case.details.valid_through) == ("certified", 3, date(2026, 12, 20))
    (vacancy,) = case.details.vacancies
    assert (vacancy.engineer, vacancy.level, vacancy.report_due, vacancy.fill_by) == (
        "Chen Hao",
        "H3CNE",
        date(2026, 10, 19),
        date(2027, 1, 14),
    )
    assert letters(decision) == [("personnel_report", (ZHANG,)), ("customer_message", (REVIEWER, MANAGER))]


def test_its_year_runs_from_the_register() -> None:
    """Valid through 20 December 2026: 90 days before was 21 September, 30 days before is 20 November, 7 days before 13 December."""
    assert [(kind, at) for kind, key, at in deadlines(first_report()) if kind != "vacancy_reminder"] == [
        ("recertification_reminder", "2026-11-20T01:00:00+00:00"),
        ("recertification_reminder", "2026-12-13T01:00:00+00:00"),
        ("expired", "2026-12-21T01:00:00+00:00"),
    ]


def test_a_report_of_somebody_else_goes_to_the_reviewer_and_books_nothing() -> None:
    decision = first_report(sender=LI)
    assert (after(decision).state, after(decision).details.vacancies) == ("certified", ())
    assert letters(decision) == [("customer_message", (REVIEWER,))]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (TEXT, {}),
        (f"{TEXT}\nEngineer left: Sun Yan", {}),
        (LEFT, {"authenticated": False}),
        (LEFT, {"sender_role": SenderRole.STRANGER}),
    ],
    ids=["an application", "an application that tells of an exit", "unproven", "forged"],
)
def test_everything_else_is_an_application(text: str, changes: dict[str, Any]) -> None:
    assert after(first_report(text, **changes)).state == "applied"


def test_a_certificate_that_has_ended_has_no_engineers_to_report() -> None:
    ended = replace(CERTIFIED, certified_from=date(2025, 10, 14))
    assert after(happens(None, mail_of(LEFT, at=OCTOBER_15), partner=ended)).state == "applied"


def test_an_application_from_before_the_report_silences_the_reminder() -> None:
    running = moved(certification("applied"), opened_at=datetime(2026, 10, 1, tzinfo=UTC))
    decision = falls(after(first_report()), "recertification_reminder", "30", AT, certifications=(running,))
    assert letters(decision) == []
