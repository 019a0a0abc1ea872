"""Any input is read or refused. The fuzz target starts from our fixtures and does the same walk each time, so that a change answers
for itself; releases let it search on for hours with other seeds."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.message.as_json import describe_mail
from mailflow.message.mime.rtf import rtf_to_text, uncompress_rtf
from mailflow.message.mime.tnef import read_tnef

MAILS = Path(__file__).parents[1] / "fixtures" / "mails"
RUNS = 4000

LINES = st.sampled_from(
    [
        b"From: a@customer.example",
        b"Subject: =?utf-8?q?a=00?=",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: text/html; charset=utf-7",
        b"Content-Type: message/rfc822",
        b"Content-Type: message/delivery-status",
        b"Content-Type: application/ms-tnef",
        b"Content-Transfer-Encoding: base64",
        b"Content-Disposition: attachment; filename*0*=utf-8''a%00; filename*1=b",
        b"Return-Path: <>",
        b"--b",
        b"--b--",
        b"begin 644 a",
        b"end",
        b"",
        b"On Fri, 20 Nov 2026 at 09:00, a@b.example wrote:",
        b"> quoted",
        b"eJ8+IgAA",
        b"Final-Recipient: rfc822; a@b.example",
        b"Action: failed",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES | st.binary(max_size=60), max_size=30), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_any_lines_are_read_or_refused_and_what_is_read_can_be_stored(lines: list[bytes], end: bytes) -> None:
    described = describe_mail(end.join(lines))
    if described is not None:
        text = described["subject"] + described["body"] + described["reply_text"] + described["from_name"]
        text.encode("utf-8")
        assert "\x00" not in text


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_behind_the_mark_of_winmail_dat_are_opened_without_an_error(data: bytes) -> None:
    opened = read_tnef(b"\x78\x9f\x3e\x22\x01\x00" + data)
    assert opened is not None


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("{}\\*'0af1 uhtmlagrfpn\n;"), max_size=200), st.binary(max_size=200))
def test_any_rich_text_becomes_text_without_an_error(rtf: str, packed: bytes) -> None:
    assert "\x00" not in rtf_to_text(b"{\\rtf1\\fromhtml1 " + rtf.encode())
    assert len(uncompress_rtf(b"\0\0\0\0\xff\xff\0\0LZFu\0\0\0\0" + packed)) <= 65_535


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris ships wheels for Linux and Python below 3.14 only")
def test_the_fuzz_target_finds_nothing_in_its_first_runs(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for mail in MAILS.glob("*/*.eml"):
        shutil.copy(mail, corpus / f"{mail.parent.name}-{mail.name}")
    target = Path(__file__).with_name("read_mail.py")
    argv = [sys.executable, str(target), str(corpus), "-seed=1", f"-runs={RUNS}", "-max_len=20000", "-timeout=20", "-rss_limit_mb=1024"]
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, timeout=200, env=environment)
    found = done.stdout.partition("=== Uncaught Python exception")[2] or done.stdout + done.stderr
    assert done.returncode == 0, found[-3000:]
