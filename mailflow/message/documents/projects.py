"""Projects with their amounts in US dollars, as people write them.

`USD 250,000`, `$1.2 million`, `US$300k`, `120万美元`, or a table's column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from mailflow.message.documents.certification import Project
from mailflow.message.words import any_of, numbers_of

_SCALES = numbers_of("scale")
_SCALE, _TO = "|".join(_SCALES), rf"(?:[-–—~]|{any_of('project', 'to')})"
_CURRENCY_NAMES = rf"USD|US\$|\$|{any_of('project', 'currency')}"
_NUMBER = (
    r"(?P<number{n}>\d{{1,3}}(?:[ ,.\u00a0']\d{{3}})+(?:[.,]\d{{1,2}})?|\d+(?:[.,]\d{{1,2}})?)\s*"
    rf"(?P<scale{{n}}>{_SCALE})?"
)
_AMOUNT = re.compile(
    rf"(?:{_CURRENCY_NAMES})\s*{_NUMBER.format(n=1)}(?![\w])"
    rf"|(?<![\w.,]){_NUMBER.format(n=2)}\s*(?:{_CURRENCY_NAMES}|{any_of('project', 'dollars')})",
    re.IGNORECASE,
)
_RANGE = re.compile(rf"\s*{_TO}\s*", re.IGNORECASE)
_FROM = rf"(?<![\d.,])(?!(?:19|20)\d\d\s*{_TO})\d[\d,.]*\s*(?:{_SCALE})?\s*{_TO}\s*"
"""The lower end of a range of amounts; years are none."""
_AT_LEAST = rf"≥|≧|>=|{any_of('project', 'at_least')}"
_OPEN_END = re.compile(rf"(?:>|{_AT_LEAST}|{_FROM})\s*$", re.IGNORECASE)
_OF_THE_FORM = re.compile(
    rf"[(（](?=[^()（）]*(?:{_CURRENCY_NAMES}|{any_of('project', 'list_price')}))"
    rf"[^()（）]*(?:{_AT_LEAST}|{_FROM}(?:USD|US\$|\$)?\s*\d)[^()（）]*[)）]",
    re.IGNORECASE,
)
"""The form's own words beside a point: `(equipment list price: USD 100,000 - USD 1000,000)`."""
_SAME_PROJECT = re.compile(any_of("project", "amount", "same_project"), re.IGNORECASE)
_PARTED = re.compile(rf"[,;，；、\n]|{any_of('partner', 'and', whole=True)}")
_CURRENCY = re.compile(_CURRENCY_NAMES, re.IGNORECASE)
_HEADED = re.compile(any_of("project", "amount", "column", "list_price"), re.IGNORECASE)
_PLAIN = re.compile(r"^\$?\s*(\d{1,3}(?:[ ,]\d{3})+|\d{4,12})(?:[.,]\d{1,2})?$")
LONGEST_LINE = 600
LEAST = 1000
"""Smaller amounts are no projects."""


def find_projects(lines: Iterable[str]) -> tuple[Project, ...]:
    """Each amount of dollars that the lines name is a project's; so is each row below a column headed in USD."""
    found: list[Project] = []
    column = -1
    for line in (_OF_THE_FORM.sub(" ", line[:LONGEST_LINE]) for line in lines):
        cells = [cell.strip() for cell in line.strip("| ").split("|")] if "|" in line else line.split("\t")
        # a row that holds an amount itself is no heading
        is_amount = [bool(_PLAIN.match(cell) or _of_line(cell)) for cell in cells]
        headed = [at for at, cell in enumerate(cells) if _HEADED.search(cell) and _CURRENCY.search(cell)]
        if len(cells) > 1 and headed and not any(is_amount):
            column = headed[0]
            continue
        column = column if len(cells) > 1 else -1
        for text, usd in _of_line(line) or [(line, _cell_amount(cells, column))]:
            sentence = " ".join(text.strip("|-*•· ").replace("|", ", ").split()).replace(" ,", ",").replace(" :", ":")
            found += [Project(text=sentence, usd=usd)] if usd >= LEAST else []
    return tuple(dict.fromkeys(found))


def _of_line(line: str) -> list[tuple[str, int]]:
    """(the part of the line that tells of it, its amount) of each project; a range is a heading, and open to one side it is none either."""
    amounts = list(_AMOUNT.finditer(line))
    ranges = [number for number in range(1, len(amounts)) if _RANGE.fullmatch(line, amounts[number - 1].end(), amounts[number].start())]
    whole = [one for number, one in enumerate(amounts) if number not in ranges and number + 1 not in ranges]
    projects: list[tuple[str, int]] = []
    start = 0
    for number, one in enumerate(one for one in whole if not _OPEN_END.search(line[: one.start()])):
        before = line[start : one.start()]
        if number and (not _PARTED.search(before) or _SAME_PROJECT.search(before)):
            continue
        end = one.end() + (1 if line[one.end() : one.end() + 1] in ")）" else 0)
        projects.append(
            (line[start:end].lstrip(" ,;，；、)）"), _dollars(one["number1"] or one["number2"], one["scale1"] or one["scale2"] or ""))
        )
        start = end
    return [(line, projects[0][1])] if len(projects) == 1 else projects


def _dollars(number: str, scale: str) -> int:
    grouped = re.sub(r"[ ,.\u00a0'](?=\d{3}(?!\d))", "", number) if re.search(r"[ ,.\u00a0']\d{3}(?!\d)", number) else number
    try:
        return int(Decimal(grouped.replace(",", ".")) * _SCALES.get(scale.lower().rstrip("."), 1))
    except InvalidOperation:
        return 0


def _cell_amount(cells: list[str], column: int) -> int:
    """Below a column of dollars, or beside a cell that says so."""
    if column < 0 and any(_CURRENCY.fullmatch(cell) for cell in cells):
        column = next((at for at, cell in enumerate(cells) if _PLAIN.match(cell)), -1)
    if not 0 <= column < len(cells):
        return 0
    found = _PLAIN.match(cells[column])
    return int(re.sub(r"\D", "", found[1])) if found else 0
