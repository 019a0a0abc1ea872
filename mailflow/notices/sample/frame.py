"""What the samples of all case types share: the desk, the moment, the device, and the variables every template has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from mailflow.policy.case import Case

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
    return_address: tuple[str, ...] = ("Example Networks, Receiving", "12 Warehouse Road", "077190 Voluntari", "Romania")
    terms: tuple[str, ...] = ("Parts travel at the sender's risk.", "Parts that do not come back may be invoiced at the list price.")
    return_instructions: tuple[str, ...] = (
        "Only the original faulty parts; extra memory, accessories and power cables stay with you.",
        "Original packing, or anti-static packing that suits the transport.",
        "The RMA number on every carton and on the shipping documents.",
    )
    package: str = "Standard"


def frame_values(case: Case) -> dict[str, Any]:
    return {
        "number": case.number,
        "case": case,
        "recipient_name": case.customer_name,
        "desk": SampleDesk(),
        "reply_address": f"tac+{case.number.lower()}.mfqwcylbmfqwcylbmfqwcylbmf@tac.example",
        "timezone": ZONE,
        "language": case.language,
        "now": NOW,
    }
