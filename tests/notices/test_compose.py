"""The bytes of a mail: what goes in comes out again, and nothing else gets in (OUT1, OUT2, case 60)."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.message.model import Address
from mailflow.notices.compose import LetterAttachment, UnsendableLetter, compose_letter
from mailflow.notices.render import Rendered

PLAIN = Rendered("Re: [SR-100042] Packet loss", "Hello,\n\nit works.\n", "<p>Hello,</p>\n", "en")
HEADERS = [
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "Content-Language",
    "X-Mailflow-Desk", "MIME-Version", "Content-Type",
]  # fmt: skip


def compose(rendered: Rendered = PLAIN, **changes: object) -> bytes:
    values: dict[str, object] = {
        "sender": Address("tac@tac.example", "Example TAC"),
        "to": (Address("anna@customer.example", "Anna Kowalska"),),
        "reply_to": "tac+sr-100042.abc@tac.example",
        "message_id": "n1@tac.example",
        "in_reply_to": "m1@customer.example",
        "references": ("m0@customer.example",),
        "date": datetime(2026, 11, 20, 14, 10, tzinfo=UTC),
        "auto_submitted": "auto-replied",
        "desk": "huawei-tac",
        "language": "en",
    }
    return compose_letter(rendered, **{**values, **changes})  # type: ignore[arg-type]  # the tests mix values on purpose


def parse(raw: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert [part.defects for part in parsed.walk()] == [[] for _ in parsed.walk()]
    return parsed


def content(part: MIMEPart | None) -> str:
    assert part is not None
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def test_headers_are_exactly_these() -> None:
    mail = parse(compose())
    assert mail.keys() == HEADERS
    assert [mail[name] for name in HEADERS[:-1]] == [
        "Example TAC <tac@tac.example>",
        "Anna Kowalska <anna@customer.example>",
        "tac+sr-100042.abc@tac.example",
        "Re: [SR-100042] Packet loss",
        "Fri, 20 Nov 2026 14:10:00 +0000",
        "<n1@tac.example>",
        "<m1@customer.example>",
        "<m0@customer.example> <m1@customer.example>",
        "auto-replied",
        "en",
        "huawei-tac",
        "1.0",
    ]


def test_both_parts_come_back_equal() -> None:
    mail = parse(compose())
    assert mail.get_content_type() == "multipart/alternative"
    assert content(mail.get_body(("plain",))) == PLAIN.text
    assert content(mail.get_body(("html",))) == PLAIN.html


def test_the_same_values_give_the_same_bytes() -> None:
    assert compose() == compose()


@pytest.mark.parametrize(
    "text", ["zażółć gęślą jaźń\n", "网络故障，请更换板卡\n", "x" * 5000 + "\n", "a =20 b=\n.\nFrom x\n.leading\n", "\n", "trailing  \n"]
)
def test_any_text_is_seven_bit_with_short_lines(text: str) -> None:
    rendered = Rendered("s", text, f"<p>{text}</p>\n")
    raw = compose(rendered)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.replace(b"\r\n", b"").count(b"\n") + raw.replace(b"\r\n", b"").count(b"\r") == 0
    assert content(parse(raw).get_body(("plain",))) == text
    assert content(parse(raw).get_body(("html",))) == rendered.html


@pytest.mark.parametrize(
    "subject",
    ["Łącze przestało działać " * 8, "网络故障 " * 30, "=?utf-8?q?hi?= there", "a" * 900, "word " * 60, "tab\tand  two blanks"],
)
def test_subjects_come_back_equal(subject: str) -> None:
    raw = compose(Rendered(subject, "x\n", "x\n"))
    assert parse(raw)["Subject"] == " ".join(subject.split())
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\n ", "\x00", "\u2028", "\u0085", "\x0b", "\x0c"])
def test_no_value_adds_a_header_or_recipient(break_: str) -> None:
    hostile = f"x{break_}Bcc: victim@victim.example{break_}{break_}body"
    raw = compose(
        Rendered(hostile, hostile, hostile),
        sender=Address("tac@tac.example", hostile),
        to=(Address("anna@customer.example", hostile),),
        in_reply_to=hostile,
        references=(hostile, f"<a@b>{break_}Bcc: x@x.example"),
        desk=hostile,
        language=hostile,
        auto_submitted=hostile,
        attachments=(LetterAttachment(hostile, f"text/plain{break_}Bcc: x", b"x"),),
    )
    mail = parse(raw)
    assert mail.keys() == [name for name in HEADERS if name not in ("In-Reply-To", "References")]
    assert [address.addr_spec for address in mail["To"].addresses] == ["anna@customer.example"]
    assert [part.keys() for part in mail.walk()][-1] == ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition"]


@pytest.mark.parametrize(
    "name", ["Kowalska, Anna", 'Anna "A" \\ Kowalska', "Żółw Łukasz", "王小明", "Anna <evil@x.example>", "=?utf-8?q?x?=", "a.b", "(c)"]
)
def test_names_come_back_equal(name: str) -> None:
    address = parse(compose(to=(Address("anna@customer.example", name),)))["To"].addresses[0]
    assert (address.display_name, address.addr_spec) == (name, "anna@customer.example")


@pytest.mark.parametrize(
    "address",
    ["", "anna", "anna@", "@customer.example", "a b@customer.example", "a@b\r\nBcc: c@d", "zażółć@customer.example", "a@b..c", "a@b, c@d",
     "<a@b.example>", "a@-b.example", f"{'a' * 65}@b.example"],
)  # fmt: skip
def test_an_address_that_no_server_takes_is_refused(address: str) -> None:
    with pytest.raises(UnsendableLetter):
        compose(to=(Address(address),))


def test_an_international_domain_goes_out_in_ascii() -> None:
    assert parse(compose(to=("anna@łódź.example",)))["To"] == "anna@xn--d-uga0v4h.example"


@pytest.mark.parametrize("message_id", ["", "a b@c", "<a@b>\r\nX: y", "ä@b"])
def test_a_message_id_of_ours_must_be_one(message_id: str) -> None:
    with pytest.raises(UnsendableLetter):
        compose(message_id=message_id)


def test_a_notice_without_recipient_is_refused() -> None:
    with pytest.raises(UnsendableLetter):
        compose(to=())


def test_a_long_thread_keeps_its_first_and_newest_ids() -> None:
    references = parse(compose(references=tuple(f"m{number}@x.example" for number in range(200)), in_reply_to=""))["References"].split()
    assert references == ["<m0@x.example>", *(f"<m{number}@x.example>" for number in range(177, 200))]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("form.pdf", "form.pdf"),
        ("formularz zażółć.pdf", "formularz zażółć.pdf"),
        ("返修单" * 40 + ".pdf", "返修单" * 40 + ".pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ('a"b\\c.txt', "a_b_c.txt"),
        ("invoice\u202egpj.exe", "invoice gpj.exe"),
        ("", "attachment"),
        ("x\r\ny.txt", "x y.txt"),
    ],
)
def test_attachments_come_back_with_their_names(name: str, expected: str) -> None:
    data = bytes(range(256)) * 3
    raw = compose(attachments=(LetterAttachment(name, "application/pdf", data),))
    part = next(iter(parse(raw).iter_attachments()))
    assert (part.get_filename(), part.get_content_type(), part.get_content()) == (expected, "application/pdf", data)
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_an_attached_message_travels_as_a_file() -> None:
    raw = compose(attachments=(LetterAttachment("mail.eml", "message/rfc822", b"Subject: x\r\n\r\nx"),))
    part = next(iter(parse(raw).iter_attachments()))
    assert (part.get_content_type(), part.get_content()) == ("application/octet-stream", b"Subject: x\r\n\r\nx")


def test_calendar_parameters_are_kept() -> None:
    raw = compose(attachments=(LetterAttachment("d.ics", "text/calendar; method=PUBLISH; charset=utf-8", b"BEGIN:VCALENDAR\r\n"),))
    part = next(iter(parse(raw).iter_attachments()))
    assert dict(part["Content-Type"].params) == {"method": "PUBLISH", "charset": "utf-8"}


def test_text_of_a_person_is_not_marked_as_automatic() -> None:
    assert parse(compose(auto_submitted=""))["Auto-Submitted"] is None


@settings(max_examples=60)
@given(st.text(max_size=120), st.text(max_size=120), st.text(max_size=60))
def test_no_text_at_all_breaks_the_mail(subject: str, text: str, name: str) -> None:
    raw = compose(
        Rendered(subject, text, text), to=(Address("anna@customer.example", name),), attachments=(LetterAttachment(name, name, b"x"),)
    )
    mail = email.message_from_bytes(raw, policy=email.policy.compat32)
    assert mail.keys() == HEADERS
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
