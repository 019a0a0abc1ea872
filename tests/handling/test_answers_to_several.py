"""One mail with answers to several returns: each goes to the return that it names, none to somebody else's (BX6, BX12, IN3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from mailflow.policy.register import Device
from mailflow.scenario.mail_client import write_answer
from mailflow.store.notice import NoticeRow
from mailflow.store.register import replace_register
from tests.handling.conftest import REGISTER, DeskAtWork
from tests.handling.test_command import CCR
from tests.handling.test_digest import EASTWIND, MONDAY, at_work, look, partner
from tests.handling.test_handle_mail import ANNA, issue_return

PARTS = "parts@northwind.example"
OURS, SECOND, FOREIGN = "RMA-100001", "RMA-100002", "RMA-100003"


@pytest.fixture
def returns(desk: DeskAtWork) -> DeskAtWork:
    """Two returns of one customer, and one of another; the replacement of the second one was shipped."""
    at_work(desk)
    north = partner("northwind.example", PARTS)
    devices = (
        *REGISTER.devices,
        Device(serial="2102352KLM10L5000457", part_number="02352KLM", model="NE40E-X8", contract="HC-1"),
        Device(serial="2102352KLM10L5000999", part_number="02352KLM", model="NE40E-X8", contract="HC-2"),
    )
    with desk.services.database.write() as c:
        replace_register(c, replace(REGISTER, contracts=(*REGISTER.contracts, EASTWIND), devices=devices, partners=(north,)))
    assert issue_return(desk) == OURS
    desk.write(ANNA, "Second board", "Serial number: 2102352KLM10L5000457\n\nThe second board reboots every few minutes.\n")
    desk.write(CCR, "Re: SR-100002", "/rma advance 1 x 02352KLM serial 2102352KLM10L5000457")
    desk.write("bo@eastwind.example", "Dead", "Serial number: 2102352KLM10L5000999\n\nIt does not start since today.\n")
    desk.write(CCR, "Re: SR-100003", "/rma advance 1 x 02352KLM serial 2102352KLM10L5000999")
    for number in (OURS, SECOND, FOREIGN):
        desk.write(CCR, f"Re: {number}", f"/shipped {number} DHL 123\n/delivered {number} 2026-11-20\n")
    desk.new_notices()
    return desk


def announced(desk: DeskAtWork, number: str) -> list[str]:
    return [parcel.tracking for line in desk.case(number).details.lines for parcel in line.announced]


def digest_of(desk: DeskAtWork) -> NoticeRow:
    (written,) = (row for row in look(desk, MONDAY + timedelta(hours=1)) if row.to == (PARTS,))
    desk.new_notices()
    return written


def answer_digest(desk: DeskAtWork, body: str) -> str:
    raw = write_answer(digest_of(desk).raw, sender=PARTS, body=body, at=desk.now, message_id="answer@northwind.example").as_bytes()
    row = desk.receive(raw)
    assert row.state == "added"
    return row.case_number or ""


def test_each_line_of_an_answer_to_the_digest_goes_to_the_return_that_it_names(returns: DeskAtWork) -> None:
    """BX12: one answer line each. 15 business days from Friday 20 November 2026 end on Friday 11 December, 5 more on the 18th."""
    assert returns.case(SECOND).details.return_due == date(2026, 12, 11)
    assert answer_digest(returns, f"SHIPPED {OURS} DHL JD014600003111\nEXTEND {SECOND} 5 days\n") == OURS
    assert (announced(returns, OURS), announced(returns, SECOND)) == (["JD014600003111"], [])
    assert returns.case(OURS).details.return_due == date(2026, 12, 11)
    assert (returns.case(SECOND).details.return_due, returns.case(SECOND).details.extended_by_customer) == (date(2026, 12, 18), True)
    told = {(row.name, row.case_number) for row in returns.all_notices() if PARTS in (*row.to, *row.cc)}
    assert {("rma/return_notification_received", OURS), ("rma/extended", SECOND)} <= told


def test_a_line_that_names_anothers_return_changes_nothing_and_discloses_nothing(returns: DeskAtWork) -> None:
    """IN3: numbers are guessable."""
    before = returns.case(FOREIGN)
    foreign = f"SHIPPED {FOREIGN} UPS 1Z999AA10123456784\nEXTEND {FOREIGN} 5 days\nSTATUS {FOREIGN}\n"
    answer_digest(returns, f"SHIPPED {OURS} DHL JD014600003111\n{foreign}")
    assert (returns.case(FOREIGN), announced(returns, OURS)) == (before, ["JD014600003111"])
    fresh = returns.all_notices()[returns.seen :]
    assert {row.case_number for row in fresh} <= {OURS, "SR-100001"}
    shown = [" ".join((row.text, *row.to, *row.cc)).lower() for row in fresh]
    assert [text for text in shown if "eastwind" in text or "2102352klm10l5000999" in text] == []


def test_a_line_for_another_return_in_the_thread_of_one_goes_to_that_other(returns: DeskAtWork) -> None:
    """BX6, BX12"""
    before = returns.case(OURS).details
    returns.answer(ANNA, "rma/replacement_shipped", f"SHIPPED {OURS} DHL JD014600003111\n")
    assert (announced(returns, OURS), announced(returns, SECOND)) == (["JD014600003111"], [])
    assert returns.case(OURS).details.return_due == before.return_due


def test_a_form_and_the_lines_beside_it_each_reach_their_return(returns: DeskAtWork) -> None:
    """RM4, BX12: the form is booked once, SHIPPED of the same parcel says nothing more, and the other return is extended."""
    form = f"RMA number: {OURS}\nCarrier: DHL\nTracking number: JD77\nPart number: 02352KLM\nQuantity: 1\n"
    row = returns.answer(ANNA, "rma/replacement_shipped", f"{form}\nSHIPPED DHL JD77\nEXTEND {SECOND} 5 days\n")
    assert (row.case_number, announced(returns, OURS), announced(returns, SECOND)) == (OURS, ["JD77"], [])
    assert returns.case(SECOND).details.return_due == date(2026, 12, 18)
    told = [(name, to) for name, to in returns.new_notices() if to == (ANNA,)]
    assert [name for name, _ in told] == ["rma/return_notification_received", "rma/extended"]
