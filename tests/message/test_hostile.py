"""Hostile input: any mail ends as a value or as UnreadableMail, within 2 s of CPU and 256 MB; any matcher within 50 ms on 256 kB."""

from __future__ import annotations

import base64
import multiprocessing
import resource
import time
import zipfile
from collections.abc import Callable
from datetime import date
from functools import partial
from io import BytesIO
from multiprocessing.connection import Connection

import pytest

from mailflow.message.alarm import read_alarm
from mailflow.message.as_json import describe_mail
from mailflow.message.bounce import read_bounce
from mailflow.message.customer.one_line import is_yes, read_added_addresses, read_customer_lines
from mailflow.message.customer.request import extract_request, read_priority
from mailflow.message.customer.survey import read_survey_answer
from mailflow.message.documents.receiving_list import read_receiving_list
from mailflow.message.documents.text_form import read_text_form
from mailflow.message.language import detect_language
from mailflow.message.mime.body import is_encrypted
from mailflow.message.mime.header import header_text, read_addresses
from mailflow.message.mime.html_text import html_to_text
from mailflow.message.mime.parse import parse_mail
from mailflow.message.mime.part import split_uuencoded, unflow
from mailflow.message.model import Address, Attachment, Mail, UnreadableMail
from mailflow.message.own_words import read_typed
from mailflow.message.reference import find_case_numbers, find_forwarded
from mailflow.message.reply import split_reply, without_quotations
from mailflow.message.sender import find_nature

SECONDS, MEGABYTES = 2.0, 256
MB = 1024 * 1024
HEAD = b"From: a@customer.example\nTo: tac@tac.example\nSubject: x\nDate: Fri, 20 Nov 2026 09:00:00 +0100\nMessage-ID: <m@c.example>\n"
BOUNCE = b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: tac@tac.example\nSubject: failure notice\n"


def _nested(depth: int, kind: bytes) -> bytes:
    if kind == b"message/rfc822":
        return HEAD + b"Content-Type: message/rfc822\n\n" * depth + b"Subject: in\n\nx\n"
    heads = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth))
    return HEAD + heads + b"Content-Type: text/plain\n\nx\n"


def _parts(count: int) -> bytes:
    return HEAD + b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * count + b"--b--\n"


def _forwarded(depth: int) -> bytes:
    mail = b"Subject: innermost\n\nx\n"
    for level in range(depth):
        mark = b"f%d" % level
        mail = (
            b'Subject: level\nContent-Type: multipart/mixed; boundary="%s"\n\n--%s\n\nsee below\n--%s\nContent-Type: message/rfc822\n\n'
            % (mark, mark, mark)
            + mail
            + b"\n--%s--\n" % mark
        )
    return HEAD + mail


def _typed(kind: bytes, body: bytes, encoding: bytes = b"8bit") -> bytes:
    return HEAD + b"Content-Type: " + kind + b"\nContent-Transfer-Encoding: " + encoding + b"\n\n" + body


