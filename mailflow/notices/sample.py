"""Sample values of every notice, for `mailflow preview` and the template check (OUT3). Invented, and the same at every call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from mailflow.policy.case import Case, Parcel, RmaDetails, RmaLine, ServiceRequestDetails
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Term, Unit

NOW = datetime(2026, 11, 20, 14, 10, tzinfo=UTC)
ZONE = "Europe/Bucharest"
SERIAL = "2102113456AB7N000123"
OTHER_SERIAL = "2102113456AB7N000124"
PART = "02113456"
DUE = date(2026, 12, 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleDesk:
    """The desk as templates see it."""

    title: str = "Example Technical Assistance Centre"
    telephone: str = "+40 21 555 0100"
    signature: tuple[str, ...] = ("Your Technical Assistance Centre", "Example Networks")
    address: str = "tac@tac.example"
    receiving_address: str = "receiving@tac.example"
    return_address: tuple[str, ...] = ("Example Networks, Receiving", "12 Warehouse Road", "077190 Voluntari", "Romania")
    terms: tuple[str, ...] = ("Parts travel at the sender's risk.", "Parts that do not come back may be invoiced at the list price.")
    return_instructions: tuple[str, ...] = (
        "Only the original faulty parts; extra memory, accessories and power cables stay with you.",
        "Original packing, or anti-static packing that suits the transport.",
        "The RMA number on every carton and on the shipping documents.",
    )


def sample_values(notice: str) -> dict[str, Any]:
    """All variables of a notice, e.g. `rma/reminder`. A notice unknown here gets those that every template has."""
    kind, _, name = notice.partition("/")
    shared = _frame(_return() if kind == "rma" else _request())
    if kind == "rma":
        shared |= {"rma": shared["case"].details, "lines": LINES, "valid_through": shared["case"].details.valid_through}
    makers: Mapping[str, Mapping[str, Callable[[], dict[str, Any]]]] = {
        "service_request": REQUEST_NOTICES,
        "rma": RETURN_NOTICES,
        "staff": STAFF_NOTICES,
    }
    return shared | makers.get(kind, {}).get(name, dict)()


def _frame(case: Case) -> dict[str, Any]:
    return {
        "number": case.number,
        "case": case,
        "desk": SampleDesk(),
        "reply_address": f"tac+{case.number.lower()}.mfqwcylbmfqwcylbmfqwcylbmf@tac.example",
        "timezone": ZONE,
        "language": case.language,
        "now": NOW,
    }


def _request() -> Case:
    details = ServiceRequestDetails(
        name="Anna Kowalska",
        telephone="+48 22 555 0123",
        contract="C-2026-0815",
        model="Example Router 5800",
        serials=(SERIAL,),
        software_version="V200R022C10",
        site_address="5 Station Street, Warsaw",
        symptoms="Since 8:40 slot 3 reports a fabric fault and every second packet is lost.",
    )
    return Case(
        number="SR-100042",
        kind="service_request",
        desk="huawei-tac",
        state="in progress",
        opened_at=NOW,
        language="en",
        country="RO",
        timezone=ZONE,
        customer="anna@customer.example",
        customer_name="Anna Kowalska",
        company="Customer Networks",
        participants=("anna@customer.example",),
        subject="Packet loss on slot 3",
        contract="C-2026-0815",
        priority="P2",
        assignee="cse@tac.example",
        details=details,
    )


LINES = (
    RmaLine(
        part_number=PART,
        description="Line card 48 x 10GE",
        authorised=2,
        serials=(SERIAL, OTHER_SERIAL),
        announced=(Parcel(carrier="DHL", tracking="JD0146000098", on=NOW, quantity=1, serials=(SERIAL,)),),
        received=1,
        received_serials=(SERIAL,),
    ),
    RmaLine(part_number="02270099", description="Power module 1200 W", authorised=1),
)
RETURN_STEPS: Derivation = (
    Step("counted_from", {"day": date(2026, 11, 20)}),
    Step("term_business_days", {"amount": 15, "country": "RO"}),
    Step("holiday", {"day": date(2026, 11, 30), "holiday": "Saint Andrew's Day", "country": "RO"}),
    Step("holiday", {"day": date(2026, 12, 1), "holiday": "National Day", "country": "RO"}),
    Step("term_ends", {"day": DUE}),
)
RESPONSE_STEPS: Derivation = (
    Step("response_clock", {"at": NOW, "timezone": ZONE, "from": "acceptance", "priority": "P2"}),
    Step("response_term", {"amount": 60, "unit": "minutes", "priority": "P2"}),
    Step("response_due", {"at": NOW.replace(hour=15), "timezone": ZONE}),
)
ENTITLEMENT_STEPS: Derivation = (
    Step("device_known", {"serial": SERIAL, "contract": "C-2026-0815"}),
    Step("contract_in_force", {"contract": "C-2026-0815", "start": date(2026, 1, 1), "end": date(2026, 12, 31)}),
    Step("sender_of_domain", {"contract": "C-2026-0815", "domain": "customer.example"}),
)
PARCEL = Parcel(carrier="DHL", tracking="JD0146000777", on=NOW, quantity=3)


def _return() -> Case:
    details = RmaDetails(
        type="advance",
        service_level="9x5xNBD",
        lines=LINES,
        issued_at=NOW,
        valid_through=date(2026, 12, 20),
        replacement=PARCEL,
        delivered_on=date(2026, 11, 20),
        return_due=DUE,
        return_steps=RETURN_STEPS,
    )
    return replace(_request(), number="RMA-100007", kind="rma", state="replacement delivered", parent="SR-100042", details=details)


UNDERSTOOD = (
    ("serial", SERIAL),
    ("contract", "C-2026-0815"),
    ("symptoms", "Since 8:40 slot 3 reports a fabric fault\nand every second packet is lost."),
)
SUMMARY = (
    ("Customer", "Anna Kowalska <anna@customer.example>"),
    ("Company", "Customer Networks"),
    ("Contract", "C-2026-0815"),
    ("Priority", "P2"),
    ("Serial numbers", SERIAL),
)
HISTORY = ((NOW.replace(hour=8), "request registered"), (NOW.replace(hour=9), "accepted with priority P2"))
OUTSTANDING = tuple(line for line in LINES if line.outstanding)
AMOUNTS = (
    (PART, 1, Decimal("12500.00"), Decimal("12500.00"), "USD"),
    ("02270099", 1, Decimal("980.50"), Decimal("980.50"), "USD"),
)
OWED = {
    "return_due": DUE,
    "outstanding": OUTSTANDING,
    "amounts": AMOUNTS,
    "totals": (("USD", Decimal("13480.50")),),
    "steps": RETURN_STEPS,
}
PROBLEMS = (
    ("2 x 02119999", "not_authorised", {"part": "02119999"}),
    ("1 x 02113456 2102113456AB7N000999", "wrong_serial", {"serial": "2102113456AB7N000999", "expected": f"{SERIAL}, {OTHER_SERIAL}"}),
)

REQUEST_NOTICES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "acknowledgement": lambda: {"understood": UNDERSTOOD, "next_step": (Step("next_step_staff_review", {"at": NOW}),)},
    "information_request": lambda: {
        "understood": UNDERSTOOD[1:],
        "missing": ("serial", "symptoms"),
        "reminder": False,
        "next_step": (Step("next_step_information"),),
    },
    "accepted": lambda: {
        "understood": UNDERSTOOD,
        "next_step": (Step("next_step_engineer", {"at": NOW.replace(hour=15)}),),
        "priority": "P2",
        "response_due": NOW.replace(hour=15),
        "steps": RESPONSE_STEPS,
        "entitlement_steps": ENTITLEMENT_STEPS,
    },
    "customer_message": lambda: {
        "text": "Hello,\n\nslot 3 reports a fabric fault since 8:40.\n\n  slot 3   FAULT   fabric\n  slot 4   normal\n\nRegards\nAnna",
        "sender": "anna@customer.example",
        "summary": SUMMARY,
        "is_new": True,
        "attachment_names": ("alarms.txt", "slot-3.jpg"),
        "commands": ("/assign me", f"/rma advance 1 x {PART} serial {SERIAL}", "/resolve"),
        "steps": ENTITLEMENT_STEPS,
    },
    "staff_message": lambda: {
        "text": "Hello Anna,\n\nplease reseat the card in slot 3 and send us the alarms again.\n\nBest regards\nMihai"
    },
    "response_warning": lambda: {"percent": 50, "response_due": NOW.replace(hour=15), "steps": RESPONSE_STEPS},
    "response_breached": lambda: {"response_due": NOW.replace(hour=15), "steps": RESPONSE_STEPS},
    "status": lambda: {
        "rows": (("Priority", "P2"), ("Response by", "20 November 2026, 17:00 (Bucharest)"), ("RMA-100007", "announced")),
        "history": HISTORY,
    },
    "resolved": lambda: {"text": "The card was replaced and the loss is gone."},
    "survey": lambda: {"scores": (1, 2, 3, 4, 5)},
    "escalation_received": lambda: {"by": "Elena Ionescu"},
    "escalation_brief": lambda: {"reason": "No progress for two days, production is down.", "summary": SUMMARY, "history": HISTORY},
    "escalation_incomplete": lambda: {"missing": ("number", "reason")},
    "handover": lambda: {"text": "Slot 3 reports a fabric fault.\nReseating did not help.", "summary": SUMMARY},
    "late_notice": lambda: {"arrived_at": NOW},
    "alarm_registered": lambda: {"text": "FabricFault slot=3 severity=major"},
}

RETURN_NOTICES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "customer_request_verification": lambda: {
        "sla_steps": (
            Step("service_level", {"level": "9x5xNBD"}),
            Step("confirmed", {"at": NOW, "timezone": ZONE}),
            Step("after_cutoff", {"cutoff": "15:00"}),
            Step("delivered_on", {"day": date(2026, 11, 24)}),
        ),
        "sla_moment": None,
        "sla_day": date(2026, 11, 24),
        "return_due": None,
        "return_term": Term(15, Unit.BUSINESS_DAYS),
        "version": 1,
        "changes": (),
    },
    "validity_warning": lambda: {"days_left": 7},
    "return_notification_received": lambda: {"accepted": ((PART, 1, SERIAL), ("02270099", 1, "")), "problems": PROBLEMS},
    "return_notification_rejected": lambda: {"problems": PROBLEMS},
    "replacement_shipped": lambda: {"parcel": PARCEL},
    "extended": lambda: {
        "return_due": date(2026, 12, 22),
        "steps": (*RETURN_STEPS, Step("extended", {"days": 5, "by": "anna@customer.example", "reason": "", "due": date(2026, 12, 22)})),
    },
    "waived": lambda: {"reason": "lost in transit"},
    "cancelled": lambda: {"reason": "the fault was in the cabling"},
    "disputed": lambda: {"text": "We sent two cards, you booked one.", "sender": "anna@customer.example"},
    "reminder": lambda: {
        "return_due": DUE,
        "steps": RETURN_STEPS,
        "outstanding": OUTSTANDING,
        "days_left": 5,
        "in_transit": (f"{PART}: DHL JD0146000098",),
    },
    "final_notice": lambda: {**OWED, "invoice_on": date(2026, 12, 23), "in_transit": ("02119999: DHL 998877",)},
    "invoice_request": lambda: {**OWED, "delivered_on": date(2026, 11, 20)},
    "invoice_notice": lambda: {**OWED, "delivered_on": date(2026, 11, 20)},
    "invoice_withdrawn": lambda: {"reason": "the last part came back"},
    "receipt_notification": lambda: {
        "rows": ((PART, "Line card 48 x 10GE", 2, 1, 1, 1, 1), ("02270099", "Power module 1200 W", 1, 0, 0, 0, 1)),
        "differences": (
            ("wrong_serial", {"part": PART, "serial": "2102113456AB7N000999", "expected": OTHER_SERIAL}),
            ("short", {"part": "02270099", "quantity": 1}),
        ),
        "extras": ("one power cord",),
        "booked_on": NOW,
    },
    "repaired_shipped": lambda: {"parcel": PARCEL},
}

STAFF_NOTICES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "command_result": lambda: {
        "results": (("/assign me", "SR-100042 is assigned to cse@tac.example"), ("/priority P1", "SR-100042 has priority P1 now")),
        "note_kept": True,
        "note": "Called Anna, she reseats the card this afternoon.",
    },
    "command_refused": lambda: {
        "lines": (("/asign me", "there is no such command", "/assign me|ADDRESS"),),
        "reason": "",
    },
    "confirmation_request": lambda: {"code": "K7QX", "line": "/waive RMA-100007 lost in transit", "summary": "waive 2 outstanding parts"},
    "digest": lambda: {
        "sections": (("Clocks about to break", ("SR-100042: response by 17:00",)), ("Unreturned parts", ("RMA-100007: 2 due 15 December",)))
    },
    "quarantine_alert": lambda: {
        "mailbox": "tac@tac.example",
        "sender": "stranger@elsewhere.example",
        "subject": "invoice",
        "reason": "marked as spam at the border",
        "inbound": 4711,
    },
    "bounce_alert": lambda: {
        "address": "anna@customer.example",
        "reason": "5.1.1 no such user",
        "notice": "service_request/accepted",
    },
}
