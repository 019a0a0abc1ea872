"""Return Notifications as spreadsheet (RM4). The file is checked as a zip before it is opened: a small file can hold gigabytes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from io import BytesIO

from mailflow.message.forms.form_fields import LINE_FIELD, FieldValue, read_fields
from mailflow.message.model import ReturnNotification

LARGEST_FILE = 5_000_000
MOST_MEMBERS = 200
LARGEST_UNPACKED = 20_000_000
MOST_SHEETS = 3
MOST_ROWS = 2000
MOST_COLUMNS = 20
EXACT_DIGITS = 15
"""Spreadsheets keep this many digits of a number; a longer serial number typed as a number is no longer the one meant."""

HEAD_FIELDS = ("rma", "company", "contact", "telephone", "carrier", "tracking", "ship_date", "cartons")
LINE_COLUMNS = ("part", "quantity", "serial", "fault", "category", "data_removed")

Cell = object


def read_xlsx_form(content: bytes) -> ReturnNotification | None:
    """The form, None for any other file, be it broken or hostile."""
    sheets = read_sheets(content)
    fields = dict(_named_fields(sheets[0])) if sheets else {}
    return read_fields(fields) if {"rma", "tracking"} <= fields.keys() else None


def read_sheets(content: bytes) -> list[list[tuple[Cell, ...]]]:
    """The cells of the first sheets of a workbook, at most 2,000 rows of 20 columns each; none where the file is broken or hostile.

    Formulas are never computed: of them only the value that the author's program stored is seen.
    """
    if len(content) > LARGEST_FILE or not content.startswith(b"PK"):
        return []
    try:
        return _read_rows(content) if _is_harmless_zip(content) else []
    except Exception:  # the library meets hostile files with errors of every kind; for us all mean: no table of ours
        return []


def _is_harmless_zip(content: bytes) -> bool:
    """Sizes as declared and as they really are (case 45): declared ones can lie."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        members = archive.infolist()
        if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > LARGEST_UNPACKED:
            return False
        if any(member.flag_bits & 1 for member in members) or "xl/workbook.xml" not in archive.namelist():
            return False
        room = LARGEST_UNPACKED
        for member in members:
            with archive.open(member) as unpacked:
                while piece := unpacked.read(65536):
                    room -= len(piece)
                    if room < 0 or b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
                        return False
    return True


def _read_rows(content: bytes) -> list[list[tuple[Cell, ...]]]:
    from openpyxl import load_workbook  # slow to import, and most mails carry no spreadsheet

    book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    try:
        sheets = book.worksheets[:MOST_SHEETS]
        return [list(sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS, values_only=True)) for sheet in sheets]
    finally:
        book.close()


def _named_fields(rows: Sequence[Sequence[Cell]]) -> Iterator[tuple[str, FieldValue]]:
    """Fields by the names in the first, hidden column, so that moved or added rows do no harm."""
    for row in rows:
        name = row[0] if row and isinstance(row[0], str) else ""
        if name in HEAD_FIELDS and len(row) > 2:
            yield name, _value_of(row[2])
        elif LINE_FIELD.fullmatch(f"{name}.part"):
            yield from _line_fields(name, row[1:])


def _line_fields(name: str, cells: Sequence[Cell]) -> Iterator[tuple[str, FieldValue]]:
    for column, cell in zip(LINE_COLUMNS, cells, strict=False):
        yield f"{name}.{column}", _value_of(cell)


def _value_of(cell: Cell) -> FieldValue:
    if isinstance(cell, str | date):
        return cell
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | float) and cell == cell and abs(cell) < 10**EXACT_DIGITS:
        return str(int(cell)) if cell == int(cell) else str(cell)
    return ""
