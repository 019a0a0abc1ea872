"""The Return Notification as PDF (RM4): built, filled in, read back."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from mailflow.message.documents.return_form import UnknownField, fill_pdf_form, read_day, read_number, read_pdf_form
from mailflow.message.model import ReturnLine, ReturnNotification
from mailflow.notices.attachments.return_form import LABELS, ReturnForm, ReturnFormLine
from mailflow.notices.attachments.return_pdf import build_return_form_pdf

FORM = ReturnForm(
    rma="RMA-100007",
    company="Zakład Łączności (Łódź)",
    contact="王小明",
    telephone="+48 22 555 0123",
    return_address=("Example Networks", "1 Road"),
    valid_through="20 December 2026",
    lines=(
        ReturnFormLine(
            part_number="02113456", description="Line card", quantity=2, serials=("2102113456AB7N000123", "2102113456AB7N000124")
        ),
        ReturnFormLine(part_number="02270099"),
    ),
)
BLANK = build_return_form_pdf(FORM)
PREFILLED = ReturnNotification(
    rma="RMA-100007",
    company="Zakład Łączności (Łódź)",
    contact="王小明",
    telephone="+48 22 555 0123",
    lines=(
        ReturnLine(part_number="02113456", serial="2102113456AB7N000123, 2102113456AB7N000124", quantity=2),
        ReturnLine(part_number="02270099", quantity=1),
    ),
)


def test_the_blank_form_reads_as_what_was_prefilled() -> None:
    assert read_pdf_form(BLANK) == PREFILLED


def test_the_fields_have_the_names_of_the_contract() -> None:
    leaves = {name for name, field in (PdfReader(BytesIO(BLANK)).get_fields() or {}).items() if field.get("/FT")}
    head = {"rma", "company", "contact", "telephone", "carrier", "tracking", "ship_date", "cartons"}
    columns = ("part", "quantity", "serial", "fault", "category", "data_removed")
    assert leaves == head | {f"line.{number}.{column}" for number in (1, 2) for column in columns}


def test_a_filled_form_reads_as_it_was_filled() -> None:
    values = {
        "carrier": "Poczta Łódź",
        "tracking": "JD0146000098",
        "ship_date": "28 December 2026",
        "cartons": "3",
        "line.1.quantity": "1",
        "line.1.serial": "2102113456AB7N000123",
        "line.1.fault": "端口故障; port 3 dead",
        "line.1.category": "F001",
        "line.1.data_removed": "yes",
        "line.2.category": "F003",
    }
    assert read_pdf_form(fill_pdf_form(BLANK, values)) == ReturnNotification(
        rma="RMA-100007",
        company="Zakład Łączności (Łódź)",
        contact="王小明",
        telephone="+48 22 555 0123",
        carrier="Poczta Łódź",
        tracking="JD0146000098",
        ship_date=date(2026, 12, 28),
        cartons=3,
        lines=(
            ReturnLine(
                part_number="02113456",
                serial="2102113456AB7N000123",
                quantity=1,
                fault="端口故障; port 3 dead",
                category="F001",
                data_removed="yes",
            ),
            ReturnLine(part_number="02270099", quantity=1, category="F003"),
        ),
    )


def test_a_form_of_many_lines_goes_over_pages_and_comes_back_whole() -> None:
    lines = tuple(ReturnFormLine(part_number=f"0211{number:04}", quantity=number) for number in range(1, 41))
    pdf = build_return_form_pdf(ReturnForm(rma="RMA-1", lines=lines))
    read = read_pdf_form(fill_pdf_form(pdf, {"line.40.fault": "last"}))
    assert read is not None
    assert [(line.part_number, line.quantity) for line in read.lines] == [(line.part_number, line.quantity) for line in lines]
    assert read.lines[39].fault == "last"


def test_the_same_form_is_the_same_bytes() -> None:
    assert build_return_form_pdf(FORM) == BLANK


def test_a_field_that_the_form_lacks_is_named() -> None:
    with pytest.raises(UnknownField) as refused:
        fill_pdf_form(BLANK, {"colour": "red", "line.3.part": "x"})
    assert str(refused.value) == "the form has no field colour, line.3.part"


def plain_pdf() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7", b"%PDF-1.7\n%%EOF", plain_pdf(), BLANK[: len(BLANK) // 2], b"%PDF" + b"<<" * 20_000, b"%PDF" + b"[" * 200_000,
     b"PK\x03\x04", b"%PDF-1.4\n" + b"x" * 6_000_000],
)  # fmt: skip
def test_any_other_file_is_no_form(content: bytes) -> None:
    assert read_pdf_form(content) is None


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(BLANK) - 1), st.binary(min_size=1, max_size=40))
def test_a_damaged_form_never_raises(place: int, damage: bytes) -> None:
    read = read_pdf_form(BLANK[:place] + damage + BLANK[place + len(damage) :])
    assert read is None or isinstance(read, ReturnNotification)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-28", date(2026, 12, 28)),
        ("2026/1/5", date(2026, 1, 5)),
        ("2026年12月28日", date(2026, 12, 28)),
        ("28.12.2026", date(2026, 12, 28)),
        ("3/4/2026", date(2026, 4, 3)),
        ("28 December 2026", date(2026, 12, 28)),
        ("December 2026", None),
        ("tomorrow", None),
        ("2026-02-31", None),
        ("", None),
        ("9" * 400, None),
    ],
)
def test_days_are_read_as_typed(text: str, day: date | None) -> None:
    assert read_day(text) == day


@pytest.mark.parametrize(("text", "number"), [("3", 3), (" 3 pcs", 3), ("3.0", 3), ("three", None), ("", None), ("9" * 40, None)])
def test_numbers_are_read_as_typed(text: str, number: int | None) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize("word", ["zażółć gęślą", "返修通知单", "Łódź 返修"])
def test_a_form_in_any_script_is_drawn_and_reads_alike(word: str) -> None:
    words = {key: f"{word} {key}" for key in LABELS}
    form = ReturnForm(rma="RMA-1", valid_through=word, return_address=(word,), lines=(ReturnFormLine("02113456", word),), words=words)
    pdf = fill_pdf_form(build_return_form_pdf(form), {"line.1.category": "F060", "tracking": word})
    assert read_pdf_form(pdf) == ReturnNotification(
        rma="RMA-1", tracking=word, lines=(ReturnLine(part_number="02113456", quantity=1, category="F060"),)
    )
