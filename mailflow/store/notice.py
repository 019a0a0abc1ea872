"""Notices as they were written: the bytes that are sent, and what later replies, bounces and proofs are held against.

Beside them what keeps further ones from being written: addresses whose mail came back, and what staff were told of lately.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, or_, select, update

from mailflow.store.tables import alert_throttle, notice, outbox, suppressed_address
from mailflow.store.transaction import fetch, fetch_one, insert_new

CHUNK = 500
"""Addresses a statement: SQLite limits the parameters of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """One notice. `to` and `cc` are as in its header; `text` is its plain body; `raw` the whole mail."""

    id: int
    case_number: str | None
    desk: str
    name: str
    language: str
    subject: str
    message_id: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    raw: bytes
    text: str
    created_at: datetime
    at_most_once: bool
    immediate_answer: bool
    to_stranger: bool
    inbound_id: int | None


_INSERT = insert(notice).returning(notice.c.id)
_INSERT_WAY = insert(outbox)
_BY_MESSAGE_ID = select(notice).where(notice.c.message_id == bindparam("asked"))
_COUNT_TO = (
    select(func.count()).select_from(outbox).where(outbox.c.recipient == bindparam("address"), outbox.c.created_at >= bindparam("since"))
)
_COUNT_TO_STRANGERS = (
    select(func.count())
    .select_from(notice)
    .where(notice.c.to_stranger.is_(True), notice.c.desk == bindparam("of_desk"), notice.c.created_at >= bindparam("since"))
)
_COUNT_IMMEDIATE_TO = _COUNT_TO.join(notice).where(notice.c.immediate_answer.is_(True))


def add(
    c: Connection,
    *,
    case_number: str | None,
    desk: str,
    name: str,
    language: str,
    subject: str,
    message_id: str,
    to: Sequence[str],
    cc: Sequence[str] = (),
    raw: bytes,
    text: str,
    recipients: Sequence[str],
    envelope_from: str,
    created_at: datetime,
    at_most_once: bool = False,
    immediate_answer: bool = False,
    to_stranger: bool = False,
    inbound_id: int | None = None,
) -> int:
    """Write a notice and one outbox row for each different recipient, due at once. Returns the notice's id.

    `message_id` stands without angle brackets and is used once only (IntegrityError otherwise).
    """
    head = {"case_number": case_number, "desk": desk, "name": name, "language": language, "subject": subject, "message_id": message_id}
    kind = {"at_most_once": at_most_once, "immediate_answer": immediate_answer, "to_stranger": to_stranger, "inbound_id": inbound_id}
    body = {"to": tuple(to), "cc": tuple(cc), "raw": raw, "text": text, "created_at": created_at}
    id: int = c.execute(_INSERT, {**head, **kind, **body}).scalar_one()
    way = {"notice_id": id, "envelope_from": envelope_from, "created_at": created_at, "next_try_at": created_at}
    rows = [{"recipient": recipient, **way} for recipient in dict.fromkeys(recipients)]
    if rows:
        c.execute(_INSERT_WAY, rows)
    return id


def by_message_id(c: Connection, message_id: str) -> NoticeRow | None:
    """Find the notice that a reply or bounce speaks of; `message_id` without angle brackets."""
    return fetch_one(c, _BY_MESSAGE_ID, NoticeRow, asked=message_id)


def load(c: Connection, id: int) -> NoticeRow | None:
    """Read one notice, None for an unknown id."""
    return fetch_one(c, select(notice).where(notice.c.id == id), NoticeRow)


def texts_of_case(c: Connection, case_number: str, limit: int = 20) -> list[tuple[tuple[str, ...], str]]:
    """List (to, plain body) of the newest notices of a case, newest first: what a reply may quote."""
    query = select(notice.c.to, notice.c.text).where(notice.c.case_number == case_number).order_by(notice.c.id.desc()).limit(limit)
    return [(tuple(row.to), row.text) for row in c.execute(query)]


def list_of_case(c: Connection, case_number: str) -> list[NoticeRow]:
    """List all notices of a case in the order in which they were written."""
    return fetch(c, select(notice).where(notice.c.case_number == case_number).order_by(notice.c.id), NoticeRow)


def thread_of_case(c: Connection, case_number: str) -> list[tuple[datetime, str, tuple[str, ...]]]:
    """List (written at, Message-ID, to) of each notice of a case in order, without the mails: a letter's place in its thread."""
    query = select(notice.c.created_at, notice.c.message_id, notice.c.to).where(notice.c.case_number == case_number)
    return [(row.created_at, row.message_id, row.to) for row in c.execute(query.order_by(notice.c.id))]


