"""A deadline fires once, or not at all when it was taken back."""

from __future__ import annotations

from mailflow.policy.derivation import Step
from mailflow.store import deadline
from mailflow.store.transaction import Database
from tests.store.rows import MINUTE, NOON, opened

CASE = "SR-100001"


def test_deadlines_are_claimed_when_due_earliest_first(database: Database) -> None:
    steps = (Step("business_days", {"days": 2, "from": NOON}),)
    with database.write() as c:
        opened(c)
        deadline.set(c, CASE, "later", "", NOON + MINUTE)
        second = deadline.set(c, CASE, "reminder", "2", NOON)
        first = deadline.set(c, CASE, "reminder", "1", NOON - MINUTE, steps)
        assert deadline.next_due(c) == NOON - MINUTE
        rows = deadline.claim_due(c, NOON, 10)
        assert [(row.id, row.kind, row.key, row.due_at, row.steps, row.attempts) for row in rows] == [
            (first, "reminder", "1", NOON - MINUTE, steps, 1),
            (second, "reminder", "2", NOON, (), 1),
        ]


def test_a_deadline_fires_once(database: Database) -> None:
    with database.write() as c:
        opened(c)
        id = deadline.set(c, CASE, "reminder", "", NOON)
        assert deadline.mark_fired(c, id, NOON + MINUTE) is True
        assert deadline.mark_fired(c, id, NOON + MINUTE) is False
        assert deadline.claim_due(c, NOON, 10) == []
        (row,) = deadline.of_case(c, CASE)
        assert (row.state, row.fired_at) == ("fired", NOON + MINUTE)
        assert deadline.next_due(c) is None


def test_a_deadline_set_again_replaces_the_waiting_one_even_if_that_was_claimed(database: Database) -> None:
    with database.write() as c:
        opened(c)
        old = deadline.set(c, CASE, "return_due", "", NOON)
        (claimed,) = deadline.claim_due(c, NOON, 1)
        new = deadline.set(c, CASE, "return_due", "", NOON + MINUTE)
        assert claimed.id == old
        assert deadline.mark_fired(c, old, NOON) is False
        assert [(row.id, row.state) for row in deadline.of_case(c, CASE)] == [(old, "cleared"), (new, "waiting")]
        assert deadline.count_waiting(c) == 1


def test_clearing_takes_back_one_key_one_kind_or_all(database: Database) -> None:
    with database.write() as c:
        opened(c)
        for kind, key in (("a", "1"), ("a", "2"), ("b", "1"), ("c", "1")):
            deadline.set(c, CASE, kind, key, NOON)
        assert deadline.clear(c, CASE, "a", "1") == 1
        assert deadline.clear(c, CASE, "a", "1") == 0
        assert deadline.clear(c, CASE, "a", None) == 1
        assert [row.kind for row in deadline.waiting(c)] == ["b", "c"]
        assert deadline.clear_all(c, CASE) == 2
        assert deadline.waiting(c) == []


def test_a_deadline_that_fails_comes_alone_after_the_others_and_stops_after_its_attempts(database: Database) -> None:
    with database.write() as c:
        opened(c)
        bad = deadline.set(c, CASE, "bad", "", NOON - MINUTE)
        assert [row.id for row in deadline.claim_due(c, NOON, 10)] == [bad]
        good = deadline.set(c, CASE, "good", "", NOON)
        assert [row.id for row in deadline.claim_due(c, NOON, 10)] == [good]
        assert deadline.mark_fired(c, good, NOON) is True
        assert [row.id for row in deadline.claim_due(c, NOON, 10, max_attempts=2)] == [bad]
        assert deadline.claim_due(c, NOON, 10, max_attempts=2) == []
        assert [row.id for row in deadline.stuck(c, 2)] == [bad]
        deadline.give_back(c, bad)
        assert [row.id for row in deadline.claim_due(c, NOON, 10, max_attempts=2)] == [bad]
