"""A list of what arrived, as receiving staff attach it: CSV or XLSX (RM5).

Columns are known by their names, in any order. Nothing is guessed: a row that cannot be read is a problem with its number.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from mailflow.message.customer.free_text import normal_serial, part_number_of
from mailflow.message.customer.stated import field_of
from mailflow.message.documents.files import EXACT_DIGITS, LARGEST_FILE, MOST_COLUMNS, MOST_ROWS, Cell, read_sheets
from mailflow.message.documents.return_form import read_xlsx_form
from mailflow.message.item import Item
from mailflow.message.mime.charset import decode_text
from mailflow.message.model import Attachment
from mailflow.message.words import any_of, key_of, words_of

_HEADING_WITHIN = 15
_LONGEST_LINE, _LONGEST_CONDITION = 300, 300
_DELIMITERS = (";", "\t", ",", "|")
_CODECS = ("cp1250", "gb18030", "iso8859_2")
_COLUMN_OF = key_of("list_columns")
_WANTED = ("rma", "part", "serial", "received", "quantity", "condition")
_NOTHING = frozenset(("", *words_of("list_row", "nothing")))
_TOTAL = re.compile(rf"{any_of('list_row', 'total')}\s?[:：]?", re.I)
_RMA = re.compile(r"(?:([A-Z]{2,5})[\s#_-]{0,2})?(\d{3,12})", re.I)
_PART = re.compile(r"[A-Z0-9][A-Z0-9./_-]{1,39}")
_SERIAL = re.compile(r"[A-Z0-9][A-Z0-9./]{4,39}")
_ROUNDED = re.compile(r"\d(?:[.,]\d{1,17})?E\+?\d{1,2}", re.I)
_QUANTITY = re.compile(rf"(\d{{1,5}})(?:[.,]0{{1,6}})?\s?{any_of('list_row', 'pieces')}?", re.I)
_KEPT = re.compile(r"=\s?\"([^\"]{0,200})\"")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ReceivingRow:
    """One row; `line` is the row as written, for answers."""

    item: Item
    line: str
    row: int
    """As a spreadsheet counts them; the heading is 1."""


@dataclass(frozen=True, slots=True)
class ReceivingProblem:
    """A row that cannot be booked: `row` as spreadsheets count them, the heading included; `line` as written; `name` of what is wrong.

    `name` is one of rma_wrong, part_missing, part_wrong, serial_wrong, serial_rounded (a spreadsheet took it for a number and lost its
    last digits), serials_do_not_match (not as many as the quantity says), quantity_missing, quantity_wrong, too_many_rows.
    """

    row: int
    line: str
    name: str


@dataclass(frozen=True, slots=True)
class ReceivingList:
    """What the list says. Rows that say that nothing came (quantity 0) and totals are left out."""

    rows: tuple[ReceivingRow, ...]
    problems: tuple[ReceivingProblem, ...]


class _Wrong(ValueError):
    """A cell that cannot be read; its text is the name of the problem."""


def read_receiving_list(attachment: Attachment) -> ReceivingList | None:
    """The list; None where the file is none, is broken, larger than 5 MB, or is our own Return Notification form."""
    content = attachment.content
    if len(content) > LARGEST_FILE or not content:
        return None
    if content.startswith(b"PK"):
        tables: Iterator[list[list[str]]] = ([[_text(cell) for cell in row] for row in sheet] for sheet in read_sheets(content))
        found = next((one for table in tables if (one := _read_table(table))), None)
        return None if found is None or read_xlsx_form(content) is not None else found
    return _read_csv(content)


def _text(cell: Cell) -> str:
    """A cell as text. A number with more digits than spreadsheets keep is written so that it shows as rounded."""
    if cell is None:
        return ""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return cell.isoformat() if isinstance(cell, date) else _clean(str(cell))
    if cell != cell or abs(cell) >= 10**EXACT_DIGITS:
        return f"{cell:E}"
    return str(int(cell)) if cell == int(cell) else str(cell)


def _clean(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text[:2000]).split())


def _read_csv(content: bytes) -> ReceivingList | None:
    """The file in the first encoding in which its heading makes sense: spreadsheets do not say in which they write."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        texts = [content.decode("utf-16", "replace")]
    elif b"\x00" in content:
        return None
    else:
        texts = [decode_text(content)[0], *(content.decode(codec, "replace") for codec in _CODECS)]
    found = (_of_text(text.removeprefix("\ufeff"), delimiter) for text in dict.fromkeys(texts) for delimiter in _DELIMITERS)
    return next((one for one in found if one), None)


