"""Lists of what arrived (RM5): CSV and XLSX with columns in any order, in the three languages; each wrong row is named."""

from __future__ import annotations

import zipfile
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from mailflow.message.documents.receiving_list import ReceivingList, ReceivingRow, read_receiving_list
from mailflow.message.item import Item
from mailflow.message.model import Attachment
from mailflow.notices.attachments.return_form import ReturnForm, build_return_form_xlsx

SERIAL, OTHER = "2102352KLM10L5000456", "2102352KLM10L5000457"


def read(content: bytes | str) -> ReceivingList | None:
    return read_receiving_list(Attachment("list", "application/octet-stream", content.encode() if isinstance(content, str) else content))


def sheet(*rows: tuple[object, ...], empty_sheets: int = 0) -> bytes:
    book = Workbook()
    for _ in range(empty_sheets):
        book.create_sheet(index=0)
    table = book.worksheets[empty_sheets]
    for row in rows:
        table.append(row)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def problems(found: ReceivingList | None) -> list[tuple[int, str]]:
    assert found is not None
    return [(problem.row, problem.name) for problem in found.problems]


LIST = (
    "RMA;Part number;Serial number;Quantity;Condition\n"
    f"RMA-100001;02352KLM;{SERIAL};1;ok\n"
    "rma 100001;02113456;;2;box torn\n"
    ";;;;\n"
    f"RMA-100002;;{OTHER};;\n"
    "RMA-100002;02113456;;0;did not come\n"
    "Total;;;4;\n"
)
ROWS = (
    ReceivingRow(Item(1, "02352KLM", (SERIAL,), "ok", "RMA-100001"), f"RMA-100001 | 02352KLM | {SERIAL} | 1 | ok", 2),
    ReceivingRow(Item(2, "02113456", (), "box torn", "RMA-100001"), "rma 100001 | 02113456 | 2 | box torn", 3),
    ReceivingRow(Item(1, "02352KLM", (OTHER,), "", "RMA-100002"), f"RMA-100002 | {OTHER}", 5),
)


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250", "gb18030"])
def test_a_csv_list_is_read_whatever_its_delimiter_and_encoding(delimiter: str, encoding: str) -> None:
    """Empty rows, totals and quantities of 0 say nothing; the part number follows from a serial of 20 characters (IN4)."""
    assert read(LIST.replace(";", delimiter).encode(encoding)) == ReceivingList(ROWS, ())


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("stan,ilość przyjęta,numer części\nuszkodzony karton,2,02113456\n", "cp1250", ("02113456", 2, "uszkodzony karton")),
        ("Numer części;Ilość;Uwagi\n02113456;2 szt.;zgięty róg\n", "utf-8", ("02113456", 2, "zgięty róg")),
        ("部件编码\t数量\t备注\n02113456\t2\t外箱破损\n", "gb18030", ("02113456", 2, "外箱破损")),
        ("备注,实收数量,部件号\n外箱破损,2,02113456\n", "utf-16", ("02113456", 2, "外箱破损")),
        ("sep=;\nPart no.;Qty;Remarks\n02113456;2;\n", "utf-8", ("02113456", 2, "")),
        ("Goods in 20 Nov\n\nPart,Quantity ordered,Received\n02113456,5,2\n", "utf-8", ("02113456", 2, "")),
        ('Part,Quantity,Received,Condition\n="02113456",5,2.0,"torn,\nwet"\n', "utf-8", ("02113456", 2, "torn, wet")),
    ],
)
def test_columns_are_known_by_their_names_in_three_languages(text: str, encoding: str, expected: tuple[str, int, str]) -> None:
    found = read(text.encode(encoding))
    assert found is not None and found.problems == ()
    assert [(row.item.part_number, row.item.quantity, row.item.condition) for row in found.rows] == [expected]


def test_a_workbook_is_read_with_serials_as_text_and_whole_quantities() -> None:
    found = read(sheet(("Goods in",), ("Qty", "S/N", "Part number"), (1.0, SERIAL, "02352KLM"), (2, None, "02113456"), empty_sheets=1))
    assert found is not None and found.problems == ()
    assert [(row.item.part_number, row.item.serials, row.item.quantity, row.row) for row in found.rows] == [
        ("02352KLM", (SERIAL,), 1, 3),
        ("02113456", (), 2, 4),
    ]


