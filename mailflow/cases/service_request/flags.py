"""What staff should notice about a request's devices (IN10, BX8). The customer never learns of another's."""

from __future__ import annotations

from collections.abc import Iterable

from mailflow.policy.case import Case
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Desk
from mailflow.policy.event import MailReceived
from mailflow.policy.facts import Facts


def serial_flags(case: Case, serials: Iterable[str], facts: Facts) -> Derivation:
    """Of each of the serials: an open request or return that names it, an earlier return, another customer's contract."""
    asked = tuple(serials)
    own = {case.number, *(rma.number for rma in facts.rmas)}
    open_elsewhere = tuple(row for row in facts.open_cases_of_serials if row[0] in asked and row[1] not in own)
    in_cases = tuple(
        Step("flag_open_request" if kind == "service_request" else "flag_open_return", {"serial": serial, "number": number})
        for serial, number, kind in open_elsewhere
    )
    open_numbers = {number for _, number, _ in open_elsewhere}
    returned = tuple(
        Step("flag_returned", {"serial": serial, "number": number})
        for serial, number in facts.received_before.items()
        if serial in asked and number not in own | open_numbers
    )
    return (*in_cases, *returned, *_foreign(asked, facts), *_unknown(case, asked, facts))


def _unknown(case: Case, serials: tuple[str, ...], facts: Facts) -> Derivation:
    """Of several serials one that the register lacks; of a single one the verdict says so itself."""
    strange = tuple(serial for serial in serials if serial not in facts.devices)
    return tuple(Step("flag_serial_unknown", {"serial": serial}) for serial in strange) if len(case.details.serials) > 1 else ()


def _foreign(serials: tuple[str, ...], facts: Facts) -> Derivation:
    contract = facts.contract
    if contract is None:
        strange = (device for serial in serials if (device := facts.devices.get(serial)))
        return tuple(Step("flag_not_of_contract", {"serial": device.serial, "contract": device.contract}) for device in strange)
    devices = (device for serial in serials if (device := facts.devices.get(serial)) and device.contract != contract.number)
    values = ({"serial": device.serial, "contract": device.contract, "own": contract.number} for device in devices)
    return tuple(Step("flag_other_contract", one) for one in values)


def trust_flags(case: Case, event: MailReceived, facts: Facts) -> Derivation:
    """Why staff must decide what the register alone would grant (SR1, SR3, OUT6)."""
    unproven = () if event.authenticated or event.caller is not None or event.alarm is not None else (Step("flag_unproven", {}),)
    return (*unproven, *_contract_flag(case, facts))


def _contract_flag(case: Case, facts: Facts) -> Derivation:
    """The contract that the customer named beside the device's own one, or beside the sender's where the register lacks the device."""
    stated = case.details.contract
    if not stated or not case.contract or stated.upper() == case.contract.upper():
        return ()
    device = next((device for serial in case.details.serials if (device := facts.devices.get(serial))), None)
    if device is None:
        return (Step("flag_contract_of_sender", {"stated": stated, "contract": case.contract}),)
    if device.contract.upper() == stated.upper():
        return (Step("flag_contract_of_device", {"stated": stated, "contract": case.contract}),)
    return (Step("flag_contract_differs", {"stated": stated, "contract": device.contract}),)


def proposed_merges(case: Case, flags: Derivation) -> tuple[str, ...]:
    """`/merge` lines for the requests that the flags name (IN10)."""
    numbers = dict.fromkeys(str(flag.values["number"]) for flag in flags if flag.name == "flag_open_request")
    return tuple(f"/merge {number}" for number in numbers if number != case.number)


def first_stated_priority(case: Case, event: MailReceived, desk: Desk) -> str:
    """What the customer states for the first time in answer to our questions counts like a statement in the first mail (SR2)."""
    is_unstated = not case.details.priority_words and case.priority == desk.requests.default_priority
    is_open_question = case.state == "awaiting information" and is_unstated
    return event.extracted.priority if is_open_question else ""


def priority_wish(case: Case, event: MailReceived) -> tuple[Derivation, tuple[str, ...]]:
    """A later wish for another priority changes nothing: staff decide (SR2)."""
    wanted = event.extracted.priority
    if not wanted or wanted == case.priority:
        return (), ()
    return (Step("flag_priority_wish", {"wanted": wanted, "present": case.priority or ""}),), (f"/priority {wanted}",)
