"""Prints each mail as it happens, under the day of the story: when, who to whom, what, and one sentence why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, tzinfo

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mailflow.demo.cast import BY_ADDRESS
from mailflow.demo.letters import Letter
from mailflow.demo.post_office import bare_address
from mailflow.policy.case import Case

COLOURS = {"customer": "bright_cyan", "staff": "green", "finance": "yellow", "stranger": "bright_black"}


class Narrator:
    """`zone` is the customer's: whose clock hangs on the wall of the story."""

    def __init__(self, console: Console, zone: tzinfo) -> None:
        self._console, self._zone = console, zone
        self._day: date | None = None

    def heading(self, text: str) -> None:
        self._console.print()
        self._console.print(Text(text, style="bold magenta"))

    def tell(self, letters: Sequence[Letter]) -> None:
        for letter in letters:
            self._turn_page(letter)
            self._tell_one(letter)

    def say(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style))

    def sum_up(self, letters: Sequence[Letter], cases: Sequence[Case], seconds: float) -> None:
        came = sum(1 for letter in letters if not letter.outgoing)
        self.heading("The end")
        self.say(f"  {came} mails came in, {len(letters) - came} letters went out, in {seconds:.1f} seconds.")
        for case in cases:
            self.say(f"  {case.number:<12} {case.state:<12} {case.subject}")

    def _turn_page(self, letter: Letter) -> None:
        day = letter.at.astimezone(self._zone).date()
        if day == self._day:
            return
        pause = "" if self._day is None or (day - self._day).days < 2 else f"   … {(day - self._day).days} days later"
        self._day = day
        self._console.print()
        self._console.print(Text(f"{day:%A} {day.day} {day:%B %Y}", style="bold").append(pause, style="dim italic"))

    def _tell_one(self, letter: Letter) -> None:
        side = next((one for one in ("customer", "finance", "staff", "stranger") if one in letter.sides), "staff")
        colour = COLOURS[side]
        at = Text(f"{letter.at.astimezone(self._zone):%H:%M}", style="dim")
        who = Text(letter.sender, style="magenta" if letter.outgoing else f"bold {colour}")
        to = Text(short_names(letter.recipients), style=colour if letter.outgoing else "magenta")
        what = [Text.assemble(who, (" → ", "dim"), to, "  ", (letter.subject, "" if letter.outgoing else "bold"))]
        what += [Text(line, style="dim") for line in (letter.why, _verdict(letter)) if line]
        row = Table.grid(padding=(0, 2))
        row.add_row(at, Text("\n").join(what))
        self._console.print(Padding(row, (0, 0, 0, 2)))


def _verdict(letter: Letter) -> str:
    if not letter.verdict:
        return ""
    case = f" {letter.case}" if letter.case else ""
    return f"⇒ {letter.verdict}{case}: {letter.reason}"


def short_names(addresses: Iterable[str]) -> str:
    """The people's names without their departments, or the address of somebody who has no part in the story."""
    people = ((BY_ADDRESS.get(bare_address(address)), address) for address in addresses)
    return " and ".join(dict.fromkeys(person.name.partition(",")[0] if person else address for person, address in people))
