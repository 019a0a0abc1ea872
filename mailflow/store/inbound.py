"""Mails that came in: stored whole before anybody looks at them, then claimed, handled once and never forgotten (IN2).

What makes two mails the same one: their bytes, or their Message-ID, sender and body.
`received` waits for handling; every other state is a verdict, set by `finish` alone. Rows are never deleted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, bindparam, func, or_, select, text, update

from mailflow.store.tables import inbound, raw_mail
from mailflow.store.transaction import fetch, fetch_one, insert_new, insert_new_returning

VERDICTS = ("opened", "added", "bounce", "automatic", "duplicate", "ignored", "quarantined")
CHUNK = 500
"""UIDs a statement: SQLite limits the parameters of one."""

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


class AlreadyHandled(RuntimeError):
    """The row has a verdict already, from another worker; this one's transaction must be rolled back."""


class UnknownMail(KeyError):
    """There is no inbound row with this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundRow:
    """One stored mail. `received_at` is the server's INTERNALDATE (T3), `size` the size there in bytes.

    `raw` is the mail as it came (of an oversize one its headers only); lists leave it empty. `message_id`, `references`,
    `sender` and `subject` are empty until handling recorded them. `released`: staff let it through quarantine.
    """

    id: int
    mailbox: str
    uidvalidity: int
    uid: int
    received_at: datetime
    stored_at: datetime
    raw_sha256: str
    body_sha256: str
    size: int
    oversize: bool
    message_id: str
    references: tuple[str, ...]
    sender: str
    subject: str
    state: str
    rule: str
    reason: str
    case_number: str | None
    duplicate_of: int | None
    attempts: int
    acknowledged: bool
    released: bool
    handled_at: datetime | None
    raw: bytes = b""


_INTERNAL = {"refs", "claimed_by", "claimed_until"}
_COLUMNS = (*(column for column in inbound.c if column.name not in _INTERNAL), inbound.c.refs.label("references"))
_LISTING = select(*_COLUMNS)


# Statements of the hot path are built once: building one costs more than running it.
_ROW_ID: BindParameter[int] = bindparam("row_id", type_=inbound.c.id.type)
_LOAD = select(*_COLUMNS, raw_mail.c.content.label("raw")).join(raw_mail).where(inbound.c.id == _ROW_ID)
_CHANGE = update(inbound).where(inbound.c.id == _ROW_ID)
_FINISH = _CHANGE.where(inbound.c.state == "received")
_OWN = select(inbound.c.body_sha256, inbound.c.subject, inbound.c.size).where(inbound.c.id == _ROW_ID)
_HANDLED = select(func.min(inbound.c.id)).where(inbound.c.id != _ROW_ID, inbound.c.state != "received")
_SAME_BYTES = and_(inbound.c.raw_sha256 == bindparam("sha256"), inbound.c.size == bindparam("size"))
# The subject speaks for a mail whose body is blank.
_SAME_WORDS = and_(
    inbound.c.message_id == bindparam("message_id"),
    inbound.c.sender == bindparam("sender"),
    inbound.c.body_sha256 == bindparam("body"),
    or_(inbound.c.body_sha256 != "", inbound.c.subject == bindparam("subject")),
)
# Two desks that are written to at once have a case each.
_HERE = inbound.c.mailbox.in_(bindparam("mailboxes", expanding=True))
_FIND_SAME = _HANDLED.where(or_(_SAME_BYTES, _SAME_WORDS), _HERE)
_FIND_SAME_BYTES = _HANDLED.where(_SAME_BYTES, _HERE)
_ADVISORY_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


def known_uids(c: Connection, mailbox: str, uidvalidity: int, uids: Iterable[int]) -> set[int]:
    """Find those of `uids` that have a row already."""
    asked = sorted(set(uids))
    known: set[int] = set()
    for start in range(0, len(asked), CHUNK):
        here = _of_mailbox(mailbox, uidvalidity) & inbound.c.uid.in_(asked[start : start + CHUNK])
        known.update(c.execute(select(inbound.c.uid).where(here)).scalars())
    return known


def store_mail(
    c: Connection, *, mailbox: str, uidvalidity: int, uid: int, received_at: datetime, stored_at: datetime, raw: bytes
) -> int | None:
    """Keep a mail as it came, in state received. Returns its row's id, None where this UID has a row already."""
    place = {"mailbox": mailbox, "uidvalidity": uidvalidity, "uid": uid, "received_at": received_at, "stored_at": stored_at}
    return _store(c, raw, {**place, "size": len(raw), "body_sha256": body_sha256(raw)})


def store_oversize(
    c: Connection, *, mailbox: str, uidvalidity: int, uid: int, received_at: datetime, stored_at: datetime, size: int, headers: bytes
) -> int | None:
    """Keep the headers of a mail too large to read, in state received and marked oversize, so that handling gives it a verdict."""
    place = {"mailbox": mailbox, "uidvalidity": uidvalidity, "uid": uid, "received_at": received_at, "stored_at": stored_at}
    return _store(c, headers, {**place, "size": size, "oversize": True})


