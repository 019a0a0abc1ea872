"""A staff command as a value, and what its reader is given (OUT4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from mailflow.message.staff.command_items import END, Item, Misread


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command as typed in `line`. `number` is the case it names ('' where left out); fields that it does not have are empty.

    `address` may be `me` (assign). `refused` is `/entitled no`, `spam` is `/close spam`, `target` the other request of merge and link,
    `person` the name beside an address or a visit, `condition` what receiving wrote after that word.
    """

    name: str
    line: str
    number: str = ""
    target: str = ""
    priority: str = ""
    address: str = ""
    person: str = ""
    text: str = ""
    reason: str = ""
    items: tuple[Item, ...] = ()
    condition: str = ""
    rma_type: str = ""
    carrier: str = ""
    tracking: str = ""
    day: date | None = None
    time: time | None = None
    days: int | None = None
    contract: str = ""
    refused: bool = False
    spam: bool = False
    code: str = ""
    stars: int | None = None
    invoice: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What reading needs from outside: a reader of written-out days, and the desk's letters before case numbers."""

    read_day: Callable[[str], date | None]
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arguments:
    """What stands after the word, with straight quotes and dashes in `plain`; `below` is the text under a command that takes one."""

    raw: str
    plain: str
    below: str
    context: Context

    def word(self, what: str) -> str:
        """The only word; `what` is `contract` or `code`. Raises Misread for none or several."""
        words = self.plain.strip(END).split()
        if len(words) != 1:
            raise Misread(f"misread_{what}", text=self.plain) if words else Misread(f"{what}_missing")
        return words[0].strip(END + "\"'<>")

    def number(self) -> tuple[str, str]:
        """A leading case number, as the desk writes it, and the rest as typed."""
        for prefix in self.context.prefixes:
            letters = re.escape(prefix.rstrip("- "))
            match = re.match(rf"{letters}(?:\s(?:no|nr|number)\b)?[-\s#:.]{{0,3}}(\d+)\b[\s:,;.]*", self.plain, re.IGNORECASE)
            if match:
                return prefix + match[1], self.plain[match.end() :]
        return "", self.plain


Fields = Mapping[str, Any]
Reader = Callable[[Arguments], Fields]


@dataclass(frozen=True, slots=True)
class Form:
    """A command's valid form and the reader of its arguments, which raises Misread."""

    shown: str
    read: Reader
