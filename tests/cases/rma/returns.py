"""A return, what is known of it, and the means to let things happen to it: values only, no store and no clock."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from mailflow.cases import decide
from mailflow.cases.rma.details import Return, RmaDetails
from mailflow.cases.rma.facts import RmaFacts
from mailflow.cases.rma.units import Announcement, Obligation, Unit
from mailflow.message.customer.one_line import CustomerLine
from mailflow.message.model import Address, Extracted, Mail, ReturnNotification
from mailflow.message.staff.command import parse_commands
from mailflow.policy.calendar import calendar_for
from mailflow.policy.case import Case
from mailflow.policy.decision import Decision, SendNotice, Sentence, SetDeadline
from mailflow.policy.derivation import Step
from mailflow.policy.desk import Desk, MailboxRole
from mailflow.policy.event import CommandGiven, DeadlineFell, MailReceived, NoticeBounced, SenderRole
from mailflow.policy.facts import SentNotice
from mailflow.policy.register import Contact, PartPrice
from mailflow.settings import shipped_desks
from mailflow.toml_file import load_desk

DESK = load_desk(shipped_desks() / "huawei-tac")
ISSUED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 12, 28, 10, 0, tzinfo=UTC)
PART = "03057BGH"
PRICE = PartPrice(part_number=PART, description="", list_price=Decimal("12500.00"), currency="EUR", valid_from=date(2026, 1, 1))
ANNA, JAN, EWA = "anna@customer.example", "jan@customer.example", "ewa@customer.example"
CUSTOMER, CCR, WAREHOUSE, FINANCE = (ANNA,), ("ccr@tac.example",), ("warehouse@tac.example",), ("finance@tac.example",)
CONTACTS = tuple(
    Contact(email=email, name=email.partition("@")[0].title(), company="Customer", contract="HC-1", role="customer")
    for email in (ANNA, EWA)
)
VERIFICATION, REMINDER, FINAL_NOTICE = "rma/customer_request_verification", "rma/reminder", "rma/final_notice"


def sent(
    name: str, number: int = 1, recipient: str = ANNA, *, accepted: bool = True, bounced: bool = False, at: datetime = ISSUED
) -> SentNotice:
    """One letter with its fate."""
    return SentNotice(
        name=name,
        recipient=recipient,
        written_at=at,
        message_id=f"{name}-{number}@tac.example",
        accepted_at=at + timedelta(minutes=1) if accepted else None,
        bounced_at=at + timedelta(hours=1) if bounced else None,
    )


PROVEN = (sent(VERIFICATION), sent(REMINDER, 1), sent(REMINDER, 2), sent(FINAL_NOTICE))
"""What BX4 asks for."""


TOLD = (
    *((f"reminder 2026-12-15 {at:%d}", at) for at in (ISSUED, *(datetime(2026, 12, day, 8, tzinfo=UTC) for day in (8, 11, 15)))),
    *((f"final_notice 2026-12-15 {at:%d}", at) for at in (ISSUED, datetime(2026, 12, 16, 8, tzinfo=UTC))),
)
"""When the notices about the parts that were due on 15 December were written, as far as tests let them be written."""


def facts(country: str = "PL", timezone: str = "Europe/Warsaw", **changes: object) -> RmaFacts:
    given = {"prices": {PART: PRICE}, "confirmation_code": "ABC234", "sent_notices": PROVEN, "contacts": CONTACTS, **changes}
    return RmaFacts(calendar=calendar_for(country, timezone, DESK.calendar), language="en", country=country, timezone=timezone, **given)


Part = tuple[Unit, ...]
"""The units of one part, as `part` makes them."""


def parcel(tracking: str, on: datetime, quantity: int = 1, *, carrier: str = "DHL") -> tuple[Announcement, int]:
    """A parcel of the customer, with how many units travel in it."""
    return Announcement(carrier=carrier, tracking=tracking, on=on), quantity


def part(
    part_number: str,
    authorised: int = 1,
    *,
    serials: tuple[str, ...] = (),
    description: str = "",
    received: int = 0,
    received_serials: tuple[str, ...] = (),
    waived: int = 0,
    announced: tuple[tuple[Announcement, int], ...] = (),
    obligations: tuple[Obligation, ...] = (),
) -> Part:
    """So many units of a part; the first ones are back, the next ones waived. Parcels hold those that are left."""
    expected = (*serials, *("" for _ in range(authorised - len(serials))))
    moving = [label for label, quantity in announced for _ in range(quantity)]
    here = (*received_serials, *("" for _ in range(received - len(received_serials))))
    return tuple(
        Unit(
            place=0,
            part_number=part_number,
            description=description,
            serial=serial,
            received_at=ISSUED if number < received else None,
            received_serial=here[number] if number < received else "",
            waived=received <= number < received + waived,
            announcement=moving[number - received - waived] if 0 <= number - received - waived < len(moving) else None,
            obligation=obligations[number] if number < len(obligations) else None,
        )
        for number, serial in enumerate(expected)
    )


def numbered(parts: Iterable[Part]) -> tuple[Unit, ...]:
    """The parts of a return, each unit with its place."""
    return tuple(replace(unit, place=place) for place, unit in enumerate((unit for units in parts for unit in units), 1))


def case(
    type_: str = "advance",
    *,
    parts: tuple[Part, ...] = (part(PART, 2),),
    return_due: date | None = None,
    delivered_on: date = date(2026, 11, 24),
    notices: tuple[tuple[str, datetime], ...] = (),
    invoice_on: date | None = None,
    **details: object,
) -> Return:
    """Two parts, issued on 20 November 2026, valid through 20 December; with `return_due` all were delivered at once."""
    units = numbered(parts)
    if return_due is not None:
        obligation = Obligation(delivered_on=delivered_on, due=return_due, notices=notices, invoice_on=invoice_on)
        units = tuple(replace(unit, obligation=obligation) for unit in units)
    given = {"units": units, "valid_through": date(2026, 12, 20), **details}
    return Case(
        number="RMA-100001",
        kind="rma",
        desk="huawei-tac",
        state="replacement delivered" if type_ == "advance" else "issued",
        opened_at=ISSUED,
        language="en",
        country="PL",
        timezone="Europe/Warsaw",
        customer=ANNA,
        participants=(ANNA, JAN),
        details=RmaDetails(type=type_, service_level="9x5xNBD", issued_at=ISSUED, **given),
    )


def overdue(**details: object) -> Case:
    """Two parts were due on 15 December; the final notice went out on the 16th."""
    given = {"return_due": date(2026, 12, 15), "notices": TOLD, "invoice_on": date(2026, 12, 23), **details}
    return replace(case(**given), state="overdue")


def requested() -> Case:
    """Finance was asked on 23 December to invoice both parts."""
    asked = after(fall("invoice_request", "", local_nine(2026, 12, 23), overdue()))
    assert asked.state == "to be invoiced"
    return asked


def local_nine(year: int, month: int, day: int) -> datetime:
    """09:00 in Warsaw in winter."""
    return datetime(year, month, day, 8, 0, tzinfo=UTC)


def fall(kind: str, key: str, at: datetime, subject: Case, desk: Desk = DESK, known: RmaFacts | None = None) -> Decision:
    """A deadline falls. Clocks of a day carry it in their key: of the first day that is due, where the test names none."""
    if kind in ("reminder", "final_notice") and not key.startswith("20") and subject.details.return_due:
        key = f"{subject.details.return_due.isoformat()} {key}".strip()
    return decide("rma", subject, DeadlineFell(kind=kind, key=key, due_at=at), known or facts(), desk, at)


def command(
    subject: Case,
    line: str,
    *,
    by: str = "ccr@tac.example",
    confirmed: bool = False,
    at: datetime = NOW,
    known: RmaFacts | None = None,
    desk: Desk = DESK,
) -> Decision:
    event = CommandGiven(command=parse_commands(line).commands[0], by=by, roles=desk.roles_of(by), at=at, confirmed=confirmed)
    return decide("rma", subject, event, known or facts(), desk, at)


def answer(
    subject: Case,
    line: CustomerLine | None,
    sender: str = ANNA,
    *,
    at: datetime = NOW,
    form: ReturnNotification | None = None,
    answers: str = "",
    text: str = "",
    known: RmaFacts | None = None,
) -> Decision:
    event = MailReceived(
        mail=Mail(senders=(Address(sender),)),
        at=at,
        new_text=text or (line.kind.upper() if line else ""),
        sender_role=SenderRole.PARTICIPANT,
        authenticated=True,
        mailbox_role=MailboxRole.TAC,
        extracted=Extracted(),
        customer_line=line,
        return_notifications=(form,) if form else (),
        answers_notice=answers,
    )
    return decide("rma", subject, event, known or facts(), DESK, at)


def bounce(subject: Case, notice: str, address: str, known: RmaFacts, at: datetime = NOW) -> Decision:
    return decide("rma", subject, NoticeBounced(notice=notice, address=address, at=at), known, DESK, at)


def after(decision: Decision) -> Case:
    assert decision.case is not None
    return decision.case


def deadlines(effects: Iterable[object]) -> list[tuple[str, str, datetime]]:
    """What was set, in the order of time: kind, key without the day to which the clock belongs, moment."""
    found = [(one.kind, re.sub(r"^\d{4}-\d\d-\d\d ?", "", one.key), one.at) for one in effects if isinstance(one, SetDeadline)]
    return sorted(found, key=lambda one: one[2])


def asked_for(subject: Case) -> tuple[tuple[str, int, str, str], ...]:
    """What finance holds: (part number, quantity, unit price, currency)."""
    held = [(unit.invoice.asked_at, unit) for unit in subject.details.units if unit.invoice]
    rows = Counter((at, unit.part_number, str(unit.invoice.unit_price), unit.invoice.currency) for at, unit in held)
    return tuple(
        (number, quantity, price, currency) for (_, number, price, currency), quantity in sorted(rows.items(), key=lambda row: row[0][0])
    )


def requests_of(subject: Case) -> list[tuple[str, list[str]]]:
    """What finance was asked for at once, the oldest first: (number of its invoice, part numbers)."""
    held = [(unit.invoice.asked_at, unit.invoice.number, unit.part_number) for unit in subject.details.units if unit.invoice]
    return [
        (number, [part for at, _, part in held if at == asked_at]) for asked_at, number in sorted({(at, number) for at, number, _ in held})
    ]


def letters(decision: Decision) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.notice, one.to) for one in decision.effects if isinstance(one, SendNotice)]


def letter(decision: Decision, name: str) -> SendNotice:
    (found,) = [one for one in decision.effects if isinstance(one, SendNotice) and one.notice == name]
    return found


def names(told: Sentence) -> tuple[str, ...]:
    """The sentence and the sentences within it, by name."""
    assert isinstance(told, Step)
    inner = [value for held in told.values.values() for value in (held if isinstance(held, tuple) else (held,)) if isinstance(value, Step)]
    return (told.name, *(name for step in inner for name in names(step)))


def careful(desk: Desk = DESK) -> Desk:
    """A desk that wants a human's yes before each invoice request."""
    return replace(desk, returns=replace(desk.returns, human_yes_before_invoice=True))
