"""The language in which a person writes, where that is certain (OUT5).

Serials, logs, command lines, names of fields, quotations and signatures tell nothing of it and are left out first. Chinese,
Japanese and Korean show in their script; between the others a model of letter groups decides, which is loaded at first use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from threading import Lock
from typing import TYPE_CHECKING

from mailflow.message.customer.stated import split_label
from mailflow.message.reply import split_reply
from mailflow.message.words import any_of, by_language, words_of

if TYPE_CHECKING:
    from lingua import LanguageDetector

_SCANNED = 65_536
_MOST_LINES, _LONGEST_LINE = 400, 1000
_FEWEST_WORDS, _FEWEST_LETTERS, _FEWEST_SIGNS = 4, 18, 4
_CERTAIN = 0.93
_MOST_LETTERS = 3000
"""More letters make no answer surer, only later."""

_TECHNICAL = frozenset(by_language("language", "commands"))
"""The language of what devices write."""
_OWN_SIGNS = {language: re.compile("|".join(signs)) for language, signs in by_language("language", "own_signs").items()}
_SIGNS = {language: re.compile("|".join(signs)) for language, signs in by_language("language", "signs").items()}
_IS_UNSPACED = re.compile("|".join(words_of("language", "own_signs", "signs")))
_TOLD_BY_NAME = frozenset({"symptoms", "impact"})
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[(\"'„“«]?([^\W\d_]{2,24}(?:['’-][^\W\d_]{1,24})?|[aàiouwzyéèeéAIOWZUY])[)\"'”“».,;:!?…]{0,3}")
_ADDRESS_LIKE = re.compile(r"\S{0,200}(?:@|://|www\.)\S{0,200}")
_MACHINE = re.compile(
    r"^\s*(?:<[\w.-]{1,40}>|\[[~*]?[\w.-]{1,40}\]|[\w.@:~/-]{1,40}[#$>%]\s|[#%!+*=]|\d{4}-\d\d-\d\d|\w{3}\s{1,2}\d{1,2}\s[\d:]{5}|\d\d:\d\d:\d\d|\[\d"
    rf"|{any_of('language', 'commands')}\b(?! {any_of('language', 'not_commands')}\b))"
    r"|%%\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d|\w{1,40}/\d/\w|\s:\s\S|\d+/\d+/\d+.*\b(?:up|down)\b|\b0x[0-9a-f]{2}|\S {3,}\S",
    re.I,
)
_lock = Lock()
_detectors: list[LanguageDetector] = []


def detect_language(text: str) -> str:
    """Return the ISO 639-1 code in lower case, '' where the text is too short, technical or mixed to be certain. Safe in threads."""
    paragraphs = list(_prose(split_reply(text[:_SCANNED]).new_text))
    recognised = [(code, len(paragraph)) for paragraph in paragraphs if (code := _language_of(paragraph))]
    if not recognised:
        return _language_of(" ".join(paragraphs))
    # Technical passages are in one language everywhere: it is another one only where that speaks first or at length.
    first = recognised[0][0]
    share = {code: sum(size for one, size in recognised if one == code) for code, _ in recognised}
    if len(share) == 1 or (first not in _TECHNICAL and share[first] * 8 >= sum(share.values())):
        return first
    return first if share[first] * 2 > sum(share.values()) else ""


def _prose(text: str) -> Iterator[str]:
    """Yield the paragraphs in sentences, each on one line."""
    words: list[str] = []
    for line in [*text.split("\n", _MOST_LINES)[:_MOST_LINES], ""]:
        plain = line[:_LONGEST_LINE].strip().lstrip(">* ")
        if plain:
            words += _sentence(plain)
        elif words:
            yield " ".join(words)[:_MOST_LETTERS]
            words = []


def _sentence(line: str) -> list[str]:
    """Return the words of a line that somebody wrote, none where a machine did."""
    pair = split_label(line)
    if pair and pair[0] not in _TOLD_BY_NAME:
        return []
    line = pair[1] if pair else line
    if _IS_UNSPACED.search(line):
        return line.split()
    if _MACHINE.search(line):
        return []
    pieces = _ADDRESS_LIKE.sub(" ", line).split()
    words = [piece for piece in pieces if _WORD.fullmatch(piece) and not (piece.isupper() and len(piece) > 1)]
    # "Anna Nowak", "Slot Sub Type Online": capitals throughout are names and headings
    is_prose = len(words) * 2 >= len(pieces) or len(words) >= 6
    return words if is_prose and not (len(words) > 1 and all(word.lstrip("(\"'„“«")[0].isupper() for word in words)) else []


def _language_of(prose: str) -> str:
    letters = len(_LETTER.findall(prose))
    for language, own in _OWN_SIGNS.items():
        if len(own.findall(prose)) >= _FEWEST_SIGNS:
            return language
    # a sign says as much as three letters or four
    for language, shared in _SIGNS.items():
        if (signs := len(shared.findall(prose))) >= _FEWEST_SIGNS:
            return language if signs * 4 > letters - signs else ""
    if letters < _FEWEST_LETTERS or len(prose.split()) < _FEWEST_WORDS:
        return ""
    with _lock:
        # importing it costs 4 MB and its models 55 MB more; a process that never asks pays nothing
        if not _detectors:
            from lingua import IsoCode639_1, LanguageDetectorBuilder

            codes = [IsoCode639_1.from_str(language) for language in by_language("language", "name")]
            # The larger models need 370 MB and 3 s; for the texts asked about here they are no surer.
            _detectors.append(LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_low_accuracy_mode().build())
    best, *_ = _detectors[0].compute_language_confidence_values(prose)
    return best.language.iso_code_639_1.name.lower() if best.value >= _CERTAIN else ""
