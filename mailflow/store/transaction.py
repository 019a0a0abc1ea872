"""The database as two doors: `write()` for a transaction that is on disk when it ends, `read()` for a look that changes nothing.

SQLite: one daemon a file, one writer at a time (BEGIN IMMEDIATE), WAL with synchronous=FULL, readers beside it. PostgreSQL: a pool,
rows locked by the statements themselves. What this does not do: retry. A transaction that fails is the caller's to repeat.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import Column, Connection, Engine, Executable, QueuePool, Table, create_engine, event, inspect, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError

from mailflow import failpoint
from mailflow.policy.case_type import AnyCaseType
from mailflow.store.columns import UNSTORABLE

R = TypeVar("R")

HEAD = "0001"
"""The schema revision of this version; a test holds it against the newest file in migrations/versions."""
KNOWN_REVISIONS = frozenset({"0001"})

BUSY_SECONDS = 30
"""How long a statement waits for another process's write to a SQLite file."""

PRAGMAS = ("PRAGMA foreign_keys=ON", "PRAGMA synchronous=FULL", f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
# One arbitrary number that all mailflow nodes share, so that only one of them migrates.
MIGRATION_LOCK = 0x6D61_696C


class WrongDatabaseUrl(ValueError):
    """The URL names no SQLite file and no PostgreSQL database."""


class NewerSchema(RuntimeError):
    """The database was written by a newer mailflow; this one must not touch it."""


class DamagedDatabase(RuntimeError):
    """The SQLite file is there but is not a database. It is left as it is: an empty new one would lose every mail."""


class NestedWrite(RuntimeError):
    """A second write transaction in the same thread. On SQLite it would wait for the first one for ever."""


class Database:
    """`sqlite:///FILE` or `postgresql://...`. Cheap to make: nothing is opened before it is used. Shared by all threads.

    `case_types` are those whose cases can be stored, by kind; they are looked up at each use.
    """

    def __init__(self, url: str, case_types: Mapping[str, AnyCaseType] | None = None, *, pool_size: int = 10) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise WrongDatabaseUrl(str(error)) from error
        self._thread = threading.local()
        # SQLAlchemy hands the options on to each connection, where store.case finds the case types.
        common: dict[str, Any] = {
            "execution_options": {"case_types": {} if case_types is None else case_types},
            "json_serializer": lambda value: UNSTORABLE.sub("\ufffd", json.dumps(value, ensure_ascii=False)),
        }
        self.path: Path | None = None
        """The SQLite file, None on PostgreSQL."""
        if parsed.get_backend_name() == "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise WrongDatabaseUrl("mailflow keeps its mails in a file: sqlite:////var/lib/mailflow/mailflow.db")
            self.path = Path(parsed.database)
            self._writer = _sqlite_engine(self.path, "BEGIN IMMEDIATE", pool_size=1, **common)
            self._reader = _sqlite_engine(self.path, "BEGIN", pool_size=pool_size, read_only=True, **common)
        elif parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
            self._writer = create_engine(parsed, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, **common)
            event.listen(self._writer, "connect", _insist_on_disk)
            self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        else:
            raise WrongDatabaseUrl(f"{parsed.get_backend_name()} is neither sqlite nor postgresql")

    @property
    def is_sqlite(self) -> bool:
        """Tell whether one file holds it, so that one daemon owns it."""
        return self.path is not None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open one transaction: committed, and on SQLite on disk, when the block ends; rolled back when it raises.

        Raises NestedWrite inside another one of the same thread.
        """
        if getattr(self._thread, "writes", False):
            raise NestedWrite("this thread is in a write transaction already: pass its connection on")
        self._thread.writes = True
        try:
            with self._writer.begin() as connection:
                yield connection
        finally:
            self._thread.writes = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open one snapshot; writing in it is refused by the database."""
        with self._reader.connect() as connection:
            yield connection

    def revision(self) -> str | None:
        """Read the schema's revision, None where there is no schema yet. Raises DamagedDatabase."""
        if self.path is not None and not self.path.exists():
            return None
        with self.read() as connection:
            return _revision_of(connection)

    def upgrade(self) -> bool:
        """Bring the schema to this version's; True when there was something to do. Creates a missing SQLite file.

        One transaction, so a kill in it leaves the old schema. Raises NewerSchema, DamagedDatabase.
        """
        if self.path is not None:
            _prepare_file(self.path)
        try:
            found = self.revision()
        except Exception as error:
            if _says_damaged(error):
                raise DamagedDatabase(f"{self.path} is not a usable database: {error.__cause__ or error}") from error
            raise
        if _is_current(found):
            return False
        with self._migration() as connection:
            if _is_current(_revision_of(connection)):
                return False
            # Alembic costs half a second to import, which a start at the current schema does not owe.
            from mailflow.store.migrations import run_migrations

            run_migrations(connection)
            failpoint.reach("migrate.mid")
        return True

    @contextmanager
    def _migration(self) -> Iterator[Connection]:
        with self._writer.connect() as connection:
            if not self.is_sqlite:
                with connection.begin():
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
                    yield connection
                return
            # A table that SQLite rebuilds is dropped for a moment: references are checked at the end instead.
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                    if broken:
                        raise DamagedDatabase(f"{len(broken)} rows point at nothing, the first in {broken[0][0]}")
            finally:
                driver.execute("PRAGMA foreign_keys=ON")

    def close(self) -> None:
        """Give back all connections; the database can be used again afterwards."""
        self._writer.dispose()
        self._reader.dispose()


class AlreadyRunning(RuntimeError):
    """Another process holds the instance lock; the text names the file and, where known, the process."""


class InstanceLock:
    """A held lock. It ends with `release`, with the `with` block, or with the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let go; releasing twice is harmless. The file stays, since removing it could split two waiting processes."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> InstanceLock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


def claim_instance(path: Path) -> InstanceLock:
    """Hold `path` (created where missing) for this process alone; it then holds our process id. Raises AlreadyRunning."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise AlreadyRunning(f"another mailflow holds {path}" + (f" (process {holder})" if holder else "")) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return InstanceLock(descriptor)


def fetch(c: Connection, query: Executable, row: Callable[..., R], **asked: object) -> list[R]:
    """Read the rows found, as frozen values whose fields are named as the columns."""
    return [row(**found._asdict()) for found in c.execute(query, asked)]


def fetch_one(c: Connection, query: Executable, row: Callable[..., R], **asked: object) -> R | None:
    """Read the first of them, None where nothing is found."""
    return next(iter(fetch(c, query, row, **asked)), None)


def insert_new(c: Connection, table: Table, values: dict[str, object]) -> bool:
    """Insert a row unless one of the table's unique keys is taken; True where it was inserted."""
    # Without the option a driver may forget the count of an INSERT.
    return c.execute(_insert_new(c.dialect.name, table, None), values, execution_options={"preserve_rowcount": True}).rowcount == 1


def insert_new_returning(c: Connection, column: Column[int], values: dict[str, object]) -> int | None:
    """Insert as `insert_new`; returns the new row's value of the column, None where there was no new row."""
    new: int | None = c.execute(_insert_new(c.dialect.name, column.table, column), values).scalar()
    return new


@cache
def _insert_new(dialect: str, table: Any, returning: Column[int] | None) -> Any:
    insert: Any = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    statement = insert.on_conflict_do_nothing()
    return statement if returning is None else statement.returning(returning)


def _is_current(found: str | None) -> bool:
    if found is not None and found not in KNOWN_REVISIONS:
        raise NewerSchema(f"the database has schema {found}, this mailflow knows up to {HEAD}: use the newer mailflow, or restore a backup")
    return found == HEAD


def _revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _sqlite_engine(path: Path, begin: str, *, read_only: bool = False, **options: Any) -> Engine:
    def connect() -> sqlite3.Connection:
        # mode=rw: a file that vanished is an error, never a new empty database. No isolation level: BEGIN is ours.
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=rw", uri=True, check_same_thread=False, isolation_level=None, timeout=BUSY_SECONDS
        )
        for pragma in (*PRAGMAS, *(("PRAGMA query_only=ON",) if read_only else ())):
            connection.execute(pragma)
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, max_overflow=0, pool_timeout=60, **options)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _insist_on_disk(connection: Any, _record: Any) -> None:
    """Make every commit reach the disk before it returns, also on a server whose default is otherwise (P1)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'")
    connection.commit()


def _prepare_file(path: Path) -> None:
    """Create a missing file whole (built aside, then renamed), so that a zero-length one is always damage."""
    if path.exists():
        if path.stat().st_size == 0:
            raise DamagedDatabase(f"{path} is empty: restore the backup, or remove the file to begin anew")
        return
    aside = path.with_name(path.name + ".new")
    aside.unlink(missing_ok=True)
    connection = sqlite3.connect(aside)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    aside.chmod(0o600)
    aside.rename(path)


def _says_damaged(error: BaseException) -> bool:
    cause = error.__cause__ or error
    return isinstance(cause, sqlite3.DatabaseError) and any(word in str(cause) for word in ("not a database", "malformed"))
