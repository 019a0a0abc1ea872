"""uuencoded files inside a text body (mails older than MIME, and some scanners and reporting jobs still)."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

_BEGIN = re.compile(r"begin(?:-base64)? [0-7]{3,4} (\S.{0,200})")


_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class Uuencoded:
    """A text taken apart: `text` without the encoded lines, `files` as (name, content), `encoded` the lines taken out."""

    text: str
    files: tuple[tuple[str, bytes], ...] = ()
    encoded: str = ""


def split_uuencoded(text: str) -> Uuencoded:
    """Find the uuencoded files of a text. What has no `end`, or a damaged line, stays text; so does all that follows 200 of them."""
    if "begin" not in text or "\nend" not in text:
        return Uuencoded(text)
    lines = text.split("\n")
    kept: list[str] = []
    encoded: list[str] = []
    files: list[tuple[str, bytes]] = []
    at = tries = 0
    while at < len(lines):
        begin = _BEGIN.fullmatch(lines[at].rstrip("\r ")) if tries < _MOST_FILES and lines[at].startswith("begin") else None
        tries += begin is not None
        found = _content(lines, at + 1) if begin else None
        if begin and found:
            files.append((begin[1].strip(), found[0]))
            encoded += lines[at : found[1]]
            at = found[1]
        else:
            kept.append(lines[at])
            at += 1
    return Uuencoded("\n".join(kept), tuple(files), "\n".join(encoded))


def _content(lines: list[str], start: int) -> tuple[bytes, int] | None:
    """The bytes up to the line `end`, and the index of the line behind it."""
    content = bytearray()
    for at in range(start, len(lines)):
        line = lines[at].rstrip("\r")
        if line.rstrip() == "end":
            return bytes(content), at + 1
        if line.strip() in ("", "`"):
            continue
        if len(line) > 100 or not line.isascii() or (line.startswith("begin") and _BEGIN.fullmatch(line)):
            return None
        try:
            content += binascii.a2b_uu(line)
        except (binascii.Error, ValueError):
            return None
    return None
