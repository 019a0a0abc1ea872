"""Text on a PDF page in whatever script it is: built-in Helvetica, the shipped Roboto for other letters, an Asian font for Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from mailflow.notices.slots import one_line

LATIN, LETTERS, ASIAN = "Helvetica", "Roboto", "STSong-Light"

_FONT_FILE = Path(__file__).parent / "fonts" / "Roboto-Regular.ttf"


@cache
def _register_fonts() -> frozenset[int]:
    """Both fonts made known to reportlab, once; the characters that Roboto has."""
    font = TTFont(LETTERS, str(_FONT_FILE))
    pdfmetrics.registerFont(font)
    pdfmetrics.registerFont(UnicodeCIDFont(ASIAN))
    return frozenset(font.face.charToGlyph)


def font_of(text: str) -> str:
    """The font that has all letters of a text."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return LETTERS if _register_fonts().issuperset(map(ord, text)) else ASIAN
    return LATIN


def draw_line(page: Canvas, x: float, y: float, text: str, size: float, width: float = 0, font: str = "") -> None:
    """One line of text from its left end (points), made smaller where `width` is given and it would not fit."""
    text = one_line(text)
    font = font or font_of(text)
    needed = pdfmetrics.stringWidth(text, font, size)
    if width and needed > width:
        size = max(4.0, size * width / needed)
    page.setFont(font, size)
    page.drawString(x, y, text)


def draw_lines(page: Canvas, x: float, y: float, lines: Sequence[str], size: float, width: float = 0) -> float:
    """Lines below each other; returns where the next one would stand."""
    shared = font_of(one_line("".join(lines)))
    for line in lines:
        draw_line(page, x, y, line, size, width, "" if shared == ASIAN else shared)
        y -= size * 1.35
    return y


def wrap(text: str, size: float, width: float) -> list[str]:
    """A text cut into lines that fit `width` (points), between words and, in Chinese, between characters."""
    lines: list[str] = []
    current = ""
    for word in _words(one_line(text)):
        if current and pdfmetrics.stringWidth(current + word, font_of(current + word), size) > width:
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
