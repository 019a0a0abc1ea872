"""A certificate whose name, code and last day stand on lines of their own, as certificates themselves print them (DK2).

`This certifies that Li Wei / has met the requirements of H3CSE / Valid until: 2028-06-30`;
`Name: ... / Certificate: ... / Expiry date: ...`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from mailflow.message.documents.certificates import CERTIFICATE, engineers_of_line, is_name, last_day, plainly, with_codes
from mailflow.message.documents.certification import Engineer
from mailflow.message.words import any_of

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


def find_engineers_of_lines(lines: Iterable[str], today: date) -> tuple[Engineer, ...]:
    """Every certificate that the lines tell, each on a line of its own or spread over several, in their order."""
    found: list[Engineer] = []
    partial, asked_for_day = _Partial(), False
    for line in map(with_codes, lines):
        told = engineers_of_line(line, today)
        day = last_day(line, today) if asked_for_day or _VALIDITY.search(line) else None
        asked_for_day = day is None and bool(_VALIDITY.search(line))
        if len(told) > 1 or (told and (told[0].quantity > 1 or (told[0].name and told[0].valid_through))):
            found += (*_done(partial), *told)
            partial = _Partial()
            continue
        for change in _changes(line, told, day):
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


def _changes(line: str, told: list[Engineer], day: date | None) -> Iterable[_Partial]:
    """What one line adds: a person, a code, a last day."""
    codes = list(CERTIFICATE.finditer(line))
    alone = Engineer(certificate=codes[0][0].strip(), level=codes[0]["level"].upper()) if len(codes) == 1 else None
    code = told[0] if told else alone
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
    plain = plainly(line)
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