def _store(c: Connection, content: bytes, values: dict[str, object]) -> int | None:
    digest = hashlib.sha256(content).hexdigest()
    insert_new(c, raw_mail, {"sha256": digest, "content": content, "size": len(content)})
    return insert_new_returning(c, inbound.c.id, {**values, "raw_sha256": digest})


def body_sha256(raw: bytes) -> str:
    """Compute the hex digest of all after the header block, '' where that is blank.

    The headers stay out, since a copy that came through another mailbox has other Received lines. A blank body proves nothing.
    """
    end = _END_OF_HEADERS.search(raw)
    body = raw[end.end() :] if end else b""
    return hashlib.sha256(body).hexdigest() if body.strip() else ""


def unacknowledged(c: Connection, mailbox: str, uidvalidity: int) -> list[int]:
    """List UIDs that are stored, but of which the server was not told yet; ascending."""
    query = select(inbound.c.uid).where(_of_mailbox(mailbox, uidvalidity), inbound.c.acknowledged.is_(False))
    return list(c.execute(query.order_by(inbound.c.uid)).scalars())


def mark_acknowledged(c: Connection, mailbox: str, uidvalidity: int, uids: Iterable[int]) -> None:
    """Record that the server was told (flag or move) of these."""
    uids_given = list(uids)
    for start in range(0, len(uids_given), CHUNK):
        here = _of_mailbox(mailbox, uidvalidity) & inbound.c.uid.in_(uids_given[start : start + CHUNK])
        c.execute(update(inbound).where(here).values(acknowledged=True))


def _of_mailbox(mailbox: str, uidvalidity: int) -> ColumnElement[bool]:
    return and_(inbound.c.mailbox == mailbox, inbound.c.uidvalidity == uidvalidity)


def claim_received(
    c: Connection, limit: int, *, owner: str | None = None, now: datetime | None = None, lease: timedelta | None = None
) -> list[int]:
    """Claim mails to handle; returns their ids, oldest first, each with its attempt counted: commit before touching the mail.

    A mail that was tried before comes alone, so that one which kills the process does not use up its neighbours' attempts.
    With owner, now and lease the mails are left alone by other owners until the lease ends or they are finished.
    """
    query = select(inbound.c.id, inbound.c.attempts).where(inbound.c.state == "received")
    if owner is not None and now is not None:
        query = query.where(or_(inbound.c.claimed_until.is_(None), inbound.c.claimed_until < now, inbound.c.claimed_by == owner))
    query = query.order_by(inbound.c.received_at, inbound.c.id).limit(limit).with_for_update(skip_locked=True)
    ids: list[int] = []
    for row in c.execute(query):
        if row.attempts and ids:
            break
        ids.append(row.id)
        if row.attempts:
            break
    if ids:
        claim = {"claimed_by": owner, "claimed_until": now + lease if now and lease else None}
        c.execute(update(inbound).where(inbound.c.id.in_(ids)).values(attempts=inbound.c.attempts + 1, **claim))
    return ids


def give_back(c: Connection, id: int) -> None:
    """Take back a claim together with its attempt: the trouble was not the mail's (a conflict, a database that went away)."""
    kept = and_(inbound.c.id == id, inbound.c.state == "received", inbound.c.attempts > 0)
    c.execute(update(inbound).where(kept).values(attempts=inbound.c.attempts - 1, claimed_by=None, claimed_until=None))


def give_up_on(
    c: Connection, max_attempts: int, *, now: datetime | None = None, owner: str | None = None, reason: str = "could not be handled"
) -> list[InboundRow]:
    """Quarantine mails whose attempts are used up; returns the rows. With `now`, live claims of others are left alone."""
    tired = and_(inbound.c.state == "received", inbound.c.attempts >= max_attempts)
    if now is not None:
        tired = and_(tired, or_(inbound.c.claimed_until.is_(None), inbound.c.claimed_until < now, inbound.c.claimed_by == owner))
    ids = list(c.execute(select(inbound.c.id).where(tired).with_for_update(skip_locked=True)).scalars())
    if not ids:
        return []
    verdict = {"state": "quarantined", "rule": "attempts", "reason": f"{reason} in {max_attempts} attempts"}
    c.execute(update(inbound).where(inbound.c.id.in_(ids)).values(**verdict, claimed_until=None, handled_at=now or datetime.now(UTC)))
    return fetch(c, _LISTING.where(inbound.c.id.in_(ids)).order_by(inbound.c.id), InboundRow)


def load(c: Connection, id: int) -> InboundRow:
    """Read the row with its raw mail. Raises UnknownMail."""
    row = fetch_one(c, _LOAD, InboundRow, row_id=id)
    if row is None:
        raise UnknownMail(id)
    return row


def record_identity(c: Connection, id: int, message_id: str, sender: str, subject: str, *, references: Sequence[str] = ()) -> None:
    """Record what handling read of the mail; `message_id` and `references` without angle brackets, `sender` bare and in lower case."""
    read = {"message_id": message_id, "sender": sender, "subject": subject, "refs": tuple(references)}
    c.execute(_CHANGE, {"row_id": id, **read})


