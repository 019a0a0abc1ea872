"""What a device's own alarm mail says (Call Home, IN8): labelled lines, JSON or XML, else the subject."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from itertools import islice

from mailflow.message.customer.free_text import find_serials, normal_serial
from mailflow.message.model import Mail

_SCANNED, _LARGEST_FILE = 65_536, 262_144
_MOST_LINES, _MOST_FIELDS, _DEEPEST = 600, 2000, 8
_LONGEST_NAME = 200
_WORDS: dict[str, str] = {
    "name": "alarm name|alarm title|alarm text|event name|event title|event subject|trap name|fault name|trigger|trigger name|problem name"
    "|probable cause|specific problem|告警名称|告警标题|事件名称|故障名称|nazwa alarmu|nazwa zdarzenia|tytuł alarmu",
    "short": "alarm|event|trap|fault|problem|告警|事件|故障|alert|zdarzenie",
    "type": "alarm type|event type|告警类型|事件类型|typ alarmu|typ zdarzenia",
    "id": "alarm id|alarm code|alarm number|event id|event code|trap id|trap oid|fault code|fault id|error code"
    "|告警id|告警编号|告警码|告警代码|事件id"
    "|事件码|事件编码|identyfikator alarmu|kod alarmu|kod zdarzenia",
    "description": "description|alarm description|event description|message|summary|detail|details|告警描述|描述|事件描述|opis"
    "|opis alarmu|content",
    "serial": "esn|device esn|sn|device sn|s/n|serial|serial number|serial no|device serial number|serial num"
    "|chassis serial number|equipment sn"
    "|product serial number|system serial number|array sn|序列号|设备序列号|设备sn|产品序列号|numer seryjny|numer seryjny urządzenia",
    "severity": "severity|alarm severity|event severity|perceived severity|alarm level|event level|level|priority|trigger severity"
    "|告警级别|级别"
    "|告警等级"
    "|严重级别|事件级别|poziom|poziom alarmu"
    "|waga|priorytet|ważność",
}
_FIELD_OF = {word: field for field, words in _WORDS.items() for word in words.split("|")}
_LEVELS: dict[str, str] = {
    "critical": "critical|fatal|emergency|emerg|disaster|紧急|严重|致命|krytyczny|krytyczna|krytyczne|awaryjny|1",
    "major": "major|error|high|重要|主要|ważny|ważna|ważne|poważny|poważna|wysoki|wysoka|2",
    "minor": "minor|average|次要|一般|mniejszy|mniejsza|drobny|drobna|niski|3",
    "warning": "warning|warn|info|information|informational|notice|提示|警告|信息|ostrzeżenie|ostrzegawczy|informacja|4",
}
_LEVEL_OF = {word: level for level, words in _LEVELS.items() for word in words.split("|")}
_LABEL_MARK = re.compile(r"\s*[:=：|\t]\s*")
_BULLET = re.compile(r"^[\s>*•·#-]{0,20}")
_TAG = re.compile(r"<([A-Za-z][\w:.-]{0,40})((?:\s[^<>]{0,1000})?)>([^<>]{0,400})")
_ATTRIBUTE = re.compile(r"\b([A-Za-z][\w:.-]{0,40})\s?=\s?(?:\"([^\"<>]{1,400})\"|'([^'<>]{1,400})')")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LEVEL_WORD = re.compile(r"[^\W\d_]+|(?<!\S)[1-4](?!\S)")
_LEVEL_IN_SUBJECT = re.compile(r"\b(?:critical|major|minor|warning|krytyczn[yae]|ważn[yae]|ostrzeżenie)\b|紧急|严重|重要|次要|提示", re.I)

# What differs from one report of the same trouble to the next.
_CHANGING = (
    # Raised and cleared are two reports of one trouble.
    re.compile(
        r"^[\s\[(【]*(?:(?:alarm|event|trap|fault|problem|alert)\s)?(?:cleared|clear|recovered|recovery|restored|resolved|raised|firing|active|problem"
        r"|skasowan[yoa]|usunięt[yoa]|ustąpił[ao]?|zgłoszon[yoa])\b(?:\s(?:alarm|event|trap|fault|problem|alert))?(?:\s?[\])】][\s:：-]*|\s?[:：-]+)"
        r"|(?:\s(?:has|have))?(?:\s(?:been|is|was))?\s(?:cleared|recovered|restored|resolved|raised)[\s.!]*$"
        r"|^[\s\[(【]*(?:告警|故障|事件)?(?:恢复|清除|消除|产生|上报)(?:告警|通知)?[\s\])】]*[:：]?|(?:已|已经)?(?:恢复|清除|消除)[\s。！]*$",
        re.I,
    ),
    re.compile(r"(?<!\w)(?:re|fw|fwd|aw|wg|odp|pd|回复|转发)\s*[:：]", re.I),
    re.compile(
        r"(?:\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\s)?(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{4}年\d{1,2}月\d{1,2}日"
        r"|\d{1,2}\s(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\s\d{4}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\s{1,2}\d{1,2},?\s\d{4})",
        re.I,
    ),
    re.compile(
        r"T?\b\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?\s?(?:am\b|pm\b|utc\b|gmt\b|cet\b|dst\b|z\b)?(?:\s?(?:utc|gmt)?[+-]\d{2}:?\d{2}\b)?",
        re.I,
    ),
    re.compile(
        r"[(\[（]?\s?(?<![\w-])(?:count|counter|occurrences?|occurred|repeat(?:ed)?|times|sequence|seq|serial no\.?|event|alarm|id|no|nr"
        r"|sn|esn|number|numer|第|次数|流水号)"
        r"(?:\s(?:count|number|no|id|sequence))?\s?[:=.#：]?\s?#?\d{1,12}(?:\s?(?:times|次|条|x))?\b\s?[)\]）]?",
        re.I,
    ),
    re.compile(r"\b\d{1,9}\s?(?:times|次|razy)(?![a-z])|\bx\d{1,6}\b|(?<=#)\d{1,12}\b", re.I),
    re.compile(
        r"(?<![\w.])[-+]?\d{1,9}(?:[.,]\d{1,6})?\s?(?:%|°\s?c?\b|℃|c\b|degrees?\b|celsius\b|dbm?\b|mv\b|v\b|ma\b|a\b|w\b|rpm\b|ms\b|s\b|[kmg]?bps\b|[kmgt]b\b|pps\b)",
        re.I,
    ),
    re.compile(r"(?<![\w/.-])(?!0x)\d{5,20}(?![\w/.-])"),
    re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.I),
)
_LEFT_OVER = re.compile(r"(?:\s(?:at|on|since|from|o|od|dnia|w dniu|um|am|seit|在|于))+[\s.,:;]{0,3}$", re.I)
_EMPTY_BRACKETS = re.compile(r"[(\[（【]\s*[)\]）】]")


@dataclass(frozen=True, slots=True)
class Alarm:
    """`name` is the same for each report of the same trouble: numbers that change, such as times and counters, are left out."""

    name: str
    serial: str = ""
    severity: str = ""


def read_alarm(mail: Mail) -> Alarm:
    """The alarm of a mail that is known to come from a device. `severity` is critical, major, minor, warning or ''; `serial` may be ''.

    `name` is never empty: where the mail names no alarm it is the subject, at worst the word alarm.
    """
    texts = [(mail.text or mail.alternative_text)[:_SCANNED], *_files(mail)]
    fields: dict[str, str] = {}
    for name, value in islice((pair for text in texts for pair in _fields(text)), _MOST_FIELDS):
        fields.setdefault(name, value)
    return Alarm(
        _name(fields, mail.subject),
        _serial(fields.get("serial", ""), [mail.subject, *(line for text in texts for line in text.split("\n")[:_MOST_LINES])]),
        _severity(fields.get("severity", "")) or _severity_of_subject(mail.subject),
    )


def _name(fields: dict[str, str], subject: str) -> str:
    """A code says less than a name, but it stays the same where a description may not."""
    stated = {name: _stable(value, fields.get("serial", "")) for name, value in fields.items()}
    coded = f"{stated.get('type', '')} {fields['id'][:_LONGEST_NAME]}".strip() if fields.get("id") else ""
    chosen = (stated.get("name"), stated.get("short"), coded, stated.get("description"), _stable(subject, fields.get("serial", "")))
    return next((one for one in chosen if one), "") or stated.get("type") or "alarm"


def _files(mail: Mail) -> list[str]:
    """Attached JSON or XML, which some devices send instead of a text."""
    return [
        part.content.decode("utf-8", "replace")
        for part in mail.attachments[:10]
        if len(part.content) <= _LARGEST_FILE and part.content.lstrip()[:1] in (b"{", b"[", b"<")
    ]


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """(field, value) pairs of a text in whichever form it has."""
    stripped = text.strip()
    if stripped[:1] in ("{", "[") and (pairs := _json_pairs(stripped)):
        named: Iterable[tuple[str, str]] = pairs
    elif stripped[:1] == "<" and ">" in stripped:
        named = _xml_pairs(stripped)
    else:
        named = _line_pairs(text)
    for label, value in named:
        if (field := _FIELD_OF.get(_plain(label))) and value.strip():
            yield field, value.strip()


def _plain(label: str) -> str:
    """`alarmName`, `Alarm_Name` and `ALARM NAME` are one name."""
    return " ".join(_HUMP.sub(" ", label[:60].rpartition(":")[2] or label[:60]).replace("_", " ").replace("-", " ").lower().split()).strip(
        " *."
    )


def _line_pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n")[:_MOST_LINES]:
        start = _BULLET.match(line)
        plain = line[start.end() if start else 0 :][:600]
        if (mark := _LABEL_MARK.search(plain[:60])) and mark.start():
            yield plain[: mark.start()], plain[mark.end() :].strip(" *|\t")


def _json_pairs(text: str) -> list[tuple[str, str]]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return list(islice(_flat(value, "", _DEEPEST), _MOST_FIELDS))


def _flat(value: object, name: str, depth: int) -> Iterator[tuple[str, str]]:
    """`{"alarm": {"name": "X"}}` names X both `name` and `alarm name`."""
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
    """By patterns: nothing of the file is expanded or fetched, as a parser of XML would."""
    for tag in _TAG.finditer(text):
        for name, double, single in _ATTRIBUTE.findall(tag[2]):
            value = unescape(double or single)
            yield f"{tag[1]} {name}", value
            yield name, value
        yield tag[1], unescape(tag[3])


def _serial(stated: str, lines: list[str]) -> str:
    if (
        stated
        and (plain := normal_serial(stated.split(",")[0].split(";")[0])).isalnum()
        and 6 <= len(plain) <= 32
        and any(map(str.isdigit, plain))
    ):
        return plain
    return next(iter(find_serials(lines, [], None)), "")


def _stable(name: str, serial: str) -> str:
    plain = name.replace(serial, " ") if serial else name
    plain = plain[: 2 * _LONGEST_NAME]
    for changing in _CHANGING:
        plain = changing.sub(" ", plain)
    plain = _EMPTY_BRACKETS.sub(" ", plain)
    words = _LEFT_OVER.sub("", " ".join(plain.split())).strip(" -–—,.;:：，。|/#")
    return words[:_LONGEST_NAME] if any(map(str.isalnum, words)) else ""


def _severity(text: str) -> str:
    """The first word that is a level; numbers are Huawei's, 1 critical to 4 warning."""
    return next((_LEVEL_OF[word] for word in _LEVEL_WORD.findall(text[:300].lower()) if word in _LEVEL_OF), "")


def _severity_of_subject(subject: str) -> str:
    """Only the words that mean nothing else: `temperature too high` is no level."""
    found = _LEVEL_IN_SUBJECT.search(subject[:300])
    return _LEVEL_OF[found[0].lower()] if found else ""
