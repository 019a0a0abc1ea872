"""Which case a mail belongs to, and what its sender may do there (IN2, IN3, SR6, SR7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mailflow.message.reference import case_address
from mailflow.policy.desk import Desk, DeskMailbox, MailboxRole, Role, StaffMember
from mailflow.scenario.mail_client import write_mail
from mailflow.settings import shipped_desks
from mailflow.store import audit, inbound
from mailflow.store import case as case_rows
from mailflow.toml_file import load_desk
from tests.handling.conftest import START, DeskAtWork

ANNA, JAN, EVE, OTHER = "anna@northwind.example", "jan@northwind.example", "eve@stranger.example", "otto@elsewhere.example"
TAC, RECEIVING, ESCALATION = "tac@tac.example", "receiving@tac.example", "escalation@tac.example"
REQUEST = "Priority P2\nSerial number: 2102352KLM10L5000456\n\nThe main board reboots every few minutes since last night.\n"
QUESTION = "Which software version do I need for my router, please?\n"


def cases(desk: DeskAtWork) -> dict[str, str]:
    with desk.services.database.read() as c:
        return {case.number: case.customer for case in case_rows.list_cases(c)}


def second_desk() -> Desk:
    huawei = load_desk(shipped_desks() / "huawei-tac")
    return replace(
        huawei,
        name="other",
        mailboxes=(DeskMailbox("help@other.example", MailboxRole.TAC),),
        staff=(StaffMember("agent@other.example", (Role.CCR, Role.CSE, Role.ADMIN)),),
        number_prefixes={"service_request": "OT-", "rma": "OR-"},
    )


def to_both(body: str, *, references: str = "") -> bytes:
    mail = write_mail(
        sender=ANNA, to=[TAC, "help@other.example"], subject="Board", body=body, at=START, message_id=f"{len(body)}@northwind.example"
    )
    if references:
        mail["In-Reply-To"] = f"<{references}>"
    return mail.as_bytes()


def test_of_several_numbers_the_one_in_which_the_sender_takes_part_is_meant(desk: DeskAtWork) -> None:
    """IN3: numbers are guessable, rights come from the sender."""
    desk.write(OTHER, "Question", QUESTION)
    desk.write(ANNA, "Board reboots", REQUEST)
    row = desk.write(ANNA, "SR-100001 perhaps", "Or was it SR-100002? It happened again.\n")
    assert (row.state, row.case_number) == ("added", "SR-100002")


def test_an_answer_to_a_merged_request_goes_to_the_one_that_goes_on(desk: DeskAtWork) -> None:
    """IN3, IN10"""
    desk.write(ANNA, "Board reboots", REQUEST)
    desk.write(ANNA, "Another question", QUESTION)
    desk.write("ccr@tac.example", "Re: SR-100002", "/merge SR-100001")
    assert desk.case("SR-100002").merged_into == "SR-100001"
    row = desk.write(ANNA, "Re: SR-100002", "One thing more: it is the slot on the left.\n")
    assert (row.state, row.case_number) == ("added", "SR-100001")


@pytest.mark.parametrize("first", ["tac", "escalation"])
def test_a_mail_to_tac_and_escalation_is_one_escalation_whichever_copy_is_first(desk: DeskAtWork, first: str) -> None:
    """SR6, promise P2"""
    desk.write(ANNA, "Board reboots", REQUEST)
    desk.new_notices()
    mail = write_mail(
        sender=ANNA,
        to=[TAC, ESCALATION],
        subject="SR-100001",
        body="Nobody calls back and our customers are down.\n",
        at=desk.now,
        message_id="e@northwind.example",
    )
    boxes = [TAC, ESCALATION] if first == "tac" else [ESCALATION, TAC]
    states = [desk.receive(mail.as_bytes(), mailbox=box).state for box in boxes]
    assert states == ["added", "duplicate"]
    names = [name for name, _ in desk.new_notices()]
    assert names.count("service_request/escalation_brief") == 1
    assert names.count("service_request/escalation_received") == 1


def test_two_desks_written_to_at_once_have_a_case_each(make_desk: Callable[..., DeskAtWork]) -> None:
    """IN2, DK3: the same mail is a duplicate within a desk only, and neither knows of the other's case."""
    huawei = load_desk(shipped_desks() / "huawei-tac")
    desk = make_desk(desks=(huawei, second_desk()))
    mail = to_both(REQUEST)
    rows = [desk.receive(mail, mailbox=box) for box in (TAC, "help@other.example", RECEIVING)]
    assert [(row.state, row.case_number) for row in rows] == [("opened", "SR-100001"), ("opened", "OT-100001"), ("duplicate", None)]
    assert "SR-100001" not in "".join(one.text for one in desk.all_notices() if one.desk == "other")
    with desk.services.database.read() as c:
        assert audit.handled_twice(c) == []


