"""A ship-to address outside the contract's sites needs a second known contact's yes (BX8)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailflow.message.yes import is_yes
from mailflow.policy.case import Case
from mailflow.policy.decision import Effect, SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.event import MailReceived
from mailflow.policy.facts import Facts
from mailflow.policy.ship_to import is_unconfirmed, who_may_confirm

SHIP_TO = "ship_to"
QUESTION = "service_request/information_request"


@dataclass(frozen=True, slots=True)
class Doubt:
    """The case after the look at its ship-to address, with letters to send and what staff should notice."""

    case: Case
    effects: tuple[Effect, ...] = ()
    flags: Derivation = ()


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
