"""Arrivals in plain sentences of receiving staff (RM5). What is not certain becomes a problem line, never a guess."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mailflow.message.item import Item
from mailflow.message.model import Step
from mailflow.message.staff.booking_items import Found, Known, find_items
from mailflow.message.staff.booking_pieces import Mention, Pieces
from mailflow.message.staff.booking_words import (
    ABSENT,
    ALL_OF_THEM,
    AND_BEFORE,
    AND_BEHIND,
    BEFORE_THING,
    CLOSING_WORDS,
    CONDITION_WORD,
    COUNTED_THINGS,
    COURTESY,
    DESCRIBES,
    DOUBTFUL,
    EXTRA_THINGS,
    GOES_ON,
    HARMLESS,
    NOT_AN_ARRIVAL,
    NUMBER,
    NUMBER_WORD,
    NUMBER_WORDS,
    OPENING_WORDS,
    RECEIVED,
    RMA_BEFORE,
    SEGMENT_END,
    SENTENCE_END,
    SHARE,
    SPOILED,
    spaced,
    unspaced,
)
from mailflow.message.staff.items import TIMES, Misread, plain_blanks, plain_signs

WRAP_WIDTH = 72
LONGEST_SENTENCE = 1000
BULLETS = " .;!-–•*\t"
STAR = re.compile(r"(?<=\d) ?\* ?(?=[A-Za-z0-9])")
LEADING_NUMBER = re.compile(NUMBER, re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What a mail books. With a problem nothing may be booked: each is a line as written; `reasons` say why (keys of [sentence])."""

    items: tuple[Item, ...] = ()
    extras: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    reasons: tuple[Step, ...] = ()


def read_booking(
    text: str,
    *,
    parts: Collection[str] = (),
    serials: Mapping[str, str] | None = None,
    descriptions: Mapping[str, str] | None = None,
    prefixes: tuple[str, ...] = ("RMA-",),
) -> Booking:
    """Read the new text of a receiving mail.

    `parts` are part numbers that may come (recognised whatever their shape), `serials` maps serials that may come to their part,
    `descriptions` part numbers to what people call them, `prefixes` are the desk's letters before RMA numbers. An RMA holds for its
    sentence and those after it; when the mail names just one, it holds for all.
    """
    called = {part.upper(): description for part, description in (descriptions or {}).items()}
    reading = _Reading(Pieces(Known(frozenset(part.upper() for part in parts), serials, called)), prefixes)
    sentences = _sentences(text)
    for reading.sentence, sentence in enumerate(sentences):
        try:
            reading.read(sentence)
        except Misread as doubt:
            reading.problems.append((reading.sentence, sentence, doubt.said))
    reading.problems += [(place, sentences[place], doubt) for place, doubt in reading.pieces.settle()]
    return reading.booking()


def _sentences(text: str) -> list[str]:
    """Lines that a mail client wrapped are joined, then cut at full stops; a question keeps its mark.

    A star is a bullet or bold print, and `x` only after a digit.
    """
    lines: list[str] = []
    wrapped = False
    for typed in text.splitlines():
        signs = STAR.sub(" x ", plain_signs(plain_blanks(typed))).replace("*", " ").translate(TIMES)
        line = " ".join(spaced(signs).split())
        if wrapped and line:
            lines[-1] = f"{lines[-1]} {line}"
        else:
            lines.append(line)
        wrapped = bool(line) and (len(line) >= WRAP_WIDTH - 12 or GOES_ON.search(line) is not None)
    pieces = [piece for line in lines for piece in SENTENCE_END.sub(r"\1\n", line).split("\n")]
    return [bare for piece in pieces if (bare := piece.strip(BULLETS))]


