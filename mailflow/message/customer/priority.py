"""The priority that a customer states or wishes for (SR2): `Priority: P1`, `please raise this to P1`, `升级为P1`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailflow.message.words import any_of

_SCANNED, _LONGEST_LINE = 20_000, 600
_LONGEST_WORDS = 200
_LEVEL = r"P\s?[1-4]|[1-4]"
_WORDS_OF_LEVEL = tuple(any_of("priority", level) for level in ("one", "two", "three", "four"))
_IN_WORDS = "|".join(_WORDS_OF_LEVEL)
_END = r"(?![A-Za-z0-9_]|[.:/-][A-Za-z0-9])"
_NAMES = any_of("priority", "names")
_IS = rf"\s*{any_of('priority', 'is')}?\s*[:：=–-]?\s*"
_BEFORE_LEVEL = any_of("priority", "before_level")
_WISH = re.compile(
    rf"(?:(?<![^\W\d_]){any_of('priority', 'raise', spaced=True)}\w{{0,12}}|{any_of('priority', 'raise', spaced=False)})"
    rf"[^.!?。！？\n]{{0,60}}?(?:(?<!\w){any_of('priority', 'towards', spaced=True)}|{any_of('priority', 'towards', spaced=False)})"
    rf"\s?(?P<name>(?:{_NAMES})\s*)?(?P<level>{_LEVEL}){_END}",
    re.I,
)
_NAMED = re.compile(rf"(?<![A-Za-z0-9_])(?:{_NAMES})\s*{any_of('priority', 'number')}?{_IS}(?P<level>{_LEVEL}){_END}", re.I)
_STATED = re.compile(rf"(?<![A-Za-z0-9])P?\s?(?P<level>[1-4])(?:st|nd|rd|th)?{_END}", re.I)
_STATED_WORD = re.compile(
    rf"\W*(?:(?:{_BEFORE_LEVEL})\s*)?(?P<level>{_IN_WORDS})\s*{any_of('priority', 'after_level')}?\s*(?:$|[,.;:(，。；（–-])", re.I
)
_NAMED_WORD = re.compile(
    rf"(?<![^\W_])(?:{_NAMES})\s*(?:{_BEFORE_LEVEL})?{_IS}(?P<level>{_IN_WORDS})"
    rf"(?:\s*{any_of('priority', 'after_level', spaced=False)})?(?![^\W\u4e00-\u9fff])(?!\s+of\b)",
    re.I,
)
_BARE = re.compile(rf"(?<![A-Za-z0-9_./-])P(?P<level>[1-4]){_END}")
_PART_NAMED = re.compile(rf"{any_of('priority', 'parts')}(?:s|en)?\s{{0,2}}{any_of('priority', 'called')}?\s{{0,2}}$", re.I)
_NAMES_PART = re.compile(rf"\s{{0,2}}{any_of('priority', 'part_after')}", re.I)
_DENIED = re.compile(
    rf"(?:\b{any_of('priority', 'denied', spaced=True)}|{any_of('priority', 'denied', spaced=False)})"
    rf"(?:\s+{any_of('priority', 'beside_denied')})*\s*$",
    re.I,
)


def read_priority(stated: str, subject: str, text: str) -> tuple[str, str]:
    """(P1 to P4 or '', the words that say it). `stated` is the value under its name, which counts first.

    A wish to change it counts before a priority that is only mentioned. P2 as the name of a port is none.
    """
    cut = stated[:_LONGEST_LINE]
    if told := _STATED.search(cut) or _STATED_WORD.match(cut):
        return f"P{_number(told['level'])}", _words(stated)
    lines = [subject[:_LONGEST_LINE], *(line[:_LONGEST_LINE] for line in text[:_SCANNED].split("\n"))]
    named = [line for line in lines if any(digit in line for digit in "1234")]
    found = next(_wishes(named), None) or next((one for line in named if (one := _NAMED.search(line))), None) or next(_bare(named), None)
    found = found or next((one for line in lines if (one := _NAMED_WORD.search(line))), None)
    if found:
        return f"P{_number(found['level'])}", _words(found[0])
    return "", _words(stated)


def _number(level: str) -> str:
    """The digit of `P2`, `2`, `second`, `二`."""
    plain = level.strip()
    if plain[-1].isdigit():
        return plain[-1]
    return next(str(number) for number, words in enumerate(_WORDS_OF_LEVEL, 1) if re.fullmatch(words, plain, re.I))


def _wishes(lines: list[str]) -> Iterator[re.Match[str]]:
    for line in lines:
        for found in _WISH.finditer(line):
            # "change the port to 3" is no wish for a priority: its name or the P must stand there
            if found["level"][0] in "Pp" or found["name"] or re.search(_NAMES, found[0], re.I):
                yield found


def _bare(lines: list[str]) -> Iterator[re.Match[str]]:
    """`P1` by itself. Two different ones in a line say nothing, nor does a denied one; in a line that calls a part so, all are parts."""
    for line in lines:
        marks = list(_BARE.finditer(line))
        befores = [line[max(0, mark.start() - 40) : mark.start()] for mark in marks]
        others = (_PART_NAMED.search(one[-24:]) or _DENIED.search(one) for one in befores)
        afters = (_NAMES_PART.match(line[mark.end() : mark.end() + 24]) for mark in marks)
        if len({mark["level"] for mark in marks}) == 1 and not any(others) and not any(afters):
            yield from marks


def _words(text: str) -> str:
    return re.sub(r"\s+", " ", text[:600]).strip()[:_LONGEST_WORDS]
