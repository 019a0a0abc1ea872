"""Slots: every printed value leaves the template as an opaque mark and returns as text when Markdown has been read (cases 60, 61).

So the Markdown and HTML of a notice are always the template's own. A forged mark in a value is harmless: values go in last, in one pass.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import quote

from markupsafe import Markup

SLOT = re.compile("\ue000(\\d+)\ue001")
"""Private-use characters: Markdown takes them for letters of a word."""

LONGEST_TEXT = 100_000
"""Characters that all values of a notice may have together before they are shown in part."""
SHORTEST_CUT = 500
"""Characters of a value that are shown however long the others are."""
CUT_MARK = " […]"

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ue000-\ue002]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LEADING_BLANKS = re.compile(r"^ +|(?<= ) +", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MailLink:
    """A prepared answer (OUT1): `address`, `subject` and `body` fill the reader's window, `shown` is what readers of the text type."""

    address: str
    subject: str
    body: str
    shown: str
    is_reply: bool = True
    """True where a plain answer to the notice reaches the same address."""

    @property
    def url(self) -> str:
        """The link as RFC 6068 wants it."""
        body = quote(self.body.replace("\n", "\r\n"), safe="")
        return f"mailto:{quote(self.address, safe='@+.-_')}?subject={quote(self.subject, safe='')}&body={body}"


class TooMuchOutput(ValueError):
    """A template prints more than a mail may hold."""


def clean_text(value: str) -> str:
    """A value as it may be shown: line breaks are line feeds, tabs and control characters blanks, no lone surrogates (case 60)."""
    value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    if value.isascii() and value.isprintable():
        return value
    return _SURROGATE.sub("\ufffd", _UNSAFE.sub(" ", value))


def one_line(value: str) -> str:
    """A value on one line, runs of white space closed up."""
    return " ".join(clean_text(value).split())


class Slots:
    """The values of one rendering in their order of printing."""

    def __init__(self, limit: int) -> None:
        self._values: list[str | MailLink] = []
        self._room = limit
        self._text_room = LONGEST_TEXT

    def add(self, value: str | MailLink) -> Markup:
        """The mark that stands for a value from now on. Raises TooMuchOutput beyond the limit (characters)."""
        kept = self._cut(value) if isinstance(value, str) else value
        self.spend(len(kept) + 8 if isinstance(kept, str) else len(kept.body) + 200)
        self._values.append(kept)
        return Markup(f"\ue000{len(self._values) - 1}\ue001")  # the number is ours, nothing of the value is in it

    def _cut(self, value: str) -> str:
        """A mail of megabytes must not keep its notice from being written: what is too long is shown in part."""
        cleaned = clean_text(value[: LONGEST_TEXT + 1])
        allowed = max(SHORTEST_CUT, self._text_room)
        kept = cleaned if len(cleaned) <= allowed else cleaned[:allowed].rstrip() + CUT_MARK
        self._text_room -= len(kept)
        return kept

    def spend(self, amount: int) -> None:
        """Take something else than a value off the same limit, e.g. the rounds of a loop."""
        self._room -= amount
        if self._room < 0:
            raise TooMuchOutput("the notice is too long")

    def value(self, mark: str) -> str | MailLink | None:
        """The value behind a text that is nothing but one mark."""
        found = SLOT.fullmatch(mark)
        return self._values[int(found[1])] if found else None

    def fill(self, frame: str) -> str:
        """A frame as plain text."""
        return SLOT.sub(lambda found: _as_text(self._values[int(found[1])]), frame)

    def fill_pieces(self, pieces: tuple[str, ...]) -> str:
        """An HTML frame cut at its marks (`cut_frame`), each value escaped."""
        filled = list(pieces)
        for position in range(1, len(filled), 2):
            filled[position] = _as_html(self._values[int(filled[position])])
        return "".join(filled)


def cut_frame(frame: str) -> tuple[str, ...]:
    """A frame as literal, number of a slot, literal, number, … literal."""
    return tuple(SLOT.split(frame))


def _as_text(value: str | MailLink) -> str:
    return value if isinstance(value, str) else value.url


def _as_html(value: str | MailLink) -> str:
    if not isinstance(value, str):
        return html.escape(value.url)
    escaped = html.escape(value)
    if "\n" not in escaped and "  " not in escaped and not escaped.startswith(" "):
        return escaped
    spaced = _LEADING_BLANKS.sub(_as_hard_blanks, escaped)
    return spaced.replace("\n", "<br>\n")


def _as_hard_blanks(found: re.Match[str]) -> str:
    return "\u00a0" * len(found[0])
