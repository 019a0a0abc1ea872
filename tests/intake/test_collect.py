"""Collecting from a real Dovecot into both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailflow import failpoint
from mailflow.intake.collect import MailboxTaken, acknowledge_again, collect_mailbox
from mailflow.intake.imap import ImapSource
from mailflow.intake.imap_login import ImapAccount
from mailflow.store import mailbox
from mailflow.store.inbound import InboundRow
from mailflow.store.transaction import Database
from tests.servers.dovecot import Dovecot
from tests.store.rows import all_stored

TAC = "tac@tac.example"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
STORED = frozenset({"$MailflowStored"})


def mail(name: str, size: int = 0) -> bytes:
    return f"Message-ID: <{name}@test.example>\r\nSubject: {name}\r\n\r\n".encode() + b"x" * size + b"\r\n"


def connect(server: Dovecot, max_size: int = 30_000_000) -> ImapSource:
    return ImapSource(ImapAccount(host=server.host, port=server.port, user="tac", password=server.password, tls="none", max_size=max_size))


def collect(database: Database, server: Dovecot, **changes: int) -> int:
    with connect(server, **changes) as source:
        return collect_mailbox(database, source, TAC, clock=lambda: NOW)


def rows(database: Database) -> list[InboundRow]:
    with database.read() as c:
        return all_stored(c)


def test_every_mail_is_stored_once_and_then_flagged(dovecot: Dovecot, database: Database) -> None:
    at = datetime(2026, 11, 20, 8, 5, tzinfo=UTC)
    uids = dovecot.deliver_all("tac", [mail("one"), mail("two")], at)
    assert (collect(database, dovecot), collect(database, dovecot)) == (2, 0)
    found = rows(database)
    assert [(row.uid, row.raw, row.received_at, row.stored_at, row.state) for row in found] == [
        (uids[0], mail("one"), at, NOW, "received"),
        (uids[1], mail("two"), at, NOW, "received"),
    ]
    assert dovecot.flags("tac") == dict.fromkeys(uids, STORED)
    assert [row.acknowledged for row in found] == [True, True]


def test_the_place_reached_is_remembered(dovecot: Dovecot, database: Database) -> None:
    uids = dovecot.deliver_all("tac", [mail("one"), mail("two")])
    collect(database, dovecot)
    with database.read() as c:
        state = mailbox.state_of(c, TAC)
    assert state is not None
    assert (state.uidvalidity, state.last_uid) == (dovecot.uidvalidity("tac"), uids[-1])


def test_an_oversize_mail_is_stored_by_its_headers(dovecot: Dovecot, database: Database) -> None:
    dovecot.deliver("tac", mail("huge", 20_000))
    assert collect(database, dovecot, max_size=5000) == 1
    (row,) = rows(database)
    assert (row.oversize, row.size, row.raw) == (True, len(mail("huge", 20_000)), mail("huge").removesuffix(b"\r\n"))


def test_the_handler_is_woken_before_the_server_is_told(dovecot: Dovecot, database: Database) -> None:
    dovecot.deliver("tac", mail("one"))
    seen: list[tuple[int, int, bool]] = []
    with connect(dovecot) as source:
        collect_mailbox(
            database,
            source,
            TAC,
            clock=lambda: NOW,
            on_stored=lambda stored: seen.append((stored, len(rows(database)), rows(database)[0].acknowledged)),
        )
    assert seen == [(1, 1, False)]


@pytest.mark.parametrize("point", ["imap.after_fetch", "intake.before_commit"])
def test_nothing_is_flagged_when_it_ends_before_the_commit(dovecot: Dovecot, database: Database, point: str) -> None:
    uid = dovecot.deliver("tac", mail("one"))
    failpoint.arm(f"{point}:raise")
    with pytest.raises(failpoint.FailpointReached):
        collect(database, dovecot)
    assert (rows(database), dovecot.flags("tac")) == ([], {uid: frozenset()})
    assert collect(database, dovecot) == 1
    assert dovecot.flags("tac") == {uid: STORED}


@pytest.mark.parametrize("point", ["intake.after_commit", "imap.after_seen"])
def test_what_was_stored_but_not_told_is_told_at_the_next_start(dovecot: Dovecot, database: Database, point: str) -> None:
    uid = dovecot.deliver("tac", mail("one"))
    failpoint.arm(f"{point}:raise")
    with pytest.raises(failpoint.FailpointReached):
        collect(database, dovecot)
    assert [row.acknowledged for row in rows(database)] == [False]
    with connect(dovecot) as source:
        assert acknowledge_again(database, source, TAC) == 1
        assert collect_mailbox(database, source, TAC, clock=lambda: NOW) == 0
    assert (len(rows(database)), rows(database)[0].acknowledged, dovecot.flags("tac")) == (1, True, {uid: STORED})


def test_telling_again_does_not_mind_mails_that_are_gone(dovecot: Dovecot, database: Database) -> None:
    uid = dovecot.deliver("tac", mail("one"))
    failpoint.arm("intake.after_commit:raise")
    with pytest.raises(failpoint.FailpointReached):
        collect(database, dovecot)
    dovecot.expunge("tac", [uid])
    with connect(dovecot) as source:
        assert acknowledge_again(database, source, TAC) == 1
    assert rows(database)[0].acknowledged is True


def test_a_new_uidvalidity_means_a_look_at_everything(own_dovecot: Dovecot, database: Database, caplog: pytest.LogCaptureFixture) -> None:
    own_dovecot.deliver_all("tac", [mail("one"), mail("two")])
    assert collect(database, own_dovecot) == 2
    fresh = own_dovecot.change_uidvalidity("tac")
    own_dovecot.deliver("tac", mail("three"))
    assert (collect(database, own_dovecot), collect(database, own_dovecot)) == (3, 0)
    found = rows(database)
    assert [row.uidvalidity for row in found[2:]] == [fresh] * 3
    # The same bytes twice: handling sees by their hash that they are the same mails.
    assert [row.raw_sha256 for row in found[:2]] == [row.raw_sha256 for row in found[2:4]]
    assert len([record for record in caplog.records if "UIDVALIDITY changed" in record.message]) == 1


def test_a_node_that_lost_its_lease_stores_nothing(dovecot: Dovecot, database: Database) -> None:
    dovecot.deliver("tac", mail("one"))
    lease = timedelta(minutes=3)
    with database.write() as c:
        old = mailbox.claim(c, TAC, "node-1", NOW, lease)
    with database.write() as c:
        assert mailbox.claim(c, TAC, "node-2", NOW + 2 * lease, lease) is not None
    with connect(dovecot) as source, pytest.raises(MailboxTaken):
        collect_mailbox(database, source, TAC, clock=lambda: NOW, epoch=old)
    assert rows(database) == []
