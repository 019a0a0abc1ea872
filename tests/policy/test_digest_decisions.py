"""Applications that nobody decided in time stand in the daily digest until somebody does (DK2, BX12)."""

from __future__ import annotations

from datetime import UTC, date, datetime

from mailflow.cases.certification.deadline import missed_decision
from mailflow.policy.derivation import Step
from mailflow.policy.digest import letters_to_staff, staff_sections
from tests.cases.certification.scene import DESK, MANAGER, REVIEWER, certification, moved

THURSDAY = datetime(2026, 11, 26, 1, tzinfo=UTC)
"""26 November 2026, 09:00 in Shanghai."""


def test_reviewer_and_manager_read_of_it_every_day() -> None:
    late = certification(decision_due=date(2026, 11, 25))
    later = moved(certification(decision_due=date(2026, 11, 20)), number="CERT-100003")
    in_time = moved(certification(decision_due=date(2026, 11, 26)), number="CERT-100004")
    lines = [line for case in (in_time, late, later) for line in missed_decision(case, DESK, THURSDAY)]
    sections = staff_sections(DESK, THURSDAY, (), lines, (), ())
    assert [(section.name, section.lines) for section in sections] == [
        (
            "decisions",
            (
                Step("digest_decision_overdue", {"number": "CERT-100003", "who": late.company, "due": date(2026, 11, 20), "days": 6}),
                Step("digest_decision_overdue", {"number": late.number, "who": late.company, "due": date(2026, 11, 25), "days": 1}),
            ),
        )
    ]
    assert [to for to, _ in letters_to_staff(DESK, sections)] == [(REVIEWER, MANAGER)]
