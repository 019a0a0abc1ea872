"""The order of system calls: a mail is on disk before the server is told that we have it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from mailflow.store.transaction import Database
from tests.servers.dovecot import Dovecot
from tests.servers.process import find_program

PROGRAM = """
import sys
from datetime import UTC, datetime
from mailflow.intake.collect import collect_mailbox
from mailflow.intake.imap import ImapSource
from mailflow.intake.imap_login import ImapAccount
from mailflow.store.transaction import Database

port, password, path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
account = ImapAccount(host="127.0.0.1", port=port, user="tac", password=password, tls="none")
with ImapSource(account) as source:
    collect_mailbox(Database(f"sqlite:///{path}"), source, "tac@tac.example", clock=lambda: datetime.now(UTC))
"""


def test_the_commit_is_on_disk_before_the_flag_is_set(dovecot: Dovecot, sqlite_database: Database, tmp_path: Path) -> None:
    dovecot.deliver("tac", b"Subject: x\r\n\r\nx\r\n")
    trace = tmp_path / "trace"
    strace = [find_program("strace", "strace"), "-f", "-qq", "-s", "60", "-e", "trace=fdatasync,fsync,sendto", "-o", str(trace)]
    program = [sys.executable, "-c", PROGRAM, str(dovecot.port), dovecot.password, str(sqlite_database.path)]
    subprocess.run([*strace, *program], check=True, timeout=60)
    events = [
        "disk" if "sync(" in line else "fetch" if "BODY.PEEK" in line else "store"
        for line in trace.read_text().splitlines()
        if re.search(r"sync\(|BODY\.PEEK|UID STORE", line)
    ]
    after_fetch = events[events.index("fetch") + 1 :]
    assert after_fetch.count("store") == 1
    assert "disk" in after_fetch[: after_fetch.index("store")]
    # What was noted about the telling is on disk in the end, too.
    assert after_fetch[-1] == "disk"
