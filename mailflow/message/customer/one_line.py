"""What customers answer in one line, in their language: acts (BX6; contract: Customers may write), a plain yes, `/add ADDRESS` (SR11).

English words work in every language. What cannot be read as one of them is ordinary text, never an error. A wish for the manager may
also stand in a sentence (SR6): what is only possibly one is none, since ESCALATE always works.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from mailflow.message.customer.dates import read_date
from mailflow.message.reference import find_case_number
from mailflow.message.reply_words import BEGIN_FORWARDED, HEADER_FROM, ORIGINAL
from mailflow.message.words import any_of, by_language, words_of

EVERYWHERE = "en"
"""English works at every desk, beside the desk's own language: it is the language in which the answers have their names (STATUS, ESCALATE,
SHIPPED) and in which customers and staff of different countries write to each other."""
KINDS = ("status", "escalate", "already_returned", "shipped", "delivered", "extend")
_MOST_LINES, _LONGEST_LINE = 400, 300
_MOST_ANSWERS = 50
_AROUND = " \t\r*_\"'„”“•·-–"
_STATUS_OF = re.compile(rf"^{any_of('lines', 'status_of')}(?:\s+{any_of('lines', 'status_of_what')})?\b", re.I)
_TRACKING = re.compile(r"(?=[A-Za-z0-9-]{0,39}\d)[A-Za-z0-9][A-Za-z0-9-]{2,39}(?![A-Za-z0-9])")
_TRACKING_WORDS = re.compile(
    rf"\b{any_of('lines', 'beside_tracking', spaced=True)}\b\.?|{any_of('lines', 'beside_tracking', spaced=False)}|[:：,，;#]", re.I
)
_DAYS = re.compile(
    rf"\s*[:：]?\s*(?:{any_of('lines', 'by')}\s+)?\(?(\d{{1,3}})\)?\s*(?:{any_of('lines', 'kind_of_day')}\s+)?{any_of('lines', 'days')}?"
    r"[\s,;:：，.\-]*(.*)",
    re.I,
)
_MOST_LINES_BEFORE_YES, _LONGEST_YES = 20, 60
_MOST_ADDRESSES, _LONGEST_ADD_LINE = 20, 400
_ADD_LINE = re.compile(
    r"[/／]add\s*[:：]?\s+(?:[^<>@\n]{0,80}<)?(?:mailto:)?([^\s<>()\[\],;:\"'@]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,10})"
    r"(?:\s*<mailto:[^<>\s]{1,200}>)?>?[\s.,;]*",
    re.I,
)
_MOST_WISH_LINES, _LONGEST_TEXT, _LONGEST_SENTENCE = 60, 6000, 400

_WISH, _DENIED, _CONDITION, _OTHER_MEANING = (
    re.compile(any_of("escalation", key), re.IGNORECASE) for key in ("wish", "denied", "condition", "other_meaning")
)
_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?](?=\S)[^.!?。！？\n]*)*[.!?。！？]*")


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
    for line in (line.strip(_AROUND) for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]):
        if line and len(line) <= _LONGEST_LINE and (answer := _read(line, language, today, tuple(prefixes))):
            first.setdefault((answer.kind, answer.number), answer)
    return tuple(first.values())[:_MOST_ANSWERS]


def _read(line: str, language: str, today: date, prefixes: tuple[str, ...]) -> CustomerLine | None:
    """One line; the number of a case that it names is taken out first: `SHIPPED RMA-100001 DHL 123`."""
    number, plain = "", line
    if named := find_case_number(line, prefixes):
        number, start, end = named
        plain = f"{line[:start].rstrip(' ([#:：,-')} {line[end:].lstrip(' )]:：,.-')}".strip()
    for kind, word in _words(language.lower()[:2]):
        found = word.match(plain)
        if found and (answer := _answer(kind, found[0], plain[found.end() :].strip(" \t:：-–—,，.。!！"), language, today)):
            return replace(answer, number=number)
    return None


@cache
def _words(code: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Kind and words of every answer, in English and in the language."""
    found = ((kind, by_language("lines", kind).get(one)) for one in dict.fromkeys((EVERYWHERE, code)) for kind in KINDS)
    return tuple((kind, re.compile(rf"(?:{'|'.join(words)})(?![A-Za-zÀ-ž])", re.I)) for kind, words in found if words)


