"""kill -9 at each point of a delivery: nothing is lost, and a second copy comes only where the books say it may."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from mailflow.store import notice, outbox
from mailflow.store.transaction import Database
from tests.servers.smtp import SmtpSink

RAW = b"Message-ID: <one@tac.example>\r\nSubject: x\r\n\r\nx\r\n"
PROGRAM = """
import asyncio, sys
from datetime import UTC, datetime
from mailflow import failpoint
from mailflow.delivery.deliver import deliver_due
from mailflow.delivery.settings import RelaySettings
from mailflow.delivery.smtp import SmtpRelay
from mailflow.store.outbox import recover_own
from mailflow.store.transaction import Database

port, path, point = int(sys.argv[1]), sys.argv[2], sys.argv[3]

async def run():
    database = Database(f"sqlite:///{path}")
    with database.write() as c:
        recover_own(c)
    if point:
        failpoint.arm(point + ":kill")
    relay = SmtpRelay(RelaySettings(host="127.0.0.1", port=port, local_hostname="tac.example", tls="none"))
    await deliver_due(database, relay, owner="node-1", clock=lambda: datetime.now(UTC))
    await relay.close()

asyncio.run(run())
"""


def run(sink: SmtpSink, database: Database, point: str) -> int:
    return subprocess.run([sys.executable, "-c", PROGRAM, str(sink.port), str(database.path), point], check=False, timeout=30).returncode


@pytest.mark.parametrize("at_most_once", [False, True])
@pytest.mark.parametrize(
    ("point", "arrived", "doubt"),
    [
        ("outbox.after_lease", 0, False),
        ("smtp.after_mail", 0, False),
        ("smtp.after_rcpt", 0, False),
        ("smtp.mid_data", 0, True),
        ("smtp.after_dot", 1, True),
        ("smtp.after_250", 1, True),
        ("outbox.after_commit", 1, False),
    ],
)
def test_a_kill_at_each_point(
    sqlite_database: Database, smtp_sink: SmtpSink, point: str, arrived: int, doubt: bool, at_most_once: bool
) -> None:
    now = datetime.now(UTC)
    with sqlite_database.write() as c:
        notice.add(
            c,
            case_number=None,
            desk="tac",
            name="rma/invoice_request",
            language="en",
            subject="x",
            message_id="one@tac.example",
            to=("finance@tac.example",),
            raw=RAW,
            text="x",
            recipients=("finance@tac.example",),
            envelope_from="desk@tac.example",
            created_at=now,
            at_most_once=at_most_once,
        )
    assert run(smtp_sink, sqlite_database, point) == -signal.SIGKILL
    if arrived:
        smtp_sink.wait_for(arrived)
    assert run(smtp_sink, sqlite_database, "") == 0
    held = doubt and at_most_once
    sent_again = 0 if held or point == "outbox.after_commit" else 1
    with sqlite_database.read() as c:
        (row,) = outbox.list_rows(c)
    assert (row.state, row.ambiguous) == ("held" if held else "sent", int(doubt))
    assert [reception.raw for reception in smtp_sink.receptions] == [RAW] * (arrived + sent_again)
