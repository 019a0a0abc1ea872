"""Every notice in every language in many situations (OUT1): whole in each of them, and a wrong one would be found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailflow.notices.render import Templates
from tests.notices.letter_faults import COMMAND, ROOT, TEMPLATES, faults, letter
from tests.notices.situation import PICKED, SITUATIONS, Situation

LANGUAGES = ("en", "de", "pl", "zh")
NOTICES = TEMPLATES.notices("en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("situation", PICKED.values(), ids=PICKED.keys())
def test_a_notice_is_whole_in_a_picked_situation(situation: Situation, notice: str, language: str) -> None:
    """OUT1, OUT3."""
    assert faults(letter(notice, language, situation)) == []


@given(situation=SITUATIONS, notice=st.sampled_from(NOTICES), language=st.sampled_from(LANGUAGES))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_notice_is_whole_in_any_situation(situation: Situation, notice: str, language: str) -> None:
    """OUT1: generated people, texts, parts, prices, zones and moments, and whatever may be missing missing."""
    assert faults(letter(notice, language, situation)) == []


@pytest.mark.parametrize("language", ["de", "pl", "zh"])
@pytest.mark.parametrize("notice", NOTICES)
def test_no_line_reads_as_in_english(notice: str, language: str) -> None:
    """OUT1: a line of several words that English has too was not translated."""
    english = set(letter(notice, "en", PICKED["as the samples"]).own_lines)
    own = letter(notice, language, PICKED["as the samples"]).own_lines
    assert [line for line in own if line in english and len(re.findall(r"\b[^\W\d_¤]{2,}\b", COMMAND.sub("", line))) > 2] == []


WRONG = [
    ("en", "s", "{{ greeting() }} {{ number }}", "the subject lacks the number in brackets"),
    ("en", "[{{ number }}]", "[write]({{ mail_link('a@b.example', 's', 'l') }})", "a link leads to a@b.example?subject=s&body=l"),
    ("en", "[{{ number }}]", "{{ number }} on 2026-12-30", "a date is not written out: ¤ on 2026-12-30"),
    ("en", "[{{ number }}]", "{{ number }} on 12/30/2026", "a date is not written out: ¤ on 12/30/2026"),
    ("pl", "[{{ number }}]", "{{ number }} 30 December 2026", "a year without its date: ¤ 30 December 2026"),
    ("en", "[{{ number }}]", "{{ number }} at 16:10", "a time without its city: ¤ at 16:10"),
    ("en", "[{{ number }}]", "{{ number }} costs 12 USD", "an amount without two decimals or currency: ¤ costs 12 USD"),
    ("pl", "[{{ number }}]", "{{ number }}, 12.00 USD", "an amount without two decimals or currency: ¤, 12.00 USD"),
    ("en", "[{{ number }}]", "{{ number }} is {{ '{blank}' }}", "something is left over: ¤ is {blank}"),
    ("en", "[{{ number }}]", "{{ number }} {{ case.parent ~ '' }}None", "something is left over: ¤ None"),
    ("en", "[{{ number }}]", "{{ number }}: return_due", "a key shows: ¤: return_due"),
    ("pl", "[{{ number }}]", "{{ number }}: please wait", "the English word please: ¤: please wait"),
    ("zh", "[{{ number }}]", "{{ number }} engineer looks into it", "English words: engineer looks into it"),
    ("zh", "[{{ number }}]", "{{ number }} część", "another language: ¤ część"),
    ("en", "[{{ number }}]", "{{ number }}\n\n## Parts\n\n## Next\n\nx", "a heading over nothing: Parts"),
    ("en", "[{{ number }}]", "{{ number }}\n\n- {{ case.linked | joined }}", "an empty <li>"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "subject", "body", "fault"), WRONG, ids=[row[3] for row in WRONG])
def test_a_wrong_notice_would_be_found(tmp_path: Path, language: str, subject: str, body: str, fault: str) -> None:
    """What the tests above refuse, one by one."""
    notice = "service_request/closed"
    own = tmp_path / language / f"{notice}.md"
    own.parent.mkdir(parents=True)
    own.write_text(f"---\nsubject: {subject}\n---\n{body}\n", "utf-8")
    wrong = faults(letter(notice, language, PICKED["as the samples"], Templates(ROOT, tmp_path)))
    assert f"{notice} ({language}): {fault}" in wrong
