"""Sample values of the notices to staff that belong to no case type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mailflow.notices.sample.frame import DUE, NOW, OTHER_SERIAL, PART
from mailflow.notices.sample.rma import OUTSTANDING
from mailflow.policy.derivation import Step
from mailflow.policy.digest import Section

DIGEST_CLOCKS = (
    Step(
        "digest_response",
        {"number": "SR-100042", "who": "Customer Networks", "priority": "P2", "at": NOW.replace(hour=15), "assignee": "cse@tac.example"},
    ),
)
DIGEST_RETURNS = (
    Step("digest_due_soon", {"number": "RMA-100007", "who": "Customer Networks", "parts": (f"2 x {PART}",), "due": DUE, "days": 25}),
)

NOTICES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "command_result": lambda: {
        "results": (
            ("/assign me", Step("request_assigned", {"number": "SR-100042", "address": "cse@tac.example"})),
            ("/priority P1", Step("request_priority", {"number": "SR-100042", "priority": "P1", "before": "P2"})),
        ),
        "note_kept": True,
        "note": "Called Anna, she reseats the card this afternoon.",
    },
    "command_refused": lambda: {
        "lines": (
            ("/asign me", Step("unknown_command", {"command": "/asign"}), "/assign me|ADDRESS"),
            ("/new anna@customer.example", Step("request_missing"), "/new ADDRESS [NAME]"),
            ("/help", Step("unknown_command", {"command": "/help"}), ""),
        ),
        "reason": "",
        "forms": ("/accept [P1-P4]", "/priority P2", "/assign me|ADDRESS", "/note TEXT ..."),
    },
    "booking_question": lambda: {
        "reason": Step("photo_shows"),
        "proposals": (("RMA-100007", "Customer Networks", OUTSTANDING, f"/received RMA-100007 1 x {PART} serial {OTHER_SERIAL}"),),
    },
    "note_kept": lambda: {
        "note": "Anna reseats the card this afternoon; please send the logs of the night.",
        "answer_to": "[SR-100042] New: Supervisor board restarts",
        "written_at": NOW,
    },
    "confirmation_request": lambda: {
        "code": "K7QX",
        "line": "/waive RMA-100007 lost in transit",
        "summary": Step("rma_would_waive", {"rma": "RMA-100007", "outstanding": 2}),
    },
    "digest": lambda: {
        "sections": (Section("clocks", DIGEST_CLOCKS), Section("returns", DIGEST_RETURNS, 3)),
        "returns": (),
        "more": 0,
        "audience": "staff",
    },
    "attention": lambda: {"said": Step("cap_reached", {"address": "jan.kowalski@example.net", "limit": 5, "hours": 24})},
    "quarantine_alert": lambda: {
        "mailbox": "tac@tac.example",
        "sender": "stranger@elsewhere.example",
        "subject": "invoice",
        "rule": "our border marked it as spam",
        "reason": "X-Spam-Flag: YES",
        "inbound": 4711,
        "can_be_released": True,
    },
    "bounce_alert": lambda: {
        "address": "anna@customer.example",
        "reason": "5.1.1 no such user",
        "notice": "rma/reminder",
        "decided": Step("rma_next_contact", {"rma": "RMA-100007", "address": "jan@customer.example"}),
    },
}
