"""Every sentence, step, problem and outcome of a return has its words in each language, with the same blanks (OUT3)."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from mailflow.bootstrap import shipped_templates
from mailflow.cases.rma.lifecycle import LIFECYCLE
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_to_staff_is_worded(language: str) -> None:
    said = set(re.findall(r'"(rma_[a-z_]+)"', SOURCES))
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
    english, other = (
        tomllib.loads((HOME / "templates" / "email" / one / "rma" / "words.toml").read_text("utf-8")) for one in ("en", language)
    )
    blanks = [
        {
            (section, key): sorted(BLANK.findall(text))
            for section, table in words.items()
            if section != "units"
            for key, text in table.items()
        }
        for words in (english, other)
    ]
    assert blanks[0] == blanks[1]


def test_sentences_within_a_sentence_are_told_in_the_readers_language() -> None:
    """BX5: dates are written out by the wording, never by the rule."""
    told = Step(
        "rma_done_but_look", {"done": Step("rma_extended", {"rma": "RMA-1", "due": date(2026, 12, 28)}), "remarks": (Step("rma_claimed"),)}
    )
    assert [TEMPLATES.wording(language).sentence(told) for language in LANGUAGES] == [
        "RMA-1: the faulty parts are due by Monday 28 December 2026 now; the customer knows. Please look: the customer says that the parts "
        "were returned already, and the warehouse is looking for them",
        "RMA-1: termin zwrotu uszkodzonych części to teraz 28 grudnia 2026 (poniedziałek); klient został powiadomiony. Prosimy zwrócić uwagę: "
        "według klienta części już odesłano; magazyn ich szuka",
        "RMA-1：故障部件的归还期限现为2026年12月28日（星期一），已通知客户。请注意：客户称部件早已退回，仓库正在查找",
    ]
