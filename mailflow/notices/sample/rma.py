"""Sample values of the notices of a return."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from mailflow.notices.attachments.finance_files import EvidenceLetter
from mailflow.notices.sample.frame import DUE, NOW, OTHER_SERIAL, PART, SERIAL, ZONE
from mailflow.notices.sample.service_request import sample_request
from mailflow.policy.case import Case, Parcel, RmaDetails, RmaLine
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.desk import Term, Unit
from mailflow.policy.facts import SentNotice
from mailflow.policy.return_term import ReturnTerm

LATER = date(2026, 12, 22)
RETURN_STEPS: Derivation = (
    Step("replacement_arrived", {"day": date(2026, 11, 20)}),
    Step("term_business_days", {"amount": 15, "country": "RO"}),
    Step("holiday", {"day": date(2026, 11, 30), "holiday": "Saint Andrew's Day", "country": "RO"}),
    Step("holiday", {"day": date(2026, 12, 1), "holiday": "National Day", "country": "RO"}),
    Step("term_ends", {"day": DUE}),
)
TERM = ReturnTerm(quantity=2, delivered_on=date(2026, 11, 20), due=DUE, steps=RETURN_STEPS)
LINES = (
    RmaLine(
        part_number=PART,
        description="Line card 48 x 10GE",
        authorised=2,
        serials=(SERIAL, OTHER_SERIAL),
        announced=(Parcel(carrier="DHL", tracking="JD0146000098", on=NOW, quantity=1, serials=(SERIAL,)),),
        received=1,
        received_serials=(SERIAL,),
        terms=(TERM,),
    ),
    RmaLine(part_number="02270099", description="Power module 1200 W", authorised=2, terms=(replace(TERM, quantity=1, due=LATER),)),
)
PARCEL = Parcel(carrier="DHL", tracking="JD0146000777", on=NOW, quantity=3)


def sample_return() -> Case:
    details = RmaDetails(
        type="advance",
        service_level="9x5xNBD",
        lines=LINES,
        issued_at=NOW,
        valid_through=date(2026, 12, 20),
        replacements=(PARCEL,),
    )
    return replace(sample_request(), number="RMA-100007", kind="rma", state="replacement delivered", parent="SR-100042", details=details)


OWED_PARTS = tuple(row for line in LINES for row in line.owed)
OUTSTANDING = tuple(row for row in OWED_PARTS if row.due)
AMOUNTS = (
    (PART, 1, Decimal("12500.00"), Decimal("12500.00"), "USD", DUE),
    ("02270099", 1, Decimal("980.50"), Decimal("980.50"), "USD", LATER),
)
OWED = {
    "due_days": (DUE, LATER),
    "delivered_days": (date(2026, 11, 20), date(2026, 11, 27)),
    "outstanding": OUTSTANDING,
    "amounts": AMOUNTS,
    "totals": (("USD", Decimal("13480.50")),),
    "steps": RETURN_STEPS,
}
PROBLEMS = (
    ("2 x 02119999", "not_authorised", {"part": "02119999"}),
    ("1 x 02113456 2102113456AB7N000999", "wrong_serial", {"serial": "2102113456AB7N000999", "expected": f"{SERIAL}, {OTHER_SERIAL}"}),
)

EVIDENCE = (
    EvidenceLetter(
        file="mails/01-final-notice.eml",
        name="rma/final_notice",
        subject="[RMA-100007] Final notice: parts not returned",
        message_id="5d1c@tac.example",
        written_at=NOW,
        raw=b"Subject: [RMA-100007] Final notice: parts not returned",
        deliveries=(
            SentNotice(
                name="rma/final_notice",
                recipient="anna@customer.example",
                written_at=NOW,
                message_id="5d1c@tac.example",
                accepted_at=NOW,
                response="250 2.0.0 Ok: queued as 4XyZ",
            ),
            SentNotice(
                name="rma/final_notice",
                recipient="jan@customer.example",
                written_at=NOW,
                message_id="5d1c@tac.example",
                bounced_at=NOW,
                bounce_reason="5.1.1 no such user",
            ),
        ),
    ),
)

NOTICES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "customer_request_verification": lambda: {
        "sla_steps": (
            Step("service_level", {"level": "9x5xNBD"}),
            Step("confirmed", {"at": NOW, "timezone": ZONE}),
            Step("after_cutoff", {"cutoff": "15:00"}),
            Step("delivered_on", {"day": date(2026, 11, 24)}),
        ),
        "sla_moment": None,
        "sla_day": date(2026, 11, 24),
        "owed": OWED_PARTS,
        "days": (DUE, LATER),
        "return_term": Term(15, Unit.BUSINESS_DAYS),
        "validity_steps": (Step("rma_valid_from", {"day": date(2026, 11, 20)}), Step("term_days", {"amount": 30, "country": "RO"})),
        "ship_to": "Strada Exemplului 1, Cluj-Napoca",
        "version": 1,
        "changes": (),
    },
    "validity_warning": lambda: {"days_left": 7},
    "return_notification_received": lambda: {
        "accepted": ((PART, 2, (SERIAL, OTHER_SERIAL)), ("02270099", 1, ())),
        "problems": PROBLEMS,
        "remarks": (("soon", "unread_ship_date", {}),),
        "parcels": (("DHL", "", None, 2),),
        "tracking": False,
        "invoice_on": None,
        "grace_until": None,
        "today": NOW.date(),
    },
    "return_notification_rejected": lambda: {"problems": PROBLEMS, "late": False},
    "delivery_question": lambda: {
        "impossible_day": date(2026, 11, 1),
        "parcels": (PARCEL,),
        "awaited": OWED_PARTS[-1:],
        "wants_time": True,
    },
    "replacement_shipped": lambda: {
        "parcel": PARCEL,
        "visit_at": datetime(2026, 11, 24, 8, 30, tzinfo=UTC),
        "engineer": "Mihai Popa",
        "moved": False,
    },
    "extended": lambda: {
        "days": (DUE, LATER),
        "owed": OWED_PARTS,
        "today": DUE,
        "steps": (
            *RETURN_STEPS,
            Step("extended", {"amount": 5, "unit": "business days", "by": "anna@customer.example", "reason": "", "due": LATER}),
        ),
        "asked_days": 10,
        "granted_days": 5,
        "unit": "business days",
        "asked_for_validity": False,
        "invoice_on": None,
    },
    "revalidation_request": lambda: {"announced": True},
    "waived": lambda: {"reason": "lost in transit"},
    "cancelled": lambda: {"reason": "the fault was in the cabling"},
    "disputed": lambda: {"text": "We sent two cards, you booked one.", "sender": "anna@customer.example"},
    "reminder": lambda: {
        "return_due": DUE,
        "steps": RETURN_STEPS,
        "outstanding": OUTSTANDING[:1],
        "days_left": 5,
        "in_transit": ((f"1 × {PART}: DHL JD0146000098", LATER),),
        "not_arrived": ("1 × 02270099: DHL 998877",),
        "extension_days": 5,
        "extension_unit": "business days",
        "unit": "business days",
    },
    "final_notice": lambda: {
        "return_due": DUE,
        "outstanding": OUTSTANDING[:1],
        "amounts": AMOUNTS[:1],
        "totals": (("USD", Decimal("12500.00")),),
        "steps": RETURN_STEPS,
        "unpriced": ("02119999",),
        "invoice_on": date(2026, 12, 23),
        "invoice_steps": (
            Step("final_notice_given", {"day": date(2026, 12, 16)}),
            Step("term_business_days", {"amount": 5, "country": "RO"}),
            Step("invoice_asked_on", {"day": date(2026, 12, 23)}),
        ),
        "in_transit": ((f"1 × {PART}: DHL JD0146000098", LATER),),
        "not_arrived": ("1 × 02119999: DHL 998877",),
        "extension_days": 5,
        "extension_unit": "business days",
    },
    "invoice_request": lambda: dict(OWED),
    "evidence": lambda: {**OWED, "letters": EVIDENCE},
    "invoice_notice": lambda: {**OWED, "not_arrived": (f"1 × {PART}: DHL JD0146000098",)},
    "invoice_withdrawn": lambda: {
        "reason": Step("rma_all_came_back", {}),
        "amounts": AMOUNTS,
        "totals": OWED["totals"],
        "invoice_number": "INV-2026-0042",
        "for_finance": True,
        "asked_anew": AMOUNTS[1:],
        "anew_on": LATER,
    },
    "receipt_notification": lambda: {
        "rows": (
            (PART, "Line card 48 x 10GE", 2, 1, 1, 1, 1, (SERIAL,), (OTHER_SERIAL,)),
            ("02270099", "Power module 1200 W", 1, 0, 0, 0, 1, (), ()),
        ),
        "differences": (
            ("wrong_serial", {"part": PART, "serial": "2102113456AB7N000999", "expected": OTHER_SERIAL}),
            ("short", {"part": "02270099", "quantity": 1}),
        ),
        "extras": ("one power cord",),
        "booked_on": NOW,
        "corrections": ((PART, 2, 1),),
        "is_corrected": False,
        "asks": True,
        "invoice_on": None,
        "today": DUE,
        "is_late": False,
    },
    "repaired_shipped": lambda: {"parcel": PARCEL},
}
