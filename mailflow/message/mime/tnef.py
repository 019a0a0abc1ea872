"""winmail.dat: what Outlook puts around files and text for other Outlooks (MS-OXTNEF), as far as a reader needs it.

A reader of our own, since the package for it dates from 2021, keeps whole property tables and names no limits. Every length is
checked against what is there, nothing is copied twice, messages within are listed and not opened.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from mailflow.message.mime.charset import decode_text, storable
from mailflow.message.mime.html_text import html_to_text
from mailflow.message.mime.rtf import rtf_to_text, uncompress_rtf

TNEF_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")
_SIGNATURE = b"\x78\x9f\x3e\x22"
_MOST_FILES = 500
_MOST_PROPERTIES = 2000
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = (0x0D, 0x1E, 0x1F, 0x102)
_UNICODE = 0x1F

_CODEPAGE, _BODY, _MESSAGE_PROPERTIES = 0x00069007, 0x0002800C, 0x00069003
_FILE_STARTS, _FILE_TITLE, _FILE_CONTENT, _FILE_PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_PLAIN, _RTF, _HTML, _INTERNET_CODEPAGE = 0x1000, 0x1009, 0x1013, 0x3FDE
_EMBEDDED, _SHORT_NAME, _LONG_NAME, _MIME_TYPE, _SHOWN_NAME = 0x3701, 0x3704, 0x3707, 0x370E, 0x3001


@dataclass(slots=True)
class TnefFile:
    """A file within: `name` as written, '' where it has none; `content_type` is application/octet-stream where nothing is said."""

    name: str = ""
    content_type: str = "application/octet-stream"
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Tnef:
    """What winmail.dat holds. `text` is its body as text, '' where it has none; `whole` is False where it ends too early."""

    files: tuple[TnefFile, ...]
    text: str
    whole: bool


def read_tnef(data: bytes) -> Tnef | None:
    """Open winmail.dat; None where the bytes are none. What stands before a damage is read."""
    if not data.startswith(_SIGNATURE):
        return None
    files: list[TnefFile] = []
    bodies: dict[int, str] = {}
    charset, whole = "windows-1252", True
    for kind, value in _attributes(data):
        if kind < 0:
            whole = False
        elif kind == _CODEPAGE and len(value) >= 4:
            charset = f"cp{struct.unpack_from('<I', value)[0]}"
        elif kind == _BODY:
            bodies[_PLAIN] = _string(value, charset)
        elif kind == _MESSAGE_PROPERTIES:
            bodies |= _bodies(value, charset)
        elif kind == _FILE_STARTS:
            if len(files) >= _MOST_FILES:
                whole = False
                break
            files.append(TnefFile())
        elif files:
            _take_file_attribute(files[-1], kind, value, charset)
    plain = bodies.get(_PLAIN, "").replace("\r\n", "\n").strip()
    text = plain or html_to_text(bodies.get(_HTML, "")) or bodies.get(_RTF, "")
    return Tnef(tuple(file for file in files if file.name or file.content), text, whole)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (tag, value) of each attribute: level 1 byte, tag 4, length 4, value, checksum 2; (-1, b'') where the data ends too early."""
    at = 6
    while at + 9 <= len(data):
        tag, size = struct.unpack_from("<II", data, at + 1)
        if at + 9 + size > len(data):
            yield -1, b""
            return
        yield tag, data[at + 9 : at + 9 + size]
        at += 9 + size + 2


def _take_file_attribute(file: TnefFile, kind: int, value: bytes, charset: str) -> None:
    if kind == _FILE_TITLE:
        file.name = file.name or _string(value, charset)
    elif kind == _FILE_CONTENT:
        file.content = value
    elif kind == _FILE_PROPERTIES:
        found = {number: (form, content) for number, form, content in _properties(value)}
        for number in (_SHOWN_NAME, _SHORT_NAME, _LONG_NAME):
            if number in found and (name := _text_property(*found[number], charset)):
                file.name = name
        if _MIME_TYPE in found and (mime := _text_property(*found[_MIME_TYPE], charset)):
            file.content_type = mime.lower()[:120]
        if _EMBEDDED in found and not file.content:
            # an interface id of 16 bytes stands before the object
            file.content = found[_EMBEDDED][1][16:]
            file.content_type = TNEF_TYPES[0] if file.content.startswith(_SIGNATURE) else file.content_type


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield (number, type, value) of each MAPI property, of several values the first, up to the first one that does not fit."""
    if len(data) < 4:
        return
    at = 4
    for _ in range(min(struct.unpack_from("<I", data)[0], _MOST_PROPERTIES)):
        if at + 4 > len(data):
            return
        form, number = struct.unpack_from("<HH", data, at)
        at = _after_name(data, at + 4) if number >= 0x8000 else at + 4
        several, form = bool(form & 0x1000), form & ~0x1000
        count = 1
        if several or form in _VARIABLE:
            if at + 4 > len(data):
                return
            count = struct.unpack_from("<I", data, at)[0]
            at += 4
        if count > _MOST_PROPERTIES:
            return
        value = b""
        for place in range(count):
            start, size, at = _extent(data, at, form)
            if start < 0:
                return
            value = data[start : start + size] if place == 0 else value
        yield number, form, value


def _after_name(data: bytes, at: int) -> int:
    """Find where a named property goes on: behind an id of 16 bytes, then a number or a padded name."""
    if at + 24 > len(data):
        return len(data)
    is_name, size = struct.unpack_from("<II", data, at + 16)
    return at + 24 + (size + 3 & ~3 if is_name else 0)


def _extent(data: bytes, at: int, form: int) -> tuple[int, int, int]:
    """Return (start, size, where the next begins) of one value; start is -1 where it does not fit or its type is unknown."""
    size = _FIXED.get(form, -1)
    if form in _VARIABLE and at + 4 <= len(data):
        size = struct.unpack_from("<I", data, at)[0]
        at += 4
    if size < 0 or at + size > len(data):
        return -1, 0, at
    return at, size, at + (size + 3 & ~3)


def _bodies(data: bytes, charset: str) -> dict[int, str]:
    found = {number: (form, value) for number, form, value in _properties(data) if number in (_PLAIN, _RTF, _HTML, _INTERNET_CODEPAGE)}
    if _INTERNET_CODEPAGE in found and len(found[_INTERNET_CODEPAGE][1]) == 4:
        page = struct.unpack("<I", found[_INTERNET_CODEPAGE][1])[0]
        html_charset = {65001: "utf-8", 28591: "iso-8859-1", 20866: "koi8-r", 50220: "iso-2022-jp"}.get(page, f"cp{page}")
    else:
        html_charset = charset
    bodies: dict[int, str] = {}
    if _PLAIN in found:
        bodies[_PLAIN] = _text_property(*found[_PLAIN], charset)
    if _HTML in found:
        bodies[_HTML] = _text_property(*found[_HTML], html_charset)
    if _RTF in found:
        bodies[_RTF] = rtf_to_text(uncompress_rtf(found[_RTF][1]))
    return bodies


def _text_property(form: int, value: bytes, charset: str) -> str:
    if form == _UNICODE:
        return storable(value[: len(value) // 2 * 2].decode("utf-16-le", "replace").rstrip("\x00"))
    return _string(value, charset)


def _string(value: bytes, charset: str) -> str:
    return decode_text(value.rstrip(b"\x00"), charset)[0]
