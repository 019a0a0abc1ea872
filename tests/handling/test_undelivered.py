"""Letters that do not arrive: addresses marked, others tried, staff told, clocks stopped (IN7, OUT2, BX4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailflow.handling.handle_other_mail import handle_refused
from mailflow.policy.register import Contact
from mailflow.store import journal, notice, outbox
from mailflow.store.notice import NoticeRow
from mailflow.store.register import replace_register
from tests.handling.conftest import REGISTER, DeskAtWork, bounce_of

ANNA, EWA, CCR, ADMIN = "anna@northwind.example", "ewa@northwind.example", "ccr@tac.example", "admin@tac.example"
REQUEST = "Serial number: 2102352KLM10L5000456\n\nThe main board reboots every few minutes since last night.\n"


@pytest.fixture
def two_contacts(desk: DeskAtWork) -> Iterator[DeskAtWork]:
    """The contract has a second contact, Ewa."""
    ewa = Contact(email=EWA, name="Ewa", company="Northwind", contract="HC-1", role="customer", language="en")
    with desk.services.database.write() as c:
        replace_register(c, replace(REGISTER, contacts=(*REGISTER.contacts, ewa)))
    yield desk


def newest(desk: DeskAtWork, name: str) -> NoticeRow:
    return [one for one in desk.all_notices() if one.name == name][-1]


def bounces(desk: DeskAtWork, address: str) -> int:
    with desk.services.database.read() as c:
        return notice.bounces_of(c, [address]).get(address, 0)


def test_a_bounce_marks_the_address_and_tells_the_ccr(desk: DeskAtWork) -> None:
    """IN7"""
    desk.write(ANNA, "Board reboots", REQUEST)
    desk.new_notices()
    row = desk.receive(bounce_of(ANNA, newest(desk, "service_request/accepted").message_id))
    assert (row.state, row.case_number) == ("bounce", "SR-100001")
    assert desk.new_notices() == [("staff/bounce_alert", (CCR,))]
    assert bounces(desk, ANNA) == 1


def test_the_same_delivery_counts_once_and_a_delay_not_at_all(desk: DeskAtWork) -> None:
    """Case 37"""
    desk.write(ANNA, "Board reboots", REQUEST)
    message_id = newest(desk, "service_request/accepted").message_id
    desk.new_notices()
    desk.receive(bounce_of(ANNA, message_id, status="4.4.1"))
    assert (bounces(desk, ANNA), desk.new_notices()) == (0, [])
    desk.receive(bounce_of(ANNA, message_id))
    desk.receive(bounce_of(ANNA, message_id, status="5.2.2"))
    assert (bounces(desk, ANNA), len(desk.new_notices())) == (1, 1)


def test_the_next_contact_gets_what_the_customer_cannot(two_contacts: DeskAtWork) -> None:
    """BX4: with a line in the journal."""
    desk = two_contacts
    desk.write(ANNA, "Board reboots", REQUEST)
    desk.receive(bounce_of(ANNA, newest(desk, "service_request/accepted").message_id))
    desk.answer("cse@tac.example", "service_request/customer_message", "Please send us the log.\n")
    assert tuple(newest(desk, "service_request/staff_message").to) == (EWA,)
    with desk.services.database.read() as c:
        lines = [row.text for row in journal.of_case(c, "SR-100001")]
    assert f"service_request/staff_message goes to {EWA}: mail to the others came back" in lines


def test_with_nobody_else_to_reach_the_address_is_tried_once_more_and_then_given_up(desk: DeskAtWork) -> None:
    """Case 37: an address is given up after two bounces."""
    desk.write(ANNA, "Board reboots", REQUEST)
    desk.receive(bounce_of(ANNA, newest(desk, "service_request/accepted").message_id))
    desk.answer("cse@tac.example", "service_request/customer_message", "Please send us the log.\n")
    message = newest(desk, "service_request/staff_message")
    assert tuple(message.to) == (ANNA,)
    desk.receive(bounce_of(ANNA, message.message_id))
    count = len([one for one in desk.all_notices() if ANNA in one.to])
    desk.answer("cse@tac.example", "service_request/customer_message", "Did you get it?\n")
    assert len([one for one in desk.all_notices() if ANNA in one.to]) == count


def test_who_writes_again_is_reached_again(desk: DeskAtWork) -> None:
    desk.write(ANNA, "Board reboots", REQUEST)
    desk.receive(bounce_of(ANNA, newest(desk, "service_request/accepted").message_id))
    desk.write(ANNA, "SR-100001", "Our mail server was down, now it works.\n")
    assert bounces(desk, ANNA) == 0


def test_a_bounced_letter_of_a_return_is_told_to_its_rule(two_contacts: DeskAtWork) -> None:
    """BX4: the return's own rule says what follows; the journal has it."""
    desk = two_contacts
    desk.write(ANNA, "Board reboots", REQUEST)
    desk.write(CCR, "Re: SR-100001", "/rma advance 1 x 02352KLM serial 2102352KLM10L5000456")
    before = desk.case("RMA-100001")
    row = desk.receive(bounce_of(ANNA, newest(desk, "rma/customer_request_verification").message_id))
    assert (row.state, row.case_number) == ("bounce", "RMA-100001")
    with desk.services.database.read() as c:
        acts = [line.what for line in journal.of_case(c, "RMA-100001")]
    assert acts.count("bounce") >= 2
    assert desk.case("RMA-100001").number == before.number


