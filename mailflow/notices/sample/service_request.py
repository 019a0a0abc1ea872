"""Sample values of the notices of a service request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from mailflow.notices.sample.frame import DUE, NOW, PART, SERIAL, ZONE
from mailflow.policy.case import Case, RmaDetails, RmaLine, ServiceRequestDetails
from mailflow.policy.derivation import Derivation, Step
from mailflow.policy.facts import LastStep
from mailflow.policy.return_term import ReturnTerm


def sample_request() -> Case:
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


def _open_return() -> Case:
    details = RmaDetails(
        type="advance",
        service_level="9x5xNBD",
        lines=(
            RmaLine(
                part_number=PART,
                description="Line card 48 x 10GE",
                authorised=2,
                received=1,
                terms=(ReturnTerm(quantity=2, delivered_on=date(2026, 11, 20), due=DUE),),
            ),
        ),
        issued_at=NOW,
        valid_through=date(2026, 12, 20),
    )
    return replace(sample_request(), number="RMA-100007", kind="rma", state="replacement delivered", details=details)


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
UNDERSTOOD = (
    ("serial", SERIAL),
    ("contract", "C-2026-0815"),
    ("symptoms", "Since 8:40 slot 3 reports a fabric fault\nand every second packet is lost."),
)
SUMMARY = (
    ("customer", "Anna Kowalska <anna@customer.example>"),
    ("company", "Customer Networks"),
    ("contract", "C-2026-0815"),
    ("state", Step("shown_state", {"state": "in progress"})),
    ("priority", "P2"),
    ("assignee", Step("shown_nobody", {})),
    ("serials", SERIAL),
    ("entitlement", Step("shown_entitlement", {"entitlement": "entitled"})),
    ("missing", Step("shown_fields", {"fields": ("contract", "symptoms")})),
)
HISTORY = (
    LastStep(at=NOW.replace(hour=8), subject="Packet loss on slot 3", from_us=False, by="anna@customer.example"),
    LastStep(at=NOW.replace(hour=9), subject="Re: Packet loss on slot 3", from_us=True),
)
TIMELINE = (
    (NOW.replace(hour=8), Step("told_opened", {"by": "anna@customer.example", "text": "Since 8:40 slot 3 reports a fabric fault"})),
    (NOW.replace(hour=8, minute=1), Step("told_accepted", {"number": "SR-100042"})),
    (NOW.replace(hour=9), Step("told_answered", {"by": "cse@tac.example", "text": "Please reseat the card in slot 3."})),
    (NOW.replace(hour=10), Step("told_command", {"by": "cse@tac.example", "line": "/priority P1"})),
    (NOW.replace(hour=11), Step("told_wrote", {"by": "anna@customer.example", "text": "The loss is still there."})),
)

NOTICES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "acknowledgement": lambda: {"trusted": True, "understood": UNDERSTOOD, "next_step": (Step("next_step_staff_review", {"at": NOW}),)},
    "information_request": lambda: {
        "trusted": True,
        "understood": UNDERSTOOD[1:],
        "missing": ("serial", "symptoms"),
        "reminder": False,
        "next_step": (Step("next_step_information"), Step("next_step_asked_again", {"day": date(2026, 11, 24)})),
    },
    "accepted": lambda: {
        "trusted": True,
        "understood": UNDERSTOOD,
        "next_step": (Step("next_step_engineer", {"at": NOW.replace(hour=15)}),),
        "priority": "P2",
        "response_due": NOW.replace(hour=15),
        "steps": RESPONSE_STEPS,
        "entitlement_steps": ENTITLEMENT_STEPS,
    },
    "customer_message": lambda: {
        "text": "Hello,\n\nslot 3 reports a fabric fault since 8:40.\n\n  slot 3   FAULT   fabric\n  slot 4   normal\n\nRegards\nAnna",
        "opening": "",
        "sender": "anna@customer.example",
        "summary": SUMMARY,
        "is_new": True,
        "books": False,
        "attachment_names": ("alarms.txt", "slot-3.jpg"),
        "commands": ("/assign me", f"/rma advance 1 x {PART} serial {SERIAL}", "/resolve"),
        "steps": ENTITLEMENT_STEPS,
        "flags": (
            Step("flag_open_request", {"serial": SERIAL, "number": "SR-100040"}),
            Step("flag_proposed", {"addresses": ("paul@partner.example",)}),
        ),
    },
    "staff_message": lambda: {
        "text": "Hello Anna,\n\nplease reseat the card in slot 3 and send us the alarms again.\n\nBest regards\nMihai"
    },
    "response_warning": lambda: {"percent": 50, "response_due": NOW.replace(hour=15), "steps": RESPONSE_STEPS},
    "response_breached": lambda: {"response_due": NOW.replace(hour=15), "steps": RESPONSE_STEPS},
    "status": lambda: {
        "trusted": True,
        "response_due": NOW.replace(hour=15),
        "steps": RESPONSE_STEPS,
        "asked": ("contract",),
        "returns": (_open_return(),),
        "history": HISTORY,
        "reader": "anna@customer.example",
    },
    "closed": lambda: {"reopens_until": date(2026, 12, 4)},
    "resolved": lambda: {"text": "The card was replaced and the loss is gone."},
    "survey": lambda: {"scores": (1, 2, 3, 4, 5)},
    "escalation_received": lambda: {"trusted": True, "by": "Elena Ionescu"},
    "escalation_brief": lambda: {
        "reason": "No progress for two days, production is down.",
        "summary": SUMMARY,
        "clocks": (
            (Step("clock_response_breached", {"number": "SR-100042", "at": NOW.replace(hour=15), "timezone": ZONE}), RESPONSE_STEPS),
        ),
        "history": TIMELINE,
        "outcome": Step("escalation_told", {}),
    },
    "escalation_incomplete": lambda: {"missing": ("number", "reason")},
    "handover": lambda: {"fault": (("number", "SR-100042"), ("priority", "P2"), ("model", "Example Router 5800"), *UNDERSTOOD)},
    "vendor_message": lambda: {
        "text": "Please send the output of the diagnostic command.\n\nVendor TAC",
        "sender": "tac@vendor.example",
        "subject": "Re: [V-200311] [SR-100123] Router down",
        "summary": (*SUMMARY, ("vendor", "tac@vendor.example V-200311")),
        "attachment_names": ("how-to.pdf",),
    },
    "vendor_answer": lambda: {"text": "The output is attached.\n\nBest regards\nMihai", "vendor_number": "V-200311"},
    "too_large": lambda: {"subject": "Logs of all our sites", "size": 58, "limit": 30},
    "late_notice": lambda: {"arrived_at": NOW},
    "alarm_registered": lambda: {"text": "FabricFault slot=3 severity=major"},
}
