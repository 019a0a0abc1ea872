"""`mailflow outbox`: mails on their way out, one delivery a recipient, and what a person decides about those that hang."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from mailflow.cli.console import console_user
from mailflow.cli.failure import CommandFailed
from mailflow.cli.output import moment
from mailflow.cli.queue import Queue, build_queue

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mailflow.settings import Settings
    from mailflow.store.outbox import OutboxRow

UNSENT = ("waiting", "leased", "held", "failed")
SENT_FROM = {"retry": ("failed", "held"), "release": ("held",)}


def list_rows(c: Connection, state: str | None) -> list[OutboxRow]:
    from mailflow.store import outbox

    rows = [row for one in ([state] if state else UNSENT) for row in outbox.list_rows(c, state=one)]
    return sorted(rows, key=lambda row: row.id)


def cells(row: OutboxRow, zone: str) -> tuple[object, ...]:
    next_try = moment(row.next_try_at, zone) if row.state == "waiting" else ""
    head = (row.id, moment(row.created_at, zone), row.state, row.recipient, row.case_number)
    return (*head, row.notice, row.attempts, next_try, row.reason)


def load(c: Connection, number: int) -> OutboxRow:
    from mailflow.store import outbox

    if row := outbox.load(c, number):
        return row
    raise CommandFailed(f"there is no delivery {number}")


def content(c: Connection, row: OutboxRow) -> Mapping[str, str]:
    from mailflow.store import notice

    written = notice.load(c, row.notice_id)
    return {"subject": written.subject if written else "", "text": written.text if written else ""}


def decide(c: Connection, _settings: Settings, row: OutboxRow, act: str, reason: str, now: datetime) -> str:
    from mailflow.store import journal, outbox

    if act == "discard":
        if not outbox.discard(c, row.id, reason=reason, at=now):
            raise CommandFailed(f"delivery {row.id} is {row.state}: only a waiting, held or failed one can be given up")
        done, why, outcome = "discarded", f"{reason} (it was {': '.join(filter(None, (row.state, row.reason)))})", "is given up"
    else:
        if row.state not in SENT_FROM[act] or not outbox.retry(c, row.id, now):
            raise CommandFailed(f"delivery {row.id} is {row.state}, not {' or '.join(SENT_FROM[act])}")
        done, why, outcome = "retried", row.reason, "waits to be sent"
    text = f"{row.notice} to {row.recipient}: {why}"
    journal.write(c, case_number=row.case_number, desk=row.desk, at=now, who=console_user(), what=f"delivery {done}", text=text)
    return outcome


app = build_queue(
    Queue(
        help="Mails on their way out: list, show, retry, release, discard.",
        noun="delivery",
        columns=("id", "written", "state", "to", "case", "notice", "tries", "next try", "reason"),
        cells=cells,
        states=(*UNSENT, "discarded", "sent"),
        list_rows=list_rows,
        load=load,
        content=content,
        acts={
            "retry": "Send a failed or held mail again, at once.",
            "release": "Let a held mail go. Where a first copy may have arrived, the recipient gets a second one.",
            "discard": "Give a waiting, held or failed mail up: it is not sent to this recipient, and settled.",
        },
        usual_reason="given up by an admin",
        decide=decide,
    )
)