def _answer(kind: str, word: str, rest: str, language: str, today: date) -> CustomerLine | None:
    """The answer that a word begins, None where the rest of the line makes it something else."""
    # A word in capitals, or one that no English sentence has, needs no more to be an answer.
    is_sure = word.isupper() or not word.isascii()
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
        return CustomerLine(kind, day=day) if (day and len(rest.split()) <= 6) or (not rest and is_sure) else None
    if found := _DAYS.fullmatch(rest):
        return CustomerLine(kind, days=int(found[1]), reason=found[2].strip(" ()."))
    return CustomerLine(kind, reason=rest) if is_sure else None


def act_of(words: str, language: str) -> str:
    """What a line that begins with these words is an answer of: a kind of one-line answer, `yes`, `no`; '' for ordinary text."""
    plain = words.strip(_AROUND)
    kinds = (kind for kind, word in _words(language.lower()[:2]) if word.match(plain))
    return next(kinds, "yes" if _plain(plain) in _YES else "no" if _plain(plain) in _NO else "")


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


def is_yes(text: str) -> bool:
    """Does one of the first lines of the new text say yes and nothing else? A line that says no before it decides too."""
    for line in [line.strip() for line in text[:4000].split("\n") if line.strip()][:_MOST_LINES_BEFORE_YES]:
        if len(line) <= _LONGEST_YES and _plain(line) in _YES:
            return True
        if _plain(line[:_LONGEST_YES]) in _NO:
            return False
    return False


def _letters(text: str) -> str:
    """Lower case, without marks over letters and without punctuation."""
    spelled = unicodedata.normalize("NFKD", text.lower().replace("ł", "l"))
    words = " ".join(re.sub(r"[^\w\s]|_", " ", "".join(char for char in spelled if not unicodedata.combining(char))).split())
    return words if words.isascii() else re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", words)


_YES, _NO = (frozenset(map(_letters, words_of("yes", answer))) for answer in ("yes", "no"))
_POLITE = re.compile(rf" ?(?<![a-z])(?:{'|'.join(map(_letters, words_of('yes', 'polite')))})$")


def _plain(line: str) -> str:
    """The letters of an answer without the polite word at its end."""
    words = _letters(line)
    return _POLITE.sub("", words) or words


def read_added_addresses(text: str) -> tuple[str, ...]:
    """The addresses of a customer's `/add ADDRESS` lines in lower case, in order, each once, at most 20: colleagues who shall take part.

    `text` is the new text of a mail, without quotations. A line that says more is no such line.
    """
    lines = (line.strip().strip("*_ ") for line in text.split("\n", _MOST_LINES)[:_MOST_LINES] if len(line) <= _LONGEST_ADD_LINE)
    found = filter(None, map(_ADD_LINE.fullmatch, lines))
    return tuple(dict.fromkeys(one[1].lower() for one in found))[:_MOST_ADDRESSES]


def find_escalation_wish(text: str) -> str:
    """The sentence that asks for the manager, '' where none clearly does. `text` is the new text of a mail, without quotations."""
    for line in text[:_LONGEST_TEXT].split("\n", _MOST_WISH_LINES)[:_MOST_WISH_LINES]:
        head = line[:500]
        if BEGIN_FORWARDED.match(head) or ORIGINAL.match(head) or HEADER_FROM.match(head):
            return ""
        if line.lstrip().startswith((">", "|", '"', "“", "„", "«", "「", "『")):
            continue
        sentences = (found[0].strip() for found in _SENTENCE.finditer(line))
        if wish := next((one for one in sentences if len(one) <= _LONGEST_SENTENCE and _is_wish(one)), ""):
            return wish
    return ""


def _is_wish(sentence: str) -> bool:
    found = _WISH.search(sentence)
    if found is None or _OTHER_MEANING.search(sentence) or _CONDITION.search(sentence[: found.start()]):
        return False
    clause = re.split(r"[,;:，；：]", sentence[: found.start()])[-1] + found[0]
    return not _DENIED.search(clause)
