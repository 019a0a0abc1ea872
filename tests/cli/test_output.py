"""What is printed never holds a terminal's control character (case 66)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from mailflow.cli.output import as_plain, moment, print_facts, print_table, to_json, visible, visible_block
from mailflow.policy.desk import Role


@dataclass(frozen=True)
class Thing:
    name: str
    at: datetime
    raw: bytes = b"mail"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain Zażółć 序列号", "plain Zażółć 序列号"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("bell\x07 null\x00 delete\x7f", "bell\\x07 null\\x00 delete\\x7f"),
        ("one\ntwo\ttab", "one\\x0atwo\\x09tab"),
        ("\x9b31m", "\\x9b31m"),
        ("gnp\u202eexe", "gnp\\u202eexe"),
        ("line\u2028separator", "line\\u2028separator"),
        ("half \ud83d", "half \\ud83d"),
    ],
)
def test_control_characters_of_a_line_become_their_numbers(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_block_keeps_its_line_breaks_and_tabs_only() -> None:
    assert visible_block("one\r\ntwo\tthree\rfour\x1b") == "one\ntwo\tthree\\x0dfour\\x1b"


def test_json_holds_no_control_character_and_gives_back_the_text() -> None:
    text = "\x1b[31m \x9b \x7f \u202e Zażółć"
    told = to_json(text)
    assert told == '"\\u001b[31m \\u009b \\u007f \\u202e Zażółć"'
    assert json.loads(told) == text


def test_values_of_the_house_become_plain_json() -> None:
    at = datetime(2026, 11, 20, 8, 5, tzinfo=UTC)
    value = {"thing": Thing("x", at), "day": date(2026, 11, 20), "price": Decimal("4200.00"), "path": Path("/a"), "roles": (Role.CCR,)}
    assert as_plain(value) == {
        "thing": {"name": "x", "at": "2026-11-20T08:05:00+00:00"},
        "day": "2026-11-20",
        "price": "4200.00",
        "path": "/a",
        "roles": ["ccr"],
    }


def test_a_table_takes_nothing_for_markup_and_breaks_no_line_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 400
    print_table(("number", "subject"), [("SR-1", f"[red]{long}[/red]"), ("SR-2", None)])
    assert [line.split() for line in capsys.readouterr().out.splitlines() if "─" not in line] == [
        ["number", "subject"],
        ["SR-1", f"[red]{long}[/red]"],
        ["SR-2"],
    ]


def test_facts_stand_in_two_columns_without_those_that_are_empty(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts([("name", "Anna"), ("fax", ""), ("symptoms", "one\ntwo"), ("count", 0)])
    assert capsys.readouterr().out == "name      Anna\nsymptoms  one\n          two\ncount     0\n"


def test_a_moment_is_told_in_the_zone_that_is_asked_for() -> None:
    at = datetime(2026, 11, 20, 14, 10, tzinfo=UTC)
    assert (moment(at, "Europe/Bucharest"), moment(None)) == ("2026-11-20 16:10 EET", "")
