"""Makes the real servers of tests/servers known to all tests, and the table of crash points to the end of the session."""

from __future__ import annotations

import structlog

# With several workers only this file's hooks are heard where the session ends.
from tests.journeys.crash_table import pytest_terminal_summary as pytest_terminal_summary
from tests.servers.fixtures import _disarm_failpoints as _disarm_failpoints
from tests.servers.fixtures import _postgres_template as _postgres_template
from tests.servers.fixtures import _session_dovecot as _session_dovecot
from tests.servers.fixtures import _sqlite_template as _sqlite_template
from tests.servers.fixtures import certificate as certificate
from tests.servers.fixtures import database as database
from tests.servers.fixtures import database_url as database_url
from tests.servers.fixtures import dovecot as dovecot
from tests.servers.fixtures import fault_proxy as fault_proxy
from tests.servers.fixtures import own_dovecot as own_dovecot
from tests.servers.fixtures import postfix_sink as postfix_sink
from tests.servers.fixtures import postgres as postgres
from tests.servers.fixtures import postgres_database as postgres_database
from tests.servers.fixtures import postgres_url as postgres_url
from tests.servers.fixtures import smtp_sink as smtp_sink
from tests.servers.fixtures import sqlite_database as sqlite_database

# By default structlog draws every local value of a traceback; with a whole mail among them that takes minutes.
structlog.configure(
    processors=[structlog.processors.add_log_level, structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
)
