"""The Return Notification as spreadsheet (RM4): built, filled in, read back; hostile files are no form."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from mailflow.message.documents.return_form import read_xlsx_form
from mailflow.message.model import ReturnLine, ReturnNotification
from mailflow.notices.attachments.return_form import ReturnForm, ReturnFormLine, build_return_form_xlsx

FORM = ReturnForm(
    rma="RMA-100007",
    company="=Zakład Łączności",
    contact="王小明",
    return_address=("Example Networks",),
    valid_through="20 December 2026",
    lines=(ReturnFormLine(part_number="02113456", quantity=2, serials=("2102113456AB7N000123",)), ReturnFormLine(part_number="02270099")),
)
BLANK = build_return_form_xlsx(FORM)


def edit(change: Callable[[Worksheet], None]) -> bytes:
    book = load_workbook(BytesIO(BLANK))
    change(book.worksheets[0])
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def cell(name: str) -> str:
    sheet = load_workbook(BytesIO(BLANK)).worksheets[0]
    return next(f"C{row}" for row in range(1, 40) if sheet.cell(row=row, column=1).value == name)


def line(number: int, column: str) -> str:
    sheet = load_workbook(BytesIO(BLANK)).worksheets[0]
    return next(f"{column}{row}" for row in range(1, 40) if sheet.cell(row=row, column=1).value == f"line.{number}")


def test_the_blank_form_reads_as_what_was_prefilled() -> None:
    assert read_xlsx_form(BLANK) == ReturnNotification(
        rma="RMA-100007",
        company="=Zakład Łączności",
        contact="王小明",
        lines=(
            ReturnLine(part_number="02113456", serial="2102113456AB7N000123", quantity=2),
            ReturnLine(part_number="02270099", quantity=1),
        ),
    )


def fill(sheet: Worksheet) -> None:
    sheet[cell("carrier")] = "DHL"
    sheet[cell("tracking")] = 146000098
    sheet[cell("ship_date")] = date(2026, 12, 28)
    sheet[cell("cartons")] = 2
    sheet[line(1, "C")] = 1.0
    sheet[line(1, "E")] = "port 3 dead"
    sheet[line(1, "F")] = "F001 worn out"
    sheet[line(1, "G")] = True
    sheet[line(2, "D")] = 210211345600000123


def test_a_filled_form_reads_as_it_was_filled() -> None:
    """A serial number of 18 digits typed as a number was rounded by the spreadsheet: it is not taken."""
    read = read_xlsx_form(edit(fill))
    assert read is not None
    assert (read.carrier, read.tracking, read.ship_date, read.cartons) == ("DHL", "146000098", date(2026, 12, 28), 2)
    assert read.lines == (
        ReturnLine(
            part_number="02113456", serial="2102113456AB7N000123", quantity=1, fault="port 3 dead", category="F001", data_removed="yes"
        ),
        ReturnLine(part_number="02270099", quantity=1),
    )


def test_rows_added_above_do_no_harm() -> None:
    assert read_xlsx_form(edit(lambda sheet: sheet.insert_rows(1, 3))) == read_xlsx_form(BLANK)


def add_rows(sheet: Worksheet) -> None:
    row = int(line(2, "B")[1:]) + 1
    sheet[f"B{row}"], sheet[f"C{row}"], sheet[f"D{row}"] = "02113456", 1, "2102113456AB7N000124"
    sheet[line(1, "C")], sheet[cell("ship_date")], sheet[cell("cartons")] = "a few", "soon", "some"


def test_a_row_added_below_the_lines_is_a_line_and_what_cannot_be_read_is_kept() -> None:
    """RM4: nothing that the customer wrote vanishes; the legend of the fault categories is no line."""
    read = read_xlsx_form(edit(add_rows))
    assert read is not None
    assert read.lines[2:] == (ReturnLine(part_number="02113456", serial="2102113456AB7N000124", quantity=1),)
    assert (read.lines[0].quantity, read.lines[0].unread_quantity) == (None, "a few")
    assert read.unread == (("ship_date", "soon"), ("cartons", "some"))


def test_every_cell_to_fill_is_text_and_nothing_is_a_formula() -> None:
    sheet = load_workbook(BytesIO(BLANK)).worksheets[0]
    used = [one for row in sheet.iter_rows() for one in row if one.value is not None]
    assert {one.number_format for one in used} == {"@"}
    assert {one.data_type for one in used} <= {"s", "n"}
    assert sheet.column_dimensions["A"].hidden


def test_the_same_form_is_the_same_bytes() -> None:
    assert build_return_form_xlsx(FORM) == BLANK


def zipped(members: dict[str, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def other_book() -> bytes:
    target = BytesIO()
    Workbook().save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 broken",
        other_book(),
        zipped({"xl/workbook.xml": b"<x/>"}),
        zipped({"xl/workbook.xml": b" " * 30_000_000}),
        zipped({"xl/workbook.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'}),
        zipped({f"xl/{number}": b"" for number in range(300)}),
        zipped({"word/document.xml": b"<x/>"}),
        BLANK[:2000],
        b"PK" + b"x" * 6_000_000,
    ],
)
def test_any_other_file_is_no_form(content: bytes) -> None:
    assert read_xlsx_form(content) is None


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(BLANK) - 1), st.binary(min_size=1, max_size=40))
def test_a_damaged_form_never_raises(place: int, damage: bytes) -> None:
    read = read_xlsx_form(BLANK[:place] + damage + BLANK[place + len(damage) :])
    assert read is None or isinstance(read, ReturnNotification)
