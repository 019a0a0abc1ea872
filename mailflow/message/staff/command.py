"""Staff commands: the lines of a reply that begin with `/word`, and what stands beside them (OUT4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import lru_cache

from mailflow.message.model import Step
from mailflow.message.staff.command_forms import FORMS, Arguments, Command
from mailflow.message.staff.items import Misread, plain_blanks, plain_signs

__all__ = ["FORMS", "Command", "CommandMail", "LineError", "misses_slash", "parse_commands"]

COMMAND_LINE = re.compile(r"(?P<slash>[/／]|//|\\)(?P<slip> ?)(?P<token>[^\W\d_][^\s:.,;!=]*)(?P<arguments>(?:[\s:.,;!=].*)?)$")
"""`/word` at the beginning of a line."""

LETTERS = re.compile(r"[^\W\d_]+")
BEFORE_COMMAND = re.compile(r"(?:[-–—*•·‣▪◦○●■►→+~_`\"'“”„‘’«»(\[\s]|<\w{1,6}>|\d{1,2}[.)]\s)+(?=[/／\\])")
"""Bullets, quotation marks and emphasis: people copy commands out of our lists, and bold print comes as `*/close*`."""
CLOSING = dict(zip("*_`\"“„‘’'«»([", ("*", "_", "`", '"', "”", "”“", "’", "’", "'", "»", "«", ")", "]"), strict=True))
CLOSING_TAG = re.compile(r"(?:</\w{1,6}>)+$")

MOST_COMMANDS = 100
"""Commands of one mail that are done; each of them looks at its case anew."""

MOST_WORDS = 3
"""Words of a text that may be a command without its slash; more are a sentence."""

LIKE = 0.7
"""How much a word must be like a command's, of 1, to be taken for a slip."""

TAKES_PARAGRAPHS = ("note", "new")
"""Commands whose text goes on below, up to the next command."""

TAKES_WRAPPED = ("resolve", "waive", "cancel", "reject", "entitled", "extend", "rma", "received", "correct", "shipped", "announced")
"""Commands that end in words or items, which a mail client may have wrapped."""

WRAP_WIDTH = 72
"""A line was wrapped where the next one's first word would have gone past this many columns."""


@dataclass(frozen=True, slots=True)
class LineError:
    """A line that could not be read: as typed, why (from [sentence]), and the nearest valid form, '' where none is near."""

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
    closing: str = ""
    """Signs that close what was opened before the slash."""
    below: list[str] = field(default_factory=list)

    def takes(self, line: str) -> bool:
        """Whether the next line belongs to the command: its paragraphs, or what a mail client wrapped."""
        if self.word in TAKES_PARAGRAPHS:
            return True
        above = self.below[-1] if self.below else self.line
        words = line.split()
        return self.word in TAKES_WRAPPED and bool(words) and len(above.rstrip()) + 1 + len(words[0]) > WRAP_WIDTH

    def read(self, read_day: Callable[[str], date | None], prefixes: tuple[str, ...]) -> Command | LineError:
        wrapped = [] if self.word in TAKES_PARAGRAPHS else [part.strip() for part in self.below]
        below = "\n".join(self.below) if self.word in TAKES_PARAGRAPHS else ""
        line, raw = " ".join([self.line, *wrapped]), " ".join([self.arguments, *wrapped])
        raw = _closed(raw, self.closing) if self.closing else raw
        form = FORMS.get(self.word)
        if form is None:
            return LineError(line, Step("unknown_command", {"command": f"/{self.word}"}), _nearest_form(self.word))
        blank = Command(name=self.word, line=line)
        try:
            return form.read(Arguments(command=blank, raw=raw, plain=plain_signs(raw), below=below, read_day=read_day, prefixes=prefixes))
        except Misread as error:
            return LineError(line, error.said, form.shown)


def parse_commands(
    text: str,
    *,
    read_day: Callable[[str], date | None] = lambda _words: None,
    prefixes: tuple[str, ...] = ("SR-", "RMA-"),
) -> CommandMail:
    """Read the new text of a staff mail, quotes already cut.

    `read_day` reads days that are written out (ISO days need none), `prefixes` are the desk's letters before case numbers.
    Every line that begins with `/word`, bullets and the like aside, must be a command; a path such as `/var/log` is text.
    """
    blocks: list[_Block] = []
    beside: list[str] = []
    current: _Block | None = None
    for line in map(plain_blanks, text.splitlines()):
        if block := _command_of(line.strip()):
            blocks.append(block)
            current = block
        elif current and current.takes(line):
            current.below.append(line)
        else:
            beside.append(line)
            current = None
    rest = "\n".join(beside).strip()
    if len(blocks) > MOST_COMMANDS:
        too_many = Step("too_many_commands", {"count": len(blocks), "most": MOST_COMMANDS})
        return CommandMail((), rest, (LineError(blocks[MOST_COMMANDS].line, too_many, ""),))
    read = [block.read(read_day, prefixes) for block in blocks]
    commands = tuple(result for result in read if isinstance(result, Command))
    errors = tuple(result for result in read if isinstance(result, LineError))
    return CommandMail(commands, rest, errors)


def misses_slash(text: str) -> str:
    """The command that a text is but for its slash (`assign me`), '' for anything else."""
    words = text.split()
    word = words[0].lower().strip(".,:;!") if words else ""
    if word not in FORMS or word in TAKES_PARAGRAPHS or len(words) > MOST_WORDS:
        return ""
    line = f"/{' '.join(words)}"
    return line if parse_commands(line).commands else ""


def _command_of(line: str) -> _Block | None:
    lead = BEFORE_COMMAND.match(line)
    closing = "".join(CLOSING.get(sign, "") for sign in lead[0]) if lead else ""
    match = COMMAND_LINE.match(_closed(line[lead.end() :], closing) if lead else line)
    if match is None:
        return None
    token = match["token"].rstrip(closing) if closing else match["token"]
    word, letters = token.lower(), LETTERS.match(token)
    # a blank after the slash, two of them or the other one are slips of the finger only where a command follows
    if word not in FORMS and (match["slip"] or match["slash"] not in "/／"):
        return None
    is_path = "/" in token or re.match(r"\.\w", match["arguments"])
    if letters and letters[0].lower() not in FORMS and is_path:
        return None
    return _Block(line, word, match["arguments"].lstrip(" :.,;!=").rstrip(), closing)


def _closed(text: str, closing: str) -> str:
    """Without the signs at the end that close what was opened before."""
    return CLOSING_TAG.sub("", text.rstrip()).rstrip(closing + " ")


@lru_cache(maxsize=64)
def _nearest_form(word: str) -> str:
    """The form of the one command that the word begins, goes on from, or is like; '' where that is none or several."""
    letters = LETTERS.match(word)
    bare = letters[0] if letters else word
    begun = [name for name in FORMS if name.startswith(bare)] or [name for name in FORMS if len(name) > 3 and bare.startswith(name)]
    near = begun[:1] if len(begun) == 1 else [] if begun else get_close_matches(bare, FORMS, n=1, cutoff=LIKE)
    return FORMS[near[0]].shown if near else ""
