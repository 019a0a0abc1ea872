"""A label for the outside of a carton (RM2): the RMA number in clear text, as Code 128 and as QR code, on one A6 page."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import segno
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A6
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from mailflow.notices.attachments.pdf_text import draw_line, draw_lines
from mailflow.notices.environment import one_line

MARGIN = 8 * mm
BAR_HEIGHT = 20 * mm
WIDEST_BAR = 0.45 * mm
QR_SIZE = 38 * mm
QUIET_MODULES = 4
"""The white frame that a reader needs around a QR code (ISO/IEC 18004)."""


def build_carton_label_pdf(rma: str, return_address: Sequence[str], company: str, *, heading: str = "RMA") -> bytes:
    """The page; the same bytes for the same values. `heading` stands above the number, `company` is the sender's."""
    target = BytesIO()
    page = Canvas(target, pagesize=A6, invariant=1, pageCompression=1)
    page.setTitle(one_line(f"{heading} {rma}"))
    width, height = A6
    inner = width - 2 * MARGIN
    draw_line(page, MARGIN, height - MARGIN - 4 * mm, heading, 11, inner)
    draw_line(page, MARGIN, height - MARGIN - 16 * mm, rma, 30, inner)
    _draw_barcode(page, rma, height - MARGIN - 20 * mm - BAR_HEIGHT)
    qr_bottom = height - MARGIN - 26 * mm - BAR_HEIGHT - QR_SIZE
    _draw_qr(page, rma, width - MARGIN - QR_SIZE, qr_bottom)
    draw_lines(page, MARGIN, qr_bottom + QR_SIZE - 8 * mm, [company] if company else [], 11, inner - QR_SIZE - 3 * mm)
    page.setLineWidth(0.5)
    page.line(MARGIN, qr_bottom - 4 * mm, width - MARGIN, qr_bottom - 4 * mm)
    draw_lines(page, MARGIN, qr_bottom - 11 * mm, return_address, 13, inner)
    page.showPage()
    page.save()
    return target.getvalue()


def _draw_barcode(page: Canvas, text: str, bottom: float) -> None:
    """As wide as the page allows: narrow bars are what scanners fail on."""
    width = A6[0]
    bar = WIDEST_BAR
    barcode = Code128(text, barHeight=BAR_HEIGHT, barWidth=bar, quiet=True)
    if barcode.width > width:
        barcode = Code128(text, barHeight=BAR_HEIGHT, barWidth=bar * width / barcode.width, quiet=True)
    barcode.drawOn(page, (width - barcode.width) / 2, bottom)


def _draw_qr(page: Canvas, text: str, left: float, bottom: float) -> None:
    rows = [bytes(row) for row in segno.make_qr(text, error="m", boost_error=False).matrix]
    module = QR_SIZE / (len(rows) + 2 * QUIET_MODULES)
    path = page.beginPath()
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                x = left + (across + QUIET_MODULES) * module
                path.rect(x, bottom + QR_SIZE - (down + 1 + QUIET_MODULES) * module, module, module)
    page.drawPath(path, stroke=0, fill=1)
