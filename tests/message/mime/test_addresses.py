from __future__ import annotations

import pytest

from mailflow.message.mime.header import read_addresses


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("a@b.example", [("a@b.example", "")]),
        ("Anna <A@B.example>", [("a@b.example", "Anna")]),
        ('"Kowalska, Anna" <a@b.example>, c@d.example', [("a@b.example", "Kowalska, Anna"), ("c@d.example", "")]),
        ("Kowalska, Anna <a@b.example>", [("a@b.example", "Kowalska, Anna")]),
        ("a@b.example (Anna (the one))", [("a@b.example", "Anna (the one)")]),
        ("friends: a@b.example, C <c@d.example>;", [("a@b.example", ""), ("c@d.example", "C")]),
        ("undisclosed-recipients:;", []),
        ("staff@v.example <evil@x.example>", [("evil@x.example", "staff@v.example")]),
        ("<@relay.example,@other.example:a@b.example>", [("a@b.example", "")]),
        ('"Anna <a@b.example>', [("a@b.example", '"Anna')]),
        ("=?utf-8?q?Anna_=28TAC=29=2C_x?= <a@b.example>", [("a@b.example", "Anna (TAC), x")]),
        ("=?utf-8?q?Anna (TAC), x?= <a@b.example>", [("a@b.example", "Anna (TAC), x")]),
        ("Anna\u200b\u202e <a@b.example>", [("a@b.example", "Anna")]),
        ("", []),
        ("root", [("root", "")]),
        ("Anna Kowalska", [("", "Anna Kowalska")]),
        ("a@b.example)c@d.example", [("a@b.example", ")c@d.example")]),
        ("<a@b.example> <c@d.example>", [("a@b.example", ""), ("c@d.example", "")]),
    ],
)
def test_an_address_list_reads_as_a_person_would(header: str, expected: list[tuple[str, str]]) -> None:
    assert [(one.address, one.name) for one in read_addresses(header)] == expected
