"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

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
    _cases()
    _intake()
    _delivery()
    _timers()
    _register()
    for statement in SQLITE_APPEND_ONLY if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_APPEND_ONLY:
        op.execute(statement)


def _cases() -> None:
    op.create_table(
        "case",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("participants", sa.JSON(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("contract", sa.Text(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("linked", sa.JSON(), nullable=False),
        sa.Column("proposed", sa.JSON(), nullable=False),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["merged_into"], ["case.number"], name=op.f("fk_case_merged_into_case")),
        sa.ForeignKeyConstraint(["parent"], ["case.number"], name=op.f("fk_case_parent_case")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_case")),
    )
    op.create_index(op.f("ix_case_assignee"), "case", ["assignee"])
    op.create_index(op.f("ix_case_merged_into"), "case", ["merged_into"])
    op.create_index(op.f("ix_case_parent"), "case", ["parent"])
    op.create_index(op.f("ix_case_state_kind"), "case", ["state", "kind"])
    op.create_table(
        "case_serial",
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_number"], ["case.number"], name=op.f("fk_case_serial_case_number_case")),
        sa.PrimaryKeyConstraint("serial", "case_number", name=op.f("pk_case_serial")),
    )
    op.create_index(op.f("ix_case_serial_case_number"), "case_serial", ["case_number"])
    op.create_table(
        "given_command",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("deadlines", sa.JSON(), nullable=False),
        sa.Column("sent", sa.JSON(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_number"], ["case.number"], name=op.f("fk_given_command_case_number_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_given_command")),
    )
    op.create_index(op.f("ix_given_command_case_number"), "given_command", ["case_number"])
    op.create_table(
        "foreign_number",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_number"], ["case.number"], name=op.f("fk_foreign_number_case_number_case")),
        sa.PrimaryKeyConstraint("desk", "number", name=op.f("pk_foreign_number")),
    )
    op.create_table(
        "digest",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "kind", "due_at", name=op.f("pk_digest")),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )


def _intake() -> None:
    op.create_table(
        "raw_mail",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_raw_mail")),
    )
    op.create_table(
        "inbound",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raw_sha256", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("oversize", sa.Boolean(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("refs", sa.JSON(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=True),
        sa.Column("duplicate_of", ROW_ID, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged", sa.Boolean(), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["case.number"], name=op.f("fk_inbound_case_number_case")),
        sa.ForeignKeyConstraint(["duplicate_of"], ["inbound.id"], name=op.f("fk_inbound_duplicate_of_inbound")),
        sa.ForeignKeyConstraint(["raw_sha256"], ["raw_mail.sha256"], name=op.f("fk_inbound_raw_sha256_raw_mail")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound")),
        sa.UniqueConstraint("mailbox", "uidvalidity", "uid", name=op.f("uq_inbound_mailbox_uidvalidity_uid")),
    )
    op.create_index(op.f("ix_inbound_case_number"), "inbound", ["case_number"])
    op.create_index(op.f("ix_inbound_message_id"), "inbound", ["message_id"])
    op.create_index(op.f("ix_inbound_raw_sha256"), "inbound", ["raw_sha256"])
    op.create_index(op.f("ix_inbound_state_received_at_id"), "inbound", ["state", "received_at", "id"])
    op.create_index(
        "ix_inbound_unacknowledged",
        "inbound",
        ["mailbox", "uidvalidity", "uid"],
        sqlite_where=sa.text("acknowledged IS 0"),
        postgresql_where=sa.text("acknowledged IS false"),
    )
    op.create_table(
        "mailbox",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=True),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_mailbox")),
    )


def _delivery() -> None:
    op.create_table(
        "notice",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("case_number", sa.Text(), nullable=True),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("to", sa.JSON(), nullable=False),
        sa.Column("cc", sa.JSON(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at_most_once", sa.Boolean(), nullable=False),
        sa.Column("immediate_answer", sa.Boolean(), nullable=False),
        sa.Column("to_stranger", sa.Boolean(), nullable=False),
        sa.Column("inbound_id", ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["case.number"], name=op.f("fk_notice_case_number_case")),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name=op.f("fk_notice_inbound_id_inbound")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("message_id", name=op.f("uq_notice_message_id")),
    )
    op.create_index(op.f("ix_notice_case_number"), "notice", ["case_number"])
    op.create_index(op.f("ix_notice_inbound_id"), "notice", ["inbound_id"])
    op.create_index(
        "ix_notice_to_stranger",
        "notice",
        ["desk", "created_at"],
        sqlite_where=sa.text("to_stranger IS 1"),
        postgresql_where=sa.text("to_stranger IS true"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("notice_id", ROW_ID, nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("envelope_from", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ambiguous", sa.Integer(), nullable=False),
        sa.Column("dialogue_began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bounce_reason", sa.Text(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_outbox_notice_id_notice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_notice_id"), "outbox", ["notice_id"])
    op.create_index(op.f("ix_outbox_recipient_created_at"), "outbox", ["recipient", "created_at"])
    op.create_index(op.f("ix_outbox_state_next_try_at_id"), "outbox", ["state", "next_try_at", "id"])
    for name in ("failed_at", "bounced_at"):
        there = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_outbox_{name}", "outbox", [name], sqlite_where=there, postgresql_where=there)
    op.create_index(
        "ix_outbox_untold",
        "outbox",
        ["id"],
        sqlite_where=sa.text("failed_at IS NOT NULL AND told IS 0"),
        postgresql_where=sa.text("failed_at IS NOT NULL AND told IS false"),
    )
    op.create_table(
        "told",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("desk", "about", name=op.f("pk_told")),
    )
    op.create_table(
        "suppressed_address",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hard_bounces", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_suppressed_address")),
    )


def _timers() -> None:
    op.create_table(
        "deadline",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["case.number"], name=op.f("fk_deadline_case_number_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
    )
    op.create_index(op.f("ix_deadline_case_number_state"), "deadline", ["case_number", "state"])
    op.create_index(op.f("ix_deadline_state_due_at_id"), "deadline", ["state", "due_at", "id"])
    op.create_index(
        "uq_deadline_waiting",
        "deadline",
        ["case_number", "kind", "key"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "journal",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("case_number", sa.Text(), nullable=True),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("inbound_id", ROW_ID, nullable=True),
        sa.Column("deadline_id", ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["case.number"], name=op.f("fk_journal_case_number_case")),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"], name=op.f("fk_journal_deadline_id_deadline")),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name=op.f("fk_journal_inbound_id_inbound")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_case_number"), "journal", ["case_number"])
    op.create_index(op.f("ix_journal_inbound_id"), "journal", ["inbound_id"])


def _register() -> None:
    op.create_table(
        "contract",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("folded_number", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("domains", sa.JSON(), nullable=False),
        sa.Column("service_level", sa.Text(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("end", sa.Date(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("site_address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_contract")),
    )
    op.create_index(op.f("ix_contract_folded_number"), "contract", ["folded_number"])
    op.create_table(
        "contract_domain",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["contract"], ["contract.number"], name=op.f("fk_contract_domain_contract_contract")),
        sa.PrimaryKeyConstraint("domain", "contract", name=op.f("pk_contract_domain")),
    )
    op.create_table(
        "device",
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("part_number", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("ship_date", sa.Date(), nullable=True),
        sa.Column("installation_service", sa.Boolean(), nullable=False),
        sa.Column("installation_report_date", sa.Date(), nullable=True),
        sa.Column("pac_date", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["contract"], ["contract.number"], name=op.f("fk_device_contract_contract")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_device")),
    )
    op.create_table(
        "contact",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["contract"], ["contract.number"], name=op.f("fk_contact_contract_contract")),
        sa.PrimaryKeyConstraint("email", "contract", name=op.f("pk_contact")),
    )
    op.create_index(op.f("ix_contact_contract"), "contact", ["contract"])
    op.create_table(
        "part_price",
        sa.Column("part_number", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("list_price", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("part_number", "valid_from", name=op.f("pk_part_price")),
    )
    op.create_table(
        "partner",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("service_manager", sa.Text(), nullable=False),
        sa.Column("spare_parts_contact", sa.Text(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("certified_from", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_partner")),
    )
    op.create_index(op.f("ix_partner_domain"), "partner", ["domain"])
