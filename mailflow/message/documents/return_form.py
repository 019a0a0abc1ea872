"""Returned forms of a Return Notification (RM4), a fillable PDF or a spreadsheet: both hold the same named fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from io import BytesIO

from dateutil import parser

from mailflow.message.documents.files import EXACT_DIGITS, LARGEST_FILE, Cell, read_sheets
from mailflow.message.model import ReturnLine, ReturnNotification

HEAD_FIELDS = ("rma", "company", "contact", "telephone", "carrier", "tracking", "ship_date", "cartons")
LINE_COLUMNS = ("part", "quantity", "serial", "fault", "category", "data_removed")
FIRST_ADDED = 5000
"""Rows of a spreadsheet that the customer adds are numbered from here on, behind the lines of the form."""
MOST_FIELDS = 5000
LINE_FIELD = re.compile(rf"line\.(\d{{1,4}})\.({'|'.join(LINE_COLUMNS)})")
LONGEST_VALUE = 2000
MOST_LINES = 500

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NUMBER = re.compile(r"(\d{1,6})(?:[.,]0+)?(?!\d)")
_ISO_DAY = re.compile(r"(\d{4})[-./年]\s*(\d{1,2})[-./月]\s*(\d{1,2})\s*日?")
_CATEGORY = re.compile(r"\bF\d{3}\b", re.IGNORECASE)

FieldValue = str | date | datetime


def read_fields(fields: Mapping[str, FieldValue]) -> ReturnNotification:
    """The notification that fields by their form names (`rma`, `line.1.part`, …) say. What cannot be read stays empty.

    What was filled in and is no day or number is named as unread, so that the customer is told (RM4).
    """
    text = {name: clean_value(value) for name, value in fields.items()}
    numbers = sorted({int(found[1]) for name in text if (found := LINE_FIELD.fullmatch(name))})[:MOST_LINES]
    lines = (_read_line({name: text.get(f"line.{number}.{name}", "") for name in LINE_COLUMNS}) for number in numbers)
    ship_date, cartons = read_day(fields.get("ship_date", "")), read_number(text.get("cartons", ""))
    unread = (("ship_date", ship_date), ("cartons", cartons))
    return ReturnNotification(
        rma=text.get("rma", "").upper(),
        company=text.get("company", ""),
        contact=text.get("contact", ""),
        telephone=text.get("telephone", ""),
        carrier=text.get("carrier", ""),
        tracking=text.get("tracking", ""),
        ship_date=ship_date,
        cartons=cartons,
        lines=tuple(line for line in lines if line.part_number or line.serial),
        unread=tuple((name, text[name]) for name, value in unread if value is None and text.get(name)),
    )


def _read_line(text: Mapping[str, str]) -> ReturnLine:
    category = _CATEGORY.search(text["category"])
    quantity = read_number(text["quantity"])
    return ReturnLine(
        part_number=text["part"],
        serial=text["serial"],
        quantity=quantity,
        unread_quantity=text["quantity"] if quantity is None else "",
        fault=text["fault"],
        category=category[0].upper() if category else text["category"],
        data_removed=text["data_removed"],
    )


def clean_value(value: FieldValue) -> str:
    """A field's text on one line, storable, without control characters."""
    text = value.isoformat() if isinstance(value, date) else value
    return " ".join(_CONTROL.sub(" ", text[:LONGEST_VALUE]).split())


def read_number(text: str) -> int | None:
    """A count of things: `3`, `3.0`, `3 pcs`; None for anything else."""
    found = _NUMBER.match(text.strip())
    return int(found[1]) if found else None


def read_day(value: FieldValue) -> date | None:
    """A day as typed into a form: ISO, `2026年12月28日`, `28.12.2026`, `28 December 2026`; the day stands before the month."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = clean_value(value)
    found = _ISO_DAY.match(text)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
        # two defaults: a text that leaves day, month or year open is no day
        first, second = (parser.parse(text, dayfirst=True, default=default).date() for default in _OTHER_DAYS)
    except (ValueError, OverflowError, TypeError):
        return None
    return first if first == second else None


_OTHER_DAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2001, 2, 2, tzinfo=UTC))


class UnknownField(ValueError):
    """A field that the form does not have; the text names it."""


def read_pdf_form(content: bytes) -> ReturnNotification | None:
    """The form, None for any other file, be it broken or hostile."""
    if len(content) > LARGEST_FILE or b"%PDF" not in content[:1024]:
        return None
    from pypdf import PdfReader  # slow to import, and most mails carry no PDF

    try:
        found = PdfReader(BytesIO(content), strict=False).get_fields() or {}
    except Exception:  # the library meets hostile bytes with errors of every kind; for us all mean: not our form
        return None
    # A name that no text encoding fits stays bytes in the library.
    fields = {name: field for name, field in found.items() if isinstance(name, str)}
    if len(fields) > MOST_FIELDS or not {"rma", "tracking"} <= fields.keys():
        return None
    known = {name: field.get("/V", "") for name, field in fields.items() if name in HEAD_FIELDS or LINE_FIELD.fullmatch(name)}
    texts = {name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in known.items()}
    return read_fields({name: value.removeprefix("/") for name, value in texts.items() if isinstance(value, str)})


def fill_pdf_form(content: bytes, values: Mapping[str, str]) -> bytes:
    """The form with values typed in, as a customer's viewer saves it. Raises UnknownField."""
    from pypdf import PdfWriter

    writer = PdfWriter(clone_from=BytesIO(content))
    missing = sorted(values.keys() - (writer.get_fields() or {}).keys())
    if missing:
        raise UnknownField(f"the form has no field {', '.join(missing)}")
    for page in writer.pages:
        if "/Annots" in page:
            writer.update_page_form_field_values(page, dict(values), auto_regenerate=True)
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


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
        elif below_line and not name:
            added = dict(_line_fields(f"line.{number}", row[1:]))
            part, serial, quantity = (added.get(f"line.{number}.{column}", "") for column in ("part", "serial", "quantity"))
            # the legend of the fault categories begins with a lone word
            is_line = bool(serial or (part and read_number(clean_value(quantity)) is not None))
            yield from added.items() if is_line else ()
        below_line = is_line


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
