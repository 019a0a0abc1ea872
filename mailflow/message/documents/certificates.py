"""Certificates of engineers as people write them (DK2): codes with their families, counts, names and dates.

They stand in one line, in a row of a table, or on lines of their own, as certificates themselves print them:
`This certifies that Li Wei / has met the requirements of H3CSE / Valid until: 2028-06-30`;
`Name: ... / Certificate: ... / Expiry date: ...`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
_CERTIFIES = re.compile(
    rf"{any_of('certificate', 'certifies')}[:：]?\s*{any_of('partner', 'title')}?\s*(?P<name>[^,;:：，。]{{2,60}}?)"
    rf"{any_of('certificate', 'after_name')}?(?=\s+{any_of('certificate', 'certified_goes_on', spaced=True)}\b|[,;，。]|"
    rf"{any_of('certificate', 'certified_goes_on', spaced=False)}|$)",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    rf"^\s*(?:[-*•]\s*)?{any_of('certificate', 'person_label')}\s*(?:\d{{1,2}})?\s*(?:[:：=|\t]\s*|$)(?P<name>.*)$", re.IGNORECASE
)
_VALIDITY = re.compile(any_of("certificate", "valid", "until"), re.IGNORECASE)
_COMPANY = re.compile(any_of("certificate", "company"), re.IGNORECASE)
_LONGEST_LINE = 1000


@dataclass(frozen=True, slots=True)
class _Partial:
    """What is known so far; `is_sure`: the name was labelled as one, and is not just a line that looks like it."""

    name: str = ""
    is_sure: bool = False
    code: Engineer | None = None
    day: date | None = None

    @property
    def is_whole(self) -> bool:
        return bool(self.name and self.code and self.day)


def engineer_of_file(name: str, today: date) -> tuple[Engineer, ...]:
    """A certificate's own file is named for what it is: `H3CSE_Li_Wei_2028-05-31.pdf`."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name)
    found = CERTIFICATE.search(stem.replace("_", " "))
    if found is None:
        return ()
    plain = stem.replace("_", " ")
    day = _last_day(plain, today)
    rest = re.sub(r"[\d./-]+", " ", _DATE.sub(" ", plain.replace(found[0], " | ")))
    pieces = (piece.strip(" -–") for piece in rest.split("|"))
    person = next((piece for piece in pieces if is_name(piece)), "")
    return (Engineer(certificate=found[0].strip(), level=found["level"].upper(), name=person, valid_through=day),)


def find_engineers_of_lines(lines: Iterable[str], today: date) -> tuple[Engineer, ...]:
    """Every certificate that the lines tell, each on a line of its own or spread over several, in their order."""
    found: list[Engineer] = []
    partial, asked_for_day = _Partial(), False
    for line in map(_with_codes, lines):
        whole = _engineers_of_line(line, today)
        day = _last_day(line, today) if asked_for_day or _VALIDITY.search(line) else None
        asked_for_day = day is None and bool(_VALIDITY.search(line))
        if len(whole) > 1 or (whole and (whole[0].quantity > 1 or (whole[0].name and whole[0].valid_through))):
            found += (*_done(partial), *whole)
            partial = _Partial()
            continue
        for change in _changes(line, whole, day):
            if _contradicts(partial, change):
                found += _done(partial)
                partial = _Partial()
            if change.name and (change.is_sure or not partial.is_sure):
                partial = replace(partial, name=change.name, is_sure=change.is_sure)
            else:
                partial = replace(partial, code=change.code or partial.code, day=change.day or partial.day)
        if partial.is_whole:
            found += _done(partial)
            partial = _Partial()
        elif not line.strip():
            found += _done(partial)
            partial = partial if partial.is_sure and partial.code is None else _Partial()
    return (*found, *_done(partial))


