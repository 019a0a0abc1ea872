"""What a request says of itself (IN4): fields, free text, tables and signature of a mail, read without a model of language.

It never judges: the register decides what a serial or contract is worth, staff decide the priority where nobody states one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

from mailflow.message.customer.free_text import find_company, find_part_numbers, find_serials, find_signature_facts, part_number_of
from mailflow.message.customer.stated import Stated, read_stated, split_label
from mailflow.message.mime.part import split_uuencoded
from mailflow.message.model import Extracted
from mailflow.message.reply_words import CLOSING, MOBILE
from mailflow.message.words import any_of, words_of

_SCANNED, _MOST_LINES, _LONGEST_LINE = 262_144, 1200, 4000
_MODEL = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:CloudEngine|AirEngine|OceanStor|NetEngine|FusionServer|TaiShan|OptiX|eSpace|iMaster"
    r"|Quidway)\s?[A-Z]{0,4}-?\d[\w/-]{2,24}|(?:CE|AR|USG|NE|ME|ATN|AP|AC|RH|CH|XH|MA|SmartAX|ES|EA"
    r"|HG)-?\d{3,5}[A-Z0-9]{0,4}(?:-[A-Z0-9]{1,12}){0,5}"
    r"|S(?:[1-9]7\d\d|5\d\d\d|6\d\d\d|12[67]\d\d|9\d\d\d)[A-Z]{0,3}(?:-[A-Z0-9]{1,12}){0,5})(?![A-Za-z0-9])"
)
_VERSION = re.compile(r"\bV\d{3}R\d{3}C\d{2,3}(?:U\d{1,3})?(?:SPC\d{3,4}[A-Z]?\d{0,3})?(?:B\d{3})?\b", re.I)
_NUMBER = (
    rf"\s*{any_of('request', 'number')}?\s*[.:：#]*\s*{any_of('request', 'is')}?\s*[:：]?"
    r"\s*([A-Z0-9][A-Z0-9/_-]{3,29})(?![A-Za-z0-9])"
)
_CONTRACT = re.compile(rf"{any_of('request', 'contract')}{_NUMBER}", re.I)
_ORDER = re.compile(rf"{any_of('request', 'purchase_order')}{_NUMBER}", re.I)
_DIGIT = re.compile(r"\d")
_SHIPMENT = re.compile(
    rf"(?<![A-Za-z])({any_of('request', 'carrier')})(?![A-Za-z])[\s,;:：()#.]*(?:{any_of('request', 'tracking')}|[\s,;:：()#.]){{0,4}}"
    r"\s*((?=[A-Z0-9-]{0,34}\d)[A-Z0-9][A-Z0-9-]{6,34})(?![A-Za-z0-9])",
    re.I,
)
_FIELDS = (
    *("name", "company", "telephone", "fax", "email", "purchase_order", "contract", "model", "software_version", "site_address"),
    *("impact", "priority", "carrier"),
)
_OTHER_FACTS = ("telephone", "fax", "contract", "purchase_order", "tracking", "email", "rma", "cartons", "ship_date")
"""A line with one of these names holds no serial and no part number."""
_CONTRACT_NUMBER = re.compile(r"(?=[A-Za-z0-9/_.-]*\d)[A-Za-z0-9][A-Za-z0-9/_.-]*")
_TRACKING = re.compile(r"(?=[A-Za-z0-9-]{0,39}\d)[A-Za-z0-9][A-Za-z0-9-]{5,39}")
_SUBJECT_PREFIX = re.compile(rf"^(?:\s*{any_of('subject', 'answered', 'forwarded')}\s*[:：]\s*)+", re.I)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,200}\.[A-Za-z]{2,24}")
_LONGEST_SYMPTOMS = 4000
_GREETING = re.compile(rf"^\W*{any_of('symptoms', 'greeting')}[,.!:：，。！]*\s*$", re.I)
_EMPTY_TALK = re.compile(rf"^\W*{any_of('symptoms', 'empty_talk')}[.!。！]*\s*$", re.I)
_TROUBLE = re.compile(any_of("symptoms", "trouble"))
"""For lower-case text: without a flag for it, the search skips to the letters with which one of the words begins."""

_SIGNED = re.compile(r"^[^\W\d_][\w'’-]{1,24}(?: [^\W\d_][\w'’-]{1,24}){0,2}$")
_NUMBER_WORDS = frozenset(words_of("symptoms", "number_words"))
"""Words of the names under which numbers are given, and what stands between name and number."""
_SCANNED_FOR_PRIORITY, _LONGEST_PRIORITY_LINE = 20_000, 600
_LONGEST_WORDS = 200
_LEVEL = r"P\s?[1-4]|[1-4]"
_WORDS_OF_LEVEL = tuple(any_of("priority", level) for level in ("one", "two", "three", "four"))
_IN_WORDS = "|".join(_WORDS_OF_LEVEL)
_END = r"(?![A-Za-z0-9_]|[.:/-][A-Za-z0-9])"
_NAMES = any_of("priority", "names")
_IS = rf"\s*{any_of('priority', 'is')}?\s*[:：=–-]?\s*"
_BEFORE_LEVEL = any_of("priority", "before_level")
_WISH = re.compile(
    rf"(?:(?<![^\W\d_]){any_of('priority', 'raise', spaced=True)}\w{{0,12}}|{any_of('priority', 'raise', spaced=False)})"
    rf"[^.!?。！？\n]{{0,60}}?(?:(?<!\w){any_of('priority', 'towards', spaced=True)}|{any_of('priority', 'towards', spaced=False)})"
    rf"\s?(?P<name>(?:{_NAMES})\s*)?(?P<level>{_LEVEL}){_END}",
    re.I,
)
_NAMED = re.compile(rf"(?<![A-Za-z0-9_])(?:{_NAMES})\s*{any_of('priority', 'number')}?{_IS}(?P<level>{_LEVEL}){_END}", re.I)
_STATED = re.compile(rf"(?<![A-Za-z0-9])P?\s?(?P<level>[1-4])(?:st|nd|rd|th)?{_END}", re.I)
_STATED_WORD = re.compile(
    rf"\W*(?:(?:{_BEFORE_LEVEL})\s*)?(?P<level>{_IN_WORDS})\s*{any_of('priority', 'after_level')}?\s*(?:$|[,.;:(，。；（–-])", re.I
)
_NAMED_WORD = re.compile(
    rf"(?<![^\W_])(?:{_NAMES})\s*(?:{_BEFORE_LEVEL})?{_IS}(?P<level>{_IN_WORDS})"
    rf"(?:\s*{any_of('priority', 'after_level', spaced=False)})?(?![^\W\u4e00-\u9fff])(?!\s+of\b)",
    re.I,
)
_BARE = re.compile(rf"(?<![A-Za-z0-9_./-])P(?P<level>[1-4]){_END}")
_PART_NAMED = re.compile(rf"{any_of('priority', 'parts')}(?:s|en)?\s{{0,2}}{any_of('priority', 'called')}?\s{{0,2}}$", re.I)
_NAMES_PART = re.compile(rf"\s{{0,2}}{any_of('priority', 'part_after')}", re.I)
_DENIED = re.compile(
    rf"(?:\b{any_of('priority', 'denied', spaced=True)}|{any_of('priority', 'denied', spaced=False)})"
    rf"(?:\s+{any_of('priority', 'beside_denied')})*\s*$",
    re.I,
)


def extract_request(
    subject: str, text: str, *, known_serials: Callable[[str], bool] | None = None, nearly_serials: Callable[[str], bool] | None = None
) -> Extracted:
    """Read a request. `text` is what the writer wrote, signature included (`without_quotations`).

    `known_serials` says which words are serials of the register, `nearly_serials` which of a wrong length are mistyped ones.
    """
    text = _beginning_and_end(text)
    stated = read_stated(text)
    first = {field: next(iter(stated.told(field)), "") for field in _FIELDS}
    value = {field: re.sub(r"\s+", " ", said)[:300] for field, said in first.items()}
    lines = [subject, *(line for line in text.split("\n") if (split_label(line) or ("",))[0] not in _OTHER_FACTS)]
    serials = find_serials(lines, stated.told("serial"), known_serials, nearly_serials)
    parts = find_part_numbers(lines, stated.told("part"))
    priority, words = read_priority(first["priority"], subject, text)
    signed = find_signature_facts(text)
    # `Mark Webb, Webb Logistics Ltd` names a company too; `Kowalski, Jan` does not
    name, _, beside = value["name"].partition(",")
    company = find_company(beside.strip())
    # only lines that can hold a number, with the line above each, whose end may name it: it spares most of a long mail
    marked = [any(map(str.isdigit, line)) for line in lines]
    free = "\n".join(line for at, line in enumerate(lines) if any(marked[at : at + 2]))
    contract = unicodedata.normalize("NFKC", value["contract"])
    number = _CONTRACT_NUMBER.match(contract)
    email = _EMAIL.search(first["email"][:400] or text[-4000:])
    return Extracted(
        name=(name.strip() if company else value["name"]) or signed.name,
        company=value["company"] or company or signed.company,
        telephone=value["telephone"] or signed.telephone,
        fax=value["fax"] or signed.fax,
        email=email[0].lower() if email else "",
        purchase_order=value["purchase_order"] or _first_number(_ORDER, free),
        contract=(number[0].rstrip(".-") if number else contract) or _first_number(_CONTRACT, free),
        model=value["model"] or _first_number(_MODEL, free),
        serials=serials,
        part_numbers=tuple(dict.fromkeys([*parts, *(part for serial in serials if (part := part_number_of(serial)))])),
        software_version=value["software_version"] or _first_number(_VERSION, free),
        site_address=value["site_address"],
        symptoms=find_symptoms(subject, stated, serials),
        impact=first["impact"][:_LONGEST_LINE].strip(),
        priority=priority,
        priority_words=words,
        tracking=_tracking(value["carrier"], stated.told("tracking"), text),
    )


def _beginning_and_end(text: str) -> str:
    """Take out uuencoded files; of a very long text (logs, tables) keep the beginning, and the end for its signature."""
    lines = split_uuencoded(text).text[:_SCANNED].split("\n")
    chosen = lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 400], *lines[-400:]]
    return "\n".join([line[:_LONGEST_LINE] for line in chosen])


def _first_number(pattern: re.Pattern[str], text: str) -> str:
    """What the pattern's last group finds, where it has a digit."""
    found = (one[pattern.groups] for one in pattern.finditer(text))
    return next((one.strip() for one in found if any(map(str.isdigit, one))), "")


