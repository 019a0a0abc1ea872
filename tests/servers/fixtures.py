"""The servers as pytest fixtures. A server that is not installed fails the test with the Debian package's name."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from mailflow import failpoint
from mailflow.cases import CASE_TYPES
from mailflow.store.transaction import Database
from tests.servers.certificate import Certificate, make_certificate
from tests.servers.dovecot import Dovecot, run_dovecot
from tests.servers.postgres import Postgres, run_postgres
from tests.servers.proxy import FaultProxy, run_proxy
from tests.servers.smtp import SmtpSink, run_postfix_sink, run_smtp_sink


@pytest.fixture(scope="session")
def _session_dovecot() -> Iterator[Dovecot]:
    with run_dovecot() as server:
        yield server


@pytest.fixture
def dovecot(_session_dovecot: Dovecot) -> Iterator[Dovecot]:
    """A real Dovecot with empty mailboxes; any user name, password `dovecot.password`. Shared by the session: do not stop it."""
    yield _session_dovecot
    _session_dovecot.remove_all()


@pytest.fixture
def own_dovecot() -> Iterator[Dovecot]:
    """A Dovecot for this test alone, which may be stopped and started."""
    with run_dovecot() as server:
        yield server


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """A recording SMTP server; `smtp_sink.faults` makes it misbehave."""
    with run_smtp_sink() as sink:
        yield sink


@pytest.fixture
def postfix_sink() -> Iterator[Callable[..., int]]:
    """Starts Postfix's smtp-sink with given options and returns its port."""
    with ExitStack() as running:
        yield lambda *options: running.enter_context(run_postfix_sink(*options))


@pytest.fixture
def fault_proxy() -> Iterator[Callable[[int], FaultProxy]]:
    """Starts a proxy before a port."""
    with ExitStack() as running:
        yield lambda port: running.enter_context(run_proxy(port))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A self-signed certificate for localhost and 127.0.0.1."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL a session (a worker, with xdist)."""
    with run_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A fresh, empty PostgreSQL database."""
    with postgres.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, empty database of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'mailflow.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    manager: AbstractContextManager[str] = server.database()
    with manager as url:
        yield url


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the current schema; copying it is faster than migrating each time."""
    path = tmp_path_factory.mktemp("template") / "mailflow.db"
    _upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _postgres_template(postgres: Postgres) -> str:
    """The name of a PostgreSQL database with the current schema."""
    postgres.create("template_mailflow")
    _upgrade(postgres.url("template_mailflow"))
    return "template_mailflow"


def _upgrade(url: str) -> None:
    database = Database(url, CASE_TYPES)
    database.upgrade()
    database.close()


@pytest.fixture
def sqlite_database(_sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite database with the current schema, for tests in which the kind of database makes no difference."""
    path = tmp_path / "mailflow.db"
    shutil.copy(_sqlite_template, path)
    opened = Database(f"sqlite:///{path}", CASE_TYPES)
    yield opened
    opened.close()


@pytest.fixture
def postgres_database(postgres: Postgres, _postgres_template: str) -> Iterator[Database]:
    """A fresh PostgreSQL database with the current schema."""
    with postgres.database(_postgres_template) as url:
        opened = Database(url, CASE_TYPES)
        yield opened
        opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A fresh database of either kind with the current schema."""
    found: Database = request.getfixturevalue("sqlite_database" if request.param == "sqlite" else "postgres_database")
    return found


@pytest.fixture(autouse=True)
def _disarm_failpoints() -> Iterator[None]:
    yield
    failpoint.disarm()