def test_an_answer_to_a_mail_that_two_desks_have_goes_to_the_desk_it_is_written_to(make_desk: Callable[..., DeskAtWork]) -> None:
    """IN3"""
    desk = make_desk(desks=(load_desk(shipped_desks() / "huawei-tac"), second_desk()))
    first = to_both(REQUEST)
    for box in (TAC, "help@other.example"):
        desk.receive(first, mailbox=box)
    own_id = f"{len(REQUEST)}@northwind.example"
    assert desk.receive(to_both("It is worse.\n", references=own_id), mailbox=TAC).case_number == "SR-100001"
    assert desk.receive(to_both("It is worse now.\n", references=own_id), mailbox="help@other.example").case_number == "OT-100001"


@pytest.mark.parametrize("named", ["subject", "token", "thread"])
def test_a_desk_never_finds_the_case_of_another_one(make_desk: Callable[..., DeskAtWork], named: str) -> None:
    """A case of another desk is none: the mail opens a request that refers to nothing."""
    desk = make_desk(desks=(load_desk(shipped_desks() / "huawei-tac"), second_desk()))
    desk.write(ANNA, "Board reboots", REQUEST)
    answered = next(one for one in desk.all_notices() if one.name == "service_request/accepted")
    token = case_address(desk.services.address_key, "help@other.example", "SR-100001")
    mail = write_mail(
        sender=ANNA,
        to=[token if named == "token" else "help@other.example"],
        subject="SR-100001" if named == "subject" else "hello",
        body=QUESTION,
        at=desk.now,
        message_id="o@northwind.example",
    )
    if named == "thread":
        mail["In-Reply-To"] = f"<{answered.message_id}>"
    row = desk.receive(mail.as_bytes(), mailbox="help@other.example")
    assert (row.state, row.case_number) == ("opened", "OT-100001")
    assert (desk.case("OT-100001").parent, desk.case("OT-100001").linked) == (None, ())
    assert "SR-100001" not in "".join(one.text for one in desk.all_notices() if one.desk == "other" and named != "subject")


def test_our_own_mail_from_an_address_with_a_plus_is_an_echo(desk: DeskAtWork) -> None:
    """IN7"""
    raw = b"From: TAC+sr-100001.abc@Tac.Example\r\nTo: tac@tac.example\r\nSubject: hi\r\nMessage-ID: <p@x>\r\n\r\nHello there.\r\n"
    assert desk.receive(raw).state == "ignored"
    assert desk.all_notices() == []


def test_nothing_is_ever_written_to_an_address_of_ours(desk: DeskAtWork) -> None:
    """IN7: Cc and case variants with a plus included."""
    desk.write(ANNA, "Board reboots", REQUEST, cc=["Receiving+x@TAC.example", JAN])
    everybody = {address for one in desk.all_notices() for address in (*one.to, *one.cc)}
    assert not [address for address in everybody if desk.services.is_own(address)]


def test_another_mailflows_notice_is_a_machines_mail_and_ours_is_an_echo(desk: DeskAtWork) -> None:
    """IN7: two instances stop, and the mark alone hides no mail."""
    desk.write(ANNA, "Board reboots", REQUEST)
    ours = next(one for one in desk.all_notices() if one.name == "service_request/accepted")
    foreign = ours.raw.replace(b"tac@tac.example", b"help@other.example").replace(ours.message_id.encode(), b"f@other.example")
    desk.new_notices()
    assert desk.receive(foreign).state == "automatic"
    bounced_back = ours.raw.replace(b"From: ", b"From: anna@northwind.example, ", 1)
    assert desk.receive(bounced_back).state == "ignored"
    assert desk.new_notices() == []


def test_status_and_escalate_in_a_return_s_thread_are_about_the_request(desk: DeskAtWork) -> None:
    """SR9, SR6"""
    desk.write(ANNA, "Board reboots", REQUEST)
    desk.write("ccr@tac.example", "Re: SR-100001", "/rma advance 1 x 02352KLM serial 2102352KLM10L5000456")
    row = desk.answer(ANNA, "rma/customer_request_verification", "STATUS\n", mailbox=RECEIVING)
    assert (row.state, row.case_number) == ("added", "SR-100001")
    desk.new_notices()
    row = desk.answer(ANNA, "rma/customer_request_verification", "ESCALATE the replacement does not come\n", mailbox=RECEIVING)
    assert row.case_number == "SR-100001"
    assert "service_request/escalation_brief" in [name for name, _ in desk.new_notices()]


@pytest.mark.parametrize(("subject", "body"), [("STATUS SR-100001", "Regards,\nAnna\n"), ("hello", "STATUS SR-100001\n")])
def test_status_may_be_asked_in_a_fresh_mail(desk: DeskAtWork, subject: str, body: str) -> None:
    """SR9"""
    desk.write(ANNA, "Board reboots", REQUEST)
    desk.new_notices()
    desk.write(ANNA, subject, body)
    assert ("service_request/status", (ANNA,)) in desk.new_notices()


def test_all_mails_of_two_desks_are_kept(make_desk: Callable[..., DeskAtWork]) -> None:
    """IN2"""
    desk = make_desk(desks=(load_desk(shipped_desks() / "huawei-tac"), second_desk()))
    for box in (TAC, "help@other.example"):
        desk.receive(to_both(REQUEST), mailbox=box)
    with desk.services.database.read() as c:
        assert inbound.counts(c) == {"opened": 2}
    assert cases(desk) == {"SR-100001": ANNA, "OT-100001": ANNA}
