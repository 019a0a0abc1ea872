"""The original within a forwarded mail (SR10), as mail programs copy it in six languages, or attached."""

from __future__ import annotations

import pytest

from mailflow.message.mime.parse import parse_mail
from mailflow.message.model import Address, Mail
from mailflow.message.reference import Forwarded, find_forwarded

ANNA = Address("anna@customer.example", "Anna Nowak")
FORWARDED = {
    "outlook en": (
        "FW: switch down",
        "FYI\n"
        "\n"
        "From: Anna Nowak <anna@customer.example>\n"
        "Sent: Friday, November 20, 2026 9:00 AM\n"
        "To: cse@desk.example\n"
        "Subject: switch down\n"
        "\n"
        "Our switch is down.\n"
        "Anna",
    ),
    "outlook line": (
        "FW: switch down",
        "________________________________\n"
        "From: Anna Nowak <anna@customer.example>\n"
        "Sent: Friday, November 20, 2026 9:00 AM\n"
        "To: cse@desk.example\n"
        "Cc: x@y.example\n"
        "Subject: switch down\n"
        "\n"
        "Our switch is down.",
    ),
    "outlook mailto": (
        "FW: switch down",
        "From: Anna Nowak [mailto:anna@customer.example]\n"
        "Sent: Friday, November 20, 2026 9:00 AM\n"
        "To: cse@desk.example\n"
        "Subject: switch down\n"
        "\n"
        "Our switch is down.",
    ),
    "outlook bold md": (
        "PD: awaria",
        "*Od:* Anna Nowak <anna@customer.example>\n"
        "*Wysłane:* piątek, 20 listopada 2026 09:00\n"
        "*Do:* cse@desk.example\n"
        "*Temat:* switch down\n"
        "\n"
        "Our switch is down.",
    ),
    "outlook pl": (
        "PD: awaria",
        "Od: Anna Nowak <anna@customer.example>\n"
        "Wysłano: piątek, 20 listopada 2026 09:00\n"
        "Do: cse@desk.example\n"
        "Temat: switch down\n"
        "\n"
        "Our switch is down.",
    ),
    "outlook de": (
        "WG: x",
        "Von: Anna Nowak <anna@customer.example>\n"
        "Gesendet: Freitag, 20. November 2026 09:00\n"
        "An: cse@desk.example\n"
        "Betreff: switch down\n"
        "\n"
        "Our switch is down.",
    ),
    "outlook fr": (
        "TR: x",
        "De : Anna Nowak <anna@customer.example>\n"
        "Envoyé : vendredi 20 novembre 2026 09:00\n"
        "À : cse@desk.example\n"
        "Objet : switch down\n"
        "\n"
        "Our switch is down.",
    ),
    "outlook es": (
        "RV: x",
        "De: Anna Nowak <anna@customer.example>\n"
        "Enviado el: viernes, 20 de noviembre de 2026 9:00\n"
        "Para: cse@desk.example\n"
        "Asunto: switch down\n"
        "\n"
        "Our switch is down.",
    ),
    "outlook zh": (
        "转发: x",
        "发件人: Anna Nowak <anna@customer.example>\n"
        "发送时间: 2026年11月20日 9:00\n"
        "收件人: cse@desk.example\n"
        "主题: switch down\n"
        "\n"
        "Our switch is down.",
    ),
    "gmail": (
        "Fwd: x",
        "---------- Forwarded message ---------\n"
        "From: Anna Nowak <anna@customer.example>\n"
        "Date: Fri, 20 Nov 2026 at 09:00\n"
        "Subject: switch down\n"
        "To: <cse@desk.example>\n"
        "\n"
        "\n"
        "Our switch is down.",
    ),
    "gmail pl": (
        "Fwd: x",
        "---------- Forwarded message ---------\n"
        "Od: Anna Nowak <anna@customer.example>\n"
        "Date: pt., 20 lis 2026 o 09:00\n"
        "Subject: switch down\n"
        "To: <cse@desk.example>\n"
        "\n"
        "\n"
        "Our switch is down.",
    ),
    "apple": (
        "Fwd: x",
        "Begin forwarded message:\n"
        "\n"
        "From: Anna Nowak <anna@customer.example>\n"
        "Subject: switch down\n"
        "Date: 20 November 2026 at 09:00:00 CET\n"
        "To: cse@desk.example\n"
        "\n"
        "Our switch is down.",
    ),
    "apple quoted": (
        "Fwd: x",
        "Please handle\n"
        "\n"
        "Begin forwarded message:\n"
        "\n"
        "> From: Anna Nowak <anna@customer.example>\n"
        "> Subject: switch down\n"
        "> Date: 20 November 2026 at 09:00:00 CET\n"
        "> To: cse@desk.example\n"
        "> \n"
        "> Our switch is down.",
    ),
    "apple de": (
        "Fwd: x",
        "Anfang der weitergeleiteten Nachricht:\n"
        "\n"
        "Von: Anna Nowak <anna@customer.example>\n"
        "Betreff: switch down\n"
        "Datum: 20. November 2026 um 09:00:00 MEZ\n"
        "An: cse@desk.example\n"
        "\n"
        "Our switch is down.",
    ),
    "apple zh": (
        "Fwd: x",
        "开始转发的邮件：\n"
        "\n"
        "发件人: Anna Nowak <anna@customer.example>\n"
        "主题: switch down\n"
        "日期: 2026年11月20日 GMT+1 09:00:00\n"
        "收件人: cse@desk.example\n"
        "\n"
        "Our switch is down.",
    ),
    "thunderbird": (
        "Fwd: x",
        "-------- Forwarded Message --------\n"
        "Subject: \tswitch down\n"
        "Date: \tFri, 20 Nov 2026 09:00:00 +0100\n"
        "From: \tAnna Nowak <anna@customer.example>\n"
        "To: \tcse@desk.example\n"
        "\n"
        "\n"
        "\n"
        "Our switch is down.",
    ),
    "thunderbird pl": (
        "Fwd: x",
        "-------- Treść przekazanej wiadomości --------\n"
        "Temat: \tswitch down\n"
        "Data: \tFri, 20 Nov 2026 09:00:00 +0100\n"
        "Nadawca: \tAnna Nowak <anna@customer.example>\n"
        "Adresat: \tcse@desk.example\n"
        "\n"
        "\n"
        "\n"
        "Our switch is down.",
    ),
    "thunderbird de": (
        "Fwd: x",
        "-------- Weitergeleitete Nachricht --------\n"
        "Betreff: \tswitch down\n"
        "Datum: \tFri, 20 Nov 2026 09:00:00 +0100\n"
        "Von: \tAnna Nowak <anna@customer.example>\n"
        "An: \tcse@desk.example\n"
        "\n"
        "Our switch is down.",
    ),
    "thunderbird fr": (
        "Fwd: x",
        "-------- Message transféré --------\n"
        "Sujet : \tswitch down\n"
        "Date : \tFri, 20 Nov 2026 09:00:00 +0100\n"
        "De : \tAnna Nowak <anna@customer.example>\n"
        "Pour : \tcse@desk.example\n"
        "\n"
        "Our switch is down.",
    ),
    "thunderbird es": (
        "Fwd: x",
        "-------- Mensaje reenviado --------\n"
        "Asunto: \tswitch down\n"
        "Fecha: \tFri, 20 Nov 2026 09:00:00 +0100\n"
        "De: \tAnna Nowak <anna@customer.example>\n"
        "Para: \tcse@desk.example\n"
        "\n"
        "Our switch is down.",
    ),
    "thunderbird zh": (
        "Fwd: x",
        "-------- 转发的信息 --------\n"
        "主题: \tswitch down\n"
        "日期: \tFri, 20 Nov 2026 09:00:00 +0100\n"
        "发件人: \tAnna Nowak <anna@customer.example>\n"
        "收件人: \tcse@desk.example\n"
        "\n"
        "Our switch is down.",
    ),
    "qq": (
        "转发：x",
        "------------------ 原始邮件 ------------------\n"
        '发件人: "Anna Nowak" <anna@customer.example>;\n'
        "发送时间: 2026年11月20日(星期五) 上午9:00\n"
        '收件人: "cse"<cse@desk.example>;\n'
        "主题: switch down\n"
        "\n"
        "Our switch is down.",
    ),
    "163": (
        "转发:x",
        "-------- 转发邮件信息 --------\n"
        "发件人：Anna Nowak <anna@customer.example>\n"
        "发送日期：2026-11-20 09:00:00\n"
        "收件人：cse@desk.example\n"
        "主题：switch down\n"
        "Our switch is down.",
    ),
    "edited subject": (
        "switch down at Example",
        "From: Anna Nowak <anna@customer.example>\n"
        "Sent: Friday, November 20, 2026 9:00 AM\n"
        "To: cse@desk.example\n"
        "Subject: switch down\n"
        "\n"
        "Our switch is down.",
    ),
    "twice": (
        "FW: FW: x",
        "see below\n"
        "\n"
        "From: Bob <bob@desk.example>\n"
        "Sent: Friday, November 20, 2026 10:00 AM\n"
        "To: cse@desk.example\n"
        "Subject: FW: switch down\n"
        "\n"
        "please take\n"
        "\n"
        "From: Anna Nowak <anna@customer.example>\n"
        "Sent: Friday, November 20, 2026 9:00 AM\n"
        "To: bob@desk.example\n"
        "Subject: switch down\n"
        "\n"
        "Our switch is down.",
    ),
}
ATTACHED = b"""From: cse@desk.example
To: tac@desk.example
Subject: please take this
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

see the attached mail
--b
Content-Type: message/rfc822

%s
--b--
"""
INNER = b"""From: Anna Nowak <anna@customer.example>
To: cse@desk.example
Subject: switch down

Our switch is down.
"""


