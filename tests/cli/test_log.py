"""The log is one JSON object a line; where journald reads it, with its priority in front."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.journeys.installation import HOME

_PROGRAM = """
import logging, structlog, sys
from mailflow.cli.log import log_to_stderr
log_to_stderr(logging.INFO)
structlog.get_logger("house").info("ready", mailboxes=3)
logging.getLogger("library").warning("%s: two\\nlines", "tac")
logging.getLogger("apscheduler").info("chatter")
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger("house").exception("not handled", inbound=7)
"""


def log_of(**environment: str) -> list[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in ("JOURNAL_STREAM", "NOTIFY_SOCKET")}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, cwd=HOME, env={**inherited, **environment}, check=True
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_each_record_is_one_line_of_json() -> None:
    ready, warning, surprise = map(json.loads, log_of())
    assert {name: ready[name] for name in ("event", "level", "logger", "mailboxes")} == {
        "event": "ready",
        "level": "info",
        "logger": "house",
        "mailboxes": 3,
    }
    assert (warning["event"], warning["level"]) == ("tac: two\nlines", "warning")
    assert (surprise["event"], surprise["inbound"]) == ("not handled", 7)
    assert surprise["exception"].splitlines()[-1] == "ZeroDivisionError: division by zero"


def test_journald_gets_the_priority_in_front_of_every_line() -> None:
    assert [line[:4] for line in log_of(JOURNAL_STREAM="8:1")] == ["<6>{", "<4>{", "<3>{"]
    assert [line[:4] for line in log_of(NOTIFY_SOCKET="@none")] == ["<6>{", "<4>{", "<3>{"]
