"""Limits on the bytes of a mail, checked before any parser sees them (the standard library is quadratic on several of these).

Nothing here interprets a mail; it only says whether reading it is affordable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailflow.message.model import UnreadableMail


@dataclass(frozen=True, slots=True)
class Caps:
    """Sizes in bytes, the rest are counts."""

    mail: int = 30 * 1024 * 1024
    header_block: int = 256 * 1024
    header: int = 16 * 1024
    encoded_words: int = 200
    parameters: int = 50
    addresses: int = 500
    parts: int = 500
    depth: int = 50
    lines: int = 600_000


DEFAULT_CAPS = Caps()

_TEXT = re.compile(rb"[^\s\x00]")
_BLANK_LINES = (b"\n\n", b"\n\r\n", b"\r\r", b"\n \n", b"\n\t\n", b"\n \r\n", b"\n\t\r\n")
_BLOCK_END = re.compile(rb"\r?\n[ \t]*\r?\n|\r\r")
_HEADER = re.compile(rb"^([!-9;-~]+)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*", re.M)
_LIST_HEADERS = frozenset({b"from", b"to", b"cc", b"bcc", b"reply-to", b"sender", b"resent-to", b"resent-cc", b"resent-from"})
# The line end stands first in these: the search then skips from line end to line end.
_TYPED = re.compile(rb"\ncontent-(?:type|disposition)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*", re.I)
_NESTING = re.compile(rb"\ncontent-type[ \t]*:[ \t\r\n]*[\"']?(?:multipart/|message/(?:rfc822|global))", re.I)
_BOUNDARY = re.compile(rb"boundary[ \t]*=[ \t\r\n]*(?:\"([^\"]{1,300})\"|([^\s;\"]{1,300}))", re.I)
_DELIMITER = re.compile(rb"\n--([^\r\n]{1,300})")


def check_size(raw: bytes, caps: Caps = DEFAULT_CAPS) -> None:
    """Check the caps that cost nothing, on bytes that nothing has looked at. Raises UnreadableMail."""
    if len(raw) > caps.mail:
        raise UnreadableMail(f"the mail has {len(raw):,} bytes, more than {caps.mail:,}")
    if raw.count(b"\n") > caps.lines:
        raise UnreadableMail(f"the mail has more than {caps.lines:,} lines")
    start = _TEXT.search(raw)
    begin = start.start() if start else 0
    if len(raw) - begin > caps.header_block:
        ends = [at + len(mark) for mark in _BLANK_LINES if (at := raw.find(mark, begin)) >= 0]
        size = min(ends, default=len(raw)) - begin
        if size > caps.header_block:
            raise UnreadableMail(f"the header block has {size:,} bytes, more than {caps.header_block:,}")


def check_caps(raw: bytes, caps: Caps = DEFAULT_CAPS) -> None:
    """Raise UnreadableMail when the bytes are beyond a cap; the text names the cap."""
    end = _BLOCK_END.search(raw)
    block = raw[: end.end() if end else len(raw)]
    if len(block) > caps.header_block:
        raise UnreadableMail(f"the header block has {len(block):,} bytes, more than {caps.header_block:,}")
    _check_headers(block, caps)
    typed = list(_TYPED.finditer(b"\n" + block)) + list(_TYPED.finditer(raw, max(0, len(block) - 1)))
    for found in typed:
        if len(found[0]) > caps.header:
            raise UnreadableMail(f"a part's header has {len(found[0]):,} bytes, more than {caps.header:,}")
        if found[0].count(b";") > caps.parameters:
            raise UnreadableMail(f"a part's header has more than {caps.parameters} parameters")
    _check_structure(raw, typed, caps)


def _check_headers(block: bytes, caps: Caps) -> None:
    addresses = 0
    for found in _HEADER.finditer(block):
        name, value = found[1].lower(), found[0]
        shown = name[:40].decode("ascii", "replace")
        if len(value) > caps.header:
            raise UnreadableMail(f"the header {shown} has {len(value):,} bytes, more than {caps.header:,}")
        if value.count(b"=?") > 2 * caps.encoded_words or len(re.findall(rb"=\?[^?\s]{1,60}\?[BbQq]\?", value)) > caps.encoded_words:
            raise UnreadableMail(f"the header {shown} has more than {caps.encoded_words} encoded words")
        if name in _LIST_HEADERS:
            addresses += value.count(b"@")
    if addresses > caps.addresses:
        raise UnreadableMail(f"the mail names {addresses} addresses, more than {caps.addresses}")


def _check_structure(raw: bytes, typed: list[re.Match[bytes]], caps: Caps) -> None:
    declared = {(a or b).rstrip() for found in typed for a, b in _BOUNDARY.findall(found[0])}
    if declared:
        parts = sum(1 for found in _DELIMITER.finditer(raw) if found[1].rstrip() in declared)
        if parts > caps.parts:
            raise UnreadableMail(f"the mail has {parts} parts, more than {caps.parts}")
    nesting = sum(1 for found in typed if _NESTING.match(found[0]))
    if nesting > 2 * caps.parts:
        raise UnreadableMail(f"the mail has {nesting} parts with parts, more than {2 * caps.parts}")
    if nesting > caps.depth and (depth := _depth(raw)) > caps.depth:
        raise UnreadableMail(f"the mail is nested {depth} deep, more than {caps.depth}")


def _depth(raw: bytes) -> int:
    """Find the deepest nesting by a stack of open boundaries; `b''` is an attached message, which its container's boundary ends."""
    stack: list[bytes] = []
    deepest = 0
    raw = b"\n" + raw
    events = sorted(
        [(found.start(), found) for found in _TYPED.finditer(raw)] + [(found.start(), found) for found in _DELIMITER.finditer(raw)],
        key=lambda event: event[0],
    )
    for _, found in events:
        if found[0].startswith(b"\n--"):
            line = found[1].rstrip()
            name = line if line in stack else line[:-2]
            if name in stack:
                del stack[stack.index(name) + (line == name) :]
        elif _NESTING.match(found[0]):
            boundary = _BOUNDARY.search(found[0])
            stack.append((boundary[1] or boundary[2]).rstrip() if boundary else b"")
            deepest = max(deepest, len(stack))
            if deepest > 1000:
                break
    return deepest


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
    """Mend a mail so that the parser takes it; return it and what was mended, in words. The stored raw mail is not touched."""
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
    """Mend lines of the header block that are no fields, and blanks before a colon: either would end the header for the parser."""
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
    """Join a boundary that was folded inside its quotes: the line break is no part of it."""
    value = found[2]
    if b"\n" not in value:
        return found[0]
    quoted = re.search(rb'boundary[ \t]*=[ \t\r\n]*"([^"]*)"', value, re.I)
    if quoted is None or b"\n" not in quoted[1]:
        return found[0]
    joined = re.sub(rb"\r?\n[ \t]*", b"", quoted[1])
    return found[1] + value[: quoted.start(1)] + joined + value[quoted.end(1) :]