def test_an_alert_that_comes_back_causes_no_further_alert(desk: DeskAtWork) -> None:
    """IN7: no loop among staff addresses; the CCR's own bounce goes to the administrator."""
    desk.write(ANNA, "Board reboots", REQUEST)
    desk.new_notices()
    desk.receive(bounce_of(CCR, newest(desk, "service_request/customer_message").message_id))
    assert desk.new_notices() == [("staff/bounce_alert", (ADMIN,))]
    desk.receive(bounce_of(ADMIN, newest(desk, "staff/bounce_alert").message_id))
    assert desk.new_notices() == []


def test_a_refusal_by_the_server_is_told_like_a_bounce(desk: DeskAtWork) -> None:
    """OUT2: 5xx is journalled and told to the CCR, once."""
    desk.write(ANNA, "Board reboots", REQUEST)
    desk.new_notices()
    with desk.services.database.write() as c:
        (way,) = [row for row in outbox.list_rows(c) if row.recipient == ANNA]
        for item in outbox.lease_due(c, now=desk.now, owner="a", lease=desk.now - desk.now, limit=10):
            if item.id == way.id:
                outbox.mark_failed(c, item.id, "a", "550 5.1.1 no such user", desk.now)
    assert handle_refused(desk.services, desk.now) == 1
    assert desk.new_notices() == [("staff/bounce_alert", (CCR,))]
    assert bounces(desk, ANNA) == 1
    assert handle_refused(desk.services, desk.now) == 0


def test_a_deadline_that_fails_three_times_is_told_once(make_desk: Callable[..., DeskAtWork], tmp_path: Path) -> None:
    """Promise P4"""
    from datetime import timedelta

    from mailflow.handling.handle_deadline import handle_deadlines
    from mailflow.store import deadline

    folder = tmp_path / "override" / "en" / "service_request"
    folder.mkdir(parents=True)
    (folder / "response_warning.md").write_text("---\nsubject: hello\naudience: staff\n---\n{{ nothing.here }}\n", encoding="utf-8")
    desk = make_desk(tmp_path / "override")
    desk.write(ANNA, "Board reboots", "Priority P2\n" + REQUEST)
    desk.new_notices()
    for _ in range(6):
        handle_deadlines(desk.services, desk.now + timedelta(minutes=31))
    assert desk.new_notices() == [("staff/attention", (ADMIN,))]
    assert "SR-100001 failed 3 times" in " ".join(newest(desk, "staff/attention").text.split())
    with desk.services.database.read() as c:
        assert [(row.case_number, row.kind, row.attempts) for row in deadline.stuck(c, 3)] == [("SR-100001", "response_warning", 3)]
