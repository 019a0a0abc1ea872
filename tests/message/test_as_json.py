from __future__ import annotations

from mailflow.message.as_json import describe_mail

REQUEST = b"From: a@customer.example\nSubject: board\n\nSerial: 2102352KLM10L5000456\nSymptoms: no power\n"
BOUNCE = b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n<x@y.example>: 550 5.1.1 user unknown\n"
BOUNCE += b"Serial: 2102352KLM10L5000456\n"


def test_a_request_is_described_with_the_facts_that_it_states() -> None:
    described = describe_mail(REQUEST)
    assert described is not None
    assert described["extracted"] == {"serials": ("2102352KLM10L5000456",), "part_numbers": ("02352KLM",), "symptoms": "no power"}


def test_what_a_bounce_returns_is_no_request() -> None:
    described = describe_mail(BOUNCE)
    assert described is not None
    assert (described["is_bounce"], described["bounced"], described["extracted"]) == (True, ["x@y.example"], {})


def test_an_unreadable_mail_has_no_description() -> None:
    assert describe_mail(b"\n\n") is None
