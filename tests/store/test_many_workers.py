"""Many workers and one row: each row is one worker's at a time, on either database (two workers, one row)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from mailflow.cases import CASE_TYPES
from mailflow.store import case, deadline, inbound, mailbox, outbox
from mailflow.store.case import CaseChanged
from mailflow.store.transaction import Database
from tests.store.rows import BOX, BOXES, MINUTE, NOON, a_mail, all_stored, noticed, opened, stored

WORKERS = 4


def in_parallel(url: str, work: Callable[[Database, str], None]) -> None:
    """Run the work in several threads, each with a database of its own as another process would have."""
    failures: list[BaseException] = []
    start = threading.Barrier(WORKERS)

    def run(name: str) -> None:
        database = Database(url, CASE_TYPES, pool_size=2)
        try:
            start.wait()
            work(database, name)
        except BaseException as failure:
            failures.append(failure)
        finally:
            database.close()

    threads = [threading.Thread(target=run, args=(f"worker {n}",)) for n in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_every_mail_out_is_leased_by_one(database: Database, ready_url: str) -> None:
    with database.write() as c:
        for n in range(40):
            noticed(c, f"{n}@tac.example", recipients=(f"{n}a@x.example", f"{n}b@x.example", f"{n}c@x.example"))
    sent: list[int] = []

    def work(own: Database, name: str) -> None:
        while True:
            with own.write() as c:
                items = outbox.lease_due(c, now=NOON, owner=name, lease=timedelta(minutes=5), limit=7)
            if not items:
                return
            for item in items:
                with own.write() as c:
                    assert outbox.mark_sent(c, item.id, name, NOON, "250")
                sent.append(item.id)

    in_parallel(ready_url, work)
    assert (len(sent), Counter(sent).most_common(1)[0][1]) == (120, 1)
    with database.read() as c:
        assert outbox.counts(c) == {"sent": 120}


def test_every_mail_in_is_claimed_by_one(database: Database, ready_url: str) -> None:
    with database.write() as c:
        for uid in range(1, 101):
            stored(c, uid)
    handled: list[int] = []

    def work(own: Database, name: str) -> None:
        while True:
            with own.write() as c:
                ids = inbound.claim_received(c, 5, owner=name, now=NOON, lease=timedelta(minutes=5))
            if not ids:
                return
            for id in ids:
                with own.write() as c:
                    inbound.finish(c, id, state="ignored", rule="test", reason="", case_number=None, at=NOON)
                handled.append(id)

    in_parallel(ready_url, work)
    assert (len(handled), len(set(handled))) == (100, 100)
    with database.read() as c:
        assert {row.attempts for row in all_stored(c)} == {1}


def test_of_copies_handled_at_the_same_time_one_opens_a_case(database: Database, ready_url: str) -> None:
    with database.write() as c:
        ids = [stored(c, n, a_mail(received_by=f"mx{n}")) for n in range(WORKERS)]
    verdicts: list[str] = []

    def work(own: Database, name: str) -> None:
        id = ids[int(name.split()[1])]
        with own.write() as c:
            inbound.record_identity(c, id, "one@customer.example", "anna@customer.example", "Dead board")
            same = inbound.find_same(c, id, inbound.load(c, id).raw_sha256, "one@customer.example", "anna@customer.example", BOXES)
            state = "duplicate" if same else "ignored"
            inbound.finish(c, id, state=state, rule="", reason="", case_number=None, at=NOON, duplicate_of=same)
        verdicts.append(state)

    in_parallel(ready_url, work)
    assert sorted(verdicts) == ["duplicate"] * (WORKERS - 1) + ["ignored"]


def test_the_same_uid_stored_by_many_is_one_row(database: Database, ready_url: str) -> None:
    kept: list[int] = []

    def work(own: Database, _name: str) -> None:
        for uid in range(1, 21):
            with own.write() as c:
                id = inbound.store_mail(
                    c, mailbox=BOX, uidvalidity=7, uid=uid, received_at=NOON, stored_at=NOON, raw=a_mail(f"{uid}@customer.example")
                )
            if id is not None:
                kept.append(id)

    in_parallel(ready_url, work)
    assert (len(kept), len(set(kept))) == (20, 20)
    with database.read() as c:
        assert inbound.counts(c) == {"received": 20}


def test_a_deadline_is_fired_by_one(database: Database, ready_url: str) -> None:
    with database.write() as c:
        opened(c)
        for n in range(30):
            deadline.set(c, "SR-100001", "reminder", str(n), NOON)
    fired: list[int] = []

    def work(own: Database, _name: str) -> None:
        for _ in range(40):
            with own.write() as c:
                rows = deadline.claim_due(c, NOON, 3)
            for row in rows:
                with own.write() as c:
                    if deadline.mark_fired(c, row.id, NOON):
                        fired.append(row.id)

    in_parallel(ready_url, work)
    assert (len(fired), len(set(fired))) == (30, 30)


def test_no_change_of_a_case_is_overwritten(database: Database, ready_url: str) -> None:
    with database.write() as c:
        opened(c, subject="0")

    def count(own: Database) -> bool:
        try:
            with own.write() as c:
                found = case.load(c, "SR-100001")
                assert found is not None
                case.save(c, replace(found, subject=str(int(found.subject) + 1)))
        except CaseChanged:
            return False
        return True

    def work(own: Database, _name: str) -> None:
        done = 0
        while done < 10:
            done += count(own)

    in_parallel(ready_url, work)
    with database.read() as c:
        found = case.load(c, "SR-100001")
    assert found is not None
    assert (found.subject, found.version) == (str(10 * WORKERS), 10 * WORKERS)


def test_no_case_number_is_given_out_twice(database: Database, ready_url: str) -> None:
    given: list[str] = []

    def work(own: Database, _name: str) -> None:
        for _ in range(15):
            with own.write() as c:
                given.append(case.next_number(c, "service_request", "SR-"))

    in_parallel(ready_url, work)
    with database.read() as c:
        assert case.load(c, "SR-100001") is None
    assert sorted(given) == [f"SR-{100001 + n}" for n in range(15 * WORKERS)]


def test_a_mailbox_is_read_by_one(database: Database, ready_url: str) -> None:
    owners: list[str] = []

    def work(own: Database, name: str) -> None:
        for _ in range(10):
            with own.write() as c:
                if mailbox.claim(c, BOX, name, NOON, 5 * MINUTE) is not None:
                    owners.append(name)

    in_parallel(ready_url, work)
    assert (len(owners), len(set(owners))) == (10, 1)
    with database.read() as c:
        state = mailbox.state_of(c, BOX)
    assert state is not None
    assert (state.owner, state.epoch) == (owners[0], 1)
