"""Rows that many tests start from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from mailflow.cases.rma.details import RmaDetails
from mailflow.policy.case import Case, ServiceRequestDetails
from mailflow.store import case, inbound, notice, tables

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BOX = "tac@tac.example"
BOXES = (BOX, "other@tac.example")
"""The mailboxes of one desk."""
NO_PARTS = RmaDetails(type="repair", service_level="9x5xNBD", units=(), issued_at=NOON, valid_through=NOON.date())


def a_mail(message_id: str = "one@customer.example", body: str = "The board is dead.", received_by: str = "mx1") -> bytes:
    return f"Received: by {received_by}\r\nFrom: anna@customer.example\r\nMessage-ID: <{message_id}>\r\n\r\n{body}\r\n".encode()


def stored(c: Connection, uid: int, raw: bytes | None = None, *, mailbox: str = BOX, received_at: datetime | None = None) -> int:
    id = inbound.store_mail(
        c,
        mailbox=mailbox,
        uidvalidity=7,
        uid=uid,
        received_at=received_at or NOON + uid * MINUTE,
        stored_at=NOON,
        raw=raw if raw is not None else a_mail(f"{uid}@customer.example"),
    )
    assert id is not None
    return id


def all_stored(c: Connection) -> list[inbound.InboundRow]:
    """Every stored mail, in the order in which they were stored."""
    return [inbound.load(c, id) for id in c.scalars(select(tables.inbound.c.id).order_by(tables.inbound.c.id))]


def a_case(number: str = "SR-100001", **values: Any) -> Case:
    fixed: dict[str, Any] = {"kind": "service_request", "desk": "huawei-tac", "state": "new", "language": "en", "country": "RO"}
    person = {"timezone": "Europe/Bucharest", "customer": "anna@customer.example", "opened_at": NOON}
    details = NO_PARTS if values.get("kind") == "rma" else ServiceRequestDetails()
    return Case(**{"number": number, "details": details, **fixed, **person, **values})


def opened(c: Connection, number: str = "SR-100001", **values: Any) -> Case:
    new = a_case(number, **values)
    case.insert(c, new)
    return new


def noticed(c: Connection, message_id: str = "n1@tac.example", **values: Any) -> int:
    given: dict[str, Any] = {
        "case_number": None,
        "desk": "huawei-tac",
        "name": "service_request/accepted",
        "language": "en",
        "subject": "SR-100001",
        "message_id": message_id,
        "to": ("anna@customer.example",),
        "raw": b"Subject: SR-100001\r\n\r\nAccepted.\r\n",
        "text": "Accepted.",
        "recipients": ("anna@customer.example",),
        "envelope_from": "bounce@tac.example",
        "created_at": NOON,
    }
    return notice.add(c, **{**given, **values})
