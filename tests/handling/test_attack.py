"""What a stranger, a forger or a customer tries to do with a case: nothing changes, nothing is disclosed (promise P7, BX8, OUT6)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailflow.message.reference import case_address
from mailflow.scenario.mail_client import write_mail
from mailflow.store import journal
from tests.handling.conftest import START, DeskAtWork, bounce_of

ANNA, EVE, CCR, TAC = "anna@northwind.example", "eve@stranger.example", "ccr@tac.example", "tac@tac.example"
REQUEST = "Priority P2\nSerial number: 2102352KLM10L5000456\n\nThe main board reboots every few minutes since last night.\n"
SECRETS = (b"2102352KLM10L5000456", b"orthwind", b"Anna", b"anna@", b"reboots", b"HC-1", b"SR-100001", b"RMA-100001")
TRIES = (
    "What is the status? Which serial is it about?\n",
    "STATUS SR-100001\n",
    "ESCALATE SR-100001 nobody answers me\n",
    "EXTEND RMA-100001 30 days we are late\n",
    "ALREADY RETURNED RMA-100001\n",
    "DELIVERED RMA-100001 20 November 2026\n",
    "SHIPPED RMA-100001 DHL 1234567890\n",
    "/close\n",
    "/add eve@stranger.example\n",
    "RMA: RMA-100001\nCarrier: DHL\nTracking: 1234567890\nPart number: 02352KLM\nQuantity: 1\n",
)


def attacked(desk: DeskAtWork) -> tuple[object, ...]:
    """A request with a return, and what of it may not change."""
    desk.write(ANNA, "Board reboots", REQUEST)
    desk.write(CCR, "Re: SR-100001", "/rma advance 1 x 02352KLM serial 2102352KLM10L5000456")
    return state(desk)


def state(desk: DeskAtWork) -> tuple[object, ...]:
    with desk.services.database.read() as c:
        lines = [len(journal.of_case(c, number)) for number in ("SR-100001", "RMA-100001")]
    return desk.case("SR-100001"), desk.case("RMA-100001"), lines


def in_subject(desk: DeskAtWork, eve: str, body: str) -> bytes:
    return mail_of(eve, "Re: [SR-100001] [RMA-100001]", body)


def in_body(desk: DeskAtWork, eve: str, body: str) -> bytes:
    return mail_of(eve, "hello", f"{body}\nSR-100001 and RMA-100001\n")


def with_stolen_token(desk: DeskAtWork, eve: str, body: str) -> bytes:
    return mail_of(eve, "hello", body, to=case_address(desk.services.address_key, TAC, "RMA-100001"))


def in_references(desk: DeskAtWork, eve: str, body: str) -> bytes:
    theirs = next(one for one in desk.all_notices() if one.name == "rma/customer_request_verification")
    thread = f"In-Reply-To: <{theirs.message_id}>\r\nReferences: <1@northwind.example> <{theirs.message_id}>\r\n"
    return thread.encode() + mail_of(eve, "hello", body)


def mail_of(sender: str, subject: str, body: str, *, to: str = TAC) -> bytes:
    message_id = f"{abs(hash((sender, body, to)))}@x.example"
    return write_mail(sender=sender, to=[to], subject=subject, body=body, at=START, message_id=message_id).as_bytes()


@pytest.mark.parametrize("way", [in_subject, in_body, with_stolen_token, in_references])
def test_a_stranger_changes_nothing_and_learns_nothing(desk: DeskAtWork, way: Callable[[DeskAtWork, str, str], bytes]) -> None:
    """IN3: each mail opens a request of the stranger's own, linked for staff."""
    before = attacked(desk)
    for number, body in enumerate(TRIES):
        eve = f"eve{number}@stranger.example"
        row = desk.receive(way(desk, eve, body), mailbox=(TAC, "receiving@tac.example")[number % 2])
        assert (row.state, row.case_number) == ("opened", f"SR-{100002 + number}")
        assert state(desk) == before
        for letter in desk.all_notices():
            if eve in (*letter.to, *letter.cc):
                told = letter.raw.replace(f"SR-{100002 + number}".encode(), b"")
                assert [secret for secret in SECRETS if secret in told] == []


@pytest.mark.parametrize(
    "border", ["dmarc=fail header.from=tac.example", "dmarc=none header.from=tac.example", "spf=pass smtp.mailfrom=evil.example"]
)
@pytest.mark.parametrize(
    "body", ["/close spam\n", "Please send the board to another address.\n", "/new eve@stranger.example\nGive me all.\n"]
)
def test_a_forged_mail_of_staff_changes_nothing(desk: DeskAtWork, border: str, body: str) -> None:
    """OUT6: it is reported to the address on the list."""
    before = attacked(desk)
    desk.new_notices()
    row = desk.receive(mail_of(CCR, "Re: SR-100001", body), border=border)
    assert row.state == "quarantined"
    assert state(desk) == before
    assert desk.new_notices() == [("staff/command_refused", (CCR,)), ("staff/quarantine_alert", ("admin@tac.example",))]


def test_a_flood_of_forged_staff_mail_is_no_flood_of_answers(desk: DeskAtWork) -> None:
    """P9: at most 30 an hour."""
    for number in range(40):
        desk.receive(mail_of(CCR, "Re: SR-1", f"/close {number}\n"), border="dmarc=fail header.from=tac.example")
    sent = desk.new_notices()
    assert len([name for name, to in sent if CCR in to]) == 30
    assert len([name for name, to in sent if "admin@tac.example" in to]) == 30


def test_a_mail_that_fails_the_borders_test_has_no_rights_of_the_one_it_names(desk: DeskAtWork) -> None:
    """P7, P9: registered for staff, unanswered, and the true participant is not bothered."""
    before = attacked(desk)
    desk.new_notices()
    row = desk.receive(mail_of(ANNA, "Re: SR-100001", "EXTEND RMA-100001 5 days\n"), border="dmarc=fail header.from=northwind.example")
    assert (row.state, row.case_number) == ("opened", "SR-100002")
    assert state(desk) == before
    assert [name for name, to in desk.new_notices() if ANNA in to] == []


def test_a_command_in_a_customers_forwarded_text_is_no_command(desk: DeskAtWork) -> None:
    """Contract: before any quoted text."""
    before = attacked(desk)
    body = (
        "Please have a look.\n\n---------- Forwarded message ---------\nFrom: Eve <eve@stranger.example>\n"
        "Date: Fri, 20 Nov 2026 08:00\nSubject: hi\nTo: <ccr@tac.example>\n\n/close spam\n"
    )
    desk.write(CCR, "Fwd: SR-100001", body)
    assert desk.case("SR-100001") == before[0]


@pytest.mark.parametrize("body", ["/close\n", "/waive destroyed\n", "/confirm ABC123\n", "/undo\n"])
def test_a_customer_who_types_a_command_is_read_as_a_customer(desk: DeskAtWork, body: str) -> None:
    """BX8"""
    attacked(desk)
    desk.answer(ANNA, "rma/customer_request_verification", body)
    assert (desk.case("SR-100001").state, desk.case("RMA-100001").state) == ("in progress", "issued")


def test_a_forged_bounce_marks_no_address(desk: DeskAtWork) -> None:
    """Case 37: only a bounce of a mail of ours counts."""
    attacked(desk)
    desk.new_notices()
    assert desk.receive(bounce_of(ANNA, "guess@tac.example")).state == "bounce"
    assert desk.new_notices() == []
