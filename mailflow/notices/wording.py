"""A language's words: dates, amounts, derivations and names as its readers write them. All sentences stand in words.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, get_timezone_location
from babel.numbers import format_decimal
from jinja2 import pass_context
from jinja2.runtime import Context

from mailflow.message.model import Step, Value
from mailflow.notices.environment import MailLink
from mailflow.policy.calendar import holiday_name_in
from mailflow.policy.case import Case
from mailflow.policy.derivation import Derivation
from mailflow.policy.term import Term

LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}
"""Folders whose name alone is not the locale meant; any other folder is taken as Babel names it (`pl`, `de`, `pt_BR`)."""

_BLANK = re.compile(r"\{(\w+)(?::([\w ]+))?\}")
_IN_PLACE_OF = re.compile(r"substituted from (\d\d)/(\d\d)/(\d{4})")
"""How the English tables name a day off for a worked weekend: with an American date, which no letter shows."""
_OBSERVED = re.compile(r" \(observed\)$")

Words = Mapping[str, object]
"""A words.toml, or a section of it."""
Day = date
"""The type, where a method of that name hides it."""


class WrongWords(ValueError):
    """A words.toml that cannot be read; the text names the file."""


def read_words(path: Path) -> Words:
    """Read one words.toml, empty where there is none. Raises WrongWords."""
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongWords(f"{path}: {error}") from error


def merge_words(below: Words, above: Words) -> Words:
    """Put both tables into one; what `above` says wins."""
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
        """Take a folder's words. Raises WrongWords for a folder that Babel knows no locale for."""
        try:
            return cls(words, Locale.parse(LOCALES.get(language, language)))
        except (ValueError, TypeError) as error:
            raise WrongWords(f"{language}: no such language: {error}") from error

    def in_zone(self, timezone: str) -> Wording:
        """Give the same words for a reader in another zone."""
        return self if timezone == self.timezone else Wording(self.words, self.locale, timezone)

    def find(self, section: str, name: str) -> object:
        """Find the entry of a section such as `state.rma`, None where there is none."""
        table: object = self.words
        for key in (*section.split("."), name):
            table = table.get(key) if isinstance(table, Mapping) else None
        return table

    def section(self, name: str) -> Mapping[str, str]:
        """Give all texts of a section, e.g. the labels of the return form in [form]; empty where there is none."""
        table = self.words.get(name)
        return {key: text for key, text in table.items() if isinstance(text, str)} if isinstance(table, Mapping) else {}

    def say(self, section: str, name: str, values: Mapping[str, object] | None = None) -> str:
        """Say the sentence of an entry with its blanks filled; a name without an entry says itself and its values."""
        pattern, known = self.find(section, name), values or {}
        if isinstance(pattern, str):
            return _BLANK.sub(lambda found: self._fill(found, known), pattern)
        names = ", ".join(map(self.tell, known.values()))
        return f"{name.replace('_', ' ')}: {names}" if names else name.replace("_", " ")

    def _fill(self, found: re.Match[str], values: Mapping[str, object]) -> str:
        """Fill a blank such as `{day:weekday}`; the head of en/words.toml names the forms."""
        name, form = found[1], found[2]
        if name not in values:
            return found[0]
        value = values[name]
        unit = str(values.get("unit", "")) if form == "unit" else form
        match form, value:
            case None, _:
                return self.tell(value)
            case "time", datetime() | time():
                return self.time(value)
            case "date", date():
                return self.date(value)
            case "weekday", date():
                return self.weekday_date(value)
            case "moment", datetime():
                return self.moment(value)
            case "field", str() | tuple() | list():
                return self.field(value)
            case "term", str() | Term():
                return self.term(value)
            case _, int() if form == "unit" or self.find("units", unit) is not None:
                return self.count(value, unit)
        return self.say(form, str(value))

    def tell(self, value: object) -> str:
        """Say any value of a derivation or problem in words."""
        match value:
            case datetime():
                return self.moment(value)
            case date():
                return self.date(value)
            case Term():
                return self.term(value)
            case Decimal():
                return self.amount(value)
            case Step():
                return self.sentence(value)
            case tuple() | list():
                are_sentences = bool(value) and all(isinstance(one, Step) for one in value)
                return self.joined(value, str(self.find("patterns", "semicolon") or "; ") if are_sentences else "")
        return str(value)

    def local(self, at: datetime) -> datetime:
        """Bring an instant to the reader's clock."""
        return at.astimezone(ZoneInfo(self.timezone))

    def date(self, day: Day) -> str:
        """Write a date: `30 December 2026`, `28 grudnia 2026`, `2026年12月28日`; an instant is first brought to the reader's zone."""
        return _written_date(self.local(day).date() if isinstance(day, datetime) else day, "long", str(self.locale))

    def weekday_date(self, day: Day) -> str:
        """Write a date with its weekday."""
        local = self.local(day).date() if isinstance(day, datetime) else day
        weekday = _written_date(local, "EEEE", str(self.locale))
        return self.say("patterns", "weekday_date", {"weekday": weekday, "date": self.date(local)})

    def time(self, at: datetime | time) -> str:
        """Write the time of day: `16:10`."""
        return (self.local(at) if isinstance(at, datetime) else at).strftime("%H:%M")

    def city(self) -> str:
        """Name the zone's city as the language calls it."""
        return get_timezone_location(ZoneInfo(self.timezone), locale=self.locale, return_city=True)

    def moment(self, at: datetime) -> str:
        """Write an instant: `30 December 2026, 16:10 (Bucharest)`, and in the hour that comes twice in autumn which of the two."""
        local, time = self.local(at), self.time(at)
        if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
            time = self.say("patterns", "summer_time" if local.dst() else "winter_time", {"time": time})
        return self.say("patterns", "moment", {"date": self.date(at), "time": time, "city": self.city()})

    def amount(self, value: Decimal) -> str:
        """Write a number with two decimals, grouped as the language does."""
        return format_decimal(value, "#,##0.00", locale=self.locale).replace("\u202f", "\u00a0")

    def money(self, value: Decimal, currency: str) -> str:
        """Write an amount with its currency."""
        return self.say("patterns", "money", {"amount": self.amount(value), "currency": currency})

    def count(self, number: int, unit: str) -> str:
        """Count: `15 business days`, with the plural of the language (CLDR); `unit` is a key of [units]."""
        forms = self.find("units", unit)
        if not isinstance(forms, Mapping):
            return f"{number} {unit}"
        pattern = forms.get(self.locale.plural_form(number), forms.get("other", "{n} " + unit))
        return str(pattern).replace("{n}", str(number))

    def term(self, term: str | Term) -> str:
        """Say a term, also one written as in desk.toml (`15 business days`)."""
        if isinstance(term, Term):
            return self.count(term.amount, term.unit.value)
        number, _, unit = term.partition(" ")
        return self.count(int(number), unit) if number.isdigit() else term

    def joined(self, items: Iterable[object], between: str = "") -> str:
        """Join: `a, b and c`; with `between` all joined by just that."""
        items_said = [self.tell(item) for item in items]
        if between or len(items_said) < 2:
            return between.join(items_said)
        comma = str(self.find("patterns", "comma") or ", ")
        return comma.join(items_said[:-1]) + str(self.find("patterns", "and") or comma) + items_said[-1]

    def field(self, name: str | Sequence[str]) -> str:
        """Name a field of a request or form; of several, all joined."""
        if isinstance(name, str):
            return self.say("fields", name)
        return self.joined([self.say("fields", one) for one in name])

    def state(self, case: Case) -> str:
        """Say in which state a case is, as a sentence for people."""
        return self.say(f"state.{case.kind}", case.state)

    def sentence(self, step: Step | str) -> str:
        """Say what became of a command, from [sentence]; words of a person stand as they are."""
        return step if isinstance(step, str) else self._of_step("sentence", step)

    def sentences(self, steps: Derivation) -> tuple[str, ...]:
        """Say each step of a derivation as a sentence (BX2)."""
        return tuple(self._of_step("derivation", step) for step in steps)

    def derivation(self, steps: Derivation) -> str:
        """Say the steps of a derivation as one text."""
        gap = self.find("patterns", "sentence_gap")
        return (" " if gap is None else str(gap)).join(self.sentences(steps))

    def _of_step(self, section: str, step: Step) -> str:
        """Say a step in the zone that it names, a holiday in it as the reader's language calls it."""
        match step.values:
            case {"holiday": str(english), "day": date() as day, "country": str(country)}:
                values: Mapping[str, Value] = {**step.values, "holiday": self._holiday(country, day, english)}
            case _:
                values = step.values
        zone = values.get("timezone")
        return (self.in_zone(zone) if isinstance(zone, str) and zone else self).say(section, step.name, values)

    def _holiday(self, country: str, day: Day, english: str) -> str:
        """Name a holiday as its own country does where that knows the language, else by [holiday].

        `english` is the name in a derivation: of the country's table, or as the desk calls a day of its own.
        """
        if found := _IN_PLACE_OF.search(english):
            month, number, year = map(int, found.groups())
            return self.say("holiday", "in_place_of", {"day": date(year, month, number)})
        own = holiday_name_in(country, day, self.locale.language)
        if own and own != english:
            return own
        parts = []
        for name in english.split("; "):
            plain = _OBSERVED.sub("", name)
            said = self.say("holiday", plain)
            parts.append(said if plain == name else self.say("holiday", "observed", {"name": said}))
        return "; ".join(parts)

    def worded(self, name: str, section: str, values: Mapping[str, object] | None = None) -> str:
        """Say an entry of a section; `say` with its arguments in the order of a filter."""
        return self.say(section, name, values)

    def has_words(self, name: str, section: str) -> bool:
        """Return whether a section has the entry."""
        return self.find(section, name) is not None

    def prepared_answer(self, label: str, link: MailLink) -> str:
        """Say in a text mail what a link that opens a prepared mail does."""
        name = ("prepared_reply" if link.is_reply else "prepared_mail") + ("_lines" if "\n" in link.shown else "")
        shown = "".join(f"\n    {line}" for line in link.shown.split("\n")) if "\n" in link.shown else link.shown
        return self.say("layout", name, {"label": label, "address": link.address, "line": shown})


def _as_filter(tell: Callable[..., object]) -> Callable[..., object]:
    """Make a method of Wording a filter of templates, which hand over the reader's wording."""

    @pass_context
    def told(context: Context, *given: object) -> object:
        return tell(context["wording"], *given)

    return told


FILTERS: Mapping[str, Callable[..., object]] = {
    tell.__name__: _as_filter(tell)
    for tell in (
        Wording.date, Wording.weekday_date, Wording.moment, Wording.money, Wording.count, Wording.term, Wording.joined, Wording.derivation,
        Wording.sentences, Wording.sentence, Wording.state, Wording.field, Wording.worded, Wording.has_words,
    )
} | {"capital": lambda text: text[:1].upper() + text[1:]}  # fmt: skip
"""What templates may ask for, by the names that their authors use."""


@lru_cache(maxsize=4096)
def _written_date(day: Day, form: str, locale: str) -> str:
    return format_date(day, form, locale=locale)