def finish(
    c: Connection,
    id: int,
    *,
    state: str,
    rule: str,
    reason: str,
    case_number: str | None,
    at: datetime,
    duplicate_of: int | None = None,
) -> None:
    """Give the verdict, once. Raises AlreadyHandled where another worker was first, ValueError for a state that is no verdict."""
    if state not in VERDICTS:
        raise ValueError(f"{state!r} is no verdict; these are: {', '.join(VERDICTS)}")
    verdict = {"state": state, "rule": rule, "reason": reason, "case_number": case_number, "duplicate_of": duplicate_of}
    done = c.execute(_FINISH, {"row_id": id, **verdict, "handled_at": at, "claimed_by": None, "claimed_until": None})
    if done.rowcount != 1:
        raise AlreadyHandled(f"inbound mail {id}")


def find_same(c: Connection, id: int, sha256: str, message_id: str, sender: str, mailboxes: Sequence[str]) -> int | None:
    """Find the first handled row that is the same mail in one of the mailboxes, the first of them: same bytes, or same Message-ID,
    sender and body.

    A reused Message-ID with another body is another mail. Until this transaction ends no other one can judge a copy of the mail.
    """
    own = c.execute(_OWN, {"row_id": id}).one()
    if c.dialect.name == "postgresql":
        # Two nodes may hold one copy each; SQLite has a single writer anyhow.
        c.execute(_ADVISORY_LOCK, {"key": int((own.body_sha256 or sha256)[:15], 16)})
    found: int | None
    if message_id:
        words = {"message_id": message_id, "sender": sender, "body": own.body_sha256, "subject": own.subject}
        found = c.execute(_FIND_SAME, {"row_id": id, "sha256": sha256, "size": own.size, "mailboxes": mailboxes, **words}).scalar()
    else:
        found = c.execute(_FIND_SAME_BYTES, {"row_id": id, "sha256": sha256, "size": own.size, "mailboxes": mailboxes}).scalar()
    return found


def message_case(c: Connection, message_id: str, mailboxes: Sequence[str]) -> str | None:
    """Find the case that a mail with this Message-ID in one of the mailboxes belongs to, the newest where several do."""
    if not message_id:
        return None
    ours = and_(inbound.c.message_id == message_id, inbound.c.case_number.is_not(None), inbound.c.mailbox.in_(mailboxes))
    return c.execute(select(inbound.c.case_number).where(ours).order_by(inbound.c.id.desc()).limit(1)).scalar()


def newest_from(c: Connection, case_numbers: Sequence[str], senders: Collection[str], limit: int) -> list[tuple[datetime, str, str]]:
    """List (arrived at, subject, sender) of the newest mails of the senders on the cases, newest first."""
    query = select(inbound.c.received_at, inbound.c.subject, inbound.c.sender)
    query = query.where(inbound.c.case_number.in_(case_numbers), inbound.c.sender.in_(senders))
    return [(row.received_at, row.subject, row.sender) for row in c.execute(query.order_by(inbound.c.received_at.desc()).limit(limit))]


def list_quarantined(c: Connection, limit: int = 1000) -> list[InboundRow]:
    """List mails set aside, oldest first."""
    return fetch(c, _LISTING.where(inbound.c.state == "quarantined").order_by(inbound.c.received_at, inbound.c.id).limit(limit), InboundRow)


def find_by_message_id(c: Connection, message_id: str) -> list[InboundRow]:
    """Find stored mails with this Message-ID, oldest first."""
    return fetch(c, _LISTING.where(inbound.c.message_id == message_id).order_by(inbound.c.id), InboundRow)


def of_case(c: Connection, case_number: str) -> list[InboundRow]:
    """List the mails on a case, in the order in which they came."""
    return fetch(c, _LISTING.where(inbound.c.case_number == case_number).order_by(inbound.c.received_at, inbound.c.id), InboundRow)


def requeue(c: Connection, id: int, *, released: bool = False) -> bool:
    """Put a quarantined mail back in line; `released` tells triage that staff saw it. False where it is not quarantined."""
    here = and_(inbound.c.id == id, inbound.c.state == "quarantined")
    fresh = {"state": "received", "rule": "", "reason": "", "attempts": 0, "handled_at": None}
    return c.execute(update(inbound).where(here).values(**fresh, released=released)).rowcount == 1


def discard(c: Connection, id: int, *, reason: str, at: datetime) -> bool:
    """Turn a quarantined mail into an ignored one; its bytes stay. False where it is not quarantined."""
    here = and_(inbound.c.id == id, inbound.c.state == "quarantined")
    return (
        c.execute(update(inbound).where(here).values(state="ignored", rule="discarded by staff", reason=reason, handled_at=at)).rowcount
        == 1
    )


def counts(c: Connection) -> dict[str, int]:
    """Count the rows in each state."""
    return {row.state: row.n for row in c.execute(select(inbound.c.state, func.count().label("n")).group_by(inbound.c.state))}
