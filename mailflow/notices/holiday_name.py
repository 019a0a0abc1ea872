"""What a public holiday is called in the reader's language: by its own country where that knows the language, else by [holiday]."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from mailflow.policy.calendar import holiday_name_in

_IN_PLACE_OF = re.compile(r"substituted from (\d\d)/(\d\d)/(\d{4})")
"""How the English tables name a day off for a worked weekend: with an American date, which no letter shows."""
_OBSERVED = re.compile(r" \(observed\)$")

Say = Callable[[str, Mapping[str, Any]], str]
"""An entry of [holiday] with its blanks filled; a name without an entry says itself."""


def holiday_name(country: str, day: date, english: str, language: str, say: Say) -> str:
    """`english` is the name in a derivation: of the country's table, or as the desk calls a day of its own."""
    if found := _IN_PLACE_OF.search(english):
        month, number, year = map(int, found.groups())
        return say("in_place_of", {"day": date(year, month, number)})
    own = holiday_name_in(country, day, language)
    if own and own != english:
        return own
    return "; ".join(_said(name, say) for name in english.split("; "))


def _said(name: str, say: Say) -> str:
    plain = _OBSERVED.sub("", name)
    return say(plain, {}) if plain == name else say("observed", {"name": say(plain, {})})
