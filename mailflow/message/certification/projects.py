"""Projects with their amounts in US dollars, as people write them.

`USD 250,000`, `$1.2 million`, `US$300k`, `120万美元`, or a table's column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from mailflow.message.certification.values import Project

_NUMBER = (
    r"(?P<number{n}>\d{{1,3}}(?:[ ,.\u00a0']\d{{3}})+(?:[.,]\d{{1,2}})?|\d+(?:[.,]\d{{1,2}})?)\s*"
    r"(?P<scale{n}>million|mln|mio|m|thousand|tys\.?|k|万|百万|亿)?"
)
_AMOUNT = re.compile(
    rf"(?:USD|US\$|US dollars?|\$|美元)\s*{_NUMBER.format(n=1)}(?![\w])"
    rf"|(?<![\w.,]){_NUMBER.format(n=2)}\s*(?:USD|US\$|US dollars?|dollars|dolar\w*|美元|\$)",
    re.IGNORECASE,
)
_SCALES = {
    "million": 1_000_000, "mln": 1_000_000, "mio": 1_000_000, "m": 1_000_000, "百万": 1_000_000, "亿": 100_000_000,
    "thousand": 1000, "tys": 1000, "k": 1000, "万": 10_000,
}  # fmt: skip
_RANGE = re.compile(r"(?:\s|^)(?:[-–—~]|to|do|至|≥|>=|and more|i więcej)(?:\s|$)|≥", re.IGNORECASE)
_HEADED = re.compile(r"amount|value|list price|price|wartość|kwota|金额|合同额|目录价", re.IGNORECASE)
_PLAIN = re.compile(r"^\$?\s*(\d{1,3}(?:[ ,]\d{3})+|\d{4,12})(?:[.,]\d{1,2})?$")
LONGEST_LINE = 600
LEAST = 1000
"""Smaller amounts are no projects."""


def find_projects(lines: Iterable[str]) -> tuple[Project, ...]:
    """Each line that names an amount of dollars is a project; so is each row below a column headed in USD."""
    found: list[Project] = []
    column = -1
    for line in (line[:LONGEST_LINE] for line in lines):
        cells = [cell.strip() for cell in line.strip("| ").split("|")] if "|" in line else line.split("\t")
        heading = _usd_column(cells)
        if heading >= 0:
            column = heading
            continue
        column = column if len(cells) > 1 else -1
        usd = _amount_of(line) or _cell_amount(cells, column)
        if usd >= LEAST:
            found.append(Project(text=_told(line), usd=usd))
    return tuple(dict.fromkeys(found))


def _usd_column(cells: list[str]) -> int:
    """The column whose heading says that its numbers are dollars; -1 where the row is no heading."""
    if len(cells) < 2 or any(_PLAIN.match(cell) for cell in cells):
        return -1
    return next((at for at, cell in enumerate(cells) if _HEADED.search(cell) and re.search(r"USD|US\$|\$|美元", cell)), -1)


def _amount_of(line: str) -> int:
    """The amount on the line; a line with two amounts that make a range is the form's own heading, not a project."""
    found = list(_AMOUNT.finditer(line))
    if len(found) > 1 and _RANGE.search(line[found[0].end() : found[-1].end()]):
        return 0
    if not found or "≥" in line:
        return 0
    one = found[0]
    return _dollars(one["number1"] or one["number2"], one["scale1"] or one["scale2"] or "")


def _dollars(number: str, scale: str) -> int:
    grouped = re.sub(r"[ ,.\u00a0'](?=\d{3}(?!\d))", "", number) if re.search(r"[ ,.\u00a0']\d{3}(?!\d)", number) else number
    try:
        return int(Decimal(grouped.replace(",", ".")) * _SCALES.get(scale.lower().rstrip("."), 1))
    except InvalidOperation:
        return 0


def _cell_amount(cells: list[str], column: int) -> int:
    if not 0 <= column < len(cells):
        return 0
    found = _PLAIN.match(cells[column])
    return int(re.sub(r"\D", "", found[1])) if found else 0


def _told(line: str) -> str:
    return " ".join(line.strip("|-*•· ").replace("|", ", ").split()).replace(" ,", ",")
