"""What a request says of itself (IN4): fields, free text, tables and signature of a mail, read without a model of language.

It never judges: the register decides what a serial or contract is worth, staff decide the priority where nobody states one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from mailflow.message.customer.free_text import find_company, find_part_numbers, find_serials, find_signature_facts, part_number_of
from mailflow.message.customer.priority import read_priority
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
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,200}\.[A-Za-z]{2,24}")
_LONGEST_SYMPTOMS = 4000
_GREETING = re.compile(rf"^\W*{any_of('symptoms', 'greeting')}[,.!:：，。！]*\s*$", re.I)
_EMPTY_TALK = re.compile(rf"^\W*{any_of('symptoms', 'empty_talk')}[.!。！]*\s*$", re.I)
_TROUBLE = re.compile(any_of("symptoms", "trouble"))
"""For lower-case text: without a flag for it, the search skips to the letters with which one of the words begins."""

_SIGNED = re.compile(r"^[^\W\d_][\w'’-]{1,24}(?: [^\W\d_][\w'’-]{1,24}){0,2}$")
_NUMBER_WORDS = frozenset(words_of("symptoms", "number_words"))
"""Words of the names under which numbers are given, and what stands between name and number."""


def extract_request(
    subject: str, text: str, *, known_serials: Callable[[str], bool] | None = None, nearly_serials: Callable[[str], bool] | None = None
) -> Extracted:
    """Read a request. `text` is what the writer wrote, signature included (`without_quotations`).

    `known_serials` says which words are serials of the register, `nearly_serials` which of a wrong length are mistyped ones.
    """
    text = _limited(text)
    stated = read_stated(text)
    lines = [subject, *(line for line in text.split("\n") if not _is_other_fact(line))]
    serials = find_serials(lines, stated.told("serial"), known_serials, nearly_serials)
    parts = find_part_numbers(lines, stated.told("part"))
    priority, words = read_priority(_first(stated, "priority"), subject, text)
    signed = find_signature_facts(text)
    name, company = _split_name(_value(stated, "name"))
    free = "\n".join(_around_digits(lines))
    return Extracted(
        name=name or signed.name,
        company=_value(stated, "company") or company or signed.company,
        telephone=_value(stated, "telephone") or signed.telephone,
        fax=_value(stated, "fax") or signed.fax,
        email=_email(stated, text),
        purchase_order=_value(stated, "purchase_order") or _group(_ORDER, free),
        contract=_contract(stated, free),
        model=_value(stated, "model") or _group(_MODEL, free, 0),
        serials=serials,
        part_numbers=tuple(dict.fromkeys([*parts, *(part for serial in serials if (part := part_number_of(serial)))])),
        software_version=_value(stated, "software_version") or _group(_VERSION, free, 0),
        site_address=_value(stated, "site_address"),
        symptoms=find_symptoms(subject, stated, serials),
        impact=_first(stated, "impact")[:_LONGEST_LINE].strip(),
        priority=priority,
        priority_words=words,
        tracking=_tracking(stated, text),
    )


def _limited(text: str) -> str:
    """Without uuencoded files; of a very long text (logs, tables) the beginning, and the end for its signature."""
    lines = split_uuencoded(text).text[:_SCANNED].split("\n")
    chosen = lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 400], *lines[-400:]]
    return "\n".join([line[:_LONGEST_LINE] for line in chosen])


def _is_other_fact(line: str) -> bool:
    """Lines whose number is known to be something else than a serial or part."""
    pair = split_label(line)
    return bool(pair and pair[0] in ("telephone", "fax", "contract", "purchase_order", "tracking", "email", "rma", "cartons", "ship_date"))


def _around_digits(lines: list[str]) -> list[str]:
    """The lines that can hold a number, with the line above each: its name may stand there. It spares most of a long mail."""
    marked = [any(map(str.isdigit, line)) for line in lines]
    return [line for at, line in enumerate(lines) if marked[at] or (at + 1 < len(lines) and marked[at + 1])]


def _value(stated: Stated, field: str) -> str:
    return re.sub(r"\s+", " ", _first(stated, field))[:300]


def _first(stated: Stated, field: str) -> str:
    return next(iter(stated.told(field)), "")


def _split_name(value: str) -> tuple[str, str]:
    """`Mark Webb, Webb Logistics Ltd` names a company too; `Kowalski, Jan` does not."""
    name, _, beside = value.partition(",")
    company = find_company(beside.strip())
    return (name.strip(), company) if company else (value, "")


def _group(pattern: re.Pattern[str], text: str, group: int = 1) -> str:
    for found in pattern.finditer(text):
        if any(char.isdigit() for char in found[group]):
            return found[group].strip()
    return ""


def _contract(stated: Stated, free: str) -> str:
    value = unicodedata.normalize("NFKC", _value(stated, "contract"))
    word = re.match(r"[A-Za-z0-9][A-Za-z0-9/_.-]*", value)
    return (word[0].rstrip(".-") if word and any(char.isdigit() for char in word[0]) else value) or _group(_CONTRACT, free)


def _email(stated: Stated, text: str) -> str:
    found = re.search(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,200}\.[A-Za-z]{2,24}", _first(stated, "email")[:400] or text[-4000:])
    return found[0].lower() if found else ""


def _tracking(stated: Stated, text: str) -> tuple[tuple[str, str], ...]:
    carrier = _value(stated, "carrier")
    found = [
        (carrier, number)
        for value in stated.told("tracking")
        for number in re.findall(r"(?=[A-Za-z0-9-]{0,39}\d)[A-Za-z0-9][A-Za-z0-9-]{5,39}", value)[:20]
    ]
    numbers = {number for _, number in found}
    found += [
        (one[1], one[2])
        for line in text.split("\n")[:2000]
        for one in (_SHIPMENT.finditer(line[:500]) if _DIGIT.search(line) else ())
        if one[2] not in numbers
    ]
    return tuple(dict.fromkeys(found))


def find_symptoms(subject: str, stated: Stated, serials: tuple[str, ...]) -> str:
    """The symptoms as written, at most 4,000 characters, '' where the mail says nothing of the kind."""
    if named := "\n".join(dict.fromkeys((*stated.all("symptoms"), *_of_devices(stated)))):
        return named[:_LONGEST_SYMPTOMS].strip()
    paragraphs = _without_numbers(_prose(stated.rest))
    telling = [paragraph for paragraph in paragraphs if _TROUBLE.search("\n".join(paragraph).lower())]
    if telling:
        return "\n\n".join("\n".join(paragraph) for paragraph in telling)[:_LONGEST_SYMPTOMS].strip()
    if paragraphs and len(paragraphs[-1]) == 1 and _SIGNED.match(paragraphs[-1][0]):
        del paragraphs[-1]
    prose = [line for paragraph in paragraphs for line in paragraph]
    if _says_something(prose, serials):
        return "\n".join(prose)[:_LONGEST_SYMPTOMS].strip()
    plain = re.sub(r"^(?:\s*(?:re|fw|fwd|aw|wg|odp|pd|回复|转发|答复)\s*[:：]\s*)+", "", subject, flags=re.I)
    return plain[:_LONGEST_SYMPTOMS].strip() if _TROUBLE.search(plain.lower()) and not re.match(r"\s*\[?[A-Z]{2,4}-\d", plain) else ""


def _of_devices(stated: Stated) -> list[str]:
    """The symptoms in a table; where they differ, each behind the serial number of its device."""
    rows = [(row.get("serial", ""), row["symptoms"]) for row in stated.rows if row.get("symptoms")]
    differ = len({symptoms for _, symptoms in rows}) > 1
    return [f"{serial}: {symptoms}" if differ and serial else symptoms for serial, symptoms in rows]


def is_greeting(line: str) -> bool:
    """A line that greets and says nothing else."""
    return bool(_GREETING.match(line))


def _prose(rest: tuple[str, ...]) -> list[list[str]]:
    """The paragraphs without greeting, politeness, closing and signature."""
    paragraphs: list[list[str]] = [[]]
    for line in rest:
        if CLOSING.match(line) or MOBILE.match(line) or line in ("--", "—"):
            break
        if not line:
            paragraphs.append([])
        elif not (is_greeting(line) or _EMPTY_TALK.match(line) or split_label(line)) or _TROUBLE.search(line.lower()):
            paragraphs[-1].append(line)
    return [paragraph for paragraph in paragraphs if paragraph]


def _without_numbers(paragraphs: list[list[str]]) -> list[list[str]]:
    """Without the lines that only give a number, `nr ser 2102352KLM10L5000456`, `serial is …`, `tel 600 700 800`."""
    kept = [[line for line in paragraph if not _only_a_number(line)] for paragraph in paragraphs]
    return [paragraph for paragraph in kept if paragraph]


def _only_a_number(line: str) -> bool:
    words = re.findall(r"[^\s,;:：.()]+", line[:200].lower())
    named = [word for word in words if not any(map(str.isdigit, word))]
    return 0 < len(named) < len(words) and all(word in _NUMBER_WORDS for word in named)


def _says_something(prose: list[str], serials: tuple[str, ...]) -> bool:
    """More than numbers and a word or two: at least four words besides serials, or eight Chinese characters."""
    text = " ".join(prose)
    for serial in serials:
        text = re.sub(re.escape(serial), " ", text, flags=re.I)
    words = [word for word in re.findall(r"[^\W\d_]{2,}", text) if word.isalpha()]
    return len(words) >= 4 or len(re.findall(r"[\u4e00-\u9fff]", text)) >= 8
