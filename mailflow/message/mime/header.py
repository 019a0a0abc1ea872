"""Header text (RFC 2047 encoded words, raw 8-bit bytes, folding, controls) and address lists (RFC 5322 3.4) as they really come.

Linear in the length, never raises. Addresses come with commas in bare names, `@` in names, missing brackets, open quotes.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

import email_validator

from mailflow.message.mime.charset import decode_text, storable
from mailflow.message.model import Address

_STAMPED = "authentication-results"
# Intranets use .local and .test, and a relay of ours may well deliver there.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

_START = re.compile(r"=\?([^?\s]{1,60})\?([BbQq])\?")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HEX = re.compile(r"=([0-9A-Fa-f]{2})")
_BARE = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+|\"[^\"]{1,64}\"@[^\s<>()\[\],;:\"]+")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")

Piece = tuple[str, bytes] | str
"""A decoded run: (charset, bytes) of an encoded word, or plain text."""


def one_line(text: str) -> str:
    """Make every run of controls and line ends one blank, so that the text can stand in a header or a journal line (case 60)."""
    return storable(_CONTROLS.sub(" ", text))


def raw_text(value: str, hint: str | None = None) -> str:
    """Read the raw bytes of a header value as the email package hands it out (bytes above 127 as surrogates)."""
    if value.isascii():
        return value
    try:
        return decode_text(value.encode("ascii", "surrogateescape"), None, hint)[0]
    except UnicodeEncodeError:
        return storable(value)


def decode_words(value: str) -> str:
    """Read the encoded words of a value. Words split inside a character are joined; blanks inside a word are forgiven."""
    if "=?" not in value:
        return value
    return "".join(piece if isinstance(piece, str) else decode_text(piece[1], piece[0])[0] for piece in _pieces(value))


def header_text(value: str, hint: str | None = None) -> str:
    """Read a header value as a person does: one line, decoded, storable."""
    if value.isascii() and value.isprintable() and "=?" not in value:
        return value.strip()
    return one_line(decode_words(unfold(raw_text(value, hint)))).strip()


def read_fields(fields: Iterable[tuple[str, str]], hint: str | None) -> tuple[tuple[str, str], ...]:
    """Read the header fields as a person does: (lower-case name, value), in order.

    In what a border server stamped an encoded word is none (RFC 8601 2.2): it came from a sender's address.
    """
    return tuple(
        (one_line(raw_text(key)), one_line(unfold(raw_text(value, hint))).strip() if key == _STAMPED else header_text(value, hint))
        for key, value in fields
    )


def unfold(value: str) -> str:
    return re.sub(r"[ \t]*\r?[\r\n][ \t]*", " ", value) if "\n" in value or "\r" in value else value


def word_at(value: str, at: int) -> str:
    """Return the encoded word that starts at an index, '' where none does: its specials are no syntax of an address list."""
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
        text = value[found.end() : end]
        if found[2] in "Bb":
            raw = decode_base64(text)
        else:
            plain = _HEX.sub(lambda pair: chr(int(pair[1], 16)), text.replace("_", " "))
            raw = plain.encode("utf-8" if any(char > "\xff" for char in plain) else "latin-1", "replace")
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
    """Find the word's `?=`. A bare `?` before a hex pair inside a Q word is text: `=?utf-8?Q?why?=20not?=`."""
    end = value.find("?=", start)
    if encoding in "Qq" and end >= 0 and re.match(r"[0-9A-F]{2}", value[end + 2 : end + 4]):
        later, start_of_next = value.find("?=", end + 2), value.find("=?", end + 2)
        if later >= 0 and (start_of_next < 0 or later < start_of_next):
            return later
    return end


def decode_base64(text: str) -> bytes:
    """Decode base64 with anything else in it skipped and the padding mended; b'' for hopeless input."""
    clean = _NOT_BASE64.sub("", text)
    clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
    try:
        return base64.b64decode(clean + "=" * (-len(clean) % 4))
    except (binascii.Error, ValueError):
        return b""


@dataclass(slots=True)
class _Item:
    """One entry of the list while it is read."""

    phrase: list[str] = field(default_factory=list)
    angles: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    has_at: bool = False


def read_addresses(value: str, hint: str | None = None) -> tuple[Address, ...]:
    """Read the mailboxes of a header value (encoded words still encoded), in order, without groups. `hint`: charset of raw bytes."""
    value = unfold(raw_text(value, hint))
    found: list[Address] = []
    kept = ""
    for item in _items(value):
        phrase = "".join(item.phrase).strip()
        if not item.angles and "@" not in phrase and phrase and not item.comments:
            kept = f"{kept}, {phrase}" if kept else phrase
            continue
        if kept and item.angles:
            item.phrase.insert(0, kept + ", ")
        elif kept:
            found.append(_bare_word(kept))
        kept = ""
        found += _addresses(item)
    if kept:
        found.append(_bare_word(kept))
    return tuple(address for address in found if address.address or address.name)


