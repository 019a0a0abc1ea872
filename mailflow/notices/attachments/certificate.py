"""The electronic certificate of a partner (DK2): one A4 page in landscape, with a border and a seal, in the language of its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from math import cos, pi, sin

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from mailflow.notices.attachments.pdf_text import Line, draw, width_of
from mailflow.notices.environment import one_line

WIDTH, HEIGHT = landscape(A4)
INK, TEXT, GOLD, PALE, PAPER = map(HexColor, ("#12305c", "#2b3444", "#b08d3c", "#f3ead2", "#fffdf7"))
TEXT_WIDTH = WIDTH - 70 * mm
SMALLEST = 8.0
"""Points; a very long name is drawn no smaller, but cut."""
SEAL = (WIDTH - 52 * mm, 46 * mm, 19 * mm)
"""Centre and radius of the seal."""
STAR = 5.5 * mm
STAR_GAP = 2.8 * STAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """`words` are the section [certificate] of words.toml; days are written out in its language already."""

    number: str
    partner: str
    stars: int
    issued: str
    valid_through: str
    issuer: str
    verify_at: str
    words: Mapping[str, str]

    def say(self, key: str, **values: str) -> str:
        """Say the words of a key, the key itself where the language lacks it."""
        text = self.words.get(key, key.replace("_", " "))
        for name, value in values.items():
            text = text.replace("{" + name + "}", value)
        return one_line(text)


def build_certificate_pdf(certificate: Certificate) -> bytes:
    """Draw the page; the same bytes for the same values."""
    target = BytesIO()
    page = Canvas(target, pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=1)
    page.setTitle(one_line(f"{certificate.say('title')} {certificate.number}"))
    page.setAuthor(one_line(certificate.issuer))
    page.setFillColor(PAPER)
    page.rect(0, 0, WIDTH, HEIGHT, stroke=0, fill=1)
    for inset, width, color in ((9 * mm, 3.2, INK), (11.5 * mm, 0.7, GOLD), (15 * mm, 0.5, INK)):
        page.setStrokeColor(color)
        page.setLineWidth(width)
        page.rect(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset)
    for x in (15 * mm, WIDTH - 15 * mm):
        for y in (15 * mm, HEIGHT - 15 * mm):
            _draw_rosette(page, x, y, 7 * mm, petals=12)
    partner = one_line(certificate.partner)
    page.setStrokeColor(GOLD)
    page.setLineWidth(0.8)
    reach = min(TEXT_WIDTH, max(120 * mm, width_of(partner, 30) + 16 * mm)) / 2
    page.line(WIDTH / 2 - reach, HEIGHT - 92 * mm, WIDTH / 2 + reach, HEIGHT - 92 * mm)
    for number in range(certificate.stars):
        _draw_star(page, WIDTH / 2 + (number - (certificate.stars - 1) / 2) * STAR_GAP, HEIGHT - 129 * mm, STAR, GOLD)
    _draw_seal(page, certificate.stars)
    centred = (
        (40, certificate.say("title"), 38, INK),
        (51, certificate.say("subtitle"), 14, GOLD),
        (70, certificate.say("awarded"), 13, TEXT),
        (87, partner, 30, INK),
        (103, certificate.say("has_met"), 13, TEXT),
        (117, certificate.say(f"star_{certificate.stars}"), 22, INK),
    )
    draw(page, [_centred(HEIGHT - down * mm, text, size, color) for down, text, size, color in centred])
    draw(page, _facts(certificate))
    page.showPage()
    page.save()
    return target.getvalue()


def _facts(certificate: Certificate) -> list[Line]:
    """What stands at the foot: number and days, who issued it and how to verify it."""
    rows = (("number", certificate.number), ("issued", certificate.issued), ("valid_through", certificate.valid_through))
    left, y, width = 32 * mm, 55 * mm, 52 * mm
    labels = [Line(left + at * (width + 4 * mm), y, certificate.say(label), 9.5, width, TEXT) for at, (label, _) in enumerate(rows)]
    values = [Line(left + at * (width + 4 * mm), y - 6.5 * mm, one_line(value), 13, width, INK) for at, (_, value) in enumerate(rows)]
    verify = certificate.say("verify", address=certificate.verify_at, number=certificate.number)
    issuer = Line(left, 37 * mm, one_line(certificate.issuer), 13, 150 * mm, INK)
    return [*labels, *values, issuer, Line(left, 29 * mm, verify, 9, 165 * mm, TEXT)]


def _draw_rosette(page: Canvas, x: float, y: float, radius: float, *, petals: int) -> None:
    """Thin ellipses turned around one point, as on banknotes."""
    page.setStrokeColor(GOLD)
    page.setLineWidth(0.45)
    for number in range(petals):
        page.saveState()
        page.translate(x, y)
        page.rotate(180 * number / petals)
        page.ellipse(-radius, -radius * 0.38, radius, radius * 0.38)
        page.restoreState()


def _draw_seal(page: Canvas, stars: int) -> None:
    x, y, radius = SEAL
    page.setFillColor(PALE)
    page.setStrokeColor(GOLD)
    page.setLineWidth(1.4)
    page.drawPath(_jagged(page, x, y, radius, inner=0.94, points=48, turned=0), stroke=1, fill=1)
    _draw_rosette(page, x, y, radius * 0.9, petals=36)
    page.setFillColor(PAPER)
    page.circle(x, y, radius * 0.52, stroke=1, fill=1)
    _draw_star(page, x, y, radius * 0.4, INK)
    draw(page, [Line(x - width_of(str(stars), 15) / 2, y - 5.2, str(stars), 15, color=PAPER)])


def _draw_star(page: Canvas, x: float, y: float, radius: float, color: Color) -> None:
    page.setFillColor(color)
    page.drawPath(_jagged(page, x, y, radius, inner=0.4, points=5, turned=pi / 2), stroke=0, fill=1)


def _jagged(page: Canvas, x: float, y: float, radius: float, *, inner: float, points: int, turned: float) -> PDFPathObject:
    """A closed line that goes in and out: a star, or the rim of a seal."""
    path = page.beginPath()
    for number in range(2 * points):
        reach = radius if number % 2 == 0 else radius * inner
        angle = turned + pi * number / points
        (path.lineTo if number else path.moveTo)(x + reach * cos(angle), y + reach * sin(angle))
    path.close()
    return path


def _centred(y: float, text: str, size: float, color: Color) -> Line:
    """A line in the middle of the page, smaller where it would not fit."""
    needed = width_of(text, size)
    if needed > TEXT_WIDTH:
        size = max(SMALLEST, size * TEXT_WIDTH / needed)
        while text and width_of(text, size) > TEXT_WIDTH:
            text = text[:-2].rstrip() + "…"
    return Line((WIDTH - width_of(text, size)) / 2, y, text, size, color=color)
