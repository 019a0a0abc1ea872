"""The servers that the other tests stand on."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy

from tests.servers.dovecot import Dovecot
from tests.servers.process import ServerMissing, find_program
from tests.servers.smtp import SmtpSink

MAIL = b"Message-ID: <one@test.example>\r\nSubject: hello\r\n\r\n.dot\r\n"


def test_dovecot_keeps_what_was_delivered(dovecot: Dovecot) -> None:
    uid = dovecot.deliver("anna", MAIL, datetime(2026, 11, 20, 8, 5, tzinfo=UTC))
    assert dovecot.flags("anna") == {uid: frozenset()}


def test_dovecot_is_empty_for_the_next_test(dovecot: Dovecot) -> None:
    assert dovecot.uids("anna") == []


def test_the_sink_records_bytes_and_envelope(smtp_sink: SmtpSink) -> None:
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as client:
        client.sendmail("desk@test.example", ["anna@test.example"], MAIL)
    (reception,) = smtp_sink.by_message_id()["<one@test.example>"]
    assert (reception.envelope_from, reception.recipients, reception.raw) == ("desk@test.example", ("anna@test.example",), MAIL)


def test_the_sink_refuses_one_recipient(smtp_sink: SmtpSink) -> None:
    smtp_sink.faults.recipients["bad@test.example"] = "550 5.1.1 no such user"
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as client:
        refused = client.sendmail("desk@test.example", ["anna@test.example", "bad@test.example"], MAIL)
    assert refused == {"bad@test.example": (550, b"5.1.1 no such user")}


def test_postfix_sink_refuses_at_the_stage_asked_for(postfix_sink: Callable[..., int]) -> None:
    with smtplib.SMTP("127.0.0.1", postfix_sink("-r", "rcpt")) as client:
        client.ehlo()
        client.mail("desk@test.example")
        code, _ = client.rcpt("anna@test.example")
    assert code == 450


def test_each_database_is_fresh(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE probe (a INTEGER)"))
    assert sqlalchemy.inspect(engine).get_table_names() == ["probe"]
    engine.dispose()


def test_a_missing_server_fails_and_names_its_package() -> None:
    with pytest.raises(ServerMissing, match="apt-get install dovecot-imapd"):
        find_program("no-such-dovecot", "dovecot-imapd")
