"""What travels with a return as PDF: the Return Notification as a form to fill in (RM4), and the label of a carton (RM2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import cast

import segno
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    StreamObject,
    TextStringObject,
)
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, A6
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from mailflow.message.model import FAULT_CATEGORIES
from mailflow.notices.attachments.pdf_text import BLACK, Line, below, draw, wrap
from mailflow.notices.attachments.return_form import HEAD_FIELDS, ReturnForm, ReturnFormLine
from mailflow.notices.environment import one_line

WIDTH, HEIGHT = A4
MARGIN = 18 * mm
INNER = WIDTH - 2 * MARGIN
FIELD_HEIGHT = 8 * mm
ROW = 15 * mm
LINE_BLOCK = 42 * mm
LEGEND_BLOCK = 32 * mm
NO_CHOICE = (" ", " ")
"""reportlab wants a list to have something chosen."""
FRAME, PAPER, INK, TEXT = map(HexColor, ("#8fa3bf", "#f6f8fb", "#12305c", "#1b2330"))

LABEL_MARGIN = 8 * mm
BAR_HEIGHT = 20 * mm
WIDEST_BAR = 0.45 * mm
QR_SIZE = 38 * mm
QUIET_MODULES = 4
"""The white frame that a reader needs around a QR code (ISO/IEC 18004)."""


def build_return_form_pdf(form: ReturnForm) -> bytes:
    """Draw the form; fields `rma`, `company`, … and `line.1.part`, `line.1.quantity`, …. The same bytes for the same form."""
    target = BytesIO()
    page = Canvas(target, pagesize=A4, invariant=1, pageCompression=1)
    say = form.labels()
    page.setTitle(one_line(f"{say['title']} {form.rma}"))
    texts, y = _draw_head(page, form, say)
    for number, line in enumerate(form.lines, 1):
        if y - LINE_BLOCK < MARGIN:
            draw(page, texts)
            page.showPage()
            texts, y = [], HEIGHT - MARGIN
        texts += _draw_form_line(page, say, number, line, y)
        y -= LINE_BLOCK
    if y - LEGEND_BLOCK < MARGIN:
        draw(page, texts)
        page.showPage()
        texts, y = [], HEIGHT - MARGIN
    legend = [f"{code} {say[code]}" for code in FAULT_CATEGORIES]
    draw(page, [*texts, Line(MARGIN, y, say["category"], 9, INNER, TEXT), *below(Line(MARGIN, y - 4.5 * mm, "", 8, INNER, TEXT), legend)])
    page.showPage()
    page.save()
    return _finish_form(target.getvalue(), {name: value for name, value in form.prefilled().items() if value})


def _draw_head(page: Canvas, form: ReturnForm, say: Mapping[str, str]) -> tuple[list[Line], float]:
    """Title, where to and by when, then the fields in two columns; gives the texts and where the parts begin."""
    about = wrap(say["intro"], 9.5, INNER)
    to = wrap(one_line(f"{say['send_to']}: {', '.join(form.return_address)}"), 9.5, INNER) if form.return_address else []
    until = [one_line(f"{say['valid_through']}: {form.valid_through}")] if form.valid_through else []
    first = Line(MARGIN, HEIGHT - MARGIN - 12 * mm, "", 9.5, INNER, TEXT)
    beside = first._replace(y=first.y - len(about) * 9.5 * 1.35 - 1 * mm)
    texts = [Line(MARGIN, HEIGHT - MARGIN - 4 * mm, say["title"], 20, INNER, INK), *below(first, about), *below(beside, [*to, *until])]
    top = beside.y - len([*to, *until]) * 9.5 * 1.35 - 4 * mm
    half = (INNER - 6 * mm) / 2
    names = ("rma", *HEAD_FIELDS)
    for position, name in enumerate(names):
        x, y = MARGIN + (position % 2) * (half + 6 * mm), top - ROW * (position // 2)
        texts.append(_draw_field(page, say[name], name, x, y, half, read_only=name == "rma"))
    return texts, top - ROW * ((len(names) + 1) // 2) - 7 * mm


def _draw_form_line(page: Canvas, say: Mapping[str, str], number: int, line: ReturnFormLine, y: float) -> list[Line]:
    page.setStrokeColor(FRAME)
    page.setLineWidth(0.6)
    page.line(MARGIN, y + 5 * mm, WIDTH - MARGIN, y + 5 * mm)
    title = one_line(f"{number}. {line.part_number}" + (f", {line.description}" if line.description else ""))
    prefix, third, up, down = f"line.{number}.", (INNER - 8 * mm) / 3, y - 5 * mm, y - 5 * mm - ROW
    serial_x = MARGIN + third + 30 * mm
    categories = [NO_CHOICE, *((code, f"{code} {say[code]}") for code in FAULT_CATEGORIES)]
    answers = [NO_CHOICE, ("yes", say["yes"]), ("no", say["no"])]
    return [
        Line(MARGIN, y, title, 11, INNER, INK),
        _draw_field(page, say["part"], prefix + "part", MARGIN, up, third, read_only=True),
        _draw_field(page, say["quantity"], prefix + "quantity", MARGIN + third + 4 * mm, up, 22 * mm),
        _draw_field(page, say["serial"], prefix + "serial", serial_x, up, WIDTH - MARGIN - serial_x),
        _draw_field(page, say["fault"], prefix + "fault", MARGIN, down, INNER - 84 * mm),
        _draw_field(page, say["category"], prefix + "category", WIDTH - MARGIN - 80 * mm, down, 50 * mm, choices=categories),
        _draw_field(page, say["data_removed"], prefix + "data_removed", WIDTH - MARGIN - 26 * mm, down, 26 * mm, choices=answers),
    ]


def _draw_field(
    page: Canvas,
    label: str,
    name: str,
    x: float,
    y: float,
    width: float,
    *,
    read_only: bool = False,
    choices: Sequence[tuple[str, str]] = (),
) -> Line:
    """A field and its frame on the page itself, since viewers that draw fields anew leave theirs out; gives its label.

    Of `choices` (code, text) the code is kept, whatever language the list is in.
    """
    page.setStrokeColor(FRAME)
    page.setLineWidth(0.6)
    page.rect(x, y - 2 * mm - FIELD_HEIGHT, width, FIELD_HEIGHT)
    shape = {
        "name": name, "tooltip": label, "x": x, "y": y - 2 * mm - FIELD_HEIGHT, "width": width, "height": FIELD_HEIGHT,
        "fontName": "Helvetica", "borderWidth": 0.6, "borderColor": FRAME, "fillColor": PAPER, "textColor": BLACK,
    }  # fmt: skip
    if choices:
        options = [(shown or " ", code) for code, shown in choices]
        page.acroForm.choice(**shape, value=" ", options=options, fontSize=9, fieldFlags="combo edit")
    else:
        page.acroForm.textfield(**shape, value="", fontSize=10, fieldFlags="readOnly" if read_only else "", maxlen=400)
    return Line(x, y, label, 8.5, width, TEXT)


def _finish_form(drawn: bytes, values: Mapping[str, str]) -> bytes:
    """Set the values, and make the field names with dots a tree, as ISO 32000-1 12.7.3.2 wants them.

    How a field looks with its value travels with the file, letters included, so that every viewer shows it; a viewer draws a field
    anew only where somebody types into it.
    """
    writer = PdfWriter(clone_from=PdfReader(BytesIO(drawn)))
    form = cast(DictionaryObject, writer.root_object["/AcroForm"])
    form[NameObject("/NeedAppearances")] = BooleanObject(False)
    references = {str(one.get_object()["/T"]): one for one in cast(ArrayObject, form["/Fields"])}
    fields = {name: cast(DictionaryObject, reference.get_object()) for name, reference in references.items()}
    if values:
        boxes = {name: [float(side) for side in cast(ArrayObject, fields[name]["/Rect"])] for name in values}
        looks = _draw_looks((value, boxes[name][2] - boxes[name][0]) for name, value in values.items())
        for (name, value), page in zip(values.items(), PdfReader(BytesIO(looks)).pages, strict=True):
            content = page.get_contents()
            look = StreamObject()
            # between BMC and EMC a viewer puts what is typed later (ISO 32000-1 12.7.3.3)
            look.set_data(b"/Tx BMC\nq\n%b\nQ\nEMC\n" % (content.get_data() if content is not None else b""))
            look[NameObject("/Type")] = NameObject("/XObject")
            look[NameObject("/Subtype")] = NameObject("/Form")
            look[NameObject("/BBox")] = ArrayObject(FloatObject(side) for side in page.mediabox)
            look[NameObject("/Resources")] = cast(DictionaryObject, page["/Resources"]).clone(writer)
            fields[name][NameObject("/V")] = TextStringObject(value)
            fields[name][NameObject("/AP")] = DictionaryObject({NameObject("/N"): writer._add_object(look)})
    roots = ArrayObject()
    parents: dict[str, DictionaryObject] = {}
    for name, reference in references.items():
        above, _, own = name.rpartition(".")
        fields[name][NameObject("/T")] = TextStringObject(own)
        _hang(writer, reference, fields[name], above, parents, roots)
    form[NameObject("/Fields")] = roots
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def _hang(
    writer: PdfWriter,
    reference: IndirectObject,
    node: DictionaryObject,
    above: str,
    parents: dict[str, DictionaryObject],
    roots: ArrayObject,
) -> None:
    """Put a node under the one of a name such as `line.1`, which is made with all above it where it is new."""
    if not above:
        roots.append(reference)
        return
    if above not in parents:
        higher, _, own = above.rpartition(".")
        parents[above] = DictionaryObject({NameObject("/T"): TextStringObject(own), NameObject("/Kids"): ArrayObject()})
        _hang(writer, writer._add_object(parents[above]), parents[above], higher, parents, roots)
    node[NameObject("/Parent")] = cast(IndirectObject, parents[above].indirect_reference)
    cast(ArrayObject, parents[above]["/Kids"]).append(reference)


def _draw_looks(values: Iterable[tuple[str, float]]) -> bytes:
    """A page for each value, as wide as its field (points), with the value in letters that are embedded."""
    target = BytesIO()
    page = Canvas(target, invariant=1, pageCompression=1)
    for value, width in values:
        page.setPageSize((width, FIELD_HEIGHT))
        page.setFillColor(PAPER)
        page.setStrokeColor(FRAME)
        page.setLineWidth(1.2)
        page.rect(0, 0, width, FIELD_HEIGHT, fill=1)
        draw(page, [Line(1.5 * mm, FIELD_HEIGHT / 2 - 3.5, value, 10, width - 3 * mm)])
        page.showPage()
    page.save()
    return target.getvalue()


def build_carton_label_pdf(rma: str, return_address: Sequence[str], company: str, *, heading: str = "RMA") -> bytes:
    """Draw the label on an A6 page: the number in clear text, as Code 128 and as QR code. The same bytes for the same values.

    `heading` stands above the number, `company` is the sender's.
    """
    target = BytesIO()
    page = Canvas(target, pagesize=A6, invariant=1, pageCompression=1)
    page.setTitle(one_line(f"{heading} {rma}"))
    width, height = A6
    inner = width - 2 * LABEL_MARGIN
    top = height - LABEL_MARGIN
    bottom = top - 26 * mm - BAR_HEIGHT - QR_SIZE
    _draw_codes(page, rma, top - 20 * mm - BAR_HEIGHT, width - LABEL_MARGIN - QR_SIZE, bottom)
    page.setLineWidth(0.5)
    page.line(LABEL_MARGIN, bottom - 4 * mm, width - LABEL_MARGIN, bottom - 4 * mm)
    sender = [Line(LABEL_MARGIN, bottom + QR_SIZE - 8 * mm, one_line(company), 11, inner - QR_SIZE - 3 * mm)] if company else []
    texts = [
        Line(LABEL_MARGIN, top - 4 * mm, one_line(heading), 11, inner),
        Line(LABEL_MARGIN, top - 16 * mm, one_line(rma), 30, inner),
        *sender,
        *below(Line(LABEL_MARGIN, bottom - 11 * mm, "", 13, inner), [one_line(line) for line in return_address]),
    ]
    draw(page, texts)
    page.showPage()
    page.save()
    return target.getvalue()


def _draw_codes(page: Canvas, text: str, bars_bottom: float, qr_left: float, qr_bottom: float) -> None:
    """Bars as wide as the page allows, since narrow ones are what scanners fail on, and the QR code."""
    width = A6[0]
    bar = WIDEST_BAR
    barcode = Code128(text, barHeight=BAR_HEIGHT, barWidth=bar, quiet=True)
    if barcode.width > width:
        barcode = Code128(text, barHeight=BAR_HEIGHT, barWidth=bar * width / barcode.width, quiet=True)
    barcode.drawOn(page, (width - barcode.width) / 2, bars_bottom)
    rows = [bytes(row) for row in segno.make_qr(text, error="m", boost_error=False).matrix]
    module = QR_SIZE / (len(rows) + 2 * QUIET_MODULES)
    path = page.beginPath()
    for down, row in enumerate(rows, 1):
        for across, dark in enumerate(row):
            if dark:
                corner = qr_bottom + QR_SIZE - (down + QUIET_MODULES) * module
                path.rect(qr_left + (across + QUIET_MODULES) * module, corner, module, module)
    page.drawPath(path, stroke=0, fill=1)
