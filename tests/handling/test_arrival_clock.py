"""A response clock that counts from the arrival (SR4 of HEZO): whose delay it is, decides from which arrival."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from mailflow.settings import shipped_desks
from mailflow.store import deadline
from mailflow.toml_file import load_desk
from tests.handling.conftest import START, DeskAtWork

BOX, ANNA, CCR = "support@cocare.example", "anna@northwind.example", "ccr@cocare.example"
INCOMPLETE = "Serial number: 2102352KLM10L5000456\n\nSlot 3 keeps restarting.\n"
ASKED, NUMBER = "service_request/information_request", "HZS-100001"


@pytest.fixture
def hezo(make_desk: Callable[..., DeskAtWork]) -> DeskAtWork:
    return make_desk(desks=(load_desk(shipped_desks() / "hezo-cocare"),))


def due(desk: DeskAtWork) -> datetime:
    with desk.services.database.read() as c:
        (row,) = [row for row in deadline.waiting_of(c, [NUMBER]) if row.kind == "response_breached"]
    return row.due_at


def test_what_is_completed_within_the_hour_counts_from_the_request(hezo: DeskAtWork) -> None:
    """Friday, 10:00 in Warsaw, completed at 10:20: an engineer answers by 11:00."""
    hezo.write(ANNA, "Board", INCOMPLETE, mailbox=BOX)
    hezo.now = START + timedelta(minutes=20)
    hezo.answer(ANNA, ASKED, "Contract number: HC-1", mailbox=BOX)
    assert (hezo.case(NUMBER).state, due(hezo)) == ("accepted", datetime(2026, 11, 20, 10, 0, tzinfo=UTC))


def test_what_the_customer_completes_later_counts_from_what_completed_it(hezo: DeskAtWork) -> None:
    """Completed at 16:30, after that hour: half an hour is left on Friday, the other half is Monday's from 9:00."""
    hezo.write(ANNA, "Board", INCOMPLETE, mailbox=BOX)
    hezo.now = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
    hezo.answer(ANNA, ASKED, "Contract number: HC-1", mailbox=BOX)
    assert due(hezo) == datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


def test_what_staff_let_wait_counts_from_the_request(hezo: DeskAtWork) -> None:
    """Complete, but of a sender that nobody vouches for: accepted after three hours, two too late."""
    hezo.write(ANNA, "Board", INCOMPLETE + "Contract number: HC-1\n", mailbox=BOX, genuine=False)
    assert hezo.case(NUMBER).state == "new"
    hezo.now = START + timedelta(hours=3)
    hezo.write(CCR, NUMBER, "/accept P2", mailbox=BOX)
    assert due(hezo) == START + timedelta(hours=1)


def test_what_staff_accept_without_the_answer_counts_from_then(hezo: DeskAtWork) -> None:
    hezo.write(ANNA, "Board", INCOMPLETE, mailbox=BOX)
    hezo.now = START + timedelta(hours=3)
    hezo.write(CCR, NUMBER, "/accept P2", mailbox=BOX)
    assert due(hezo) == START + timedelta(hours=4)
