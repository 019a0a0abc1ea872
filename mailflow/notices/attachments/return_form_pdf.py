"""Draws the Return Notification as an AcroForm (ISO 32000-1, 12.7)."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from mailflow.notices.attachments.form_tree import finish_form
from mailflow.notices.attachments.pdf_text import draw_line, draw_lines, wrap
from mailflow.notices.attachments.return_form import CATEGORIES, HEAD_FIELDS, ReturnForm, ReturnFormLine
from mailflow.notices.environment import one_line

WIDTH, HEIGHT = A4
MARGIN = 18 * mm
FIELD_HEIGHT = 8 * mm
ROW = 15 * mm
LINE_BLOCK = 42 * mm
NO_CHOICE = (" ", " ")
"""reportlab wants a list to have something chosen."""
FRAME, PAPER, INK, TEXT, BLACK = map(HexColor, ("#8fa3bf", "#f6f8fb", "#12305c", "#1b2330", "#000000"))


def draw_form(form: ReturnForm) -> bytes:
    target = BytesIO()
    page = Canvas(target, pagesize=A4, invariant=1, pageCompression=1)
    page.setTitle(one_line(f"{form.label('title')} {form.rma}"))
    values = {name: one_line(value) for name, value in form.prefilled().items() if value}
    y = _draw_head(page, form)
    for number, line in enumerate(form.lines, 1):
        if y - LINE_BLOCK < MARGIN:
            page.showPage()
            y = HEIGHT - MARGIN
        _draw_form_line(page, form, number, line, y)
        y -= LINE_BLOCK
    if y - 32 * mm < MARGIN:
        page.showPage()
        y = HEIGHT - MARGIN
    _draw_legend(page, form, y)
    page.showPage()
    page.save()
    return finish_form(target.getvalue(), values, _draw_looks)


def _draw_looks(values: Sequence[tuple[str, float]]) -> bytes:
    """A page for each value, as wide as its field (points), with the value in letters that are embedded."""
    target = BytesIO()
    page = Canvas(target, invariant=1, pageCompression=1)
    for value, width in values:
        page.setPageSize((width, FIELD_HEIGHT))
        page.setFillColor(PAPER)
        page.setStrokeColor(FRAME)
        page.setLineWidth(1.2)
        page.rect(0, 0, width, FIELD_HEIGHT, fill=1)
        page.setFillColor(BLACK)
        draw_line(page, 1.5 * mm, FIELD_HEIGHT / 2 - 3.5, value, 10, width - 3 * mm)
        page.showPage()
    page.save()
    return target.getvalue()


def _draw_head(page: Canvas, form: ReturnForm) -> float:
    """Title, where to and by when, then the fields in two columns; returns where the parts begin."""
    inner = WIDTH - 2 * MARGIN
    page.setFillColor(INK)
    draw_line(page, MARGIN, HEIGHT - MARGIN - 4 * mm, form.label("title"), 20, inner)
    page.setFillColor(TEXT)
    y = draw_lines(page, MARGIN, HEIGHT - MARGIN - 12 * mm, wrap(form.label("intro"), 9.5, inner), 9.5, inner) - 1 * mm
    if form.return_address:
        destination = f"{form.label('send_to')}: {', '.join(form.return_address)}"
        y = draw_lines(page, MARGIN, y, wrap(destination, 9.5, inner), 9.5, inner)
    if form.valid_through:
        y = draw_lines(page, MARGIN, y, [f"{form.label('valid_through')}: {form.valid_through}"], 9.5, inner)
    top = y - 4 * mm
    half = (inner - 6 * mm) / 2
    names = ("rma", *HEAD_FIELDS)
    for position, name in enumerate(names):
        x = MARGIN + (position % 2) * (half + 6 * mm)
        _draw_field(page, form.label(name), name, x, top - ROW * (position // 2), half, read_only=name == "rma")
    return float(top - ROW * ((len(names) + 1) // 2) - 7 * mm)


def _draw_form_line(page: Canvas, form: ReturnForm, number: int, line: ReturnFormLine, y: float) -> None:
    inner = WIDTH - 2 * MARGIN
    page.setStrokeColor(FRAME)
    page.setLineWidth(0.6)
    page.line(MARGIN, y + 5 * mm, WIDTH - MARGIN, y + 5 * mm)
    page.setFillColor(INK)
    draw_line(page, MARGIN, y, f"{number}. {line.part_number}" + (f", {line.description}" if line.description else ""), 11, inner)
    page.setFillColor(TEXT)
    third = (inner - 8 * mm) / 3
    prefix = f"line.{number}."
    columns = (("part", MARGIN, third), ("quantity", MARGIN + third + 4 * mm, 22 * mm))
    for name, x, width in columns:
        _draw_field(page, form.label(name), prefix + name, x, y - 5 * mm, width, read_only=name == "part")
    serial_x = MARGIN + third + 30 * mm
    _draw_field(page, form.label("serial"), prefix + "serial", serial_x, y - 5 * mm, WIDTH - MARGIN - serial_x)
    _draw_field(page, form.label("fault"), prefix + "fault", MARGIN, y - 5 * mm - ROW, inner - 84 * mm)
    options = [NO_CHOICE, *((code, f"{code} {form.label(code)}") for code in CATEGORIES)]
    _draw_choice(page, form.label("category"), prefix + "category", options, WIDTH - MARGIN - 80 * mm, y - 5 * mm - ROW, 50 * mm)
    answers = [NO_CHOICE, ("yes", form.label("yes")), ("no", form.label("no"))]
    _draw_choice(page, form.label("data_removed"), prefix + "data_removed", answers, WIDTH - MARGIN - 26 * mm, y - 5 * mm - ROW, 26 * mm)


def _draw_frame(page: Canvas, label: str, x: float, y: float, width: float) -> None:
    """The label, and a frame on the page itself: viewers that draw the fields anew leave theirs out."""
    draw_line(page, x, y, label, 8.5, width)
    page.setStrokeColor(FRAME)
    page.setLineWidth(0.6)
    page.rect(x, y - 2 * mm - FIELD_HEIGHT, width, FIELD_HEIGHT)


def _draw_field(page: Canvas, label: str, name: str, x: float, y: float, width: float, *, read_only: bool = False) -> None:
    _draw_frame(page, label, x, y, width)
    page.acroForm.textfield(
        name=name, tooltip=one_line(label), value="", x=x, y=y - 2 * mm - FIELD_HEIGHT, width=width, height=FIELD_HEIGHT,
        fontName="Helvetica", fontSize=10, borderWidth=0.6, borderColor=FRAME, fillColor=PAPER, textColor=BLACK,
        fieldFlags="readOnly" if read_only else "", maxlen=400,
    )  # fmt: skip


def _draw_choice(page: Canvas, label: str, name: str, options: list[tuple[str, str]], x: float, y: float, width: float) -> None:
    """A list to choose from; what is kept is the code, whatever language the list is in."""
    _draw_frame(page, label, x, y, width)
    page.acroForm.choice(
        name=name, tooltip=one_line(label), value=" ", options=[(one_line(shown) or " ", code) for code, shown in options],
        x=x, y=y - 2 * mm - FIELD_HEIGHT, width=width, height=FIELD_HEIGHT,
        fontName="Helvetica", fontSize=9, borderWidth=0.6, borderColor=FRAME, fillColor=PAPER, textColor=BLACK,
        fieldFlags="combo edit",
    )  # fmt: skip


def _draw_legend(page: Canvas, form: ReturnForm, y: float) -> None:
    inner = WIDTH - 2 * MARGIN
    draw_line(page, MARGIN, y, form.label("category"), 9, inner)
    draw_lines(page, MARGIN, y - 4.5 * mm, [f"{code}  {form.label(code)}" for code in CATEGORIES], 8, inner)
