"""Named fields of a returned form as a Return Notification, whatever file they stood in (RM4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

from dateutil import parser

from mailflow.message.model import ReturnLine, ReturnNotification

LINE_FIELD = re.compile(r"line\.(\d{1,4})\.(part|quantity|serial|fault|category|data_removed)")
LONGEST_VALUE = 2000
MOST_LINES = 500

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NUMBER = re.compile(r"(\d{1,6})(?:[.,]0+)?(?!\d)")
_ISO_DAY = re.compile(r"(\d{4})[-./年]\s*(\d{1,2})[-./月]\s*(\d{1,2})\s*日?")
_CATEGORY = re.compile(r"\bF\d{3}\b", re.IGNORECASE)

FieldValue = str | date | datetime


def read_fields(fields: Mapping[str, FieldValue]) -> ReturnNotification:
    """The notification that fields by their form names (`rma`, `line.1.part`, …) say. What cannot be read stays empty."""
    text = {name: clean_value(value) for name, value in fields.items()}
    return ReturnNotification(
        rma=text.get("rma", "").upper(),
        company=text.get("company", ""),
        contact=text.get("contact", ""),
        telephone=text.get("telephone", ""),
        carrier=text.get("carrier", ""),
        tracking=text.get("tracking", ""),
        ship_date=read_day(fields.get("ship_date", "")),
        cartons=read_number(text.get("cartons", "")),
        lines=_read_lines(text),
        unread=_unread(fields, text),
    )


def _unread(fields: Mapping[str, FieldValue], text: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What was filled in and cannot be read, so that the customer is told (RM4)."""
    found = {
        "ship_date": read_day(fields.get("ship_date", "")) is None,
        "cartons": read_number(text.get("cartons", "")) is None,
    }
    return tuple((name, text[name]) for name, is_unread in found.items() if is_unread and text.get(name))


def _read_lines(text: Mapping[str, str]) -> tuple[ReturnLine, ...]:
    numbers = sorted({int(found[1]) for name in text if (found := LINE_FIELD.fullmatch(name))})
    lines = (_read_line({name: text.get(f"line.{number}.{name}", "") for name in _LINE_NAMES}) for number in numbers[:MOST_LINES])
    return tuple(line for line in lines if line.part_number or line.serial)


_LINE_NAMES = ("part", "quantity", "serial", "fault", "category", "data_removed")


def _read_line(text: Mapping[str, str]) -> ReturnLine:
    category = _CATEGORY.search(text["category"])
    quantity = read_number(text["quantity"])
    return ReturnLine(
        part_number=text["part"],
        serial=text["serial"],
        quantity=quantity,
        unread_quantity=text["quantity"] if quantity is None else "",
        fault=text["fault"],
        category=category[0].upper() if category else text["category"],
        data_removed=text["data_removed"],
    )


def clean_value(value: FieldValue) -> str:
    """A field's text on one line, storable, without control characters."""
    text = value.isoformat() if isinstance(value, date) else value
    return " ".join(_CONTROL.sub(" ", text[:LONGEST_VALUE]).split())


def read_number(text: str) -> int | None:
    """A count of things: `3`, `3.0`, `3 pcs`; None for anything else."""
    found = _NUMBER.match(text.strip())
    return int(found[1]) if found else None


def read_day(value: FieldValue) -> date | None:
    """A day as typed into a form: ISO, `2026年12月28日`, `28.12.2026`, `28 December 2026`; the day stands before the month."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = clean_value(value)
    found = _ISO_DAY.match(text)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
        # two defaults: a text that leaves day, month or year open is no day
        first, second = (parser.parse(text, dayfirst=True, default=default).date() for default in _OTHER_DAYS)
    except (ValueError, OverflowError, TypeError):
        return None
    return first if first == second else None


_OTHER_DAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2001, 2, 2, tzinfo=UTC))
