"""What is wrong with a rendered notice: what a mail must say, and what must never stand in one (OUT1). One check a function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailflow.message.model import Address
from mailflow.notices.compose import compose_letter
from mailflow.notices.markdown import WIDTH, display_width
from mailflow.notices.render import Rendered, Templates
from tests.notices.situation import Situation, texts_of

ROOT = Path(__file__).parents[2] / "templates" / "email"
TEMPLATES = Templates(ROOT)
OF_NO_CASE = ("staff/digest", "service_request/too_large")

WRITTEN_DATES = {
    "en": r"\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) 20\d\d",
    "de": (r"\d{1,2}\. (?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember) 20\d\d"),
    "pl": (r"\d{1,2} (?:stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia) 20\d\d"),
    "zh": r"20\d\d年\d{1,2}月\d{1,2}日",
}
OTHER_DATES = re.compile(r"\b\d{4}-\d{1,2}-\d{1,2}\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b|\b\d{1,2}\.\d{1,2}\.\d{4}\b")
CLOCK_TIME = re.compile(r"(?<![\d:])\d{1,2}:\d{2}(?![\d:])")
AMOUNTS = {
    "en": r"\d{1,3}(?:,\d{3})*\.\d{2}",
    "de": r"\d{1,3}(?:\.\d{3})*,\d{2}",
    "pl": r"\d{1,3}(?:\u00a0\d{3})*,\d{2}",
    "zh": r"\d{1,3}(?:,\d{3})*\.\d{2}",
}
CURRENCY = r"\b(?:USD|EUR|PLN|CNY|RON)\b"
ROUND_LIMITS = re.compile(
    r"USD 100,000 to 1,000,000|USD 1 million|od 100[ \u00a0]000 do 1[ \u00a0]000[ \u00a0]000 USD|od 1 mln USD"
    r"|von 100\.000 bis 1\.000\.000 USD|ab 1 Mio\. USD"
)
"""The limits of DK2 in a checklist are no amounts that anybody pays."""
LEFTOVERS = re.compile(
    r"\{\{|\}\}|\{%|%\}|\{#|\{\w+(?::[\w ]+)?\}|[\ue000-\ue002]|\bNone\b|\*\*|\]\(|^\| |\bUndefined\b|Step\(", re.MULTILINE
)
OTHER_CASE = re.compile(r"subject=Re: \[[A-Z]+-\d+\]&body=")
KEYS = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
COMMAND = re.compile(r"`?/[a-z]+\b.*|\bmailflow(?: [a-z0-9]+)+")
ENGLISH = re.compile(r"\b(?:the|and|you|your|please|with|from|this|that|was|were|which|when|has|have|not|by)\b", re.IGNORECASE)
ENGLISH_TOO = {"de": frozenset(("was",))}
"""Words of another language that English spells the same."""
ENGLISH_RUN = re.compile(r"\b[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}\b")
SCRIPTS = {
    "en": re.compile("[\u3400-\u9fffąćęłńśźż]", re.IGNORECASE),
    "de": re.compile("[\u3400-\u9fffąćęłńśźż]", re.IGNORECASE),
    "pl": re.compile("[\u3400-\u9fff]"),
    "zh": re.compile("[ąćęłńśźż]", re.IGNORECASE),
}


@dataclass(frozen=True)
class Letter:
    """A rendered notice beside the values it was rendered with."""

    notice: str
    language: str
    values: dict[str, Any]
    rendered: Rendered

    @cached_property
    def tree(self) -> LexborHTMLParser:
        return LexborHTMLParser(self.rendered.html)

    @cached_property
    def is_to_staff(self) -> bool:
        return "audience: staff" in (ROOT / self.language / f"{self.notice}.md").read_text("utf-8").split("---")[1]

    @cached_property
    def foreign(self) -> tuple[str, ...]:
        """What is not the notice's own words, longest first: data of the case, and commands that staff type."""
        return tuple(sorted({text for text in texts_of(self.values) if len(text) > 1 or not text.isascii()}, key=len, reverse=True))

    def own_words(self, text: str) -> str:
        """A text of the letter without the data in it."""
        plain = " ".join(text.replace("\u00a0", " ").split())
        for data in self.foreign:
            plain = plain.replace(" ".join(data.replace("\u00a0", " ").split()), "¤")
        return plain

    @cached_property
    def own_lines(self) -> tuple[str, ...]:
        """The lines of subject and text without the data in them."""
        text = self.rendered.text
        for data in self.foreign:
            text = re.sub(r"\s+".join(map(re.escape, data.split())), "¤", text)
        subject = self.own_words(self.rendered.subject)
        return (subject, *(line for line in text.splitlines()))

    @cached_property
    def shown(self) -> str:
        """What a reader of the HTML sees."""
        body = self.tree.body
        for hidden in self.tree.css(".preheader, .cell-label"):
            hidden.decompose()
        return body.text(separator=" ") if body else ""


