"""The first schema, written from the tables once: from here on it stays as it is, and changes are revisions of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

T = TypeVar("T")

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

schema = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# The journal is evidence: the database itself refuses to change or drop a line of it.
SQLITE_APPEND_ONLY = tuple(
    f"CREATE TRIGGER journal_no_{act} BEFORE {act.upper()} ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    for act in ("update", "delete")
)
POSTGRESQL_APPEND_ONLY = (
    "CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$",
    "CREATE TRIGGER journal_no_update BEFORE UPDATE OR DELETE ON journal FOR EACH ROW EXECUTE FUNCTION journal_is_append_only()",
    "CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only()",
)


def upgrade() -> None:
    connection = op.get_bind()
    schema.create_all(connection, checkfirst=False)
    for statement in SQLITE_APPEND_ONLY if connection.dialect.name == "sqlite" else POSTGRESQL_APPEND_ONLY:
        op.execute(statement)


def table(name: str, *parts: sa.schema.SchemaItem | Sequence[sa.schema.SchemaItem]) -> None:
    sa.Table(name, schema, *(item for part in parts for item in (part if isinstance(part, Sequence) else [part])))


def row_id() -> sa.Column[int]:
    return sa.Column("id", ROW_ID, primary_key=True, autoincrement=True)


def keys(type: sa.types.TypeEngine[T], *names: str) -> list[sa.Column[T]]:
    return [sa.Column(name, type, primary_key=True) for name in names]


def required(type: sa.types.TypeEngine[T], *names: str) -> list[sa.Column[T]]:
    return [sa.Column(name, type, nullable=False) for name in names]


def optional(type: sa.types.TypeEngine[T], *names: str) -> list[sa.Column[T]]:
    return [sa.Column(name, type, nullable=True) for name in names]


def reference(name: str, to: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column[object]:
    type = ROW_ID if to.endswith(".id") else sa.Text()
    return sa.Column(name, type, sa.ForeignKey(to), nullable=nullable, primary_key=primary_key)


def partial(name: str, *columns: str, where: str, postgresql: str = "", unique: bool = False) -> sa.Index:
    """An index of those rows alone; the databases write a flag differently."""
    return sa.Index(name, *columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(postgresql or where))


table("alert_throttle", keys(sa.Text(), "desk", "about"), required(INSTANT, "at"))
table(
    "case",
    keys(sa.Text(), "number"),
    required(sa.Text(), "kind", "desk", "state", "language", "country", "timezone", "customer", "customer_name", "company", "subject"),
    required(sa.JSON(), "participants", "linked", "proposed", "details"),
    reference("parent", "case.number", nullable=True),
    optional(sa.Text(), "contract", "priority", "assignee"),
    required(INSTANT, "opened_at"),
    optional(INSTANT, "closed_at"),
    reference("merged_into", "case.number", nullable=True),
    required(sa.Integer(), "version"),
    sa.Index(None, "assignee"),
    sa.Index(None, "merged_into"),
    sa.Index(None, "parent"),
    sa.Index(None, "state", "kind"),
)
table(
    "contract",
    keys(sa.Text(), "number"),
    required(sa.Text(), "folded_number", "company", "service_level", "programme", "language", "country", "timezone", "site_address"),
    required(sa.JSON(), "domains"),
    required(sa.Date(), "start", "end"),
    sa.Index(None, "folded_number"),
)
table("counter", keys(sa.Text(), "name"), required(sa.BigInteger(), "value"))
table("digest", keys(sa.Text(), "desk", "kind"), keys(INSTANT, "due_at"), required(sa.Integer(), "letters"))
table(
    "mailbox",
    keys(sa.Text(), "address"),
    optional(sa.BigInteger(), "uidvalidity"),
    required(sa.BigInteger(), "last_uid", "epoch"),
    optional(sa.Text(), "owner"),
    optional(INSTANT, "lease_until"),
)
table(
    "part_price",
    keys(sa.Text(), "part_number"),
    keys(sa.Date(), "valid_from"),
    required(sa.Text(), "description", "currency"),
    optional(sa.JSON(), "list_price"),
)
table(
    "partner",
    keys(sa.Text(), "name"),
    required(sa.Text(), "domain", "service_manager", "spare_parts_contact"),
    required(sa.Integer(), "stars"),
    optional(sa.Date(), "certified_from"),
    sa.Index(None, "domain"),
)
table("raw_mail", keys(sa.Text(), "sha256"), required(sa.LargeBinary(), "content"), required(sa.Integer(), "size"))
table("suppressed_address", keys(sa.Text(), "address"), required(INSTANT, "since"), required(sa.Integer(), "hard_bounces"))
table("case_serial", keys(sa.Text(), "serial"), reference("case_number", "case.number", primary_key=True), sa.Index(None, "case_number"))
table(
    "contact",
    keys(sa.Text(), "email"),
    reference("contract", "contract.number", primary_key=True),
    required(sa.Text(), "name", "company", "role", "language"),
    sa.Index(None, "contract"),
)
table("contract_domain", keys(sa.Text(), "domain"), reference("contract", "contract.number", primary_key=True))
table(
    "deadline",
    row_id(),
    reference("case_number", "case.number", nullable=False),
    required(sa.Text(), "kind", "key", "state"),
    required(INSTANT, "due_at"),
    required(sa.JSON(), "steps"),
    required(sa.Integer(), "attempts"),
    optional(INSTANT, "fired_at"),
    sa.Index(None, "case_number", "state"),
    sa.Index(None, "state", "due_at", "id"),
    partial("uq_deadline_waiting", "case_number", "kind", "key", where="state = 'waiting'", unique=True),
)
table(
    "device",
    keys(sa.Text(), "serial"),
    required(sa.Text(), "part_number", "model"),
    reference("contract", "contract.number", nullable=False),
    optional(sa.Date(), "ship_date", "installation_report_date", "pac_date"),
    required(sa.Boolean(), "installation_service"),
)
table("foreign_number", keys(sa.Text(), "desk", "number"), reference("case_number", "case.number", nullable=False))
table(
    "given_command",
    row_id(),
    reference("case_number", "case.number", nullable=False),
    required(sa.Text(), "by", "line"),
    required(INSTANT, "at"),
    required(sa.JSON(), "before", "versions", "stopped", "started", "sent"),
    required(sa.Boolean(), "undone"),
    sa.Index(None, "case_number"),
)
table(
    "inbound",
    row_id(),
    required(sa.Text(), "mailbox", "body_sha256", "message_id", "sender", "subject", "state", "rule", "reason"),
    required(sa.BigInteger(), "uidvalidity", "uid", "size"),
    required(INSTANT, "received_at", "stored_at"),
    reference("raw_sha256", "raw_mail.sha256", nullable=False),
    required(sa.Boolean(), "oversize", "acknowledged", "released"),
    required(sa.JSON(), "refs"),
    reference("case_number", "case.number", nullable=True),
    reference("duplicate_of", "inbound.id", nullable=True),
    required(sa.Integer(), "attempts"),
    optional(sa.Text(), "claimed_by"),
    optional(INSTANT, "claimed_until", "handled_at"),
    sa.UniqueConstraint("mailbox", "uidvalidity", "uid"),
    sa.Index(None, "case_number"),
    sa.Index(None, "message_id"),
    sa.Index(None, "raw_sha256"),
    sa.Index(None, "state", "received_at", "id"),
    partial("ix_inbound_unacknowledged", "mailbox", "uidvalidity", "uid", where="acknowledged IS 0", postgresql="acknowledged IS false"),
)
table(
    "journal",
    row_id(),
    reference("case_number", "case.number", nullable=True),
    required(sa.Text(), "desk", "who", "what", "text"),
    required(INSTANT, "at"),
    required(sa.JSON(), "steps"),
    reference("inbound_id", "inbound.id", nullable=True),
    reference("deadline_id", "deadline.id", nullable=True),
    sa.Index(None, "case_number"),
    sa.Index(None, "inbound_id"),
)
table(
    "notice",
    row_id(),
    reference("case_number", "case.number", nullable=True),
    required(sa.Text(), "desk", "name", "language", "subject", "message_id", "text"),
    required(sa.JSON(), "to", "cc"),
    required(sa.LargeBinary(), "raw"),
    required(INSTANT, "created_at"),
    required(sa.Boolean(), "at_most_once", "immediate_answer", "to_stranger"),
    reference("inbound_id", "inbound.id", nullable=True),
    sa.UniqueConstraint("message_id"),
    sa.Index(None, "case_number"),
    sa.Index(None, "inbound_id"),
    partial("ix_notice_to_stranger", "desk", "created_at", where="to_stranger IS 1", postgresql="to_stranger IS true"),
)
table(
    "outbox",
    row_id(),
    reference("notice_id", "notice.id", nullable=False),
    required(sa.Text(), "recipient", "envelope_from", "state", "reason", "response", "bounce_reason"),
    required(INSTANT, "next_try_at", "created_at"),
    optional(INSTANT, "leased_until", "dialogue_began_at", "sent_at", "failed_at", "bounced_at"),
    optional(sa.Text(), "leased_by"),
    required(sa.Integer(), "attempts", "ambiguous"),
    required(sa.Boolean(), "reported"),
    partial("ix_outbox_bounced_at", "bounced_at", where="bounced_at IS NOT NULL"),
    partial("ix_outbox_failed_at", "failed_at", where="failed_at IS NOT NULL"),
    sa.Index(None, "notice_id"),
    sa.Index(None, "recipient", "created_at"),
    sa.Index(None, "state", "next_try_at", "id"),
    partial(
        "ix_outbox_unreported",
        "id",
        where="failed_at IS NOT NULL AND reported IS 0",
        postgresql="failed_at IS NOT NULL AND reported IS false",
    ),
)
