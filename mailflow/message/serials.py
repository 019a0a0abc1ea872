"""Serial and part (BOM) numbers in free text, by form only: whether a serial exists, the register decides (IN4)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

LENGTHS = (12, 16, 20)
_TOKEN = re.compile(r"(?<![A-Za-z0-9@/._+-])[A-Za-z0-9]{8,24}(?![A-Za-z0-9@]|[._/+-][A-Za-z0-9])")
_LABELLED = re.compile(
    r"(?:serial(?:\s*(?:numbers?|nos?|nr))?|\be?s/?n\b|seryjn\w+|序列号(?:码)?|\bsn号)\s*[.:：#=]*\s*(?:is|are|to|为|是)?\s*[:：]?\s*", re.I
)
_SPACED = re.compile(r"[A-Za-z0-9]{2,20}(?:(?:[ -]|, ?)[A-Za-z0-9]{2,20}){0,6}")
_OTHER_NUMBERS = re.compile(
    r"mac(?:\s*address)?|imei|contract|agreement|purchase|order|\bp\.?o\b|ticket|case|tracking|waybill|awb"
    r"|invoice|iban|account|\bvat\b|\bnip\b|\btel\b|phone|mobile|fax|telefon|faks|umow\w+|zamówieni\w+"
    r"|przesył\w+|faktur\w+|合同|订单|运单|单号|电话|手机|传真|邮编|license|licence|uuid",
    re.I,
)
_PART_LABELLED = re.compile(
    r"(?:part(?:\s*(?:numbers?|nos?|nr|code))?|\bp/?n\b|\bbom(?:\s*code)?\b|numer części|nr części|部件(?:编码|号)?"
    r"|编码|料号)\s*[.:：#=]*\s*([0-9][0-9A-Za-z]{6,11})\b",
    re.I,
)
_TICKET = re.compile(
    r"(?:CHG|CHANGE|INC|INCIDENT|REQ|RITM|SCTASK|TASK|STASK|CASE|TKT|TICKET|PRB|PBI|CRQ|WO|WOR|SR|CS|HD|HELPDESK|RFC|ORD|PO|INV)\d+"
)
"""Numbers that customers' own systems give their changes, incidents and requests."""
_MOST_MISTYPED = 10
_DIGIT = re.compile(r"\d")
_PART = re.compile(r"(?<![A-Za-z0-9])0[0-9]{4}[0-9A-Z]{3}(?![A-Za-z0-9])")


def part_number_of(serial: str) -> str:
    """The 8-character part (BOM) number within a 20-character serial that starts with 21, else ''."""
    plain = serial.strip().upper()
    return plain[2:10] if len(plain) == 20 and plain.startswith("21") and plain.isalnum() else ""


def normal_serial(text: str) -> str:
    """Upper case, without blanks and hyphens; full-width letters and digits of Chinese keyboards as plain ones."""
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s\-‐-―_]", "", text).upper()


def find_serials(
    lines: Iterable[str], stated: Iterable[str], known: Callable[[str], bool] | None, nearly: Callable[[str], bool] | None = None
) -> tuple[str, ...]:
    """Serials in order: first those stated under their name, then those the text looks to contain, each once.

    `nearly` says of a word under that name whether it is a serial of the register with a character too few or too many.
    """
    found: dict[str, None] = {}
    for value in stated:
        found |= dict.fromkeys(_of_value(value, known) or _mistyped(value, nearly))
    for line in lines:
        if not _DIGIT.search(line):
            continue
        for label in _LABELLED.finditer(line[:2000]):
            value = line[label.end() : label.end() + 80]
            found |= dict.fromkeys(_of_value(value, known, first_only=True) or _mistyped(value, nearly)[:1])
        found |= dict.fromkeys(_of_free_text(line[:2000], known))
    return tuple(found)


def find_part_numbers(lines: Iterable[str], stated: Iterable[str]) -> tuple[str, ...]:
    """Part numbers: stated ones as written in upper case, `02352KLM`-like ones of the free text."""
    found = [
        word.upper()
        for value in stated
        for word in re.findall(r"[0-9A-Za-z][0-9A-Za-z-]{4,19}", value)
        if any(char.isdigit() for char in word)
    ]
    for line in lines:
        if not _DIGIT.search(line):
            continue
        found += [one.upper() for one in _PART_LABELLED.findall(line[:2000])]
        found += _PART.findall(line[:2000])
    return tuple(dict.fromkeys(found))


def _of_value(value: str, known: Callable[[str], bool] | None, *, first_only: bool = False) -> list[str]:
    """Serials of a labelled value: words of a right length, else the words joined (`2102 352K LM10 L500 0456`)."""
    words = [normal_serial(word) for word in re.split(r"[\s,;/|、，；]+", value) if word]
    fitting = [word for word in words if _fits(word) or (known is not None and _known(word, known))]
    if not fitting and (run := _SPACED.match(value.strip())):
        pieces = re.split(r"[ -]|, ?", run[0])
        for size in range(len(pieces), 1, -1):
            if _fits(joined := "".join(pieces[:size]).upper()):
                fitting = [joined]
                break
    return fitting[:1] if first_only else fitting


def _mistyped(value: str, nearly: Callable[[str], bool] | None) -> list[str]:
    """Words whose length is off by one and that the register nearly has."""
    if nearly is None:
        return []
    words = [normal_serial(word.strip(".()")) for word in re.split(r"[\s,;/|、，；。]+", value[:400]) if word][:_MOST_MISTYPED]
    near = [word for word in words if len(word) - 1 in LENGTHS or len(word) + 1 in LENGTHS]
    return [word for word in near if word.isascii() and word.isalnum() and sum(map(str.isdigit, word)) >= 6 and nearly(word)]


def _of_free_text(line: str, known: Callable[[str], bool] | None) -> list[str]:
    found = []
    for token in _TOKEN.finditer(line):
        word = token[0].upper()
        if (known is not None and _known(word, known)) or (
            _fits(word) and _looks_like_one(token[0]) and not _OTHER_NUMBERS.search(_name_before(line, token.start()))
        ):
            found.append(word)
    return found


def _name_before(line: str, at: int) -> str:
    """What stands between a number and the one before it, which has its own name: `合同号HC-2026-0042下的设备2102352KLM10L5000456`."""
    return _DIGIT.split(line[max(0, at - 24) : at])[-1]


def _known(word: str, known: Callable[[str], bool]) -> bool:
    return len(word) >= 6 and any(char.isdigit() for char in word) and known(word)


def _fits(word: str) -> bool:
    return len(word) in LENGTHS and word.isascii() and word.isalnum() and sum(char.isdigit() for char in word) >= 3


def _looks_like_one(token: str) -> bool:
    """Without a label: capitals and digits mixed, or the 20-digit form; twelve hexadecimals are a MAC, digits alone a telephone."""
    if token.isdigit():
        return len(token) == 20 and token.startswith("21")
    if token != token.upper():
        return len(token) == 20 and token.startswith("21") and sum(char.isdigit() for char in token) >= 8
    return not (re.fullmatch(r"[0-9A-F]{12}", token) or _TICKET.fullmatch(token))
