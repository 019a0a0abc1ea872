"""What every case type may want to know: who the customer is, what the register has, what happened before. One module a type adds its own.

Each asks the store only for what the event needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from mailflow.cases import CASE_TYPES
from mailflow.handling.match import children, prefix_of
from mailflow.handling.work import Work
from mailflow.message.language import detect_language
from mailflow.message.reference import confirmation_code
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.desk import Desk
from mailflow.policy.entitlement import Entitlement, entitlement_of
from mailflow.policy.event import CommandGiven, Event, MailReceived
from mailflow.policy.facts import CaseFacts, DeviceFacts, WaitingDeadline
from mailflow.policy.register import Contact, Contract, Device
from mailflow.policy.serial_slip import slips_of
from mailflow.store import case as case_rows
from mailflow.store import deadline, notice

F = TypeVar("F", bound=CaseFacts)
"""The facts of a case type."""
NO_DEVICES: Mapping[str, Device] = {}


@dataclass(frozen=True, slots=True)
class Opening:
    """A case that may be opened: its type, and the case in whose thread it will stand (None: the mail opens it by itself)."""

    kind: str
    parent: Case | None = None


def gather_case(work: Work, case: Case, event: Event) -> CaseFacts:
    """Gather what a type wants to know that declares nothing of its own: the envelope, its clocks, its kin and the case that is named."""
    facts = gather_envelope(work, CaseFacts, case, event)
    return replace(facts, waiting=waiting_deadlines(work, (case,)), other_case=find_other(work, event))


def gather_new_case(work: Work, opening: Opening, event: Event) -> CaseFacts:
    """Gather for a case that may be opened: by a mail, or in the thread of its parent."""
    if opening.parent is not None:
        facts = facts_of_case(work, CaseFacts, opening.parent, event)
        return replace(facts, parent=opening.parent, new_numbers=new_number(work, opening.kind))
    return facts_of_sender(work, CaseFacts, opening.kind, event)


def gather_envelope(work: Work, facts_type: type[F], case: Case, event: Event) -> F:
    """Gather who the customer is and under which contract, with a number where the mail may open the next case."""
    facts = facts_of_case(work, facts_type, case, event)
    begins_anew = case.state in CASE_TYPES[case.kind].begins_anew and isinstance(event, MailReceived)
    return replace(facts, new_numbers=new_number(work, case.kind)) if begins_anew else facts


def facts_of_sender(
    work: Work, facts_type: type[F], kind: str, event: Event, find_contract: Callable[[Work, MailReceived], Contract | None] | None = None
) -> F:
    """Gather what is known of who opens a case by mail, and under which contract. Raises LookupError for another event."""
    if not isinstance(event, MailReceived):
        raise LookupError(f"{type(event).__name__} opens no {kind} by itself")
    contract = (find_contract or contract_of_sender)(work, event)
    desk = work.desk
    contact = contact_of_sender(work, event.sender, contract)
    contacts = work.register.contacts_of(contract.number) if contract else ()
    country = contract.country if contract and contract.country else desk.calendar.country
    timezone = contract.timezone if contract and contract.timezone else desk.calendar.timezone
    # What a machine writes says nothing of who reads the letter (OUT5).
    written = "" if event.alarm is not None else event.new_text
    return facts_type(
        calendar=calendar_for(country, timezone, desk.calendar),
        language=language_of(desk, contact, contract, written, event.mailbox_language),
        country=country,
        timezone=timezone,
        contract=contract,
        contact=contact,
        contacts=contacts,
        new_numbers=new_number(work, kind),
        undeliverable=undeliverable(work, (event.sender, *(one.email for one in contacts))),
    )


def facts_of_case(work: Work, facts_type: type[F], case: Case, event: Event, devices: Mapping[str, Device] = NO_DEVICES) -> F:
    """Gather what is known of a running case. The contract is the one that a command names, the case's own, or that of the devices."""
    named = event.command.contract if isinstance(event, CommandGiven) else ""
    contract = work.register.contract(named or case.contract or "") or covering(work, devices, case.customer)
    contacts = work.register.contacts_of(contract.number) if contract else ()
    return facts_type(
        calendar=calendar_for(case.country, case.timezone, work.desk.calendar),
        language=case.language,
        country=case.country,
        timezone=case.timezone,
        contract=contract,
        contacts=contacts,
        parent=case_rows.load(work.c, case.parent) if case.parent else None,
        rmas=children(work, case),
        confirmation_code=confirmation_code(work.services.address_key, case.number, case.version),
        undeliverable=undeliverable(work, (case.customer, *case.participants, *(one.email for one in contacts))),
    )


def as_of(work: Work, event: Event) -> datetime:
    """Return when the event counts: a mail by its arrival (T3), all else by when it is handled."""
    return event.at if isinstance(event, MailReceived) else work.now


