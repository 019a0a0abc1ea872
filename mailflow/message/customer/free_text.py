"""Facts in free text by their form: serial and part (BOM) numbers, and what a signature tells of the writer (IN4).

Whether a serial exists, the register decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mailflow.message.reply_words import CLOSING
from mailflow.message.words import any_of

LENGTHS = (12, 16, 20)
_TOKEN = re.compile(r"(?<![A-Za-z0-9@/._+-])[A-Za-z0-9]{8,24}(?![A-Za-z0-9@]|[._/+-][A-Za-z0-9])")
_LABELLED = re.compile(rf"{any_of('serial', 'label')}\s*[.:：#=]*\s*{any_of('serial', 'is')}?\s*[:：]?\s*", re.I)
_SPACED = re.compile(r"[A-Za-z0-9]{2,20}(?:(?:[ -]|, ?)[A-Za-z0-9]{2,20}){0,6}")
_OTHER_NUMBERS = re.compile(any_of("serial", "other_number"), re.I)
_PART_LABELLED = re.compile(rf"{any_of('serial', 'part')}\s*[.:：#=]*\s*([0-9][0-9A-Za-z]{{6,11}})\b", re.I)
_TICKET = re.compile(
    r"(?:CHG|CHANGE|INC|INCIDENT|REQ|RITM|SCTASK|TASK|STASK|CASE|TKT|TICKET|PRB|PBI|CRQ|WO|WOR|SR|CS|HD|HELPDESK|RFC|ORD|PO|INV)\d+"
)
"""Numbers that customers' own systems give their changes, incidents and requests."""
_MOST_MISTYPED = 10
_DIGIT = re.compile(r"\d")
_PART = re.compile(r"(?<![A-Za-z0-9])0[0-9]{4}[0-9A-Z]{3}(?![A-Za-z0-9])")


def part_number_of(serial: str) -> str:
    """Return the 8-character part (BOM) number within a 20-character serial that starts with 21, else ''."""
    plain = serial.strip().upper()
    return plain[2:10] if len(plain) == 20 and plain.startswith("21") and plain.isalnum() else ""


def normal_serial(text: str) -> str:
    """Write a serial in upper case, without blanks and hyphens; full-width letters and digits of Chinese keyboards as plain ones."""
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s\-‐-―_]", "", text).upper()


