"""Reports of a service manager: who left and when, who fills the place (DK2)."""

from __future__ import annotations

from datetime import date

import pytest

from mailflow.message.documents.certification import Arrival, Departure, PersonnelReport
from mailflow.message.documents.personnel import read_personnel_report

TODAY = date(2026, 11, 20)
EXIT = date(2026, 11, 18)
LI_LEFT = PersonnelReport(left=(Departure(name="Li Wei", left_on=EXIT, level="H3CSE"),))
CHEN_JOINED = PersonnelReport(joined=(Arrival(name="Chen Hao", level="H3CSE"),))
BOTH_LEFT = PersonnelReport(left=(*LI_LEFT.left, Departure(name="Chen Hao", left_on=EXIT, level="H3CNE")))


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("Our engineer Li Wei (H3CSE) left the company on 18 November 2026. Regards", LI_LEFT),
        ("Hello,\nLi Wei, H3CSE-Routing & Switching, has resigned; the last day was 18 November 2026.", LI_LEFT),
        ("Engineer left: Li Wei\nLevel: H3CSE\nExit date: 2026-11-18", LI_LEFT),
        ("工程师李伟（H3CSE）已于2026年11月18日离职。", PersonnelReport(left=(Departure(name="李伟", left_on=EXIT, level="H3CSE"),))),
        (
            "Inżynier Jan Nowak (H3CNE) odszedł z firmy 18 listopada 2026.",
            PersonnelReport(left=(Departure(name="Jan Nowak", left_on=EXIT, level="H3CNE"),)),
        ),
        (
            "unser Ingenieur Jan Weber (H3CNE) hat am 18. November 2026 das Unternehmen verlassen. Seine Stelle übernimmt Anna Schmidt.",
            PersonnelReport(left=(Departure(name="Jan Weber", left_on=EXIT, level="H3CNE"),), joined=(Arrival(name="Anna Schmidt"),)),
        ),
        (
            "Jan Weber und Otto Klein sind zum 18.11.2026 ausgeschieden.",
            PersonnelReport(left=(Departure(name="Jan Weber", left_on=EXIT), Departure(name="Otto Klein", left_on=EXIT))),
        ),
        (
            "Ausgeschieden: Jan Weber (H3CSE), 18.11.2026\nNeuer Ingenieur: Otto Klein (H3CNE)",
            PersonnelReport(
                left=(Departure(name="Jan Weber", left_on=EXIT, level="H3CSE"),), joined=(Arrival(name="Otto Klein", level="H3CNE"),)
            ),
        ),
        ("Li Wei has left us.", PersonnelReport(left=(Departure(name="Li Wei", left_on=TODAY),))),
        ("The place of Li Wei has been filled by Chen Hao, H3CSE.", CHEN_JOINED),
        ("New engineer: Chen Hao, H3CSE-Routing & Switching, valid through 2028-01-31", CHEN_JOINED),
        ("由陈浩（H3CSE）接替。", PersonnelReport(joined=(Arrival(name="陈浩", level="H3CSE"),))),
    ],
)
def test_reports_are_read(text: str, report: PersonnelReport) -> None:
    assert read_personnel_report(text, TODAY) == report


@pytest.mark.parametrize(
    "text",
    [
        "Our engineers Li Wei (H3CSE) and Chen Hao (H3CNE) left us on 18 November 2026.",
        "We inform you that Li Wei, H3CSE, and Chen Hao, H3CNE, have left Bright Networks on 18 November 2026.",
        "Li Wei (H3CSE) left on 18 November 2026.\nChen Hao (H3CNE) left on 18 November 2026.",
        "Engineers left: Li Wei (H3CSE), Chen Hao (H3CNE)\nExit date: 2026-11-18",
        "Engineer left: Li Wei (H3CSE)\nExit date: 2026-11-18\nEngineer left: Chen Hao (H3CNE)\nExit date: 2026-11-18",
    ],
)
def test_every_exit_of_a_report_is_read(text: str) -> None:
    assert read_personnel_report(text, TODAY) == BOTH_LEFT


def test_two_exits_in_chinese() -> None:
    report = read_personnel_report("我司工程师李伟（H3CSE）和陈浩（H3CNE）已于2026年11月18日离职。", TODAY)
    assert report is not None
    assert [(one.name, one.level, one.left_on) for one in report.left] == [("李伟", "H3CSE", EXIT), ("陈浩", "H3CNE", EXIT)]


def test_each_exit_has_its_own_day() -> None:
    report = read_personnel_report("Li Wei (H3CSE) left on 30 October 2026 and Chen Hao (H3CNE) left on 2 November 2026.", TODAY)
    assert report is not None
    assert [(one.name, one.left_on) for one in report.left] == [("Li Wei", date(2026, 10, 30)), ("Chen Hao", date(2026, 11, 2))]


def test_who_tells_of_an_exit_has_not_left() -> None:
    report = read_personnel_report("Zhang Min told us that Chen Hao left on 18 November 2026, replaced by Ma Jun (H3CSE).", TODAY)
    assert report == PersonnelReport(left=(Departure(name="Chen Hao", left_on=EXIT),), joined=(Arrival(name="Ma Jun", level="H3CSE"),))


@pytest.mark.parametrize("text", ["When will we hear from you? Thank you, Anna", "The certificates of Li Wei are attached.", ""])
def test_other_mails_are_no_reports(text: str) -> None:
    assert read_personnel_report(text, TODAY) is None


def test_an_endless_text_is_read_in_no_time() -> None:
    assert read_personnel_report("Aa " * 200_000, TODAY) is None
