"""Every sentence, step, problem and outcome of a return has its words in each language, with the same blanks (OUT3)."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from mailflow.bootstrap import shipped_templates
from mailflow.cases.rma.details import LIFECYCLE
from mailflow.notices.render import Templates
from mailflow.policy.derivation import Step

HOME = Path(__file__).parents[3]
SOURCES = "\n".join(path.read_text("utf-8") for path in (HOME / "mailflow" / "cases" / "rma").glob("*.py"))
LANGUAGES = ("en", "pl", "zh")
TEMPLATES = Templates(shipped_templates())
OUTCOMES = ("over", "wrong_part", "wrong_serial", "swapped_serial", "extra", "no_rma", "expired_rma", "booked_twice")
PROBLEMS = ("not_authorised", "wrong_serial", "too_many", "received_already")
UNPROVEN = ("customer_request_verification", "reminder", "final_notice")
BLANK = re.compile(r"\{(\w+)")


BACKGROUND = {"rma_not_invoiced", "rma_not_sent", "rma_back_before_replacement", "rma_decide_exchange", "rma_valid_from"}
"""Steps of a background, from [derivation]; so are those below, whose names are composed."""
LATE = {"rma_late_expired_rma", "rma_late_cancelled_rma"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_background_is_worded(language: str) -> None:
    """BX2, RM3, RM8"""
    wording = TEMPLATES.wording(language)
    assert {name for name in BACKGROUND | LATE if wording.find("derivation", name) is None} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_to_staff_is_worded(language: str) -> None:
    said = set(re.findall(r'"(rma_[a-z_]+)"', SOURCES)) - BACKGROUND
    composed = {f"rma_receipt_{name}" for name in OUTCOMES} | {f"rma_announced_{name}" for name in PROBLEMS}
    wording = TEMPLATES.wording(language)
    wanted = {*said, *composed, *(f"rma_unproven_{name}" for name in UNPROVEN)}
    assert len(said) > 60
    assert {name for name in wanted if wording.find("sentence", name) is None} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_problem_outcome_and_state_is_worded(language: str) -> None:
    wording = TEMPLATES.wording(language)
    wanted = {
        "derivation": ("extended", "notice_lost", "rma_not_invoiced", *(f"rma_unproven_{name}" for name in UNPROVEN)),
        "problems": (*PROBLEMS, "unknown_rma", "finished", "expired"),
        "differences": ("short", "condition", *OUTCOMES),
        "summary": ("customer", "company", "state", "outstanding", "announced", "return_due", "valid_through"),
        "rma_state": tuple(state.name for state in LIFECYCLE.states),
        "rma_kind": ("advance", "repair", "doa"),
        "changes": ("valid_through", "lines", "return_due", "return_address"),
    }
    assert [(section, name) for section, words in wanted.items() for name in words if wording.find(section, name) is None] == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_translations_fill_the_same_blanks(language: str) -> None:
    assert blanks_of(language) == blanks_of("en")


def blanks_of(language: str) -> dict[tuple[str, str], list[str]]:
    words = tomllib.loads((HOME / "templates" / "email" / language / "rma" / "words.toml").read_text("utf-8"))
    tables = {section: table for section, table in words.items() if section != "units"}
    return {(section, key): sorted(BLANK.findall(text)) for section, table in tables.items() for key, text in table.items()}


def test_sentences_within_a_sentence_are_told_in_the_readers_language() -> None:
    """BX5: dates are written out by the wording, never by the rule."""
    extended = Step("rma_extended", {"rma": "RMA-1", "days": Step("rma_day", {"day": date(2026, 12, 28)})})
    told = Step("rma_done_but_look", {"done": extended, "remarks": (Step("rma_claimed"), Step("rma_date_moved"))})
    assert [TEMPLATES.wording(language).sentence(told) for language in LANGUAGES] == [
        "RMA-1: the faulty parts are due by Monday 28 December 2026 now; the customer knows. Please look: "
        "the customer says that the parts were returned already, and the warehouse is looking for them; the return date has moved",
        "RMA-1: termin zwrotu uszkodzonych części to teraz 28 grudnia 2026 (poniedziałek); klient został powiadomiony. "
        "Prosimy zwrócić uwagę: według klienta części już odesłano; magazyn ich szuka; zmienił się termin zwrotu",
        "RMA-1：故障部件的归还期限现为2026年12月28日（星期一），已通知客户。请注意：客户称部件早已退回，仓库正在查找；归还期限已变更",
    ]