def _tracking(carrier: str, stated: Iterable[str], text: str) -> tuple[tuple[str, str], ...]:
    found = [(carrier, number) for value in stated for number in _TRACKING.findall(value)[:20]]
    numbers = {number for _, number in found}
    for line in text.split("\n")[:2000]:
        if _DIGIT.search(line):
            found += [(one[1], one[2]) for one in _SHIPMENT.finditer(line[:500]) if one[2] not in numbers]
    return tuple(dict.fromkeys(found))


def find_symptoms(subject: str, stated: Stated, serials: tuple[str, ...]) -> str:
    """The symptoms as written, at most 4,000 characters, '' where the mail says nothing of the kind."""
    rows = [(row.get("serial", ""), row["symptoms"]) for row in stated.rows if row.get("symptoms")]
    # where the rows of a table differ, each stands behind the serial number of its device
    differ = len({symptoms for _, symptoms in rows}) > 1
    of_devices = (f"{serial}: {symptoms}" if differ and serial else symptoms for serial, symptoms in rows)
    if named := "\n".join(dict.fromkeys((*stated.all("symptoms"), *of_devices))):
        return named[:_LONGEST_SYMPTOMS].strip()
    paragraphs = _prose(stated.rest)
    if telling := ["\n".join(lines) for lines in paragraphs if _TROUBLE.search("\n".join(lines).lower())]:
        return "\n\n".join(telling)[:_LONGEST_SYMPTOMS].strip()
    if paragraphs and len(paragraphs[-1]) == 1 and _SIGNED.match(paragraphs[-1][0]):
        del paragraphs[-1]
    prose = [line for paragraph in paragraphs for line in paragraph]
    beside = " ".join(prose)
    for serial in serials:
        beside = re.sub(re.escape(serial), " ", beside, flags=re.I)
    # more than numbers and a word or two
    words = [word for word in re.findall(r"[^\W\d_]{2,}", beside) if word.isalpha()]
    if len(words) >= 4 or len(re.findall(r"[\u4e00-\u9fff]", beside)) >= 8:
        return "\n".join(prose)[:_LONGEST_SYMPTOMS].strip()
    plain = _SUBJECT_PREFIX.sub("", subject)
    return plain[:_LONGEST_SYMPTOMS].strip() if _TROUBLE.search(plain.lower()) and not re.match(r"\s*\[?[A-Z]{2,4}-\d", plain) else ""


