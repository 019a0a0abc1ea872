"""`mailflow run` and `db`: how they start, what they refuse."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

from mailflow.store.transaction import claim_instance
from tests.cli.command import ask, run_command
from tests.journeys import people
from tests.journeys.installation import Installation


def test_one_round_says_how_much_there_was(fresh: Installation) -> None:
    fresh.deliver(people.request(people.ANNA, people.ANNAS_SERIAL))
    done = fresh.mailflow("run", "--once", "--json")
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out) == {"stored": 1, "handled": 1, "sent": len(fresh.sink.receptions), "deferred": 0, "failed": 0}
    assert fresh.mailflow("run", "--once").out == "stored 0, handled 0, sent 0, deferred 0, failed 0\n"


def test_a_mailbox_that_cannot_be_read_fails_the_round(fresh: Installation) -> None:
    fresh.configuration.write_text(fresh.configuration.read_text().replace(fresh.dovecot.password, "wrong"))
    done = fresh.mailflow("run", "--once")
    assert done.status == 1
    assert done.err.startswith("log-in of tac@tac.example refused"), done.err


def test_a_second_mailflow_on_the_same_file_is_turned_away(fresh: Installation) -> None:
    lock = fresh.folder / "mailflow.lock"
    with claim_instance(lock):
        turned_away = [fresh.mailflow(*command) for command in (("run",), ("run", "--once"), ("db", "upgrade"))]
    assert [done.status for done in turned_away] == [75, 75, 75]
    assert {done.err.splitlines()[-1].partition(" (")[0] for done in turned_away} == {f"another mailflow holds {lock}"}


def test_a_database_of_a_newer_mailflow_is_left_alone(fresh: Installation) -> None:
    with closing(sqlite3.connect(fresh.folder / "mailflow.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    statuses = {command: fresh.mailflow(*command.split()).status for command in ("run --once", "cases", "db upgrade", "check")}
    assert statuses == dict.fromkeys(statuses, 78)


def test_a_file_that_is_no_database_is_left_alone(fresh: Installation) -> None:
    for name in ("mailflow.db", "mailflow.db-wal", "mailflow.db-shm"):
        (fresh.folder / name).unlink(missing_ok=True)
    (fresh.folder / "mailflow.db").write_bytes(b"no database at all" * 100)
    done = fresh.mailflow("run", "--once")
    assert (done.status, (fresh.folder / "mailflow.db").read_bytes()) == (78, b"no database at all" * 100)


def test_an_unknown_failpoint_is_a_wrong_use(fresh: Installation) -> None:
    done = fresh.run_once("no.such.point:kill")
    assert (done.status, done.out) == (2, "")


def test_an_upgrade_says_when_there_is_nothing_to_do(fresh: Installation) -> None:
    assert ask(fresh, "db", "upgrade").out == "schema 0001, nothing to do\n"
    assert json.loads(ask(fresh, "db", "upgrade", "--json").out) == {"revision": "0001", "changed": False}


def test_help_and_typing_errors_need_no_configuration() -> None:
    assert run_command("--help").status == 0
    wrong = run_command("chek")
    assert (wrong.status, wrong.out) == (2, "")
    assert "Did you mean 'check'?" in wrong.err
