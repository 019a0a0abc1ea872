"""An application for certification: what its text and files say to each point of the checklist (DK2).

Free text, `Field: value` lines, tables and attached files are all sources. Nothing here judges: that is for the desk's numbers and
its reviewer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from mailflow.message.documents.certificates import CERTIFICATE, each_once, engineer_of_file
from mailflow.message.documents.certification import Application, Engineer
from mailflow.message.documents.certification_words import heading_of, split_fact
from mailflow.message.documents.files import read_files
from mailflow.message.documents.projects import find_projects
from mailflow.message.documents.spread import find_engineers_of_lines
from mailflow.message.model import Mail

_STARS = re.compile(
    r"(?<![\w.])(?P<count>[2-9]|two|three|four|five)[\s-]*stars?\b|(?P<chinese>[二两三四五2-9])\s*星"
    r"|(?P<polish>[2-9]|dwie|trzy|cztery|dwóch|trzech|czterech|dwu|trzy|cztero)[\s-]*gwiazd",
    re.IGNORECASE,
)
_STAR_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5,
    "dwie": 2, "dwóch": 2, "dwu": 2, "trzy": 3, "trzech": 3, "cztery": 4, "czterech": 4, "cztero": 4,
}  # fmt: skip
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,200}\.[A-Za-z]{2,24}")
_PHONE = re.compile(r"(?<![\w/.-])\+?\d[\d ()/-]{5,20}\d(?![\w.])")
_MANAGER_IS = re.compile(
    r"(?:service manager (?:is|will be|:)|(?:kierownikiem|menedżerem) serwisu jest|服务经理(?:是|为))\s*"
    r"(?:Mr\.?|Ms\.?|Mrs\.?|Pan|Pani)?\s*(?P<name>[^,;.，；。(（|]{2,60})",
    re.IGNORECASE,
)
_FREE = {
    "hotline": re.compile(r"\bhot-?line\b|infolini|热线", re.IGNORECASE),
    "tracking_system": re.compile(
        r"\b(?:tracking|ticket(?:ing)?|help-?desk|issue[- ]handling)\b.{0,60}\b(?:system|process|tool|portal)\b|\bCRM\b"
        r"|system\w* (?:zgłoszeń|śledzenia)|(?:跟踪|工单).{0,10}(?:系统|流程)",
        re.IGNORECASE,
    ),
    "laboratory": re.compile(r"\blab(?:oratory|oratories|s)?\b|laboratori|实验室", re.IGNORECASE),
}
_CORRECTS = re.compile(r"correct|instead|mistake|has changed|changed to|korekt|popraw|sprostow|zmiana|更正|改为|变更|有误", re.IGNORECASE)
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
    told = each_once((*find_engineers_of_lines(own, today), *_of_files(files, today)))
    engineers = (*told, *_named_by_files(mail, today))
    manager = facts.get("service_manager", "") or _manager_in_free_text(lines)
    return Application(
        stars=_stars((facts.get("stars", ""), mail.subject, *lines)),
        engineers=_same_person_once(engineers),
        hotline=facts.get("hotline", "") or _free(lines, "hotline"),
        service_manager=_plain_name(manager),
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
    """The first value that each field has; of a service manager the phone and e-mail lines that follow are his own."""
    facts: dict[str, str] = {}
    for at, line in enumerate(lines):
        pair = split_fact(line)
        field = pair[0] if pair else heading_of(line)
        if field is None or field == "projects" or facts.get(field):
            continue
        value = pair[1] if pair else ""
        if not value:
            value = "; ".join(_block(lines, at + 1))
        if field == "service_manager":
            value = ", ".join((value, *_contact_lines(lines, at + 1)))
        if value:
            facts[field] = value[:LONGEST_VALUE]
    return facts


def _block(lines: Sequence[str], at: int) -> Iterable[str]:
    """The lines below a heading, up to an empty one or the next heading."""
    for line in lines[at : at + LONGEST_BLOCK]:
        if not line or split_fact(line) or heading_of(line) or CERTIFICATE.search(line):
            return
        yield line.lstrip("-*•· ")


def _contact_lines(lines: Sequence[str], at: int) -> Iterable[str]:
    for line in lines[at : at + 3]:
        if not re.match(r"[\s*•-]*(?:phone|tel|mobile|e-?mail|telefon|电话|手机|邮箱)", line, re.IGNORECASE):
            return
        yield line


def _of_files(files: Sequence[Sequence[str]], today: date) -> Iterable[Engineer]:
    """A file is one paper: its empty lines part nothing."""
    for file in files:
        yield from find_engineers_of_lines([line for line in file if line], today)


def _named_by_files(mail: Mail, today: date) -> tuple[Engineer, ...]:
    return tuple(one for attachment in mail.attachments for one in engineer_of_file(attachment.name or "", today))


def _same_person_once(engineers: Iterable[Engineer]) -> tuple[Engineer, ...]:
    """A file named for somebody tells nothing new where text or table name the same certificate."""
    known: dict[tuple[str, str], Engineer] = {}
    others: list[Engineer] = []
    for one in engineers:
        key = ("".join(sorted(one.name.casefold().split())), one.level)
        if not one.name:
            others.append(one)
        elif key not in known or known[key].valid_through is None:
            known[key] = one
    return (*known.values(), *others)


def _stars(texts: Iterable[str]) -> int | None:
    for number, text in enumerate(texts):
        if number == 0 and text.strip().isdigit():
            return int(text)
        if found := _STARS.search(text):
            word = next(filter(None, found.groups())).lower()
            return int(word) if word.isdigit() else _STAR_WORDS[word]
    return None


def _manager_in_free_text(lines: Iterable[str]) -> str:
    line = next((line for line in lines if _MANAGER_IS.search(line)), "")
    found = _MANAGER_IS.search(line)
    return f"{found['name'].strip()}, {line[found.end() :]}"[:LONGEST_VALUE] if found else ""


def _plain_name(manager: str) -> str:
    return re.split(r"[,;，；(（|/]|\s[-–—]\s|\d", _EMAIL.sub("", manager))[0].strip(" :：.+")


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[0].strip() if found else ""


def _free(lines: Iterable[str], field: str) -> str:
    """The first line that speaks of it; of a hotline one with its number."""
    spoken = (line for line in lines if _FREE[field].search(line))
    found = next((line for line in spoken if field != "hotline" or _PHONE.search(line)), "")
    return ": ".join(cell.strip() for cell in found.split("|") if cell.strip())[:LONGEST_VALUE]
