"""Whether a ship-to address lies outside the contract's sites, and who may say yes to it (BX8)."""

from __future__ import annotations

import re
import unicodedata

from mailflow.policy.case import Request
from mailflow.policy.facts import CaseFacts

MUCH = 0.75
"""More than this share of the shorter address's words in the other: one place, written twice."""
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\d_]{3,}|\d+")
"""A character of a script without blanks, a number, or a word; `ul.`, `al.` and `St` say nothing."""


def is_elsewhere(stated: str, sites: str) -> bool:
    """Whether the stated address is none of the contract's sites (`;` between them). Without sites there is nothing to compare."""
    return bool(stated.strip()) and bool(sites.strip()) and not any(_is_one_place(stated, site) for site in sites.split(";"))


def _is_one_place(one: str, other: str) -> bool:
    """Numbers must be the same, a word may be cut short: `Str. Exemplului 1` is `Strada Exemplului 1`."""
    shorter, longer = sorted((_words(one), _words(other)), key=len)
    common = sum(any(_is_same(word, known) for known in longer) for word in shorter)
    return bool(shorter) and common > MUCH * len(shorter)


def _words(address: str) -> tuple[str, ...]:
    spelled = unicodedata.normalize("NFKD", address.casefold().replace("ł", "l"))
    return tuple(dict.fromkeys(_WORD.findall("".join(char for char in spelled if not unicodedata.combining(char)))))


def _is_same(word: str, known: str) -> bool:
    is_cut = not word.isdigit() and min(len(word), len(known)) >= 3 and (known.startswith(word) or word.startswith(known))
    return word == known or is_cut


def is_unconfirmed(case: Request, facts: CaseFacts) -> bool:
    """The request's address lies outside the contract's sites, and nobody else has said yes to it."""
    details = case.details
    sites = facts.contract.site_address if facts.contract else ""
    return not details.ship_to_confirmed_by and is_elsewhere(details.site_address, sites)


def who_may_confirm(case: Request, facts: CaseFacts) -> tuple[str, ...]:
    """The contract's contacts that mail reaches, but for who wrote the address."""
    named = dict.fromkeys(contact.email.lower() for contact in facts.contacts)
    return tuple(address for address in named if address != case.details.site_stated_by and address not in facts.undeliverable)
