"""A real PostgreSQL on loopback, one a test session, with a fresh database a test."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.servers.process import as_user, find_program, free_port, server_folder, server_user, start, stop, wait_for_port, wait_until

_numbers = itertools.count(1)

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    "shared_buffers": "32MB",
    # The tests' own server may lose data when the machine dies; no test is about PostgreSQL's own durability.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


class Postgres:
    """A cluster in a temporary folder; superuser `mailflow`, no password on loopback. `stop` and `start` keep port and data."""

    def __init__(self, folder: Path, user: str) -> None:
        self.folder = folder
        self.port = free_port()
        self._user = user
        self._folders = [str(found) for found in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
        self._process: subprocess.Popen[bytes] | None = None
        initdb = find_program("initdb", "postgresql", *self._folders)
        command = [initdb, "-D", str(folder / "data"), "-U", "mailflow", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(as_user(user, command), capture_output=True, cwd="/", check=False)
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stderr.decode()[-3000:]}")

    def start(self) -> None:
        program = find_program("postgres", "postgresql", *self._folders)
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [program, "-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder), *settings]
        log = self.folder / "postgres.log"
        self._process = start(as_user(self._user, command), log)
        wait_for_port(self.port, self._process, log)
        wait_until(self._answers, 20, "PostgreSQL's readiness")

    def stop(self) -> None:
        if self._process is not None:
            # SIGINT is PostgreSQL's "fast" shutdown; SIGTERM would wait for every client.
            self._process.send_signal(2)
            stop(self._process)
            self._process = None

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://mailflow@127.0.0.1:{self.port}/{database}"

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host="127.0.0.1", port=self.port, user="mailflow", dbname="postgres", autocommit=True)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a fresh database, a copy of `template`, dropped with the block."""
        name = f"mailflow_{next(_numbers)}"
        self.create(name, template)
        try:
            yield self.url(name)
        finally:
            with self._connect() as admin:
                admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def create(self, name: str, template: str = "template0") -> None:
        with self._connect() as admin:
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    user = server_user("postgres")
    with server_folder("pg", user) as folder:
        server = Postgres(folder, user)
        server.start()
        try:
            yield server
        finally:
            server.stop()
