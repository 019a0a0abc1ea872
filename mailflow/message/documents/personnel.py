"""A service manager's report: engineers left, or new ones took their places (DK2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from mailflow.message.customer.dates import read_date
from mailflow.message.documents.certificates import CERTIFICATE, is_name
from mailflow.message.documents.certification import Arrival, Departure, PersonnelReport
from mailflow.message.words import any_of

_NAME = re.compile(r"[A-ZÀ-ÖØ-ÞĄĆĘŁŃÓŚŹŻ][\w'’.-]*(?: [A-ZÀ-ÖØ-ÞĄĆĘŁŃÓŚŹŻ][\w'’.-]*){1,3}")
_AND, _CHINESE_AND = any_of("partner", "and", spaced=True), any_of("partner", "and", spaced=False)
_ENGINEER = any_of("certificate", "engineer")
_BESIDE_NAME = rf"(?:(?:{any_of('partner', 'our', 'title', spaced=True)}|{any_of('personnel', 'new')}|{_ENGINEER}) )*"
_JOIN = re.compile(rf"\s*(?:[(（][^()（）\n]{{0,60}}[)）]\s*|,\s*H3[^,\n]{{0,60}})?,?\s*(?:[,;&]|{_AND})\s*{_BESIDE_NAME}")
"""What stands between two people of whom the same is told."""
_ASIDE = re.compile(rf"(?![^.\n。]*\b{any_of('personnel', 'other_clause')}\b)[^.\n。]{{0,64}}")
"""What may stand between a person and what is told of it; other clauses may not."""
_CHINESE = r"[\u4e00-\u9fff]{2,4}?(?:[（(,，][^。\n]{0,40}?[)）]?)?"
_CHINESE_PEOPLE = rf"(?P<people>{_CHINESE}(?:(?:[、，]|{_CHINESE_AND}){_CHINESE}){{0,9}})"
_CHINESE_NAME = re.compile(rf"(?:^|(?<=[、，,])|(?<={_CHINESE_AND}))([\u4e00-\u9fff]{{2,4}}?)(?=$|[（(,，、]|{_CHINESE_AND})")
_START = r"(?im)^[\s*•-]*"
_VALUE = r"\s*(?:\d{1,2}\s*)?[:：]\s*(?P<value>[^\n]{2,200})"


@dataclass(frozen=True, slots=True)
class _Ways:
    """How people tell one thing: in a line with a label, after the names, before the name, and in Chinese."""

    label: re.Pattern[str]
    after_names: re.Pattern[str]
    before_names: re.Pattern[str] | None
    chinese: re.Pattern[str]


_LEFT = _Ways(
    re.compile(rf"{_START}{any_of('personnel', 'left_label')}{_VALUE}"),
    re.compile(rf"\b{any_of('personnel', 'left')}\b"),
    None,
    re.compile(
        rf"{any_of('partner', 'our', spaced=False)}?{_ENGINEER}?{_CHINESE_PEOPLE}{any_of('personnel', 'left_begins')}"
        rf"[^。\n]{{0,24}}{any_of('personnel', 'left_ends')}"
    ),
)
_JOINED = _Ways(
    re.compile(rf"{_START}{any_of('personnel', 'joined_label')}{_VALUE}"),
    re.compile(rf"\b{any_of('personnel', 'joined')}\b"),
    re.compile(rf"\b{any_of('personnel', 'replaced_by')}\s+"),
    re.compile(rf"{any_of('personnel', 'joined_begins')}{_CHINESE_PEOPLE}{any_of('personnel', 'joined_ends')}"),
)
_BEFORE_NAME = re.compile(_BESIDE_NAME)
_DAY_LABEL = re.compile(rf"{_START}{any_of('personnel', 'day_label')}\s*[:：]\s*(?P<day>[^\n]{{4,40}})")
_TITLE = re.compile(rf"^(?:{_AND} )?{_BESIDE_NAME}", re.IGNORECASE)
_VALIDITY = re.compile(rf"{any_of('certificate', 'valid')}[^,;)）\n]*", re.IGNORECASE)
"""The day through which a certificate holds is no day of exit."""
_LONGEST = 20_000
_LONGEST_CLAUSE = 300
MOST_PEOPLE = 20


@dataclass(frozen=True, slots=True)
class _Told:
    """A person of whom something is told: `beside` is what stands with the name, `words` the clause, `at` where it ends."""

    name: str
    beside: str
    words: str
    at: int


def read_personnel_report(text: str, today: date) -> PersonnelReport | None:
    """Who left and when, who joined; None for a mail that tells neither. A day without a date is today."""
    plain = re.sub(r"[ \t\u00a0]+", " ", text[:_LONGEST])
    left, joined = _once(_people(_LEFT, plain)), _once(_people(_JOINED, plain))
    if not left and not joined:
        return None
    return PersonnelReport(
        left=tuple(
            Departure(name=one.name, level=_level(plain, one, len(left), len(joined)), left_on=_exit_day(plain, one, today)) for one in left
        ),
        joined=tuple(Arrival(name=one.name, level=_level(plain, one, len(joined), len(left))) for one in joined),
    )


def _once(people: Iterator[_Told]) -> tuple[_Told, ...]:
    known: dict[str, _Told] = {}
    for one in people:
        if len(known) < MOST_PEOPLE:
            known.setdefault(one.name.casefold(), one)
    return tuple(sorted(known.values(), key=lambda one: one.at))


def _people(ways: _Ways, text: str) -> Iterator[_Told]:
    """Everybody of whom it is told, in whatever way."""
    for found in ways.label.finditer(text):
        yield from _of_value(found["value"], found.end())
    stops = [0]
    for found in ways.after_names.finditer(text):
        start = max(stops[-1], _start_of_sentence(text, found.start()), found.start() - _LONGEST_CLAUSE)
        stops.append(found.end())
        # the clause ends where the sentence does, or where the next one is told of
        end = _end_of_sentence(text, found.end())
        further = ways.after_names.search(text, found.end(), end)
        words = text[found.start() : further.start() if further else end]
        yield from _before(text[start : found.start()], words, found.end())
    for found in ways.before_names.finditer(text) if ways.before_names else ():
        yield from _after(text[found.end() : _end_of_sentence(text, found.end())], found.end())
    for found in ways.chinese.finditer(text):
        words = text[found.start() : _end_of_sentence(text, found.end())]
        yield from _with_what_follows(list(_CHINESE_NAME.finditer(found["people"])), found["people"], words, found.end())


def _of_value(value: str, at: int) -> Iterator[_Told]:
    """`Li Wei (H3CSE), Chen Hao (H3CNE), 18 November 2026`; a single word may be a name where nothing else is."""
    names = [
        one for one in re.finditer(r"[^,;、，；(（)）]+", re.sub(rf"\s{_AND}\s|&|{_CHINESE_AND}", ", ", value)) if is_name(one[0].strip())
    ]
    if names:
        yield from _with_what_follows(names, names[0].string, value if len(names) == 1 else "", at)
    elif first := re.match(r"[^,，(（]{2,60}", value):
        yield _Told(first[0].strip(" .;:"), value[first.end() :], value, at)


def _before(clause: str, words: str, at: int) -> Iterator[_Told]:
    """The people right before what is told of them, joined by commas and `and`."""
    names = [found for found in _NAME.finditer(clause) if not CERTIFICATE.search(found[0])]
    while names and not _ASIDE.fullmatch(clause, names[-1].end()):
        names.pop()
    kept = names[-1:]
    for found in reversed(names[:-1]):
        if not _JOIN.fullmatch(clause, found.end(), kept[0].start()):
            break
        kept.insert(0, found)
    yield from _with_what_follows(kept, clause, words, at)


def _after(clause: str, at: int) -> Iterator[_Told]:
    """The people right after it."""
    kept: list[re.Match[str]] = []
    for found in (one for one in _NAME.finditer(clause) if not CERTIFICATE.search(one[0])):
        gap_starts = kept[-1].end() if kept else 0
        if not (_JOIN if kept else _BEFORE_NAME).fullmatch(clause, gap_starts, found.start()):
            break
        kept.append(found)
    yield from _with_what_follows(kept, clause, clause, at)


def _with_what_follows(names: list[re.Match[str]], text: str, words: str, at: int) -> Iterator[_Told]:
    """Each with what stands between it and the next."""
    ends = [*(one.start() for one in names[1:]), len(text)][: len(names)]
    for number, (found, end) in enumerate(zip(names, ends, strict=True)):
        name = _TITLE.sub("", found[0].strip()).strip(" .;:")
        yield _Told(name, text[found.end() : end], words, at - len(names) + number)


def _level(text: str, one: _Told, of_the_kind: int, others: int) -> str:
    """The certificate beside the name; of somebody told of alone also elsewhere in the sentence, and on the line right after it."""
    places = [one.beside]
    if of_the_kind == 1:
        places += [] if others else [_sentence(text, one.at)]
        places.append(text[_end_of_sentence(text, one.at) :].lstrip(" .。!?\n").partition("\n")[0])
    codes = (CERTIFICATE.search(place) for place in places)
    return next((code["level"].upper() for code in codes if code), "")


def _exit_day(text: str, one: _Told, today: date) -> date:
    """The day beside the name or in the clause, else the next line that is labelled so, else any, else today."""
    labels = list(_DAY_LABEL.finditer(text))
    nearest = next((found["day"] for found in labels if found.start() >= one.at), labels[0]["day"] if labels else "")
    places = (_VALIDITY.sub("", words) for words in (one.beside, one.words, nearest, _sentence(text, one.at)))
    days = (read_date(words, today=today, language="") for words in places)
    return next((day for day in days if day is not None), today)


def _start_of_sentence(text: str, at: int) -> int:
    """A full stop inside a date or a number ends no sentence."""
    return max((end.end() for end in re.finditer(r"[.!?]\s|[。！？\n]", text[:at])), default=0)


def _end_of_sentence(text: str, at: int) -> int:
    stop = re.compile(r"[.!?](?=\s|$)|[。！？\n]").search(text, at)
    return stop.start() if stop else len(text)


def _sentence(text: str, at: int) -> str:
    return text[_start_of_sentence(text, at) : _end_of_sentence(text, at)]