def clean_name(text: str) -> str:
    """Make a display name: decoded, without invisible characters, quotes or line ends, blanks squeezed."""
    text = decode_words(text)
    if not text.isascii():
        text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    text = re.sub(r"\s+", " ", one_line(text)).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return text


def _items(value: str) -> list[_Item]:
    items = [_Item()]
    at, length = 0, len(value)
    plain: set[str] = set()
    while at < length:
        char, item = value[at], items[-1]
        if char == "=" and (word := word_at(value, at)):
            item.phrase.append(word)
            at += len(word)
            continue
        if char in '"(' and char not in plain:
            end = _end_of(value, at)
            if end < 0:
                plain.add(char)
                continue
            if char == "(":
                item.comments.append(value[at + 1 : end])
            else:
                item.phrase.append(value[at : end + 1])
            at = end
        elif char == "<":
            end = value.find(">", at)
            end = length if end < 0 else end
            item.angles.append(value[at + 1 : end])
            at = end
        elif char in ",;":
            items.append(_Item())
        elif char == ":" and not item.angles and not item.has_at:
            items[-1] = _Item()
        else:
            item.has_at = item.has_at or char == "@"
            item.phrase.append(char)
        at += 1
    return items


def _end_of(value: str, start: int) -> int:
    """Find what closes the quote or bracket (nested ones counted) at `start`; -1 where nothing does: it is an ordinary mark then."""
    opens, closes = ('"', '"') if value[start] == '"' else ("(", ")")
    depth, at = 1, start + 1
    while at < len(value):
        char = value[at]
        if char == "\\":
            at += 1
        elif char == closes:
            depth -= 1
            if depth == 0:
                return at
        elif char == opens:
            depth += 1
        at += 1
    return -1


def _addresses(item: _Item) -> list[Address]:
    phrase = "".join(item.phrase).strip()
    comment = " ".join(item.comments)
    angles = [text for text in item.angles if "@" in text] or item.angles[:1]
    if angles:
        return [Address(_addr_spec(text), clean_name(_unquote(phrase) or comment)) for text in angles]
    bare = _BARE.search(phrase)
    if bare is None:
        return [_bare_word(phrase)] if phrase else []
    name = (phrase[: bare.start()] + phrase[bare.end() :]).strip(" '\"[]")
    return [Address(_addr_spec(bare[0]), clean_name(_unquote(name) or comment))]


def _addr_spec(text: str) -> str:
    """Clean an address: `@a,@b:user@host` is a route of RFC 822; blanks and comments inside the brackets go."""
    text = decode_words(text) if "=?" in text else text
    text = text.rpartition(":")[2] if text.lstrip().startswith("@") else text.strip().removeprefix("mailto:")
    if not text.lstrip().startswith('"'):
        text = re.sub(r"\([^()]*\)|[\s\"'<>]", "", text)
    return one_line(text).strip().lower()[:320]


def _bare_word(phrase: str) -> Address:
    """Read an entry without `@`: one word is a local user (`root`), more are a name without an address."""
    plain = _unquote(phrase)
    if re.fullmatch(r"[A-Za-z0-9._+-]{1,64}", plain):
        return Address(plain.lower())
    return Address("", clean_name(plain))


def _unquote(text: str) -> str:
    """Take quotes and back-slashes off the quoted strings within a phrase."""
    if '"' not in text and "\\" not in text:
        return text
    text = re.sub(r'"((?:[^"\\]|\\.){0,500})"', lambda found: re.sub(r"\\(.)", r"\1", found[1]), text, flags=re.S)
    return text.strip()


def sendable_address(text: str) -> str:
    """Return the address as SMTP without SMTPUTF8 takes it, its domain in ASCII (IDNA) and small letters. Raises ValueError."""
    try:
        checked = email_validator.validate_email(
            text, check_deliverability=False, globally_deliverable=False, allow_smtputf8=False, strict=True
        )
    except email_validator.EmailNotValidError as wrong:
        raise ValueError(f"{text!r} is not an address to send to: {wrong}") from None
    return checked.ascii_email or checked.normalized


def is_sendable(text: str) -> bool:
    """Tell whether `sendable_address` takes it."""
    try:
        return bool(sendable_address(text))
    except ValueError:
        return False


def parse_address(text: str) -> str:
    """Read an address as people write it down (desk.toml), in lower case; a domain without a dot is a slip. Raises ValueError."""
    if not is_sendable(text) or "." not in text.rpartition("@")[2]:
        raise ValueError(f"{text!r} is not an address like anna@customer.example")
    return text.lower()
