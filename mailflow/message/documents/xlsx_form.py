"""Return Notifications as spreadsheet (RM4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from mailflow.message.documents.form_fields import LINE_FIELD, FieldValue, clean_value, read_fields, read_number
from mailflow.message.documents.spreadsheet import EXACT_DIGITS, Cell, read_sheets
from mailflow.message.model import ReturnNotification

HEAD_FIELDS = ("rma", "company", "contact", "telephone", "carrier", "tracking", "ship_date", "cartons")
FIRST_ADDED = 5000
"""Rows that the customer adds are numbered from here on, behind the lines of the form."""
LINE_COLUMNS = ("part", "quantity", "serial", "fault", "category", "data_removed")


def read_xlsx_form(content: bytes) -> ReturnNotification | None:
    """The form, None for any other file, be it broken or hostile."""
    sheets = read_sheets(content)
    fields = dict(_named_fields(sheets[0])) if sheets else {}
    return read_fields(fields) if {"rma", "tracking"} <= fields.keys() else None


def _named_fields(rows: Sequence[Sequence[Cell]]) -> Iterator[tuple[str, FieldValue]]:
    """Fields by the names in the first, hidden column, so that moved or added rows do no harm.

    A row without a name just below a line is a line that the customer added.
    """
    below_line = False
    for number, row in enumerate(rows, FIRST_ADDED):
        name = row[0] if row and isinstance(row[0], str) else ""
        is_line = bool(LINE_FIELD.fullmatch(f"{name}.part"))
        if name in HEAD_FIELDS and len(row) > 2:
            yield name, _value_of(row[2])
        elif is_line:
            yield from _line_fields(name, row[1:])
        elif below_line and not name and _is_line(row):
            yield from _line_fields(f"line.{number}", row[1:])
            is_line = True
        below_line = is_line


def _is_line(row: Sequence[Cell]) -> bool:
    """A part number or a serial beside something else; the legend of the fault categories begins with a lone word."""
    filled = dict(zip(LINE_COLUMNS, (_value_of(cell) for cell in row[1:]), strict=False))
    named = filled.get("part") or filled.get("serial")
    return bool(named) and (bool(filled.get("serial")) or read_number(clean_value(filled.get("quantity", ""))) is not None)


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
