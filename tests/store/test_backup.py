"""A backup holds everything, and can be restored into either database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from mailflow import failpoint
from mailflow.policy.case import ServiceRequestDetails
from mailflow.store import audit, case, deadline, inbound, journal, outbox
from mailflow.store.audit import AmbiguousDelivery
from mailflow.store.backup import NotEmpty, WrongBackup, backup, restore
from mailflow.store.columns import metadata
from mailflow.store.csv_register import import_register
from mailflow.store.tables import raw_mail
from mailflow.store.transaction import Database, NewerSchema
from tests.store.rows import BOX, MINUTE, NOON, a_mail, noticed, opened, stored


def filled(database: Database, tmp_path: Path) -> None:
    (tmp_path / "parts.csv").write_text("part_number,description,list_price,currency,valid_from\nP1,Fan,10.50,EUR,2026-01-01\n")
    import_register(database, tmp_path)
    with database.write() as c:
        opened(c, "SR-100002", details=ServiceRequestDetails(serials=("S1",)), opened_at=NOON)
        # The numbers sort before those that they point at.
        opened(c, "RMA-100001", kind="rma", parent="SR-100002")
        opened(c, "SR-100001", merged_into="SR-100002")
        first, second = stored(c, 1, a_mail()), stored(c, 2, a_mail(received_by="mx2"))
        inbound.finish(c, second, state="opened", rule="r", reason="", case_number="SR-100002", at=NOON)
        inbound.finish(c, first, state="duplicate", rule="r", reason="", case_number=None, at=NOON, duplicate_of=second)
        noticed(c, case_number="SR-100002", inbound_id=second)
        timer = deadline.set(c, "SR-100002", "reminder", "", NOON)
        journal.write(c, case_number="SR-100002", desk="d", at=NOON, who="", what="opened", text="", inbound_id=second, deadline_id=timer)


def rows(database: Database) -> dict[str, list[Any]]:
    with database.read() as c:
        return {
            table.name: [tuple(row) for row in c.execute(select(table).order_by(*table.primary_key))] for table in metadata.sorted_tables
        }


@pytest.fixture
def other_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Database]:
    def make(kind: str) -> Database:
        return Database(request.getfixturevalue("postgres_url") if kind == "postgresql" else f"sqlite:///{tmp_path / 'other.db'}")

    return make


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_restores_every_row_into_either_database(
    database: Database, other_database: Callable[[str], Database], kind: str, tmp_path: Path
) -> None:
    filled(database, tmp_path)
    backup(database, tmp_path / "backup.db")
    other = other_database(kind)
    restore(other, tmp_path / "backup.db")
    assert rows(other) == rows(database)
    with other.write() as c:
        # Life goes on: new ids and numbers come after the old ones.
        assert stored(c, 3) == 3
        assert case.next_number(c, "service_request", "SR-") == "SR-100003"
    other.close()


def test_a_backup_replaces_an_earlier_one_only_when_it_is_complete(database: Database, tmp_path: Path) -> None:
    filled(database, tmp_path)
    file = tmp_path / "backup.db"
    backup(database, file)
    before = file.read_bytes()
    with database.write() as c:
        stored(c, 3)
    failpoint.arm("backup.mid:raise")
    with pytest.raises(failpoint.FailpointReached):
        backup(database, file)
    assert file.read_bytes() == before
    backup(database, file)
    assert file.read_bytes() != before
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_database_with_rows_is_never_overwritten(database: Database, tmp_path: Path) -> None:
    filled(database, tmp_path)
    backup(database, tmp_path / "backup.db")
    before = rows(database)
    with pytest.raises(NotEmpty):
        restore(database, tmp_path / "backup.db")
    assert rows(database) == before


@pytest.mark.parametrize("content", [b"", b"no database at all" * 1000, None])
def test_a_file_that_is_no_backup_is_refused_and_nothing_is_created(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "backup.db").write_bytes(content)
    with pytest.raises(WrongBackup):
        restore(Database(f"sqlite:///{tmp_path / 'other.db'}"), tmp_path / "backup.db")
    assert not (tmp_path / "other.db").exists()


def test_a_backup_of_a_newer_mailflow_is_refused(sqlite_database: Database, tmp_path: Path) -> None:
    with sqlite_database.write() as c:
        c.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    backup(sqlite_database, tmp_path / "backup.db")
    with pytest.raises(NewerSchema):
        restore(Database(f"sqlite:///{tmp_path / 'other.db'}"), tmp_path / "backup.db")


def test_an_audit_finds_nothing_wrong_with_good_rows(database: Database, tmp_path: Path) -> None:
    filled(database, tmp_path)
    with database.read() as c:
        assert audit.uid_states(c, BOX) == {(7, 1): "duplicate", (7, 2): "opened"}
        assert audit.uid_states(c, "other@tac.example") == {}
        assert audit.handled_twice(c) == []
        assert audit.ambiguous_deliveries(c) == []
        assert audit.broken_rows(c) == []


def test_an_audit_names_a_mail_that_was_handled_twice(database: Database) -> None:
    with database.write() as c:
        opened(c)
        ids = tuple(stored(c, uid, a_mail(received_by=str(uid))) for uid in (1, 2))
        for id in ids:
            inbound.record_identity(c, id, "one@customer.example", "anna@customer.example", "")
            inbound.finish(c, id, state="added", rule="", reason="", case_number="SR-100001", at=NOON)
        assert audit.handled_twice(c) == [ids]


def test_an_audit_names_deliveries_of_unknown_outcome(database: Database) -> None:
    with database.write() as c:
        noticed(c)
        (item,) = outbox.lease_due(c, now=NOON, owner="a", lease=MINUTE, limit=1)
        outbox.mark_waiting(c, item.id, "a", NOON, "no answer to the final dot", ambiguous=True)
        assert audit.ambiguous_deliveries(c) == [AmbiguousDelivery("n1@tac.example", "anna@customer.example", "waiting", 1)]


def test_an_audit_names_a_mail_whose_bytes_changed(database: Database) -> None:
    with database.write() as c:
        id = stored(c, 1)
        c.execute(raw_mail.update().values(content=b"changed"))
        assert audit.broken_rows(c) == [f"the bytes of inbound mail {id} are not those that were stored"]
