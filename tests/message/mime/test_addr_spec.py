"""One reader of addresses: what no server takes is refused wherever an address is written, and never keeps a letter from others."""

from __future__ import annotations

import pytest

from mailflow.message.mime.header import is_sendable, parse_address, sendable_address


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("Anna.Nowak+x@Customer.Example", "Anna.Nowak+x@customer.example"),
        ("root@localhost", "root@localhost"),
        ("admin@corp.local", "admin@corp.local"),
        ("biuro@żółw.pl", "biuro@xn--w-uga1v8h.pl"),
        ("name@acme,example.com", None),
        ("anna", None),
        ("anna nowak@customer.example", None),
        ("anna@customer.example\r\nBcc: x@y.example", None),
        ("anna..nowak@customer.example", None),
        ("żółw@customer.example", None),
        (f"{'a' * 65}@customer.example", None),
        ("anna@-customer.example", None),
        ("", None),
    ],
)
def test_what_a_server_takes_is_written_as_it_takes_it(text: str, taken: str | None) -> None:
    assert is_sendable(text) is (taken is not None)
    if taken is not None:
        assert sendable_address(text) == taken


def test_people_write_domains_with_a_dot() -> None:
    assert parse_address("Anna@Customer.Example") == "anna@customer.example"
    for slip in ("anna@customer", "name@acme,example.com", "Anna <anna@customer.example>"):
        with pytest.raises(ValueError, match="is not an address like anna@"):
            parse_address(slip)
