"""Digests are settled by their moment, once (BX12)."""

from __future__ import annotations

from datetime import timedelta

from mailflow.cases.rma.details import RmaDetails
from mailflow.store import case as case_rows
from mailflow.store import deadline
from mailflow.store.transaction import Database
from tests.store.rows import MINUTE, NOON, opened

DESK = "huawei-tac"


def test_a_moment_is_settled_by_the_first_alone(database: Database) -> None:
    with database.write() as c:
        assert deadline.settle_digest(c, DESK, "staff", NOON) is True
    with database.write() as c:
        others = (
            deadline.settle_digest(c, DESK, "staff", NOON),
            deadline.settle_digest(c, DESK, "partners", NOON),
            deadline.settle_digest(c, "other", "staff", NOON),
        )
    assert others == (False, True, True)


def test_a_settled_digest_that_had_nothing_to_tell_was_not_sent(database: Database) -> None:
    with database.write() as c:
        for day, letters in ((0, 0), (1, 2), (2, 0)):
            deadline.settle_digest(c, DESK, "staff", NOON + timedelta(days=day))
            deadline.record_letters(c, DESK, "staff", NOON + timedelta(days=day), letters)
    with database.read() as c:
        assert deadline.settled_digests(c) == {(DESK, "staff"): NOON + timedelta(days=2)}
        assert deadline.last_digest(c, DESK, "staff") == NOON + timedelta(days=1)
        assert deadline.last_digest(c, DESK, "partners") is None


def test_the_desks_own_waiting_clocks_of_the_kinds_are_found(database: Database) -> None:
    with database.write() as c:
        opened(c, "SR-1")
        opened(c, "SR-2", desk="other")
        for number, kind, minutes in (("SR-1", "response_breached", 9), ("SR-1", "response_warning", 1), ("SR-2", "response_breached", 2)):
            deadline.set(c, number, kind, "", NOON + minutes * MINUTE)
        deadline.set(c, "SR-1", "decision_due", "1", NOON + MINUTE)
        deadline.clear(c, "SR-1", "decision_due")
        deadline.set(c, "SR-1", "decision_due", "0", NOON + 3 * MINUTE)
    with database.read() as c:
        found = deadline.waiting_of_kinds(c, DESK, ("response_breached", "decision_due"))
    assert [(clock.kind, clock.key, case.number) for clock, case in found] == [
        ("decision_due", "0", "SR-1"),
        ("response_breached", "", "SR-1"),
    ]


def test_the_desks_own_open_returns_are_found(database: Database) -> None:
    details = RmaDetails(type="repair", service_level="9x5xNBD", units=(), issued_at=NOON, valid_through=NOON.date())
    with database.write() as c:
        opened(c, "SR-1")
        for number, changes in (("RMA-2", {}), ("RMA-1", {}), ("RMA-3", {"closed_at": NOON}), ("RMA-4", {"desk": "other"})):
            opened(c, number, **{"kind": "rma", "state": "issued", "details": details, **changes})
    with database.read() as c:
        assert [case.number for case in case_rows.open_of_kind(c, "rma", DESK)] == ["RMA-1", "RMA-2"]