def test_several_serials_in_a_cell_are_a_row_each() -> None:
    found = read(f'Part;Serial;Qty\n02352KLM;"{SERIAL}, {OTHER}";2\n')
    assert found is not None
    assert [(*row.item.serials, row.item.quantity) for row in found.rows] == [(SERIAL, 1), (OTHER, 1)]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ("x;02113456;;1", "rma_wrong"),
        ("RMA-1000;;;3", "part_missing"),
        ("RMA-1000;memory;;3", "part_wrong"),
        ("RMA-1000;=HYPERLINK(A1);;3", "part_wrong"),
        ("RMA-1000;02113456;;", "quantity_missing"),
        ("RMA-1000;02113456;;many", "quantity_wrong"),
        ("RMA-1000;02113456;;-1", "quantity_wrong"),
        ("RMA-1000;02113456;;1.5", "quantity_wrong"),
        ("RMA-1000;02113456;;=1+1", "quantity_wrong"),
        ("RMA-1000;02113456;;1234567", "quantity_wrong"),
        ("RMA-1000;02113456;2,10235E+19;1", "serial_rounded"),
        ("RMA-1000;02113456;=cmd|x;1", "serial_wrong"),
        (f"RMA-1000;02352KLM;{SERIAL} {OTHER};3", "serials_do_not_match"),
    ],
)
def test_a_row_that_cannot_be_read_is_a_problem_with_its_number(row: str, name: str) -> None:
    found = read(f"RMA;Part;Serial;Quantity\nRMA-1000;02113456;;1\n{row}\n")
    assert problems(found) == [(3, name)]
    assert found is not None and len(found.rows) == 1


def test_a_serial_that_the_spreadsheet_took_for_a_number_is_a_problem() -> None:
    found = read(
        sheet(
            ("Part", "Serial", "Qty"), ("02352KLM", 210235210112345678901, 1), ("02352KLM", date(2026, 1, 1), 1), ("02113456", 12345678, 1)
        )
    )
    assert problems(found) == [(2, "serial_rounded"), (3, "serial_wrong")]
    assert found is not None and [row.item.serials for row in found.rows] == [("12345678",)]


def test_rows_beyond_the_2000th_are_told_not_dropped() -> None:
    found = read("Part,Qty\n" + "02113456,1\n" * 2100)
    assert problems(found) == [(2000, "too_many_rows")]
    assert found is not None and len(found.rows) == 1998


def test_formulas_in_conditions_are_plain_text_and_are_not_computed() -> None:
    found = read(sheet(("Part", "Qty", "Condition"), ("02113456", 1, "=1+1"), ("02113456", 1, "@cmd")))
    assert found is not None
    assert [row.item.condition for row in found.rows] == ["", "cmd"]


@pytest.mark.parametrize(
    "content",
    [
        *("", "hello", "a,b,c\n1,2,3\n", "Dear team,\nfind the part, quantity and serial below\n", "Part\n02113456\n", "Part,Model\n1,2\n"),
        *(b"PK\x03\x04garbage", b"\x00\x01\x02,\x03", b"%PDF-1.7", b"\xff\xfe", "x" * 5_000_001, "Quantity;Condition\n1;ok\n"),
    ],
)
def test_another_file_is_no_list(content: bytes | str) -> None:
    assert read(content) is None


def test_our_own_return_form_is_no_list_of_arrivals() -> None:
    form = ReturnForm(rma="RMA-1", company="c", contact="d", return_address=("e",), valid_through="x", lines=())
    assert read(build_return_form_xlsx(form)) is None


def test_a_bomb_is_no_list() -> None:
    target = BytesIO(sheet(("Part", "Qty"), ("02113456", 1)))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/bomb", b"\0" * 30_000_000)
    assert len(target.getvalue()) < 100_000 and read(target.getvalue()) is None


@given(st.binary(max_size=300))
def test_any_bytes_below_a_heading_are_rows_or_problems(content: bytes) -> None:
    found = read(b"Part,Qty,Serial\n" + content)
    assert found is None or all(0 < row.item.quantity < 100_000 and row.item.part_number for row in found.rows)
