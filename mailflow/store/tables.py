"""The tables. Two rooms of the house meet only here: a row left in one state by one room is what the next room takes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, UniqueConstraint, and_

from mailflow.store.column_types import Encoded, StorableText, UtcDateTime
from mailflow.store.columns import RowId, count_column, flag_column, instant_column, metadata, optional_text_column, row_id, text_column

raw_mail = Table(
    "raw_mail",
    metadata,
    Column("sha256", StorableText, primary_key=True),
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
    text_column("message_id"),
    Column("refs", Encoded, nullable=False, default=()),
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
    Column("number", StorableText, primary_key=True),
    text_column("kind"),
    text_column("desk"),
    text_column("state"),
    text_column("language"),
    text_column("country"),
    text_column("timezone"),
    text_column("customer"),
    text_column("customer_name"),
    text_column("company"),
    Column("participants", Encoded, nullable=False, default=()),
    text_column("subject"),
    optional_text_column("parent", ForeignKey("case.number")),
    optional_text_column("contract"),
    optional_text_column("priority"),
    optional_text_column("assignee"),
    instant_column("opened_at", nullable=False),
    instant_column("closed_at"),
    Column("linked", Encoded, nullable=False, default=()),
    Column("proposed", Encoded, nullable=False, default=()),
    optional_text_column("merged_into", ForeignKey("case.number")),
    count_column("version"),
    Column("details", Encoded, nullable=True),
    Index(None, "state", "kind"),
    Index(None, "parent"),
    Index(None, "merged_into"),
    Index(None, "assignee"),
)

case_serial = Table(
    "case_serial",
    metadata,
    Column("serial", StorableText, primary_key=True),
    Column("case_number", StorableText, ForeignKey("case.number"), primary_key=True),
    Index(None, "case_number"),
)

counter = Table(
    "counter",
    metadata,
    Column("name", StorableText, primary_key=True),
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
    Column("to", Encoded, nullable=False, default=()),
    Column("cc", Encoded, nullable=False, default=()),
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
    flag_column("told"),
    instant_column("created_at", nullable=False),
    Index(None, "state", "next_try_at", "id"),
    Index(None, "notice_id"),
    Index(None, "recipient", "created_at"),
)
for _ended in (outbox.c.failed_at, outbox.c.bounced_at):
    Index(f"ix_outbox_{_ended.name}", _ended, sqlite_where=_ended.is_not(None), postgresql_where=_ended.is_not(None))

_untold = and_(outbox.c.failed_at.is_not(None), outbox.c.told.is_(False))
Index("ix_outbox_untold", outbox.c.id, sqlite_where=_untold, postgresql_where=_untold)

deadline = Table(
    "deadline",
    metadata,
    row_id(),
    text_column("case_number", ForeignKey("case.number"), default=None),
    text_column("kind"),
    text_column("key"),
    instant_column("due_at", nullable=False),
    text_column("state", default="waiting"),
    Column("steps", Encoded, nullable=False, default=()),
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
    Column("steps", Encoded, nullable=False, default=()),
    Column("inbound_id", RowId, ForeignKey("inbound.id"), nullable=True),
    Column("deadline_id", RowId, ForeignKey("deadline.id"), nullable=True),
    Index(None, "case_number"),
    Index(None, "inbound_id"),
)

mailbox = Table(
    "mailbox",
    metadata,
    Column("address", StorableText, primary_key=True),
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
    Column("before", Encoded, nullable=False, default=()),
    Column("after", Encoded, nullable=False, default=()),
    Column("deadlines", Encoded, nullable=False, default=()),
    Column("sent", Encoded, nullable=False, default=()),
    flag_column("undone"),
    Index(None, "case_number"),
)

digest = Table(
    "digest",
    metadata,
    Column("desk", StorableText, primary_key=True),
    Column("kind", StorableText, primary_key=True),
    Column("due_at", UtcDateTime, primary_key=True),
    count_column("letters"),
)

foreign_number = Table(
    "foreign_number",
    metadata,
    Column("desk", StorableText, primary_key=True),
    Column("number", StorableText, primary_key=True),
    text_column("case_number", ForeignKey("case.number"), default=None),
)

told = Table(
    "told",
    metadata,
    Column("desk", StorableText, primary_key=True),
    Column("about", StorableText, primary_key=True),
    instant_column("at", nullable=False),
)

suppressed_address = Table(
    "suppressed_address",
    metadata,
    Column("address", StorableText, primary_key=True),
    instant_column("since", nullable=False),
    count_column("hard_bounces"),
)
