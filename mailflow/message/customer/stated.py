"""Facts that a text states by name: `Field: value` lines, several on a line, label and value on two lines, tables with a heading row.

Values that state nothing (`n/a`, `unknown yet, I will ask`, `brak`, `暂无`) count as not stated (IN5).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from mailflow.message.reply_words import CLOSING
from mailflow.message.words import any_of, key_of

_FIELD_OF = key_of("labels")
_LONGEST_LABEL = 60
_DECORATION = re.compile(r"^[\s>*_•·\-–—#|+]*(?:\(?\d{1,2}[.)]\s+|\(?[a-l][.)]\s+|l\s{1,3}(?=[A-Z]))?[\s*_]*")
_MARK = re.compile(r"[:：=|\t]|\s[-–—]\s")
_CHINESE_LABEL = re.compile(r"[\s>*•·-]{0,10}([\u4e00-\u9fff]{2,8})[ \u3000]+(?=\S)")
_SEPARATOR = re.compile(r"\s*(?:[:：=|\t]|\s[-–—]\s)\s*")
_MAY_BE_MISSING = frozenset(
    [
        "name",
        "company",
        "telephone",
        "fax",
        "email",
        "purchase_order",
        "contract",
        "model",
        "serial",
        "software_version",
        "site_address",
        "symptoms",
        "priority",
    ]
)
"""Facts whose absence is no statement; `Impact: none` and `Data removed: no` are."""
_DIGITS_WANTED = frozenset(("serial", "contract", "purchase_order", "telephone", "fax"))
"""Without a digit these are nothing where they begin with a word for nothing."""
_AFTER_NOTHING = r"[\s,.;:()，。；！!?？–—-]"
_NO_VALUE = re.compile(rf"{any_of('no_value', 'none')}(?:{_AFTER_NOTHING}+{any_of('no_value', 'later')})*{_AFTER_NOTHING}*", re.IGNORECASE)
_BEGINS_WITH_NOTHING = re.compile(rf"{any_of('no_value', 'none')}(?![^\W_a-z])(?![A-Za-z0-9])", re.IGNORECASE)
_MARKS_ONLY = re.compile(r"[\W_]*|x{1,5}", re.IGNORECASE)
_LONGEST_NOTHING = 120
_MOST_LINES = 4000
_LONGEST_LINE = 2000
SHIPPING = ("carrier", "tracking", "ship_date", "cartons")
"""Facts of a return that is under way."""
_LONG_FIELDS = ("symptoms", "site_address", "impact")
_NUMBERS = ("serial", "contract", "purchase_order", "part")
_SHORT_FIELDS = (*_NUMBERS, "telephone", "fax", "email", "priority", "quantity")
"""What stands behind the value of one of these is something else."""
_BORDER = re.compile(r"(\s*[;；|]\s*|,\s+|[，。]\s*|(?<=\S)\s{2,})")
_NUMBER = re.compile(
    r"(?:[^\W\d_]{1,12}[.:]?\s+){0,2}?[^\s,;，；。]*\d[^\s,;，；。]*(?:(?:\s*[,;/&+，；、]\s*|\s+)(?:(?:and|und|oraz|i|y|et)\s+)?[^\s,;，；。]*\d[^\s,;，；。]*){0,40}"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_CELLS = re.compile(r"\s*\|\s*|\t+| {2,}")
_OTHER_LABEL = re.compile(r"^[^\W\d_][\w .]{0,19}[:：=]\s*\S")
_RULE = re.compile(r"^[\s|:+=_-]+$")


def field_of(label: str) -> str | None:
    """The fact that a label names, None where it is none of ours."""
    plain = label[: _LONGEST_LABEL + 20].lower()
    plain = plain if plain.isascii() else unicodedata.normalize("NFKC", plain).lower()
    plain = re.sub(r"\([^()]{0,40}\)", " ", plain) if "(" in plain and plain not in _FIELD_OF else plain
    plain = " ".join(plain.split()).strip(" *_\"'.#:：")
    return _FIELD_OF.get(plain) or _FIELD_OF.get(plain.removeprefix("the ").removeprefix("our ").removeprefix("your "))


@cache
def _names_of(fields: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word, field in _FIELD_OF.items() if field in fields))


def names_any(text: str, fields: tuple[str, ...]) -> bool:
    """Whether a text may state one of these facts: a name of one stands somewhere. It spares reading it whole."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return bool(_names_of(fields).search(" ".join(plain.lower().split())))


