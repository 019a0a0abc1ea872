"""Part numbers, quantities and serials in a plain English sentence, each with the place where it stands (RM5)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from mailflow.message.model import Step
from mailflow.message.staff.booking_words import NUMBER, NUMBER_WORDS
from mailflow.message.words import any_of, words_of

SERIAL = (
    rf"(?:\b(?:{any_of('booking', 'serial_with')}\s+)?(?:{any_of('booking', 'serial_kind')}\s+)*{any_of('booking', 'serial', spaced=True)}"
    rf"(?:\s+{any_of('booking', 'serial_is')})?(?!\w)|{any_of('booking', 'serial', spaced=False)})[\s.:#=]*"
)
"""The words before a serial number; the wrong one shows in the comparison with what is authorised."""
TOKEN = re.compile(r"(?<![\w/-])[A-Za-z0-9](?:[A-Za-z0-9/-]*[A-Za-z0-9])?(?![\w/-])")
_BETWEEN = any_of("booking", "between")
QUANTITY_BEFORE = re.compile(
    rf"(?<![\w.-])(?P<quantity>{NUMBER})(?:\s*[xX]\s*|\s+(?:{_BETWEEN}\s+)*(?:{_BETWEEN}[\s.:#]*)?)$", re.IGNORECASE
)
GLUED = re.compile(r"(?P<quantity>\d{1,4})[xX](?P<part>[A-Za-z0-9][A-Za-z0-9/-]{4,})$")
QUANTITY_AFTER = re.compile(
    rf"[\s,:(-]*(?:{any_of('booking', 'quantity')}[\s.:]*(?P<said>{NUMBER})|x ?(?P<times>\d{{1,4}})"
    rf"|(?P<pieces>{NUMBER}) ?{any_of('booking', 'pieces')})(?!\w)\)?",
    re.IGNORECASE,
)
PART_WORD = re.compile(rf"(?:\b{any_of('booking', 'part', spaced=True)}|{any_of('booking', 'part', spaced=False)})[\s:#]*$", re.IGNORECASE)
SERIAL_WORD = re.compile(rf"[\s,:;(-]*{SERIAL}", re.IGNORECASE)
SERIAL_BEFORE = re.compile(rf"{SERIAL}$", re.IGNORECASE)
TRACKING_BEFORE = re.compile(
    rf"{any_of('booking', 'other_number')}(?:\s+(?:no\.?|nr\.?|id|{any_of('booking', 'number_word', spaced=True)}))?[\s.:#]*$",
    re.IGNORECASE,
)
"""What follows these is a number, but no part number."""
REACH = 80
"""Characters before a part number in which its quantity is looked for."""

SERIAL_LENGTHS = (12, 16, 20)
OPENING = re.compile(r"[\s,:(-]*")
CLOSING = re.compile(r"\s*\)")
DESCRIBED_BEFORE = re.compile(rf"(?<![\w.-])(?P<quantity>{NUMBER})\s+(?P<words>(?:[^\W\d_]+\s+){{1,4}})$", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]{2,}")
HARDWARE = frozenset(words_of("booking", "hardware"))
JOINED = re.compile(rf"(?:{any_of('booking', 'joined', whole=True)}|[&+;])\s*$", re.IGNORECASE)
"""Words after which something further is named."""
BETWEEN_SERIALS = re.compile(rf"\s*(?:,|;|&|{any_of('booking', 'and', whole=True)})?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A part in a sentence, or serial numbers that stand apart from one: where its mention starts and ends, what is wrong with it."""

    start: int
    end: int
    part_number: str
    """'' for serial numbers that stand apart."""
    quantity: int | None = None
    """As stated; None where the sentence states none."""
    serials: tuple[str, ...] = ()
    trouble: Step | None = None
    is_told: bool = False
    """Serial numbers that stand apart: the word `serial` stands before them."""
    is_joined: bool = False
    """Serial numbers that stand apart: a word such as `and` stands before them."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the register may add: part numbers that may come, and the part number of serials that may come."""

    parts: Collection[str] = ()
    serials: Mapping[str, str] | None = None
    descriptions: Mapping[str, str] = field(default_factory=dict)
    """Part number to its description, of the parts that may come."""

    def speaks_of(self, words: str, part: str) -> bool:
        """Whether words before a part number only name that part, as the register or anybody does."""
        return _single(words) <= HARDWARE | _single(self.descriptions.get(part.upper(), ""))

    def describes(self, text: str) -> bool:
        """Whether a text names a part that may come by its description instead of its number."""
        said = _single(text)
        return any(words <= said for description in self.descriptions.values() if (words := _single(description)))

    def part_of(self, serial: str) -> str:
        """The register's word, else the 20-character form, which holds the part number after `21` (IN4); '' where unknown."""
        if self.serials and serial in self.serials:
            return self.serials[serial]
        return serial[2:10] if len(serial) == 20 and serial.startswith("21") else ""

    def is_part(self, token: str) -> bool:
        """Known, or shaped like a part number: 5 to 11 characters, at least three digits, at least one letter."""
        bare = token.replace("-", "").replace("/", "")
        digits = sum(c.isdigit() for c in bare)
        return token.upper() in self.parts or (5 <= len(bare) <= 11 and digits >= 3 and digits < len(bare))

    def is_serial(self, token: str) -> bool:
        shaped = len(token) in SERIAL_LENGTHS and token.isalnum() and sum(c.isdigit() for c in token) >= 4
        return (bool(self.serials) and token.upper() in (self.serials or {})) or (shaped and token.upper() not in self.parts)


