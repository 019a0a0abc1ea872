from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.message.customer.one_line import read_added_addresses


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("/add Bob@Customer.example", ("bob@customer.example",)),
        ("Hello,\n\n/add bob@customer.example\n/add eve@partner.example\n\nAnna", ("bob@customer.example", "eve@partner.example")),
        ("/ADD: bob@customer.example.", ("bob@customer.example",)),
        ("/add Bob Novak <bob@customer.example>", ("bob@customer.example",)),
        ("/add bob@customer.example<mailto:bob@customer.example>", ("bob@customer.example",)),
        ("/add <mailto:bob@customer.example>", ("bob@customer.example",)),
        ("／add bob@customer.example", ("bob@customer.example",)),
        ("**/add bob@customer.example**", ("bob@customer.example",)),
        ("/add bob@customer.example\n/add BOB@customer.example", ("bob@customer.example",)),
        ("please /add bob@customer.example", ()),
        ("/add bob@customer.example to the list", ()),
        ("/add bob@customer.example, eve@partner.example", ()),
        ("/add bob", ()),
        ("/add", ()),
        ("/addbob@customer.example", ()),
        ("> /add bob@customer.example", ()),
    ],
)
def test_a_line_of_its_own_adds_an_address(text: str, addresses: tuple[str, ...]) -> None:
    """SR11"""
    assert read_added_addresses(text) == addresses


@given(st.text(max_size=200))
def test_any_text_gives_addresses_or_none(text: str) -> None:
    assert all(address.count("@") == 1 and address == address.lower() for address in read_added_addresses(f"/add {text}"))
