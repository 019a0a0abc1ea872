"""The files of words: what is wrong in one is said with file, section and key."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from mailflow.message import words
from mailflow.message.words import WordsError, all_words, any_of, by_language, key_of, read_words

KNOWN = {"reply": {"wrote": "The verb above a quotation."}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[replies]\nwrote = ["skrev"]', "xx.toml: keys.toml names no section [replies]"),
        ('wrote = ["skrev"]', "xx.toml: keys.toml names no section [wrote]"),
        ('[reply]\nwrites = ["skrev"]', "xx.toml: [reply] writes: keys.toml names no such key"),
        ('[reply]\nwrote = "skrev"', 'xx.toml: [reply] wrote: must be a list of words, like ["one", "other"]'),
        ("[reply]\nwrote = []", 'xx.toml: [reply] wrote: must be a list of words, like ["one", "other"]'),
        ('[reply]\nwrote = ["skrev", " "]', 'xx.toml: [reply] wrote: must be a list of words, like ["one", "other"]'),
        ('[reply]\nwrote = ["skrev", "skrev"]', "xx.toml: [reply] wrote: 'skrev' stands there twice"),
        (
            '[reply]\nwrote = ["skrev("]',
            "xx.toml: [reply] wrote: 'skrev(' is no regular expression: missing ), unterminated subpattern at position 5",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "xx.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WordsError) as refused:
        read_words(tmp_path, KNOWN)
    assert str(refused.value) == said


def test_a_language_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "xx.toml").write_text('[reply]\nwrote = ["skrev", "har skrivit"]', encoding="utf-8")
    assert read_words(tmp_path, KNOWN) == {"xx": {"reply": {"wrote": ("skrev", "har skrivit")}}}


def test_every_key_has_words_in_some_language_and_says_what_it_is_for() -> None:
    languages = all_words()
    assert {"en", "pl", "zh", "de"} <= set(languages)
    used = {(section, key) for sections in languages.values() for section, keys in sections.items() for key in keys}
    known = tomllib.loads(Path(words.__file__).with_name("keys.toml").read_text(encoding="utf-8"))
    assert used == {(section, key) for section, keys in known.items() for key in keys}
    assert all(text for keys in known.values() for text in keys.values())


def test_all_languages_are_read_at_once() -> None:
    wrote = re.compile(any_of("reply", "wrote"))
    assert [bool(wrote.fullmatch(word)) for word in ("wrote", "schrieb", "napisał(a)", "写道", "sang")] == [True, True, True, True, False]


def test_a_whole_word_does_not_stand_inside_another_but_chinese_writes_no_blanks() -> None:
    greeting = re.compile(any_of("reply", "greeting", whole=True), re.I)
    found = [bool(greeting.search(text)) for text in ("hi Anna", "this is it", "Hi!", "王先生您好请看")]
    assert found == [True, False, True, True]


def test_an_unknown_key_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError, match=r"keys\.toml names no reply\.sang"):
        by_language("reply", "sang")


def test_words_lead_to_their_key() -> None:
    assert {key_of("subject")[word] for word in ("re", "fwd", "aw", "wg")} == {"answered", "forwarded"}