def newest_for(c: Connection, case_numbers: Sequence[str], recipients: Collection[str], limit: int) -> list[tuple[datetime, str]]:
    """List (written at, subject) of the newest notices of the cases that went to one of the recipients, newest first."""
    went = exists().where(outbox.c.notice_id == notice.c.id, outbox.c.recipient.in_(recipients))
    query = select(notice.c.created_at, notice.c.subject).where(notice.c.case_number.in_(case_numbers), went)
    return [(row.created_at, row.subject) for row in c.execute(query.order_by(notice.c.id.desc()).limit(limit))]


def count_to(c: Connection, address: str, since: datetime, immediate_only: bool) -> int:
    """Count the notices that were written to an address from an instant on, for the caps of IN7."""
    count: int = c.execute(_COUNT_IMMEDIATE_TO if immediate_only else _COUNT_TO, {"address": address, "since": since}).scalar_one()
    return count


def cases_written_of(c: Connection, desk: str, address: str, since: datetime) -> tuple[str, ...]:
    """List the numbers of a desk's cases in which an address was written to from an instant on, in the order of their numbers."""
    went = select(outbox.c.notice_id).where(outbox.c.recipient == address, outbox.c.created_at >= since)
    query = select(notice.c.case_number).distinct().where(notice.c.id.in_(went), notice.c.desk == desk, notice.c.case_number.is_not(None))
    return tuple(sorted(c.execute(query).scalars()))


def count_to_strangers(c: Connection, desk: str, since: datetime) -> int:
    """Count the automatic mails of a desk that went to unknown addresses from an instant on (IN7)."""
    count: int = c.execute(_COUNT_TO_STRANGERS, {"of_desk": desk, "since": since}).scalar_one()
    return count


def newest(c: Connection, name: str) -> NoticeRow | None:
    """Find the newest notice of a name, to whomever."""
    return fetch_one(c, select(notice).where(notice.c.name == name).order_by(notice.c.id.desc()).limit(1), NoticeRow)


def newest_to(c: Connection, name: str, recipient: str, case_number: str = "") -> NoticeRow | None:
    """Find the newest notice of a name that went to an address, where a number is given of that case."""
    went = select(outbox.c.notice_id).where(outbox.c.recipient == recipient)
    query = select(notice).where(notice.c.name == name, notice.c.id.in_(went))
    if case_number:
        query = query.where(notice.c.case_number == case_number)
    return fetch_one(c, query.order_by(notice.c.id.desc()).limit(1), NoticeRow)


def all_since(c: Connection, id: int, limit: int = 1000) -> list[NoticeRow]:
    """List notices with a greater id, in order."""
    return fetch(c, select(notice).where(notice.c.id > id).order_by(notice.c.id).limit(limit), NoticeRow)


def of_inbound(c: Connection, inbound_id: int) -> list[NoticeRow]:
    """List the notices that a mail caused."""
    return fetch(c, select(notice).where(notice.c.inbound_id == inbound_id).order_by(notice.c.id), NoticeRow)


def add_hard_bounce(c: Connection, address: str, at: datetime) -> None:
    """Count a permanent, matched bounce (IN7). `since` stays the first one's."""
    insert_new(c, suppressed_address, {"address": address, "since": at})
    change = update(suppressed_address).where(suppressed_address.c.address == address)
    c.execute(change.values(hard_bounces=suppressed_address.c.hard_bounces + 1))


def bounces_of(c: Connection, addresses: Iterable[str]) -> dict[str, int]:
    """Count the bounces of those of the addresses that ever bounced."""
    asked = sorted(set(addresses))
    found: dict[str, int] = {}
    for start in range(0, len(asked), CHUNK):
        query = select(suppressed_address.c.address, suppressed_address.c.hard_bounces)
        rows = c.execute(query.where(suppressed_address.c.address.in_(asked[start : start + CHUNK])))
        found |= {row.address: row.hard_bounces for row in rows}
    return found


def forget_bounces(c: Connection, address: str) -> bool:
    """Forget an address's bounces: staff say that it works again. False where nothing was counted."""
    return c.execute(delete(suppressed_address).where(suppressed_address.c.address == address)).rowcount == 1


def take_alert(c: Connection, desk: str, about: str, now: datetime, silence: timedelta) -> bool:
    """Take an alert to a desk's staff: True once in `silence` for each subject, so that a flood of one sort is told once."""
    if insert_new(c, alert_throttle, {"desk": desk, "about": about, "at": now}):
        return True
    known = (
        alert_throttle.c.desk == desk,
        alert_throttle.c.about == about,
        or_(alert_throttle.c.at <= now - silence, alert_throttle.c.at > now),
    )
    return c.execute(update(alert_throttle).where(*known).values(at=now)).rowcount == 1
