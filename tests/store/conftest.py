"""An upgraded database of either kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailflow.store.transaction import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """SQLite and PostgreSQL in turn, with the schema and no row."""
    database = Database(database_url)
    database.upgrade()
    yield database
    database.close()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """SQLite alone."""
    database = Database(f"sqlite:///{tmp_path / 'mailflow.db'}")
    database.upgrade()
    yield database
    database.close()
