"""What Alembic runs for each command: our tables, the caller's connection, and table rebuilds where SQLite cannot alter."""

from __future__ import annotations

from alembic import context

from mailflow.store import columns, register, tables

assert register.contract.metadata is tables.inbound.metadata is columns.metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=columns.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
