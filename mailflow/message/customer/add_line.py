"""A customer's `/add ADDRESS` lines: colleagues who shall take part in the case (SR11)."""

from __future__ import annotations

import re

_MOST_LINES = 400
_MOST_ADDRESSES = 20
_LINE = re.compile(
    r"[/／]add\s*[:：]?\s+(?:[^<>@\n]{0,80}<)?(?:mailto:)?([^\s<>()\[\],;:\"'@]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,10})"
    r"(?:\s*<mailto:[^<>\s]{1,200}>)?>?[\s.,;]*",
    re.I,
)


def read_added_addresses(text: str) -> tuple[str, ...]:
    """The addresses in lower case, in order, each once, at most 20. A line that says more is no such line.

    `text` is the new text of a mail, without quotations.
    """
    found = (_LINE.fullmatch(line.strip().strip("*_ ")) for line in text.split("\n", _MOST_LINES)[:_MOST_LINES] if len(line) <= 400)
    return tuple(dict.fromkeys(one[1].lower() for one in found if one))[:_MOST_ADDRESSES]