def _filled(piece: bytes, size: int) -> bytes:
    return piece * (size // len(piece))


def _zip_in_zip() -> bytes:
    content = b"\0" * (10 * MB)
    for _ in range(3):
        file = BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("in.zip", content)
        content = file.getvalue()
    return _typed(b"application/zip; name=bomb.zip", base64.encodebytes(content), b"base64")


MAILS: dict[str, Callable[[], bytes]] = {
    "subject of 20,000 encoded words": lambda: b"Subject: " + b"=?utf-8?q?abcdef?= " * 20_000 + b"\n" + HEAD + b"\nx",
    "content type with 20,000 parameters": lambda: HEAD + b"Content-Type: text/plain" + b"; a=b" * 20_000 + b"\n\nx",
    "5,000 addresses": lambda: b"Cc: " + b"a@customer.example, " * 5000 + b"\n" + HEAD + b"\nx",
    "multipart nested 1,000 deep": lambda: _nested(1000, b"multipart/mixed"),
    "attached messages nested 1,500 deep": lambda: _nested(1500, b"message/rfc822"),
    "multipart nested 45 deep": lambda: _nested(45, b"multipart/mixed"),
    "attached messages nested 45 deep": lambda: _nested(45, b"message/rfc822"),
    "20,000 parts": lambda: _parts(20_000),
    "490 parts": lambda: _parts(490),
    "5,000 open brackets in From": lambda: b"From: " + b"(" * 5000 + b"\n\nx",
    "16 kB of quotes in From": lambda: b'From: "' + b'a\\"' * 5000 + b"\n\nx",
    "100 kB of quotes in From": lambda: b'From: "' + b'a\\"' * 33_000 + b"\n\nx",
    "header of 10 MB": lambda: b"X-Long: " + b"a" * (10 * MB) + b"\n" + HEAD + b"\nx",
    "10 MB of short headers": lambda: _filled(b"X-A: b\n", 10 * MB) + HEAD + b"\nx",
    "header block of 250 kB": lambda: _filled(b"X-A: b\n", 250_000) + HEAD + b"\nx",
    "a million empty lines": lambda: HEAD + b"\n" + b"\n" * 1_000_000,
    "29 MB of empty lines": lambda: HEAD + b"\n" + b"\n" * (29 * MB),
    "29 MB on one line": lambda: HEAD + b"\n" + b"a" * (29 * MB),
    "29 MB of quotation marks": lambda: HEAD + b"\n" + _filled(b"> > > > > > > > > > >\n", 29 * MB),
    "14 MB of lines like delimiters": lambda: (
        HEAD + b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\n' + _filled(b"--c" * 8 + b"\n", 14 * MB)
    ),
    "29 MB of lines like headers": lambda: HEAD + b"\n" + _filled(b"Content-Type: multipart/mixed\n", 29 * MB),
    "29 MB of broken boundaries": lambda: HEAD + b"\n" + _filled(b'boundary="\n ', 29 * MB),
    "29 MB of base64": lambda: _typed(b"application/octet-stream", _filled(b"QUJD" * 19 + b"\n", 29 * MB), b"base64"),
    "29 MB of padded base64": lambda: _typed(b"application/octet-stream", _filled(b"QQ==", 29 * MB), b"base64"),
    "1 MB of soft line breaks": lambda: _typed(b"text/plain", _filled(b"=\n", 1 * MB), b"quoted-printable"),
    "29 MB of quoted-printable": lambda: _typed(b"text/plain", _filled(b"=41" * 24 + b"=\n", 29 * MB), b"quoted-printable"),
    "29 MB of tables": lambda: _typed(b"text/html", _filled(b"<table><tr><td>a</td></tr>", 29 * MB)),
    "29 MB of flowed lines": lambda: _typed(b"text/plain; format=flowed", _filled(b"word " * 12 + b"\n", 29 * MB)),
    "29 MB of uuencoded lines": lambda: HEAD + b"\nbegin 644 a\n" + _filled(b"M" + b"A" * 60 + b"\n", 29 * MB) + b"`\nend\n",
    "uuencoded starts without an end": lambda: HEAD + b"\n" + _filled(b"begin 644 a\nMAAA\n", 4 * MB) + b"\nend\n",
    "29 MB of 8-bit noise": lambda: HEAD + b"\n" + _filled(bytes(range(1, 256)), 29 * MB),
    "29 MB in an attached message": lambda: (
        HEAD + b"Content-Type: message/rfc822\n\nSubject: in\n\n" + _filled(b"line of the inner mail " * 3 + b"\n", 29 * MB)
    ),
    "bounce of 29 MB": lambda: BOUNCE + b"\n" + _filled(b"<user@customer.example>: 550 5.1.1 unknown\n", 29 * MB),
    "mail of 31 MB": lambda: HEAD + b"\n" + b"a" * (31 * MB),
    "100 forwarded mails": lambda: _forwarded(100),
    "20 forwarded mails": lambda: _forwarded(20),
    "zip in zip": _zip_in_zip,
    "winmail.dat of 20 MB of attributes": lambda: _typed(
        b"application/ms-tnef", base64.encodebytes(b"\x78\x9f\x3e\x22\0\0" + _filled(b"\x02\x02\x90\x06\0\0\0\0\0\0\0", 20 * MB)), b"base64"
    ),
    "multiparts that lost their boundaries": lambda: _typed(b"multipart/mixed", _filled(b"--x\nContent-Type: multipart/mixed\n\n", 6 * MB)),
}


def _measure(build: Callable[[], bytes], pipe: Connection) -> None:
    raw = build()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    try:
        answer = "unreadable" if describe_mail(raw) is None else "read"
    except BaseException as error:
        answer = f"{type(error).__name__}: {error}"
    spent = time.process_time() - started
    pipe.send((answer, spent, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def _in_a_child(build: Callable[[], bytes]) -> tuple[str, float, float]:
    """(outcome, CPU seconds, MB more than before) of reading in a process of its own, whose memory is its own too."""
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_measure, args=(build, there))
    child.start()
    outcome: tuple[str, float, float] = here.recv() if here.poll(10) else ("no answer in 10 s", 10.0, 0.0)
    child.join(5)
    if child.is_alive():
        child.kill()
    return outcome


@pytest.mark.parametrize("name", MAILS)
def test_a_hostile_mail_costs_at_most_2_s_and_256_mb(name: str) -> None:
    tries = [_in_a_child(MAILS[name])]
    # other work on the machine makes CPU time longer; a second try tells it from a slow reader
    if tries[0][1] > SECONDS:
        tries.append(_in_a_child(MAILS[name]))
    answer, spent, memory = min(tries, key=lambda one: one[1])
    assert (answer in ("read", "unreadable"), spent <= SECONDS, memory <= MEGABYTES) == (True, True, True), (answer, spent, memory)


ODD_HEADERS = {
    "Message-ID without an id": b"Message-ID: <>\n",
    "empty From": b"From:\n",
    "From that is an at sign": b"From: @\n",
    "year 99999": b"Date: Fri, 20 Nov 99999 09:00:00 +0100\n",
    "zone +9999": b"Date: Fri, 20 Nov 2026 09:00:00 +9999\n",
    "31 February": b"Date: Tue, 31 Feb 2026 09:00:00 +0100\n",
    "NUL and high bytes": b"Subject: a\x00b\xff\xfe\xed\xa0\x80\n",
    "bad boundary": b'Content-Type: multipart/mixed; boundary="\n',
    "no boundary": b"Content-Type: multipart/mixed\n",
    "content type that is none": b"Content-Type: ;;;=;\n",
    "subject that would be two headers": b"Subject: =?utf-8?q?hi=0d=0aBcc:x@y.example?=\n",
    "only a colon": b":\n",
}


@pytest.mark.parametrize("header", ODD_HEADERS.values(), ids=ODD_HEADERS.keys())
def test_an_odd_header_never_stops_the_reading(header: bytes) -> None:
    described = describe_mail(header + b"To: tac@tac.example\n\nthe text\n")
    assert described is not None
    assert described["body"].strip() == "the text"
    assert "\n" not in described["subject"] and "\r" not in described["subject"]


@pytest.mark.parametrize(
    "charset",
    ["x-evil", "zlib_codec", "rot13", "hex", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-16", "undefined", "''"],
)
def test_a_charset_that_is_no_text_charset_leaves_the_text_as_written(charset: str) -> None:
    mail = parse_mail(HEAD + b"Content-Type: text/plain; charset=" + charset.encode() + b"\n\n\\u003cscript\\u003e ok")
    assert mail.text == "\\u003cscript\\u003e ok"


def test_utf_16_of_odd_length_is_read_as_far_as_it_goes() -> None:
    content = "Störung".encode("utf-16") + b"\x00"
    body = base64.b64encode(content)
    mail = parse_mail(HEAD + b"Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n\n" + body)
    assert mail.text.startswith("Störung")


@pytest.mark.parametrize(
    ("codec", "label", "text"),
    [
        ("gb18030", "gb18030", "设备无法启动，电源灯不亮"),
        ("big5", "big5", "設備無法啟動，電源燈不亮"),
        ("koi8_r", "koi8-r", "Устройство не запускается"),
        ("iso8859_2", "iso-8859-2", "Przełącznik nie działa, świeci się żółta dioda"),
        ("cp1250", "windows-1250", "Przełącznik nie działa, świeci się żółta dioda"),
    ],
)
def test_a_sample_in_its_national_charset_is_read_exactly(codec: str, label: str, text: str) -> None:
    raw = HEAD + b"Content-Type: text/plain; charset=" + label.encode() + b"\nContent-Transfer-Encoding: 8bit\n\n" + text.encode(codec)
    assert parse_mail(raw).text == text


PIECES = (
    *(
        "a",
        " ",
        "\n",
        "[SR#",
        ">",
        "> ",
        "-----",
        "http://a.",
        "On ",
        "wrote: ",
        "From: ",
        "From:\n",
        "a\n",
        "a@",
        "@",
        "a@b.c ",
        "|",
        "| ",
    ),
    *("\t", "S/N: ", "serial ", "1", "12 ", "1-", "+1 ", "(", "<", "<a", "=?", "=?u?q?", "Best regards\n", "-- \n", "--\n", "a:\n"),
    *("On a@b 1:00\n", "on 1:1 a@b wrote\n", "begin 644 a\nend\n", "begin 644 a\n", "contract ", "P1 ", "DHL ", "\u3000", "序列号"),
    *("5.1.1 ", "<td>", "<div>", "<p", "<!--", "&#", "Am 1 schrieb x\n", "GmbH ", "=", '"', "\\", "x:y ;", "Serial: 1, ", "a | b\n"),
    *(
        "name  value\n",
        "2102",
        "To: x\nSent: y\n",
        "raise ",
        "改",
        "score ",
        "/add ",
        "a,",
        '"a',
        "1 ",
        "STATUS ",
        "{",
        '{"a":',
        "<a b='",
        "12:00 ",
    ),
)
SIZE = 262_144


def _written(text: str) -> Mail:
    return Mail(senders=(Address("a@customer.example"),), subject=text[:16_384], text=text)


def _bounce_of(text: str) -> Mail:
    try:
        return parse_mail(BOUNCE + b"\n" + text.encode())
    except UnreadableMail:
        return parse_mail(BOUNCE + b"\nx")


MATCHERS: dict[str, Callable[[str], object]] = {
    "split_reply": split_reply,
    "without_quotations": without_quotations,
    "extract_request": lambda text: extract_request(text[:16_384], text),
    "read_typed": lambda text: read_typed(text, [text[:20_000], text[1000:9000]]),
    "find_case_numbers": lambda text: find_case_numbers(text, ("SR-", "RMA-")),
    "read_customer_lines": lambda text: read_customer_lines(text, "pl", date(2026, 11, 20)),
    "read_customer_lines in Chinese": lambda text: read_customer_lines(text, "zh", date(2026, 11, 20)),
    "read_text_form": read_text_form,
    "detect_language": detect_language,
    "read_alarm": lambda text: read_alarm(_written(text)),
    "read_alarm of a file": lambda text: read_alarm(_written("{" + text)),
    "read_alarm of XML": lambda text: read_alarm(_written("<" + text)),
    "read_survey_answer": read_survey_answer,
    "is_yes": is_yes,
    "read_added_addresses": read_added_addresses,
    "find_forwarded": lambda text: find_forwarded(_written(text)),
    "is_encrypted": lambda text: is_encrypted(_written(text)),
    "read_priority": lambda text: read_priority(text, text, text),
    "read_receiving_list": lambda text: read_receiving_list(Attachment("a.csv", "text/csv", b"Part,Qty\n" + text.encode())),
    "html_to_text": html_to_text,
    "header_text": lambda text: header_text(text[:16_384]),
    "read_addresses": lambda text: read_addresses(text[:16_384]),
    "unflow": lambda text: unflow(text, delsp=True),
    "split_uuencoded": split_uuencoded,
}


SLOWEST = 0.15
"""CPU seconds. The promise is 50 ms on a machine of one's own; where others work beside, the same code was seen to take twice that."""


@pytest.mark.parametrize("name", MATCHERS)
def test_a_matcher_stays_quick_on_256_kb(name: str) -> None:
    slow = {piece: spent for piece in PIECES if (spent := _best_of(partial(MATCHERS[name], _text_of(piece)))) > SLOWEST}
    assert slow == {}


@pytest.mark.parametrize("name", ["find_nature", "read_bounce"])
def test_the_rules_for_bounces_stay_quick_on_256_kb(name: str) -> None:
    slow = {}
    for piece in PIECES:
        text = _text_of(piece)
        mail, raw = _bounce_of(text), BOUNCE + b"\n" + text.encode()
        reader = partial(find_nature, mail, frozenset()) if name == "find_nature" else partial(read_bounce, mail, raw)
        if (spent := _best_of(reader)) > SLOWEST:
            slow[piece] = spent
    assert slow == {}


def _text_of(piece: str) -> str:
    return (piece * (SIZE // len(piece) + 1))[:SIZE]


def _best_of(call: Callable[[], object]) -> float:
    """CPU seconds of the quickest of up to five tries, as they would be with the machine to ourselves.

    Other work on the same core makes all code slower: a loop that takes 8 ms undisturbed tells how much.
    """
    best = 9.0
    for _ in range(5):
        slowness = max(1.0, _cpu_seconds(_count) / 0.008)
        best = min(best, _cpu_seconds(call) / slowness)
        if best <= SLOWEST:
            break
    return best


def _count() -> int:
    total = 0
    for number in range(200_000):
        total += number
    return total


def _cpu_seconds(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started
