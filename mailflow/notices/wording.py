"""A language's words: dates, amounts, derivations and names as its readers write them. All sentences stand in words.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, get_timezone_location
from babel.numbers import format_decimal

from mailflow.notices.holiday_name import holiday_name
from mailflow.policy.case import Case
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Term

LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}
"""Folders whose name alone is not the locale meant; any other folder is taken as Babel names it (`pl`, `de`, `pt_BR`)."""

_BLANK = re.compile(r"\{(\w+)(?::([\w ]+))?\}")

Words = Mapping[str, Any]
Day = date
"""The type, where a method of that name hides it."""


class WrongWords(ValueError):
    """A words.toml that cannot be read; the text names the file."""


def read_words(path: Path) -> dict[str, Any]:
    """One words.toml, empty where there is none. Raises WrongWords."""
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongWords(f"{path}: {error}") from error


def merge_words(below: Words, above: Words) -> dict[str, Any]:
    """Both tables in one; what `above` says wins."""
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = merge_words(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return merged


@dataclass(frozen=True)
class Wording:
    """Words of one language for one reader, whose time zone (IANA name) every instant is told in."""

    words: Words
    locale: Locale
    timezone: str = "UTC"

    @classmethod
    def of_language(cls, language: str, words: Words) -> Wording:
        """Raises WrongWords for a folder that Babel knows no locale for."""
        try:
            return cls(words, Locale.parse(LOCALES.get(language, language)))
        except (ValueError, TypeError) as error:
            raise WrongWords(f"{language}: no such language: {error}") from error

    def in_zone(self, timezone: str) -> Wording:
        return self if timezone == self.timezone else Wording(self.words, self.locale, timezone)

    def find(self, section: str, name: str) -> object:
        """The entry of a section such as `state.rma`, None where there is none."""
        table: object = self.words
        for key in section.split("."):
            table = table.get(key) if isinstance(table, Mapping) else None
        return table.get(name) if isinstance(table, Mapping) else None

    def section(self, name: str) -> Mapping[str, str]:
        """All texts of a section, e.g. the labels of the return form in [form]; empty where there is none."""
        table = self.words.get(name)
        return {key: text for key, text in table.items() if isinstance(text, str)} if isinstance(table, Mapping) else {}

    def say(self, section: str, name: str, values: Mapping[str, Any] | None = None) -> str:
        """The sentence of an entry with its blanks filled; a name without an entry says itself and its values."""
        pattern = self.find(section, name)
        values = values or {}
        if not isinstance(pattern, str):
            told = ", ".join(self.tell(value) for value in values.values())
            return f"{name.replace('_', ' ')}: {told}" if told else name.replace("_", " ")
        return _BLANK.sub(lambda found: self._fill(found, values), pattern)

    def _fill(self, found: re.Match[str], values: Mapping[str, Any]) -> str:
        if found[1] not in values:
            return found[0]
        value, form = values[found[1]], found[2]
        if form == "unit":
            return self.count(value, str(values.get("unit", "")))
        return self.tell(value) if not form else self._tell_as(value, form)

    def _tell_as(self, value: Any, form: str) -> str:
        forms: Mapping[str, Callable[[Any], str]] = {
            "time": self.time,
            "date": self.date,
            "weekday": self.weekday_date,
            "moment": self.moment,
            "field": self.field,
            "term": self.read_term,
        }
        if form in forms:
            return forms[form](value)
        if self.find("units", form) is not None:
            return self.count(value, form)
        return self.say(form, str(value))

    def tell(self, value: object) -> str:
        """Any value of a derivation or problem in words."""
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, date):
            return self.date(value)
        if isinstance(value, Term):
            return self.term(value)
        if isinstance(value, Decimal):
            return self.amount(value)
        if isinstance(value, Step):
            return self.sentence(value)
        if isinstance(value, tuple | list):
            return self.joined(value, str(self.find("patterns", "semicolon") or "; ") if _are_sentences(value) else "")
        return str(value)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.timezone))

    def date(self, day: Day) -> str:
        """`30 December 2026`, `28 grudnia 2026`, `2026年12月28日`; an instant is first brought to the reader's zone."""
        return _written_date(self.local(day).date() if isinstance(day, datetime) else day, "long", str(self.locale))

    def weekday_date(self, day: Day) -> str:
        """The date with its weekday."""
        local = self.local(day).date() if isinstance(day, datetime) else day
        weekday = _written_date(local, "EEEE", str(self.locale))
        return self.say("patterns", "weekday_date", {"weekday": weekday, "date": self.date(local)})

    def time(self, at: datetime | time) -> str:
        return (self.local(at) if isinstance(at, datetime) else at).strftime("%H:%M")

    def city(self) -> str:
        """The zone's city as the language calls it."""
        return _city_of(self.timezone, str(self.locale))

    def moment(self, at: datetime) -> str:
        """`30 December 2026, 16:10 (Bucharest)`."""
        return self.say("patterns", "moment", {"date": self.date(at), "time": self._time_of_moment(at), "city": self.city()})

    def _time_of_moment(self, at: datetime) -> str:
        """The time; in the hour that comes twice when summer time ends, with which of the two is meant."""
        local = self.local(at)
        if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
            return self.time(at)
        return self.say("patterns", "summer_time" if local.dst() else "winter_time", {"time": self.time(at)})

    def amount(self, value: Decimal) -> str:
        """A number with two decimals, grouped as the language does."""
        return format_decimal(value, "#,##0.00", locale=self.locale).replace("\u202f", "\u00a0")

    def money(self, value: Decimal, currency: str) -> str:
        return self.say("patterns", "money", {"amount": self.amount(value), "currency": currency})

    def count(self, number: int, unit: str) -> str:
        """`15 business days` with the plural of the language (CLDR); `unit` is a key of [units]."""
        forms = self.find("units", unit)
        if not isinstance(forms, Mapping):
            return f"{number} {unit}"
        pattern = forms.get(self.locale.plural_form(number), forms.get("other", "{n} " + unit))
        return str(pattern).replace("{n}", str(number))

    def term(self, term: Term) -> str:
        return self.count(term.amount, term.unit.value)

    def read_term(self, text: str | Term) -> str:
        """A term, also one written as in desk.toml (`15 business days`)."""
        if isinstance(text, Term):
            return self.term(text)
        number, _, unit = text.partition(" ")
        return self.count(int(number), unit) if number.isdigit() else text

    def joined(self, items: Iterable[object], between: str = "") -> str:
        """`a, b and c`; with `between` all joined by just that."""
        told = [self.tell(item) for item in items]
        if between or len(told) < 2:
            return between.join(told)
        comma = str(self.find("patterns", "comma") or ", ")
        return comma.join(told[:-1]) + str(self.find("patterns", "and") or comma) + told[-1]

    def field(self, name: str | Sequence[str]) -> str:
        """What a field of a request or form is called; of several, all joined."""
        if isinstance(name, str):
            return self.say("fields", name)
        return self.joined(tuple(self.say("fields", one) for one in name))

    def state(self, case: Case) -> str:
        """Where a case stands, as a sentence for people."""
        return self.say(f"state.{case.kind}", case.state)

    def sentences(self, steps: Derivation) -> tuple[str, ...]:
        """Each step of a derivation as a sentence (BX2)."""
        return tuple(self._in_zone_of(step.values).say("derivation", step.name, self._localised(step.values)) for step in steps)

    def sentence(self, step: Step) -> str:
        """What staff are told of a command, from [sentence]."""
        return self._in_zone_of(step.values).say("sentence", step.name, step.values)

    def _localised(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same values with a holiday called as the reader's language calls it."""
        if not {"holiday", "day", "country"} <= values.keys():
            return values
        say = partial(self.say, "holiday")
        told = holiday_name(str(values["country"]), values["day"], str(values["holiday"]), self.locale.language, say)
        return {**values, "holiday": told}

    def _in_zone_of(self, values: Mapping[str, Any]) -> Wording:
        zone = values.get("timezone")
        return self.in_zone(zone) if isinstance(zone, str) and zone else self

    def derivation(self, steps: Derivation) -> str:
        gap = self.find("patterns", "sentence_gap")
        return (" " if gap is None else str(gap)).join(self.sentences(steps))


def _are_sentences(values: Sequence[object]) -> bool:
    return bool(values) and all(isinstance(value, Step) for value in values)


@lru_cache(maxsize=4096)
def _written_date(day: Day, form: str, locale: str) -> str:
    return format_date(day, form, locale=locale)


@lru_cache(maxsize=1024)
def _city_of(timezone: str, locale: str) -> str:
    return get_timezone_location(ZoneInfo(timezone), locale=locale, return_city=True)
