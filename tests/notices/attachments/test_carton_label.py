"""The carton label (RM2): both codes are read again from the printed page, as a phone in the warehouse would."""

from __future__ import annotations

from io import BytesIO

import pypdfium2  # type: ignore[import-untyped]  # ships no types
import pytest
import zxingcpp
from pypdf import PdfReader

from mailflow.notices.attachments.return_pdf import build_carton_label_pdf

ADDRESS = ("Example Networks, Receiving", "ul. Żwirki i Wigury 1", "02-092 Warszawa")


def read_codes(pdf: bytes) -> list[tuple[str, str]]:
    image = pypdfium2.PdfDocument(pdf)[0].render(scale=200 / 72).to_pil()
    return sorted((str(code.format), code.text) for code in zxingcpp.read_barcodes(image))


@pytest.mark.parametrize("rma", ["RMA-100007", "RMA-1", "HEZO-RMA-2026-0000100007"])
def test_both_codes_decode_to_the_number(rma: str) -> None:
    assert read_codes(build_carton_label_pdf(rma, ADDRESS, "Customer Networks")) == [("Code 128", rma), ("QR Code", rma)]


def test_the_text_is_on_the_page_with_all_its_letters() -> None:
    page = PdfReader(BytesIO(build_carton_label_pdf("RMA-100007", ADDRESS, "Zakład Łączności"))).pages[0]
    assert page.extract_text().strip().split("\n") == ["RMA", "RMA-100007", "Zakład Łączności", *ADDRESS]
    assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [105, 148]


def test_the_same_label_is_the_same_bytes() -> None:
    assert build_carton_label_pdf("RMA-1", ADDRESS, "C") == build_carton_label_pdf("RMA-1", ADDRESS, "C")


def test_hostile_names_only_make_small_print() -> None:
    pdf = build_carton_label_pdf("RMA-1", ("x" * 500, "a\x00b\r\nc", "中国上海市浦东新区"), "<b>&" * 80)
    assert read_codes(pdf) == [("Code 128", "RMA-1"), ("QR Code", "RMA-1")]
