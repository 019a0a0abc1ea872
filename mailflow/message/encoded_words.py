"""Header text: RFC 2047 encoded words, raw 8-bit bytes, folding, controls. Linear in the length, never raises."""

from __future__ import annotations

import base64
import binascii
import re

from mailflow.message.charset import decode_text, storable

_START = re.compile(r"=\?([^?\s]{1,60})\?([BbQq])\?")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HEX = re.compile(r"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")

Piece = tuple[str, bytes] | str
"""A decoded run: (charset, bytes) of an encoded word, or plain text."""


def one_line(text: str) -> str:
    """The text with every run of controls and line ends as one blank: it can stand in a header or a journal line (case 60)."""
    return storable(_CONTROLS.sub(" ", text))


def raw_text(value: str, hint: str | None = None) -> str:
    """A header value as the email package hands it out (bytes above 127 as surrogates) with its raw bytes read as text."""
    if value.isascii():
        return value
    try:
        return decode_text(value.encode("ascii", "surrogateescape"), None, hint)[0]
    except UnicodeEncodeError:
        return storable(value)


def decode_words(value: str) -> str:
    """The value with its encoded words read. Words split inside a character are joined; blanks inside a word are forgiven."""
    if "=?" not in value:
        return value
    return "".join(piece if isinstance(piece, str) else decode_text(piece[1], piece[0])[0] for piece in _pieces(value))


def header_text(value: str, hint: str | None = None) -> str:
    """A header value as a person reads it: one line, decoded, storable."""
    if value.isascii() and value.isprintable() and "=?" not in value:
        return value.strip()
    return one_line(decode_words(unfold(raw_text(value, hint)))).strip()


def unfold(value: str) -> str:
    return re.sub(r"[ \t]*\r?[\r\n][ \t]*", " ", value) if "\n" in value or "\r" in value else value


def word_at(value: str, at: int) -> str:
    """The encoded word that starts at an index, '' where none does: its specials are no syntax of an address list."""
    found = _START.match(value, at)
    end = _word_end(value, found.end(), found[2]) if found else -1
    return value[at : end + 2] if end >= 0 and "\n" not in value[at:end] and end - at < 1000 else ""


def _pieces(value: str) -> list[Piece]:
    pieces: list[Piece] = []
    at = 0
    while found := _START.search(value, at):
        end = _word_end(value, found.end(), found[2])
        if end < 0:
            break
        between = value[at : found.start()]
        charset = found[1].partition("*")[0].lower()
        raw = _word_bytes(value[found.end() : end], found[2])
        last = pieces[-1] if pieces else None
        if isinstance(last, tuple) and not between.strip():
            if last[0] == charset:
                pieces[-1] = (charset, last[1] + raw)
            else:
                pieces.append((charset, raw))
        else:
            pieces += [between, (charset, raw)] if between else [(charset, raw)]
        at = end + 2
    return [*pieces, value[at:]]


def _word_end(value: str, start: int, encoding: str) -> int:
    """Where the word's `?=` stands. A bare `?` before a hex pair inside a Q word is text: `=?utf-8?Q?why?=20not?=`."""
    end = value.find("?=", start)
    if encoding in "Qq" and end >= 0 and re.match(r"[0-9A-F]{2}", value[end + 2 : end + 4]):
        later, start_of_next = value.find("?=", end + 2), value.find("=?", end + 2)
        if later >= 0 and (start_of_next < 0 or later < start_of_next):
            return later
    return end


def _word_bytes(text: str, encoding: str) -> bytes:
    if encoding in "Bb":
        return decode_base64(text)
    plain = _HEX.sub(lambda found: chr(int(found[1], 16)), text.replace("_", " "))
    try:
        return plain.encode("latin-1")
    except UnicodeEncodeError:
        return plain.encode("utf-8", "replace")


def decode_base64(text: str) -> bytes:
    """Base64 with anything else in it skipped and the padding mended; '' for hopeless input."""
    clean = _NOT_BASE64.sub("", text)
    clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
    try:
        return base64.b64decode(clean + "=" * (-len(clean) % 4))
    except (binascii.Error, ValueError):
        return b""