def _changes(line: str, named: list[Engineer], day: date | None) -> Iterable[_Partial]:
    """What one line adds: a person, a code, a last day."""
    codes = list(CERTIFICATE.finditer(line))
    alone = Engineer(certificate=codes[0][0].strip(), level=codes[0]["level"].upper()) if len(codes) == 1 else None
    code = named[0] if named else alone
    name, is_sure = (code.name, True) if code and code.name else _name_of(line)
    if name:
        yield _Partial(name=name, is_sure=is_sure)
    if code:
        yield _Partial(code=code, day=code.valid_through)
    if day and not (code and code.valid_through):
        yield _Partial(day=day)


def _name_of(line: str) -> tuple[str, bool]:
    for pattern in (_CERTIFIES, _LABELLED):
        found = pattern.search(CERTIFICATE.sub("", line))
        if found and is_name(found["name"].strip(" |*_")):
            return found["name"].strip(" |*_"), True
    plain = _plainly(line)
    return (plain, False) if is_name(plain) and not _COMPANY.search(plain) else ("", False)


def _contradicts(partial: _Partial, change: _Partial) -> bool:
    """Whether the line begins the next certificate. A line that merely looks like a name may be a company below a sure one."""
    if change.name:
        return bool(partial.name and (partial.code or change.is_sure) and (change.is_sure or not partial.is_sure))
    return bool(change.code and partial.code)


def _done(partial: _Partial) -> tuple[Engineer, ...]:
    """A code alone, or one below a line that only looks like a name, tells of nobody unless a last day stands with it."""
    code = partial.code
    if code is None or not (partial.day or (partial.name and partial.is_sure) or code.valid_through or code.name):
        return ()
    return (replace(code, name=partial.name or code.name, valid_through=partial.day or code.valid_through),)


def _with_codes(line: str) -> str:
    """The line with the code in the place of a certificate's full title, where it names no code itself; cut to a sane length."""
    cut = line[:_LONGEST_LINE]
    if CERTIFICATE.search(cut):
        return cut
    for code, title in _TITLES.items():
        cut = title.sub(code, cut)
    return cut


def _engineers_of_line(line: str, today: date) -> list[Engineer]:
    """Every certificate that one line states."""
    codes = list(CERTIFICATE.finditer(line))
    if not codes:
        return []
    counted = [(code, count) for code in codes if (count := _count_at(line, code))]
    if counted:
        return [_engineer(code, quantity=count, day=_last_day(line[code.end() :], today)) for code, count in counted]
    if listed := _listed(line, codes, today):
        return listed
    # the name before a code since the one before it holds it; else whoever holds that one, or whom the line names
    people: list[str] = []
    for start, code in zip((0, *(code.end() for code in codes)), codes, strict=False):
        people.append(_person(line[start : code.start()]) or (people[-1] if people else _person(line)))
    day = _last_day(line, today)
    if not any(people) and day is None and not ("|" in line or _BULLET.match(line)):
        return []
    own = len(set(people)) > 1
    ends = [*(code.start() for code in codes[1:]), len(line)]
    days = [_last_day(line[code.end() : end], today) if own else day for code, end in zip(codes, ends, strict=True)]
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
        shared = _last_day(re.sub(r"[(（][^()（）]{0,60}[)）]", " ", names), today)
        for one in _LISTED.finditer(names):
            if is_name(one["name"].strip()):
                own = _last_day(one["aside"] or "", today)
                found.append(_engineer(code, name=one["name"].strip(), day=own or shared))
    return found


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


def _last_day(text: str, today: date) -> date | None:
    """The latest day written out: beside the day of issue stands the day through which it is valid."""
    days = (read_date(found[0], today=today, language="") for found in _DATE.finditer(text))
    return max((day for day in days if day is not None), default=None)


def _plainly(line: str) -> str:
    """The line without its bullet and label."""
    return _LABEL.sub("", _BULLET.sub("", line)).strip(" |*_")


def _person(line: str) -> str:
    """The first piece of the line that reads like a name."""
    plain = _plainly(_SENTENCE_END.sub("|", line))
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
