"""MailboxWatcher: a thread on a real mailbox, its server failing and coming back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailflow.intake.backoff import Backoff
from mailflow.intake.imap import ImapSource
from mailflow.intake.imap_login import ImapAccount
from mailflow.intake.watcher import MailboxWatcher
from mailflow.store import mailbox
from mailflow.store.transaction import Database
from tests.servers.dovecot import Dovecot
from tests.servers.process import wait_until
from tests.servers.proxy import FaultProxy
from tests.store.rows import all_stored

TAC = "tac@tac.example"
QUICK = Backoff(first=0.05, longest=0.2, steady_after=0.5)


def now() -> datetime:
    return datetime.now(UTC)


def mail(name: str) -> bytes:
    return f"Message-ID: <{name}@test.example>\r\nSubject: {name}\r\n\r\nx\r\n".encode()


def account(server: Dovecot, **changes: Any) -> ImapAccount:
    plain = ImapAccount(host=server.host, port=server.port, user="tac", password=server.password, tls="none", read_timeout=2)
    return replace(plain, **changes)


@contextmanager
def watching(database: Database, where: ImapAccount, **changes: Any) -> Iterator[MailboxWatcher]:
    options: dict[str, Any] = {"owner": "node-1", "clock": now, "backoff": QUICK, "turn": 20.0, "jitter": lambda: 0.5, **changes}
    connect = options.pop("connect", lambda: ImapSource(where))
    watcher = MailboxWatcher(database=database, mailbox=TAC, connect=connect, **options)
    watcher.start()
    try:
        yield watcher
    finally:
        assert watcher.stop(5)


def count(database: Database) -> int:
    with database.read() as c:
        return len(all_stored(c))


def test_a_mail_is_stored_within_two_seconds_of_its_arrival(dovecot: Dovecot, sqlite_database: Database) -> None:
    dovecot.deliver("tac", mail("waiting"))
    woken = threading.Event()
    with watching(sqlite_database, account(dovecot), on_stored=woken.set) as watcher:
        assert woken.wait(10)
        wait_until(lambda: watcher.status().stored == 1)
        woken.clear()
        dovecot.deliver("tac", mail("fresh"))
        assert woken.wait(2)
        assert watcher.status().state == "connected"
    assert count(sqlite_database) == 2


def test_it_stops_within_a_second_while_it_idles(dovecot: Dovecot, sqlite_database: Database) -> None:
    with watching(sqlite_database, account(dovecot)) as watcher:
        wait_until(lambda: watcher.status().state == "connected")
        time.sleep(0.3)
        begun = time.monotonic()
        assert watcher.stop() is True
    assert time.monotonic() - begun < 1
    assert watcher.status().state == "stopped"


def test_it_stops_within_a_second_while_it_waits_to_try_again(dovecot: Dovecot, sqlite_database: Database) -> None:
    with watching(sqlite_database, account(dovecot, port=1), backoff=Backoff(first=100)) as watcher:
        wait_until(lambda: watcher.status().state == "paused")
        begun = time.monotonic()
        assert watcher.stop() is True
    assert time.monotonic() - begun < 1


def test_a_clean_stop_gives_the_mailbox_up(dovecot: Dovecot, sqlite_database: Database) -> None:
    with watching(sqlite_database, account(dovecot)) as watcher:
        wait_until(lambda: watcher.status().state == "connected")
    with sqlite_database.read() as c:
        state = mailbox.state_of(c, TAC)
    assert state is not None
    assert state.owner is None


def test_it_comes_back_after_a_restart_of_the_server(own_dovecot: Dovecot, sqlite_database: Database) -> None:
    own_dovecot.deliver("tac", mail("before"))
    with watching(sqlite_database, account(own_dovecot)) as watcher:
        wait_until(lambda: count(sqlite_database) == 1)
        own_dovecot.stop()
        wait_until(lambda: watcher.status().last_error != "")
        own_dovecot.start()
        own_dovecot.deliver("tac", mail("after"))
        wait_until(lambda: count(sqlite_database) == 2)
        wait_until(lambda: watcher.status().last_error == "")


def test_a_half_open_connection_is_left(dovecot: Dovecot, sqlite_database: Database, fault_proxy: Callable[[int], FaultProxy]) -> None:
    proxy = fault_proxy(dovecot.port)
    with watching(sqlite_database, account(dovecot, port=proxy.port, read_timeout=0.5), turn=1.0) as watcher:
        wait_until(lambda: watcher.status().state == "connected")
        proxy.swallow = True
        dovecot.deliver("tac", mail("unseen"))
        wait_until(lambda: watcher.status().last_error != "", 5)
        proxy.swallow = False
        wait_until(lambda: count(sqlite_database) == 1, 5)


def test_a_server_that_always_hangs_up_is_not_called_without_end(
    dovecot: Dovecot, sqlite_database: Database, fault_proxy: Callable[[int], FaultProxy]
) -> None:
    proxy = fault_proxy(dovecot.port)
    proxy.cut_down_after = 100
    with watching(sqlite_database, account(dovecot, port=proxy.port), backoff=Backoff(first=0.1, longest=300)):
        time.sleep(3)
    # Pauses of about 0.15, 0.25, 0.45, 0.85, 1.65 s.
    assert 3 <= proxy.accepted <= 7


def test_a_refused_password_is_tried_three_times_and_then_rarely(dovecot: Dovecot, sqlite_database: Database) -> None:
    with watching(sqlite_database, account(dovecot, password="wrong"), backoff=Backoff(first=0.05, longest=0.1)) as watcher:
        wait_until(lambda: watcher.status().refusals == 3)
        time.sleep(1)
        status = watcher.status()
    assert (status.refusals, status.state) == (3, "paused")
    assert "AUTHENTICATIONFAILED" in status.last_error


def test_progress_shows_while_it_pauses(dovecot: Dovecot, sqlite_database: Database) -> None:
    with watching(sqlite_database, account(dovecot, port=1), backoff=Backoff(first=100)) as watcher:
        wait_until(lambda: watcher.status().state == "paused")
        assert time.monotonic() - watcher.status().progress_at < 6


def test_of_two_nodes_one_reads_and_the_other_takes_over(dovecot: Dovecot, database: Database) -> None:
    with watching(database, account(dovecot)) as first:
        wait_until(lambda: first.status().state == "connected")
        with watching(database, account(dovecot), owner="node-2", idle_claim=0.1) as second:
            wait_until(lambda: second.status().state == "elsewhere")
            dovecot.deliver("tac", mail("one"))
            wait_until(lambda: count(database) == 1)
            assert first.stop()
            dovecot.deliver("tac", mail("two"))
            wait_until(lambda: second.status().state == "connected")
            wait_until(lambda: count(database) == 2)
            assert (first.status().stored, second.status().stored) == (1, 1)


def test_the_mailbox_of_a_dead_node_is_taken_over_after_its_lease(dovecot: Dovecot, sqlite_database: Database) -> None:
    with sqlite_database.write() as c:
        mailbox.claim(c, TAC, "dead", now(), timedelta(seconds=1))
    with watching(sqlite_database, account(dovecot), idle_claim=0.1) as watcher:
        wait_until(lambda: watcher.status().state == "elsewhere")
        wait_until(lambda: watcher.status().state == "connected", 5)


def test_trouble_that_is_not_the_servers_is_reported(dovecot: Dovecot, sqlite_database: Database, caplog: pytest.LogCaptureFixture) -> None:
    troubles: list[Exception] = []

    def surprise() -> ImapSource:
        if len(troubles) < 2:
            raise RuntimeError("disk on fire")
        return ImapSource(account(dovecot))

    with watching(sqlite_database, account(dovecot), connect=surprise, on_trouble=troubles.append) as watcher:
        wait_until(lambda: watcher.status().state == "connected")
    assert [str(trouble) for trouble in troubles] == ["disk on fire", "disk on fire"]
    assert [record.exc_info is not None for record in caplog.records if "reading failed" in record.message] == [True, True]


def test_many_mails_come_through_restarts_and_cuts_once_each(
    dovecot: Dovecot, database: Database, fault_proxy: Callable[[int], FaultProxy]
) -> None:
    proxy = fault_proxy(dovecot.port)
    with watching(database, account(dovecot, port=proxy.port)):
        for batch in range(10):
            dovecot.deliver_all("tac", [mail(f"m{batch}-{number}") for number in range(10)])
            time.sleep(0.05)
            proxy.cut()
        wait_until(lambda: count(database) == 100, 20)
    with database.read() as c:
        assert len({row.raw_sha256 for row in all_stored(c)}) == 100
