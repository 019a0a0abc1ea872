"""Every UID on the servers against the rows (BX1): a mail without a row is lost, one that acted twice is doubled; both are alarms."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mailflow.bootstrap import build_source
from mailflow.settings import Settings
from mailflow.store import audit
from mailflow.store.transaction import Database

MUST_BE_EMPTY = ("lost", "duplicated", "unexpected")


def audit_mailboxes(settings: Settings, database: Database) -> dict[str, Any]:
    """Compare, and return JSON-ready values (contract: audit). `ambiguous` lists mails whose outcome is unknown, which may happen.

    `unexpected` are rows that contradict each other. Raises SourceUnavailable for a mailbox that cannot be read.
    """
    states: Counter[str] = Counter()
    lost: list[str] = []
    for mailbox in settings.mailboxes:
        with build_source(mailbox, settings.size_limit_mb) as source:
            uids = [(source.uidvalidity, uid) for uid in source.list_uids()]
        with database.read() as c:
            known = audit.uid_states(c, mailbox.address)
        lost += [f"{mailbox.address}: UID {uid} of {uidvalidity}" for uidvalidity, uid in uids if (uidvalidity, uid) not in known]
        states.update(known[one] for one in uids if one in known)
    with database.read() as c:
        doubled = [list(ids) for ids in audit.handled_twice(c)]
        ambiguous = audit.ambiguous_deliveries(c)
        broken = audit.broken_rows(c)
    waiting = states.pop("received", 0)
    return {
        "seen": sum(states.values()) + waiting + len(lost),
        "handled": sum(states.values()),
        "waiting": waiting,
        "verdicts": dict(sorted(states.items())),
        "lost": lost,
        "duplicated": doubled,
        "unexpected": broken,
        "ambiguous": [{"message_id": one.message_id, "to": one.recipient, "state": one.state, "times": one.times} for one in ambiguous],
    }
