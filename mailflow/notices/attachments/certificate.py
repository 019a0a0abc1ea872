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

from mailflow.notices.attachments.pdf_text import draw_line, width_of
from mailflow.notices.environment import one_line

WIDTH, HEIGHT = landscape(A4)
INK, TEXT, GOLD, PALE = HexColor("#12305c"), HexColor("#2b3444"), HexColor("#b08d3c"), HexColor("#f3ead2")
TEXT_WIDTH = WIDTH - 70 * mm
SMALLEST = 8.0
"""Points; a very long name is drawn no smaller, but cut."""
SEAL = (WIDTH - 52 * mm, 46 * mm, 19 * mm)
"""Centre and radius of the seal."""


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
        """The words of a key, the key itself where the language lacks it."""
        text = self.words.get(key, key.replace("_", " "))
        for name, value in values.items():
            text = text.replace("{" + name + "}", value)
        return text


def build_certificate_pdf(certificate: Certificate) -> bytes:
    """The page; the same bytes for the same values."""
    target = BytesIO()
    page = Canvas(target, pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=1)
    page.setTitle(one_line(f"{certificate.say('title')} {certificate.number}"))
    page.setAuthor(one_line(certificate.issuer))
    _draw_border(page)
    _draw_text(page, certificate)
    _draw_facts(page, certificate)
    _draw_seal(page, certificate.stars)
    page.showPage()
    page.save()
    return target.getvalue()


def _draw_border(page: Canvas) -> None:
    page.setFillColor(HexColor("#fffdf7"))
    page.rect(0, 0, WIDTH, HEIGHT, stroke=0, fill=1)
    for inset, width, color in ((9 * mm, 3.2, INK), (11.5 * mm, 0.7, GOLD), (15 * mm, 0.5, INK)):
        page.setStrokeColor(color)
        page.setLineWidth(width)
        page.rect(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset)
    for x in (15 * mm, WIDTH - 15 * mm):
        for y in (15 * mm, HEIGHT - 15 * mm):
            _draw_rosette(page, x, y, 7 * mm, petals=12, color=GOLD)


def _draw_rosette(page: Canvas, x: float, y: float, radius: float, *, petals: int, color: Color) -> None:
    """Thin ellipses turned around one point, as on banknotes."""
    page.setStrokeColor(color)
    page.setLineWidth(0.45)
    for number in range(petals):
        page.saveState()
        page.translate(x, y)
        page.rotate(180 * number / petals)
        page.ellipse(-radius, -radius * 0.38, radius, radius * 0.38)
        page.restoreState()


def _draw_text(page: Canvas, certificate: Certificate) -> None:
    page.setFillColor(INK)
    _draw_centred(page, HEIGHT - 40 * mm, certificate.say("title"), 38)
    page.setFillColor(GOLD)
    _draw_centred(page, HEIGHT - 51 * mm, certificate.say("subtitle"), 14)
    page.setFillColor(TEXT)
    _draw_centred(page, HEIGHT - 70 * mm, certificate.say("awarded"), 13)
    page.setFillColor(INK)
    _draw_centred(page, HEIGHT - 87 * mm, certificate.partner, 30)
    page.setStrokeColor(GOLD)
    page.setLineWidth(0.8)
    reach = min(TEXT_WIDTH, max(120 * mm, width_of(one_line(certificate.partner), 30) + 16 * mm)) / 2
    page.line(WIDTH / 2 - reach, HEIGHT - 92 * mm, WIDTH / 2 + reach, HEIGHT - 92 * mm)
    page.setFillColor(TEXT)
    _draw_centred(page, HEIGHT - 103 * mm, certificate.say("has_met"), 13)
    page.setFillColor(INK)
    _draw_centred(page, HEIGHT - 117 * mm, certificate.say(f"star_{certificate.stars}"), 22)
    _draw_stars(page, WIDTH / 2, HEIGHT - 129 * mm, 5.5 * mm, certificate.stars)


def _draw_facts(page: Canvas, certificate: Certificate) -> None:
    rows = (("number", certificate.number), ("issued", certificate.issued), ("valid_through", certificate.valid_through))
    left, y, width = 32 * mm, 55 * mm, 52 * mm
    for at, (label, value) in enumerate(rows):
        page.setFillColor(TEXT)
        draw_line(page, left + at * (width + 4 * mm), y, certificate.say(label), 9.5, width)
        page.setFillColor(INK)
        draw_line(page, left + at * (width + 4 * mm), y - 6.5 * mm, value, 13, width)
    page.setFillColor(INK)
    draw_line(page, left, 37 * mm, certificate.issuer, 13, 150 * mm)
    page.setFillColor(TEXT)
    verify = certificate.say("verify", address=certificate.verify_at, number=certificate.number)
    draw_line(page, left, 29 * mm, verify, 9, 165 * mm)


def _draw_seal(page: Canvas, stars: int) -> None:
    x, y, radius = SEAL
    page.setFillColor(PALE)
    page.setStrokeColor(GOLD)
    page.setLineWidth(1.4)
    page.drawPath(_jagged(page, x, y, radius, teeth=48), stroke=1, fill=1)
    _draw_rosette(page, x, y, radius * 0.9, petals=36, color=GOLD)
    page.setFillColor(HexColor("#fffdf7"))
    page.circle(x, y, radius * 0.52, stroke=1, fill=1)
    page.setFillColor(INK)
    _draw_star(page, x, y, radius * 0.4)
    page.setFillColor(HexColor("#fffdf7"))
    draw_line(page, x - width_of(str(stars), 15) / 2, y - 5.2, str(stars), 15)


def _jagged(page: Canvas, x: float, y: float, radius: float, *, teeth: int) -> object:
    path = page.beginPath()
    for number in range(2 * teeth):
        reach = radius if number % 2 == 0 else radius * 0.94
        angle = pi * number / teeth
        (path.lineTo if number else path.moveTo)(x + reach * cos(angle), y + reach * sin(angle))
    path.close()
    return path


def _draw_stars(page: Canvas, x: float, y: float, radius: float, count: int) -> None:
    page.setFillColor(GOLD)
    gap = 2.8 * radius
    for number in range(count):
        _draw_star(page, x + (number - (count - 1) / 2) * gap, y, radius)


def _draw_star(page: Canvas, x: float, y: float, radius: float) -> None:
    path = page.beginPath()
    for number in range(10):
        reach = radius if number % 2 == 0 else radius * 0.4
        angle = pi / 2 + pi * number / 5
        (path.lineTo if number else path.moveTo)(x + reach * cos(angle), y + reach * sin(angle))
    path.close()
    page.drawPath(path, stroke=0, fill=1)


def _draw_centred(page: Canvas, y: float, text: str, size: float) -> None:
    """In the middle of the page, smaller where it would not fit."""
    text = one_line(text)
    needed = width_of(text, size)
    if needed > TEXT_WIDTH:
        size = max(SMALLEST, size * TEXT_WIDTH / needed)
        while text and width_of(text, size) > TEXT_WIDTH:
            text = text[:-2].rstrip() + "…"
    draw_line(page, (WIDTH - width_of(text, size)) / 2, y, text, size)