def new_number(work: Work, kind: str) -> dict[str, str]:
    """Reserve a number for a case that may be opened."""
    return {kind: case_rows.next_number(work.c, kind, prefix_of(work.desk, kind))}


def contract_of_sender(work: Work, event: MailReceived) -> Contract | None:
    """Find the contract that the mail names, the contact's, or the domain's: the first in force that the sender speaks for."""
    register, sender, day = work.register, event.sender, event.at.date()
    by_domain = (contract.number for contract in register.contracts_of_domain(sender.rpartition("@")[2]))
    by_contact = (contact.contract for contact in register.contacts_with(sender))
    for number in filter(None, (event.extracted.contract, *by_contact, *by_domain)):
        contract = register.contract(number)
        if contract is not None and contract.start <= day <= contract.end and register.speaks_for(contract, sender):
            return contract
    return None


def contact_of_sender(work: Work, sender: str, contract: Contract | None) -> Contact | None:
    """Find the register's entry of the sender, that of the contract first."""
    entries = work.register.contacts_with(sender)
    return next((one for one in entries if contract and one.contract == contract.number), next(iter(entries), None))


def language_of(desk: Desk, contact: Contact | None, contract: Contract | None, text: str, mailbox_language: str) -> str:
    """Choose the contact's stored language, the opening mail's own, the contract's, the mailbox's, else the desk's first (OUT5, IN1)."""
    if len(desk.languages) == 1:
        return desk.languages[0]
    if contact is not None and contact.language in desk.languages:
        return contact.language
    wanted = (detect_language(text), contract.language if contract else "", mailbox_language)
    return next((language for language in wanted if language in desk.languages), desk.languages[0])


def covering(work: Work, devices: Mapping[str, Device], sender: str) -> Contract | None:
    """Find the contract of the first device whose contract the sender speaks for."""
    contracts = (work.register.contract(device.contract) for device in devices.values())
    return next((contract for contract in contracts if contract and work.register.speaks_for(contract, sender)), None)


def find_entitlement(facts: DeviceFacts, sender: str, day: date, *, is_named: bool = True) -> Entitlement:
    """Judge whether the sender is entitled to service for the devices; `is_named` where a device was named at all."""
    covered = (device for device in facts.devices.values() if facts.contract and device.contract == facts.contract.number)
    device = next(covered, next(iter(facts.devices.values()), None))
    return entitlement_of(facts.contract, device, sender.rpartition("@")[2], sender, facts.contacts, day, is_named=is_named)


def near_device(work: Work, serial: str, sender: str) -> str:
    """Find the serial that a mistyped one is meant to be, '' where none is near (IN4).

    Only devices of contracts that the sender speaks for: the register's serials are not for strangers.
    """
    for near, device in work.register.devices(slips_of(serial)).items():
        contract = work.register.contract(device.contract)
        if contract is not None and work.register.speaks_for(contract, sender):
            return near
    return ""


def find_other(work: Work, event: Event) -> Case | None:
    """Load the case that `/merge` and `/link` name; one of another desk is none of ours."""
    named = event.command.target.upper() if isinstance(event, CommandGiven) else ""
    other = case_rows.load(work.c, named) if named else None
    return other if other is not None and other.desk == work.desk.name else None


def named_serials(event: Event) -> tuple[str, ...]:
    """List the serials that an event speaks of: those that a mail states, or those of a command's items."""
    if isinstance(event, MailReceived):
        return event.extracted.serials
    return tuple(serial for item in event.command.items for serial in item.serials) if isinstance(event, CommandGiven) else ()


def received_before(work: Work, serials: Iterable[str]) -> dict[str, str]:
    """Map each serial that came back before to the number of the desk's newest return under which it did (BX8)."""
    asked = frozenset(serials)
    kinds = (kind for kind, case_type in CASE_TYPES.items() if case_type.expected_parts)
    returns = (one for kind in kinds for one in case_rows.of_serials(work.c, asked, kind=kind, desk=work.desk.name))
    return {serial: one.number for one in returns for serial in asked & came_back(one)}


def came_back(case: Case) -> frozenset[str]:
    """List the serials that came in under a return."""
    expected_parts = CASE_TYPES[case.kind].expected_parts
    return frozenset(serial for part in (expected_parts(case) if expected_parts else ()) for serial in part.received_serials)


def waiting_deadlines(work: Work, cases: Sequence[Case]) -> tuple[WaitingDeadline, ...]:
    """List the clocks of the cases that still run, earliest first."""
    return tuple(
        WaitingDeadline(case_number=row.case_number, kind=row.kind, key=row.key, due_at=row.due_at, steps=row.steps)
        for row in deadline.waiting_of(work.c, [case.number for case in cases])
    )


def undeliverable(work: Work, addresses: Iterable[str]) -> frozenset[str]:
    """List those of the addresses that mail of ours came back from (IN7)."""
    return frozenset(notice.bounces_of(work.c, addresses))
