"""One node reads a mailbox at a time."""

from __future__ import annotations

from datetime import timedelta

from mailflow.store import mailbox
from mailflow.store.mailbox import MailboxState
from mailflow.store.transaction import Database
from tests.store.rows import BOX, MINUTE, NOON

LEASE = timedelta(minutes=2)


def test_a_mailbox_has_one_owner_until_the_lease_ends(database: Database) -> None:
    with database.write() as c:
        assert mailbox.claim(c, BOX, "a", NOON, LEASE) == 1
        assert mailbox.claim(c, BOX, "b", NOON + MINUTE, LEASE) is None
        assert mailbox.claim(c, BOX, "a", NOON + MINUTE, LEASE) == 1
        assert mailbox.claim(c, BOX, "b", NOON + 2 * MINUTE, LEASE) is None
        assert mailbox.claim(c, BOX, "b", NOON + 4 * MINUTE, LEASE) == 2


def test_a_released_mailbox_is_free_at_once(database: Database) -> None:
    with database.write() as c:
        mailbox.claim(c, BOX, "a", NOON, LEASE)
        assert mailbox.release(c, BOX, "b") is False
        assert mailbox.release(c, BOX, "a") is True
        assert mailbox.claim(c, BOX, "b", NOON, LEASE) == 2


def test_a_former_owner_cannot_move_the_reading_mark(database: Database) -> None:
    with database.write() as c:
        old = mailbox.claim(c, BOX, "a", NOON, LEASE)
        assert mailbox.remember_state(c, BOX, uidvalidity=7, last_uid=10, epoch=old) is True
        new = mailbox.claim(c, BOX, "b", NOON + 3 * MINUTE, LEASE)
        assert mailbox.remember_state(c, BOX, uidvalidity=7, last_uid=5, epoch=old) is False
        assert mailbox.remember_state(c, BOX, uidvalidity=7, last_uid=11, epoch=new) is True
        expected = MailboxState(address=BOX, uidvalidity=7, last_uid=11, owner="b", lease_until=NOON + 5 * MINUTE, epoch=2)
        assert mailbox.state_of(c, BOX) == expected
        assert mailbox.all_states(c) == [expected]


def test_a_mailbox_never_read_has_no_state_and_can_be_given_one_without_a_lease(database: Database) -> None:
    with database.write() as c:
        assert mailbox.state_of(c, BOX) is None
        assert mailbox.remember_state(c, BOX, uidvalidity=7, last_uid=3) is True
        expected = MailboxState(address=BOX, uidvalidity=7, last_uid=3, owner=None, lease_until=None, epoch=0)
        assert mailbox.state_of(c, BOX) == expected