def letter(notice: str, language: str, situation: Situation, templates: Templates = TEMPLATES) -> Letter:
    values = situation.values(notice, language)
    return Letter(notice, language, values, templates.render(notice, language, values))


def faults(one: Letter) -> list[str]:
    """Everything that is wrong with a letter, each as a sentence."""
    return [
        f"{one.notice} ({one.language}): {fault}"
        for check in (case_number, links, dates, times, amounts, leftovers, language, empty_places, same_facts, remote, width, as_mail)
        for fault in check(one)
    ]


def case_number(one: Letter) -> Iterator[str]:
    number = one.values["number"]
    if one.notice in OF_NO_CASE:
        return
    if f"[{number}]" not in one.rendered.subject:
        yield "the subject lacks the number in brackets"
    if number not in one.rendered.text or number not in one.shown:
        yield "the body lacks the number"


def links(one: Letter) -> Iterator[str]:
    """OUT1, BX7: a prepared answer goes to the case's signed address and nowhere else."""
    for link in one.tree.css("a"):
        target = unquote((link.attributes["href"] or "").removeprefix("mailto:"))
        if not target.startswith(one.values["reply_address"] + "?subject=") or not OTHER_CASE.search(target):
            yield f"a link leads to {target}"
        if not link.text(strip=True):
            yield f"a link without words to {target}"


def dates(one: Letter) -> Iterator[str]:
    for line in one.own_lines:
        told = COMMAND.sub("", line)
        rest = re.sub(WRITTEN_DATES[one.language], "", told)
        if OTHER_DATES.search(told) and "2026-12-28" not in told:
            yield f"a date is not written out: {line}"
        elif re.search(r"(?<![\w-])20\d\d(?![\w-])", rest):
            yield f"a year without its date: {line}"
        if not one.is_to_staff and "2026-12-28" in told:
            yield f"an example of a date in ISO form: {line}"


def times(one: Letter) -> Iterator[str]:
    """Contract: times with their zone's city. A cut-off and the end of a day's service are wall times of the customer's place."""
    cities = {TEMPLATES.wording(one.language).in_zone(zone).city() for zone in {one.values["timezone"], *step_zones(one.values)}}
    wall_times = {str(value) for value in cut_offs(one.values)} | {"14:30"}
    for line in one.own_lines:
        for found in CLOCK_TIME.finditer(COMMAND.sub("", line)):
            after = line[found.end() :].lstrip(" \u00a0").removeprefix("Uhr ")
            if found[0] not in wall_times and not any(after.startswith((f"({city})", f"（{city}）")) for city in cities):
                yield f"a time without its city: {line}"


def step_zones(values: dict[str, Any]) -> Iterator[str]:
    for _, value in deep(values):
        zone = getattr(value, "values", {})
        if isinstance(zone, dict) and isinstance(zone.get("timezone"), str):
            yield zone["timezone"]


def cut_offs(values: dict[str, Any]) -> Iterator[object]:
    for _, value in deep(values):
        known = getattr(value, "values", {})
        if isinstance(known, dict) and "cutoff" in known:
            yield known["cutoff"]


