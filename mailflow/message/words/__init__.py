"""The words of people's languages that we read, as data: `<language>.toml` beside this file, `[section]` and `key = ["word", ...]`.

`keys.toml` says what every section and key is for; a language fills those that it has words for. A word is one alternative of
a regular expression, matched as its reader says (most ignore case); in it `{key}` stands for the words of another key of its section,
`{number}` for a number in digits or words. A new language is a new file, a new wording one more word.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

Words = Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]]
"""Language (ISO 639-1) to section to key to its words in the order of the file."""

_KEYS = "keys.toml"
_NAME = re.compile(r"\{([a-z_]+)\}")
_LETTERS = re.compile(r"[\w '/-]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
"""Scripts in which words stand without blanks between them, or with endings joined to them."""


class WordsError(ValueError):
    """A file of words cannot be used; the message names file, section and key."""


def any_of(section: str, *keys: str, whole: bool = False, spaced: bool | None = None) -> str:
    """Build a group `(?:one|other)` of a regular expression: every word of these keys in all languages.

    With `whole` a word must not begin or end inside another one; Chinese, Japanese and Korean words may, their scripts ask for it.
    `spaced` leaves only the words of languages that write blanks between words, or only the others.
    """
    words = [word for word in words_of(section, *keys) if spaced is None or spaced is not bool(_UNSPACED.search(word))]
    inside = [word for word in words if not whole or _UNSPACED.search(word)]
    if apart := "|".join(word for word in words if word not in inside):
        inside.append(rf"(?<!\w)(?:{apart})(?!\w)")
    return f"(?:{'|'.join(inside)})" if inside else "(?!)"


def words_of(section: str, *keys: str) -> tuple[str, ...]:
    """Return the words of these keys in all languages."""
    return tuple(dict.fromkeys(word for key in keys for found in by_language(section, key).values() for word in found))


def by_language(section: str, key: str) -> dict[str, tuple[str, ...]]:
    """Return the words of one key: language to its words; languages that have none are left out."""
    if key not in keys_of(section):
        raise KeyError(f"{_KEYS} names no {section}.{key}")
    return {language: sections[section][key] for language, sections in all_words().items() if key in sections.get(section, {})}


def key_of(section: str) -> dict[str, str]:
    """Map words to their keys, in all languages, where words are looked up as they stand: `{"numer seryjny": "serial", ...}`."""
    return {word: key for key in keys_of(section) for words in by_language(section, key).values() for word in words}


def numbers_of(section: str) -> dict[str, int]:
    """Map words to numbers, for sections whose keys are numbers."""
    return {word: int(key) for word, key in key_of(section).items()}


def keys_of(section: str) -> Mapping[str, str]:
    """Return the keys of a section, each with what it is for, in the order of keys.toml."""
    return _known_keys()[section]


@cache
def all_words() -> Words:
    """Return every word of the product, read once and checked. Raises WordsError."""
    return read_words(Path(__file__).parent, _known_keys())


@cache
def _known_keys() -> Mapping[str, Mapping[str, str]]:
    known: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / _KEYS).read_text(encoding="utf-8"))
    return known


def read_words(folder: Path, known: Mapping[str, Mapping[str, str]]) -> Words:
    """Read the files of a folder and check each: only known sections and keys, no empty or doubled word, every word a valid pattern."""
    return {path.stem: _read_language(path, known) for path in sorted(folder.glob("*.toml")) if path.name != _KEYS}


def _read_language(path: Path, known: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WordsError(f"{path.name}: {error}") from None
    for section, keys in sections.items():
        if section not in known or not isinstance(keys, dict):
            raise WordsError(f"{path.name}: {_KEYS} names no section [{section}]")
        for key, words in keys.items():
            if trouble := _trouble(words) if key in known[section] else f"{_KEYS} names no such key":
                raise WordsError(f"{path.name}: [{section}] {key}: {trouble}")
    return {section: {key: _completed(sections, section, words) for key, words in keys.items()} for section, keys in sections.items()}


def _completed(sections: Mapping[str, Mapping[str, Sequence[str]]], section: str, words: Sequence[str]) -> tuple[str, ...]:
    """Put in what `{key}` stands for, and add each word as it is typed where a keyboard lacks its letters."""
    numbers = [word for one in ("number", "article") for found in sections.get(one, {}).values() for word in found]
    known = {**sections[section], "number": [r"\d{1,4}", *numbers]}
    whole = [_NAME.sub(lambda found: f"(?:{'|'.join(_completed(sections, section, known[found[1]]))})", word) for word in words]
    typed = dict(letter.split("=") for letter in sections.get("spelling", {}).get("letters", ()))
    return tuple(dict.fromkeys((*whole, *("".join(typed.get(char, char) for char in word) for word in whole))))


def _trouble(words: object) -> str:
    """Say what is wrong with the value of a key, '' where nothing is."""
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word.strip() for word in words):
        return 'must be a list of words, like ["one", "other"]'
    if doubled := next((word for at, word in enumerate(words) if word in words[:at]), ""):
        return f"{doubled!r} stands there twice"
    # most words are letters only; compiling all of them would be three quarters of the time that reading takes
    for word in (word for word in words if not _LETTERS.fullmatch(word)):
        try:
            re.compile(word)
        except re.error as error:
            return f"{word!r} is no regular expression: {error}"
    return ""
