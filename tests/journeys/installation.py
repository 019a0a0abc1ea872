"""An installation as an admin has it: a mailflow.toml, a register, real servers; and mailflow itself as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from tests.journeys.people import mailbox_of, stamped
from tests.servers.dovecot import Dovecot
from tests.servers.process import wait_until
from tests.servers.smtp import SmtpSink

DATA = Path(__file__).parent / "data"
MAILBOXES = ("tac@tac.example", "receiving@tac.example", "escalation@tac.example")
KILLED = -signal.SIGKILL
HOME = Path(__file__).parents[2]
"""Where `python -m mailflow` finds the package, installed or not."""

_CONFIGURATION = """
desks = ["huawei-tac"]
state_dir = "state"
database_url = "{database_url}"
authserv_id = "mx.tac.example"
case_address_key = "a-key-of-the-journeys-only"
size_limit_mb = 1
{more}
[relay]
host = "127.0.0.1"
port = {smtp_port}
tls = "none"
hostname = "mailflow.tac.example"
"""

MAILBOX_TABLE = """
[[mailboxes]]
address = "{address}"
host = "127.0.0.1"
port = {imap_port}
tls = "none"
user = "{address}"
password = "{password}"
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that is over: `status` is negative for a signal."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Installation:
    """`folder` holds mailflow.toml; mails go into the real Dovecot and come out at the real SMTP sink."""

    folder: Path
    database_url: str
    dovecot: Dovecot
    sink: SmtpSink

    @property
    def configuration(self) -> Path:
        return self.folder / "mailflow.toml"

    def configure(self, more: str = "") -> None:
        """Write mailflow.toml; `more` are further keys at its top."""
        boxes = "".join(MAILBOX_TABLE.format(address=box, imap_port=self.dovecot.port, password=self.dovecot.password) for box in MAILBOXES)
        top = _CONFIGURATION.format(database_url=self.database_url, smtp_port=self.sink.port, more=more)
        self.configuration.write_text(top + boxes)

    def mailflow(self, *arguments: str, patience: float = 60.0) -> Ended:
        """Run a command to its end."""
        done = subprocess.run(_command(self, arguments), capture_output=True, text=True, timeout=patience, cwd=HOME, check=False)
        return Ended(done.returncode, done.stdout, done.stderr)

    def run_once(self, *failpoints: str) -> Ended:
        """One round: collect, handle, fire, send."""
        return self.mailflow("run", "--once", *_armed(failpoints))

    def must_run_once(self) -> Ended:
        ended = self.run_once()
        assert ended.status == 0, ended.err
        return ended

    @contextmanager
    def daemon(self, *failpoints: str) -> Iterator[subprocess.Popen[bytes]]:
        """`mailflow run`, up when the block begins. Its log is `daemon.log`; what still runs at the end is killed."""
        log = self.folder / "daemon.log"
        with log.open("wb") as err:
            process = subprocess.Popen(_command(self, ("run", *_armed(failpoints))), stdout=err, stderr=err, cwd=HOME)
        try:
            wait_until(lambda: process.poll() is not None or '"event": "ready"' in log.read_text(), 20, "the daemon's readiness")
            assert process.poll() is None, log.read_text()
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()

    def deliver(self, *mails: EmailMessage | bytes, genuine: bool = True) -> None:
        """Put mails into the mailboxes they are addressed to, with our border server's word on the sender on top."""
        for mail in mails:
            raw = mail if isinstance(mail, bytes) else stamped(mail, genuine=genuine)
            self.dovecot.deliver(mailbox_of(raw), raw)

    def uids(self) -> set[tuple[str, int]]:
        """(mailbox, UID) of every mail on the IMAP server."""
        return {(box, uid) for box in MAILBOXES for uid in self.dovecot.uids(box)}


def terminate(process: subprocess.Popen[bytes], patience: float) -> tuple[int, float]:
    """SIGTERM and its exit status, with the seconds it took."""
    begun = time.monotonic()
    process.terminate()
    return process.wait(patience), time.monotonic() - begun


def _armed(failpoints: Sequence[str]) -> list[str]:
    return [part for point in failpoints for part in ("--failpoint", point)]


def _command(installation: Installation, arguments: Sequence[str]) -> list[str]:
    name, *rest = arguments
    return [sys.executable, "-m", "mailflow", name, *rest, "-c", str(installation.configuration)]
