"""What is known of a request after a mail (IN4, IN5): earlier answers stay, blanks are filled, serials add up."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mailflow.cases.service_request.facts import RequestFacts
from mailflow.message.reply_words import ANSWERED
from mailflow.policy.case import Case, Request, ServiceRequestDetails
from mailflow.policy.decision import Effect, SendNotice
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk
from mailflow.policy.entitlement import is_unconfirmed, who_may_confirm
from mailflow.policy.event import MailReceived, SenderRole

CLEAR_TEXT = "clear_text"
"""What is missing of a request whose mail we could not decrypt (IN9)."""


def new_case(event: MailReceived, facts: RequestFacts, desk: Desk, details: ServiceRequestDetails) -> Request:
    """`parent` and `linked` are the case that the mail named without a right to it, or that was closed too long ago (IN3, SR7)."""
    return Case(
        number=facts.new_numbers["service_request"],
        kind="service_request",
        desk=desk.name,
        state="new",
        opened_at=event.at,
        language=facts.language,
        country=facts.country,
        timezone=facts.timezone,
        customer=event.sender,
        customer_name=event.customer.name or (facts.contact.name if facts.contact else details.name),
        company=facts.contract.company if facts.contract else event.extracted.company,
        participants=(event.sender,),
        subject=_subject(event, desk),
        parent=event.linked_to,
        linked=(event.linked_to,) if event.linked_to else (),
        contract=facts.contract.number if facts.contract else None,
        priority=event.extracted.priority or desk.requests.default_priority,
        details=details,
    )


def _subject(event: MailReceived, desk: Desk) -> str:
    """Of a caller's request that begins with `Field: value` lines the symptoms say more than its first line (SR10)."""
    subject, symptoms = event.mail.subject, event.extracted.symptoms.strip()
    is_first_line = event.caller is not None and event.new_text.strip().startswith(subject)
    if is_first_line and symptoms:
        return symptoms.splitlines()[0]
    if not event.linked_to:
        return subject
    # `Re: [SR-100001] Card` as `Card`: the number of the other case would mislead whoever answers.
    tags = "|".join(re.escape(prefix) for prefix in desk.number_prefixes.values())
    rest = subject
    while found := ANSWERED.match(rest) or re.match(rf"\s*\[(?:{tags})\d+\]\s*", rest, re.I):
        rest = rest[found.end() :]
    return rest.strip() or subject


def read_details(known: ServiceRequestDetails, event: MailReceived, facts: RequestFacts, desk: Desk) -> ServiceRequestDetails:
    """What is known now; `missing` is reckoned anew. Of an encrypted mail nothing is read, so nothing changes."""
    if event.is_encrypted:
        return known
    found = event.extracted
    serials = tuple(dict.fromkeys((*known.serials, *found.serials)))
    # What the register knows of another customer's device is not for this one's eyes.
    own = facts.contract.number if facts.contract else ""
    devices = {serial: device for serial in serials if (device := facts.devices.get(serial)) and device.contract == own}
    device = next(iter(devices.values()), None)
    # What was granted stays granted; a verdict for want of facts is found anew with each mail (SR3).
    is_settled = known.entitlement == "entitled" or facts.entitlement is None
    changed = replace(
        known,
        name=known.name or found.name or event.customer.name,
        telephone=known.telephone or found.telephone,
        fax=known.fax or found.fax,
        purchase_order=known.purchase_order or found.purchase_order,
        contract=known.contract or found.contract,
        model=known.model or found.model or (device.model if device else ""),
        serials=serials,
        unknown_serials=tuple(serial for serial in serials if own and serial not in devices),
        software_version=known.software_version or found.software_version,
        symptoms=known.symptoms or found.symptoms,
        impact=known.impact or found.impact,
        priority_words=known.priority_words or found.priority_words,
        trusted=known.trusted or is_trusted(event, facts),
        entitlement=known.entitlement if is_settled or facts.entitlement is None else facts.entitlement.verdict,
    )
    if found.site_address not in ("", known.site_address):
        # Whoever agreed has agreed to another address (BX8).
        site = found.site_address
        changed = replace(changed, site_address=site, site_stated_by=event.sender, ship_to_asked=False, ship_to_confirmed_by="")
    missing = _missing(changed, event, facts, desk)
    return replace(changed, missing=missing, completed_at=known.completed_at or (event.at if known.missing and not missing else None))


def _missing(details: ServiceRequestDetails, event: MailReceived, facts: RequestFacts, desk: Desk) -> tuple[str, ...]:
    """A serial that looks mistyped, or that the register lacks, is asked about, never mended silently (IN4, IN5).

    Who stands in no contract, or is not proven, is not told which serials are in the register.
    """
    may_know = is_vouched_for(event) and (facts.contract is not None or bool(facts.serial_slips))
    is_doubtful = may_know and not any(serial in facts.devices for serial in details.serials)
    has_serial = bool(details.serials) and not is_doubtful
    present = {"serial": has_serial, "contract": bool(details.contract), "symptoms": bool(details.symptoms)}
    return tuple(name for name in desk.requests.demanded if not present[name])


