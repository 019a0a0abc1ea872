"""Mails that came in are stored once, claimed in order, judged once and never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailflow.store import inbound
from mailflow.store.inbound import AlreadyHandled, UnknownMail
from mailflow.store.transaction import Database
from tests.store.rows import BOX, BOXES, MINUTE, NOON, a_mail, all_stored, opened, stored


def test_a_mail_is_kept_as_it_came(database: Database) -> None:
    raw = b"Subject: x\r\n\r\n\x00\xff\r\n"
    with database.write() as c:
        id = inbound.store_mail(c, mailbox=BOX, uidvalidity=2**32 - 1, uid=2**32 - 1, received_at=NOON, stored_at=NOON + MINUTE, raw=raw)
        assert id is not None
    with database.read() as c:
        row = inbound.load(c, id)
    assert (row.raw, row.size, row.state, row.received_at, row.stored_at) == (raw, len(raw), "received", NOON, NOON + MINUTE)
    assert (row.mailbox, row.uidvalidity, row.uid, row.oversize, row.acknowledged) == (BOX, 2**32 - 1, 2**32 - 1, False, False)


def test_the_same_uid_is_stored_once(database: Database) -> None:
    with database.write() as c:
        stored(c, 1)
        again = inbound.store_mail(c, mailbox=BOX, uidvalidity=7, uid=1, received_at=NOON, stored_at=NOON, raw=b"other")
        assert again is None
        assert inbound.counts(c) == {"received": 1}


def test_the_same_bytes_under_two_uids_are_two_rows(database: Database) -> None:
    with database.write() as c:
        first, second = stored(c, 1, a_mail()), stored(c, 2, a_mail())
        assert inbound.load(c, first).raw == inbound.load(c, second).raw == a_mail()
        assert inbound.counts(c) == {"received": 2}


def test_a_mail_too_large_leaves_its_headers_and_waits_for_a_verdict(database: Database) -> None:
    with database.write() as c:
        id = inbound.store_oversize(
            c, mailbox=BOX, uidvalidity=7, uid=1, received_at=NOON, stored_at=NOON, size=3 * 10**9, headers=b"Subject: big\r\n\r\n"
        )
        assert id is not None
        row = inbound.load(c, id)
    assert (row.raw, row.size, row.oversize, row.state) == (b"Subject: big\r\n\r\n", 3 * 10**9, True, "received")


def test_known_uids_are_those_of_this_mailbox_and_validity(database: Database) -> None:
    with database.write() as c:
        for uid in range(1, 1201):
            stored(c, uid, b"x")
        stored(c, 5000, b"x", mailbox="other@tac.example")
        assert inbound.known_uids(c, BOX, 7, range(1100, 6000)) == set(range(1100, 1201))
        assert inbound.known_uids(c, BOX, 8, [1, 2]) == set()
        assert inbound.known_uids(c, BOX, 7, []) == set()


def test_the_server_is_told_of_each_mail_until_that_is_marked(database: Database) -> None:
    with database.write() as c:
        for uid in (3, 1, 2):
            stored(c, uid)
        assert inbound.unacknowledged(c, BOX, 7) == [1, 2, 3]
        inbound.mark_acknowledged(c, BOX, 7, [1, 3])
        assert inbound.unacknowledged(c, BOX, 7) == [2]
        assert inbound.unacknowledged(c, BOX, 8) == []


def test_mails_are_claimed_oldest_first_with_their_attempt_counted(database: Database) -> None:
    with database.write() as c:
        late, early, middle = stored(c, 30), stored(c, 10), stored(c, 20)
        assert inbound.claim_received(c, 2) == [early, middle]
        assert [inbound.load(c, id).attempts for id in (late, early, middle)] == [0, 1, 1]


def test_a_mail_that_was_tried_before_is_claimed_alone(database: Database) -> None:
    with database.write() as c:
        first, second, third = stored(c, 1), stored(c, 2), stored(c, 3)
        assert inbound.claim_received(c, 1) == [first]
        assert inbound.claim_received(c, 10) == [first]
        inbound.finish(c, first, state="ignored", rule="test", reason="", case_number=None, at=NOON)
        assert inbound.claim_received(c, 10) == [second, third]


def test_a_mail_that_kills_the_process_is_set_aside_and_its_neighbours_are_not(database: Database) -> None:
    with database.write() as c:
        good = [stored(c, uid) for uid in (1, 3, 4)]
        poison = stored(c, 2)
    handled: list[int] = []
    quarantined: list[int] = []
    for _ in range(20):
        with database.write() as c:
            quarantined += [row.id for row in inbound.give_up_on(c, 3)]
        with database.write() as c:
            ids = inbound.claim_received(c, 10)
        for id in ids:
            if id == poison:
                break  # the process dies here
            with database.write() as c:
                inbound.finish(c, id, state="ignored", rule="test", reason="", case_number=None, at=NOON)
            handled.append(id)
    assert sorted(handled) == sorted(good)
    assert quarantined == [poison]
    with database.read() as c:
        row = inbound.load(c, poison)
        assert (row.state, row.rule, row.attempts, row.raw) == ("quarantined", "attempts", 3, a_mail("2@customer.example"))


def test_a_claim_given_back_does_not_count(database: Database) -> None:
    with database.write() as c:
        id = stored(c, 1)
        assert inbound.claim_received(c, 1) == [id]
        inbound.give_back(c, id)
        assert inbound.load(c, id).attempts == 0


def test_a_leased_claim_keeps_other_nodes_away_until_it_ends(database: Database) -> None:
    lease = timedelta(minutes=5)
    with database.write() as c:
        id = stored(c, 1)
        assert inbound.claim_received(c, 5, owner="a", now=NOON, lease=lease) == [id]
        assert inbound.claim_received(c, 5, owner="b", now=NOON + MINUTE, lease=lease) == []
        assert inbound.give_up_on(c, 1, now=NOON + MINUTE) == []
        assert inbound.claim_received(c, 5, owner="b", now=NOON + 6 * MINUTE, lease=lease) == [id]


def test_a_verdict_is_given_once(database: Database) -> None:
    with database.write() as c:
        opened(c)
        id = stored(c, 1)
        inbound.finish(c, id, state="opened", rule="request", reason="a new request", case_number="SR-100001", at=NOON)
        with pytest.raises(AlreadyHandled):
            inbound.finish(c, id, state="ignored", rule="", reason="", case_number=None, at=NOON)
        row = inbound.load(c, id)
    assert (row.state, row.rule, row.reason, row.case_number, row.handled_at) == ("opened", "request", "a new request", "SR-100001", NOON)


def test_a_state_that_is_no_verdict_is_misuse(database: Database) -> None:
    with database.write() as c:
        id = stored(c, 1)
        with pytest.raises(ValueError, match="received"):
            inbound.finish(c, id, state="received", rule="", reason="", case_number=None, at=NOON)


def test_an_unknown_row_is_an_error(database: Database) -> None:
    with pytest.raises(UnknownMail), database.read() as c:
        inbound.load(c, 4711)


def judged(
    database: Database, uid: int, raw: bytes, message_id: str, *, mailbox: str = BOX, sender: str = "anna@customer.example"
) -> int | None:
    """Stores and handles a mail as handling does; the id of the same earlier one."""
    with database.write() as c:
        id = stored(c, uid, raw, mailbox=mailbox)
        inbound.record_identity(c, id, message_id, sender, "Dead board")
        same = inbound.find_same(c, id, inbound.load(c, id).raw_sha256, message_id, sender, BOXES)
        state = "ignored" if same is None else "duplicate"
        inbound.finish(c, id, state=state, rule="", reason="", case_number=None, at=NOON, duplicate_of=same)
        return same


def first_row(database: Database) -> int:
    with database.read() as c:
        return all_stored(c)[0].id


def test_the_same_bytes_again_are_the_same_mail_even_without_a_message_id(database: Database) -> None:
    assert judged(database, 1, b"\r\nno headers at all", "") is None
    assert judged(database, 2, b"\r\nno headers at all", "") == first_row(database)
    assert judged(database, 3, b"\r\nno headers at all", "") == first_row(database)


def test_a_copy_in_a_mailbox_of_another_desk_is_another_mail(database: Database) -> None:
    """Two desks that are written to at once have a case each."""
    raw = a_mail("one@customer.example")
    assert judged(database, 1, raw, "one@customer.example") is None
    with database.write() as c:
        id = stored(c, 1, raw, mailbox="help@there.example")
        sha256 = inbound.load(c, id).raw_sha256
        assert inbound.find_same(c, id, sha256, "one@customer.example", "anna@customer.example", ["help@there.example"]) is None
        assert inbound.find_same(c, id, sha256, "one@customer.example", "anna@customer.example", BOXES) is not None


def test_a_copy_through_another_mailbox_is_the_same_mail(database: Database) -> None:
    assert judged(database, 1, a_mail(received_by="mx1"), "one@customer.example") is None
    other_way = a_mail(received_by="mx2")
    assert judged(database, 1, other_way, "one@customer.example", mailbox="other@tac.example") == first_row(database)


def test_a_reused_message_id_with_another_body_is_another_mail(database: Database) -> None:
    assert judged(database, 1, a_mail(body="Board dead."), "one@customer.example") is None
    assert judged(database, 2, a_mail(body="Fan dead."), "one@customer.example") is None


def test_the_same_message_id_and_body_of_another_sender_is_another_mail(database: Database) -> None:
    assert judged(database, 1, a_mail(received_by="a"), "one@customer.example") is None
    assert judged(database, 2, a_mail(received_by="b"), "one@customer.example", sender="eve@elsewhere.example") is None


def test_a_blank_body_proves_nothing_unless_the_subject_agrees(database: Database) -> None:
    with database.write() as c:
        ids = [stored(c, uid, a_mail(body=" ", received_by=str(uid))) for uid in (1, 2, 3)]
        for id, subject in zip(ids, ("Dead board", "Dead fan", "Dead board"), strict=True):
            inbound.record_identity(c, id, "one@x", "anna@customer.example", subject)
        inbound.finish(c, ids[0], state="ignored", rule="", reason="", case_number=None, at=NOON)
        found = [inbound.find_same(c, id, inbound.load(c, id).raw_sha256, "one@x", "anna@customer.example", BOXES) for id in ids[1:]]
    assert found == [None, ids[0]]


def test_a_copy_that_nobody_judged_yet_is_no_original(database: Database) -> None:
    with database.write() as c:
        first, second = stored(c, 1, a_mail()), stored(c, 2, a_mail())
        assert inbound.find_same(c, second, inbound.load(c, second).raw_sha256, "one@x", "a@b", BOXES) is None
        inbound.finish(c, second, state="ignored", rule="", reason="", case_number=None, at=NOON)
        assert inbound.find_same(c, first, inbound.load(c, first).raw_sha256, "one@x", "a@b", BOXES) == second


def test_a_message_id_longer_than_any_index_takes_is_still_found(database: Database) -> None:
    # Random text: PostgreSQL compresses what repeats itself, and only then refuses the rest.
    long_id = "".join(chr(33 + (n * n * 31 + n * 17) % 90) for n in range(16000)) + "@customer.example"
    with database.write() as c:
        opened(c)
        id = stored(c, 1)
        inbound.record_identity(c, id, long_id, "anna@customer.example", "x" * 20000)
        inbound.finish(c, id, state="opened", rule="", reason="", case_number="SR-100001", at=NOON)
        assert inbound.message_case(c, long_id, BOXES) == "SR-100001"
        assert inbound.message_case(c, long_id + "x", BOXES) is None


def on_case(database: Database, uid: int, sender: str, message_id: str, references: tuple[str, ...] = ()) -> None:
    with database.write() as c:
        id = stored(c, uid)
        inbound.record_identity(c, id, message_id, sender, "Dead board", references=references)
        inbound.finish(c, id, state="added", rule="", reason="", case_number="SR-100001", at=NOON)


def test_a_case_knows_its_mails_and_who_wrote_them(database: Database) -> None:
    with database.write() as c:
        opened(c)
    on_case(database, 2, "cse@tac.example", "two@tac.example")
    on_case(database, 1, "anna@customer.example", "one@customer.example", ("zero@customer.example",))
    with database.read() as c:
        assert inbound.message_case(c, "two@tac.example", BOXES) == "SR-100001"
        assert inbound.message_case(c, "", BOXES) is None
        assert [row.uid for row in inbound.of_case(c, "SR-100001")] == [1, 2]
        assert [row.uid for row in inbound.find_by_message_id(c, "two@tac.example")] == [2]


def test_quarantine_is_listed_and_can_be_left_either_way(database: Database) -> None:
    with database.write() as c:
        ids = [stored(c, uid) for uid in (1, 2, 3)]
        for id in ids:
            inbound.finish(c, id, state="quarantined", rule="spam", reason="marked by the border", case_number=None, at=NOON)
        assert [row.id for row in inbound.list_quarantined(c)] == ids
        assert inbound.requeue(c, ids[0]) is True
        assert inbound.requeue(c, ids[1], released=True) is True
        assert inbound.requeue(c, ids[1]) is False
        assert inbound.discard(c, ids[2], reason="advertising", at=NOON) is True
        assert [(row.state, row.released, row.attempts) for row in (inbound.load(c, id) for id in ids)] == [
            ("received", False, 0),
            ("received", True, 0),
            ("ignored", False, 0),
        ]


def test_a_naive_moment_of_arrival_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="should have timezone info"), database.write() as c:
        stored(c, 1, received_at=NOON.replace(tzinfo=None))
