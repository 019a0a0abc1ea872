"""Mails go out once; what nobody can know is counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from mailflow.store import notice, outbox
from mailflow.store.outbox import OutboxItem, OutboxRow
from mailflow.store.transaction import Database
from tests.store.rows import MINUTE, NOON, noticed, opened

LEASE = timedelta(minutes=10)


def leased(c: Connection, owner: str = "a", limit: int = 10) -> list[OutboxItem]:
    return outbox.lease_due(c, now=NOON, owner=owner, lease=LEASE, limit=limit)


def only(c: Connection) -> OutboxRow:
    (row,) = outbox.list_rows(c)
    return row


def test_each_recipient_gets_one_envelope_with_the_same_bytes(database: Database) -> None:
    with database.write() as c:
        id = noticed(c, recipients=("a@x.example", "b@x.example", "a@x.example"))
        items = leased(c)
    assert [(item.notice_id, item.recipient, item.attempts, item.ambiguous) for item in items] == [
        (id, "a@x.example", 1, 0),
        (id, "b@x.example", 1, 0),
    ]
    assert {(item.raw, item.message_id, item.envelope_from, item.at_most_once) for item in items} == {
        (b"Subject: SR-100001\r\n\r\nAccepted.\r\n", "n1@tac.example", "bounce@tac.example", False)
    }


def test_the_longest_due_goes_first_and_the_future_waits(database: Database) -> None:
    with database.write() as c:
        noticed(c, "late@tac.example", created_at=NOON + MINUTE)
        noticed(c, "second@tac.example", created_at=NOON)
        noticed(c, "first@tac.example", created_at=NOON - MINUTE)
        assert [item.message_id for item in leased(c)] == ["first@tac.example", "second@tac.example"]
        assert outbox.next_try(c) == NOON + MINUTE


def test_a_leased_row_is_nobody_elses(database: Database) -> None:
    with database.write() as c:
        noticed(c)
        (item,) = leased(c, "a")
        assert leased(c, "b") == []
        assert outbox.mark_dialogue(c, item.id, "b", NOON) is False
        assert outbox.mark_sent(c, item.id, "b", NOON, "250") is False
        assert outbox.mark_dialogue(c, item.id, "a", NOON) is True
        assert outbox.mark_sent(c, item.id, "a", NOON + MINUTE, "250 2.0.0 Ok") is True
        assert outbox.mark_sent(c, item.id, "a", NOON + MINUTE, "250 again") is False
        row = only(c)
    assert (row.state, row.sent_at, row.response, row.leased_by, row.ambiguous) == ("sent", NOON + MINUTE, "250 2.0.0 Ok", None, 0)


def test_a_row_tried_in_vain_comes_again_at_its_time(database: Database) -> None:
    with database.write() as c:
        noticed(c)
        (item,) = leased(c)
        assert outbox.mark_waiting(c, item.id, "a", NOON + 5 * MINUTE, "451 greylisted") is True
        assert leased(c) == []
        (again,) = outbox.lease_due(c, now=NOON + 5 * MINUTE, owner="a", lease=LEASE, limit=1)
        assert (again.id, again.attempts, again.ambiguous, again.message_id) == (item.id, 2, 0, item.message_id)


def test_refusals_and_holds_carry_their_reason(database: Database) -> None:
    with database.write() as c:
        noticed(c, recipients=("a@x.example", "b@x.example", "c@x.example"))
        first, second, third = leased(c)
        assert outbox.mark_failed(c, first.id, "a", "550 5.1.1 no such user", NOON) is True
        assert outbox.mark_held(c, second.id, "a", "no answer to the final dot") is True
        assert outbox.mark_held(c, third.id, "a", "by hand", ambiguous=False) is True
        assert [(row.state, row.reason, row.ambiguous) for row in outbox.list_rows(c)] == [
            ("failed", "550 5.1.1 no such user", 0),
            ("held", "no answer to the final dot", 1),
            ("held", "by hand", 0),
        ]
        assert outbox.counts(c) == {"failed": 1, "held": 2}
        assert outbox.ambiguous_total(c) == 1
        assert [row.recipient for row in outbox.failed_since(c, NOON)] == ["a@x.example"]
        assert outbox.failed_since(c, NOON + MINUTE) == []


@pytest.mark.parametrize(
    ("at_most_once", "dialogue", "state", "ambiguous"),
    [(False, False, "waiting", 0), (False, True, "waiting", 1), (True, False, "waiting", 0), (True, True, "held", 1)],
)
def test_a_lease_that_ran_out_is_taken_back(database: Database, at_most_once: bool, dialogue: bool, state: str, ambiguous: int) -> None:
    with database.write() as c:
        noticed(c, at_most_once=at_most_once)
        (item,) = leased(c)
        if dialogue:
            outbox.mark_dialogue(c, item.id, "a", NOON)
        assert outbox.recover_interrupted(c, NOON + LEASE) == []
        assert outbox.recover_interrupted(c, NOON + LEASE + MINUTE) == [item.id]
        assert (only(c).state, only(c).ambiguous, only(c).leased_by) == (state, ambiguous, None)
        assert outbox.mark_sent(c, item.id, "a", NOON, "250") is False
        assert outbox.recover_interrupted(c, NOON + LEASE + MINUTE) == []


def test_after_a_crash_of_the_only_process_all_its_leases_are_taken_back_at_once(database: Database) -> None:
    with database.write() as c:
        noticed(c, recipients=("a@x.example", "b@x.example"))
        (first,), (second,) = leased(c, "a", 1), leased(c, "b", 1)
        assert outbox.recover_own(c, "a") == [first.id]
        assert outbox.recover_own(c) == [second.id]
        assert [item.attempts for item in leased(c, "new")] == [2, 2]


def test_a_clean_stop_gives_back_what_was_not_begun(database: Database) -> None:
    with database.write() as c:
        noticed(c, recipients=("a@x.example", "b@x.example"))
        begun, _ = leased(c)
        outbox.mark_dialogue(c, begun.id, "a", NOON)
        assert outbox.release(c, "b") == 0
        assert outbox.release(c, "a") == 1
        assert [(row.state, row.attempts) for row in outbox.list_rows(c)] == [("leased", 1), ("waiting", 0)]


def test_a_longer_lease_is_held_longer(database: Database) -> None:
    with database.write() as c:
        noticed(c)
        leased(c)
        assert outbox.extend_lease(c, "a", NOON + 2 * LEASE) == 1
        assert outbox.recover_interrupted(c, NOON + LEASE + MINUTE) == []


def test_staff_decide_what_becomes_of_a_held_row(database: Database) -> None:
    with database.write() as c:
        noticed(c, recipients=("a@x.example", "b@x.example", "c@x.example"))
        for item in leased(c):
            outbox.mark_held(c, item.id, "a", "unknown outcome")
        first, second, _ = (row.id for row in outbox.list_rows(c, state="held"))
        assert outbox.retry(c, first, NOON) is True
        assert outbox.discard(c, second, reason="told by telephone", at=NOON) is True
        assert outbox.discard(c, second, reason="", at=NOON) is False
        assert [row.state for row in outbox.list_rows(c)] == ["waiting", "discarded", "held"]
        row = outbox.load(c, second)
        assert row is not None
        assert row.reason == "told by telephone"


def test_a_failed_row_that_is_given_up_is_settled_and_still_told_to_staff(database: Database) -> None:
    """OUT2: it counts as failed no longer, keeps the moment of the refusal, and staff hear of it once."""
    with database.write() as c:
        noticed(c)
        (item,) = leased(c)
        outbox.mark_failed(c, item.id, "a", "550 no such user", NOON)
        assert outbox.discard(c, item.id, reason="left the company", at=NOON + MINUTE) is True
        assert outbox.counts(c) == {"discarded": 1}
        assert [(row.state, row.failed_at, row.reason) for row in outbox.take_unreported(c, 10)] == [
            ("discarded", NOON, "left the company")
        ]
        assert (outbox.take_unreported(c, 10), outbox.retry(c, item.id, NOON)) == ([], False)


def test_a_bounce_is_booked_on_the_delivery_it_speaks_of(database: Database) -> None:
    with database.write() as c:
        noticed(c, recipients=("a@x.example", "b@x.example"))
        for item in leased(c):
            outbox.mark_sent(c, item.id, "a", NOON, "250")
        assert outbox.record_bounce(c, "forged@elsewhere", "a@x.example", NOON, "550") is False
        assert outbox.record_bounce(c, "n1@tac.example", "eve@x.example", NOON, "550") is False
        assert outbox.record_bounce(c, "n1@tac.example", "a@x.example", NOON + MINUTE, "550 5.1.1") is True
        assert [(row.recipient, row.bounced_at, row.bounce_reason) for row in outbox.failed_since(c, NOON)] == [
            ("a@x.example", NOON + MINUTE, "550 5.1.1")
        ]


def test_deliveries_of_a_case_are_found(database: Database) -> None:
    with database.write() as c:
        opened(c)
        id = noticed(c, case_number="SR-100001")
        noticed(c, "other@tac.example", created_at=NOON - MINUTE)
        assert [(row.notice_id, row.notice) for row in outbox.list_rows(c, case_number="SR-100001")] == [(id, "service_request/accepted")]
        assert [row.notice_id for row in outbox.list_rows(c, notice_id=id)] == [id]
        assert outbox.oldest_unsent(c) == NOON - MINUTE


def test_notices_are_found_by_what_speaks_of_them(database: Database) -> None:
    with database.write() as c:
        opened(c)
        first = noticed(c, case_number="SR-100001", text="first", cc=("b@x.example",), immediate_answer=True)
        second = noticed(c, "n2@tac.example", case_number="SR-100001", text="second", name="service_request/closed")
        found = notice.by_message_id(c, "n1@tac.example")
        assert found is not None
        assert (found.id, found.to, found.cc, found.text) == (first, ("anna@customer.example",), ("b@x.example",), "first")
        assert found.immediate_answer is True
        assert notice.by_message_id(c, "n3@tac.example") is None
        assert [text for _, text in notice.texts_of_case(c, "SR-100001")] == ["second", "first"]
        assert [text for _, text in notice.texts_of_case(c, "SR-100001", limit=1)] == ["second"]
        assert [row.id for row in notice.list_of_case(c, "SR-100001")] == [first, second]
        assert [row.id for row in notice.all_since(c, first)] == [second]
        newest = notice.newest_to(c, "service_request/accepted", "anna@customer.example")
        assert newest is not None
        assert newest.id == first
        assert notice.newest_to(c, "service_request/accepted", "eve@x.example") is None
        assert notice.load(c, second + 100) is None


def test_a_message_id_is_used_once(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)unique"), database.write() as c:
        noticed(c)
        noticed(c)


def test_automatic_mails_to_an_address_are_counted_from_an_instant_on(database: Database) -> None:
    with database.write() as c:
        noticed(c, "1@tac.example", created_at=NOON, immediate_answer=True)
        noticed(c, "2@tac.example", created_at=NOON + MINUTE)
        noticed(c, "3@tac.example", created_at=NOON + 2 * MINUTE, immediate_answer=True)
        assert notice.count_to(c, "anna@customer.example", NOON, False) == 3
        assert notice.count_to(c, "anna@customer.example", NOON + MINUTE, False) == 2
        assert notice.count_to(c, "anna@customer.example", NOON + MINUTE, True) == 1
        assert notice.count_to(c, "eve@x.example", NOON, False) == 0


def test_hard_bounces_are_counted_until_staff_say_that_the_address_works(database: Database) -> None:
    with database.write() as c:
        notice.add_hard_bounce(c, "a@x.example", NOON)
        notice.add_hard_bounce(c, "a@x.example", NOON + MINUTE)
        assert notice.bounces_of(c, ["a@x.example", "b@x.example"]) == {"a@x.example": 2}
        assert notice.forget_bounces(c, "a@x.example") is True
        assert notice.forget_bounces(c, "a@x.example") is False
        assert notice.bounces_of(c, ["a@x.example"]) == {}
