"""The shapes that several staff commands share: ITEMS, a parcel, an address, a day; forgiving of blanks, dashes, quotes and `×`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date

from mailflow.message.item import Item
from mailflow.message.mime.header import parse_address
from mailflow.message.model import Step, Value
from mailflow.message.words import any_of

BLANKS = dict.fromkeys(map(ord, "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"), " ")
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"))
SIGNS = (
    dict.fromkeys(map(ord, "“”„‟«»"), '"')
    | dict.fromkeys(map(ord, "‘’‚‛"), "'")
    | dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
    | {ord("；"): ";", ord("，"): ",", ord("："): ":", ord("／"): "/"}
)
TIMES = dict.fromkeys(map(ord, "×✕✖⨯хХ*"), "x")
"""What people write for the x of `2 x PART`, the Cyrillic letters included."""

END = " .,;:!"

ITEM_START = re.compile(r"(?<![\w.-])\d{1,5} ?[xX] ?(?=[A-Za-z0-9])")
ITEM = re.compile(r"(?P<quantity>\d{1,5}) ?[xX] ?(?P<part>[A-Za-z0-9][\w./-]*)(?P<rest>.*)$", re.DOTALL)
BETWEEN_ITEMS = re.compile(r"\s*;\s*|(?:\s*,\s*(?:and )?|\s+(?:and|plus)\s+|\s*[+&]\s*)(?=\d{1,5}(?: [xX] ?|[xX] )[A-Za-z0-9])")
"""A semicolon, or a comma before what is surely an item: serials may begin like one (`2X45...`), but without a blank."""

SERIALS = re.compile(r"(?:serials?(?: ?(?:numbers?|nos?\.?))?|s/?n)[\s:#]+(?P<serials>.+)$", re.IGNORECASE)
SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9/-]{3,}$")
CONDITION = re.compile(r"(?:^|[\s,(])condition\b[\s:=-]*(?P<text>.*)$", re.IGNORECASE | re.DOTALL)

# bounded as in RFC 5321 4.5.3.1, so that a hostile line costs little
ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'@]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}")
AROUND_ADDRESS = re.compile(r"[<>()\[\]\"',;:]|\bmailto\b", re.IGNORECASE)
PARCEL_WORDS = re.compile(r"\b(?:via|by|with|tracking|waybill|awb|number|no|nr)\b[.:#]*|#", re.IGNORECASE)
POSTAL_TRACKING = re.compile(r"\s(?P<number>[A-Za-z]{2}(?: ?\d){9} ?[A-Za-z]{2})$")
"""A number of the postal union (UPU S10), which people write in groups."""

DAY_WORDS = re.compile(rf"^{any_of('command', 'before_day')}\s+", re.IGNORECASE)
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")


class Misread(ValueError):
    """An argument that cannot be read; `said` tells why to the one who typed it, from [sentence]."""

    def __init__(self, name: str, **values: Value) -> None:
        super().__init__(name)
        self.said = Step(name, values)


def plain_blanks(line: str) -> str:
    """The line with every sort of blank as a blank, and without invisible characters."""
    return line.translate(BLANKS | INVISIBLE)


def plain_signs(text: str) -> str:
    """Straight quotes and dashes, western punctuation."""
    return text.translate(SIGNS)


def read_items(text: str, *, least: int = 1) -> tuple[Item, ...]:
    """ITEMS of the command grammar, at least one; `least` is the smallest quantity that makes sense. Raises Misread."""
    plain = text.translate(TIMES).strip(END)
    if not plain:
        raise Misread("parts_missing")
    return tuple(_read_item(piece, least) for piece in _pieces(plain))


def _pieces(text: str) -> Iterator[str]:
    """Items as written; a piece that is none belongs to the condition before it (`condition bent pins; box wet`)."""
    held = ""
    for piece in BETWEEN_ITEMS.split(text):
        if not piece:
            continue
        if held and not ITEM.match(piece) and CONDITION.search(held):
            held = f"{held}; {piece}"
            continue
        if held:
            yield held
        held = piece
    yield held


def _read_item(piece: str, least: int) -> Item:
    match = ITEM.match(piece)
    if match is None:
        raise Misread("misread_item", text=piece)
    rest, condition = match["rest"], ""
    if found := CONDITION.search(rest):
        rest, condition = rest[: found.start()], found["text"].strip(END + ")")
    item = Item(int(match["quantity"]), match["part"].strip("./-").upper(), _read_serials(rest.strip(END + "()")), condition)
    if item.quantity < least:
        raise Misread("quantity_too_small", part=item.part_number, quantity=item.quantity, least=least)
    if len(item.serials) > item.quantity:
        raise Misread("more_serials_than_parts", part=item.part_number, serials=len(item.serials), quantity=item.quantity)
    return item


def _read_serials(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    match = SERIALS.match(text)
    if match is None:
        raise Misread("misread_serials", text=text)
    serials = tuple(word.upper() for word in re.split(r"[\s,/]+", match["serials"].strip(END)) if word.lower() != "and")
    wrong = [serial for serial in serials if not SERIAL.match(serial) or not any(c.isdigit() for c in serial)]
    if wrong:
        raise Misread("misread_serial", text=wrong[0])
    if len(set(serials)) < len(serials):
        raise Misread("serial_twice")
    return serials


def splits_at_items(text: str) -> Iterator[tuple[str, str]]:
    """Every way to cut the text in words and ITEMS, the one without items last."""
    plain = text.translate(TIMES)
    for match in ITEM_START.finditer(plain):
        yield text[: match.start()], plain[match.start() :]
    yield text, ""


def read_parcel(text: str) -> tuple[str, str]:
    """CARRIER TRACKING: the carrier may have several words, the tracking number several groups with digits. Raises Misread."""
    if postal := POSTAL_TRACKING.search(text.strip(END)):
        number = postal["number"]
        text = f"{text.strip(END)[: postal.start()]} {number.replace(' ', '')}"
    words = [word for word in (part.strip(END + "\"'") for part in re.split(r"[\s,]+", PARCEL_WORDS.sub(" ", text))) if word]
    if len(words) < 2:
        raise Misread("parcel_missing")
    first = next((n for n, word in enumerate(words) if n and any(c.isdigit() for c in word)), None)
    if first is None and any(c.isdigit() for c in words[0]):
        raise Misread("parcel_swapped", text=" ".join(words))
    if first is None:
        raise Misread("tracking_missing", text=" ".join(words))
    wrong = [word for word in words[first + 1 :] if not any(c.isdigit() for c in word)]
    if wrong:
        raise Misread("misread_after_tracking", text=wrong[0])
    return " ".join(words[:first]), "".join(words[first:]).upper()


def read_address(text: str) -> tuple[str, str]:
    """The one address in the text, in lower case, and the words beside it. Raises Misread."""
    found = sorted({address.lower().rstrip(".") for address in ADDRESS.findall(text)})
    if len(found) > 1:
        raise Misread("several_addresses", count=len(found))
    try:
        address = parse_address(found[0] if found else "")
    except ValueError:
        raise Misread("address_missing") from None
    beside = AROUND_ADDRESS.sub(" ", ADDRESS.sub(" ", text))
    return address, " ".join(beside.split()).strip(END)


def read_day(text: str, reader: Callable[[str], date | None]) -> date:
    """DATE: ISO, or as the desk's reader of written-out days takes it. Raises Misread."""
    plain = DAY_WORDS.sub("", text.strip(END))
    if not plain:
        raise Misread("day_missing")
    with suppress(ValueError):
        if day := date.fromisoformat(plain) if ISO_DAY.match(plain) else reader(plain):
            return day
    raise Misread("misread_day", text=plain)
