"""Gather what a rule needs: what the register knows of the sender and its devices, and what happened on the case before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection

from mailflow.handling.correspondence import customer_words, timeline
from mailflow.handling.history import counted_elsewhere, last_steps, received_before, sent_notices, undeliverable, waiting_deadlines
from mailflow.handling.known_register import KnownRegister
from mailflow.handling.office import Office
from mailflow.handling.partner import partner_facts
from mailflow.message.language import detect_language
from mailflow.message.model import Extracted
from mailflow.policy.alarm import is_alarm
from mailflow.policy.calendar import BusinessCalendar, calendar_for
from mailflow.policy.case import Case
from mailflow.policy.case_address import confirmation_code
from mailflow.policy.desk import AlarmPolicy, Desk, MailboxRole
from mailflow.policy.entitlement import Entitlement, entitlement_of
from mailflow.policy.event import CommandGiven, DeadlineFell, Event, MailReceived
from mailflow.policy.facts import Facts
from mailflow.policy.register import Contact, Contract, Device, PartPrice
from mailflow.policy.serial_slip import slips_of
from mailflow.store import case as case_rows
from mailflow.store import register

ESCALATION_QUESTION = "service_request/escalation_incomplete"
"""The notice whose answer completes an escalation (SR6)."""


def facts_for_opening(
    c: Connection,
    desk: Desk,
    event: MailReceived,
    *,
    mailbox_language: str,
    kind: str = "service_request",
    known: KnownRegister | None = None,
) -> Facts:
    """What is known of a new case and of its customer. `mailbox_language` is the language of the mailbox it came to (IN1)."""
    known = known or KnownRegister(c)
    sender, at, extracted = event.sender, event.at, event.extracted
    devices = known.devices(extracted.serials)
    if _is_trusted_alarm(event, desk):
        contract = next((known.contract(device.contract) for device in devices.values()), None)
    else:
        contract = _covering(known, devices, sender) or _contract_without_device(known, sender, extracted.contract, at.date())
    entries = known.contacts_with(sender)
    # What a machine writes says nothing of who reads the letter (OUT5).
    written = "" if event.alarm is not None else event.new_text
    contact = next((one for one in entries if contract and one.contract == contract.number), next(iter(entries), None))
    country = contract.country if contract and contract.country else desk.calendar.country
    timezone = contract.timezone if contract and contract.timezone else desk.calendar.timezone
    calendar = calendar_for(country, timezone, desk.calendar)
    # Who cannot prove to be the device's or its owner's has nobody informed in its name (IN8, P9).
    contacts = known.contacts_of(contract.number) if contract and (event.alarm is None or event.authenticated) else ()
    return Facts(
        calendar=calendar,
        language=language_of(desk, contact, contract, written, mailbox_language),
        country=country,
        timezone=timezone,
        entitlement=_entitlement(contract, contacts, devices, sender, calendar.local_day(at), is_named=bool(extracted.serials)),
        contract=contract,
        contact=contact,
        contacts=contacts,
        devices=devices,
        serial_slips=_slips(known, extracted.serials, devices, sender),
        open_cases_of_serials=_open_cases(c, desk, extracted.serials),
        new_numbers={kind: case_rows.next_number(c, kind, desk.number_prefixes[kind])},
        undeliverable=undeliverable(c, (sender, *(one.email for one in contacts))),
        received_before=received_before(c, desk.name, extracted.serials) if extracted.serials else {},
        **(partner_facts(c, desk, sender, at) if kind == "certification" else {}),
    )


def _contract_without_device(known: KnownRegister, sender: str, named: str, day: date) -> Contract | None:
    """The contract that the mail names, the contact's, or the domain's: the first in force that the sender speaks for."""
    by_domain = (contract.number for contract in known.contracts_of_domain(sender.rpartition("@")[2]))
    for number in filter(None, (named, *(contact.contract for contact in known.contacts_with(sender)), *by_domain)):
        contract = known.contract(number)
        if contract is not None and contract.start <= day <= contract.end and known.speaks_for(contract, sender):
            return contract
    return None


def _is_trusted_alarm(event: MailReceived, desk: Desk) -> bool:
    """From a sender that the desk names and the border vouches for. A header alone can be anybody's: then the owner must write."""
    named = AlarmPolicy(sources=tuple(source for source in desk.alarms.sources if source.sender))
    return event.alarm is not None and event.authenticated and is_alarm(event.mail, named)


def language_of(desk: Desk, contact: Contact | None, contract: Contract | None, text: str, mailbox_language: str) -> str:
    """The contact's stored choice, the opening mail's own, the contract's, the mailbox's, else the desk's first (OUT5, IN1)."""
    if len(desk.languages) == 1:
        return desk.languages[0]
    if contact is not None and contact.language in desk.languages:
        return contact.language
    wanted = (detect_language(text), contract.language if contract else "", mailbox_language)
    return next((language for language in wanted if language in desk.languages), desk.languages[0])


