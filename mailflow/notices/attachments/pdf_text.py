"""Text on a PDF page in whatever script it is, in shipped fonts that are embedded as far as they are used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

LETTERS, HAN = "Roboto", "DroidSansFallback"
SMALLEST = 4.0
"""Points; a line that would not fit is drawn no smaller."""
BLACK = HexColor("#000000")

_FONTS = Path(__file__).parent / "fonts"


class Line(NamedTuple):
    """One line of text from its left end (points), made smaller where `width` is given and it would not fit."""

    x: float
    y: float
    text: str
    size: float
    width: float = 0
    color: Color = BLACK


def draw(page: Canvas, lines: Iterable[Line]) -> None:
    """Draw lines of text, each in the fonts that have its letters."""
    for x, y, text, size, width, color in lines:
        needed = width_of(text, size) if width else 0
        if needed > width:
            size = max(SMALLEST, size * width / needed)
        page.setFillColor(color)
        for font, run in _runs_of(text):
            page.setFont(font, size)
            page.drawString(x, y, run)
            x += pdfmetrics.stringWidth(run, font, size)


def below(first: Line, texts: Sequence[str]) -> list[Line]:
    """Place texts below each other, beginning with the place and the manner of the first."""
    return [first._replace(text=text, y=first.y - number * first.size * 1.35) for number, text in enumerate(texts)]


def wrap(text: str, size: float, width: float) -> list[str]:
    """Cut a text into lines that fit `width` (points), between words and, in Chinese, between characters."""
    words = [""]
    for character in text:
        words[-1] += character
        if character == " " or ord(character) >= 0x2E80:
            words.append("")
    lines: list[str] = []
    current = ""
    for word in words:
        if current and width_of(current + word, size) > width:
            lines.append(current.rstrip())
            current = ""
        current += word
    return [*lines, current.rstrip()] if current else lines


def width_of(text: str, size: float) -> float:
    """Measure how wide a text is drawn, in points."""
    return float(sum(pdfmetrics.stringWidth(run, font, size) for font, run in _runs_of(text)))


def _runs_of(text: str) -> list[tuple[str, str]]:
    """The text in pieces, each with its font; what neither font has becomes the box by which the second shows a missing letter."""
    letters = _characters_of(LETTERS, "Roboto-Regular.ttf")
    _characters_of(HAN, "DroidSansFallback-Han.ttf")
    fonts = groupby(text, lambda character: LETTERS if ord(character) in letters else HAN)
    return [(font, "".join(run)) for font, run in fonts]


@cache
def _characters_of(font: str, file: str) -> frozenset[int]:
    """What a font can draw; reportlab knows it from then on."""
    loaded = TTFont(font, str(_FONTS / file))
    pdfmetrics.registerFont(loaded)
    return frozenset(loaded.face.charToGlyph)
