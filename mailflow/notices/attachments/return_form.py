"""The Return Notification form (RM4), prefilled, and its spreadsheet; `return_pdf` draws it as PDF, `message.documents` reads both back."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from mailflow.message.model import FAULT_CATEGORIES
from mailflow.notices.environment import one_line

HEAD_FIELDS = ("company", "contact", "telephone", "carrier", "tracking", "ship_date", "cartons")
LINE_FIELDS = ("part", "quantity", "serial", "fault", "category", "data_removed")
LABELS = ("title", "intro", "rma", *HEAD_FIELDS, *LINE_FIELDS, "send_to", "valid_through", "yes", "no", *FAULT_CATEGORIES)
"""The keys of [form] in words.toml."""

SHEET = "Return Notification"
FIXED_YEAR = 2000
"""Stands in the file's own dates, so that the same form is the same bytes."""
_WRITTEN_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_INPUT = PatternFill("solid", fgColor="F6F8FB")
_LINE = Side(style="thin", color="8FA3BF")
_EDGE = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_LABEL, _HEADING, _TITLE = Font(color="55606F"), Font(bold=True, color="55606F"), Font(size=16, bold=True, color="12305C")


@dataclass(frozen=True, slots=True)
class ReturnFormLine:
    """One authorised line; `serials` are those that are expected."""

    part_number: str
    description: str = ""
    quantity: int = 1
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnForm:
    """What is known beforehand. `valid_through` is a day in words; `words` are [form] of words.toml in the reader's language."""

    rma: str
    company: str = ""
    contact: str = ""
    telephone: str = ""
    return_address: tuple[str, ...] = ()
    valid_through: str = ""
    lines: tuple[ReturnFormLine, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)

    def labels(self) -> dict[str, str]:
        """Give what the form says by the keys of LABELS, each on one line; a key without words says itself."""
        return {name: one_line(self.words.get(name) or name) for name in LABELS}

    def prefilled(self) -> dict[str, str]:
        """Give the field names with what they hold already, each on one line."""
        values = {"rma": self.rma, **dict.fromkeys(HEAD_FIELDS, "")}
        values |= {"company": self.company, "contact": self.contact, "telephone": self.telephone}
        for number, line in enumerate(self.lines, 1):
            values |= {f"line.{number}.{name}": "" for name in LINE_FIELDS}
            values[f"line.{number}.part"] = line.part_number
            values[f"line.{number}.quantity"] = str(line.quantity)
            values[f"line.{number}.serial"] = ", ".join(line.serials)
        return {name: one_line(value) for name, value in values.items()}


def build_return_form_xlsx(form: ReturnForm) -> bytes:
    """Write the form as a spreadsheet: text cells, so that no serial number is rounded; field names in a hidden column.

    The same bytes for the same form.
    """
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    say, values = form.labels(), form.prefilled()
    _write(sheet, 1, 2, say["title"], _TITLE)
    _write(sheet, 2, 2, say["intro"])
    _write(sheet, 3, 2, one_line(f"{say['valid_through']}: {form.valid_through}. {say['send_to']}: {', '.join(form.return_address)}"))
    for row, name in enumerate(("rma", *HEAD_FIELDS), 5):
        _write(sheet, row, 1, name)
        _write(sheet, row, 2, say[name], _LABEL)
        _write_input(sheet, row, 3, values[name], is_open=name != "rma")
    head = 5 + 1 + len(HEAD_FIELDS) + 1
    _write(sheet, head, 1, "lines")
    for column, name in enumerate(LINE_FIELDS, 2):
        _write(sheet, head, column, say[name], _HEADING)
        for number in range(1, len(form.lines) + 1):
            _write(sheet, head + number, 1, f"line.{number}")
            _write_input(sheet, head + number, column, values[f"line.{number}.{name}"], is_open=name != "part")
    legend = head + len(form.lines) + 3
    _write(sheet, legend, 2, say["category"], _HEADING)
    for offset, code in enumerate(FAULT_CATEGORIES, 1):
        _write(sheet, legend + offset, 2, code)
        _write(sheet, legend + offset, 3, say[code])
    last = max(head + len(form.lines), head + 1)
    for letter, choices in (("F", FAULT_CATEGORIES), ("G", ("yes", "no"))):
        rule = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True, showErrorMessage=False)
        rule.add(f"{letter}{head + 1}:{letter}{last}")
        sheet.add_data_validation(rule)
    _shape(sheet)
    return _same_bytes(book)


def _write(sheet: Worksheet, row: int, column: int, text: str, font: Font | None = None) -> None:
    cell = sheet.cell(row=row, column=column, value=text)
    cell.data_type = "s"  # a text that begins with = stays a text (case 66)
    cell.number_format = "@"
    if font is not None:
        cell.font = font


def _write_input(sheet: Worksheet, row: int, column: int, text: str, *, is_open: bool) -> None:
    _write(sheet, row, column, text)
    cell = sheet.cell(row=row, column=column)
    cell.border = _EDGE
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    if is_open:
        cell.fill = _INPUT
        cell.protection = Protection(locked=False)


def _shape(sheet: Worksheet) -> None:
    sheet.column_dimensions["A"].hidden = True
    for column, width in zip("BCDEFG", (22, 26, 30, 40, 16, 16), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.protection.sheet = False


def _same_bytes(book: Workbook) -> bytes:
    """The file with a fixed moment for every date in it, its own and those of the zip's members."""
    written, target = BytesIO(), BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for member in source.infolist():
            content = source.read(member)
            if member.filename == "docProps/core.xml":
                content = _WRITTEN_MOMENT.sub(b"%d-01-01T00:00:00Z" % FIXED_YEAR, content)
            copy.writestr(zipfile.ZipInfo(member.filename, (FIXED_YEAR, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()
