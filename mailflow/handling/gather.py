"""Gather what a rule needs: which case a mail belongs to, what its sender may do, and what the register knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from mailflow.handling.office import Office
from mailflow.message.model import Extracted, Mail
from mailflow.message.reference import find_case_numbers, find_case_tokens
from mailflow.policy.calendar import BusinessCalendar, calendar_for
from mailflow.policy.case import Case
from mailflow.policy.case_address import confirmation_code, verify_token
from mailflow.policy.desk import Desk
from mailflow.policy.entitlement import Entitlement, entitlement_of
from mailflow.policy.event import Standing
from mailflow.policy.facts import Facts
from mailflow.policy.register import Contact, Contract, Device, PartPrice
from mailflow.policy.serial_slip import slips_of
from mailflow.store import case as case_rows
from mailflow.store import inbound, notice, register


@dataclass(frozen=True, slots=True)
class Found:
    """The case that a mail speaks of, how it was found, and the notice of ours that it answers ('' for none)."""

    case: Case | None
    how: str
    answers_notice: str = ""


def find_case(c: Connection, office: Office, desk: Desk, mail: Mail, text: str, extra_numbers: Iterable[str] = ()) -> Found:
    """Signed address, known Message-ID, number in subject or text, in this order (IN3). Finding gives no rights."""
    answered = next((row for one in _answered_ids(mail) if (row := notice.by_message_id(c, one)) is not None), None)
    name = answered.name if answered else ""
    for number, how in _candidates(c, office, desk, mail, text, extra_numbers, answered.case_number if answered else None):
        case = case_rows.load(c, number)
        if case is not None and case.desk == desk.name:
            return Found(case, how, name)
    return Found(None, "names no case of ours", name)


def _answered_ids(mail: Mail) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*mail.in_reply_to, *reversed(mail.references[-20:]))))


def _candidates(
    c: Connection, office: Office, desk: Desk, mail: Mail, text: str, extra_numbers: Iterable[str], answered_case: str | None
) -> Iterable[tuple[str, str]]:
    mailboxes = [box.address for box in desk.mailboxes]
    for token in find_case_tokens(mail, mailboxes):
        if number := verify_token(office.address_key, token):
            yield number, "signed case address"
    if answered_case:
        yield answered_case, "answer to a notice of ours"
    for message_id in _answered_ids(mail):
        if number := inbound.message_case(c, message_id):
            yield number, "answer to a mail of the case"
    prefixes = tuple(desk.number_prefixes.values())
    for number in (*extra_numbers, *find_case_numbers(mail.subject, prefixes), *find_case_numbers(text, prefixes)):
        yield number, "case number"


def is_known(c: Connection, sender: str) -> bool:
    """An address whose contact or domain stands in a contract."""
    return bool(register.contracts_for_domain(c, sender.rpartition("@")[2]) or register.find_contact(c, sender))


def standing_of(c: Connection, desk: Desk, case: Case | None, sender: str, *, genuine: bool, known: bool) -> Standing:
    """What the sender may do: rights come from the sender, never from what it names (IN3, OUT6)."""
    if genuine and desk.roles_of(sender):
        return Standing.STAFF
    if case is not None and takes_part(c, case, sender):
        return Standing.PARTICIPANT
    return Standing.KNOWN if known else Standing.STRANGER


def takes_part(c: Connection, case: Case, sender: str) -> bool:
    """A participant: wrote before, is a contact of the contract, or of its domains."""
    if sender in case.participants:
        return True
    if case.contract is None:
        return False
    contract = register.find_contract(c, case.contract)
    contacts = {contact.email for contact in register.contacts_of(c, case.contract)}
    return sender in contacts or (contract is not None and sender.rpartition("@")[2] in contract.domains)


def facts_for_opening(c: Connection, desk: Desk, mail: Mail, extracted: Extracted, at: datetime, mailbox_language: str) -> Facts:
    """What is known of a new request and its sender."""
    sender, domain = mail.sender.address, mail.sender.domain
    contacts = register.find_contact(c, sender)
    devices = register.find_devices(c, extracted.serials)
    contract = _covering(c, devices, sender) or _contract_without_device(c, contacts, domain, sender, extracted.contract, at.date())
    contact = next((one for one in contacts if contract and one.contract == contract.number), next(iter(contacts), None))
    language = _language(desk, contact, contract, mailbox_language)
    country = contract.country if contract and contract.country else desk.calendar.country
    timezone = contract.timezone if contract and contract.timezone else desk.calendar.timezone
    calendar = calendar_for(country, timezone, desk.calendar)
    return Facts(
        calendar=calendar,
        language=language,
        country=country,
        timezone=timezone,
        entitlement=_entitlement(c, contract, devices, sender, calendar.local_day(at)),
        contract=contract,
        contact=contact,
        devices=devices,
        serial_slips=_slips(c, extracted.serials, devices, sender),
        open_cases_of_serials=tuple(case_rows.open_with_serial(c, extracted.serials)),
        new_numbers={"service_request": case_rows.next_number(c, "service_request", desk.number_prefixes["service_request"])},
    )


def _contract_without_device(
    c: Connection, contacts: Sequence[Contact], domain: str, sender: str, named: str, day: date
) -> Contract | None:
    """The contract that the mail names, the contact's, or the domain's: the first in force that the sender speaks for."""
    by_domain = (contract.number for contract in register.contracts_for_domain(c, domain))
    for number in filter(None, (named, *(contact.contract for contact in contacts), *by_domain)):
        contract = register.find_contract(c, number)
        if contract is not None and contract.start <= day <= contract.end and _speaks_for(c, contract, domain, sender):
            return contract
    return None


def _speaks_for(c: Connection, contract: Contract, domain: str, sender: str) -> bool:
    return domain in contract.domains or any(contact.email == sender for contact in register.contacts_of(c, contract.number))


def _language(desk: Desk, contact: Contact | None, contract: Contract | None, mailbox_language: str) -> str:
    """The contact's stored choice, the contract's, the mailbox's, else the desk's first (OUT5)."""
    wanted = (contact.language if contact else "", contract.language if contract else "", mailbox_language)
    return next((language for language in wanted if language in desk.languages), desk.languages[0])


def facts_for_case(
    c: Connection,
    office: Office,
    desk: Desk,
    case: Case,
    at: datetime,
    *,
    extracted: Extracted | None = None,
    contract: str = "",
    birth: Sequence[str] = (),
) -> Facts:
    """What is known of a running case. `contract` overrides the case's own; `birth` names serials of a return to be opened."""
    calendar = calendar_for(case.country, case.timezone, desk.calendar)
    serials = tuple(dict.fromkeys((*_serials(case), *(extracted.serials if extracted else ()), *birth)))
    devices = register.find_devices(c, serials)
    rmas = tuple(child for child in case_rows.children(c, case.number) if child.kind == "rma")
    chosen = register.find_contract(c, contract or case.contract or "") or _covering(c, devices, case.customer)
    parts = {line.part_number for one in (case, *rmas) for line in getattr(one.details, "lines", ())}
    return Facts(
        calendar=calendar,
        language=case.language,
        country=case.country,
        timezone=case.timezone,
        entitlement=_entitlement(c, chosen, devices, case.customer, calendar.local_day(at)) if serials else None,
        contract=chosen,
        devices=devices,
        serial_slips=_slips(c, extracted.serials, devices, case.customer) if extracted else {},
        prices=_prices(c, parts, calendar, at),
        parent=case_rows.load(c, case.parent) if case.parent else None,
        rmas=rmas,
        open_cases_of_serials=tuple(case_rows.open_with_serial(c, serials)),
        confirmation_code=confirmation_code(office.address_key, case.number, case.version),
    )


