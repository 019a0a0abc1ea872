"""kill -9 at each point of the intake: one row a mail, and a flag only where there is a row."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from mailflow.store.transaction import Database
from tests.servers.dovecot import Dovecot
from tests.store.rows import all_stored

PROGRAM = """
import sys
from datetime import UTC, datetime
from mailflow import failpoint
from mailflow.intake.collect import collect_mailbox, acknowledge_again
from mailflow.intake.imap import ImapSource
from mailflow.intake.imap_login import ImapAccount
from mailflow.store.transaction import Database

port, password, path, point = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
if point:
    failpoint.arm(point + ":kill")
database = Database(f"sqlite:///{path}")
with ImapSource(ImapAccount(host="127.0.0.1", port=port, user="tac", password=password, tls="none")) as source:
    acknowledge_again(database, source, "tac@tac.example")
    collect_mailbox(database, source, "tac@tac.example", clock=lambda: datetime.now(UTC))
"""


def run(server: Dovecot, database: Database, point: str) -> int:
    program = [sys.executable, "-c", PROGRAM, str(server.port), server.password, str(database.path), point]
    return subprocess.run(program, check=False, timeout=30).returncode


@pytest.mark.parametrize(
    ("point", "rows", "flagged"),
    [("imap.after_fetch", 0, 0), ("intake.before_commit", 0, 0), ("intake.after_commit", 3, 0), ("imap.after_seen", 3, 3)],
)
def test_a_kill_at_each_point(dovecot: Dovecot, sqlite_database: Database, point: str, rows: int, flagged: int) -> None:
    dovecot.deliver_all("tac", [f"Subject: m{number}\r\n\r\nx\r\n".encode() for number in range(3)])

    def state() -> tuple[int, int, int]:
        with sqlite_database.read() as c:
            stored = all_stored(c)
        marked = [uid for uid, flags in dovecot.flags("tac").items() if "$MailflowStored" in flags]
        return len(stored), len(marked), len([row for row in stored if row.acknowledged])

    assert run(dovecot, sqlite_database, point) == -signal.SIGKILL
    assert state() == (rows, flagged, 0)
    assert run(dovecot, sqlite_database, "") == 0
    assert state() == (3, 3, 3)
