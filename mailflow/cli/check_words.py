"""Whether what our mails ask customers to write is understood when it comes back: buttons, labels and survey, in a desk's language."""

from __future__ import annotations

from collections.abc import Iterator

from mailflow.cli.finding import Finding, Level
from mailflow.message.customer.one_line import act_of
from mailflow.message.customer.stated import field_of
from mailflow.message.customer.survey import read_prepared_score
from mailflow.notices.render import Templates

ENGLISH = "en"
"""The language in which templates are written first and which stands in for what another lacks: only it is complete, so the button at the
same place of another language must mean what the English one means."""


def check_words(templates: Templates, language: str) -> Iterator[Finding]:
    """One line an answer that mailflow would not read: the file of the template, and the file that lacks the words."""
    lacking = f"the words of message/words/{language.lower()[:2]}.toml do not say so"
    for notice in templates.notices(ENGLISH):
        if templates.missing(notice, (ENGLISH, language)):
            continue
        for wanted, own in zip(templates.prepared(notice, ENGLISH), templates.prepared(notice, language), strict=False):
            act = act_of(wanted.words, ENGLISH)
            if act and act_of(own.words, language) != act:
                yield _wrong(f"{own.file}:{own.line}: the answer {own.words.strip()!r} is not read as {act}: {lacking}")
    english, wording = templates.wording(ENGLISH), templates.wording(language)
    for name, label in english.section("fields").items():
        if (field := field_of(label)) and field_of(wording.say("fields", name)) != field:
            yield _wrong(f"{language}/words.toml: fields.{name}: {wording.say('fields', name)!r} is not read as {field}: {lacking}")
    score = wording.say("layout", "score")
    if read_prepared_score(f"{score} 4") is None:
        yield _wrong(f"{language}/words.toml: layout.score: the answer '{score} 4' is not read as a score: {lacking}")


def _wrong(text: str) -> Finding:
    return Finding(Level.WRONG, "words", text)
