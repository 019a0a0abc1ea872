"""Parameters of Content-Type and Content-Disposition (RFC 2045, RFC 2231) and the names of attached files.

A name is a display string: invisible characters go first, then it is normalised, then cut (case 64). It is never a path.
"""

from __future__ import annotations

import re
import unicodedata
from email.message import Message
from urllib.parse import unquote_to_bytes

from mailflow.message.charset import decode_text
from mailflow.message.encoded_words import decode_words, one_line, raw_text, unfold

_LONGEST_NAME = 200
_PARAMETER = re.compile(r";\s*([\w*!#$%&'+.^`|~-]{1,60})\s*=\s*")


def header_value(part: Message, name: str, hint: str | None = None) -> str:
    """The first raw header of that name with its bytes as text, unfolded; '' where there is none."""
    wanted = name.lower()
    value = next((value for key, value in part.raw_items() if key.lower() == wanted), "")
    return unfold(raw_text(str(value), hint)).strip()


def content_type(part: Message) -> str:
    """The media type in lower case, text/plain for anything that is none (RFC 2045 5.2)."""
    return part.get_content_type()


def disposition(part: Message) -> str:
    """`attachment`, `inline`, another word, or '' where the part has no Content-Disposition."""
    return header_value(part, "Content-Disposition").partition(";")[0].strip().strip("\"'").lower()


def parameters(value: str) -> dict[str, str]:
    """The parameters of a header value, RFC 2231 charsets and continuations resolved, encoded words read."""
    found: dict[str, str] = {}
    for name, text in _split(value):
        found.setdefault(name.lower(), text)
    joined: dict[str, str] = {}
    for name in found:
        base = name.partition("*")[0]
        if base and base not in joined:
            joined[base] = _extended(found, base)
    return joined


def part_name(part: Message, hint: str | None = None) -> str | None:
    """The name that a part gives itself, None where it gives none."""
    for header, keys in (("Content-Disposition", ("filename", "name")), ("Content-Type", ("name", "filename", "file"))):
        settings = parameters(header_value(part, header, hint))
        for key in keys:
            if (value := settings.get(key)) and (name := display_name(value)):
                return name
    return None


def display_name(value: str) -> str:
    """A file name fit to be shown: one line, no invisible or directional characters, no folders, at most 200 characters."""
    text = "".join(char for char in one_line(value) if unicodedata.category(char) not in ("Cf", "Cc"))
    text = unicodedata.normalize("NFKC", text) if not text.isascii() else text
    text = re.split(r"[/\\]", text.strip())[-1].strip() or re.sub(r"[/\\]", "_", text).strip()
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 12] + "…" + text[-11:]


def _split(value: str) -> list[tuple[str, str]]:
    """(name, raw value) pairs in order; quotes that never close end with the header."""
    pairs: list[tuple[str, str]] = []
    at = 0
    while found := _PARAMETER.search(value, at):
        at = found.end()
        if value[at : at + 1] == '"':
            end = at + 1
            while end < len(value) and value[end] != '"':
                end += 2 if value[end] == "\\" else 1
            text = re.sub(r'\\(["\\])', r"\1", value[at + 1 : end])
            at = end
        else:
            end = value.find(";", at)
            end = len(value) if end < 0 else end
            text = value[at:end].strip()
            at = end
        pairs.append((found[1], text))
    return pairs


def _extended(found: dict[str, str], base: str) -> str:
    """RFC 2231: `name*=charset'language'text`, `name*0*=…`, `name*0=…`; the plain form where both stand is the poorer one."""
    if whole := found.get(base + "*"):
        return _percent(whole)
    pieces, number = [], 0
    while True:
        if (coded := found.get(f"{base}*{number}*")) is not None:
            pieces.append((True, coded))
        elif (plain := found.get(f"{base}*{number}")) is not None:
            pieces.append((False, plain))
        else:
            break
        number += 1
    if pieces and pieces[0][0]:
        charset, _, text = _charset(pieces[0][1])
        raw = b"".join(
            unquote_to_bytes(text if not at else part) if coded else part.encode("utf-8") for at, (coded, part) in enumerate(pieces)
        )
        return decode_text(raw, charset or None)[0]
    if pieces:
        return decode_words("".join(part for _, part in pieces))
    return decode_words(found.get(base, ""))


def _charset(text: str) -> tuple[str, str, str]:
    parts = text.split("'", 2)
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else ("", "", text)


def _percent(text: str) -> str:
    charset, _, coded = _charset(text)
    return decode_text(unquote_to_bytes(coded), charset or None)[0]
