"""A new case type is a folder, one registration and its notices: it opens, reminds, takes commands and closes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailflow.cases import CASE_TYPES
from mailflow.handling.settle import SOURCES, register
from mailflow.scenario.play import rehearse
from mailflow.scenario.report import write_report
from mailflow.scenario.scenario import load_scenario
from tests.cases.loan import CASE_TYPE
from tests.journeys.rehearsed import Rehearsed, text_of

HERE = Path(__file__).parent
ANNA, JAN = "anna@northwind.example", "jan@fabryka.example"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    register(CASE_TYPE)
    try:
        out = tmp_path_factory.mktemp("loan")
        scenario = load_scenario(HERE / "first-loan.toml")
        with rehearse(scenario) as world:
            write_report(world, out, scenario.start.tzinfo)
        yield Rehearsed(json.loads((out / "report.json").read_text("utf-8")), out)
    finally:
        del CASE_TYPES[CASE_TYPE.kind], SOURCES[CASE_TYPE.kind]


def test_a_mail_that_asks_for_a_loan_opens_one_and_any_other_a_request(played: Rehearsed) -> None:
    assert played.cases() == [
        ("LOAN-100001", "loan", "closed"),
        ("LOAN-100002", "loan", "lent"),
        ("SR-100001", "service_request", "new"),
    ]


def test_each_mail_of_the_thread_reaches_the_loan(played: Rehearsed) -> None:
    loan, other = "LOAN-100001", "LOAN-100002"
    expected = [("opened", loan), ("opened", other), ("opened", "SR-100001")]
    assert played.verdicts() == [*expected, ("added", loan), ("added", other), ("added", loan), ("added", loan)]


def test_the_customer_hears_that_it_is_asked_for_lent_soon_due_and_back(played: Rehearsed) -> None:
    assert [(at, notice) for at, notice in played.sent_to(ANNA)] == [
        ("2026-11-02T09:00:00+01:00", "loan/requested"),
        ("2026-11-02T11:00:00+01:00", "loan/lent"),
        ("2026-11-26T09:00:00+01:00", "loan/reminder"),
        ("2026-12-03T10:00:00+01:00", "loan/closed"),
    ]


def test_its_notices_speak_the_language_of_each_customer(played: Rehearsed) -> None:
    assert "Please send the equipment back by 1 December 2026" in text_of(played.files("loan/reminder", ANNA)[0])
    assert "Prosimy odesłać sprzęt do 1 grudnia 2026" in text_of(played.files("loan/reminder", JAN)[0])


def test_a_loan_that_is_overdue_keeps_its_clock_and_a_closed_one_has_none(played: Rehearsed) -> None:
    clocks = [(row["case"], row["kind"]) for row in played.report["deadlines"] if row["case"].startswith("LOAN")]
    assert clocks == [("LOAN-100002", "overdue")]
