"""The Return Notification as text (RM4): the lines of our own form, or the same fields as somebody types them, or a small table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from mailflow.message.customer.dates import read_date
from mailflow.message.customer.stated import SHIPPING, Stated, read_stated
from mailflow.message.model import ReturnLine, ReturnNotification
from mailflow.message.words import words_of

_LINE_FIELDS = ("part", "serial", "quantity", "symptoms", "category", "data_removed")
_SCANNED = 262_144
_CATEGORY = re.compile(r"\bF\s?(\d{3})\b", re.I)
_RMA = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2,5})[\s#_-]{0,2}(\d{3,12})(?![0-9A-Za-z])", re.I)
_NOTHING = frozenset(words_of("list_row", "nothing"))
_FALLBACK_DAY = date(2000, 1, 1)


def read_text_form(text: str, *, today: date | None = None, language: str = "en") -> ReturnNotification | None:
    """The notification that a text is, None where it is none: it must name the RMA or a part, and say how or when it was shipped.

    `today` resolves words like `yesterday` and days without a year; without it such dates stay unread.
    """
    stated = read_stated(text[:_SCANNED])
    lines = _lines(stated)
    shipped = [field for field in SHIPPING if stated.first(field)]
    rma = _rma(stated)
    if (
        not shipped
        or not (rma or lines)
        or (len(shipped) < 2 and not (rma and lines) and not (stated.first("tracking") and (rma or lines)))
    ):
        return None
    shipped_on = _one_line(stated.first("ship_date"))
    ship_date = _day(stated.first("ship_date"), today, language)
    return ReturnNotification(
        rma=rma,
        company=_one_line(stated.first("company")),
        contact=_one_line(stated.first("name")),
        telephone=_one_line(stated.first("telephone")),
        carrier=_one_line(stated.first("carrier")),
        tracking=_one_line(stated.first("tracking")),
        ship_date=ship_date,
        cartons=_number(stated.first("cartons")),
        lines=lines,
        # a ship date that cannot be read, so that the customer is told (RM4)
        unread=(("ship_date", shipped_on),) if shipped_on and today and ship_date is None else (),
    )


def _lines(stated: Stated) -> tuple[ReturnLine, ...]:
    """A part or serial that is named a second time starts the next line; rows of a table are a line each."""
    found = [_line(row) for row in stated.rows if "part" in row or "serial" in row]
    current: dict[str, str] = {}
    for field, value in stated.facts:
        if field not in _LINE_FIELDS:
            continue
        if field in current and field in ("part", "serial", "quantity", "symptoms", "category"):
            found.append(_line(current))
            current = {}
        current[field] = value
    return tuple(line for line in [*found, _line(current)] if line.part_number or line.serial)


def _line(values: Mapping[str, str]) -> ReturnLine:
    category = _CATEGORY.search(values.get("category", "")) or _CATEGORY.search(values.get("symptoms", ""))
    return ReturnLine(
        part_number=_code(values.get("part", "")),
        serial=re.sub(r"[\s-]", "", _code(values.get("serial", ""))),
        quantity=_number(values.get("quantity", "")),
        fault=_one_line(values.get("symptoms", "")),
        category=f"F{category[1]}" if category else _one_line(values.get("category", "")),
        data_removed=_one_line(values.get("data_removed", "")),
    )


def _code(value: str) -> str:
    plain = _one_line(value).upper()
    return "" if plain.lower() in _NOTHING else plain


def _rma(stated: Stated) -> str:
    for value in (*stated.all("rma"), *stated.rest):
        found = _RMA.search(value[:500])
        if found and (value in stated.all("rma") or found[1].upper() == "RMA"):
            return f"{found[1].upper()}-{found[2]}"
        if value in stated.all("rma") and (digits := re.fullmatch(r"\D{0,3}(\d{3,12})\D{0,3}", value.strip())):
            return f"RMA-{digits[1]}"
    return ""


def _day(value: str, today: date | None, language: str) -> date | None:
    """Without `today` only dates that carry their year are read."""
    if not value:
        return None
    found = read_date(value, today=today or _FALLBACK_DAY, language=language)
    return None if found and today is None and abs(found.year - _FALLBACK_DAY.year) <= 1 else found


def _number(value: str) -> int | None:
    found = re.search(r"\d{1,6}", value)
    return int(found[0]) if found else None


def _one_line(value: str) -> str:
    return re.sub(r"\s+", " ", value).strip()[:500]
