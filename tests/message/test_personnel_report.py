"""Reports of a service manager: who left and when, who fills the place (DK2)."""

from __future__ import annotations

from datetime import date

import pytest

from mailflow.message.certification.personnel import read_personnel_report
from mailflow.message.certification.values import PersonnelReport

TODAY = date(2026, 11, 20)
LI_LEFT = PersonnelReport(left="Li Wei", left_on=date(2026, 11, 18), left_level="H3CSE")
CHEN_JOINED = PersonnelReport(joined="Chen Hao", joined_level="H3CSE")


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("Our engineer Li Wei (H3CSE) left the company on 18 November 2026. Regards", LI_LEFT),
        ("Hello,\nLi Wei, H3CSE-Routing & Switching, has resigned; the last day was 18 November 2026.", LI_LEFT),
        ("Engineer left: Li Wei\nLevel: H3CSE\nExit date: 2026-11-18", LI_LEFT),
        ("工程师李伟（H3CSE）已于2026年11月18日离职。", PersonnelReport(left="李伟", left_on=date(2026, 11, 18), left_level="H3CSE")),
        (
            "Inżynier Jan Nowak (H3CNE) odszedł z firmy 18 listopada 2026.",
            PersonnelReport(left="Jan Nowak", left_on=date(2026, 11, 18), left_level="H3CNE"),
        ),
        ("Li Wei has left us.", PersonnelReport(left="Li Wei", left_on=TODAY)),
        ("The place of Li Wei has been filled by Chen Hao, H3CSE.", CHEN_JOINED),
        ("New engineer: Chen Hao, H3CSE-Routing & Switching, valid through 2028-01-31", CHEN_JOINED),
        ("由陈浩（H3CSE）接替。", PersonnelReport(joined="陈浩", joined_level="H3CSE")),
    ],
)
def test_reports_are_read(text: str, report: PersonnelReport) -> None:
    assert read_personnel_report(text, TODAY) == report


@pytest.mark.parametrize("text", ["When will we hear from you? Thank you, Anna", "The certificates of Li Wei are attached.", ""])
def test_other_mails_are_no_reports(text: str) -> None:
    assert read_personnel_report(text, TODAY) is None


def test_an_endless_text_is_read_in_no_time() -> None:
    assert read_personnel_report("Aa " * 200_000, TODAY) is None
