"""The two doors of the database, and its schema."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from mailflow import failpoint
from mailflow.store.migrations import configuration
from mailflow.store.tables import counter, mailbox
from mailflow.store.transaction import HEAD, KNOWN_REVISIONS, DamagedDatabase, Database, NestedWrite, NewerSchema, WrongDatabaseUrl


def values(c: Connection) -> list[tuple[str, int]]:
    return [(row.name, row.value) for row in c.execute(select(counter).order_by(counter.c.name))]


def test_an_upgrade_has_something_to_do_once(database_url: str) -> None:
    database = Database(database_url)
    assert database.upgrade() is True
    assert database.upgrade() is False
    assert database.revision() == HEAD
    database.close()


def test_the_tables_in_the_code_are_those_of_the_migrations(database: Database) -> None:
    with database.write() as c:
        command.check(configuration(c))


def test_this_version_knows_exactly_the_migrations_that_it_carries(database: Database) -> None:
    with database.read() as c:
        scripts = ScriptDirectory.from_config(configuration(c))
    assert scripts.get_current_head() == HEAD
    assert {script.revision for script in scripts.walk_revisions()} == KNOWN_REVISIONS


def test_a_newer_schema_is_refused_and_left_alone(database: Database) -> None:
    with database.write() as c:
        c.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerSchema):
        database.upgrade()
    assert database.revision() == "9999"


def test_an_upgrade_that_dies_in_the_middle_leaves_nothing_and_can_be_repeated(database_url: str) -> None:
    database = Database(database_url)
    failpoint.arm("migrate.mid:raise")
    with pytest.raises(failpoint.FailpointReached):
        database.upgrade()
    assert database.revision() is None
    assert database.upgrade() is True
    database.close()


def test_of_two_nodes_that_upgrade_at_once_one_does_it(postgres_url: str) -> None:
    nodes = [Database(postgres_url), Database(postgres_url)]
    results: list[bool] = []
    threads = [threading.Thread(target=lambda node=node: results.append(node.upgrade())) for node in nodes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, True]
    for node in nodes:
        node.close()


def test_what_a_block_wrote_is_there_after_it_and_gone_when_it_raised(database: Database) -> None:
    with database.write() as c:
        c.execute(insert(counter).values(name="kept", value=1))
    with pytest.raises(KeyError), database.write() as c:
        c.execute(insert(counter).values(name="lost", value=1))
        raise KeyError
    with database.read() as c:
        assert values(c) == [("kept", 1)]


def test_a_savepoint_can_fail_alone(database: Database) -> None:
    with database.write() as c:
        c.execute(insert(counter).values(name="first", value=1))
        with pytest.raises(KeyError), c.begin_nested():
            c.execute(insert(counter).values(name="second", value=1))
            raise KeyError
        c.execute(insert(counter).values(name="third", value=1))
    with database.read() as c:
        assert values(c) == [("first", 1), ("third", 1)]


def test_reading_refuses_to_write(database: Database) -> None:
    with pytest.raises(DBAPIError), database.read() as c:
        c.execute(insert(counter).values(name="sneaked", value=1))
    with database.read() as c:
        assert values(c) == []


def test_a_reader_sees_one_moment_while_another_writes(database: Database) -> None:
    with database.read() as before:
        assert values(before) == []
        with database.write() as c:
            c.execute(insert(counter).values(name="later", value=1))
        assert values(before) == []
    with database.read() as after:
        assert values(after) == [("later", 1)]


def test_writers_of_many_threads_wait_for_each_other(database: Database) -> None:
    with database.write() as c:
        c.execute(insert(counter).values(name="n", value=0))

    def count() -> None:
        for _ in range(20):
            with database.write() as c:
                found = c.execute(select(counter.c.value).with_for_update()).scalar_one()
                c.execute(counter.update().values(value=found + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as c:
        assert values(c) == [("n", 80)]


def test_sqlite_is_set_to_lose_nothing(sqlite_database: Database) -> None:
    with sqlite_database.write() as c:
        found = {name: c.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_postgresql_commits_to_disk_even_where_the_server_is_set_otherwise(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.write() as c:
        c.execute(text("ALTER ROLE CURRENT_USER SET synchronous_commit = off"))
    database.close()
    with database.write() as c:
        assert c.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
        c.execute(text("ALTER ROLE CURRENT_USER RESET synchronous_commit"))
    database.close()


def test_a_write_inside_a_write_is_misuse_and_does_not_hang(database: Database) -> None:
    with pytest.raises(NestedWrite), database.write(), database.write():
        pass
    with database.write() as c:
        c.execute(insert(counter).values(name="after", value=1))
    with database.read() as c:
        assert values(c) == [("after", 1)]


def test_an_instant_comes_back_in_utc(database: Database) -> None:
    lease_until = datetime.fromisoformat("2026-11-20T10:00:00.000001+01:00")
    with database.write() as c:
        c.execute(insert(mailbox).values(address="a@b", lease_until=lease_until))
        found = c.execute(select(mailbox.c.lease_until)).scalar_one()
    assert (found, found.tzinfo) == (datetime(2026, 11, 20, 9, 0, 0, 1, tzinfo=UTC), UTC)


def test_a_naive_instant_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="should have timezone info"), database.write() as c:
        c.execute(insert(mailbox).values(address="a@b", lease_until=datetime.fromisoformat("2026-11-20T10:00:00")))


def test_text_that_no_database_takes_is_stored_with_marks(database: Database) -> None:
    with database.write() as c:
        c.execute(insert(mailbox).values(address="a\0b", owner="c\ud800d"))
        assert c.execute(select(mailbox.c.address, mailbox.c.owner)).one() == ("a\ufffdb", "c\ufffdd")


def test_an_empty_file_is_damage_and_not_a_new_database(tmp_path: Path) -> None:
    path = tmp_path / "mailflow.db"
    path.touch()
    with pytest.raises(DamagedDatabase):
        Database(f"sqlite:///{path}").upgrade()
    assert path.read_bytes() == b""


def test_a_file_of_something_else_is_damage_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mailflow.db"
    path.write_bytes(b"certainly not a database" * 100)
    with pytest.raises(DamagedDatabase):
        Database(f"sqlite:///{path}").upgrade()
    assert path.read_bytes() == b"certainly not a database" * 100


def test_looking_at_a_missing_file_does_not_create_it(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'mailflow.db'}")
    assert database.revision() is None
    with pytest.raises(DBAPIError), database.write() as c:
        c.execute(select(counter))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x", "no url"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(WrongDatabaseUrl):
        Database(url)


def test_a_file_name_with_odd_characters_is_one_file(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/müll #1.db")
    database.upgrade()
    assert sorted(path.name for path in tmp_path.glob("*.db")) == ["müll #1.db"]
    database.close()
