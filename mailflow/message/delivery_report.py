"""A carrier's mail that says that a parcel was delivered: the day, and whether it is that carrier's (RM8). Anything unsure is None."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from mailflow.message.customer.dates import read_date
from mailflow.message.words import any_of

DELIVERED = re.compile(any_of("delivery", "delivered"), re.IGNORECASE)
NOT_DELIVERED = re.compile(any_of("delivery", "not_yet", whole=True), re.IGNORECASE)
# `am 7. Oktober` is no end.
SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\s\d\.)(?<!\s\d\d\.)\s+(?=[A-ZĄĆĘŁŃÓŚŹŻ])|(?<=[。！？])|\n")
LONGEST_TEXT = 20_000
PUBLIC = frozenset(("com", "co", "net", "org", "gov", "edu"))
"""Labels that stand between an organisation's name and its country."""


def says_delivered(text: str) -> bool:
    """Tell whether a text speaks of a delivery at all and is worth a closer look."""
    return DELIVERED.search(text[:LONGEST_TEXT]) is not None


def read_delivery_day(text: str, *, today: date, languages: Sequence[str]) -> date | None:
    """Read the day on which the parcel was delivered, as the first sentence that says so names it."""
    for sentence in SENTENCE_END.split(text[:LONGEST_TEXT]):
        if not DELIVERED.search(sentence) or NOT_DELIVERED.search(sentence):
            continue
        days = (read_date(sentence, today=today, language=language) for language in languages)
        if day := next((day for day in days if day is not None), None):
            return day
    return None


def names_parcel(text: str, tracking: str) -> bool:
    """Tell whether the tracking number stands in the text as a word of its own; a short one proves nothing."""
    return len(tracking) >= 6 and bool(re.search(rf"(?<![A-Za-z0-9]){re.escape(tracking)}(?![A-Za-z0-9])", text[:LONGEST_TEXT], re.I))


def is_of_carrier(domain: str, carrier: str) -> bool:
    """Tell whether a domain bears the carrier's name: `mail.dhl.com` and `dpd.com.pl` do, `dhl.example.net` does not."""
    labels = domain.lower().split(".")[:-1]
    own = next((label for label in reversed(labels) if label not in PUBLIC), "")
    words = re.findall(r"[a-z0-9]+", carrier.lower())
    return bool(words) and (words[0] in own.split("-") or own.replace("-", "") == "".join(words))
