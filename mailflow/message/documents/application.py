"""An application for certification: what its text and files say to each point of the checklist (DK2).

Free text, `Field: value` lines, tables and attached files are all sources. Nothing here judges: that is for the desk's numbers and
its reviewer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import takewhile

from mailflow.message.documents.certificates import CERTIFICATE, each_once, engineer_of_file, find_engineers_of_lines
from mailflow.message.documents.certification import Application
from mailflow.message.documents.files import read_files
from mailflow.message.documents.projects import find_projects
from mailflow.message.model import Mail
from mailflow.message.words import any_of, key_of, numbers_of

_FIELD_OF = key_of("partner_labels")
_LABEL = re.compile(
    rf"^[\s>*_•·|–-]*(?:\(?\d{{1,2}}[.)]\s+)?(?:{any_of('partner', 'correction')}\s*[:：]\s*)?(?P<label>[^:：=|\t]{{2,80}}?)"
    r"\s*[:：=|\t]\s*(?P<value>.*)$",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^[\s>*_•·#-]*(?:\(?\d{1,2}[.)]\s+)?(?P<label>[^:：=|\t]{2,80}?)[\s:：*_]*$")
_STAR_WORDS = {word: number for word, number in numbers_of("number").items() if 2 <= number <= 5}
_STARS = re.compile(rf"(?<![A-Za-z0-9_.])(?P<count>[2-9]|{'|'.join(_STAR_WORDS)})[\s-]*{any_of('partner', 'stars')}", re.IGNORECASE)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,200}\.[A-Za-z]{2,24}")
_PHONE = re.compile(r"(?<![\w/.-])\+?\d[\d ()/-]{5,20}\d(?![\w.])")
_MANAGER_IS = re.compile(
    rf"{any_of('partner', 'manager_is')}\s*{any_of('partner', 'title')}?\s*(?P<name>[^,;.，；。(（|]{{2,60}})", re.IGNORECASE
)
_FREE = {name: re.compile(any_of("partner", name), re.IGNORECASE) for name in ("hotline", "tracking_system", "laboratory")}
_CORRECTS = re.compile(any_of("partner", "corrects"), re.IGNORECASE)
_CONTACT = re.compile(rf"[\s*•-]*{any_of('partner', 'contact')}", re.IGNORECASE)
_OUR = re.compile(rf"^(?:{any_of('partner', 'our', spaced=True)} )+")
_CORRECTABLE = ("hotline", "service_manager", "service_manager_phone", "service_manager_email", "tracking_system", "laboratory", "company")
LONGEST_VALUE = 400
MOST_LINES = 6000
LONGEST_BLOCK = 12
"""Lines that a heading such as `Laboratory` may have below it."""


def read_application(mail: Mail, text: str, today: date) -> Application:
    """What the mail's own text says and, where it is silent, its files."""
    own = [line.strip() for line in text.splitlines()][:MOST_LINES]
    files = [[line.strip() for line in file] for file in read_files(mail.attachments)]
    lines = [*own, *(line for file in files for line in ("", *file))][:MOST_LINES]
    facts = _facts(lines)
    # a file is one paper: its empty lines part nothing
    papers = [one for file in files for one in find_engineers_of_lines([line for line in file if line], today)]
    named = [one for attachment in mail.attachments for one in engineer_of_file(attachment.name or "", today)]
    spoken = next(filter(None, map(_MANAGER_IS.search, lines)), None)
    manager = facts.get("service_manager", "")
    if spoken and not manager:
        manager = f"{spoken['name'].strip()}, {spoken.string[spoken.end() :]}"[:LONGEST_VALUE]
    return Application(
        stars=_stars(facts.get("stars", ""), (mail.subject, *lines)),
        engineers=each_once((*dict.fromkeys((*find_engineers_of_lines(own, today), *papers)), *named)),
        hotline=facts.get("hotline", "") or _free(lines, "hotline"),
        service_manager=re.split(r"[,;，；(（|/]|\s[-–—]\s|\d", _EMAIL.sub("", manager))[0].strip(" :：.+"),
        service_manager_phone=facts.get("service_manager_phone", "") or _first(_PHONE, manager),
        service_manager_email=(facts.get("service_manager_email", "") or _first(_EMAIL, manager)).lower(),
        tracking_system=facts.get("tracking_system", "") or _free(lines, "tracking_system"),
        projects=find_projects(lines),
        laboratory=facts.get("laboratory", "") or _free(lines, "laboratory"),
        company=facts.get("company", ""),
    )


def read_corrections(mail: Mail, text: str, today: date) -> Application:
    """What a later mail says plainly: `Field: value`, and free text where the mail calls itself a correction. A mere mention of a point
    replaces nothing.
    """
    said = read_application(mail, text, today)
    if _CORRECTS.search(f"{mail.subject}\n{text}"):
        return said
    facts = _facts([line.strip() for line in text.splitlines()][:MOST_LINES])
    return Application(**{name: getattr(said, name) for name in _CORRECTABLE if facts.get(name)})


def _facts(lines: Sequence[str]) -> dict[str, str]:
    """The first value that each field has, below a heading its lines up to an empty one or the next heading.

    Of a service manager the phone and e-mail lines that follow are his own.
    """
    facts: dict[str, str] = {}
    for at, line in enumerate(lines):
        pair = _split_fact(line)
        field = pair[0] if pair else _heading_of(line)
        if field is None or field == "projects" or facts.get(field):
            continue
        value = pair[1] if pair else ""
        if not value:
            below = lines[at + 1 : at + 1 + LONGEST_BLOCK]
            block = takewhile(lambda one: one and not (_split_fact(one) or _heading_of(one) or CERTIFICATE.search(one)), below)
            value = "; ".join(one.lstrip("-*•· ") for one in block)
        if field == "service_manager":
            value = ", ".join((value, *takewhile(_CONTACT.match, lines[at + 1 : at + 4])))
        if value:
            facts[field] = value[:LONGEST_VALUE]
    return facts


def _split_fact(line: str) -> tuple[str, str] | None:
    """(field, value) of `Hotline: +86 ...`, `| 服务经理 | 王芳 |`; the value may be ''."""
    found = _LABEL.match(line)
    field = _field_of(found["label"]) if found else None
    return (field, found["value"].strip(" |*_\t")) if found and field else None


def _heading_of(line: str) -> str | None:
    """The field where a line is its name and nothing else."""
    found = _HEADING.match(line)
    return _field_of(found["label"]) if found else None


def _field_of(label: str) -> str | None:
    plain = re.sub(r"\([^()]{0,80}\)|（[^（）]{0,80}）", " ", unicodedata.normalize("NFKC", label)).lower()
    plain = " ".join(plain.split()).strip(" *_.\"'#:")
    return _FIELD_OF.get(plain) or _FIELD_OF.get(_OUR.sub("", plain))


def _stars(stated: str, texts: Iterable[str]) -> int | None:
    if stated.strip().isdigit():
        return int(stated)
    found = next(filter(None, map(_STARS.search, (stated, *texts))), None)
    word = found["count"].lower() if found else ""
    return int(word) if word.isdigit() else _STAR_WORDS.get(word)


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[0].strip() if found else ""


def _free(lines: Iterable[str], field: str) -> str:
    """The first line that speaks of it; of a hotline one with its number."""
    spoken = (line for line in lines if _FREE[field].search(line))
    found = next((line for line in spoken if field != "hotline" or _PHONE.search(line)), "")
    return ": ".join(cell.strip() for cell in found.split("|") if cell.strip())[:LONGEST_VALUE]
