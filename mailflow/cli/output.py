"""How commands print: data on standard output, words about it on standard error, and never a terminal's control character."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

# C0, DEL and C1; line separators and marks that turn the reading direction; halves of surrogate pairs.
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ODD_IN_BLOCK = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# What JSON itself lets stand in a string, but no terminal should see.
_ODD_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

WIDE = 10_000
"""Columns where nobody looks: a line of a table is never broken in a file or a pipe."""


def prepare_streams() -> None:
    """Show a character that the terminal's encoding lacks by its number instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def visible(text: object) -> str:
    """Make one line of text with every control character as \\xNN."""
    return _ODD.sub(_number, str(text))


def visible_block(text: object) -> str:
    """Do as `visible`, with line breaks and tabs kept."""
    return _ODD_IN_BLOCK.sub(_number, str(text).replace("\r\n", "\n"))


def _number(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def say(text: object) -> None:
    """Say a word to the person, on standard error."""
    print(visible_block(text), file=sys.stderr, flush=True)


def is_under_systemd() -> bool:
    """Tell whether a service manager or its journal reads what we say (sd_notify(3), systemd.exec(5))."""
    return bool(os.environ.get("JOURNAL_STREAM") or os.environ.get("NOTIFY_SOCKET"))


def prioritised(text: str, priority: int) -> str:
    """Put `<N>` before every line; without it journald takes errors for information."""
    return "\n".join(f"<{priority}>{line}" for line in text.splitlines())


def print_line(text: object = "") -> None:
    print(visible(text), flush=True)


def print_block(text: object) -> None:
    print(visible_block(text), flush=True)


def to_json(value: object, *, indent: int | None = None) -> str:
    """Write JSON of anything the house knows; one line without `indent`."""
    return _ODD_IN_JSON.sub(lambda odd: f"\\u{ord(odd[0]):04x}", json.dumps(as_plain(value), ensure_ascii=False, indent=indent))


def print_json(value: object, *, indent: int | None = 2) -> None:
    """Print JSON, always in UTF-8 whatever the terminal's encoding (RFC 8259 section 8.1)."""
    sys.stdout.flush()
    sys.stdout.buffer.write(to_json(value, indent=indent).encode() + b"\n")
    sys.stdout.buffer.flush()


def as_plain(value: Any) -> Any:
    """Turn dataclasses, instants, amounts and paths into what JSON knows; bytes are left to those who ask for the mail itself."""
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: as_plain(item) for name, item in pairs if not isinstance(item, bytes)}
    if isinstance(value, Mapping):
        return {str(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | Path):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [as_plain(item) for item in value]
    return value


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, to: TextIO | None = None) -> None:
    """Print a table; nothing in a cell is taken for markup. Only its header when there are no rows."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for place, column in enumerate(columns):
        # What is copied into the next command stays whole.
        table.add_column(Text(column), overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*(Text(visible("" if cell is None else cell)) for cell in row))
    stream = to or sys.stdout
    console = Console(file=stream, width=None if stream.isatty() else WIDE, emoji=False, markup=False, highlight=False)
    with console.capture() as drawn:
        console.print(table)
    stream.write("".join(f"{line.rstrip()}\n" for line in drawn.get().splitlines()))


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Print names and values in two columns; those without a value are left out, several lines stand below each other."""
    shown = [(visible(name), visible_block(value)) for name, value in facts if value not in (None, "", (), [])]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        first, *more = value.split("\n")
        print("\n".join((f"{name:<{width}}  {first}", *(f"{'':<{width}}  {line}" for line in more))))


def print_heading(text: str) -> None:
    """Print a blank line, the heading, a rule of its length."""
    shown = visible(text)
    print(f"\n{shown}\n{'-' * len(shown)}")


def moment(at: datetime | None, timezone: str = "UTC") -> str:
    """Write an instant as `2026-11-20 16:10 EET`, '' for None."""
    return at.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M %Z") if at else ""
