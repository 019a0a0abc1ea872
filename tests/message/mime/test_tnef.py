"""winmail.dat: its files are listed, its text is the body only where the mail has none; damage costs what stands behind it."""

from __future__ import annotations

import base64
import struct

import pytest

from mailflow.message.mime.parse import parse_mail
from mailflow.message.mime.rtf import rtf_to_text, uncompress_rtf
from mailflow.message.mime.tnef import read_tnef

MARK = struct.pack("<IH", 0x223E9F78, 1)
STARTS, TITLE, CONTENT, FILE_PROPERTIES, MESSAGE_PROPERTIES, CODEPAGE = 0x69002, 0x18010, 0x6800F, 0x69005, 0x69003, 0x69007
LZFU_SAMPLE = bytes.fromhex(
    # the worked example of MS-OXRTFCP 3.1: {\rtf1\ansi\ansicpg1252\pard hello world}
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)


def _attribute(tag: int, value: bytes, level: int = 2) -> bytes:
    return struct.pack("<BII", level, tag, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def _property(number: int, form: int, value: bytes) -> bytes:
    padded = value + b"\0" * (-len(value) % 4)
    return struct.pack("<HHII", form, number, 1, len(value)) + padded


def _properties(*found: bytes) -> bytes:
    return struct.pack("<I", len(found)) + b"".join(found)


def _file(title: bytes, content: bytes, *found: bytes) -> bytes:
    named = _attribute(FILE_PROPERTIES, _properties(*found)) if found else b""
    return _attribute(STARTS, b"\x01\0") + _attribute(TITLE, title + b"\0") + _attribute(CONTENT, content) + named


def _mail(tnef: bytes, text: bytes = b"") -> bytes:
    parts = b"--b\nContent-Type: text/plain\n\n%s\n" % text if text else b""
    coded = base64.encodebytes(tnef)
    tail = b"--b\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n%s\n--b--\n" % coded
    return b"From: a@customer.example\nContent-Type: multipart/mixed; boundary=b\n\n" + parts + tail


def test_the_files_within_stand_in_the_place_of_winmail_dat() -> None:
    long_name = _property(0x3707, 0x1F, "protokół odbioru.pdf\0".encode("utf-16-le"))
    mime = _property(0x370E, 0x1E, b"application/pdf\0")
    tnef = MARK + _file(b"PROTOK~1.PDF", b"%PDF-1", long_name, mime) + _file(b"alarm.log", b"LOS")
    mail = parse_mail(_mail(tnef, b"See the files."))
    assert [(part.name, part.content_type, part.content) for part in mail.attachments] == [
        ("protokół odbioru.pdf", "application/pdf", b"%PDF-1"),
        ("alarm.log", "application/octet-stream", b"LOS"),
    ]
    assert mail.text == "See the files."


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (_property(0x1000, 0x1F, "Przełącznik nie działa\0".encode("utf-16-le")), "Przełącznik nie działa"),
        (_property(0x1000, 0x1E, "Przełącznik\0".encode("cp1250")), "Przełącznik"),
        (_property(0x1013, 0x102, b"<p>The <b>router</b> is down.</p>"), "The router is down."),
        (_property(0x1009, 0x102, LZFU_SAMPLE), "hello world"),
    ],
)
def test_its_text_is_the_body_of_a_mail_that_has_no_other(found: bytes, text: str) -> None:
    codepage = _attribute(CODEPAGE, struct.pack("<II", 1250, 0), 1)
    tnef = MARK + codepage + _attribute(MESSAGE_PROPERTIES, _properties(found), 1)
    assert parse_mail(_mail(tnef)).text == text
    assert parse_mail(_mail(tnef, b"the real text")).text == "the real text"


def test_what_stands_before_a_damage_is_read() -> None:
    tnef = MARK + _file(b"a.log", b"LOS") + _file(b"b.log", b"x" * 100)[:-60]
    opened = read_tnef(tnef)
    assert opened is not None
    assert ([file.name for file in opened.files], opened.whole) == (["a.log", "b.log"], False)
    assert "winmail.dat ends too early" in parse_mail(_mail(tnef)).flaws


def test_a_file_that_only_bears_the_name_is_listed_as_it_is() -> None:
    mail = parse_mail(_mail(b"no such thing"))
    assert [(part.name, part.content) for part in mail.attachments] == [("winmail.dat", b"no such thing")]


def test_a_name_within_is_made_safe_to_show() -> None:
    mail = parse_mail(_mail(MARK + _file(b"..\\..\\evil\x00.exe", b"MZ")))
    assert [part.name for part in mail.attachments] == ["evil.exe"]


def test_compressed_rich_text_is_read_back() -> None:
    assert uncompress_rtf(LZFU_SAMPLE) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_html_within_rich_text_is_taken_for_the_text() -> None:
    rtf = rb"{\rtf1\ansi\ansicpg1250\fromhtml1 {\fonttbl{\f0 Arial;}}"
    rtf += rb"{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Z\'b3a p\'b3yta\htmlrtf\par}\htmlrtf0{\*\htmltag72 </p>}}"
    assert rtf_to_text(rtf) == "Zła płyta"


def test_characters_beyond_the_codepage_are_written_once() -> None:
    assert rtf_to_text(rb"{\rtf1\ansi\ansicpg1252\uc1 dzia\u322?a\par \u8212\'97 ok}") == "działa\n— ok"