def find_items(sentence: str, known: Known) -> tuple[Found, ...]:
    """Every part that the sentence names, in order, none overlapping."""
    found: list[Found] = []
    for match in TOKEN.finditer(sentence):
        floor = found[-1].end if found else 0
        if match.start() >= floor and (item := _item_at(sentence, match, floor, known)):
            found.append(item)
    return tuple(found)


def _item_at(sentence: str, match: re.Match[str], floor: int, known: Known) -> Found | None:
    floor = max(floor, match.start() - REACH)
    token, before = match[0], sentence[floor : match.start()]
    if TRACKING_BEFORE.search(before):
        return None
    if (known.is_serial(token) or SERIAL_BEFORE.search(before)) and (apart := _serials_apart(sentence, floor, match.start(), known)):
        return apart
    if glued := GLUED.match(token):
        if known.is_part(glued["part"]) or glued["part"].isdigit():
            return _whole(sentence, match.start(), match.end(), glued["part"], int(glued["quantity"]), known)
        return None
    quantity = QUANTITY_BEFORE.search(before)
    if quantity is None and (described := DESCRIBED_BEFORE.search(before)) and known.speaks_of(described["words"], token):
        quantity = described
    explicit = PART_WORD.search(before) or (quantity and re.search(r"[xX]\s*$", before))
    if not known.is_part(token) and not (explicit and len(token) >= 5 and any(c.isdigit() for c in token)):
        return None
    start = floor + quantity.start() if quantity else match.start()
    return _whole(sentence, start, match.end(), token, _count(quantity["quantity"]) if quantity else None, known)


def _whole(sentence: str, start: int, end: int, part: str, before: int | None, known: Known) -> Found:
    """The part with the quantity and the serials that follow it."""
    after: int | None = None
    if match := QUANTITY_AFTER.match(sentence, end):
        after, end = _count(match["said"] or match["times"] or match["pieces"]), match.end()
    serials, end = _serials(sentence, end, known, part.upper())
    quantity = before if before is not None else after
    number = part.upper()
    trouble: Step | None = None
    if before is not None and after is not None and before != after:
        trouble = Step("two_quantities", {"part": number, "first": before, "second": after})
    elif quantity is not None and quantity < 1:
        trouble = Step("quantity_too_small", {"part": number, "quantity": quantity, "least": 1})
    elif quantity is not None and len(serials) > quantity:
        trouble = Step("more_serials_than_parts", {"part": number, "serials": len(serials), "quantity": quantity})
    return Found(start, end, number, quantity, serials, trouble)


def _serials(sentence: str, end: int, known: Known, part: str = "") -> tuple[tuple[str, ...], int]:
    """After the word any token with a digit is a serial; without it only what is shaped like one, and of no other part than `part`."""
    word = SERIAL_WORD.match(sentence, end)
    position = word.end() if word else end
    serials: list[str] = []
    while True:
        gap = (BETWEEN_SERIALS if serials or word else OPENING).match(sentence, position)
        token = TOKEN.match(sentence, gap.end() if gap else position)
        if token is None:
            break
        is_unreadable = bool(word) and not serials and len(token[0]) >= 4 and any(c.isdigit() for c in token[0])
        same = bool(word and serials) and len(token[0]) == len(serials[0]) and any(c.isdigit() for c in token[0])
        if not (is_unreadable or same or known.is_serial(token[0])):
            break
        if part and not word and known.part_of(token[0].upper()) not in ("", part):
            break
        serials.append(token[0].upper())
        position = token.end()
    if not serials:
        return (), end
    closing = CLOSING.match(sentence, position)
    return tuple(dict.fromkeys(serials)), closing.end() if closing else position


def _serials_apart(sentence: str, floor: int, start: int, known: Known) -> Found | None:
    """Serial numbers that do not follow their part at once, from the word before the first of them."""
    word = SERIAL_BEFORE.search(sentence[floor:start])
    start = floor + word.start() if word else start
    serials, end = _serials(sentence, start, known)
    joined = JOINED.search(sentence[floor:start]) is not None
    return Found(start, end, "", None, serials, None, word is not None, joined) if serials else None


def _single(text: str) -> frozenset[str]:
    """The words of a text in small letters, without the s of the plural."""
    return frozenset(word.lower().removesuffix("s") for word in WORD.findall(text))


def _count(text: str) -> int:
    return NUMBER_WORDS[text.lower()] if text.lower() in NUMBER_WORDS else int(text)
