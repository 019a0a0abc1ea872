"""Writes the Return Notification as a spreadsheet: text cells, so that no serial number is rounded; field names in a hidden column."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from mailflow.notices.attachments.return_form import CATEGORIES, HEAD_FIELDS, LINE_FIELDS, ReturnForm
from mailflow.notices.environment import one_line

SHEET = "Return Notification"
FIXED_YEAR = 2000
"""Stands in the file's own dates, so that the same form is the same bytes."""
_WRITTEN_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

_TEXT_FORMAT = "@"
_INPUT = PatternFill("solid", fgColor="F6F8FB")
_LINE = Side(style="thin", color="8FA3BF")
_EDGE = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)


def write_form(form: ReturnForm) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    values = form.prefilled()
    _write(sheet, 1, 2, form.label("title"), Font(size=16, bold=True, color="12305C"))
    _write(sheet, 2, 2, form.label("intro"))
    _write(sheet, 3, 2, f"{form.label('valid_through')}: {form.valid_through}. {form.label('send_to')}: {', '.join(form.return_address)}")
    for row, name in enumerate(("rma", *HEAD_FIELDS), 5):
        _write(sheet, row, 1, name)
        _write(sheet, row, 2, form.label(name), Font(color="55606F"))
        _write_input(sheet, row, 3, values[name], is_open=name != "rma")
    head = 5 + 1 + len(HEAD_FIELDS) + 1
    _write_lines(sheet, form, values, head)
    _write_legend(sheet, form, head + len(form.lines) + 3)
    _shape(sheet)
    return _same_bytes(book)


def _write(sheet: Worksheet, row: int, column: int, text: str, font: Font | None = None) -> None:
    cell = sheet.cell(row=row, column=column, value=one_line(text))
    cell.data_type = "s"  # a text that begins with = stays a text (case 66)
    cell.number_format = _TEXT_FORMAT
    if font is not None:
        cell.font = font


def _write_input(sheet: Worksheet, row: int, column: int, text: str, *, is_open: bool = True) -> None:
    _write(sheet, row, column, text)
    cell = sheet.cell(row=row, column=column)
    cell.border = _EDGE
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    if is_open:
        cell.fill = _INPUT
        cell.protection = Protection(locked=False)


def _write_lines(sheet: Worksheet, form: ReturnForm, values: dict[str, str], head: int) -> None:
    _write(sheet, head, 1, "lines")
    for column, name in enumerate(LINE_FIELDS, 2):
        _write(sheet, head, column, form.label(name), Font(bold=True, color="55606F"))
    for number in range(1, len(form.lines) + 1):
        _write(sheet, head + number, 1, f"line.{number}")
        for column, name in enumerate(LINE_FIELDS, 2):
            _write_input(sheet, head + number, column, values[f"line.{number}.{name}"], is_open=name != "part")
    last = max(head + len(form.lines), head + 1)
    for letter, choices in (("F", CATEGORIES), ("G", ("yes", "no"))):
        rule = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True, showErrorMessage=False)
        rule.add(f"{letter}{head + 1}:{letter}{last}")
        sheet.add_data_validation(rule)


def _write_legend(sheet: Worksheet, form: ReturnForm, row: int) -> None:
    _write(sheet, row, 2, form.label("category"), Font(bold=True, color="55606F"))
    for offset, code in enumerate(CATEGORIES, 1):
        _write(sheet, row + offset, 2, code)
        _write(sheet, row + offset, 3, form.label(code))


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
    written = BytesIO()
    book.save(written)
    target = BytesIO()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for member in source.infolist():
            content = source.read(member)
            if member.filename == "docProps/core.xml":
                content = _WRITTEN_MOMENT.sub(b"%d-01-01T00:00:00Z" % FIXED_YEAR, content)
            copy.writestr(zipfile.ZipInfo(member.filename, (FIXED_YEAR, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()