def is_greeting(line: str) -> bool:
    """A line that greets and says nothing else."""
    return bool(_GREETING.match(line))


def _prose(rest: tuple[str, ...]) -> list[list[str]]:
    """The paragraphs without greeting, politeness, closing and signature, and without lines that only give a number."""
    paragraphs: list[list[str]] = [[]]
    for line in rest:
        if CLOSING.match(line) or MOBILE.match(line) or line in ("--", "—"):
            break
        words = re.findall(r"[^\s,;:：.()]+", line[:200].lower())
        named = [word for word in words if not any(map(str.isdigit, word))]
        if not line:
            paragraphs.append([])
        elif 0 < len(named) < len(words) and _NUMBER_WORDS.issuperset(named):
            continue
        elif not (is_greeting(line) or _EMPTY_TALK.match(line) or split_label(line)) or _TROUBLE.search(line.lower()):
            paragraphs[-1].append(line)
    return [paragraph for paragraph in paragraphs if paragraph]


def read_priority(stated: str, subject: str, text: str) -> tuple[str, str]:
    """(P1 to P4 or '', the words that say it). `stated` is the value under its name, which counts first.

    A wish to change it counts before a priority that is only mentioned. P2 as the name of a port is none.
    """
    cut = stated[:_LONGEST_PRIORITY_LINE]
    if written := _STATED.search(cut) or _STATED_WORD.match(cut):
        return f"P{_number(written['level'])}", _words(stated)
    lines = [subject[:_LONGEST_PRIORITY_LINE], *(line[:_LONGEST_PRIORITY_LINE] for line in text[:_SCANNED_FOR_PRIORITY].split("\n"))]
    named = [line for line in lines if any(digit in line for digit in "1234")]
    found = next(_wishes(named), None) or next((one for line in named if (one := _NAMED.search(line))), None) or next(_bare(named), None)
    found = found or next((one for line in lines if (one := _NAMED_WORD.search(line))), None)
    if found:
        return f"P{_number(found['level'])}", _words(found[0])
    return "", _words(stated)


