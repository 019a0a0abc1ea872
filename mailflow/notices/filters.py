"""What templates may ask for: filters and functions by the names that template authors use. Each gives a value, which is then printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from mailflow.notices.slots import MailLink, one_line
from mailflow.notices.wording import Wording
from mailflow.policy.case import Case
from mailflow.policy.derivation import Step


@pass_context
def _date(context: Context, day: Any) -> str:
    return _words(context).date(day)


@pass_context
def _weekday_date(context: Context, day: Any) -> str:
    return _words(context).weekday_date(day)


@pass_context
def _moment(context: Context, at: datetime) -> str:
    return _words(context).moment(at)


@pass_context
def _money(context: Context, value: Any, currency: str) -> str:
    return _words(context).money(value, currency)


@pass_context
def _derivation(context: Context, steps: Any) -> str:
    return _words(context).derivation(steps)


@pass_context
def _sentences(context: Context, steps: Any) -> tuple[str, ...]:
    return _words(context).sentences(steps)


@pass_context
def _sentence(context: Context, told: Step | str) -> str:
    return told if isinstance(told, str) else _words(context).sentence(told)


@pass_context
def _state(context: Context, case: Case) -> str:
    return _words(context).state(case)


@pass_context
def _field(context: Context, name: Any) -> str:
    return _words(context).field(name)


def _capital(text: str) -> str:
    """The text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


@pass_context
def _joined(context: Context, items: Any, between: str = "") -> str:
    return _words(context).joined(items, between)


@pass_context
def _term(context: Context, term: Any) -> str:
    return _words(context).read_term(term)


@pass_context
def _count(context: Context, number: int, unit: str) -> str:
    return _words(context).count(number, unit)


@pass_context
def _worded(context: Context, name: str, section: str, values: Mapping[str, Any] | None = None) -> str:
    return _words(context).say(section, name, values)


@pass_context
def _has_words(context: Context, name: str, section: str) -> bool:
    return _words(context).find(section, name) is not None


@pass_context
def _mail_link(context: Context, address: str, subject: str, line: str, shown: str = "", hint: str = "") -> MailLink:
    """A link that opens a prepared mail: `line` is what it says, `shown` what text readers type, `hint` what to add by hand."""
    body = f"{line}\n\n({hint})" if hint else line
    return MailLink(one_line(address), one_line(subject), body, shown or line, address == context.get("reply_address"))


def _words(context: Context) -> Wording:
    wording: Wording = context["wording"]
    return wording


FILTERS: Mapping[str, Callable[..., Any]] = {
    "date": _date,
    "weekday_date": _weekday_date,
    "moment": _moment,
    "money": _money,
    "derivation": _derivation,
    "sentences": _sentences,
    "sentence": _sentence,
    "state": _state,
    "field": _field,
    "capital": _capital,
    "joined": _joined,
    "term": _term,
    "count": _count,
    "worded": _worded,
    "has_words": _has_words,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {"mail_link": _mail_link}
