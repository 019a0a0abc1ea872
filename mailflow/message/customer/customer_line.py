"""One-line answers that customers may give, alone on a line, in their language (BX6; contract: Customers may write).

English words work in every language. What cannot be read as one of them is ordinary text, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from mailflow.message.customer.dates import read_date
from mailflow.message.reference import find_case_number

_WORDS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("status", "status"),
        ("escalate", "escalate|escalation"),
        ("already_returned", "already (?:been )?(?:returned|sent back)"),
        ("shipped", "shipped|sent"),
        ("delivered", "delivered|received"),
        ("extend", "extend|extension"),
    ),
    "pl": (
        ("status", "status"),
        ("escalate", "eskalacja|eskaluj|eskalować"),
        ("already_returned", "już (?:zwrócone|zwrocone|zwrócono|zwrócony|odesłane|odesłano)|juz (?:zwrocone|zwrocono|odeslane|odeslano)"),
        ("shipped", "wysłan[oey]|wyslan[oey]|nadan[oey]"),
        ("delivered", "dostarczon[oey]|doręczon[oey]|otrzyman[oey]|odebran[oey]"),
        ("extend", "przedłuż|przedluz|przedłużenie|przedłużyć|przedłuzenie"),
    ),
    "zh": (
        ("status", "查询\\s?(?:状态|进度)|状态查询|状态|進度|进度|查询"),
        ("escalate", "升级|申请升级"),
        ("already_returned", "已(?:经)?(?:退回|寄回|归还)"),
        ("shipped", "已(?:经)?(?:发货|寄出|发出)"),
        ("delivered", "已(?:经)?(?:收到|送达|签收)"),
        ("extend", "延期|申请延期|延长"),
    ),
}
_MOST_LINES, _LONGEST_LINE = 400, 300
_MOST_ANSWERS = 50
_AROUND = " \t\r*_\"'„”“•·-–"
_STATUS_OF = re.compile(
    r"^(?:of|for|on|request|case|zgłoszenia|zgloszenia|sprawy|dla|的)(?:\s+(?:request|case|rma|my request|my case|zgłoszenia|sprawy))?\b",
    re.I,
)
_TRACKING = re.compile(r"(?=[A-Za-z0-9-]{0,39}\d)[A-Za-z0-9][A-Za-z0-9-]{2,39}(?![A-Za-z0-9])")
_TRACKING_WORDS = re.compile(
    r"\b(?:with|by|via|through|tracking|waybill|airway bill|awb|number|numer(?:em)?|przewoźnik|no|nr"
    r"|list(?:em)? przewozowy(?:m)?|przez|firmą|kurierem|przesyłki?)\b\.?|单号|运单号?|快递单号|物流单号|通过|[:：,，;#]",
    re.I,
)
_DAYS = re.compile(
    r"\s*[:：]?\s*\(?(\d{1,3})\)?\s*(?:(?:business|working|calendar|robocz\w*|kalendarzow\w*)\s+)?(?:days?|dni(?: robocz\w*)?"
    r"|dzień|dzien|个?工作日|[天日])?[\s,;:：，.\-]*(.*)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """`kind` is status, escalate, shipped, delivered, extend or already_returned; the rest only where the kind has it.

    `days` is 0 where EXTEND names no number.
    """

    kind: str
    carrier: str = ""
    tracking: str = ""
    day: date | None = None
    days: int = 0
    reason: str = ""
    number: str = ""
    """Number of the case that the line names, as `RMA-100001`; '' where it names none."""


def read_customer_lines(text: str, language: str, today: date, prefixes: Iterable[str] = ("SR-", "RMA-")) -> tuple[CustomerLine, ...]:
    """The lines of a text without its quotations, or of a subject, that are such answers, in their order (BX12).

    Of one kind and one case the first only: what is said again is no second answer. `prefixes` are the letters before the desk's
    case numbers: what follows them is no tracking number.
    """
    first: dict[tuple[str, str], CustomerLine] = {}
    for line in _answers(text, language, today, tuple(prefixes)):
        first.setdefault((line.kind, line.number), line)
    return tuple(first.values())[:_MOST_ANSWERS]


def _answers(text: str, language: str, today: date, prefixes: tuple[str, ...]) -> Iterator[CustomerLine]:
    for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]:
        stripped = line.strip(_AROUND)
        if stripped and len(stripped) <= _LONGEST_LINE and (found := _read(stripped, language, today, prefixes)):
            yield found


def _read(line: str, language: str, today: date, prefixes: tuple[str, ...]) -> CustomerLine | None:
    short = language.lower()[:2]
    number, plain = _without_number(line, prefixes)
    for one in dict.fromkeys(("en", short)):
        for kind, words in _WORDS.get(one, ()):
            found = re.match(rf"(?:{words})(?![A-Za-zĄ-ż])", plain, re.I)
            if found and (answer := _answer(kind, found[0], plain[found.end() :].strip(" \t:：-–—,，.。!！"), language, today)):
                return replace(answer, number=number)
    return None


def _without_number(line: str, prefixes: tuple[str, ...]) -> tuple[str, str]:
    """The number of a case that a line names, and the line without it: `SHIPPED RMA-100001 DHL 123`."""
    found = find_case_number(line, prefixes)
    if found is None:
        return "", line
    number, start, end = found
    before, after = line[:start].rstrip(" ([#:：,-"), line[end:].lstrip(" )]:：,.-")
    return number, f"{before} {after}".strip()


def _answer(kind: str, word: str, rest: str, language: str, today: date) -> CustomerLine | None:
    if kind == "status":
        return None if _STATUS_OF.sub("", rest).strip("?？!！. ") else CustomerLine(kind)
    if kind == "already_returned":
        return CustomerLine(kind, reason=rest) if len(rest.split()) <= 12 else None
    if kind == "escalate":
        return CustomerLine(kind, reason=rest)
    if kind == "shipped":
        return _shipped(rest)
    if kind == "delivered":
        day = read_date(rest, today=today, language=language) if rest else None
        return (
            CustomerLine(kind, day=day)
            if (day and len(rest.split()) <= 6) or (not rest and word.isupper()) or (not rest and not word.isascii())
            else None
        )
    return _extended(word, rest)


def _shipped(rest: str) -> CustomerLine | None:
    plain = re.sub(r"\s+", " ", _TRACKING_WORDS.sub(" ", rest)).strip()
    numbers = list(_TRACKING.finditer(plain))
    if not numbers:
        return None
    last = max(numbers, key=lambda found: sum(char.isdigit() for char in found[0]))
    carrier = plain[: last.start()].strip(" ()-")
    if len(carrier.split()) > 4 or len(plain[last.end() :].split()) > 4:
        return None
    return CustomerLine("shipped", carrier=carrier, tracking=last[0])


def _extended(word: str, rest: str) -> CustomerLine | None:
    if found := _DAYS.fullmatch(rest):
        return CustomerLine("extend", days=int(found[1]), reason=found[2].strip(" ()."))
    return CustomerLine("extend", reason=rest) if word.isupper() or not word.isascii() else None
