"""Mail content is data (P8): what a customer writes arrives in every letter as it stands, and is nothing else there (cases 60, 61, 66)."""

from __future__ import annotations

import base64
import email
import email.policy
import re

import pytest

from tests.handling.conftest import DeskAtWork

ANNA, EVE, CCR, WAREHOUSE, TAC = "anna@northwind.example", "eve@evil.example", "ccr@tac.example", "warehouse@tac.example", "tac@tac.example"
HEADERS = {
    "from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted", "content-language",
    "x-mailflow-desk", "mime-version", "content-type",
}  # fmt: skip
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
LIVE = re.compile(r"<script|<img|<[^<>]{1,500}\s(?:onerror|src)\s*=|href=[\"']?(?:javascript|http://evil)", re.I)


def encoded(text: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def poisoned(evil: str) -> bytes:
    """A complete request of Anna's with the same words in every field, name and file name."""
    fields = ("Company", "Name", "Telephone", "Model", "Site address", "Software version", "Purchase order")
    body = "Serial number: 2102352KLM10L5000456\n" + "".join(f"{field}: {evil}\n" for field in fields)
    body += f"\nThe main board {evil} reboots every few minutes.\n\nBest regards\n{evil}\n"
    return (
        f"From: {encoded(evil)} <{ANNA}>\r\nTo: {TAC}\r\nSubject: {encoded(evil + ' board')}\r\nMessage-ID: <p@northwind.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{base64.b64encode(body.encode()).decode()}\r\n--bb\r\n"
        "Content-Type: application/octet-stream\r\n"
        f'Content-Disposition: attachment; filename="{encoded(evil + ".txt")}"\r\n\r\nlog\r\n--bb--\r\n'
    ).encode()


@pytest.mark.parametrize(
    "evil",
    [
        "{{ 7*7 }}{% for a in range(99999999) %}x{% endfor %}{0.__class__}%(x)s",
        "<script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>",
        "[pay](javascript:alert(1)) [x](http://evil.example/) ![i](http://evil.example/p.png)",
        "a\r\nBcc: eve@evil.example\r\n\r\nbody",
        "=?utf-8?q?x=0D=0ABcc:_eve=40evil.example?= \u2028Bcc: eve@evil.example \x85X-Y: 1",
        "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x00 \u202egpj.exe",
    ],
)
def test_what_a_customer_writes_is_never_more_than_words(desk: DeskAtWork, evil: str) -> None:
    assert desk.receive(poisoned(evil)).state == "opened"
    desk.write(CCR, "Re: SR-100001", "/rma advance 1 x 02352KLM serial 2102352KLM10L5000456")
    for line in (f"SHIPPED {evil} 123456789012", f"EXTEND 3 days {evil}"):
        desk.answer(ANNA, "rma/customer_request_verification", line)
    desk.answer(CCR, "service_request/customer_message", f"Hello,\nplease note {evil}.")
    desk.write(ANNA, "Re: SR-100001", f"ESCALATE SR-100001 nobody answers {evil}")
    desk.write(ANNA, "Re: SR-100001", "STATUS SR-100001")
    desk.write(WAREHOUSE, "RMA-100001", "/received 1 x 02352KLM serial 2102352KLM10L5000456", mailbox="receiving@tac.example")
    letters = desk.all_notices()
    assert len(letters) >= 12
    for letter in letters:
        mail = email.message_from_bytes(letter.raw, policy=email.policy.SMTP)
        names = [name.lower() for name in mail]
        assert set(names) <= HEADERS and len(names) == len(set(names))
        assert not [name for name, value in mail.items() if CONTROL.search(str(value))]
        assert EVE not in f"{mail['To']}{mail['Cc']}"
        texts = [part for part in mail.walk() if part.get_content_maintype() == "text" and not part.get_filename()]
        for part in texts:
            shown = part.get_content()
            assert not CONTROL.search(shown.replace("\r\n", "\n"))
            assert not re.search(r"(?<![\d.:])49(?![\d.:])", shown)
            assert part.get_content_subtype() != "html" or not LIVE.search(shown)
        files = [str(part.get_filename()) for part in mail.iter_attachments()]
        assert not [file for file in files if CONTROL.search(file) or "\u202e" in file or "/" in file]


@pytest.mark.parametrize(
    ("subject", "body"),
    [("Re: {}", "STATUS {}\n"), ("hello", "It is about {}\n"), ("{}", "ESCALATE {} nobody answers me\n")],
)
def test_a_number_that_is_given_and_one_that_is_not_are_answered_alike(desk: DeskAtWork, subject: str, body: str) -> None:
    """Case 48"""
    desk.write(ANNA, "Board reboots", "Serial number: 2102352KLM10L5000456\n\nThe main board reboots every few minutes.\n")
    answers = []
    for number in ("SR-100001", "SR-199999"):
        row = desk.write(EVE, subject.format(number), body.format(number))
        letters = [one for one in desk.all_notices() if EVE in one.to]
        answers.append((letters[-1].name, letters[-1].text.replace(str(row.case_number), "")))
    assert answers[0] == answers[1]


def test_a_serial_that_is_known_and_one_that_is_not_are_answered_alike(desk: DeskAtWork) -> None:
    """Nobody finds out from us whose device it is, or whether there is such a one."""
    answers = []
    for serial in ("2102352KLM10L5000456", "2102352KLM10L5000777"):
        row = desk.write(EVE, "Board", f"Contract number: HC-1\nSerial number: {serial}\n\nThe board reboots all the time.\n")
        letters = [one for one in desk.all_notices() if EVE in one.to]
        answers.append((letters[-1].name, letters[-1].text.replace(str(row.case_number), "")))
    assert answers[0] == answers[1]
