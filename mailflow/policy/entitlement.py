"""What a contract grants: from when support and warranty run, software service, dead arrivals (EN1-EN5, IN5, SR3), its sites (BX8)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from mailflow.policy.case import Request
from mailflow.policy.derivation import Derivation, DerivedDay, Step
from mailflow.policy.register import Contact, Contract, Device

START_LIMIT = timedelta(days=90)
"""The 90th day after shipment bounds every start date (EN1-EN3)."""

DOA_HOURS = 48
"""A failure within that many hours after power-on is a dead arrival (EN5)."""


class SoftwareService(StrEnum):
    """The two Hi-Care application services (EN4)."""

    SUPPORT = "software support"
    UPGRADE_SUPPORT = "software upgrade support"


TAC_ROLES = ("distributor", "value_added_partner")
"""Roles of contacts.csv whose dead arrivals TAC handles; everybody else goes to the distributor (EN5)."""


def support_start(ship_date: date, agreed: date | None = None) -> DerivedDay:
    """Start HiCare and CoCare with shipment, or on an agreed date up to 90 days after it (EN1); a later date is cut to the 90th day."""
    shipped = Step("shipped", {"day": ship_date})
    if agreed is None:
        return DerivedDay(ship_date, (shipped, Step("support_starts", {"day": ship_date})))
    limit = ship_date + START_LIMIT
    start = min(max(agreed, ship_date), limit)
    bound = () if start == agreed else (Step("start_bounded", {"agreed": agreed, "earliest": ship_date, "latest": limit}),)
    return DerivedDay(start, (shipped, Step("start_agreed", {"day": agreed}), *bound, Step("support_starts", {"day": start})))


def warranty_start(ship_date: date, installation_service: bool, report_date: date | None = None) -> DerivedDay:
    """Start warranty on the 90th day after shipment; with installation service on the day of the signed report, if earlier (EN2)."""
    limit = ship_date + START_LIMIT
    shipped = Step("shipped", {"day": ship_date})
    if installation_service and report_date is not None and report_date <= limit:
        steps = (shipped, Step("installation_report", {"day": report_date}), Step("warranty_starts", {"day": report_date}))
        return DerivedDay(report_date, steps)
    return DerivedDay(limit, (shipped, Step("ninetieth_day", {"day": limit}), Step("warranty_starts", {"day": limit})))


def software_start(
    ordered: date | None = None,
    *,
    ship_date: date | None = None,
    installation_service: bool = False,
    pac_date: date | None = None,
    previous_end: date | None = None,
) -> DerivedDay | None:
    """Start a software service (EN3); None while the day cannot be known, as before acceptance or without a shipment date.

    In this order: the date on the order or contract; for a renewal the day after the previous end; with installation or
    commissioning the PAC date; else the 90th day after shipment.
    """
    found: tuple[date, Step] | None = None
    if ordered is not None:
        found = ordered, Step("start_ordered", {"day": ordered})
    elif previous_end is not None:
        found = previous_end + timedelta(days=1), Step("renewed_after", {"day": previous_end})
    elif installation_service:
        found = (pac_date, Step("pac_signed", {"day": pac_date})) if pac_date is not None else None
    elif ship_date is not None:
        found = ship_date + START_LIMIT, Step("ninetieth_day", {"day": ship_date + START_LIMIT})
    return found and DerivedDay(found[0], (found[1], Step("software_starts", {"day": found[0]})))


def may_update(service: SoftwareService | None) -> bool:
    """Tell whether software updates are included: they come with both application services (EN4)."""
    return service is not None


def may_upgrade(service: SoftwareService | None) -> bool:
    """Tell whether software upgrades are included: they come with Upgrade Support only (EN4)."""
    return service is SoftwareService.UPGRADE_SUPPORT


@dataclass(frozen=True, slots=True)
class DoaPath:
    """Where a dead arrival goes: `tac`, `distributor`, or '' when it is none."""

    handled_by: str
    steps: Derivation


def doa_path(role: str, *, first_boot: bool, since_power_on: timedelta | None = None) -> DoaPath:
    """Decide who handles a dead arrival, by the contact's role: it failed at first boot or within 48 h of power-on (EN5)."""
    in_time = since_power_on is not None and since_power_on <= timedelta(hours=DOA_HOURS)
    if not first_boot and not in_time:
        return DoaPath("", (Step("not_dead_on_arrival", {"hours": DOA_HOURS}),))
    failure = Step("failed_at_first_boot", {}) if first_boot else Step("failed_after_power_on", {"hours": DOA_HOURS})
    handled_by = "tac" if role in TAC_ROLES else "distributor"
    return DoaPath(handled_by, (failure, Step(f"doa_by_{handled_by}", {"role": role})))