def facts_for_case(
    c: Connection,
    office: Office,
    desk: Desk,
    case: Case,
    at: datetime,
    *,
    event: Event | None = None,
    extracted: Extracted | None = None,
    contract: str = "",
    named: Sequence[str] = (),
    known: KnownRegister | None = None,
) -> Facts:
    """What is known of a running case.

    `event` leaves out what its rule cannot use; without it all is gathered. `contract` overrides the case's own; `named` are
    serials that are spoken of besides: of a return to be opened, of parts to be booked.
    """
    known = known or KnownRegister(c)
    calendar = calendar_for(case.country, case.timezone, desk.calendar)
    serials = tuple(dict.fromkeys((*_serials(case), *(extracted.serials if extracted else ()), *named)))
    devices = known.devices(serials)
    rmas = case_rows.returns_of(c, case.number) if case.kind == "service_request" else ()
    chosen = known.contract(contract or case.contract or "") or _covering(known, devices, case.customer)
    contacts = known.contacts_of(chosen.number) if chosen else ()
    return Facts(
        calendar=calendar,
        language=case.language,
        country=case.country,
        timezone=case.timezone,
        entitlement=_entitlement(chosen, contacts, devices, case.customer, calendar.local_day(at)) if serials else None,
        contract=chosen,
        contacts=contacts,
        devices=devices,
        serial_slips=_slips(known, serials, devices, case.customer) if case.kind == "service_request" else {},
        prices=_prices(c, (case, *rmas), calendar, at),
        parent=case_rows.load(c, case.parent) if case.parent else None,
        rmas=rmas,
        open_cases_of_serials=_open_cases(c, desk, serials),
        confirmation_code=confirmation_code(office.address_key, case.number, case.version),
        undeliverable=undeliverable(c, (case.customer, *case.participants, *(one.email for one in contacts))),
        waiting=waiting_deadlines(c, (case, *rmas)) if _tells(event) or not isinstance(event, MailReceived) else (),
        last_steps=last_steps(c, case, rmas) if _tells(event) else (),
        timeline=timeline(c, desk, case, rmas) if _escalates(event) else (),
        customer_words=customer_words(c, desk, case) if isinstance(event, CommandGiven) and event.command.name == "assign" else None,
        sent_notices=sent_notices(c, case) if case.kind == "rma" and not isinstance(event, MailReceived) else (),
        received_before=received_before(c, desk.name, serials) if _concerns_parts(case, event, named) else {},
        counted_elsewhere=counted_elsewhere(c, case, (*serials, *_named(event)))
        if case.kind == "rma" and not isinstance(event, DeadlineFell)
        else {},
        **(partner_facts(c, desk, case.customer, at, case) if case.kind == "certification" else {}),
    )


def _named(event: Event | None) -> tuple[str, ...]:
    """Serials that a command of receiving staff names."""
    return tuple(serial for item in event.command.items for serial in item.serials) if isinstance(event, CommandGiven) else ()


def _tells(event: Event | None) -> bool:
    """Whether somebody will be told how the case stands: STATUS, an escalation, a hand-over (SR6, SR9)."""
    if isinstance(event, MailReceived):
        return _escalates(event) or (event.customer_line is not None and event.customer_line.kind == "status")
    return not isinstance(event, DeadlineFell) and not (isinstance(event, CommandGiven) and event.command.name != "handover")


def _escalates(event: Event | None) -> bool:
    if not isinstance(event, MailReceived):
        return False
    asked = event.customer_line is not None and event.customer_line.kind == "escalate"
    return asked or event.mailbox_role is MailboxRole.ESCALATION or event.answers_notice == ESCALATION_QUESTION


def _concerns_parts(case: Case, event: Event | None, named: Sequence[str]) -> bool:
    names_devices = isinstance(event, MailReceived) and bool(event.extracted.serials)
    return bool(named) or names_devices or (case.kind == "rma" and not isinstance(event, DeadlineFell))


def _open_cases(c: Connection, desk: Desk, serials: Iterable[str]) -> tuple[tuple[str, str, str], ...]:
    return tuple(case_rows.open_with_serial(c, serials, desk=desk.name))


def _covering(known: KnownRegister, devices: Mapping[str, Device], sender: str) -> Contract | None:
    """The contract of the first device whose contract the sender speaks for."""
    contracts = (known.contract(device.contract) for device in devices.values())
    return next((contract for contract in contracts if contract and known.speaks_for(contract, sender)), None)


def _slips(known: KnownRegister, serials: Iterable[str], devices: Mapping[str, Device], sender: str) -> dict[str, str]:
    near = {serial: near_device(known, serial, sender) for serial in serials if serial not in devices}
    return {serial: device for serial, device in near.items() if device}


def near_device(known: KnownRegister, serial: str, sender: str) -> str:
    """The serial that a mistyped one is meant to be, '' where none is near (IN4).

    Only devices of contracts that the sender speaks for: the register's serials are not for strangers.
    """
    for near, device in known.devices(slips_of(serial)).items():
        contract = known.contract(device.contract)
        if contract is not None and known.speaks_for(contract, sender):
            return near
    return ""


def _entitlement(
    contract: Contract | None,
    contacts: tuple[Contact, ...],
    devices: Mapping[str, Device],
    sender: str,
    day: date,
    *,
    is_named: bool = True,
) -> Entitlement:
    covered = (device for device in devices.values() if contract and device.contract == contract.number)
    device = next(covered, next(iter(devices.values()), None))
    return entitlement_of(contract, device, sender.rpartition("@")[2], sender, contacts, day, is_named=is_named)


def describe_parts(c: Connection, parts: Iterable[str]) -> dict[str, str]:
    """Part number to its description, '' where the register has none."""
    return {part: register.describe_part(c, part) or "" for part in dict.fromkeys(parts)}


def _serials(case: Case) -> tuple[str, ...]:
    own = getattr(case.details, "serials", ())
    return (*own, *(serial for line in getattr(case.details, "lines", ()) for serial in line.serials))


def _prices(c: Connection, cases: Iterable[Case], calendar: BusinessCalendar, at: datetime) -> dict[str, PartPrice | None]:
    """List prices of the day for the parts of the returns among the cases."""
    parts = {line.part_number for case in cases for line in getattr(case.details, "lines", ())}
    return {part: register.price_on(c, part, calendar.local_day(at)) for part in parts}
