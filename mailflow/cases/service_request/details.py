"""What is known of a request after a mail (IN4, IN5): earlier answers stay, blanks are filled, serials add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.policy.desk import Desk
from mailflow.policy.event import MailReceived, Standing
from mailflow.policy.facts import Facts

CLEAR_TEXT = "clear_text"
"""What is missing of a request whose mail we could not decrypt (IN9)."""


def read_details(known: ServiceRequestDetails, event: MailReceived, facts: Facts, desk: Desk) -> ServiceRequestDetails:
    """What is known now; `missing` is reckoned anew. Of an encrypted mail nothing is read, so nothing changes."""
    if event.is_encrypted:
        return known
    found = event.extracted
    serials = tuple(dict.fromkeys((*known.serials, *found.serials)))
    # What the register knows of another customer's device is not for this one's eyes.
    own = facts.contract.number if facts.contract else ""
    devices = {serial: device for serial in serials if (device := facts.devices.get(serial)) and device.contract == own}
    device = next(iter(devices.values()), None)
    site, stated_by = _site(known, event)
    values: dict[str, Any] = {
        "name": known.name or found.name or event.customer.name,
        "telephone": known.telephone or found.telephone,
        "fax": known.fax or found.fax,
        "purchase_order": known.purchase_order or found.purchase_order,
        "contract": known.contract or found.contract,
        "model": known.model or found.model or (device.model if device else ""),
        "serials": serials,
        "unknown_serials": tuple(serial for serial in serials if own and serial not in devices),
        "software_version": known.software_version or found.software_version,
        "site_address": site,
        "site_stated_by": stated_by,
        "symptoms": known.symptoms or found.symptoms,
        "impact": known.impact or found.impact,
        "priority_words": known.priority_words or found.priority_words,
    }
    trusted = known.trusted or is_trusted(event, facts)
    missing = _missing(values, event, facts, desk)
    completed_at = known.completed_at or (event.at if known.missing and not missing else None)
    if site != known.site_address:
        # Whoever agreed has agreed to another address (BX8).
        values |= {"ship_to_asked": False, "ship_to_confirmed_by": ""}
    changed = replace(known, **values, trusted=trusted, missing=missing, completed_at=completed_at)
    return replace(changed, entitlement=_entitlement(known, facts))


def _site(known: ServiceRequestDetails, event: MailReceived) -> tuple[str, str]:
    """The address that was written last, and by whom."""
    stated = event.extracted.site_address
    if not stated or stated == known.site_address:
        return known.site_address, known.site_stated_by
    return stated, event.sender


def _missing(values: Mapping[str, Any], event: MailReceived, facts: Facts, desk: Desk) -> tuple[str, ...]:
    """A serial that looks mistyped, or that the register lacks, is asked about, never mended silently (IN4, IN5).

    Who stands in no contract, or is not proven, is not told which serials are in the register.
    """
    serials = values["serials"]
    may_know = is_vouched_for(event) and (facts.contract is not None or bool(facts.serial_slips))
    is_doubtful = may_know and not any(serial in facts.devices for serial in serials)
    present = {"serial": bool(serials) and not is_doubtful, "contract": bool(values["contract"]), "symptoms": bool(values["symptoms"])}
    return tuple(name for name in desk.requests.demanded if not present[name])


def _entitlement(known: ServiceRequestDetails, facts: Facts) -> str:
    """What was granted stays granted; a verdict for want of facts is found anew with each mail (SR3)."""
    if known.entitlement == "entitled" or facts.entitlement is None:
        return known.entitlement
    return facts.entitlement.verdict


def slips(event: MailReceived, facts: Facts) -> tuple[tuple[str, str], ...]:
    """(serial as written, as the register has it); only a sender that our border vouches for is told."""
    return tuple(facts.serial_slips.items()) if is_vouched_for(event) else ()


def is_vouched_for(event: MailReceived) -> bool:
    """Our border found the sender genuine, or staff open the case for a caller they know (SR10)."""
    return event.authenticated or event.caller is not None


def may_read(case: Case, event: MailReceived) -> bool:
    """Whether an answer at once may say words of the case: who is answered is proven, and no stranger to us (SR1)."""
    return is_vouched_for(event) and (case.details.trusted or bool(case.contract))


def is_trusted(event: MailReceived, facts: Facts) -> bool:
    """Whether the sender may read words of its own mail: it is genuine, and in a contract or vouched for by staff (SR1).

    Taking part proves no contract: a stranger takes part in its own request.
    """
    in_contract = event.standing is Standing.KNOWN or (event.standing is Standing.PARTICIPANT and facts.contract is not None)
    return is_vouched_for(event) and (event.caller is not None or in_contract)
