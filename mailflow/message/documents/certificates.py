"""Certificates of engineers as people write them: codes with their families, counts, names and dates, in lines and rows of tables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from mailflow.message.customer.dates import read_date
from mailflow.message.documents.certification import Engineer
from mailflow.message.words import any_of, keys_of, numbers_of

CERTIFICATE = re.compile(
    r"(?<![A-Za-z0-9])(?P<level>H3C(?:NE|SE|IE|TE|S)|PMP)(?P<field>(?:[-–][A-Z][A-Za-z0-9+]*(?:\s?&\s?[A-Z][A-Za-z]+)?)?)"
)
"""`H3CNE`, `H3CSE-Routing & Switching`, `H3CNE-PM`, `PMP`."""

_NUMBER_WORDS = numbers_of("number")
_COUNT = rf"\d{{1,3}}|{'|'.join(_NUMBER_WORDS)}"
_COUNTED = any_of("certificate", "engineer", "holder")
_COUNT_BEFORE = re.compile(
    rf"(?<![\w./-])(?P<count>{_COUNT})\s*(?:[x×*]|{any_of('certificate', 'unit')})?\s*(?:{any_of('certificate', 'certified')} )*"
    rf"{any_of('certificate', 'engineer')}?\s*{any_of('certificate', 'holding')}?\s*$",
    re.IGNORECASE,
)
_COUNT_AFTER = re.compile(rf"^[^\w|]*{_COUNTED}?\s*[:：=|x×]\s*(?P<count>{_COUNT})(?![\w./-])", re.IGNORECASE)
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日?|\d{1,2}[./]\d{1,2}[./]\d{4}"
    r"|\d{1,2}(?:st|nd|rd|th|\.)?\s+[^\W\d_]{3,12}\.?,?\s+\d{4}|[^\W\d_]{3,12}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}"
)
_BREAKS = re.compile(r"\s*(?:[|\t;,，；、]|\s[-–—]\s|[:：=])\s*")
_LABEL = re.compile(rf"^\s*{any_of('certificate', 'person_label', 'people_label')}\s*(?:{_COUNT})?\s*[:：=]\s*", re.IGNORECASE)
_NAME = re.compile(r"(?:[^\W\d_][\w'’.-]*)(?:\s+[^\W\d_][\w'’.-]*){0,3}")
_NO_NAME = re.compile(any_of("certificate", "valid", "until", "no_name"), re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*•·–]|\(?\d{1,2}[.)])\s+")
_SENTENCE_END = re.compile(r"(?<=[^\W\d_]{3})[.!?。]\s+(?=[^\W\d_])|。")
_LIST = re.compile(rf"\s*(?:[(（]\s*\d{{1,3}}\s*[)）])?\s*{_COUNTED}?\s*[:：|]\s*", re.IGNORECASE)
_LISTED = re.compile(r"(?P<name>[^,;，；、()（）|]{2,60})(?:[(（](?P<aside>[^()（）]{0,60})[)）])?")
_TITLES = {code: re.compile(any_of("certificate_title", code), re.IGNORECASE) for code in keys_of("certificate_title")}
"""Certificates by their titles, as H3C's requirements name them."""
LONGEST_LINE = 1000


def engineer_of_file(name: str, today: date) -> tuple[Engineer, ...]:
    """A certificate's own file is named for what it is: `H3CSE_Li_Wei_2028-05-31.pdf`."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name)
    found = CERTIFICATE.search(stem.replace("_", " "))
    if found is None:
        return ()
    plain = stem.replace("_", " ")
    day = last_day(plain, today)
    rest = re.sub(r"[\d./-]+", " ", _DATE.sub(" ", plain.replace(found[0], " | ")))
    pieces = (piece.strip(" -–") for piece in rest.split("|"))
    person = next((piece for piece in pieces if is_name(piece)), "")
    return (Engineer(certificate=found[0].strip(), level=found["level"].upper(), name=person, valid_through=day),)


def with_codes(line: str) -> str:
    """The line with the code in the place of a certificate's full title, where it names no code itself; cut to a sane length."""
    cut = line[:LONGEST_LINE]
    if CERTIFICATE.search(cut):
        return cut
    for code, title in _TITLES.items():
        cut = title.sub(code, cut)
    return cut


