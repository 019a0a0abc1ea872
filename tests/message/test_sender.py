from __future__ import annotations

import pytest

from mailflow.message.mime.parse import parse_mail
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


@pytest.mark.parametrize(
    "head",
    [
        "From: anna@northwind.example\nFrom: eve@evil.example\n",
        "From: anna@northwind.example, eve@evil.example\n",
        "From: <anna@northwind.example> eve@evil.example\n",
        "From: <@evil.example:anna@northwind.example>\n",
        "From: anna@northwind.example:eve@evil.example;\n",
        "From: (anna@northwind.example) eve@evil.example, anna@northwind.example\n",
        "From: anna@northwind.example\n",
        "Sender: anna@northwind.example\n",
    ],
)
@pytest.mark.parametrize("result", ["pass", "none"])
def test_a_sender_that_is_not_the_author_whom_the_border_saw_did_not_write_the_mail(head: str, result: str) -> None:
    """Case 53: else a mail of evil.example would have the rights of Anna."""
    raw = f"Authentication-Results: mx.tac.example; dmarc={result} header.from=evil.example\n{head}\nhello\n"
    mail = parse_mail(raw.encode())
    found = read_authentication(mail, "mx.tac.example")
    if mail.sender.address != "eve@evil.example":
        assert (found.genuine, found.failed) == (False, True)


def test_a_domain_is_itself_in_whatever_spelling_and_no_other() -> None:
    """The border may name it in ASCII (RFC 3492); `ss` is no `ß`."""
    li = (Address("li@公司.example"),)
    assert read_authentication(_mail("mx.tac.example; dmarc=pass header.from=xn--55qx5d.example", senders=li), "mx.tac.example").genuine
    sharp = (Address("a@straße.example"),)
    found = read_authentication(_mail("mx.tac.example; dmarc=pass header.from=strasse.example", senders=sharp), "mx.tac.example")
    assert (found.genuine, found.failed) == (False, True)


@pytest.mark.parametrize(("author", "named"), [("x@mail.far.example", "far.example"), ("x@far.example", "mail.far.example")])
def test_a_border_that_names_the_domain_of_the_policy_proves_nothing_and_accuses_nobody(author: str, named: str) -> None:
    mail = _mail(f"mx.tac.example; dmarc=pass header.from={named}", senders=(Address(author),))
    found = read_authentication(mail, "mx.tac.example")
    assert (found.genuine, found.failed) == (False, False)


@pytest.mark.parametrize(
    "value",
    [
        "mx.tac.example; spf=pass smtp.mailfrom==?utf-8?q?x=3B_dmarc=3Dpass_header.from=3Dtac.example=3B?=@e.example",
        "mx.tac.example; spf=pass smtp.mailfrom==?utf-8?q?x=3B_auth=3Dpass=3B_x=3Dpass?=@e.example",
        "=?utf-8?q?mx.tac.example?=; dmarc=pass header.from=tac.example",
    ],
)
def test_an_encoded_word_in_what_the_border_stamped_is_read_as_it_stands(value: str) -> None:
    """RFC 8601: MAIL FROM is the sender's choice, and must not become a result of its own."""
    mail = parse_mail(f"Authentication-Results: {value}\nFrom: cse@tac.example\n\n/close\n".encode())
    assert not read_authentication(mail, "mx.tac.example").genuine


def test_a_verdict_that_cannot_be_read_is_no_way_round_a_failed_test() -> None:
    odd = "mx.tac.example; spf=pass smtp.mailfrom=((((; dmarc=fail header.from=tac.example"
    found = read_authentication(_mail(odd), "mx.tac.example")
    assert (found.genuine, found.failed) == (False, True)