def mail(subject: str, text: str) -> Mail:
    return Mail(senders=(Address("cse@desk.example"),), subject=subject, text=text)


@pytest.mark.parametrize("name", FORWARDED)
def test_the_author_of_a_forwarded_mail_is_found(name: str) -> None:
    found = find_forwarded(mail(*FORWARDED[name]))
    assert found is not None
    assert (found.sender, found.subject) == (ANNA, "switch down")
    assert found.text.split("\n")[0] == "Our switch is down."


def test_an_attached_mail_is_the_original() -> None:
    assert find_forwarded(parse_mail(ATTACHED % INNER)) == Forwarded(ANNA, "switch down", "Our switch is down.")


def test_a_mail_attached_to_an_attached_mail_is_the_original() -> None:
    colleague = ATTACHED.replace(b'"b"', b'"c"').replace(b"--b", b"--c").replace(b"cse@desk.example", b"bob@desk.example")
    found = find_forwarded(parse_mail(ATTACHED % (colleague % INNER)))
    assert found is not None and found.sender == ANNA


def test_a_mail_forwarded_inline_within_an_attached_mail_is_the_original() -> None:
    inner = b"From: bob@desk.example\nTo: cse@desk.example\nSubject: FW: switch down\n\n" + FORWARDED["outlook en"][1].encode()
    found = find_forwarded(parse_mail(ATTACHED % inner))
    assert found is not None and found.sender == ANNA


def test_what_the_author_had_answered_to_is_not_the_original() -> None:
    text = FORWARDED["outlook en"][1] + "\n\nFrom: TAC <tac@desk.example>\nSent: Thursday\nTo: Anna\nSubject: switch\n\nPlease restart."
    found = find_forwarded(mail("FW: switch down", text))
    assert found is not None and found.sender == ANNA
    assert "Please restart." in found.text


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("RE: switch down", FORWARDED["outlook en"][1]),
        ("Odp: awaria", FORWARDED["outlook pl"][1]),
        ("FW: switch down", "no original below"),
        ("hello", "From: the beginning\nTo: the end"),
        ("FW: x", "From: Anna Nowak\nSent: Friday\nTo: cse\nSubject: x\n\na name of an address book is no address"),
        ("hello", ""),
    ],
)
def test_an_answer_and_a_mail_without_an_original_forward_nothing(subject: str, text: str) -> None:
    assert find_forwarded(mail(subject, text)) is None


def test_an_answer_that_says_it_forwards_is_a_forwarded_mail() -> None:
    found = find_forwarded(mail("RE: switch down", FORWARDED["gmail"][1]))
    assert found is not None and found.sender == ANNA
