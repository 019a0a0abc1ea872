"""A desk, a customer and her request, and the means to make things happen to it: pure values, no database, no clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from mailflow.cases import decide
from mailflow.cases.service_request.facts import RequestFacts
from mailflow.handling.facts.service_request import with_wishes
from mailflow.message.model import Address, Extracted, Mail
from mailflow.message.staff.command import parse_commands
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.decision import ChangeCase, Decision, Note, SendNotice, SetDeadline
from mailflow.policy.derivation import Step
from mailflow.policy.desk import MailboxRole
from mailflow.policy.entitlement import Entitlement
from mailflow.policy.event import CommandGiven, DeadlineFell, MailReceived, SenderRole
from mailflow.policy.register import Contact, Contract, Device
from mailflow.settings import shipped_desks
from mailflow.toml_file import load_desk

DESK = load_desk(shipped_desks() / "huawei-tac")
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""A Friday, 11:00 in Bucharest."""
SERIAL = "2102352KLM10L5000456"
COMPLETE = Extracted(serials=(SERIAL,), symptoms="The card reboots.", priority="P2")
ENTITLED = Entitlement("entitled")
ANNA, BEN, MANAGER = "anna@customer.example", "ben@customer.example", "manager@tac.example"
CUSTOMER, STAFF = (ANNA,), ("ccr@tac.example", "cse@tac.example")
CONTRACT = Contract(
    number="HC-1",
    company="Customer",
    domains=("customer.example",),
    service_level="9x5xNBD",
    programme="hicare",
    start=date(2026, 1, 1),
    end=date(2027, 12, 31),
    site_address="5 Station Street, 00-950 Warsaw, Poland",
)
DEVICE = Device(serial=SERIAL, part_number="02352KLM", model="NE40E-X8", contract="HC-1")
CONTACTS = tuple(Contact(email=one, name=one[:4].title(), company="Customer", contract="HC-1", role="customer") for one in (ANNA, BEN))


def mail_of(sender: str = ANNA, *, to: tuple[str, ...] = (), cc: tuple[str, ...] = (), at: datetime = AT, **changes: Any) -> MailReceived:
    """A mail of somebody who takes part in no case yet, vouched for by the border."""
    given = {"sender_role": SenderRole.KNOWN, "extracted": COMPLETE, "authenticated": True, "new_text": "The card reboots.", **changes}
    mail = Mail(
        senders=(Address(sender, sender[:4].title()),),
        to=tuple(Address(one) for one in to),
        cc=tuple(Address(one) for one in cc),
        subject="Card",
        text=given["new_text"],
    )
    return MailReceived(mail=mail, at=at, **{"mailbox_role": MailboxRole.TAC, **given})


def reply_of(sender: str = ANNA, text: str = "Any news?", **changes: Any) -> MailReceived:
    """A participant's mail in a running case, which says nothing new of the device."""
    return mail_of(sender, **{"sender_role": SenderRole.PARTICIPANT, "new_text": text, "extracted": Extracted(), **changes})


def facts(**changes: Any) -> RequestFacts:
    given: dict[str, Any] = {
        "calendar": calendar_for("RO", "Europe/Bucharest", DESK.calendar),
        "language": "en",
        "country": "RO",
        "timezone": "Europe/Bucharest",
        "entitlement": ENTITLED,
        "new_numbers": {"service_request": "SR-100001"},
        **changes,
    }
    return RequestFacts(**given)


def in_contract(**changes: Any) -> RequestFacts:
    """The facts of a customer whose contract, device and contacts the register knows."""
    return facts(**{"contract": CONTRACT, "contacts": CONTACTS, "devices": {SERIAL: DEVICE}, **changes})


def open_with(event: MailReceived, known: RequestFacts | None = None, now: datetime = AT) -> Decision:
    return decide("service_request", None, event, with_wishes(known or facts(), event), DESK, now)


def request(event: MailReceived | None = None, known: RequestFacts | None = None, **changes: Any) -> Case:
    """SR-100001 of Anna, accepted with P2 unless changed; what is no field of a case is one of its details."""
    case = open_with(event or mail_of(), known).case
    assert case is not None
    own = {name: value for name, value in changes.items() if hasattr(case, name)}
    details = {name: value for name, value in changes.items() if name not in own}
    return replace(case, **own, details=replace(case.details, **details))


def receive(case: Case, event: MailReceived, known: RequestFacts | None = None, now: datetime | None = None) -> Decision:
    return decide("service_request", case, event, with_wishes(known or facts(), event), DESK, now or event.at)


def command(case: Case, line: str, by: str = "ccr@tac.example", known: RequestFacts | None = None, **changes: Any) -> Decision:
    event = CommandGiven(command=parse_commands(line).commands[0], by=by, roles=DESK.roles_of(by), at=AT)
    return decide("service_request", case, event, replace(known or facts(), **changes), DESK, AT)


def fall(case: Case, kind: str, key: str = "") -> Decision:
    return decide("service_request", case, DeadlineFell(kind=kind, key=key, due_at=AT), facts(), DESK, AT)


def after(decision: Decision) -> Case:
    assert decision.case is not None
    return decision.case


def letters(decision: Decision) -> list[tuple[str, tuple[str, ...]]]:
    """(name, to) of each letter."""
    return [(one.notice.rpartition("/")[2], one.to) for one in decision.effects if isinstance(one, SendNotice)]


def letter(decision: Decision, name: str) -> SendNotice:
    """The one letter of that name."""
    found = [one for one in decision.effects if isinstance(one, SendNotice) and one.notice == f"service_request/{name}"]
    assert len(found) == 1, [name for name, _ in letters(decision)]
    return found[0]


def flags(decision: Decision) -> list[Step]:
    """What staff are asked to notice."""
    return list(letter(decision, "customer_message").values["flags"])


def flag_names(decision: Decision) -> list[str]:
    return [flag.name for flag in flags(decision)]


def deadlines(decision: Decision) -> list[tuple[str, str, datetime]]:
    return [(one.kind, one.key, one.at) for one in decision.effects if isinstance(one, SetDeadline)]


def notes(decision: Decision) -> list[str]:
    return [one.text for one in decision.effects if isinstance(one, Note)]


def changed_cases(decision: Decision) -> list[Case]:
    return [one.case for one in decision.effects if isinstance(one, ChangeCase)]
