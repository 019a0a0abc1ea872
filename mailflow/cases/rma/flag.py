"""What the register or other cases say against a new return (RM1, BX8, EN5): refused where it cannot be, else flagged for a human."""

from __future__ import annotations

from collections.abc import Iterator

from mailflow.message.item import Item
from mailflow.policy.derivation import Step
from mailflow.policy.entitlement import doa_path
from mailflow.policy.event import CommandGiven
from mailflow.policy.facts import Facts


def why_refused(event: CommandGiven, facts: Facts) -> Step | None:
    """A contradiction in the command, a serial that another return of the request holds, a dead arrival that is the distributor's."""
    items = event.command.items
    serials = [serial for item in items for serial in item.serials]
    if crowded := next((item for item in items if len(item.serials) > item.quantity), None):
        return Step(
            "rma_more_serials_than_parts", {"part": crowded.part_number, "serials": len(crowded.serials), "quantity": crowded.quantity}
        )
    if doubled := next((serial for serial in serials if serials.count(serial) > 1), ""):
        return Step("rma_serial_twice", {"serial": doubled})
    own = {rma.number for rma in facts.rmas}
    for serial, number, kind in facts.open_cases_of_serials:
        if kind == "rma" and serial in serials and number in own:
            return Step("rma_serial_in_return_of_request", {"serial": serial, "rma": number})
    return _doa_elsewhere(event, facts)


def _doa_elsewhere(event: CommandGiven, facts: Facts) -> Step | None:
    """End customers, resellers and alliance partners are sent to their distributor with a dead arrival (EN5)."""
    role = role_of_customer(facts)
    if event.command.rma_type != "doa" or not role or doa_path(role, first_boot=True).handled_by == "tac":
        return None
    return Step("rma_doa_by_distributor", {"role": role})


def role_of_customer(facts: Facts) -> str:
    """The role with which the contract lists the customer of the request, '' where it does not."""
    customer = facts.parent.customer if facts.parent else ""
    known = (*facts.contacts, *((facts.contact,) if facts.contact else ()))
    return next((contact.role for contact in known if contact.email == customer), "")


def flags_of(event: CommandGiven, facts: Facts) -> tuple[Step, ...]:
    """What staff should look at before the replacement leaves; nothing of it stops the return (BX8)."""
    unknown_role = event.command.rma_type == "doa" and not role_of_customer(facts)
    doa = (Step("rma_doa_role_unknown", {"customer": facts.parent.customer if facts.parent else ""}),) if unknown_role else ()
    unknown = (Step("rma_part_unknown", {"part": item.part_number}) for item in event.command.items if not _is_known(item, facts))
    return (*doa, *unknown, *_flags_of_serials(event, facts))


def _is_known(item: Item, facts: Facts) -> bool:
    """The part stands in the price list, or a device of the register bears its number."""
    devices = (device.part_number.upper() for device in facts.devices.values() if device.part_number)
    return bool(facts.descriptions.get(item.part_number) or facts.prices.get(item.part_number)) or item.part_number.upper() in devices


def _flags_of_serials(event: CommandGiven, facts: Facts) -> Iterator[Step]:
    elsewhere = {serial: number for serial, number, kind in facts.open_cases_of_serials if kind == "rma"}
    for item in event.command.items:
        for serial in item.serials:
            device = facts.devices.get(serial)
            if device is None:
                yield Step("rma_serial_unknown", {"serial": serial})
            elif facts.contract and device.contract != facts.contract.number:
                yield Step("rma_serial_of_other_contract", {"serial": serial, "contract": device.contract})
            if device is not None and device.part_number and device.part_number.upper() != item.part_number.upper():
                yield Step("rma_serial_of_other_part", {"serial": serial, "part": item.part_number, "known": device.part_number})
            if serial in elsewhere:
                yield Step("rma_serial_in_open_return", {"serial": serial, "rma": elsewhere[serial]})
            if serial in facts.received_before:
                yield Step("rma_serial_returned_before", {"serial": serial, "rma": facts.received_before[serial]})