def deep(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    yield key, value
    if isinstance(value, dict):
        for name, one in value.items():
            yield from deep(one, str(name))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from deep(one, key)


def amounts(one: Letter) -> Iterator[str]:
    right = re.compile(AMOUNTS[one.language] + " " + CURRENCY)
    for line in (ROUND_LIMITS.sub("", line) for line in one.own_lines):
        if len(re.findall(CURRENCY, line)) != len(right.findall(line)):
            yield f"an amount without two decimals or currency: {line}"
    for _, value in deep(one.values):
        if (
            type(value).__name__ == "Decimal"
            and str(value) in one.rendered.text
            and "." in str(value)
            and len(str(value).split(".")[1]) != 2
        ):
            yield f"an amount as the machine writes it: {value}"


def leftovers(one: Letter) -> Iterator[str]:
    for line in (*one.own_lines, one.own_words(one.shown)):
        if LEFTOVERS.search(line):
            yield f"something is left over: {line[:200]}"
        if KEYS.search(COMMAND.sub("", line)):
            yield f"a key shows: {line[:200]}"


def language(one: Letter) -> Iterator[str]:
    for line in (COMMAND.sub("", told) for told in one.own_lines):
        if SCRIPTS[one.language].search(line):
            yield f"another language: {line}"
        if one.language == "zh" and (run := ENGLISH_RUN.search(line)):
            yield f"English words: {run[0]}"
        english = [word for word in ENGLISH.findall(line) if word.lower() not in ENGLISH_TOO.get(one.language, ())]
        if one.language != "en" and english:
            yield f"the English word {english[0]}: {line}"


def empty_places(one: Letter) -> Iterator[str]:
    for node in one.tree.css(".content h1, .content h2, .content p, .content li, .content th, .content .fact-value, .content .fact-label"):
        if not node.text(strip=True):
            yield f"an empty <{node.tag}>"
    content = one.tree.css_first(".content")
    blocks = list(children(content)) if content else []
    for place, node in enumerate(blocks):
        if node.tag == "h2" and (place + 1 == len(blocks) or blocks[place + 1].tag in ("h1", "h2")):
            yield f"a heading over nothing: {node.text(strip=True)}"
    if not blocks:
        yield "an empty body"


def children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        if child.tag and not child.tag.startswith("-"):
            yield child
        child = child.next


def same_facts(one: Letter) -> Iterator[str]:
    """OUT1: both parts from one source; what only one of them tells is a loss to somebody."""
    text, shown = facts_in(one.rendered.text), facts_in(one.shown)
    linked = facts_in(" ".join(unquote(link.attributes["href"] or "") for link in one.tree.css("a")))
    labels = {word for label in TEMPLATES.wording(one.language).section("layout").values() for word in facts_in(label)}
    if missing := shown - text:
        yield f"only the HTML says: {sorted(missing)[:8]}"
    typed = {word for _, value in deep(one.values) if isinstance(value, str) for word in facts_in(value)}
    if missing := {word for word in text - shown - linked - labels if any(c.isdigit() for c in word)} - typed:
        yield f"only the text says: {sorted(missing)[:8]}"


def facts_in(text: str) -> set[str]:
    """Words and numbers; of Chinese each character."""
    return {word.lower() for word in re.findall(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+", text)}


def remote(one: Letter) -> Iterator[str]:
    """OUT1: no remote images or trackers, and no markup of a customer takes effect."""
    for node in one.tree.css("img, script, link, iframe, form, input, video, object, base, b, i:not(.x)"):
        yield f"an element <{node.tag}>"
    for link in one.tree.css("[href], [src]"):
        if not str(link.attributes.get("href") or "").startswith("mailto:"):
            yield f"something to load: {link.html}"


def width(one: Letter) -> Iterator[str]:
    """A table that is set in columns fits a text mail; a paragraph is wrapped by the reader's client."""
    lines = one.rendered.text.splitlines()
    for line, below in pairwise(lines):
        if re.fullmatch(r"-+(?:  -+)+", below.strip()) and max(display_width(line), display_width(below)) > WIDTH:
            yield f"a table of {display_width(below)} columns"


def as_mail(one: Letter) -> Iterator[str]:
    """RFC 5322: no line over 998 octets, 7-bit, and the Reply-To is the case's signed address."""
    raw = compose_letter(
        one.rendered,
        sender=Address("tac@tac.example", one.values["desk"].title),
        to=[Address("anna@customer.example", one.values["case"].customer_name)],
        reply_to=one.values["reply_address"],
        message_id="1@tac.example",
        date=datetime(2026, 11, 20, tzinfo=UTC),
        desk="huawei-tac",
        language=one.language,
    )
    if max(map(len, raw.split(b"\r\n"))) > 998 or not raw.isascii():
        yield "a line that no server need take"
    if f"\r\nReply-To: {one.values['reply_address']}\r\n".encode() not in raw:
        yield "no signed Reply-To"
