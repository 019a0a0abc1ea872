"""What goes on the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.delivery.wire import dot_stuffed, why_unsendable, with_normal_line_ends, xtext

BODY = b"Subject: x\r\n\r\nx\r\n"


@pytest.mark.parametrize(
    "address",
    ["", "not an address", "a@b@c", "a@x\r\nRCPT TO:<b@y>", "<a@b>", "a b@c", "a@", "@b", "a\0@b", "a\x7f@b", "a@b\u2028c", "a@b\n"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert why_unsendable("", address, BODY) != ""


def test_addresses_of_all_scripts_and_the_null_sender_are_fine() -> None:
    assert [why_unsendable("", address, BODY) for address in ("a@b", "O'Neil+x=y@sub.test.example", "技术@例子.test")] == ["", "", ""]
    assert why_unsendable("a b", "a@b", BODY) == "'a b' is not a sender address"


def test_long_lines_and_nuls_are_refused() -> None:
    assert why_unsendable("", "a@b", b"x" * 998 + b"\r\n") == ""
    assert why_unsendable("", "a@b", b"x" * 999 + b"\r\n") == "the mail has a line of more than 998 octets"
    assert why_unsendable("", "a@b", b"x\0\r\n") == "the mail contains a NUL"


def test_smuggled_ends_of_mail_become_stuffed_lines() -> None:
    raw = b"a\n.\r\nMAIL FROM:<x>\r.\rb\r\n.\r\nc"
    assert dot_stuffed(with_normal_line_ends(raw)) == b"a\r\n..\r\nMAIL FROM:<x>\r\n..\r\nb\r\n..\r\nc\r\n"


@given(st.binary(max_size=60).map(lambda raw: raw.replace(b"\x00", b".")) | st.text("\r\n.a", max_size=30).map(str.encode))
def test_no_line_on_the_wire_is_a_lone_dot_and_all_ends_are_cr_lf(raw: bytes) -> None:
    lines = dot_stuffed(with_normal_line_ends(raw)).split(b"\r\n")
    assert lines[-1] == b""
    assert [line for line in lines if line == b"." or b"\r" in line or b"\n" in line] == []


def test_xtext_encodes_as_rfc_3461_says() -> None:
    assert xtext("a+b=c d@x") == "a+2Bb+3Dc+20d@x"
