"""`mailflow status`: how it goes, for people and for monitoring."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mailflow.cli.configuration import ConfigOption, JsonOption, open_database
from mailflow.cli.output import moment, print_facts, print_heading, print_json, print_table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mailflow.policy.desk import Desk
    from mailflow.settings import Settings
    from mailflow.store.deadline import DeadlineRow
    from mailflow.store.mailbox import MailboxState

SOON = timedelta(hours=24)
"""Clocks that run out within this time are listed."""


def command(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show mailboxes, queues, clocks about to run out, quarantine and the oldest unsent mail."""
    now = datetime.now(UTC)
    with open_database(config) as (settings, database), database.read() as c:
        found = _gather(c, settings, now)
    if as_json:
        print_json(found)
    else:
        _show(found, settings.desks[0].calendar.timezone)


def _gather(c: Connection, settings: Settings, now: datetime) -> dict[str, Any]:
    from mailflow.handling.handle_deadline import MAX_ATTEMPTS
    from mailflow.store import case, deadline, inbound, mailbox, outbox

    known = {state.address: state for state in mailbox.all_states(c)}
    quarantined = inbound.list_quarantined(c)
    return {
        "at": now,
        "mailboxes": [_mailbox(box.address, known.get(box.address), now) for box in settings.mailboxes],
        "cases": [{"type": kind, "state": state, "count": count} for (kind, state), count in sorted(case.counts(c).items())],
        "inbound": inbound.counts(c),
        "outbox": {**outbox.counts(c), "ambiguous": outbox.ambiguous_total(c), "oldest_unsent": outbox.oldest_unsent(c)},
        "quarantine": {"count": inbound.counts(c).get("quarantined", 0), "oldest": quarantined[0].received_at if quarantined else None},
        "deadlines": {
            "waiting": deadline.count_waiting(c),
            "next": deadline.next_due(c),
            "failed": [_clock(row) for row in deadline.stuck(c, MAX_ATTEMPTS)],
            "soon": [_clock(row) for row in deadline.waiting(c, until=now + SOON)],
        },
        "digests": [_digest(c, desk, kind, now) for desk in settings.desks for kind in ("staff", "partners")],
    }


def _clock(row: DeadlineRow) -> dict[str, object]:
    return {"case": row.case_number, "kind": row.kind, "due": row.due_at, "attempts": row.attempts}


def _digest(c: Connection, desk: Desk, kind: str, now: datetime) -> dict[str, object]:
    """Describe a digest: `last` is the newest that had something to tell; `next` is empty where the desk sends none."""
    from mailflow.policy.calendar import calendar_for
    from mailflow.policy.digest import DigestKind, next_digest
    from mailflow.store import deadline

    following = next_digest(DigestKind(kind), desk.digests, calendar_for("", "", desk.calendar), now)
    return {"desk": desk.name, "kind": kind, "last": deadline.last_digest(c, desk.name, kind), "next": following}


def _mailbox(address: str, state: MailboxState | None, now: datetime) -> dict[str, object]:
    """Describe a mailbox; `is_read`: some process holds the lease now."""
    held = bool(state and state.owner and state.lease_until and state.lease_until > now)
    return {
        "address": address,
        "is_read": held,
        "owner": state.owner if state else None,
        "lease_until": state.lease_until if state else None,
        "last_uid": state.last_uid if state else None,
        "uidvalidity": state.uidvalidity if state else None,
    }


def _show(found: dict[str, Any], zone: str) -> None:
    outbox, quarantine, deadlines = found["outbox"], found["quarantine"], found["deadlines"]
    print_facts(
        (
            ("at", moment(found["at"], zone)),
            ("to handle", found["inbound"].get("received", 0)),
            ("to send", outbox.get("waiting", 0) + outbox.get("leased", 0)),
            ("oldest unsent", moment(outbox["oldest_unsent"], zone)),
            ("held for staff", outbox.get("held", 0)),
            ("failed", outbox.get("failed", 0)),
            ("outcome unknown", outbox["ambiguous"]),
            ("quarantine", f"{quarantine['count']}" + (f", oldest {moment(quarantine['oldest'], zone)}" if quarantine["oldest"] else "")),
            ("deadlines", f"{deadlines['waiting']}" + (f", next {moment(deadlines['next'], zone)}" if deadlines["next"] else "")),
        )
    )
    print_heading("Mailboxes")
    print_table(
        ("address", "read by", "lease until", "up to UID"),
        (
            (box["address"], box["owner"] if box["is_read"] else "nobody", moment(box["lease_until"], zone), box["last_uid"])
            for box in found["mailboxes"]
        ),
    )
    print_heading("Cases")
    print_table(("type", "state", "count"), ((row["type"].replace("_", " "), row["state"], row["count"]) for row in found["cases"]))
    print_heading("Digests")
    print_table(
        ("desk", "to", "last", "next"),
        ((row["desk"], row["kind"], moment(row["last"], zone), moment(row["next"], zone)) for row in found["digests"]),
    )
    if deadlines["failed"]:
        print_heading("Deadlines that failed and are not tried again")
        rows = deadlines["failed"]
        print_table(("due", "case", "deadline", "attempts"), ((moment(r["due"], zone), r["case"], r["kind"], r["attempts"]) for r in rows))
    print_heading("Clocks that run out within a day")
    print_table(("due", "case", "deadline"), ((moment(row["due"], zone), row["case"], row["kind"]) for row in deadlines["soon"]))
