"""One step of a reason, as data: it is named and carries its values, so that every language can say it (BX2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Union

Value = Union[str, int, date, datetime, tuple[str, ...], "Step", tuple["Step", ...]]
"""What fills a blank; a step within a step is a sentence within a sentence."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `name` is a key of [derivation] or [sentence] in templates/email/<language>/words.toml, `values` fill its blanks."""

    name: str
    values: Mapping[str, Value] = field(default_factory=dict)