@dataclass(frozen=True, slots=True)
class Entitlement:
    """`entitled`, `undecided` or `not entitled`, and why. Neither of the last two goes out without a human (SR3)."""

    verdict: str
    steps: Derivation = ()
    for_staff: Derivation = ()
    """What only staff are told: a support that has not begun yet, what a software service includes (EN1-EN4)."""


ENTITLED, UNDECIDED, NOT_ENTITLED = "entitled", "undecided", "not entitled"


def entitlement_of(
    contract: Contract | None,
    device: Device | None,
    sender_domain: str,
    sender_address: str,
    contacts: tuple[Contact, ...],
    on: date,
    *,
    is_named: bool = True,
) -> Entitlement:
    """Decide whether the sender may have service for the device on a day in the customer's time zone (IN5, SR3).

    Entitled: the device stands under the contract, the contract is in force (first and last day included), and the sender is one of
    its contacts or writes from one of its domains. What the register does not know is undecided; a contract out of force is not entitled.
    `contract` is None where the sender speaks for none; `is_named` tells whether the mail gave any serial at all.
    """
    if device is None:
        return Entitlement(UNDECIDED, (Step("device_unknown" if is_named else "device_unnamed", {}),))
    known = Step("device_known", {"serial": device.serial, "contract": device.contract})
    if contract is None or contract.number != device.contract:
        named = contract.number if contract else device.contract
        return Entitlement(UNDECIDED, (known, Step("contract_mismatch" if contract else "sender_unknown", {"contract": named})))
    if any(contact.email.lower() == sender_address.lower() and contact.contract == contract.number for contact in contacts):
        sender = Step("sender_is_contact", {"contract": contract.number})
    elif sender_domain and sender_domain.lower() in {known.lower() for known in contract.domains}:
        sender = Step("sender_of_domain", {"contract": contract.number, "domain": sender_domain.lower()})
    else:
        sender = Step("sender_unknown", {"contract": contract.number})
    in_force = contract.start <= on <= contract.end
    name = "contract_in_force" if in_force else "contract_not_started" if on < contract.start else "contract_ended"
    force = Step(name, {"contract": contract.number, "start": contract.start, "end": contract.end, "day": on})
    begun, for_staff = _programme_steps(contract, device, on)
    steps = (known, force, sender, *begun)
    if sender.name == "sender_unknown":
        return Entitlement(UNDECIDED, steps, for_staff)
    return Entitlement(ENTITLED if in_force else NOT_ENTITLED, steps, for_staff)


def programme_start(contract: Contract, device: Device) -> DerivedDay | None:
    """Return when the device's support began under the contract's programme (EN1-EN3); None where the register does not say.

    The contract's first day is the date on the contract: for HiCare and CoCare the agreed one, if it lies after shipment. A device
    put under a contract more than 90 days after its shipment has been supported before, under terms that the register lacks.
    """
    if contract.programme == "software":
        return software_start(contract.start)
    if device.ship_date is None:
        return None
    if contract.programme == "warranty":
        return warranty_start(device.ship_date, device.installation_service, device.installation_report_date)
    if contract.start > device.ship_date + START_LIMIT:
        return None
    return support_start(device.ship_date, contract.start if contract.start > device.ship_date else None)


def _programme_steps(contract: Contract, device: Device, on: date) -> tuple[Derivation, Derivation]:
    """Return (steps for everybody, steps for staff). The verdict stays the contract's: a doubt is for a human (SR3)."""
    includes: Derivation = ()
    if contract.programme == "software":
        # The register does not say which of the two services was ordered: what only one includes is for staff to look up (EN4).
        updates = all(map(may_update, SoftwareService))
        upgrades = all(map(may_upgrade, SoftwareService))
        includes = (*((Step("updates_included", {}),) if updates else ()), *(() if upgrades else (Step("upgrades_by_order", {}),)))
    begun = programme_start(contract, device)
    if begun is None:
        return (), includes
    if begun.day > on:
        return (), (*begun.steps, Step("support_not_begun", {"day": begun.day}), *includes)
    return begun.steps, includes


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


def is_unconfirmed(case: Request, contract: Contract | None) -> bool:
    """The request's address lies outside the contract's sites, and nobody else has said yes to it."""
    details = case.details
    sites = contract.site_address if contract else ""
    return not details.ship_to_confirmed_by and is_elsewhere(details.site_address, sites)


def who_may_confirm(case: Request, contacts: Iterable[Contact], undeliverable: frozenset[str]) -> tuple[str, ...]:
    """The contract's contacts that mail reaches, but for who wrote the address."""
    named = dict.fromkeys(contact.email.lower() for contact in contacts)
    return tuple(address for address in named if address != case.details.site_stated_by and address not in undeliverable)