def split_label(line: str) -> tuple[str, str] | None:
    """(field, value) of a line like `Serial number: X`, `- **S/N** = X`, `序列号：X`, `Model | X`; value may be ''."""
    if not _MARK.search(line[: 3 * _LONGEST_LABEL]):
        # Chinese writes no blanks between words, so one after a name stands for its colon
        named = _CHINESE_LABEL.match(line)
        known = _FIELD_OF.get(named[1].lower()) if named else None
        return (known, line[named.end() :].strip(" *_|\t")) if named and known else None
    start = _DECORATION.match(line)
    text = line[start.end() if start else 0 :]
    found = _SEPARATOR.search(text[: _LONGEST_LABEL + 5])
    if found is None:
        return None
    field = field_of(text[: found.start()])
    return (field, text[found.end() :].strip(" *_|\t")) if field else None


def bare_label(line: str) -> str | None:
    """The field where a whole line is a label and nothing else: its value stands on the next line."""
    if len(line) > 3 * _LONGEST_LABEL:
        return None
    start = _DECORATION.match(line)
    text = line[start.end() if start else 0 :].strip()
    return field_of(text) if 0 < len(text) <= _LONGEST_LABEL else None


def is_no_value(field: str, value: str) -> bool:
    """Whether what stands behind a field's name says that there is none, or that it is not known."""
    plain = value.strip(" \t*_'\"()[]<>")
    if field not in _MAY_BE_MISSING or len(plain) > _LONGEST_NOTHING:
        return False
    if not value.strip() or _MARKS_ONLY.fullmatch(plain):
        return bool(value.strip())
    if field in _DIGITS_WANTED and not any(map(str.isdigit, plain)) and _BEGINS_WITH_NOTHING.match(plain):
        return True
    return bool(_NO_VALUE.fullmatch(plain))


@dataclass(frozen=True, slots=True)
class Stated:
    """`facts` are (field, value) in order; `rows` the rows of tables, by field; `rest` the lines that state nothing by name."""

    facts: tuple[tuple[str, str], ...]
    rows: tuple[Mapping[str, str], ...]
    rest: tuple[str, ...]

    def first(self, field: str) -> str:
        return next((value for name, value in self.facts if name == field and value), "")

    def told(self, field: str) -> tuple[str, ...]:
        """All values of a field, those that stand in tables included."""
        return (*self.all(field), *(row[field] for row in self.rows if row.get(field)))

    def all(self, field: str) -> tuple[str, ...]:
        return tuple(value for name, value in self.facts if name == field and value)


def read_stated(text: str) -> Stated:
    """Read the facts of a text without its quotations. Only the first 4,000 lines are looked at."""
    lines = [line[:_LONGEST_LINE].strip() for line in text.split("\n")[:_MOST_LINES]]
    facts: list[tuple[str, str]] = []
    rows: list[Mapping[str, str]] = []
    rest: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if heading := _heading(line):
            at = _read_table(lines, at + 1, heading, rows)
            continue
        pairs, beside = _pairs(line)
        if pairs:
            facts += pairs
            at = at + 1 if is_no_value(*pairs[-1]) else _continue(lines, at + 1, facts)
            rest += ["", beside, ""] if beside else []
            continue
        if (field := bare_label(line)) and (value := _value_below(lines, at + 1, line)):
            facts.append((field, lines[value]))
            at = _continue(lines, value + 1, facts)
            continue
        rest.append(line)
        at += 1
    return Stated(tuple(fact for fact in facts if not is_no_value(*fact)), tuple(rows), tuple(rest))


