"""The tables. Two rooms of the house meet only here: a row left in one state by one room is what the next room takes."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, UniqueConstraint, and_

from mailflow.policy.derivation import Derivation
from mailflow.policy.facts import WaitingDeadline
from mailflow.store.columns import (
    INSTANT,
    KEY,
    Encoded,
    RowId,
    count_column,
    flag_column,
    instant_column,
    key_column,
    metadata,
    optional_text_column,
    row_id,
    text_column,
    tuple_column,
)

DERIVATION = Encoded(Derivation)
CLOCKS = Encoded(tuple[WaitingDeadline, ...])

raw_mail = Table(
    "raw_mail",
    metadata,
    key_column("sha256"),
    Column("content", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
)

inbound = Table(
    "inbound",
    metadata,
    row_id(),
    text_column("mailbox"),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    instant_column("received_at", nullable=False),
    instant_column("stored_at", nullable=False),
    text_column("raw_sha256", ForeignKey("raw_mail.sha256"), default=None),
    text_column("body_sha256"),
    Column("size", BigInteger, nullable=False),
    flag_column("oversize"),
    Column("message_id", KEY, nullable=False, default=""),
    tuple_column("refs"),
    text_column("sender"),
    text_column("subject"),
    text_column("state", default="received"),
    text_column("rule"),
    text_column("reason"),
    optional_text_column("case_number", ForeignKey("case.number")),
    Column("duplicate_of", RowId, ForeignKey("inbound.id"), nullable=True),
    count_column("attempts"),
    optional_text_column("claimed_by"),
    instant_column("claimed_until"),
    flag_column("acknowledged"),
    flag_column("released"),
    instant_column("handled_at"),
    UniqueConstraint("mailbox", "uidvalidity", "uid"),
    Index(None, "state", "received_at", "id"),
    Index(None, "raw_sha256"),
    Index(None, "message_id"),
    Index(None, "case_number"),
)
Index(
    "ix_inbound_unacknowledged",
    inbound.c.mailbox,
    inbound.c.uidvalidity,
    inbound.c.uid,
    sqlite_where=inbound.c.acknowledged.is_(False),
    postgresql_where=inbound.c.acknowledged.is_(False),
)

case = Table(
    "case",
    metadata,
    key_column("number"),
    text_column("kind"),
    text_column("desk"),
    text_column("state"),
    text_column("language"),
    text_column("country"),
    text_column("timezone"),
    text_column("customer"),
    text_column("customer_name"),
    text_column("company"),
    tuple_column("participants"),
    text_column("subject"),
    optional_text_column("parent", ForeignKey("case.number")),
    optional_text_column("contract"),
    optional_text_column("priority"),
    optional_text_column("assignee"),
    instant_column("opened_at", nullable=False),
    instant_column("closed_at"),
    tuple_column("linked"),
    tuple_column("proposed"),
    optional_text_column("merged_into", ForeignKey("case.number")),
    count_column("version"),
    Column("details", JSON, nullable=False),
    Index(None, "state", "kind"),
    Index(None, "parent"),
    Index(None, "merged_into"),
    Index(None, "assignee"),
)

case_serial = Table(
    "case_serial",
    metadata,
    Column("serial", KEY, primary_key=True),
    key_column("case_number", ForeignKey("case.number")),
    Index(None, "case_number"),
)

counter = Table(
    "counter",
    metadata,
    key_column("name"),
    Column("value", BigInteger, nullable=False),
)

notice = Table(
    "notice",
    metadata,
    row_id(),
    optional_text_column("case_number", ForeignKey("case.number")),
    text_column("desk"),
    text_column("name"),
    text_column("language"),
    text_column("subject"),
    text_column("message_id", default=None, unique=True),
    tuple_column("to"),
    tuple_column("cc"),
    Column("raw", LargeBinary, nullable=False),
    text_column("text"),
    instant_column("created_at", nullable=False),
    flag_column("at_most_once"),
    flag_column("immediate_answer"),
    flag_column("to_stranger"),
    Column("inbound_id", RowId, ForeignKey("inbound.id"), nullable=True),
    Index(None, "case_number"),
    Index(None, "inbound_id"),
)

# Only mails to strangers are counted by desk and time, and they are few.
Index(
    "ix_notice_to_stranger",
    notice.c.desk,
    notice.c.created_at,
    sqlite_where=notice.c.to_stranger.is_(True),
    postgresql_where=notice.c.to_stranger.is_(True),
)

outbox = Table(
    "outbox",
    metadata,
    row_id(),
    Column("notice_id", RowId, ForeignKey("notice.id"), nullable=False),
    text_column("recipient"),
    text_column("envelope_from"),
    text_column("state", default="waiting"),
    instant_column("next_try_at", nullable=False),
    instant_column("leased_until"),
    optional_text_column("leased_by"),
    count_column("attempts"),
    count_column("ambiguous"),
    instant_column("dialogue_began_at"),
    text_column("reason"),
    text_column("response"),
    instant_column("sent_at"),
    instant_column("failed_at"),
    instant_column("bounced_at"),
    text_column("bounce_reason"),
    flag_column("reported"),
    instant_column("created_at", nullable=False),
    Index(None, "state", "next_try_at", "id"),
    Index(None, "notice_id"),
    Index(None, "recipient", "created_at"),
)
for _ended in (outbox.c.failed_at, outbox.c.bounced_at):
    Index(f"ix_outbox_{_ended.name}", _ended, sqlite_where=_ended.is_not(None), postgresql_where=_ended.is_not(None))

_unreported = and_(outbox.c.failed_at.is_not(None), outbox.c.reported.is_(False))
Index("ix_outbox_unreported", outbox.c.id, sqlite_where=_unreported, postgresql_where=_unreported)

deadline = Table(
    "deadline",
    metadata,
    row_id(),
    text_column("case_number", ForeignKey("case.number"), default=None),
    text_column("kind"),
    text_column("key"),
    instant_column("due_at", nullable=False),
    text_column("state", default="waiting"),
    tuple_column("steps", DERIVATION),
    count_column("attempts"),
    instant_column("fired_at"),
    Index(None, "state", "due_at", "id"),
    Index(None, "case_number", "state"),
)
Index(
    "uq_deadline_waiting",
    deadline.c.case_number,
    deadline.c.kind,
    deadline.c.key,
    unique=True,
    sqlite_where=deadline.c.state == "waiting",
    postgresql_where=deadline.c.state == "waiting",
)

journal = Table(
    "journal",
    metadata,
    row_id(),
    optional_text_column("case_number", ForeignKey("case.number")),
    text_column("desk"),
    instant_column("at", nullable=False),
    text_column("who"),
    text_column("what"),
    text_column("text"),
    tuple_column("steps", DERIVATION),
    Column("inbound_id", RowId, ForeignKey("inbound.id"), nullable=True),
    Column("deadline_id", RowId, ForeignKey("deadline.id"), nullable=True),
    Index(None, "case_number"),
    Index(None, "inbound_id"),
)

mailbox = Table(
    "mailbox",
    metadata,
    key_column("address"),
    Column("uidvalidity", BigInteger, nullable=True),
    Column("last_uid", BigInteger, nullable=False, default=0),
    optional_text_column("owner"),
    instant_column("lease_until"),
    Column("epoch", BigInteger, nullable=False, default=0),
)

given_command = Table(
    "given_command",
    metadata,
    row_id(),
    text_column("case_number", ForeignKey("case.number"), default=None),
    text_column("by"),
    text_column("line"),
    instant_column("at", nullable=False),
    Column("before", JSON, nullable=False),
    tuple_column("versions", Encoded(tuple[tuple[str, int], ...])),
    tuple_column("stopped", CLOCKS),
    tuple_column("started", CLOCKS),
    tuple_column("sent", Encoded(tuple[tuple[str, tuple[str, ...]], ...])),
    flag_column("undone"),
    Index(None, "case_number"),
)

digest = Table(
    "digest",
    metadata,
    key_column("desk"),
    key_column("kind"),
    Column("due_at", INSTANT, primary_key=True),
    count_column("letters"),
)

foreign_number = Table(
    "foreign_number",
    metadata,
    key_column("desk"),
    key_column("number"),
    text_column("case_number", ForeignKey("case.number"), default=None),
)

alert_throttle = Table(
    "alert_throttle",
    metadata,
    key_column("desk"),
    key_column("about"),
    instant_column("at", nullable=False),
)

suppressed_address = Table(
    "suppressed_address",
    metadata,
    key_column("address"),
    instant_column("since", nullable=False),
    count_column("hard_bounces"),
)
