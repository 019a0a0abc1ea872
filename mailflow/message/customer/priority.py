"""The priority that a customer states or wishes for (SR2): `Priority: P1`, `please raise this to P1`, `升级为P1`."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SCANNED, _LONGEST_LINE = 20_000, 600
_LONGEST_WORDS = 200
_LEVEL = r"P\s?[1-4]|[1-4]"
_WORDS_OF_LEVEL = (
    r"one|first|jeden|pierwsz(?:y|a|ego|ej|ym)|eins|erste[rs]?|premier|première|primer[ao]?|一",
    r"two|second|dwa|drug(?:i|a|iego|iej|im)|zwei|zweite[rs]?|deuxième|segund[ao]|二|两",
    r"three|third|trzy|trzeci(?:a|ego|ej|m)?|drei|dritte[rs]?|troisième|tercer[ao]?|三",
    r"four|fourth|cztery|czwart(?:y|a|ego|ej|ym)|vier|vierte[rs]?|quatrième|cuart[ao]|四",
)
_IN_WORDS = "|".join(_WORDS_OF_LEVEL)
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
_STATED_WORD = re.compile(
    rf"\W*(?:(?:priority|level|severity|poziom|klasa|priorytet|stufe|priorität|klasse|niveau|nivel|第)\s*)?(?P<level>{_IN_WORDS})"
    rf"\s*(?:级|等|级别|level|priority|severity|stopnia|poziom|stufe|priorität|niveau)?\s*(?:$|[,.;:(，。；（–-])",
    re.I,
)
_NAMED_WORD = re.compile(
    rf"(?<![^\W_])(?:{_NAMES})\s*(?:level|poziom|stufe)?\s*(?:is|to|be|of|jest|为|是|ist)?\s*[:：=–-]?\s*(?P<level>{_IN_WORDS})"
    rf"(?:\s*级)?(?![^\W\u4e00-\u9fff])(?!\s+of\b)",
    re.I,
)
_BARE = re.compile(rf"(?<![A-Za-z0-9_./-])P(?P<level>[1-4]){_END}")
_PARTS = (
    r"port|slot|connector|socket|psu|pdu|power suppl\w{1,3}|pin|phase|board|module|page|fan|cable|outlet|interface|intf|link|lane|line"
    r"|node|router|switch|rack|cabinet|bay|shelf|unit|chassis|card|cpu|processor|disk|drive|sfp|channel|site|room|point|position|label\w{0,3}|between"
    r"|gnia[zź]d\w{0,3}|zasilacz\w{0,3}|moduł\w{0,3}|interfejs\w{0,3}|łącz\w{0,3}|szaf\w{0,3}|kart\w{0,2}|węz\w{0,4}|pozycj\w{0,3}|między|miedzy"
    r"|steckplatz|netzteil|schnittstelle|anschluss|zwischen|karte|lüfter|platine|schrank|interface|alimentation|entre"
    r"|端口|槽位?|电源|模块|接口|风扇|链路|节点|单板|板卡|光口|网口|机柜|通道|线路|硬盘|位置"
)
_PART_NAMED = re.compile(rf"(?:{_PARTS})(?:s|en)?\s{{0,2}}(?:no\.?|nr|number|called|named|marked)?\s{{0,2}}$", re.I)
_NAMES_PART = re.compile(
    r"\s{0,2}(?:port|slot|connector|socket|psu|power suppl|pin|phase|outlet|interface|interfejs|gniazdo|anschluss"
    r"|schnittstelle|端口|接口|槽)",
    re.I,
)
_DENIED = re.compile(
    r"(?:\b(?:not|no|isn['’]?t|wasn['’]?t|never|hardly|than|nie|nicht|kein|keine|pas|non|nunca|sin)|不是|并非|非|不属于|没到)(?:\s+(?:really|yet|quite|an?|the|any|as|to"
    r"|be|jest|to|een|ein|eine|un|une|de|even|a|priority|level))*\s*$",
    re.I,
)


def read_priority(stated: str, subject: str, text: str) -> tuple[str, str]:
    """(P1 to P4 or '', the words that say it). `stated` is the value under its name, which counts first.

    A wish to change it counts before a priority that is only mentioned. P2 as the name of a port is none.
    """
    if stated and (level := _stated_level(stated[:_LONGEST_LINE])):
        return f"P{level}", _words(stated)
    lines = [subject[:_LONGEST_LINE], *(line[:_LONGEST_LINE] for line in text[:_SCANNED].split("\n"))]
    named = [line for line in lines if any(digit in line for digit in "1234")]
    found = next(_wishes(named), None) or next((one for line in named if (one := _NAMED.search(line))), None) or next(_bare(named), None)
    found = found or next((one for line in lines if (one := _NAMED_WORD.search(line))), None)
    if found:
        return f"P{_number(found['level'])}", _words(found[0])
    return "", _words(stated)


def _stated_level(stated: str) -> str:
    if found := re.search(rf"(?<![A-Za-z0-9])P?\s?(?P<level>[1-4])(?:st|nd|rd|th)?{_END}", stated, re.I):
        return found["level"]
    word = _STATED_WORD.match(stated)
    return _number(word["level"]) if word else ""


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
        if len({mark["level"] for mark in marks}) == 1 and not any(_is_other(line, mark) for mark in marks):
            yield from marks


def _is_other(line: str, mark: re.Match[str]) -> bool:
    before = line[max(0, mark.start() - 40) : mark.start()]
    is_part = _PART_NAMED.search(before[-24:]) or _NAMES_PART.match(line[mark.end() : mark.end() + 24])
    return bool(is_part or _DENIED.search(before))


def _words(text: str) -> str:
    return re.sub(r"\s+", " ", text[:600]).strip()[:_LONGEST_WORDS]