def _number(level: str) -> str:
    """The digit of `P2`, `2`, `second`, `二`."""
    plain = level.strip()
    if plain[-1].isdigit():
        return plain[-1]
    return next(str(number) for number, words in enumerate(_WORDS_OF_LEVEL, 1) if re.fullmatch(words, plain, re.I))


def _wishes(lines: list[str]) -> Iterator[re.Match[str]]:
    for line in lines:
        for found in _WISH.finditer(line):
            # "change the port to 3" is no wish for a priority: its name or the P must stand there
            if found["level"][0] in "Pp" or found["name"] or re.search(_NAMES, found[0], re.I):
                yield found


def _bare(lines: list[str]) -> Iterator[re.Match[str]]:
    """`P1` by itself. Two different ones in a line say nothing, nor does a denied one; in a line that calls a part so, all are parts."""
    for line in lines:
        marks = list(_BARE.finditer(line))
        befores = [line[max(0, mark.start() - 40) : mark.start()] for mark in marks]
        others = (_PART_NAMED.search(one[-24:]) or _DENIED.search(one) for one in befores)
        afters = (_NAMES_PART.match(line[mark.end() : mark.end() + 24]) for mark in marks)
        if len({mark["level"] for mark in marks}) == 1 and not any(others) and not any(afters):
            yield from marks


def _words(text: str) -> str:
    return re.sub(r"\s+", " ", text[:600]).strip()[:_LONGEST_WORDS]
