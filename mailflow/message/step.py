"""One step of a reason, as data: it is named and carries its values, so that every language can say it (BX2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Union

from pydantic import PlainSerializer, PlainValidator


def restore_when(stored: object) -> date:
    """Read a day or an instant back from its JSON form, `{"at": ISO 8601}`: as bare text it could not be told from text."""
    match stored:
        case {"at": str(text)}:
            return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
        case date():
            return stored
    raise ValueError("neither a day nor an instant")


When = Annotated[date, PlainSerializer(lambda when: {"at": when.isoformat()}), PlainValidator(restore_when)]
"""A day, or an instant: a datetime is a date too."""

Value = Union[str, int, tuple[str, ...], "Step", tuple["Step", ...], When]
"""What fills a blank; a step within a step is a sentence within a sentence."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `name` is a key of [derivation] or [sentence] in templates/email/<language>/words.toml, `values` fill its blanks."""

    name: str
    values: Mapping[str, Value] = field(default_factory=dict)
