"""`mailflow quarantine`: mails set aside, and what a person decides about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from mailflow.cli.console import console_user
from mailflow.cli.failure import CommandFailed
from mailflow.cli.output import moment, say
from mailflow.cli.queue import Queue, build_queue
from mailflow.policy.triage import HELD, NO_SENDER, NOT_GENUINE, TOO_LARGE, UNREADABLE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mailflow.settings import Settings
    from mailflow.store.inbound import InboundRow

INSTEAD = {
    NOT_GENUINE: "what comes in the name of staff counts only when it is genuine; ask {sender} to send it again by your own mail server",
    NO_SENDER: "it names nobody who could be answered; look at it (`show {number}`), and open a case with /new where it is worth one",
    UNREADABLE: "it cannot be read as a mail; look at it (`show {number}`), or `retry` it with a mailflow that can",
    TOO_LARGE: "only its header was fetched; ask {sender} for smaller mails, or raise size_limit_mb for those to come",
}
"""Why a mail of a rule in `HELD` is not released, and what to do in place of it."""


def list_rows(c: Connection, _state: str | None) -> list[InboundRow]:
    from mailflow.store import inbound

    return inbound.list_quarantined(c)


def cells(row: InboundRow, zone: str) -> tuple[object, ...]:
    why = ": ".join(filter(None, (row.rule, row.reason)))
    return row.id, moment(row.received_at, zone), row.mailbox, row.sender, row.subject, why


def load(c: Connection, number: int) -> InboundRow:
    from mailflow.store import inbound

    try:
        return inbound.load(c, number)
    except inbound.UnknownMail:
        raise CommandFailed(f"there is no stored mail {number}") from None


def content(_c: Connection, row: InboundRow) -> Mapping[str, str]:
    if row.state != "quarantined":
        say(f"mail {row.id} is not in quarantine: it is {row.state}")
    return {"raw": row.raw.decode("utf-8", "backslashreplace")}


def decide(c: Connection, settings: Settings, row: InboundRow, act: str, reason: str, now: datetime) -> str:
    from mailflow.store import inbound, journal

    if act == "release" and row.state == "quarantined" and row.rule in HELD:
        raise CommandFailed(f"mail {row.id} is not released: {INSTEAD[row.rule].format(number=row.id, sender=row.sender)}")
    gives_up = act == "discard"
    if not (inbound.discard(c, row.id, reason=reason, at=now) if gives_up else inbound.requeue(c, row.id, released=act == "release")):
        raise CommandFailed(f"mail {row.id} is not in quarantine: it is {row.state}")
    what, why = {"retry": ("retried", row.reason), "release": ("released", row.reason), "discard": ("discarded", reason)}[act]
    desk = settings.desk_of_mailbox(row.mailbox).name
    journal.write(c, case_number=None, desk=desk, at=now, who=console_user(), what=what, text=why, inbound_id=row.id)
    return "is ignored" if gives_up else "waits to be handled"


app = build_queue(
    Queue(
        help="Mails set aside: list, show, retry, release, discard.",
        noun="mail",
        columns=("id", "arrived", "mailbox", "from", "subject", "reason"),
        cells=cells,
        list_rows=list_rows,
        load=load,
        content=content,
        acts={
            "retry": "Handle a mail again by the same rules, e.g. after a repair.",
            "release": "Let a mail through that looks suspicious. Never a forged one of staff, nor what cannot be handled (OUT6).",
            "discard": "Give a mail up: it is ignored from now on, and still kept.",
        },
        usual_reason="seen by an admin",
        decide=decide,
    )
)
