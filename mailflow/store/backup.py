"""Backup and restore. A backup is one SQLite file, whichever database it came from, so either can be restored from either.

A backup is a consistent moment and may be taken while the daemon runs. A restore wants a database without rows: it never overwrites.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy import Connection, Table, func, insert, inspect, select, text, update

from mailflow import failpoint
from mailflow.store import register, tables
from mailflow.store.transaction import DamagedDatabase, Database

BATCH = 200
"""Rows copied at once; each may carry a mail of 30 MB, so raw mails go one by one."""

# Rows that may point at a later row of their own table get the pointer when all are there.
_OWN_POINTERS = {tables.inbound: (tables.inbound.c.duplicate_of,), tables.case: (tables.case.c.parent, tables.case.c.merged_into)}


class NotEmpty(RuntimeError):
    """There are rows already where a backup was to be restored."""


class WrongBackup(ValueError):
    """The file is no backup of mailflow, or a damaged one."""


def backup(database: Database, file: Path) -> None:
    """Write all rows to `file`, replacing it only when the new one is complete and on disk. Raises OSError, DamagedDatabase."""
    aside = file.with_name(file.name + ".new")
    aside.unlink(missing_ok=True)
    if database.path is not None:
        _vacuum_into(database.path, aside)
    else:
        copy = Database(f"sqlite:///{aside}")
        copy.upgrade()
        with database.read() as source, copy.write() as target:
            _copy_rows(source, target)
        copy.close()
    failpoint.reach("backup.mid")
    _rename_durably(aside, file)


def restore(database: Database, file: Path) -> None:
    """Fill an empty database from a backup, of this schema or an older one. Raises NotEmpty, WrongBackup, NewerSchema."""
    if not file.is_file():
        raise WrongBackup(f"there is no file {file}")
    with tempfile.TemporaryDirectory(dir=database.path.parent if database.path else None, prefix=".restore-") as folder:
        copy_path = Path(folder) / "backup.db"
        shutil.copyfile(file, copy_path)
        copy_path.chmod(0o600)
        copy = Database(f"sqlite:///{copy_path}")
        _check(copy, file)
        copy.upgrade()
        if database.path is None:
            database.upgrade()
            with copy.read() as source, database.write() as target:
                _refuse_rows(target)
                _copy_rows(source, target)
        else:
            _restore_file(copy, copy_path, database)
        copy.close()


def _restore_file(copy: Database, copy_path: Path, database: Database) -> None:
    path = database.path
    assert path is not None
    if path.exists():
        if database.revision() is not None:
            with database.read() as c:
                _refuse_rows(c)
        database.close()
    copy.close()
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    with sqlite3.connect(copy_path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    _rename_durably(copy_path, path)


def _vacuum_into(path: Path, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
    connection = sqlite3.connect(path, timeout=60)
    try:
        connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.DatabaseError as error:
        target.unlink(missing_ok=True)
        if "malformed" in str(error) or "not a database" in str(error):
            raise DamagedDatabase(f"{path}: {error}") from error
        raise
    finally:
        connection.close()


def _rename_durably(source: Path, target: Path) -> None:
    _to_disk(source)
    source.replace(target)
    _to_disk(target.parent)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check(copy: Database, file: Path) -> None:
    try:
        if copy.revision() is None:
            raise WrongBackup(f"{file} is no backup of mailflow")
        with copy.read() as c:
            answer = c.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    except Exception as error:
        if isinstance(error.__cause__, sqlite3.DatabaseError):
            raise WrongBackup(f"{file}: {error.__cause__}") from error
        raise
    if answer != "ok":
        raise WrongBackup(f"{file} is damaged: {answer}")


def _refuse_rows(c: Connection) -> None:
    for table in _tables():
        if c.execute(select(func.count()).select_from(table)).scalar():
            raise NotEmpty(f"there are rows in {table.name} already: restore into a fresh database")


def _tables() -> list[Table]:
    """List all tables, each after those it points at."""
    assert register.contract.metadata is tables.case.metadata
    return tables.case.metadata.sorted_tables


def _copy_rows(source: Connection, target: Connection) -> None:
    for table in _tables():
        own = [column.name for column in _OWN_POINTERS.get(table, ())]
        pointers: list[tuple[object, dict[str, object]]] = []
        key = next(iter(table.primary_key.columns))
        size = 1 if table is tables.raw_mail else BATCH
        found = source.execution_options(yield_per=size).execute(select(table).order_by(*table.primary_key.columns))
        for partition in found.partitions(size):
            rows = [row._asdict() for row in partition]
            pointing = ((row[key.name], {name: row[name] for name in own if row[name] is not None}) for row in rows)
            pointers += [(which, values) for which, values in pointing if values]
            target.execute(insert(table), [{**row, **dict.fromkeys(own)} for row in rows])
        for which, values in pointers:
            target.execute(update(table).where(key == which).values(values))
        if target.dialect.name == "postgresql" and "id" in table.c:
            _count_on(target, table)


def _count_on(target: Connection, table: Table) -> None:
    """Let PostgreSQL's own row counter go on after the copied ids."""
    highest = target.execute(select(func.max(table.c.id))).scalar()
    if highest is not None:
        setting = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :highest)")
        target.execute(setting, {"name": inspect(target).dialect.identifier_preparer.quote(table.name), "highest": highest})
