"""What Alembic runs for each command: our tables, the caller's connection, and table rebuilds where SQLite cannot alter."""

from __future__ import annotations

from alembic import context

from mailflow.store import columns, register_tables, tables

metadata = columns.metadata
assert tables.inbound.metadata is register_tables.contract.metadata is metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
