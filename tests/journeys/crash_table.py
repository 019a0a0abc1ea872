"""What each crash point left behind, printed as a table when the session ends; rows reach it through the tests' reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from typing import Any

import pytest

PROPERTY = "crash"


@dataclass(frozen=True, slots=True)
class CrashRow:
    """One kill: mails in, cases, deliveries, mails received by the SMTP server, of which further copies, and what was recorded."""

    point: str
    database: str
    mails: int
    lost: int
    cases: int
    deliveries: int
    received: int
    copies: int
    ambiguous: int
    held: int


def note(record_property: Callable[[str, object], None], row: CrashRow) -> None:
    """Hand a row to the session's end, from whichever worker the test runs on."""
    record_property(PROPERTY, astuple(row))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """A session may know this hook from two places; the table is printed once."""
    reports = [report for name in ("passed", "failed") for report in terminalreporter.stats.get(name, ()) if report.when == "call"]
    rows = [tuple(value) for report in reports for name, value in report.user_properties if name == PROPERTY]
    if not rows or config.stash.get(_PRINTED, False):
        return
    config.stash[_PRINTED] = True
    terminalreporter.section("kill -9 at every crash point")
    for line in _table(rows):
        terminalreporter.write_line(line)


_PRINTED = pytest.StashKey[bool]()


def _table(rows: list[tuple[object, ...]]) -> list[str]:
    heads = tuple(field.name for field in fields(CrashRow))
    cells = [heads, *(tuple(map(str, row)) for row in sorted(rows, key=lambda row: (str(row[1]), str(row[0]))))]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
