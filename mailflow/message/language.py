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

if TYPE_CHECKING:
    from lingua import LanguageDetector

_SCANNED = 65_536
_MOST_LINES, _LONGEST_LINE = 400, 1000
_FEWEST_WORDS, _FEWEST_LETTERS, _FEWEST_SIGNS = 4, 18, 4
_CERTAIN = 0.93
_MOST_LETTERS = 3000
"""More letters make no answer surer, only later."""

_WRITTEN_IN = ("EN", "PL", "DE", "FR", "ES", "RO", "IT", "PT", "NL", "CS", "SK", "HU", "SV", "DA", "NB", "FI", "TR", "RU", "UK", "BG")
"""What customers write in, and their neighbours, so that a Slovak mail is not called Polish; 20 languages cost 60 MB of memory."""

_TOLD_BY_NAME = frozenset({"symptoms", "impact"})
_HAN = re.compile(r"[\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3041-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[(\"'„“«]?([^\W\d_]{2,24}(?:['’-][^\W\d_]{1,24})?|[aàiouwzyéèeéAIOWZUY])[)\"'”“».,;:!?…]{0,3}")
_ADDRESS_LIKE = re.compile(r"\S{0,200}(?:@|://|www\.)\S{0,200}")
_MACHINE = re.compile(
    r"^\s*(?:<[\w.-]{1,40}>|\[[~*]?[\w.-]{1,40}\]|[\w.@:~/-]{1,40}[#$>%]\s|[#%!+*=]|\d{4}-\d\d-\d\d|\w{3}\s{1,2}\d{1,2}\s[\d:]{5}|\d\d:\d\d:\d\d|\[\d"
    r"|(?:display|show|undo|ping|dis|interface|traceroute|tracert|system-view|error|warning|info|debug"
    r"|fatal|traceback)\b(?! (?:me|us|that|that'?s|the)\b))"
    r"|%%\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d|\w{1,40}/\d/\w|\s:\s\S|\d+/\d+/\d+.*\b(?:up|down)\b|\b0x[0-9a-f]{2}|\S {3,}\S",
    re.I,
)
_lock = Lock()
_detectors: list[LanguageDetector] = []


def detect_language(text: str) -> str:
    """ISO 639-1 code in lower case, '' where the text is too short, technical or mixed to be certain. Safe in threads."""
    paragraphs = list(_prose(split_reply(text[:_SCANNED]).new_text))
    told = [(code, len(paragraph)) for paragraph in paragraphs if (code := _language_of(paragraph))]
    if not told:
        return _language_of(" ".join(paragraphs))
    # Technical passages are English everywhere: it is another language only where that speaks first or at length.
    first = told[0][0]
    share = {code: sum(size for one, size in told if one == code) for code, _ in told}
    if len(share) == 1 or (first != "en" and share[first] * 8 >= sum(share.values())):
        return first
    return first if share[first] * 2 > sum(share.values()) else ""


def _prose(text: str) -> Iterator[str]:
    """The paragraphs in sentences, each on one line."""
    words: list[str] = []
    for line in [*text.split("\n", _MOST_LINES)[:_MOST_LINES], ""]:
        plain = line[:_LONGEST_LINE].strip().lstrip(">* ")
        if plain:
            words += _sentence(plain)
        elif words:
            yield " ".join(words)[:_MOST_LETTERS]
            words = []


def _sentence(line: str) -> list[str]:
    """The words of a line that somebody wrote, none where a machine did."""
    pair = split_label(line)
    if pair and pair[0] not in _TOLD_BY_NAME:
        return []
    line = pair[1] if pair else line
    if _HAN.search(line) or _KANA.search(line) or _HANGUL.search(line):
        return line.split()
    if _MACHINE.search(line):
        return []
    pieces = _ADDRESS_LIKE.sub(" ", line).split()
    words = [piece for piece in pieces if _WORD.fullmatch(piece) and not (piece.isupper() and len(piece) > 1)]
    # "Anna Nowak", "Slot Sub Type Online": capitals throughout are names and headings
    is_prose = len(words) * 2 >= len(pieces) or len(words) >= 6
    return words if is_prose and not (len(words) > 1 and all(word.lstrip("(\"'„“«")[0].isupper() for word in words)) else []


def _language_of(prose: str) -> str:
    signs, letters = len(_HAN.findall(prose)), len(_LETTER.findall(prose))
    if len(_HANGUL.findall(prose)) >= _FEWEST_SIGNS:
        return "ko"
    if len(_KANA.findall(prose)) >= _FEWEST_SIGNS:
        return "ja"
    # a Chinese sign says as much as three letters or four
    if signs >= _FEWEST_SIGNS:
        return "zh" if signs * 4 > letters - signs else ""
    if letters < _FEWEST_LETTERS or len(prose.split()) < _FEWEST_WORDS:
        return ""
    best, *_ = _detector().compute_language_confidence_values(prose)
    return best.language.iso_code_639_1.name.lower() if best.value >= _CERTAIN else ""


def _detector() -> LanguageDetector:
    """Importing it costs 4 MB and its models 55 MB more; a process that never asks pays nothing."""
    with _lock:
        if not _detectors:
            from lingua import IsoCode639_1, LanguageDetectorBuilder

            codes = [getattr(IsoCode639_1, code) for code in _WRITTEN_IN]
            # The larger models need 370 MB and 3 s; for the texts asked about here they are no surer.
            _detectors.append(LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_low_accuracy_mode().build())
        return _detectors[0]
