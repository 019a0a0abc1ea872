"""Facts that a text states by name: `Field: value` lines, several on a line, label and value on two lines, tables with a heading row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mailflow.message.labels import bare_label, field_of, split_label
from mailflow.message.reply_words import CLOSING

_MOST_LINES = 4000
_LONGEST_LINE = 2000
_LONG_FIELDS = ("symptoms", "site_address", "impact")
_CELLS = re.compile(r"\s*\|\s*|\t+| {2,}")
_OTHER_LABEL = re.compile(r"^[^\W\d_][\w .]{0,19}[:：=]\s*\S")
_RULE = re.compile(r"^[\s|:+=_-]+$")


@dataclass(frozen=True, slots=True)
class Stated:
    """`facts` are (field, value) in order; `rows` the rows of tables, by field; `rest` the lines that state nothing by name."""

    facts: tuple[tuple[str, str], ...]
    rows: tuple[Mapping[str, str], ...]
    rest: tuple[str, ...]

    def first(self, field: str) -> str:
        return next((value for name, value in self.facts if name == field and value), "")

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
        pairs = _pairs(line)
        if pairs:
            facts += pairs
            at = _continue(lines, at + 1, facts)
            continue
        if (field := bare_label(line)) and (value := _value_below(lines, at + 1, line)):
            facts.append((field, lines[value]))
            at = _continue(lines, value + 1, facts)
            continue
        rest.append(line)
        at += 1
    return Stated(tuple(facts), tuple(rows), tuple(rest))


def _pairs(line: str) -> list[tuple[str, str]]:
    """`S/N: A, P/N: B; Model: C` gives three; a comma in a value is no border where no label follows it."""
    first = split_label(line)
    if first is None:
        return []
    pieces = re.split(r"\s*[;|]\s*|,\s+|(?<=\S)\s{2,}", line)
    labelled = [split_label(piece) for piece in pieces]
    if sum(1 for one in labelled if one) < 2:
        # `M: +44 7700 900123 | mark@customer.example`: a bar ends the value, unless it stands for the colon
        alone = split_label(line.partition("|")[0].rstrip())
        return [alone if alone and alone[1] else first]
    pairs: list[tuple[str, str]] = []
    for piece, one in zip(pieces, labelled, strict=True):
        if one:
            pairs.append(one)
        elif pairs and not _OTHER_LABEL.match(piece):
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]}, {piece}".strip(", "))
    return pairs


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
    if field not in _LONG_FIELDS and at + 1 < len(lines) and not lines[at] and _is_short_value(lines[at + 1]):
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


def _is_short_value(line: str) -> bool:
    """Below an empty line only what can be nothing but a value: short, and with a digit."""
    return 0 < len(line) <= 60 and len(line.split()) <= 4 and any(map(str.isdigit, line))


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
            rows.append({field: cell for field, cell in zip(heading, cells, strict=False) if field and cell})
        at += 1
    return at
