"""The mails of a demonstration as people see them: one letter for all its readers, with what mailflow made of it; printed as it comes."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from email.utils import parseaddr

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from mailflow.scenario.mail_client import bare_address
from mailflow.scenario.scenario import Person, Scenario, ScenarioMail
from mailflow.scenario.servers import Carried
from mailflow.store import inbound, notice

COLOURS = {"customer": "bright_cyan", "staff": "green", "finance": "yellow", "stranger": "bright_black", "desk": "green"}
ORDER = tuple(COLOURS)
"""Of a letter to several sides the first one of these gives its colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`outgoing` letters are mailflow's. `sides` are those whose mailbox or pen it was.

    `notice` names an outgoing letter, `verdict` says what became of an incoming one; `why` is the scenario's sentence on it,
    `chapter` the part of the story in which it came.
    """

    number: int
    at: datetime
    outgoing: bool
    sender: str
    recipients: tuple[str, ...]
    subject: str
    sides: tuple[str, ...]
    raw: bytes
    chapter: str = ""
    case: str = ""
    why: str = ""
    notice: str = ""
    verdict: str = ""
    reason: str = ""


class Cast:
    """The people of a scenario by their addresses."""

    def __init__(self, scenario: Scenario) -> None:
        self._people = {person.address: person for person in scenario.person}

    def find(self, address: str) -> Person | None:
        return self._people.get(bare_address(address.lower()))

    def side(self, address: str) -> str:
        person = self.find(address)
        return person.side if person else "stranger"

    def names(self, addresses: Iterable[str]) -> str:
        """Give their names without their departments, or the address of somebody who has no part in the story."""
        people = ((self.find(address), address) for address in addresses)
        return " and ".join(dict.fromkeys(person.name.partition(",")[0] if person else address for person, address in people))


def read_letters(
    c: Connection, scenario: Scenario, cast: Cast, carried: Iterable[Carried], first: int, asked: ScenarioMail | None
) -> list[Letter]:
    """Make letters of newly carried mails, numbered from `first`. The first incoming one is `asked`, the scenario's own."""
    letters: dict[str, Letter] = {}
    for one in carried:
        mail = email.message_from_bytes(one.raw, policy=email.policy.default)
        message_id = str(mail["Message-ID"] or "").strip("<> ")
        name, author = parseaddr(str(mail["From"] or ""))
        if known := letters.get(message_id):
            sides = dict.fromkeys((*known.sides, cast.side(one.recipient if known.outgoing else author)))
            letters[message_id] = replace(known, recipients=(*known.recipients, one.recipient), sides=tuple(sides))
            continue
        outgoing = not one.mailbox
        # Who is not genuine bears a name only.
        side = "stranger" if asked and not outgoing and not asked.authenticated else cast.side(one.recipient if outgoing else author)
        letter = Letter(
            number=first + len(letters),
            at=one.at,
            outgoing=outgoing,
            sender="mailflow" if outgoing else name or author,
            recipients=(one.recipient,),
            subject=str(mail["Subject"] or ""),
            sides=(side,),
            raw=one.raw,
            chapter=next((part.title for part in reversed(scenario.chapter) if part.at <= one.at), ""),
        )
        letters[message_id] = _judge(c, scenario, letter, message_id, asked.why if asked and not outgoing else "")
        if not outgoing:
            asked = None
    return list(letters.values())


def _judge(c: Connection, scenario: Scenario, letter: Letter, message_id: str, why: str) -> Letter:
    """Add what mailflow's database says of the letter: its notice or verdict, its case, the reason."""
    if letter.outgoing:
        row = notice.by_message_id(c, message_id)
        name, case = (row.name, row.case_number) if row else ("", "")
        return replace(letter, notice=name, case=case or "", why=scenario.narration.get(name, ""))
    found = next(iter(inbound.find_by_message_id(c, message_id)), None)
    if found is None:
        return replace(letter, why=why)
    why = why or scenario.narration.get(found.state, "")
    return replace(letter, why=why, verdict=found.state, case=found.case_number or "", reason=found.reason or found.rule)


class Narrator:
    """Prints each letter under its chapter and day: when, who to whom, what, and one sentence why. `zone` is the story's."""

    def __init__(self, console: Console, cast: Cast, zone: tzinfo | None) -> None:
        self._console, self._cast, self._zone = console, cast, zone
        self._day: date | None = None
        self._chapter = ""

    def heading(self, text: str) -> None:
        self._console.print()
        self._console.print(Text(text, style="bold magenta"))

    def tell(self, letters: Sequence[Letter]) -> None:
        for letter in letters:
            if letter.chapter != self._chapter:
                self._chapter = letter.chapter
                self.heading(letter.chapter)
            day = letter.at.astimezone(self._zone).date()
            if day != self._day:
                passed = (day - self._day).days if self._day else 0
                pause = f"   … {passed} days later" if passed > 1 else ""
                self._console.print()
                self._console.print(Text(f"{day:%A} {day.day} {day:%B %Y}", style="bold").append(pause, style="dim italic"))
                self._day = day
            self._tell_one(letter)

    def _tell_one(self, letter: Letter) -> None:
        colour = COLOURS[min(letter.sides, key=ORDER.index)]
        who = Text(letter.sender, style="magenta" if letter.outgoing else f"bold {colour}")
        to = Text(self._cast.names(letter.recipients), style=colour if letter.outgoing else "magenta")
        what = [Text.assemble(who, (" → ", "dim"), to, "  ", (letter.subject, "" if letter.outgoing else "bold"))]
        verdict = f"⇒ {letter.verdict}{f' {letter.case}' if letter.case else ''}: {letter.reason}" if letter.verdict else ""
        what += [Text(line, style="dim") for line in (letter.why, verdict) if line]
        row = Table.grid(padding=(0, 2))
        row.add_row(Text(f"{letter.at.astimezone(self._zone):%H:%M}", style="dim"), Text("\n").join(what))
        self._console.print(Padding(row, (0, 0, 0, 2)))