def slips(event: MailReceived, facts: RequestFacts) -> tuple[tuple[str, str], ...]:
    """(serial as written, as the register has it); only a sender that our border vouches for is told."""
    return tuple(facts.serial_slips.items()) if is_vouched_for(event) else ()


def is_vouched_for(event: MailReceived) -> bool:
    """Our border found the sender genuine, or staff open the case for a caller they know (SR10)."""
    return event.authenticated or event.caller is not None


def may_read(case: Request, event: MailReceived) -> bool:
    """Whether an answer at once may say words of the case: who is answered is proven, and no stranger to us (SR1)."""
    return is_vouched_for(event) and (case.details.trusted or bool(case.contract))


def is_trusted(event: MailReceived, facts: RequestFacts) -> bool:
    """Whether the sender may read words of its own mail: it is genuine, and in a contract or vouched for by staff (SR1).

    Taking part proves no contract: a stranger takes part in its own request.
    """
    in_contract = event.sender_role is SenderRole.KNOWN or (event.sender_role is SenderRole.PARTICIPANT and facts.contract is not None)
    return is_vouched_for(event) and (event.caller is not None or in_contract)


MOST_PROPOSED = 20
"""Addresses that one request may have waiting; nobody writes to more people in earnest."""

MOST_TAKING_PART = 50
"""Up to how many take part a copied colleague joins by itself: past it each letter would go to a crowd, and staff decide."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """The case after a look at one side of a mail: letters to send, what staff should notice, and command lines ready to copy."""

    case: Request
    effects: tuple[Effect, ...] = ()
    flags: Derivation = ()
    commands: tuple[str, ...] = ()


def welcome(case: Request, event: MailReceived, facts: RequestFacts, desk: Desk) -> Noticed:
    """The sender takes part, with the colleagues whom it copied in. All other addresses are proposed and get nothing."""
    # Staff who write for a caller choose for themselves whom they copy in.
    named = dict.fromkeys(one.address for one in (*event.mail.to, *event.mail.cc) if "@" in one.address and event.caller is None)
    known = {*case.participants, event.sender}
    others = tuple(address for address in named if address not in known and not desk.is_own(address))
    domains = facts.contract.domains if facts.contract and event.authenticated else ()
    seats = max(MOST_TAKING_PART - len(case.participants), 0)
    colleagues = tuple(address for address in others if address.rpartition("@")[2] in domains)[:seats]
    room = max(MOST_PROPOSED - len(case.proposed), 0)
    proposed = tuple(address for address in others if address not in colleagues and address not in case.proposed)[:room]
    wished = tuple(address for address in event.added_addresses if address not in case.participants and not desk.is_own(address))
    # Only a customer of ours: a stranger could have us write to anybody.
    may_add = event.authenticated and event.sender_role is SenderRole.PARTICIPANT and (case.details.trusted or bool(case.contract))
    added = tuple(address for address in wished if may_add and address not in colleagues)[: max(seats - len(colleagues), 0)]
    taking_part = tuple(dict.fromkeys((*case.participants, event.sender, *colleagues, *added)))
    waiting = tuple(address for address in (*case.proposed, *proposed) if address not in taking_part)
    new = tuple(address for address in proposed if address in waiting)
    asked = tuple(address for address in wished if address not in taking_part)
    noticed = {"flag_joined": tuple(dict.fromkeys((*colleagues, *added))), "flag_proposed": new, "flag_wished": asked}
    flags = tuple(Step(name, {"addresses": addresses}) for name, addresses in noticed.items() if addresses)
    commands = tuple(f"/add {address}" for address in dict.fromkeys((*new, *asked)))
    return Noticed(replace(case, participants=taking_part, proposed=waiting), flags=flags, commands=commands)


QUESTION = "service_request/information_request"


def look_at_ship_to(case: Request, event: MailReceived, facts: RequestFacts) -> Noticed:
    """A contact's yes confirms the address; else the other contacts are asked once, and staff are warned whenever the customer writes."""
    if not is_unconfirmed(case, facts.contract):
        return Noticed(case)
    address, contacts = case.details.site_address, who_may_confirm(case, facts.contacts, facts.undeliverable)
    # A yes to another letter of ours says nothing of the address.
    may_answer = event.answers_notice in ("", QUESTION) and event.authenticated and event.caller is None and event.sender in contacts
    if may_answer and facts.says_yes:
        confirmed = replace(case, details=replace(case.details, ship_to_confirmed_by=event.sender))
        return Noticed(confirmed, flags=(Step("flag_ship_to_confirmed", {"address": address, "contact": event.sender}),))
    if not contacts:
        return Noticed(case, flags=(Step("flag_ship_to_nobody", {"address": address}),))
    flags = (Step("flag_ship_to", {"address": address, "contacts": contacts}),)
    if case.details.ship_to_asked or not event.authenticated:
        return Noticed(case, flags=flags)
    asked = replace(case, details=replace(case.details, ship_to_asked=True))
    shown = {"trusted": True, "understood": (("site_address", address),)}
    values = {"missing": ("ship_to",), "reminder": False, "next_step": (Step("next_step_ship_to", {}),), **shown}
    return Noticed(asked, (SendNotice(notice=QUESTION, to=contacts, values=values),), flags)
