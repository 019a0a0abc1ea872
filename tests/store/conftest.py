"""An upgraded database of either kind. It is prepared once and emptied after each test, which is many times quicker than a new one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from mailflow.cases import CASE_TYPES
from mailflow.store.columns import metadata
from mailflow.store.transaction import HEAD, Database
from tests.servers.postgres import Postgres


@pytest.fixture(scope="session")
def _upgraded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("upgraded") / "mailflow.db"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    database.close()
    return path


@pytest.fixture(scope="session")
def _upgraded_postgres(postgres: Postgres) -> Iterator[str]:
    with postgres.database() as url:
        database = Database(url)
        database.upgrade()
        database.close()
        yield url


@pytest.fixture
def sqlite_url(_upgraded_file: Path, tmp_path: Path) -> str:
    """A SQLite file with the schema and no row."""
    shutil.copy(_upgraded_file, tmp_path / "mailflow.db")
    return f"sqlite:///{tmp_path / 'mailflow.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def ready_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """SQLite and PostgreSQL in turn, with the schema and no row."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    url: str = request.getfixturevalue("_upgraded_postgres")
    yield url
    _empty(url)


@pytest.fixture
def database(ready_url: str) -> Iterator[Database]:
    """`ready_url`, opened."""
    database = Database(ready_url, CASE_TYPES)
    yield database
    database.close()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """SQLite alone."""
    database = Database(sqlite_url, CASE_TYPES)
    yield database
    database.close()


def _empty(url: str) -> None:
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        # The journal's own trigger would refuse; a replica runs none.
        connection.execute("SET session_replication_role = replica")
        tables = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        connection.execute(f"TRUNCATE {tables} RESTART IDENTITY".encode())
        for (sequence,) in connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'S' AND relname LIKE 'case_number_%'"
        ).fetchall():
            connection.execute(f'DROP SEQUENCE "{sequence}"'.encode())
        connection.execute("UPDATE alembic_version SET version_num = %s", [HEAD])
