"""A service manager's report: an engineer left, or a new one took the place (DK2)."""

from __future__ import annotations

import re
from datetime import date

from mailflow.message.certification.certificates import CERTIFICATE
from mailflow.message.certification.values import PersonnelReport
from mailflow.message.dates import read_date

_LATIN_NAME = r"[A-Z][\w'’.-]*(?: [A-Z][\w'’.-]*){1,3}"
_PERSON = rf"(?P<name>{_LATIN_NAME}|[\u4e00-\u9fff]{{2,4}}?)"
_BETWEEN = r"(?:\s*[,(（，]?[^.\n。]{0,60}?[)）,，]?)\s*"
_ASIDE = r"(?:[（(,，][^。\n]{0,40}?[)）]?)?"
_START = r"(?im)^[\s*•-]*"
_VALUE = r"\s*[:：]\s*(?P<name>[^\n,，(（]{2,60})"
_LEFT = (
    re.compile(rf"{_START}(?:engineer (?:who )?left|engineer leaving|leaver|离职工程师|离职人员|inżynier odchodzący){_VALUE}"),
    re.compile(rf"{_PERSON}{_BETWEEN}(?:has left|left|leaves|has resigned|resigned|has quit|quit|no longer works|is no longer with)\b"),
    re.compile(rf"{_PERSON}{_BETWEEN}(?:odszedł|odeszła|zwolnił się|zwolniła się|nie pracuje już)"),
    re.compile(rf"(?:工程师)?{_PERSON}{_ASIDE}(?:已于|于|已)[^。\n]{{0,24}}(?:离职|辞职)"),
)
_JOINED = (
    re.compile(
        rf"{_START}(?:new engineer|replacement(?: engineer)?|successor|vacancy filled by|nowy inżynier|następca"
        rf"|新工程师|接替人员|接替工程师|补充工程师){_VALUE}"
    ),
    re.compile(
        r"(?:replaced by|taken over by|filled by|filled with|zastępuje (?:go|ją)|zastąpił go|zastąpiła ją)\s+"
        rf"(?:our |the )?(?:new )?(?:engineer )?{_PERSON}"
    ),
    re.compile(
        rf"{_PERSON}{_BETWEEN}(?:has joined|joined|joins|fills the (?:place|vacancy)|took (?:his|her|the) place|has taken"
        r"|dołączył|dołączyła|przejął|przejęła)\b"
    ),
    re.compile(rf"(?:由|新工程师){_PERSON}{_ASIDE}(?:接替|入职|补充|填补)"),
)
_DAY_LABEL = re.compile(
    rf"{_START}(?:left on|exit date|date of exit|last (?:working )?day|离职日期|离职时间|data odejścia|ostatni dzień)"
    r"\s*[:：]\s*(?P<day>[^\n]{4,40})"
)
_TITLE = re.compile(r"^(?:(?:Our|The|Engineer|Inżynier|Mr\.?|Mrs\.?|Ms\.?|Pan|Pani) )+")
_LONGEST = 20_000


def read_personnel_report(text: str, today: date) -> PersonnelReport | None:
    """Who left and when, who joined; None for a mail that tells neither. A day without a date is today."""
    plain = re.sub(r"[ \t\u00a0]+", " ", text[:_LONGEST])
    left, joined = _first(_LEFT, plain), _first(_JOINED, plain)
    if left is None and joined is None:
        return None
    left_on = _exit_day(plain, left, today) if left else None
    return PersonnelReport(
        left=_name(left),
        left_on=left_on,
        left_level=_level_beside(plain, left),
        joined=_name(joined),
        joined_level=_level_beside(plain, joined),
    )


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> re.Match[str] | None:
    return next((found for pattern in patterns if (found := pattern.search(text))), None)


def _name(found: re.Match[str] | None) -> str:
    return _TITLE.sub("", found["name"]).strip(" .;:") if found else ""


def _exit_day(text: str, left: re.Match[str], today: date) -> date:
    labelled = _DAY_LABEL.search(text)
    words = labelled["day"] if labelled else _sentence(text, left)
    return read_date(words, today=today, language="zh") or today


def _level_beside(text: str, found: re.Match[str] | None) -> str:
    """The certificate named in the same sentence, else on the line right after it."""
    if found is None:
        return ""
    after = text[found.end() :].lstrip().partition("\n")[0]
    for words in (_sentence(text, found), after):
        if code := CERTIFICATE.search(words):
            return code["level"].upper()
    return ""


def _sentence(text: str, found: re.Match[str]) -> str:
    """The sentence around a match; a full stop inside a date or a number ends none."""
    start = max((end.end() for end in re.finditer(r"[.!?]\s|[。！？\n]", text[: found.start()])), default=0)
    stop = re.search(r"[.!?](?=\s|$)|[。！？\n]", text[found.end() :])
    return text[start : found.end() + stop.start() if stop else len(text)]
