"""`mailflow check` plays what our mails ask customers to write to our own reader, in every language."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailflow.cli.check_words import check_words
from mailflow.notices.render import Templates

FOLDER = Path("templates/email")


@pytest.mark.parametrize("language", sorted(path.name for path in FOLDER.iterdir() if path.is_dir()))
def test_what_the_shipped_mails_ask_for_is_understood(language: str) -> None:
    assert list(check_words(Templates(FOLDER), language)) == []


def test_buttons_of_a_language_without_words_are_refused_by_file_and_line(tmp_path: Path) -> None:
    own = tmp_path / "sv"
    (own / "rma").mkdir(parents=True)
    words = (FOLDER / "en" / "words.toml").read_text("utf-8")
    (own / "words.toml").write_text(
        words.replace('score = "SCORE"', 'score = "BETYG"').replace('serial = "serial number"', 'serial = "Maskinens tal"'), "utf-8"
    )
    reminder = (FOLDER / "en" / "rma" / "reminder.md").read_text("utf-8")
    for english, swedish in (("SHIPPED", "SKICKAT"), ('"EXTEND "', '"FÖRLÄNG "'), ("ALREADY RETURNED", "REDAN RETURNERAT")):
        reminder = reminder.replace(english, swedish)
    (own / "rma" / "reminder.md").write_text(reminder, "utf-8")
    lines = {
        word: number
        for number, line in enumerate(reminder.splitlines(), 1)
        for word in ("SKICKAT", "FÖRLÄNG", "REDAN")
        if "prepared_reply(" in line and (f'"{word}' in line or (word == "FÖRLÄNG" and "line ~" in line))
    }
    place, lacking = f"{own}/rma/reminder.md", "the words of message/words/sv.toml do not say so"
    assert [(finding.level, finding.area, finding.text) for finding in check_words(Templates(FOLDER, tmp_path), "sv")] == [
        ("wrong", "words", f"{place}:{lines['SKICKAT']}: the answer 'SKICKAT' is not read as shipped: {lacking}"),
        ("wrong", "words", f"{place}:{lines['FÖRLÄNG']}: the answer 'FÖRLÄNG' is not read as extend: {lacking}"),
        ("wrong", "words", f"{place}:{lines['REDAN']}: the answer 'REDAN RETURNERAT' is not read as already_returned: {lacking}"),
        ("wrong", "words", f"sv/words.toml: fields.serial: 'Maskinens tal' is not read as serial: {lacking}"),
        ("wrong", "words", f"sv/words.toml: layout.score: the answer 'BETYG 4' is not read as a score: {lacking}"),
    ]