def _covering(c: Connection, devices: Mapping[str, Device], sender: str) -> Contract | None:
    """The contract of the first device whose contract the sender speaks for."""
    contracts = (register.find_contract(c, device.contract) for device in devices.values())
    domain = sender.rpartition("@")[2]
    return next((contract for contract in contracts if contract and _speaks_for(c, contract, domain, sender)), None)


def _slips(c: Connection, serials: Iterable[str], devices: Mapping[str, Device], sender: str) -> dict[str, str]:
    """Only devices of contracts that the sender speaks for: the register's serials are not for strangers."""
    found: dict[str, str] = {}
    for serial in serials:
        if serial in devices:
            continue
        near = register.find_devices(c, slips_of(serial))
        if _covering(c, near, sender):
            found[serial] = next(iter(near))
    return found


def _entitlement(c: Connection, contract: Contract | None, devices: Mapping[str, Device], sender: str, day: date) -> Entitlement:
    contacts = tuple(register.contacts_of(c, contract.number)) if contract else ()
    covered = (device for device in devices.values() if contract and device.contract == contract.number)
    device = next(covered, next(iter(devices.values()), None))
    return entitlement_of(contract, device, sender.rpartition("@")[2], sender, contacts, day)


def describe_parts(c: Connection, parts: Iterable[str]) -> dict[str, str]:
    """Part number to its description, '' where the register has none."""
    return {part: register.describe_part(c, part) or "" for part in dict.fromkeys(parts)}


def _serials(case: Case) -> tuple[str, ...]:
    own = getattr(case.details, "serials", ())
    return (*own, *(serial for line in getattr(case.details, "lines", ()) for serial in line.serials))


def _prices(c: Connection, parts: Iterable[str], calendar: BusinessCalendar, at: datetime) -> dict[str, PartPrice | None]:
    return {part: register.price_on(c, part, calendar.local_day(at)) for part in parts}


def why_unanswered(c: Connection, desk: Desk, sender: str, standing: Standing, now: datetime, *, machine: str) -> str:
    """Why a mail gets no automatic answer, '' where it gets one (IN7)."""
    if machine:
        return machine
    known = standing is not Standing.STRANGER
    limit, since = (desk.caps.known_per_hour, timedelta(hours=1)) if known else (desk.caps.unknown_per_day, timedelta(hours=24))
    sent = notice.count_to(c, sender, now - since, immediate_only=False)
    return f"{sender} got {sent} automatic mails in {'an hour' if known else '24 hours'}, the limit is {limit}" if sent >= limit else ""
