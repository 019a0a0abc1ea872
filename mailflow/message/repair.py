"""Mending on bytes, before any parser: what mail programs forgive and the standard library does not."""

from __future__ import annotations

import re

_MBOX = re.compile(rb"\A>?From [^\r\n]*\r?\n")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_KNOWN = re.compile(
    rb"(?:from|to|cc|date|subject|received|return-path|message-id|mime-version|reply-to|sender|references|in-reply-to|content-[a-z-]+|x-[a-z0-9-]+"
    rb"|list-[a-z-]+|delivered-to|dkim-signature)[ \t]*:",
    re.I,
)
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_BROKEN_BOUNDARY = re.compile(rb'oundary[ \t]*=[ \t\r\n]*"[^"\n]*\n')
_TYPE = re.compile(rb"^(content-type[ \t]*:)([^\n]*(?:\n[ \t][^\n]*)*)", re.M | re.I)


def repair(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The mail as the parser can take it, and what was mended, in words. The stored raw mail is not touched."""
    flaws: list[str] = []
    mended = raw.lstrip(b"\r\n\x00 \t\xef\xbb\xbf") if raw[:1] in b"\r\n\x00\xef \t" else raw
    if mended[:1] in b">F" and (mbox := _MBOX.match(mended)):
        mended = mended[mbox.end() :]
    if b"\n" not in mended and b"\r" in mended:
        mended = mended.replace(b"\r", b"\n")
        flaws.append("lines end with CR only")
    elif b"\r\r\n" in mended[:4096]:
        mended = mended.replace(b"\r\r\n", b"\r\n")
        flaws.append("lines end with CR CR LF")
    mended = _mend_header(mended, flaws)
    if _BROKEN_BOUNDARY.search(mended) or b"OUNDARY" in mended:
        mended = _TYPE.sub(_join_boundary, mended)
    return mended, tuple(flaws)


def _mend_header(raw: bytes, flaws: list[str]) -> bytes:
    """Lines within the header block that are no fields would end the header for the parser; so would a blank before the colon."""
    end = _HEADER_END.search(raw)
    block = raw[: end.start() + 1] if end else b""
    lines = block.split(b"\n")
    while len(lines) > 3 and not _FIELD.match(lines[0]) and _KNOWN.match(lines[1]) and _FIELD.match(lines[2]):
        flaws.append("a line before the header")
        del lines[0]
    if not _FIELD.match(lines[0]):
        return raw
    if end is None:
        return raw
    last_known = max((at for at, line in enumerate(lines) if _KNOWN.match(line)), default=0)
    kept: list[bytes] = []
    for at, line in enumerate(lines):
        if not line.strip() or line[:1] in b" \t":
            kept.append(line)
        elif field := _FIELD.match(line):
            kept.append(field[1] + b":" + line[field.end() :])
        elif at < last_known:
            kept.append(b"X-Stray-Line: " + line)
            flaws.append("a header line that is no field")
        else:
            kept += [b"", *lines[at:]]
            break
    mended = b"\n".join(kept)
    return raw if mended == block else mended + raw[end.start() + 1 :]


def _join_boundary(found: re.Match[bytes]) -> bytes:
    """A boundary folded inside its quotes: the line break is no part of it."""
    value = found[2]
    if b"\n" not in value:
        return found[0]
    quoted = re.search(rb'boundary[ \t]*=[ \t\r\n]*"([^"]*)"', value, re.I)
    if quoted is None or b"\n" not in quoted[1]:
        return found[0]
    joined = re.sub(rb"\r?\n[ \t]*", b"", quoted[1])
    return found[1] + value[: quoted.start(1)] + joined + value[quoted.end(1) :]
