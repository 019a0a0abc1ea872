"""An installation in which something has happened already, for the commands that look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys import people
from tests.journeys.installation import DATA, Installation
from tests.servers.dovecot import Dovecot, run_dovecot
from tests.servers.smtp import SmtpSink, run_smtp_sink

SPAM_SUBJECT = "You won \x1b[31mmoney"


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One request (mail 1, SR-100001) that was answered, and one mail in quarantine (mail 2). Not to be changed."""
    folder = tmp_path_factory.mktemp("worked")
    with run_dovecot() as dovecot, run_smtp_sink() as sink:
        installation = Installation(folder, f"sqlite:///{folder / 'mailflow.db'}", dovecot, sink)
        installation.configure()
        assert installation.mailflow("import", str(DATA)).status == 0
        installation.deliver(people.request(people.ANNA, people.ANNAS_SERIAL))
        installation.deliver(spam())
        installation.must_run_once()
        yield installation


@pytest.fixture
def fresh(tmp_path: Path, dovecot: Dovecot, smtp_sink: SmtpSink) -> Installation:
    """An installation with an empty register and nothing in its mailboxes; the database is there."""
    installation = Installation(tmp_path, f"sqlite:///{tmp_path / 'mailflow.db'}", dovecot, smtp_sink)
    installation.configure()
    assert installation.mailflow("db", "upgrade").out == "schema 0001\n"
    return installation


def spam() -> bytes:
    """A mail that our border server marked as spam, with a terminal's escape sequence in its subject and text."""
    mail = people.write("Stranger <x@elsewhere.example>", "tac@tac.example", "You won", "Click \x1b]0;title\x07 here")
    mail["X-Spam-Flag"] = "YES"
    return people.stamped(mail, genuine=True).replace(b"Subject: You won", b"Subject: " + SPAM_SUBJECT.encode())