def _of_text(text: str, delimiter: str) -> ReceivingList | None:
    if delimiter not in text[:20_000]:
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n", MOST_ROWS + _HEADING_WITHIN)
    if stated := re.fullmatch(r"\"?sep=(.)\"?\s*", lines[0]):
        lines[0], delimiter = "", stated[1]
    written = (f"{line}\n" for line in lines[: MOST_ROWS + 1])
    try:
        rows = [[_clean(cell) for cell in row[:MOST_COLUMNS]] for row in csv.reader(written, delimiter=delimiter)]
    except csv.Error:
        return None
    # spreadsheets write `="0123"` and people `'0123` to keep a number a text
    return _read_table([[kept[1].strip() if (kept := _KEPT.fullmatch(cell)) else cell.removeprefix("'") for cell in row] for row in rows])


def _read_table(table: Sequence[Sequence[str]]) -> ReceivingList | None:
    for number, row in enumerate(table[:_HEADING_WITHIN]):
        if columns := _heading(row):
            return _read_rows(table, number + 1, columns)
    return None


def _heading(row: Sequence[str]) -> dict[str, int] | None:
    """Where each column stands. What was received counts before a quantity that may be what was expected."""
    columns: dict[str, int] = {}
    for at, cell in enumerate(row):
        plain = cell.lower().strip(" *:：#.")
        name = _COLUMN_OF.get(plain) or field_of(plain)
        if name in _WANTED:
            columns.setdefault(name, at)
    if "received" in columns:
        columns["quantity"] = columns.pop("received")
    is_list = ("part" in columns and ("quantity" in columns or "serial" in columns)) or ("rma" in columns and "serial" in columns)
    return columns if is_list else None


def _read_rows(table: Sequence[Sequence[str]], start: int, columns: dict[str, int]) -> ReceivingList:
    rows: list[ReceivingRow] = []
    problems: list[ReceivingProblem] = []
    for at, cells in enumerate(table[start:], start):
        line = " | ".join(cell for cell in cells if cell)[:_LONGEST_LINE]
        if at >= MOST_ROWS - 1 and line:
            problems.append(ReceivingProblem(at + 1, line, "too_many_rows"))
            break
        if not line or any(_TOTAL.fullmatch(cell) for cell in cells[:3]) or _heading(cells) == columns:
            continue
        try:
            rows += _read_row({name: cells[column] if column < len(cells) else "" for name, column in columns.items()}, line, at + 1)
        except _Wrong as wrong:
            problems.append(ReceivingProblem(at + 1, line, str(wrong)))
    return ReceivingList(tuple(rows), tuple(problems))


def _read_row(cells: dict[str, str], line: str, row: int) -> list[ReceivingRow]:
    """One row, or one for each of several serials in a cell."""
    if not any(cells.values()):
        return []
    serials = _serials(cells.get("serial", ""))
    counted = cells.get("quantity", "")
    stated = _QUANTITY.fullmatch(counted)
    if not counted and not serials:
        raise _Wrong("quantity_missing")
    if counted and stated is None:
        raise _Wrong("quantity_wrong")
    quantity = int(stated[1]) if stated else len(serials)
    if quantity == 0:
        return []
    if len(serials) > 1 and len(serials) != quantity:
        raise _Wrong("serials_do_not_match")
    part = _part(cells.get("part", ""), serials)
    named = "" if cells.get("rma", "").lower() in _NOTHING else cells.get("rma", "").strip("[]() ")
    number = _RMA.fullmatch(named)
    if named and number is None:
        raise _Wrong("rma_wrong")
    rma = f"{(number[1] or 'RMA').upper()}-{number[2]}" if number else ""
    condition = cells.get("condition", "")[:_LONGEST_CONDITION].lstrip("=+@ ")
    if len(serials) > 1:
        return [ReceivingRow(Item(1, part, (serial,), condition, rma), line, row) for serial in serials]
    return [ReceivingRow(Item(quantity, part, tuple(serials), condition, rma), line, row)]


def _serials(cell: str) -> list[str]:
    if cell.lower() in _NOTHING:
        return []
    if _ROUNDED.fullmatch(cell):
        raise _Wrong("serial_rounded")
    found = []
    for word in re.split(r"[,;|，；、\s]+", cell):
        if word and not _SERIAL.fullmatch(normal_serial(word)):
            raise _Wrong("serial_wrong")
        found += [normal_serial(word)] if word else []
    return list(dict.fromkeys(found))


def _part(cell: str, serials: list[str]) -> str:
    plain = re.sub(r"\s", "", cell).upper()
    if plain.lower() in _NOTHING:
        stated = next((part for serial in serials if (part := part_number_of(serial))), "")
        if not stated:
            raise _Wrong("part_missing")
        return stated
    if not _PART.fullmatch(plain) or not any(map(str.isdigit, plain)) or _ROUNDED.fullmatch(plain):
        raise _Wrong("part_wrong")
    return plain
