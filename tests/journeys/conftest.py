"""An installation for each journey, on either database; and the table of crash points at the end of the session."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.journeys.crash_table import pytest_terminal_summary as pytest_terminal_summary
from tests.journeys.installation import DATA, Installation
from tests.journeys.oracle import Oracle
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres
from tests.servers.smtp import SmtpSink, run_smtp_sink


def _prepare(folder: Path, url: str, dovecot: Dovecot) -> None:
    """A database made and filled by `mailflow import`, to be copied: importing anew for each test would take a second each."""
    with run_smtp_sink() as sink:
        installation = Installation(folder, url, dovecot, sink)
        installation.configure()
        imported = installation.mailflow("import", str(DATA))
    assert (imported.status, imported.out) == (0, "2 contracts, 3 devices, 2 parts, 2 contacts, 0 partners\n"), imported.err


@pytest.fixture(scope="session")
def _imported_sqlite(tmp_path_factory: pytest.TempPathFactory, _session_dovecot: Dovecot) -> Path:
    folder = tmp_path_factory.mktemp("imported")
    _prepare(folder, f"sqlite:///{folder / 'mailflow.db'}", _session_dovecot)
    return folder / "mailflow.db"


@pytest.fixture(scope="session")
def _imported_postgres(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, _session_dovecot: Dovecot) -> str:
    postgres.create("imported_mailflow")
    _prepare(tmp_path_factory.mktemp("imported"), postgres.url("imported_mailflow"), _session_dovecot)
    return "imported_mailflow"


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database the journey is made on."""
    found: str = request.param
    return found


@pytest.fixture
def registered_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the register of `data` and no mail yet."""
    with ExitStack() as running:
        if kind == "sqlite":
            path = tmp_path / "mailflow.db"
            shutil.copy(request.getfixturevalue("_imported_sqlite"), path)
            yield f"sqlite:///{path}"
        else:
            template: str = request.getfixturevalue("_imported_postgres")
            server: Postgres = request.getfixturevalue("postgres")
            yield running.enter_context(server.database(template))


@pytest.fixture
def installation(registered_url: str, tmp_path: Path, dovecot: Dovecot, smtp_sink: SmtpSink) -> Installation:
    made = Installation(tmp_path, registered_url, dovecot, smtp_sink)
    made.configure()
    return made


@pytest.fixture
def oracle(installation: Installation) -> Oracle:
    return Oracle(installation.database_url, installation.sink)