def engineers_of_line(line: str, today: date) -> list[Engineer]:
    """Every certificate that one line states."""
    codes = list(CERTIFICATE.finditer(line))
    if not codes:
        return []
    counted = [(code, count) for code in codes if (count := _count_at(line, code))]
    if counted:
        return [_engineer(code, quantity=count, day=last_day(line[code.end() :], today)) for code, count in counted]
    if listed := _listed(line, codes, today):
        return listed
    people = _people(line, codes)
    day = last_day(line, today)
    if not any(people) and day is None and not _is_row(line):
        return []
    own = len(set(people)) > 1
    ends = [*(code.start() for code in codes[1:]), len(line)]
    days = [last_day(line[code.end() : end], today) if own else day for code, end in zip(codes, ends, strict=True)]
    return [_engineer(code, name=name, day=until) for code, name, until in zip(codes, people, days, strict=True)]


def _listed(line: str, codes: list[re.Match[str]], today: date) -> list[Engineer]:
    """`H3CNE: Li Wei, Chen Hao; H3CSE: Sun Yan`: everybody behind the colon holds it. A day in brackets is of the name before it."""
    found: list[Engineer] = []
    ends = [*(code.start() for code in codes[1:]), len(line)]
    for code, end in zip(codes, ends, strict=True):
        after = line[code.end() : end]
        colon = _LIST.match(after)
        if colon is None:
            return []
        names = after[colon.end() :]
        shared = last_day(re.sub(r"[(（][^()（）]{0,60}[)）]", " ", names), today)
        for one in _LISTED.finditer(names):
            if is_name(one["name"].strip()):
                own = last_day(one["aside"] or "", today)
                found.append(_engineer(code, name=one["name"].strip(), day=own or shared))
    return found


def _people(line: str, codes: list[re.Match[str]]) -> list[str]:
    """Who holds each: the name before the code since the one before it; else the same person as of that, or whoever the line names."""
    anybody = _person(line)
    starts = [0, *(code.end() for code in codes)]
    people: list[str] = []
    for start, code in zip(starts, codes, strict=False):
        people.append(_person(line[start : code.start()]) or (people[-1] if people else anybody))
    return people


def _engineer(code: re.Match[str], *, name: str = "", quantity: int = 1, day: date | None = None) -> Engineer:
    return Engineer(certificate=code[0].strip(), level=code["level"].upper(), name=name, valid_through=day, quantity=quantity)


def _count_at(line: str, code: re.Match[str]) -> int:
    """How many hold it: a number right before the code, or after its colon; never a part of a date."""
    before = _COUNT_BEFORE.search(_BULLET.sub(" ", line[: code.start()]))
    after = None if before else _COUNT_AFTER.match(line[code.end() :])
    found = before or after
    if found is None:
        return 0
    word = found["count"].lower()
    return int(word) if word.isdigit() else _NUMBER_WORDS[word]


def last_day(text: str, today: date) -> date | None:
    """The latest day written out: beside the day of issue stands the day through which it is valid."""
    days = (read_date(found[0], today=today, language="") for found in _DATE.finditer(text))
    return max((day for day in days if day is not None), default=None)


def _is_row(line: str) -> bool:
    return "|" in line or _BULLET.match(line) is not None


def plainly(line: str) -> str:
    """The line without its bullet and label."""
    return _LABEL.sub("", _BULLET.sub("", line)).strip(" |*_")


def _person(line: str) -> str:
    """The first piece of the line that reads like a name."""
    plain = plainly(_SENTENCE_END.sub("|", line))
    pieces = _BREAKS.split(_DATE.sub("|", CERTIFICATE.sub("|", re.sub(r"[()（）]", "|", plain))))
    return next((piece.strip() for piece in pieces if is_name(piece.strip())), "")


def is_name(text: str) -> bool:
    """Words that begin with capitals, or two to four Chinese characters."""
    if not text or len(text) > 60 or _NO_NAME.search(text) or not _NAME.fullmatch(text):
        return False
    words = text.split()
    if any(ord(letter) >= 0x2E80 for letter in text):
        return len(text.replace(" ", "")) <= 4
    return len(words) >= 2 and all(word[0].isupper() for word in words)


def each_once(found: Iterable[Engineer]) -> tuple[Engineer, ...]:
    """Text, form and file names often tell of the same certificate; the one that knows its last day counts."""
    known: dict[tuple[str, str], Engineer] = {}
    nameless: list[Engineer] = []
    for one in found:
        key = ("".join(sorted(one.name.casefold().split())), one.level)
        if not one.name:
            nameless.append(one)
        elif key not in known or known[key].valid_through is None:
            known[key] = one
    return (*known.values(), *nameless)
