"""Reading is total: any bytes give a Mail that every database takes, or UnreadableMail with a reason."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.message.as_json import describe_mail
from mailflow.message.mime.parse import parse_mail, read_header_date, read_route
from mailflow.message.mime.raw import Caps
from mailflow.message.model import Hop, Mail, UnreadableMail

HEAD = b"From: anna@customer.example\r\nTo: tac@tac.example\r\nSubject: fan\r\n"
SNIPPETS = b"""From: |a@b.example|=?utf-8?q?|?=|<|>|"|(|--q|--q--|filename*0*=|Message-ID: <>
|Date: 99 Zzz
|> |wrote:
|+ADw-|Content-Type: multipart/mixed; boundary=q
|Content-Type: message/rfc822
|Content-Type: text/html; charset=gb2312
|Content-Transfer-Encoding: base64
"""
PIECES = st.sampled_from([*SNIPPETS.split(b"|"), b"\r\n", b"\r\n\r\n", b"\x00", b"\xff\xfe", b"\x1b$B"])
SOUP = st.lists(PIECES | st.binary(max_size=12), max_size=60).map(b"".join)


def _texts(mail: Mail) -> list[str]:
    addresses = [*mail.senders, *mail.to, *mail.cc, *mail.reply_to]
    return [
        mail.subject,
        mail.text,
        mail.alternative_text,
        mail.message_id,
        *mail.in_reply_to,
        *mail.references,
        *mail.flaws,
        *(address.address + address.name for address in addresses),
        *(part.name or "" for part in mail.attachments),
        *(key + value for pair in (mail.headers, mail.report) for key, value in pair),
    ]


@settings(max_examples=250, deadline=None)
@given(SOUP)
def test_any_bytes_are_read_into_storable_text_or_refused_with_a_reason(raw: bytes) -> None:
    try:
        mail = parse_mail(raw)
    except UnreadableMail as error:
        assert str(error) != ""
        return
    assert [text for text in _texts(mail) if re.search("[\x00\ud800-\udfff]", text)] == []


@settings(max_examples=120, deadline=None)
@given(SOUP)
def test_describing_any_bytes_never_raises(raw: bytes) -> None:
    described = describe_mail(raw, authserv_id="mx.tac.example", mailboxes=("tac@tac.example",))
    assert described is None or described["is_auto"] in (True, False)


@pytest.mark.parametrize(
    "header",
    [
        b"Date: Fri, 20 Nov 2026 09:00:00 +07777777777777777777777777",
        b"Date: Fri, 31 Dec 9999 23:59:00 -1200",
        b"Content-Type: text/plain; charset=\x00\r\xe4",
        b"Content-Type: text/plain; charset*=a\x00'b'c",
    ],
)
def test_a_header_that_no_library_takes_costs_only_itself(header: bytes) -> None:
    mail = parse_mail(HEAD + header + b"\r\n\r\nThe fan is dead: \xe4.\r\n")
    assert mail.subject == "fan" and "The fan is dead:" in mail.text


def test_a_delivery_report_in_a_charset_that_no_library_takes_is_read() -> None:
    head = HEAD + b"Content-Type: multipart/report; boundary=q\r\n\r\n--q\r\nContent-Type: message/delivery-status\r\n\r\n"
    block = b"Content-Type: text/plain; charset=a\x00b\r\n\r\nFinal-Recipient: rfc822; \xe4@b.example\r\nAction: failed\r\n"
    assert ("action", "failed") in parse_mail(head + block + b"--q--\r\n").report


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "the mail is empty"),
        (HEAD + b"\r\n" + b"x" * 3000, "the mail has 3,066 bytes, more than 2,000"),
        (HEAD + b"X-A: " + b"a" * 900 + b"\r\n\r\nx", "the header x-a has 906 bytes, more than 500"),
        (HEAD + b"X-A: a\r\n" * 150 + b"\r\nx", "the header block has 1,266 bytes, more than 1,000"),
        (HEAD + b"Cc: " + b"a@b.example, " * 12 + b"\r\n\r\nx", "the mail names 14 addresses, more than 10"),
        (HEAD + b"Content-Type: multipart/mixed; boundary=q\r\n\r\n" + b"--q\r\n\r\n" * 9, "the mail has 9 parts, more than 8"),
    ],
)
def test_what_is_beyond_a_cap_is_refused_in_words(raw: bytes, reason: str) -> None:
    caps = Caps(mail=2000, header_block=1000, header=500, addresses=10, parts=8)
    with pytest.raises(UnreadableMail) as refused:
        parse_mail(raw, caps)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"X-A: " + b"=?utf-8?q?a?= " * 20_000 + b"\r\n\r\nx",
        HEAD + b"Content-Type: text/plain" + b"; a=b" * 20_000 + b"\r\n\r\nx",
        b"From: " + b'"a\\"' * 4000 + b"\r\n\r\nx",
        b"From: " + b"(" * 5000 + b"\r\n\r\nx",
        HEAD + b"\r\n" + b"\r\n" * 300_000,
        HEAD + b"\r\n" + b"On 20 Nov 2026 wrote:\r\n\r\n" * 10_000,
        HEAD + b"\r\n" + b"On On On " * 30_000,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<blockquote>x" * 40_000,
        HEAD + b"\r\n" + b"Serial number: Serial number: \r\n" * 8000,
        HEAD + b"\r\n" + b"begin 644 x\r\n" * 20_000 + b"end\r\n",
    ],
    ids=["words", "parameters", "quotes", "brackets", "lines", "attributions", "on", "deep", "quotations", "labels", "uuencode"],
)
def test_a_hostile_mail_costs_at_most_two_seconds(raw: bytes) -> None:
    started = time.process_time()
    describe_mail(raw)
    assert time.process_time() - started < 2.0


def test_the_content_of_an_attached_message_is_its_bytes() -> None:
    inner = b"From: x@y.example\r\nSubject: inner\r\n\r\nhello\r\n"
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"--q--\r\n"
    (part,) = parse_mail(raw).attachments
    assert (part.name, part.content_type) == ("inner", "message/rfc822")
    assert part.content.replace(b"\r\n", b"\n") == inner.replace(b"\r\n", b"\n").removesuffix(b"\n")


def test_damaged_base64_is_read_as_far_as_it_goes() -> None:
    raw = HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8g!!d29y\r\nbGQ"
    assert parse_mail(raw).text == "hello world"


def test_the_plain_form_is_the_body_and_the_html_form_its_alternative() -> None:
    raw = HEAD + (
        b"Content-Type: multipart/alternative; boundary=q\r\n\r\n--q\r\nContent-Type: text/plain\r\n\r\nplain\r\n"
        b"--q\r\nContent-Type: text/html\r\n\r\n<b>rich</b>\r\n--q--\r\n"
    )
    mail = parse_mail(raw)
    assert (mail.text, mail.alternative_text, mail.attachments) == ("plain", "rich", ())


@pytest.mark.parametrize(
    ("stated", "meant"),
    [
        ("2026-11-20T09:00:00Z", "2026-11-20T09:00:00+00:00"),
        ("Fri, 20 Nov 2026 9:05:00 GMT+01:00", "2026-11-20T08:05:00+00:00"),
        ("Fri Nov 20 09:00:00 CET 2026", "2026-11-20T08:00:00+00:00"),
        ("Wed 29 May 2019 06:09:22 PM EDT", "2019-05-29T22:09:22+00:00"),
        ("20 Nov 70 9:00 +0000", "1970-11-20T09:00:00+00:00"),
        ("20 Nov 2026", "2026-11-20T00:00:00+00:00"),
        ("01/02/2026 10:00", None),
        ("09:00", None),
        ("Friday", None),
        ("Fri, 31 Dec 9999 23:59:00 -1200 x", None),
        ("Fri, 20 Nov 2026 09:00:00 +99999999999999999999 x", None),
    ],
)
def test_a_date_header_of_another_form_is_read_where_it_names_a_day(stated: str, meant: str | None) -> None:
    read = read_header_date(stated)
    assert (read.isoformat() if read else None) == meant


def _received(*lines: str) -> tuple[Hop, ...]:
    return read_route(parse_mail("".join(f"Received: {line}\n" for line in lines).encode() + b"From: a@c.example\n\nhello\n"))


def test_the_route_of_a_mail_starts_at_the_sender_and_tells_each_delay() -> None:
    hops = _received(
        "from mx.tac.example by store.tac.example with LMTP id 9; Fri, 20 Nov 2026 09:02:10 +0100",
        "from laptop ([10.0.0.1]) by mx.tac.example with ESMTPSA id 3\n\tfor <a@b>; Fri, 20 Nov 2026 09:00:03 +0100 (CET)",
    )
    assert hops == (
        Hop("laptop ([10.0.0.1])", "mx.tac.example", "ESMTPSA", datetime(2026, 11, 20, 8, 0, 3, tzinfo=UTC)),
        Hop("mx.tac.example", "store.tac.example", "LMTP", datetime(2026, 11, 20, 8, 2, 10, tzinfo=UTC), 127),
    )


def test_a_clock_that_is_behind_makes_a_delay_below_zero_and_a_missing_one_none() -> None:
    hops = _received("by c", "by b; Fri, 20 Nov 2026 09:00:00 +0100", "by a; Fri, 20 Nov 2026 09:00:03 +0100")
    assert [hop.delay for hop in hops] == [None, -3, None]


@pytest.mark.parametrize(
    "line",
    [
        "(" * 4000,
        '"' * 4000,
        "\\" * 4000,
        "from " * 800,
        "by a; " * 700,
        "from (a (b " * 300,
        "by a; Fri, 31 Dec 9999 23:59:00 -1200",
        "\x01",
    ],
)
def test_a_hostile_way_is_short(line: str) -> None:
    hops = _received(*[line] * 60)
    assert len(hops) == 50
    assert max(len(text) for hop in hops for text in (hop.from_host, hop.by_host, hop.protocol)) <= 200