def _pairs(line: str) -> tuple[list[tuple[str, str]], str]:
    """`S/N: A, P/N: B; Model: C` gives three; a comma in a value is no border where no label follows it. With what is said beside them."""
    first = split_label(line)
    if first is None:
        return [], ""
    split = _BORDER.split(line)
    pieces, borders = split[::2], ["", *split[1::2]]
    labelled = [split_label(piece) for piece in pieces]
    if sum(1 for one in labelled if one) < 2:
        # `M: +44 7700 900123 | mark@customer.example`: a bar ends the value, unless it stands for the colon
        alone = split_label(line.partition("|")[0].rstrip())
        pairs = [alone if alone and alone[1] else first]
        return pairs, _beside_number(*pairs[0])
    pairs = []
    beside: list[str] = []
    for border, piece, one in zip(borders, pieces, labelled, strict=True):
        if one:
            pairs.append(one)
            beside.append(_beside_number(*one))
        elif pairs and pairs[-1][0] in _SHORT_FIELDS and _is_said(piece):
            beside.append(piece)
        elif pairs and not _OTHER_LABEL.match(piece):
            joint = border if border[:1] in ("，", "。") else ", "
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]}{joint}{piece}".strip(",， "))
    return pairs, "\n".join(filter(None, beside))


def _beside_number(field: str, value: str) -> str:
    """`does not boot` of `SN: 2102352KLM10L5000456 does not boot`; '' where nothing is said beside the number."""
    number = _NUMBER.match(value) if field in _NUMBERS else None
    said = value[number.end() :].strip(" ,;:，；：、|–—-") if number else ""
    return said if _is_said(said) else ""


def _is_said(text: str) -> bool:
    return bool(_WORD.search(text))


def _value_below(lines: list[str], at: int, label: str) -> int | None:
    """The line that holds the value of a label standing alone. A bare word like `Problem` counts only with its colon."""
    if " " not in label.strip() and label.isascii() and not label.rstrip("* ").endswith(":"):
        return None
    following = next((number for number in range(at, min(at + 2, len(lines))) if lines[number]), None)
    if following is None or split_label(lines[following]) or bare_label(lines[following]):
        return None
    return following


def _continue(lines: list[str], at: int, facts: list[tuple[str, str]]) -> int:
    """A long field goes on over the next lines up to an empty one or the next label; an empty value starts on the next line."""
    field, value = facts[-1]
    if field not in _LONG_FIELDS and value:
        return at
    below = lines[at + 1] if at + 1 < len(lines) and not lines[at] else ""
    # below an empty line only what can be nothing but a value: short, and with a digit
    if field not in _LONG_FIELDS and 0 < len(below) <= 60 and len(below.split()) <= 4 and any(map(str.isdigit, below)):
        at += 1
    more: list[str] = []
    limit = at + (60 if field in _LONG_FIELDS else 1)
    while at < min(limit, len(lines)) and (lines[at] or (not value and not more)):
        line = lines[at]
        if split_label(line) or CLOSING.match(line) or _heading(line):
            break
        if line:
            more.append(line)
        at += 1
    facts[-1] = (field, "\n".join([value, *more]).strip())
    return at


def _heading(line: str) -> tuple[str | None, ...] | None:
    if "|" not in line and "\t" not in line and "  " not in line:
        return None
    cells = _split_cells(line)
    if len(cells) < 2:
        return None
    fields = tuple(field_of(cell) for cell in cells)
    return fields if sum(1 for field in fields if field) >= 2 and sum(1 for field in fields if field) * 2 >= len(cells) else None


def _split_cells(line: str) -> list[str]:
    return [cell.strip(" *_") for cell in _CELLS.split(line.strip().strip("|").strip())]


def _read_table(lines: list[str], at: int, heading: tuple[str | None, ...], rows: list[Mapping[str, str]]) -> int:
    while at < len(lines) and lines[at]:
        if not _RULE.match(lines[at]):
            cells = _split_cells(lines[at])
            if len(cells) < 2:
                break
            row = ((field, cell) for field, cell in zip(heading, cells, strict=False) if field and cell)
            rows.append({field: cell for field, cell in row if not is_no_value(field, cell)})
        at += 1
    return at
