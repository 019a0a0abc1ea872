"""What a device's own alarm mail says (Call Home, IN8): labelled lines, JSON or XML, else the subject."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from itertools import islice

from mailflow.message.customer.free_text import find_serials, normal_serial
from mailflow.message.model import Mail
from mailflow.message.words import any_of, key_of

_SCANNED, _LARGEST_FILE = 65_536, 262_144
_MOST_LINES, _MOST_FIELDS, _DEEPEST = 600, 2000, 8
_LONGEST_NAME = 200
_FIELD_OF = key_of("alarm")
_LEVEL_OF = key_of("alarm_level")
_LABEL_MARK = re.compile(r"\s*[:=：|\t]\s*")
_BULLET = re.compile(r"^[\s>*•·#-]{0,20}")
_TAG = re.compile(r"<([A-Za-z][\w:.-]{0,40})((?:\s[^<>]{0,1000})?)>([^<>]{0,400})")
_ATTRIBUTE = re.compile(r"\b([A-Za-z][\w:.-]{0,40})\s?=\s?(?:\"([^\"<>]{1,400})\"|'([^'<>]{1,400})')")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LEVEL_WORD = re.compile(r"[^\W\d_]+|(?<!\S)[1-4](?!\S)")
_LEVEL_IN_SUBJECT = re.compile(any_of("alarm_text", "level"), re.I)
_NOUN, _STATE, _MONTH = any_of("alarm_text", "noun", spaced=True), any_of("alarm_text", "state"), any_of("alarm_text", "month")
_TIMES = any_of("alarm_text", "times")

# What differs from one report of the same trouble to the next.
_CHANGING = tuple(
    re.compile(one, re.I)
    for one in (
        # Raised and cleared are two reports of one trouble.
        rf"^[\s\[(【]*(?:{_NOUN}\s)?{_STATE}\b(?:\s{_NOUN})?(?:\s?[\])】][\s:：-]*|\s?[:：-]+)"
        rf"|^[\s\[(【]*{any_of('alarm_text', 'state_joined')}|{any_of('alarm_text', 'state_at_end')}",
        rf"(?<!\w){any_of('subject', 'answered', 'forwarded')}\s*[:：]",
        rf"(?:\b{any_of('alarm_text', 'weekday')},?\s)?(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}}"
        rf"|\d{{4}}年\d{{1,2}}月\d{{1,2}}日|\d{{1,2}}\s{_MONTH}\s\d{{4}}|{_MONTH}\s{{1,2}}\d{{1,2}},?\s\d{{4}})",
        r"T?\b\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?\s?(?:am\b|pm\b|utc\b|gmt\b|cet\b|dst\b|z\b)?(?:\s?(?:utc|gmt)?[+-]\d{2}:?\d{2}\b)?",
        rf"[(\[（]?\s?(?<![\w-]){any_of('alarm_text', 'counter')}(?:\s(?:count|number|no|id|sequence))?\s?[:=.#：]?\s?#?\d{{1,12}}"
        rf"(?:\s?(?:{_TIMES}|条|x))?\b\s?[)\]）]?",
        rf"\b\d{{1,9}}\s?{_TIMES}(?![a-z])|\bx\d{{1,6}}\b|(?<=#)\d{{1,12}}\b",
        r"(?<![\w.])[-+]?\d{1,9}(?:[.,]\d{1,6})?\s?(?:%|°\s?c?\b|℃|c\b|degrees?\b|celsius\b|dbm?\b|mv\b|v\b|ma\b|a\b|w\b|rpm\b|ms\b|s\b"
        r"|[kmg]?bps\b|[kmgt]b\b|pps\b)",
        r"(?<![\w/.-])(?!0x)\d{5,20}(?![\w/.-])",
        r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
    )
)
_LEFT_OVER = re.compile(rf"(?:\s{any_of('alarm_text', 'left_over')})+[\s.,:;]{{0,3}}$", re.I)
_EMPTY_BRACKETS = re.compile(r"[(\[（【]\s*[)\]）】]")


@dataclass(frozen=True, slots=True)
class Alarm:
    """`name` is the same for each report of the same trouble: numbers that change, such as times and counters, are left out."""

    name: str
    serial: str = ""
    severity: str = ""


def read_alarm(mail: Mail) -> Alarm:
    """Read the alarm of a device's mail. `severity` is critical, major, minor, warning or ''; `serial` may be ''.

    `name` is never empty: where the mail names no alarm it is the subject, at worst the word alarm. Attached JSON or XML is read as the
    text is: some devices send it instead.
    """
    small = (part.content for part in mail.attachments[:10] if len(part.content) <= _LARGEST_FILE)
    files = [content.decode("utf-8", "replace") for content in small if content.lstrip()[:1] in (b"{", b"[", b"<")]
    texts = [(mail.text or mail.alternative_text)[:_SCANNED], *files]
    fields: dict[str, str] = {}
    for name, value in islice((pair for text in texts for pair in _fields(text)), _MOST_FIELDS):
        fields.setdefault(name, value)
    # the first word that is a level; numbers are Huawei's, 1 critical to 4 warning
    levels = (_LEVEL_OF.get(word, "") for word in _LEVEL_WORD.findall(fields.get("severity", "")[:300].lower()))
    in_subject = _LEVEL_IN_SUBJECT.search(mail.subject[:300])
    severity = next(filter(None, levels), "") or (_LEVEL_OF.get(in_subject[0].lower(), "") if in_subject else "")
    stated = normal_serial(fields.get("serial", "").split(",")[0].split(";")[0])
    lines = [mail.subject, *(line for text in texts for line in text.split("\n")[:_MOST_LINES])]
    is_serial = stated.isalnum() and 6 <= len(stated) <= 32 and any(map(str.isdigit, stated))
    return Alarm(_name(fields, mail.subject), stated if is_serial else next(iter(find_serials(lines, [], None)), ""), severity)


def _name(fields: dict[str, str], subject: str) -> str:
    """Choose the alarm's name. A code says less than a name, but it stays the same where a description may not."""
    stated = {name: _stable(value, fields.get("serial", "")) for name, value in fields.items()}
    coded = f"{stated.get('type', '')} {fields['id'][:_LONGEST_NAME]}".strip() if fields.get("id") else ""
    chosen = (stated.get("name"), stated.get("short"), coded, stated.get("description"), _stable(subject, fields.get("serial", "")))
    return next(filter(None, chosen), "") or stated.get("type") or "alarm"


