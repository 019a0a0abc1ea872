from __future__ import annotations

import pytest

from mailflow.message.model import Address, Mail
from mailflow.message.sender import read_authentication

STAFF = (Address("cse@tac.example"),)


def _mail(*values: str, senders: tuple[Address, ...] = STAFF) -> Mail:
    return Mail(senders=senders, headers=tuple(("authentication-results", value) for value in values))


@pytest.mark.parametrize(
    ("values", "genuine", "rule"),
    [
        (("mx.tac.example; dmarc=pass (p=reject) header.from=tac.example",), True, "dmarc=pass header.from=tac.example"),
        (("mx.tac.example; auth=pass smtp.auth=cse",), True, "auth=pass for cse"),
        (("mx.tac.example; auth=pass smtp.auth=x@other.example",), False, "auth=pass for x@other.example, but From is of tac.example"),
        (("mx.tac.example; dmarc=fail header.from=tac.example; auth=pass",), False, "dmarc=fail header.from=tac.example"),
        (("mx.tac.example; dmarc=none header.from=tac.example",), False, "dmarc=none header.from=tac.example"),
        (("mx.tac.example; dmarc=pass header.from=other.example",), False, "dmarc=pass for other.example, but From is of tac.example"),
        (("mx.tac.example; spf=pass smtp.mailfrom=cse@tac.example",), False, "neither dmarc=pass nor auth=pass: spf=pass"),
        (("mx.tac.example; dkim=pass header.d=other.example",), False, "neither dmarc=pass nor auth=pass: dkim=pass"),
        (("mx.tac.example; none",), False, "neither dmarc=pass nor auth=pass: none"),
        ((), False, "no Authentication-Results of mx.tac.example"),
        (("mx.attacker.example; dmarc=pass header.from=tac.example",), False, "no Authentication-Results of mx.tac.example"),
        (("dmarc=pass header.from=tac.example",), False, "no Authentication-Results of mx.tac.example"),
    ],
)
def test_only_an_aligned_pass_of_our_border_makes_a_sender_genuine(values: tuple[str, ...], genuine: bool, rule: str) -> None:
    found = read_authentication(_mail(*values), "mx.tac.example")
    assert (found.genuine, found.rule) == (genuine, rule)


def test_a_forged_header_below_ours_does_not_count() -> None:
    mail = _mail("mx.tac.example; dmarc=fail header.from=tac.example", "mx.tac.example; dmarc=pass header.from=tac.example")
    assert read_authentication(mail, "mx.tac.example").genuine is False


def test_two_authors_are_never_genuine() -> None:
    mail = _mail("mx.tac.example; dmarc=pass header.from=tac.example", senders=(*STAFF, Address("x@y.example")))
    assert read_authentication(mail, "mx.tac.example").rule == "From names 2 authors"


def test_without_a_border_server_nobody_is_genuine() -> None:
    mail = _mail("; dmarc=pass header.from=tac.example")
    assert read_authentication(mail, "").rule == "no border server is configured"


def test_nested_comments_are_unreadable_and_not_genuine() -> None:
    assert read_authentication(_mail("mx.tac.example; " + "(" * 3000), "mx.tac.example").genuine is False
