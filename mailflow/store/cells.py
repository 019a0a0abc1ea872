"""What one cell of the register's CSV may hold, and the value it means. Each reader takes stripped text and raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from mailflow.policy.notation import parse_word

Cell = Callable[[str], Any]

LONGEST_KEY = 200
"""Characters; keys stand in indexes."""


def required(read: Cell) -> Cell:
    """As `read`, with a blank cell refused."""

    def cell(text: str) -> Any:
        if not text:
            raise ValueError("must not be blank")
        return read(text)

    return cell


def optional(read: Cell, blank: Any) -> Cell:
    """As `read`, with `blank` for a blank cell."""
    return lambda text: read(text) if text else blank


def one_of(words: tuple[str, ...]) -> Cell:
    """One of the words, written exactly so."""
    return partial(parse_word, known=words)


def free_text(text: str) -> str:
    """Any text without control characters; line breaks and tabs may stand in it."""
    if any(ord(char) < 32 and char not in "\n\r\t" for char in text):
        raise ValueError("holds control characters")
    return text


def an_upper_case_word(text: str) -> str:
    """A serial or part number."""
    if not re.fullmatch(r"[\x21-\x7e]+", text) or len(text) > LONGEST_KEY:
        raise ValueError(f"{text!r} is not one word of printable ASCII characters")
    return text.upper()


def yes_or_no(text: str) -> bool:
    """In whatever capitals."""
    if text.lower() not in ("yes", "no"):
        raise ValueError(f"{text!r} is neither yes nor no")
    return text.lower() == "yes"


def stars(text: str) -> int:
    """Two to four; 0, as a blank cell, for a partner without a certificate (DK2)."""
    if text not in ("0", "2", "3", "4"):
        raise ValueError(f"{text!r} is none of: 2, 3, 4, or 0 for none")
    return int(text)


def an_amount(text: str) -> Decimal:
    """Digits with a point and at most two decimals, as 1234.50; no sign, no separators of thousands."""
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,2})?", text):
        raise ValueError(f"{text!r} is not an amount like 1234.50")
    return Decimal(text)


def a_currency(text: str) -> str:
    """Three capitals (ISO 4217)."""
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError(f"{text!r} is not a currency like EUR (ISO 4217)")
    return text


def a_domain(text: str) -> str:
    """A domain with at least one dot, in lower case."""
    if not re.fullmatch(r"[^\s@;,]+\.[^\s@;,.]+", text) or len(text) > LONGEST_KEY:
        raise ValueError(f"{text!r} is not a domain like customer.example")
    return text.lower()


def domains(text: str) -> tuple[str, ...]:
    """Separated by `;`, none at all allowed."""
    return tuple(dict.fromkeys(a_domain(part.strip()) for part in text.split(";") if part.strip()))
