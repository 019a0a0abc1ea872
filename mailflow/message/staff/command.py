"""Staff commands: the lines of a reply that begin with `/word`, and what stands beside them (OUT4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache

from mailflow.message.staff.command_arguments import FORMS
from mailflow.message.staff.command_items import Item, Misread, plain_blanks, plain_signs
from mailflow.message.staff.command_value import Arguments, Command, Context
from mailflow.message.step import Step

__all__ = ["FORMS", "Command", "CommandMail", "Item", "LineError", "misses_slash", "parse_commands"]

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
    below: list[str]
    closing: str = ""
    """Signs that close what was opened before the slash."""


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
    blocks, rest = _cut(text)
    if len(blocks) > MOST_COMMANDS:
        return CommandMail((), "\n".join(rest).strip(), (_too_many(blocks),))
    read = [_read(block, Context(read_day, prefixes)) for block in blocks]
    commands = tuple(result for result in read if isinstance(result, Command))
    errors = tuple(result for result in read if isinstance(result, LineError))
    return CommandMail(commands, "\n".join(rest).strip(), errors)


def misses_slash(text: str) -> str:
    """The command that a text is but for its slash (`assign me`), '' for anything else."""
    words = text.split()
    word = words[0].lower().strip(".,:;!") if words else ""
    if word not in FORMS or word in TAKES_PARAGRAPHS or len(words) > MOST_WORDS:
        return ""
    line = f"/{' '.join(words)}"
    return line if parse_commands(line).commands else ""


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
    if letters and letters[0].lower() not in FORMS and _is_path(token, match["arguments"]):
        return None
    return _Block(line, word, match["arguments"].lstrip(" :.,;!=").rstrip(), [], closing)


def _closed(text: str, closing: str) -> str:
    """Without the signs at the end that close what was opened before."""
    return CLOSING_TAG.sub("", text.rstrip()).rstrip(closing + " ")


def _is_path(token: str, after: str) -> bool:
    """`/var/log`, `/etc.conf`."""
    return "/" in token or bool(re.match(r"\.\w", after))


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
    raw = _closed(raw, block.closing) if block.closing else raw
    form = FORMS.get(block.word)
    if form is None:
        return LineError(line, Step("unknown_command", {"command": f"/{block.word}"}), _nearest_form(block.word))
    try:
        return Command(name=block.word, line=line, **form.read(Arguments(raw, plain_signs(raw), below, context)))
    except Misread as error:
        return LineError(line, error.said, form.shown)


@lru_cache(maxsize=64)
def _nearest_form(word: str) -> str:
    """The form of the one command that the word begins, goes on from, or is like; '' where that is none or several."""
    letters = LETTERS.match(word)
    bare = letters[0] if letters else word
    begun = [name for name in FORMS if name.startswith(bare)] or [name for name in FORMS if len(name) > 3 and bare.startswith(name)]
    near = begun[:1] if len(begun) == 1 else [] if begun else get_close_matches(bare, FORMS, n=1, cutoff=LIKE)
    return FORMS[near[0]].shown if near else ""


def _too_many(blocks: Sequence[_Block]) -> LineError:
    return LineError(blocks[MOST_COMMANDS].line, Step("too_many_commands", {"count": len(blocks), "most": MOST_COMMANDS}), "")
