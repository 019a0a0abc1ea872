"""What the border says of senders, and the bounces that servers write."""

from __future__ import annotations

from datetime import UTC, datetime

from mailflow.message.bounce import read_bounce
from mailflow.message.mime.parse import parse_mail
from mailflow.message.model import BouncedRecipient, Kind
from mailflow.message.sender import find_nature, read_authentication
from mailflow.scenario.mail_client import stamp, write_bounce

NOW = datetime(2026, 12, 3, 8, 52, tzinfo=UTC)
BORDER = "mx.tac.example"


def is_genuine(raw: bytes, authenticated: bool) -> bool:
    return read_authentication(parse_mail(stamp(raw, authenticated, BORDER)), BORDER).genuine


def test_an_author_whom_the_border_vouches_for_is_genuine() -> None:
    assert is_genuine(b"From: Anna <anna@northwind.example>\r\n\r\nhi\r\n", True)


def test_an_author_of_whom_the_border_knows_nothing_is_not() -> None:
    assert not is_genuine(b"From: Chris <ccr@tac.example>\r\n\r\nhi\r\n", False)


def test_a_verdict_that_the_mail_brings_along_is_taken_off() -> None:
    forged = b"Authentication-Results: mx.tac.example; dmarc=pass header.from=tac.example\r\nFrom: ccr@tac.example\r\n\r\nhi\r\n"
    assert not is_genuine(forged, False)
    assert stamp(forged, False, BORDER).count(b"Authentication-Results") == 1


def test_a_bounce_is_read_as_one_and_names_the_mail_that_came_back() -> None:
    original = b"From: tac@tac.example\r\nTo: max@elsewhere.example\r\nSubject: Hi\r\nMessage-ID: <abc@tac.example>\r\n\r\nhi\r\n"
    raw = write_bounce(original, recipient="max@elsewhere.example", at=NOW, number=1)
    mail = parse_mail(stamp(raw, False, BORDER))
    bounce = read_bounce(mail, raw)
    assert find_nature(mail, frozenset()).kind is Kind.BOUNCE
    assert bounce is not None
    assert bounce.original_message_id == "abc@tac.example"
    assert bounce.recipients == (BouncedRecipient("max@elsewhere.example", True, "5.1.1", "smtp; 550 5.1.1 User unknown"),)
