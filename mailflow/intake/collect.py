"""Bringing a mailbox's new mail into the store: stored and committed first, then the server is told, then that is noted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from mailflow import failpoint
from mailflow.intake.source import FetchedMail, Source
from mailflow.store import inbound
from mailflow.store import mailbox as mailboxes
from mailflow.store.transaction import Database

_log = logging.getLogger(__name__)

_AT_ONCE = 500


class MailboxTaken(Exception):
    """Another node has come to own the mailbox; nothing of the batch was stored."""


def collect_mailbox(
    database: Database,
    source: Source,
    mailbox: str,
    *,
    clock: Callable[[], datetime],
    epoch: int | None = None,
    on_stored: Callable[[int], None] | None = None,
    before_batch: Callable[[], None] | None = None,
) -> int:
    """Store every mail of an open source that is not stored yet; returns how many.

    `epoch` is the mailbox's lease: a batch of a lost lease is not stored (`MailboxTaken`). `on_stored` is called after each
    commit with the number of new rows, `before_batch` before each. Raises `SourceUnavailable`; what was committed until then stays.
    """
    _note_uidvalidity(database, source, mailbox)

    def known(uidvalidity: int, uids: Sequence[int]) -> set[int]:
        with database.read() as c:
            return inbound.known_uids(c, mailbox, uidvalidity, uids)

    count = 0
    for batch in source.fetch_new(known):
        failpoint.reach("imap.after_fetch")
        if before_batch is not None:
            before_batch()
        with database.write() as c:
            last = max(mail.uid for mail in batch)
            if not mailboxes.remember_state(c, mailbox, uidvalidity=batch[0].uidvalidity, last_uid=last, epoch=epoch):
                raise MailboxTaken(mailbox)
            stored = sum(_store(c, mailbox, mail, clock()) is not None for mail in batch)
            failpoint.reach("intake.before_commit")
        count += stored
        failpoint.reach("intake.after_commit")
        if on_stored is not None:
            on_stored(stored)
        _acknowledge(database, source, mailbox, [mail.uid for mail in batch])
    return count


def acknowledge_again(database: Database, source: Source, mailbox: str) -> int:
    """Tell the server of mails that a crash or a refusal left stored but unacknowledged; returns how many it was told of."""
    with database.read() as c:
        waiting = inbound.unacknowledged(c, mailbox, source.uidvalidity)
    return sum(_acknowledge(database, source, mailbox, waiting[at : at + _AT_ONCE]) for at in range(0, len(waiting), _AT_ONCE))


def _note_uidvalidity(database: Database, source: Source, mailbox: str) -> None:
    with database.read() as c:
        state = mailboxes.state_of(c, mailbox)
    if state is None or state.uidvalidity == source.uidvalidity:
        return
    if state.uidvalidity is not None:
        _log.warning(
            "%s: UIDVALIDITY changed from %d to %d; looking at the whole mailbox again", mailbox, state.uidvalidity, source.uidvalidity
        )
    with database.write() as c:
        mailboxes.remember_state(c, mailbox, uidvalidity=source.uidvalidity, last_uid=0)


def _store(c: Connection, mailbox: str, mail: FetchedMail, now: datetime) -> int | None:
    received_at = mail.received_at or now
    if mail.raw is not None:
        return inbound.store_mail(
            c, mailbox=mailbox, uidvalidity=mail.uidvalidity, uid=mail.uid, received_at=received_at, stored_at=now, raw=mail.raw
        )
    return inbound.store_oversize(
        c,
        mailbox=mailbox,
        uidvalidity=mail.uidvalidity,
        uid=mail.uid,
        received_at=received_at,
        stored_at=now,
        size=mail.size,
        headers=mail.headers,
    )


def _acknowledge(database: Database, source: Source, mailbox: str, uids: Sequence[int]) -> int:
    acknowledged = source.acknowledge(uids)
    failpoint.reach("imap.after_seen")
    if acknowledged:
        with database.write() as c:
            inbound.mark_acknowledged(c, mailbox, source.uidvalidity, acknowledged)
    return len(acknowledged)
