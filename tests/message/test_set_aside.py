"""Which attachments are kept and not sent on (IN9)."""

from __future__ import annotations

import io
import zipfile

import pytest

from mailflow.message.model import Attachment
from mailflow.message.set_aside import SENT_ON, divide, is_suspicious


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("invoice.pdf.exe", b"x"),
        ("photo.jpg", b"MZ\x90\x00"),
        ("photo\u202egpj.scr", b"x"),
        ("order.docm", zipped("word/document.xml")),
        ("order.docx", zipped("word/document.xml", "word/vbaProject.bin")),
        ("logs.zip", zipped("run_me.js")),
        ("logs.zip", b"PK\x03\x04 broken"),
        ("shortcut.lnk ", b"x"),
    ],
)
def test_what_runs_when_it_is_opened_is_set_aside(name: str, content: bytes) -> None:
    assert is_suspicious(Attachment(name, "application/octet-stream", content))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("display_alarm.txt", b"Fan failure"),
        ("report.html", b"<html>"),
        ("photo.jpg", b"\xff\xd8\xff"),
        ("form.xlsx", zipped("xl/workbook.xml", "[Content_Types].xml")),
        ("diag.zip", zipped("a.log", "b.log", "c.log", "collect.bat")),
        (None, b"plain"),
    ],
)
def test_what_engineers_need_is_sent_on(name: str | None, content: bytes) -> None:
    assert not is_suspicious(Attachment(name, "application/octet-stream", content))


def test_what_would_make_the_mail_too_large_is_set_aside_and_the_rest_sent() -> None:
    large, small = Attachment("a.log", "text/plain", b"x" * SENT_ON), Attachment("b.log", "text/plain", b"x")
    assert divide((small, large)) == ((small,), (large,))
    assert divide((large, small)) == ((large,), (small,))
