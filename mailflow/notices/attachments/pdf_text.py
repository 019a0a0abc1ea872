"""Text on a PDF page in whatever script it is, in shipped fonts that are embedded as far as they are used."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from mailflow.notices.environment import one_line

LETTERS, HAN = "Roboto", "DroidSansFallback"

_FONTS = Path(__file__).parent / "fonts"


@cache
def _characters_of(font: str, file: str) -> frozenset[int]:
    """What a font can draw; reportlab knows it from then on."""
    loaded = TTFont(font, str(_FONTS / file))
    pdfmetrics.registerFont(loaded)
    return frozenset(loaded.face.charToGlyph)


def runs_of(text: str) -> list[tuple[str, str]]:
    """The text in pieces, each with the font that has its letters."""
    return [(font, "".join(run)) for font, run in groupby(text, _font_of)]


def _font_of(character: str) -> str:
    if ord(character) in _characters_of(LETTERS, "Roboto-Regular.ttf"):
        return LETTERS
    # What neither has becomes the box by which this font shows a missing letter.
    _characters_of(HAN, "DroidSansFallback-Han.ttf")
    return HAN


def width_of(text: str, size: float) -> float:
    """How wide a text is drawn, in points."""
    return float(sum(pdfmetrics.stringWidth(run, font, size) for font, run in runs_of(text)))


def draw_line(page: Canvas, x: float, y: float, text: str, size: float, width: float = 0) -> None:
    """One line of text from its left end (points), made smaller where `width` is given and it would not fit."""
    text = one_line(text)
    needed = width_of(text, size)
    if width and needed > width:
        size = max(4.0, size * width / needed)
    for font, run in runs_of(text):
        page.setFont(font, size)
        page.drawString(x, y, run)
        x += pdfmetrics.stringWidth(run, font, size)


def draw_lines(page: Canvas, x: float, y: float, lines: Sequence[str], size: float, width: float = 0) -> float:
    """Lines below each other; returns where the next one would stand."""
    for line in lines:
        draw_line(page, x, y, line, size, width)
        y -= size * 1.35
    return y


def wrap(text: str, size: float, width: float) -> list[str]:
    """A text cut into lines that fit `width` (points), between words and, in Chinese, between characters."""
    lines: list[str] = []
    current = ""
    for word in _words(one_line(text)):
        if current and width_of(current + word, size) > width:
            lines.append(current.rstrip())
            current = ""
        current += word
    return [*lines, current.rstrip()] if current else lines


def _words(text: str) -> list[str]:
    words = [""]
    for character in text:
        words[-1] += character
        if character == " " or ord(character) >= 0x2E80:
            words.append("")
    return words
