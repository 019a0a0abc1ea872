"""The journal is only ever added to."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mailflow.policy.derivation import Step
from mailflow.store import deadline, journal
from mailflow.store.transaction import Database
from tests.store.rows import MINUTE, NOON, opened, stored


def written(database: Database) -> int:
    with database.write() as c:
        opened(c)
        mail = stored(c, 1)
        timer = deadline.set(c, "SR-100001", "reminder", "", NOON)
        on_case = partial(journal.write, c, case_number="SR-100001", desk="huawei-tac")
        on_case(at=NOON, who="anna@customer.example", what="opened", text="by mail", inbound_id=mail)
        steps = (Step("cutoff", {"at": NOON}),)
        on_case(at=NOON + MINUTE, who="", what="reminded", text="", steps=steps, deadline_id=timer)
        journal.write(c, case_number=None, desk="huawei-tac", at=NOON, who="", what="ignored", text="a list", inbound_id=mail)
        return mail


def test_lines_come_back_in_the_order_of_writing(database: Database) -> None:
    mail = written(database)
    with database.read() as c:
        lines = journal.of_case(c, "SR-100001")
        assert [(line.what, line.at, line.steps, line.inbound_id) for line in lines] == [
            ("opened", NOON, (), mail),
            ("reminded", NOON + MINUTE, (Step("cutoff", {"at": NOON}),), None),
        ]
        assert [line.what for line in journal.of_inbound(c, mail)] == ["opened", "ignored"]
        assert [line.what for line in journal.since(c, NOON + MINUTE, desk="huawei-tac")] == ["reminded"]


@pytest.mark.parametrize("statement", ["UPDATE journal SET text = 'never'", "DELETE FROM journal"])
def test_the_database_refuses_to_change_or_drop_a_line(database: Database, statement: str) -> None:
    written(database)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as c:
        c.execute(text(statement))
    with database.read() as c:
        assert [line.text for line in journal.of_case(c, "SR-100001")] == ["by mail", ""]


def test_postgresql_refuses_to_empty_it(postgres_url: str) -> None:
    database = Database(postgres_url)
    database.upgrade()
    with pytest.raises(DBAPIError, match="append-only"), database.write() as c:
        c.execute(text("TRUNCATE journal"))
    database.close()
