"""uuencoded files inside a text body (mails older than MIME, and some scanners still)."""

from __future__ import annotations

import binascii
import re

_BEGIN = re.compile(r"begin(?:-base64)? [0-7]{3,4} (\S.{0,200})")


def split_uuencoded(text: str) -> tuple[str, tuple[tuple[str, bytes], ...]]:
    """The text without its uuencoded files, and those as (name, content). A file without its `end` stays text."""
    if "begin" not in text or "\nend" not in text:
        return text, ()
    lines = text.split("\n")
    kept: list[str] = []
    files: list[tuple[str, bytes]] = []
    at = 0
    while at < len(lines):
        begin = _BEGIN.fullmatch(lines[at].rstrip("\r "))
        found = _content(lines, at + 1) if begin else None
        if begin and found:
            files.append((begin[1].strip(), found[0]))
            at = found[1]
        else:
            kept.append(lines[at])
            at += 1
    return "\n".join(kept), tuple(files)


def _content(lines: list[str], start: int) -> tuple[bytes, int] | None:
    content = bytearray()
    for at in range(start, len(lines)):
        line = lines[at].rstrip("\r")
        if line.rstrip() == "end":
            return bytes(content), at + 1
        if line.strip() in ("", "`"):
            continue
        if len(line) > 100 or not line.isascii() or _BEGIN.fullmatch(line):
            return None
        try:
            content += binascii.a2b_uu(line)
        except (binascii.Error, ValueError):
            return None
    return None