def _stable(name: str, serial: str) -> str:
    """Take out of a name what differs between two reports of one trouble."""
    plain = (name.replace(serial, " ") if serial else name)[: 2 * _LONGEST_NAME]
    for changing in _CHANGING:
        plain = changing.sub(" ", plain)
    words = _LEFT_OVER.sub("", " ".join(_EMPTY_BRACKETS.sub(" ", plain).split())).strip(" -–—,.;:：，。|/#")
    return words[:_LONGEST_NAME] if any(map(str.isalnum, words)) else ""


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Yield (field, value) pairs of a text in whichever form it has; `alarmName`, `Alarm_Name` and `ALARM NAME` are one name."""
    stripped = text.strip()
    value: object = None
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(stripped) if stripped[:1] in ("{", "[") else None
    named = list(islice(_flat(value, "", _DEEPEST), _MOST_FIELDS))
    is_xml = not named and stripped[:1] == "<" and ">" in stripped
    for label, stated in named or (_xml_pairs(stripped) if is_xml else _line_pairs(text)):
        spaced = _HUMP.sub(" ", label[:60].rpartition(":")[2] or label[:60]).replace("_", " ").replace("-", " ")
        if (field := _FIELD_OF.get(" ".join(spaced.lower().split()).strip(" *."))) and stated.strip():
            yield field, stated.strip()


def _line_pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n")[:_MOST_LINES]:
        plain = _BULLET.sub("", line, count=1)[:600]
        if (mark := _LABEL_MARK.search(plain[:60])) and mark.start():
            yield plain[: mark.start()], plain[mark.end() :].strip(" *|\t")


def _flat(value: object, name: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield the values of JSON: `{"alarm": {"name": "X"}}` names X both `name` and `alarm name`."""
    if depth and isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name.rpartition(' ')[2]} {key}".strip(), depth - 1)
    elif depth and isinstance(value, list):
        for inner in value[:100]:
            yield from _flat(inner, name, depth - 1)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield name, str(value)[:600]
        yield name.rpartition(" ")[2], str(value)[:600]


def _xml_pairs(text: str) -> Iterator[tuple[str, str]]:
    """Find names and values by patterns: nothing of the file is expanded or fetched, as a parser of XML would."""
    for tag in _TAG.finditer(text):
        for name, double, single in _ATTRIBUTE.findall(tag[2]):
            value = unescape(double or single)
            yield f"{tag[1]} {name}", value
            yield name, value
        yield tag[1], unescape(tag[3])
