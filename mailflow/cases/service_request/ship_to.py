"""A ship-to address outside the contract's sites needs a second known contact's yes (BX8)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from mailflow.message.yes import is_yes
from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.policy.decision import Effect, SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.event import MailReceived
from mailflow.policy.facts import Facts

SHIP_TO = "ship_to"
QUESTION = "service_request/information_request"
MUCH = 0.75
"""More than this share of the shorter address's words in the other: one place, written twice."""
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\d_]{3,}|\d+")
"""A character of a script without blanks, a number, or a word; `ul.`, `al.` and `St` say nothing."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The case after the look at its ship-to address, with letters to send and what staff should notice."""

    case: Case
    effects: tuple[Effect, ...] = ()
    flags: Derivation = ()


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


def is_unconfirmed(case: Case, facts: Facts) -> bool:
    """The request's address lies outside the contract's sites, and nobody else has said yes to it."""
    details: ServiceRequestDetails = case.details
    sites = facts.contract.site_address if facts.contract else ""
    return not details.ship_to_confirmed_by and is_elsewhere(details.site_address, sites)


def who_may_confirm(case: Case, facts: Facts) -> tuple[str, ...]:
    """The contract's contacts that mail reaches, but for who wrote the address."""
    named = dict.fromkeys(contact.email.lower() for contact in facts.contacts)
    return tuple(address for address in named if address != case.details.site_stated_by and address not in facts.undeliverable)


def look_at_ship_to(case: Case, event: MailReceived, facts: Facts) -> Doubt:
    """A contact's yes confirms the address; else the other contacts are asked once, and staff are warned whenever the customer writes."""
    if not is_unconfirmed(case, facts):
        return Doubt(case)
    address, contacts = case.details.site_address, who_may_confirm(case, facts)
    if _says_yes(event, contacts):
        confirmed = case.changed(details=replace(case.details, ship_to_confirmed_by=event.sender))
        return Doubt(confirmed, flags=(Step("flag_ship_to_confirmed", {"address": address, "contact": event.sender}),))
    if not contacts:
        return Doubt(case, flags=(Step("flag_ship_to_nobody", {"address": address}),))
    flags = (Step("flag_ship_to", {"address": address, "contacts": contacts}),)
    if case.details.ship_to_asked or not event.authenticated:
        return Doubt(case, flags=flags)
    asked = case.changed(details=replace(case.details, ship_to_asked=True))
    return Doubt(asked, (_question(asked, contacts),), flags)


def _says_yes(event: MailReceived, contacts: tuple[str, ...]) -> bool:
    """Only where it can be an answer to the question: a yes to another letter of ours says nothing of the address."""
    answers = event.answers_notice in ("", QUESTION)
    return answers and event.authenticated and event.caller is None and event.sender in contacts and is_yes(event.new_text)


def _question(case: Case, contacts: tuple[str, ...]) -> SendNotice:
    return SendNotice(
        notice=QUESTION,
        to=contacts,
        values={
            "missing": (SHIP_TO,),
            "reminder": False,
            "next_step": (Step("next_step_ship_to", {}),),
            "trusted": True,
            "understood": (("site_address", case.details.site_address),),
        },
    )
