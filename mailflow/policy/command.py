"""Staff commands: the lines of a reply that begin with `/word`, and what stands beside them (OUT4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache

from mailflow.policy.command_arguments import FORMS
from mailflow.policy.command_items import Item, Misread, plain_blanks, plain_signs
from mailflow.policy.command_value import Arguments, Command, Context
from mailflow.policy.derivation import Step

__all__ = ["FORMS", "Command", "CommandMail", "Item", "LineError", "parse_commands"]

COMMAND_LINE = re.compile(r"[/／](?P<slip> ?)(?P<word>[A-Za-z]+)(?P<arguments>(?:[ :.,;!].*)?)$")
"""`/word` alone, or before a blank or punctuation; `/var/log` and `/etc.conf` are paths and thus text."""

PATH = re.compile(r"/[\w-]+\.\w")

TAKES_PARAGRAPHS = ("note", "new")
"""Commands whose text goes on below, up to the next command."""

TAKES_WRAPPED = ("resolve", "waive", "cancel", "reject", "entitled", "extend", "rma", "received", "correct", "shipped", "announced")
"""Commands that end in words or items, which a mail client may have wrapped."""

WRAP_WIDTH = 72
"""A line was wrapped where the next one's first word would have gone past this many columns."""


@dataclass(frozen=True, slots=True)
class LineError:
    """A line that could not be read: as typed, why (from [sentence]), and the nearest valid form."""

    line: str
    reason: Step
    valid_form: str


@dataclass(frozen=True, slots=True)
class CommandMail:
    """All commands of a mail in their order, the text beside them, and what was wrong. With errors nothing may be done (OUT4)."""

    commands: tuple[Command, ...]
    rest: str
    errors: tuple[LineError, ...]


@dataclass(slots=True)
class _Block:
    """A command line with the lines that belong to it."""

    line: str
    word: str
    arguments: str
    below: list[str]


def parse_commands(
    text: str,
    *,
    read_day: Callable[[str], date | None] = lambda _words: None,
    prefixes: tuple[str, ...] = ("SR-", "RMA-"),
) -> CommandMail:
    """Read the new text of a staff mail, quotes already cut.

    `read_day` reads days that are written out (ISO days need none), `prefixes` are the desk's letters before case numbers.
    Every line that begins with `/word` must be a command; a path such as `/var/log` is text.
    """
    blocks, rest = _cut(text)
    read = [_read(block, Context(read_day, prefixes)) for block in blocks]
    commands = tuple(result for result in read if isinstance(result, Command))
    errors = tuple(result for result in read if isinstance(result, LineError))
    return CommandMail(commands, "\n".join(rest).strip(), errors)


def _cut(text: str) -> tuple[list[_Block], list[str]]:
    blocks: list[_Block] = []
    rest: list[str] = []
    current: _Block | None = None
    for line in map(plain_blanks, text.splitlines()):
        if block := _command_of(line.strip()):
            blocks.append(block)
            current = block
        elif current and _belongs(current, line):
            current.below.append(line)
        else:
            rest.append(line)
            current = None
    return blocks, rest


def _command_of(line: str) -> _Block | None:
    match = COMMAND_LINE.match(line)
    if match is None or PATH.match(line):
        return None
    word = match["word"].lower()
    # a blank after the slash is a slip of the finger only where a command follows
    if match["slip"] and word not in FORMS:
        return None
    return _Block(line, word, match["arguments"].lstrip(" :.,;!").rstrip(), [])


def _belongs(block: _Block, line: str) -> bool:
    if block.word in TAKES_PARAGRAPHS:
        return True
    above = block.below[-1] if block.below else block.line
    words = line.split()
    return block.word in TAKES_WRAPPED and bool(words) and len(above.rstrip()) + 1 + len(words[0]) > WRAP_WIDTH


def _read(block: _Block, context: Context) -> Command | LineError:
    wrapped = [] if block.word in TAKES_PARAGRAPHS else [part.strip() for part in block.below]
    below = "\n".join(block.below) if block.word in TAKES_PARAGRAPHS else ""
    line, raw = " ".join([block.line, *wrapped]), " ".join([block.arguments, *wrapped])
    form = FORMS.get(block.word)
    if form is None:
        return LineError(line, Step("unknown_command", {"command": f"/{block.word}"}), _nearest_form(block.word))
    try:
        return Command(name=block.word, line=line, **form.read(Arguments(raw, plain_signs(raw), below, context)))
    except Misread as error:
        return LineError(line, error.said, form.shown)


@lru_cache(maxsize=64)
def _nearest_form(word: str) -> str:
    return FORMS[get_close_matches(word, FORMS, n=1, cutoff=0.0)[0]].shown
