"""Installations for the commands: one in which something has happened, and fresh ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailflow.cases import CASE_TYPES
from mailflow.store.transaction import Database
from tests.cli.command import ask
from tests.journeys import people
from tests.journeys.installation import DATA, Installation
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpSink, run_smtp_sink

SPAM_SUBJECT = "You won \x1b[31mmoney"


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory, _session_dovecot: Dovecot) -> Iterator[Installation]:
    """One request (mail 1, SR-100001) that was answered, and one mail in quarantine (mail 2). Not to be changed."""
    with run_smtp_sink() as sink:
        installation = _installation(tmp_path_factory.mktemp("worked"), _session_dovecot, sink)
        assert ask(installation, "import", str(DATA)).status == 0
        installation.deliver(people.request(people.ANNA, people.ANNAS_SERIAL), spam())
        installation.must_run_once()
        _session_dovecot.remove_all()
        yield installation


@pytest.fixture(scope="session")
def _after_spam(tmp_path_factory: pytest.TempPathFactory, _session_dovecot: Dovecot) -> Iterator[Path]:
    """A database to be copied: mail 1 is in quarantine; delivery 1, the alert about it, was refused for good."""
    with run_smtp_sink() as sink:
        sink.faults.recipients["admin@tac.example"] = "550 5.1.1 no such user"
        installation = _installation(tmp_path_factory.mktemp("after_spam"), _session_dovecot, sink)
        installation.deliver(spam())
        installation.must_run_once()
        _session_dovecot.remove_all()
        yield installation.folder / "mailflow.db"


@pytest.fixture
def hanging(tmp_path: Path, dovecot: Dovecot, smtp_sink: SmtpSink, _after_spam: Path) -> Installation:
    """Mail 1 is in quarantine; delivery 1, the alert about it, was refused for good."""
    shutil.copy(_after_spam, tmp_path / "mailflow.db")
    return _installation(tmp_path, dovecot, smtp_sink)


@pytest.fixture
def fresh(tmp_path: Path, dovecot: Dovecot, smtp_sink: SmtpSink) -> Installation:
    """An installation with an empty database, an empty register and nothing in its mailboxes."""
    installation = _installation(tmp_path, dovecot, smtp_sink)
    database = Database(installation.database_url, CASE_TYPES)
    database.upgrade()
    database.close()
    return installation


def _installation(folder: Path, dovecot: Dovecot, sink: SmtpSink) -> Installation:
    installation = Installation(folder, f"sqlite:///{folder / 'mailflow.db'}", dovecot, sink)
    installation.configure()
    return installation


def spam() -> bytes:
    """A mail that our border server marked as spam, with a terminal's escape sequence in its subject and text."""
    mail = people.write("Stranger <x@elsewhere.example>", "tac@tac.example", "You won", "Click \x1b]0;title\x07 here")
    mail["X-Spam-Flag"] = "YES"
    return people.stamped(mail, genuine=True).replace(b"Subject: You won", b"Subject: " + SPAM_SUBJECT.encode())
