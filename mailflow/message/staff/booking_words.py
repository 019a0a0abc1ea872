"""The patterns of a receiving desk's sentences: what counts, what describes, what is extra, what makes a sentence doubtful (RM5)."""

from __future__ import annotations

import re

from mailflow.message.words import any_of, numbers_of, words_of

NUMBER_WORDS = {**numbers_of("number"), **numbers_of("article")}
NUMBER = rf"(?:\d{{1,4}}|{'|'.join(NUMBER_WORDS)})"
AND = any_of("booking", "and", whole=True)
AND_BEFORE, AND_BEHIND = re.compile(rf"{AND}\s", re.IGNORECASE), re.compile(rf" (?:{AND}|plus)$", re.IGNORECASE)
NUMBER_WORD, RMA_BEFORE = any_of("booking", "number_word", whole=True), any_of("booking", "before_rma")
EXTRA_THINGS, DESCRIBES, SPOILED, RECEIVED = (
    re.compile(any_of("booking", key, whole=True), re.IGNORECASE) for key in ("extra_things", "describes", "spoiled", "received")
)
DOUBTFUL = re.compile(rf"{any_of('booking', 'doubtful', whole=True)}|\?", re.IGNORECASE)
NOT_AN_ARRIVAL = re.compile(
    rf"{any_of('booking', 'not_an_arrival', whole=True)}|\b{NUMBER}\s+{any_of('booking', 'share_of')}$", re.IGNORECASE
)
ABSENT = re.compile(any_of("booking", "absent"), re.IGNORECASE)
COUNTED_THINGS = re.compile(
    rf"\b(?:{NUMBER}|{any_of('booking', 'counted_by', spaced=True)})\s+(?:\w+\s+)?{any_of('booking', 'counted', spaced=True)}\b|"
    rf"(?:{NUMBER}|{any_of('booking', 'counted_by', spaced=False)}) ?(?:{any_of('booking', 'measures')} ?)?"
    rf"{any_of('booking', 'counted', spaced=False)}",
    re.IGNORECASE,
)
COURTESY = re.compile(rf"^\s*{any_of('booking', 'courtesy')}", re.IGNORECASE)
SHARE = re.compile(rf"^{any_of('booking', 'share')}", re.IGNORECASE)
ALL_OF_THEM = re.compile(rf"^{any_of('booking', 'all_of_them')}", re.IGNORECASE)
HARMLESS = re.compile(
    rf"^(?:{any_of('booking', 'harmless', spaced=True)}\b[\s.,:!-]*|{any_of('booking', 'harmless', spaced=False)}[\s.,:!-]*)*$",
    re.IGNORECASE,
)
SEGMENT_END = re.compile(
    rf"\s*(?:[,;()+]|\s[-–]\s|{any_of('booking', 'joins', whole=True)}|{AND}(?=\s+(?:{NUMBER}|{any_of('booking', 'after_and')})\b))\s*",
    re.IGNORECASE,
)
OPENING_WORDS = re.compile(
    rf"^(?:{any_of('booking', 'opening', spaced=True)}\s+|{any_of('booking', 'opening', spaced=False)} ?)", re.IGNORECASE
)
CLOSING_WORDS = re.compile(rf"\s+{any_of('booking', 'closing')}$", re.IGNORECASE)
BEFORE_THING = re.compile(
    rf"^(?:{any_of('booking', 'before_thing', spaced=True)}\s+|{any_of('booking', 'before_thing', spaced=False)} ?)+", re.IGNORECASE
)
CONDITION_WORD = re.compile(rf"^{any_of('booking', 'condition')}[\s:=-]+", re.IGNORECASE)
SENTENCE_END = re.compile(
    "".join(rf"(?<!\b{word})" for word in words_of("booking", "abbreviations"))
    + rf"([.!?;])(?=\s|$)(?!\s+{any_of('booking', 'months', whole=True)})",
    re.IGNORECASE,
)
GOES_ON = re.compile(rf"(?:,|\s{any_of('booking', 'goes_on')})$", re.IGNORECASE)

_STOPS = str.maketrans({"。": ". ", "！": "! ", "？": "? ", "；": "; "})
_ASIAN = r"\u2e80-\u9fff\uf900-\ufaff"
_ASIAN_NUMBER = f"[{''.join(word for word in NUMBER_WORDS if ord(word[0]) >= 0x2E80)}]"
_MEASURE = any_of("booking", "measures")
_BORDER = re.compile(rf"(?<=[{_ASIAN}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[{_ASIAN}])")
_COUNT = re.compile(
    rf"(?<![{_ASIAN}])({_ASIAN_NUMBER}|\d+) ?({_MEASURE})(?=[\s{_ASIAN}])|"
    rf"(?<={any_of('booking', 'before_count')})({_ASIAN_NUMBER})({_MEASURE})"
)
_BLANK = re.compile(rf"(?<=[{_ASIAN}]) +| +(?=[{_ASIAN}])")


def spaced(line: str) -> str:
    """Chinese written without blanks gets them beside numbers, part numbers and measures, as the reader of sentences wants them."""
    if not re.search(rf"[{_ASIAN}]", line):
        return line
    apart = _BORDER.sub(" ", line.translate(_STOPS))
    return _COUNT.sub(lambda found: " ".join(("", *filter(None, found.groups()), "")), apart)


def unspaced(text: str) -> str:
    """The words again as they were written: Chinese without the blanks of `spaced`."""
    return _BLANK.sub("", text)