@dataclass(slots=True)
class _Reading:
    """What the sentences so far have said."""

    pieces: Pieces
    prefixes: tuple[str, ...]
    sentence: int = 0
    told: str = ""
    """The first sentence that says that something came."""
    rma: str = ""
    named: list[str] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)
    problems: list[tuple[int, str, Step]] = field(default_factory=list)
    """(sentence, the words that are in doubt, why)."""

    def read(self, sentence: str) -> None:
        """Keep what a sentence says. Raises Misread for a doubt."""
        if len(sentence) > LONGEST_SENTENCE:
            raise Misread("sentence_too_long")
        rest = self._take_numbers(sentence)
        if RECEIVED.search(rest) and not self.told:
            self.told = sentence
        found = find_items(rest, self.pieces.known)
        if not found:
            self._read_remark(rest.strip(" ,:-"))
            return
        lead = rest[: found[0].start]
        _check_statement(lead, found)
        extras = [_bare(lead)] if EXTRA_THINGS.search(lead) else []
        is_whole = not lead.strip(" ,:-(") and len(found) == 1 and not rest[found[0].end :].strip(" ,.:-)")
        kept: list[Mention] = []
        for number, item in enumerate(found):
            is_last = number + 1 == len(found)
            said, more = _read_tail(rest[item.end : len(rest) if is_last else found[number + 1].start])
            extras += more
            # what is said of all at the end of a sentence holds for everything that the sentence names
            for_all = said if is_last and said and ALL_OF_THEM.match(said[0]) else []
            kept += self.pieces.add(item, self.rma, self.sentence, () if for_all else said, is_whole)
            for one in dict.fromkeys(kept) if for_all else ():
                one.conditions += for_all
        self.extras += extras

    def _take_numbers(self, sentence: str) -> str:
        """The sentence without RMA numbers, which are remembered. Two different ones in a sentence are a doubt."""
        letters = "|".join(re.escape(prefix.rstrip("- ")) for prefix in self.prefixes)
        mention = rf"(?P<letters>{letters})(?:\s{NUMBER_WORD})?[-\s#:.]{{0,3}}(?P<digits>\d+)"
        pattern = re.compile(rf"(?:\b{RMA_BEFORE}\s+)?\b{mention}\b[\s:,]*", re.IGNORECASE)
        canonical = {prefix.rstrip("- ").upper(): prefix for prefix in self.prefixes}
        numbers = dict.fromkeys(canonical[match["letters"].upper()] + match["digits"] for match in pattern.finditer(sentence))
        if len(numbers) > 1:
            raise Misread("several_numbers")
        self.named += numbers
        self.rma = next(iter(numbers), self.rma)
        return pattern.sub(" ", sentence)

    def _read_remark(self, sentence: str) -> None:
        """A sentence without a part: courtesy, a remark on what was named before, something extra, or a doubt."""
        if not sentence or COURTESY.match(sentence):
            return
        kind, named = _kind(sentence), self.pieces.mentions
        counted = any(not EXTRA_THINGS.search(thing[0]) for thing in COUNTED_THINGS.finditer(sentence))
        counts = RECEIVED.search(sentence) or counted
        if SHARE.match(sentence) or (kind == "condition" and named and not counts):
            if ABSENT.search(sentence) or not named or (len(named) > 1 and not ALL_OF_THEM.match(sentence)):
                raise Misread("part_unclear")
            for one in named:
                one.conditions.append(unspaced(CONDITION_WORD.sub("", sentence)))
        elif kind == "extra" and not counted:
            self.extras.append(_bare(sentence))
        elif counts and kind != "harmless":
            raise Misread("arrival_unclear" if DOUBTFUL.search(sentence) else "part_missing")
        elif counted:
            raise Misread("part_missing")

    def booking(self) -> Booking:
        """What may be booked of it all, and what is in doubt."""
        numbers = tuple(dict.fromkeys(self.named))
        doubtful = {place for place, _, _ in self.problems}
        items = [one.booked() for one in self.pieces.mentions if one.sentence not in doubtful]
        items = [replace(item, rma=numbers[0]) if len(numbers) == 1 else item for item in items]
        problems = [(unspaced(line), reason) for _, line, reason in sorted(self.problems, key=lambda problem: problem[0])]
        problems += [(item.part_number, Step("rma_missing")) for item in items if len(numbers) > 1 and not item.rma]
        problems += [(unspaced(text), Step("part_missing")) for text in self.extras if self.pieces.known.describes(text)]
        if self.told and not items and not self.extras and not problems:
            problems.append((self.told, Step("part_missing")))
        seen = [serial for item in items for serial in item.serials]
        problems += [(serial, Step("serial_twice")) for serial in dict.fromkeys(seen) if seen.count(serial) > 1]
        return Booking(
            items=tuple(items),
            extras=tuple(self.extras),
            problems=tuple(line for line, _ in problems),
            reasons=tuple(reason for _, reason in problems),
        )


def _check_statement(lead: str, found: Sequence[Found]) -> None:
    """What stands before the parts of a sentence must not leave open that they came, nor how many. Raises Misread."""
    if trouble := next((item.trouble for item in found if item.trouble), None):
        raise Misread(trouble.name, **trouble.values)
    if doubt := DOUBTFUL.search(lead) or NOT_AN_ARRIVAL.search(lead):
        raise Misread("misread_arrival", text=unspaced(doubt[0]))
    serials = sum(len(item.serials) for item in found)
    for thing in COUNTED_THINGS.finditer(lead) if not any(item.part_number for item in found) else ():
        count = LEADING_NUMBER.match(thing[0])
        if count and (NUMBER_WORDS.get(count[0].lower()) or int(count[0])) != serials:
            raise Misread("misread_arrival", text=unspaced(thing[0]))
    before: dict[str, int] = {}
    for item in found:
        # `2 x P arrived, one P is bent`: whether the second one comes on top is anybody's guess
        if item.part_number and item.quantity and not item.serials and item.quantity < before.get(item.part_number, 0):
            raise Misread("part_unclear")
        before[item.part_number] = item.quantity or 0


def _read_tail(tail: str) -> tuple[list[str], list[str]]:
    """(conditions, extras) of what follows a part."""
    conditions: list[str] = []
    extras: list[str] = []
    for segment in (piece.strip(" .:-") for piece in SEGMENT_END.split(tail)):
        kind = _kind(segment)
        if kind == "condition":
            joined = AND_BEFORE.match(segment)
            conditions.append(unspaced(CONDITION_WORD.sub("", OPENING_WORDS.sub("", segment) if joined else segment)))
        elif kind == "extra":
            extras.append(_bare(segment))
        elif kind == "doubt":
            raise Misread("misread_words", text=unspaced(segment))
    return conditions, extras


def _kind(segment: str) -> str:
    """`condition`, `extra`, `harmless` or `doubt`."""
    if HARMLESS.match(segment):
        return "harmless"
    if ABSENT.search(segment):
        return "doubt"
    thing = EXTRA_THINGS.search(segment)
    if SHARE.match(segment) or (thing and SPOILED.search(segment[: thing.start()])):
        return "condition"
    if thing:
        return "doubt" if DOUBTFUL.search(segment) else "extra"
    return "condition" if DESCRIBES.search(segment) else "doubt"


def _bare(words: str) -> str:
    """The extra thing in the mail's own words, without the words that tie it to the sentence."""
    bare = BEFORE_THING.sub("", words.strip(" ,.:-"))
    return unspaced(AND_BEHIND.sub("", CLOSING_WORDS.sub("", OPENING_WORDS.sub("", bare))).strip(" ,"))
