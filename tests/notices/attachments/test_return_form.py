"""The Return Notification as people see and fill it (RM4): its letters travel with the file, and three ways of filling it mean the same."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]  # ships no types
import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from mailflow.message.documents.return_form import fill_pdf_form, read_pdf_form, read_xlsx_form
from mailflow.message.documents.text_form import read_text_form
from mailflow.message.model import ReturnLine, ReturnNotification
from mailflow.notices.attachments.return_form import ReturnForm, ReturnFormLine, build_return_form_xlsx
from mailflow.notices.attachments.return_pdf import build_return_form_pdf
from mailflow.notices.render import Templates

TEMPLATES = Templates(Path(__file__).parents[3] / "templates" / "email")
POLISH = {
    "company": "Zakład Łączności „Gęś”",
    "contact": "Żaneta Ćwikła",
    "carrier": "Poczta Łódź",
    "fault": "Pęknięta ścieżka przy złączu",
}
CHINESE = {"company": "上海喆镕通信有限公司", "contact": "王小明", "carrier": "顺丰速运", "fault": "端口三无信号"}


GERMAN = {"company": "Müller & Söhne GmbH", "contact": "Jörg Weiß", "carrier": "Köttgen Spedition", "fault": "Lüfter stößt an das Gehäuse"}


def form(values: dict[str, str], language: str) -> ReturnForm:
    return ReturnForm(
        rma="RMA-100007",
        company=values["company"],
        contact=values["contact"],
        telephone="+48 22 555 0123",
        valid_through="2026-12-20",
        lines=(ReturnFormLine(part_number="02113456", quantity=2, serials=("2102113456AB7N000123",)),),
        words=TEMPLATES.wording(language).section("form"),
    )


def filled_in(values: dict[str, str]) -> dict[str, str]:
    return {
        "carrier": values["carrier"],
        "tracking": "JD0146000098",
        "ship_date": "2026-12-28",
        "cartons": "3",
        "line.1.quantity": "1",
        "line.1.fault": values["fault"],
        "line.1.category": "F001",
        "line.1.data_removed": "yes",
    }


@pytest.mark.parametrize(("values", "language"), [(POLISH, "pl"), (CHINESE, "zh"), (GERMAN, "de")])
def test_three_ways_of_filling_mean_the_same(values: dict[str, str], language: str) -> None:
    """The PDF in a viewer, the spreadsheet in an office program, the same fields typed as text."""
    typed = filled_in(values)
    expected = ReturnNotification(
        rma="RMA-100007",
        company=values["company"],
        contact=values["contact"],
        telephone="+48 22 555 0123",
        carrier=values["carrier"],
        tracking="JD0146000098",
        ship_date=date(2026, 12, 28),
        cartons=3,
        lines=(
            ReturnLine(
                part_number="02113456",
                serial="2102113456AB7N000123",
                quantity=1,
                fault=values["fault"],
                category="F001",
                data_removed="yes",
            ),
        ),
    )
    blank = form(values, language)
    words = blank.words
    text = "\n".join(
        f"{words[name]}: {value}"
        for name, value in {
            "rma": "RMA-100007", "company": values["company"], "contact": values["contact"], "telephone": "+48 22 555 0123",
            "carrier": values["carrier"], "tracking": "JD0146000098", "ship_date": "2026-12-28", "cartons": "3", "part": "02113456",
            "quantity": "1", "serial": "2102113456AB7N000123", "fault": values["fault"], "category": "F001", "data_removed": "yes",
        }.items()
    )  # fmt: skip
    assert read_pdf_form(fill_pdf_form(build_return_form_pdf(blank), typed)) == expected
    assert read_xlsx_form(filled_spreadsheet(build_return_form_xlsx(blank), typed)) == expected
    assert read_text_form(text, today=date(2026, 12, 29), language=language) == expected


def filled_spreadsheet(content: bytes, typed: dict[str, str]) -> bytes:
    """As an office program leaves it: values typed into the cells beside the labels."""
    columns = ("part", "quantity", "serial", "fault", "category", "data_removed")
    book = load_workbook(BytesIO(content))
    sheet = book.worksheets[0]
    rows = {str(row[0].value): row for row in sheet.iter_rows() if row[0].value}
    for name, value in typed.items():
        head, _, column = name.rpartition(".")
        if head:
            rows[head][1 + columns.index(column)].value = value
        else:
            rows[name][2].value = value
    saved = BytesIO()
    book.save(saved)
    return saved.getvalue()


@pytest.mark.parametrize(("values", "language"), [(POLISH, "pl"), (CHINESE, "zh"), (GERMAN, "de")])
def test_every_letter_of_a_value_is_drawn_from_a_font_inside_the_file(values: dict[str, str], language: str) -> None:
    """What a viewer without Polish or Chinese fonts shows: the appearance of each prefilled field, all its fonts embedded."""
    reader = PdfReader(BytesIO(build_return_form_pdf(form(values, language))))
    assert reader.root_object["/AcroForm"]["/NeedAppearances"].value is False
    seen = 0
    for page in reader.pages:
        for annotation in page["/Annots"]:
            field = annotation.get_object()
            if field.get("/V") not in (values["company"], values["contact"]):
                continue
            fonts = field["/AP"]["/N"]["/Resources"]["/Font"].values()
            descriptors = [font.get_object().get("/FontDescriptor") for font in fonts if font.get_object()["/BaseFont"] != "/Helvetica"]
            assert descriptors and all("/FontFile2" in one.get_object() for one in descriptors)
            seen += 1
    assert seen == 2


def test_a_value_looks_different_from_an_empty_field() -> None:
    """The picture of the page: the field is not blank and not boxes, since two different names give two different pictures."""
    pictures = {picture_of(contact) for contact in ("", "王小明", "李小明", "喆镕堃", "Żaneta")}
    assert len(pictures) == 5


def picture_of(contact: str) -> bytes:
    content = build_return_form_pdf(form({**CHINESE, "contact": contact}, "zh"))
    document = pypdfium2.PdfDocument(content)
    document.init_forms()
    picture: bytes = document[0].render(scale=1.5, may_draw_forms=True).to_pil().tobytes()
    return picture