def find_serials(
    lines: Iterable[str], stated: Iterable[str], known: Callable[[str], bool] | None, nearly: Callable[[str], bool] | None = None
) -> tuple[str, ...]:
    """Find serials in order: first those stated under their name, then those the text looks to contain, each once.

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
    """Find part numbers: stated ones as written in upper case, `02352KLM`-like ones of the free text."""
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
    """Find serials of a labelled value: words of a right length, else the words joined (`2102 352K LM10 L500 0456`)."""
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
    """Find words whose length is off by one and that the register nearly has."""
    if nearly is None:
        return []
    words = [normal_serial(word.strip(".()")) for word in re.split(r"[\s,;/|、，；。]+", value[:400]) if word][:_MOST_MISTYPED]
    near = [word for word in words if len(word) - 1 in LENGTHS or len(word) + 1 in LENGTHS]
    return [word for word in near if word.isascii() and word.isalnum() and sum(map(str.isdigit, word)) >= 6 and nearly(word)]


def _of_free_text(line: str, known: Callable[[str], bool] | None) -> list[str]:
    # what stands between a number and the one before it, which has its own name: `合同号HC-2026-0042下的设备2102352KLM10L5000456`
    found = []
    for token in _TOKEN.finditer(line):
        word = token[0].upper()
        if (known is not None and _known(word, known)) or (
            _fits(word) and _looks_like_one(token[0]) and not _OTHER_NUMBERS.search(_DIGIT.split(line[: token.start()][-24:])[-1])
        ):
            found.append(word)
    return found


def _known(word: str, known: Callable[[str], bool]) -> bool:
    return len(word) >= 6 and any(char.isdigit() for char in word) and known(word)


def _fits(word: str) -> bool:
    return len(word) in LENGTHS and word.isascii() and word.isalnum() and sum(char.isdigit() for char in word) >= 3


def _looks_like_one(token: str) -> bool:
    """Tell a serial without a label: capitals and digits mixed, or the 20-digit form; not a MAC of twelve hexadecimals, nor a telephone."""
    if token.isdigit():
        return len(token) == 20 and token.startswith("21")
    if token != token.upper():
        return len(token) == 20 and token.startswith("21") and sum(char.isdigit() for char in token) >= 8
    return not (re.fullmatch(r"[0-9A-F]{12}", token) or _TICKET.fullmatch(token))


_NUMBER = r"(\+?\(?\d[\d\s()./-]{5,22}\d)"
_PHONE = re.compile(
    rf"(?:(?:^|[\s,;|（(]){any_of('signature', 'phone', spaced=True)}\b|{any_of('signature', 'phone', spaced=False)})"
    rf"\s*(?:\.|{any_of('signature', 'number')})?\s*{any_of('signature', 'is')}?\s*[:：.]?\s*{_NUMBER}",
    re.I,
)
_FAX = re.compile(rf"(?:^|[\s,;|]){any_of('signature', 'fax')}\b\s*[:：.]?\s*{_NUMBER}", re.I)
_BARE_PHONE = re.compile(r"(?:^|\s)(\+\d{1,3}[\s()./-]*\d[\d\s()./-]{5,18}\d)(?:\s|$)")
_COMPANY = re.compile(
    r"(?:^|[,|]\s*)([^,|\n]{0,80}?\b(?:GmbH(?: & Co\. KG)?|AG|Ltd\.?|Limited|LLC|Inc\.?|Corp\.?|plc|S\.?A\.?"
    r"|S\.?R\.?L\.?|Sp\.\s?z\s?o\.\s?o\.|sp\. ?j\.|B\.?V\.?|N\.V\.|Oy|A/S|AB|SAS|SARL|S\.p\.A\."
    r"|s\.r\.o\.)(?![A-Za-z]))"
    rf"|({any_of('signature', 'company')})"
)
_NAME = re.compile(r"^[^\W\d_][\w.'’-]{0,29}(?:\s+[^\W\d_][\w.'’-]{0,29}){1,3}$")
_CONTACT = re.compile(
    rf"{any_of('signature', 'contact')}\s?(?:[:：]|{any_of('signature', 'is', spaced=False)})?\s?([\u4e00-\u9fff·]{{2,4}}?)"
    rf"(?=[\s，,。；;（(]|{any_of('signature', 'phone', spaced=False)}|$)"
)
_CJK_NAME = re.compile(r"^[\u4e00-\u9fff·]{2,5}$")


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    name: str = ""
    company: str = ""
    telephone: str = ""
    fax: str = ""


def find_signature_facts(text: str) -> SignatureFacts:
    """Find the facts of the last lines after a closing formula or `--`; telephone and fax wherever they stand under their name."""
    lines = [line.strip()[:300] for line in text.split("\n")[-2000:]]
    closing = max((number for number, line in enumerate(lines) if CLOSING.match(line) or line in ("--", "—", "-- ")), default=None)
    block = [line for line in lines[closing + 1 : closing + 13] if line] if closing is not None else []
    telephone = _first(_PHONE, block) or _first(_PHONE, lines[-200:]) or _first(_BARE_PHONE, block)
    name = _name(block) or next((found[1] for line in lines[-200:] if (found := _CONTACT.search(line))), "")
    return SignatureFacts(name, _company(block), telephone, _first(_FAX, block) or _first(_FAX, lines[-200:]))


def _name(block: list[str]) -> str:
    for line in block[:2]:
        plain = re.split(r"\s*[,|/]\s*|\s+[-–]\s+", line)[0].strip("*_ ")
        if not _COMPANY.search(plain) and (
            (_NAME.match(plain) and plain[0].isupper() and plain.split()[-1][0].isupper()) or _CJK_NAME.match(plain)
        ):
            return plain
    return ""


def find_company(line: str) -> str:
    """Find the company that a line names with its legal form, '' where it names none."""
    return _company([line])


def _company(block: list[str]) -> str:
    for line in block:
        if found := _COMPANY.search(line):
            return (found[1] or found[2]).strip(" *_")
    return ""


def _first(pattern: re.Pattern[str], lines: list[str]) -> str:
    for line in lines:
        if any(map(str.isdigit, line)) and (found := pattern.search(line)) and 6 <= sum(char.isdigit() for char in found[1]) <= 15:
            return re.sub(r"\s+", " ", found[1]).strip(" .-/")
    return ""
