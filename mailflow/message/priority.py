"""The priority that a customer states or wishes for (SR2): `Priority: P1`, `please raise this to P1`, `升级为P1`."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SCANNED, _LONGEST_LINE = 20_000, 600
_LONGEST_WORDS = 200
_LEVEL = r"P\s?[1-4]|[1-4]"
_END = r"(?![A-Za-z0-9_]|[.:/-][A-Za-z0-9])"
_NAMES = (
    r"priority|prio|priorytet\w{0,3}|severity|sev|priorität|priorite|priorité|prioridad|prioritate\w{0,2}"
    r"|优先级别?|优先度|级别|严重程度|严重级别"
)
_WISH = re.compile(
    r"(?:(?<![^\W\d_])(?:rais|escalat|upgrad|increas|chang|bump|lower|downgrad|reduc|decreas|mov|set|treat|handl|mak|consider|re-?classif"
    r"|podni[eo]|podwyższ|zmie[nń]|zmian|ustaw|obniż|zmniejsz|nada[jćn]|eskal|traktowa|przekwalifik"
    r"|stuf|hochstuf|heraufstuf|erhöh|änder|setz|anheb|senk|herabstuf|augment|pass|chang|sub[ai]|cambi|baj)\w{0,12}"
    r"|升级|提升|提高|调整|改|调|设|降|升|变更|按)"
    rf"[^.!?。！？\n]{{0,60}}?(?:(?<!\w)(?:to|as|na|do|auf|zu|à|a|jako)\s+(?:an?\s+|the\s+)?"
    rf"|至|到|为|成|作)\s?(?P<name>(?:{_NAMES})\s*)?(?P<level>{_LEVEL}){_END}",
    re.I,
)
_NAMED = re.compile(
    rf"(?<![A-Za-z0-9_])(?:{_NAMES})\s*(?:level|number|no\.?|nr)?\s*(?:is|to|be|should be|of|na|do|jest|为|是|ist)?\s*[:：=–-]?\s*"
    rf"(?P<level>{_LEVEL}){_END}",
    re.I,
)
_BARE = re.compile(rf"(?<![A-Za-z0-9_./-])P(?P<level>[1-4]){_END}")
_PART_NAMED = re.compile(
    r"(?:port|slot|connector|socket|psu|pdu|power suppl\w{1,3}|pin|phase|board|module|page|fan|cable|outlet"
    r"|gniazd\w{0,3}|zasilacz\w{0,3}|moduł\w{0,3}|steckplatz"
    r"|端口|槽位?|电源|模块|接口|风扇)\s{0,2}(?:no\.?|nr|number|s)?\s{0,2}$",
    re.I,
)


def read_priority(stated: str, subject: str, text: str) -> tuple[str, str]:
    """(P1 to P4 or '', the words that say it). `stated` is the value under its name, which counts first.

    A wish to change it counts before a priority that is only mentioned. P2 as the name of a port is none.
    """
    if stated and (found := re.search(rf"(?<![A-Za-z0-9])P?\s?(?P<level>[1-4]){_END}", stated[:_LONGEST_LINE], re.I)):
        return f"P{found['level']}", _words(stated)
    lines = [subject[:_LONGEST_LINE], *(line[:_LONGEST_LINE] for line in text[:_SCANNED].split("\n"))]
    named = [line for line in lines if any(digit in line for digit in "1234")]
    found = next(_wishes(named), None) or next((one for line in named if (one := _NAMED.search(line))), None) or next(_bare(named), None)
    if found:
        return f"P{found['level'][-1]}", _words(found[0])
    return "", _words(stated)


def _wishes(lines: list[str]) -> Iterator[re.Match[str]]:
    for line in lines:
        for found in _WISH.finditer(line):
            # "change the port to 3" is no wish for a priority: its name or the P must stand there
            if found["level"][0] in "Pp" or found["name"] or re.search(_NAMES, found[0], re.I):
                yield found


def _bare(lines: list[str]) -> Iterator[re.Match[str]]:
    """`P1` by itself; in a line that calls a part so, all of them are parts."""
    for line in lines:
        marks = list(_BARE.finditer(line))
        if not any(_PART_NAMED.search(line[max(0, mark.start() - 24) : mark.start()]) for mark in marks):
            yield from marks


def _words(text: str) -> str:
    return re.sub(r"\s+", " ", text[:600]).strip()[:_LONGEST_WORDS]
