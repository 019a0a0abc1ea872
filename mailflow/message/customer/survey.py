"""The answer to a satisfaction survey (SR8): the prepared `SCORE 4`, or what people write instead."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from mailflow.message.customer.request import is_greeting
from mailflow.message.words import any_of, numbers_of

_MOST_LINES, _LONGEST_LINE, _LONGEST_COMMENT = 60, 300, 2000
_FIRST_LINES = 2
"""A bare number is a score only where the answer begins; below it stands in a list or table."""

_SPELLED = {word: number for word, number in numbers_of("number").items() if number <= 5}
_NUMBER = rf"(?P<number>[1-5]|{'|'.join(_SPELLED)})"
_WHOLE = r"(?![\w/.,:%-]*\d)"
_UNIT = rf"(?:\s?{any_of('survey', 'out_of')}\s?{any_of('survey', 'five')}|\s?{any_of('survey', 'points')}(?![a-z]))?"
_END = rf"(?=\s*(?:$|[.,;!。，！；—–(-]|{any_of('survey', 'reason')}))"
_SCORE = f"{_NUMBER}{_UNIT}{_WHOLE}{_END}"
_NAMED = re.compile(rf"(?<![\w-]){any_of('survey', 'score')}\s?[:=#：-]?\s?(?:{any_of('survey', 'is')}\s)?{_SCORE}", re.I)
_GIVEN = re.compile(rf"(?<!\w){any_of('survey', 'give')}\s?{_SCORE}", re.I)
_ALONE = re.compile(rf"{_NUMBER}(?P<unit>{_UNIT}){_WHOLE}(?P<rest>.*)", re.I)
_PREPARED = re.compile(rf"{any_of('survey', 'prepared')}\s?[1-5]", re.I)
_COMMENT = re.compile(rf"\s*[-–—,:;!，！：。]\s*(?P<words>\D.*)?|\s+(?P<kind>{any_of('survey', 'comment')}\w*.*)", re.I)
_STARS = re.compile(r"(?:[★⭐🌟]\ufe0f?\s?){1,5}☆{0,4}")


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """A score from 1 (poor) to 5 (excellent), with the customer's comment."""

    score: int
    comment: str = ""


def read_survey_answer(text: str) -> SurveyAnswer | None:
    """The score that a line gives; all else that is written is the comment. `text` is the new text of a mail, without quotations."""
    lines = [line.strip() for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]]
    lines = [line for line in lines if not is_greeting(line[:_LONGEST_LINE])]
    said = 0
    for at, line in enumerate(lines):
        plain = unicodedata.normalize("NFKC", line[:_LONGEST_LINE]).strip("*_\"'„”# \t")
        if not plain:
            continue
        if read := _read(plain, bare=said < _FIRST_LINES):
            score, rest = read
            others = [*lines[:at], rest, *lines[at + 1 :]]
            return SurveyAnswer(score, re.sub(r"\n{3,}", "\n\n", "\n".join(others)).strip()[:_LONGEST_COMMENT])
        said += 1
    return None


def read_prepared_score(text: str) -> SurveyAnswer | None:
    """The prepared `SCORE 4`, `OCENA 4`, `评分 4` as first line: a mail that a link opened names no mail, so its own words must tell."""
    first = next((line.strip() for line in text.split("\n", _MOST_LINES) if line.strip()), "")
    return read_survey_answer(text) if _PREPARED.fullmatch(first[:_LONGEST_LINE]) else None


def _read(line: str, *, bare: bool) -> tuple[int, str] | None:
    """(score, what the line says besides)"""
    if found := _NAMED.search(line) or _GIVEN.search(line):
        before, after = line[: found.start()].strip(), line[found.end() :].strip(" -–—,.:;!。，！：")
        # a sentence that gives reasons around its score is the comment as it stands
        return _value(found["number"]), after if not before else line
    if bare and (found := _ALONE.fullmatch(line)):
        rest = found["rest"].strip()
        comment = _COMMENT.fullmatch(found["rest"])
        if not rest.strip(".!。！") or (comment and (found["number"].isdigit() or found["unit"])):
            return _value(found["number"]), "" if not comment else (comment["words"] or comment["kind"] or "").strip()
    if bare and _STARS.fullmatch(line):
        return sum(line.count(star) for star in "★⭐🌟"), ""
    return None


def _value(number: str) -> int:
    return int(number) if number.isdigit() else _SPELLED[number.lower()]
