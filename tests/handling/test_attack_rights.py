"""Rights that somebody borrows, stretches or multiplies: other people's names, other cases, other letters (P7, P9, IN3, BX8)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailflow.policy.register import Contact, Device
from mailflow.store import journal
from mailflow.store.register import replace_register
from tests.handling.conftest import REGISTER, DeskAtWork

ANNA, BOB, CARL, EVE = "anna@northwind.example", "bob@northwind.example", "carl@contoso.example", "eve@evil.example"
CCR, CSE, WAREHOUSE, TAC = "ccr@tac.example", "cse@tac.example", "warehouse@tac.example", "tac@tac.example"
COURIER = "courier@freight.example"
REQUEST = "Priority P2\nSerial number: 2102352KLM10L5000456\n\nThe main board reboots every few minutes since last night.\n"
ISSUE = "/rma advance 1 x 02352KLM serial 2102352KLM10L5000456"


def with_return(desk: DeskAtWork, customer: str = ANNA) -> tuple[object, ...]:
    desk.write(customer, "Board reboots", REQUEST)
    desk.write(CCR, "Re: SR-100001", ISSUE)
    desk.new_notices()
    return state(desk)


def state(desk: DeskAtWork) -> tuple[object, ...]:
    with desk.services.database.read() as c:
        lines = [len(journal.of_case(c, number)) for number in ("SR-100001", "RMA-100001")]
    return desk.case("SR-100001"), desk.case("RMA-100001"), lines


def raw(author: str, subject: str, body: str, *, number: int = 1, kind: str = "text/plain", head: str = "") -> bytes:
    """`author` is the header line, name included."""
    return (
        f"{author}\r\nTo: {TAC}\r\nSubject: {subject}\r\nMessage-ID: <{number}@attack.example>\r\n{head}"
        f"MIME-Version: 1.0\r\nContent-Type: {kind}; charset=utf-8\r\n\r\n{body}"
    ).encode()


@pytest.mark.parametrize(
    "author",
    [
        f"From: {ANNA}\r\nFrom: {EVE}",
        f"From: {ANNA}, {EVE}",
        f"From: <{ANNA}> {EVE}",
        f"From: <@evil.example:{ANNA}>",
        f"From: {ANNA}:{EVE};",
        f"From: ({EVE}) {ANNA}",
        f'From: "{ANNA}" <{EVE}>',
        f"From: =?utf-8?q?Anna_=3C{ANNA.replace('@', '=40')}=3E?= <{EVE}>",
        f"Sender: {ANNA}",
        f"From: {EVE}\r\nSender: {ANNA}\r\nReply-To: {ANNA}\r\nResent-From: {ANNA}\r\nX-Original-From: {ANNA}",
    ],
)
@pytest.mark.parametrize("result", ["pass", "none"])
def test_a_mail_that_names_anna_somewhere_is_not_hers(desk: DeskAtWork, author: str, result: str) -> None:
    """Case 53: the border saw a mail of evil.example; whoever else its header names gives it no rights and gets no answer."""
    before = with_return(desk)
    desk.receive(raw(author, "Re: RMA-100001", "ALREADY RETURNED RMA-100001\n"), border=f"dmarc={result} header.from=evil.example")
    assert state(desk) == before
    assert [to for _, to in desk.new_notices() if ANNA in to] == []


def test_a_forged_out_of_office_is_not_anna_s(desk: DeskAtWork) -> None:
    """IN7: nor would its files go to the manufacturer with those of the case."""
    before = with_return(desk)
    forged = raw(f"From: {ANNA}", "Re: SR-100001", "I am out.\n", head="Auto-Submitted: auto-replied\r\n")
    assert desk.receive(forged, border="dmarc=fail header.from=northwind.example").case_number is None
    assert state(desk) == before


@pytest.mark.parametrize(
    "body", ["When can I fetch the parcel? I stand before your door.\n", "STATUS RMA-100001\n", "ESCALATE RMA-100001 no answer yet\n"]
)
def test_who_was_added_to_the_return_alone_learns_nothing_of_the_request(desk: DeskAtWork, body: str) -> None:
    with_return(desk)
    desk.write(WAREHOUSE, "RMA-100001", f"/add {COURIER}", mailbox="receiving@tac.example")
    before = desk.case("SR-100001")
    desk.new_notices()
    row = desk.write(COURIER, "RMA-100001", body)
    assert (row.state, row.case_number) == ("added", "RMA-100001")
    assert desk.case("SR-100001") == before
    assert [name for name, to in desk.new_notices() if COURIER in to] == []


def test_a_code_is_for_the_one_who_got_it(desk: DeskAtWork) -> None:
    """BX8"""
    with_return(desk)
    desk.write(CCR, "Re: RMA-100001", "/waive destroyed by fire")
    code = desk.case("RMA-100001").details.confirmations[0].code
    desk.new_notices()
    for wrong in ("ABCDEF", code[:5], f"{code}A"):
        desk.write(CCR, "Re: RMA-100001", f"/confirm {wrong}")
    desk.write(CSE, "Re: RMA-100001", f"/confirm {code}")
    assert [name for name, _ in desk.new_notices()] == ["staff/command_refused"] * 4
    assert desk.case("RMA-100001").state == "issued"
    desk.write(CCR, "Re: RMA-100001", f"/confirm {code}\n\nIt was me.\n")
    assert desk.case("RMA-100001").state == "waived"


def test_a_staff_mail_that_comes_again_does_nothing_again(desk: DeskAtWork) -> None:
    """P7: neither at once, nor in another mailbox, nor a day later."""
    with_return(desk)
    command = raw(f"From: {CCR}", "Re: SR-100001", "/priority P1\n")
    assert desk.receive(command).state == "added"
    desk.write(CCR, "Re: SR-100001", "/priority P3")
    before = state(desk)
    assert desk.receive(command).state == "duplicate"
    assert desk.receive(command, mailbox="receiving@tac.example").state == "duplicate"
    desk.now = desk.now.replace(day=21)
    assert desk.receive(command.replace(b"Subject: Re", b"X-Once-More: 1\r\nSubject: Re")).state == "duplicate"
    assert state(desk) == before


def test_a_colleague_s_command_is_not_undone(desk: DeskAtWork) -> None:
    with_return(desk)
    desk.write(CCR, "Re: SR-100001", "/priority P1")
    for subject in ("Re: SR-100001", "hello"):
        desk.write(CSE, subject, "/undo")
    assert desk.case("SR-100001").priority == "P1"


def test_who_takes_part_no_more_is_a_stranger(desk: DeskAtWork) -> None:
    """`/add` taken back: STATUS opens a request of Eve's own."""
    with_return(desk)
    desk.write(CCR, "Re: SR-100001", f"/add {EVE}")
    desk.write(CCR, "Re: SR-100001", "/undo")
    assert desk.write(EVE, "SR-100001", "STATUS SR-100001").case_number == "SR-100002"


UNSEEN = (
    "display:none",
    "visibility: hidden",
    "font-size:0",
    "font-size: 0px; color: red",
    "opacity:0",
    "max-height:0px;overflow:hidden",
    "position:absolute;left:-9999px",
    "text-indent:-10000px",
)


@pytest.mark.parametrize("style", UNSEEN)
def test_an_order_that_nobody_saw_is_none(desk: DeskAtWork, style: str) -> None:
    """What a member of staff pastes from a customer's mail may hold text that is not shown."""
    with_return(desk)
    page = f"<p>We look into it today.</p><div style='{style}'>/close spam</div>"
    desk.receive(raw(f"From: {CCR}", "Re: SR-100001", page, kind="text/html"))
    assert desk.case("SR-100001").state == "in progress"


@pytest.mark.parametrize(
    "body",
    [
        "Look.\n\n---------- Forwarded message ---------\nFrom: Eve <eve@evil.example>\nDate: Fri, 20 Nov 2026\nSubject: hi\n\n{orders}",
        "Look.\n\n-----Original Message-----\nFrom: Eve <eve@evil.example>\nSent: Friday, 20 November\nTo: anna\nSubject: hi\n\n{orders}",
        "Zobacz.\n\n---------- Wiadomość przekazana dalej ---------\nOd: Eve <eve@evil.example>\nTemat: hi\n\n{orders}",
        "Look.\n> /add eve@evil.example\n> ALREADY RETURNED RMA-100001\n",
    ],
)
def test_what_a_participant_passes_on_gives_no_orders(desk: DeskAtWork, body: str) -> None:
    """SR11: Eve had herself proposed by a forged mail, and now makes Anna pass on her own `/add`."""
    with_return(desk)
    copied = raw(f"From: {ANNA}", "Re: SR-100001", "Hello all, what about it?\n", head=f"Cc: {EVE}\r\n")
    desk.receive(copied, border="dmarc=none header.from=northwind.example")
    assert desk.case("SR-100001").proposed == (EVE,)
    orders = "/add eve@evil.example\nALREADY RETURNED RMA-100001\n"
    desk.receive(raw(f"From: {ANNA}", "Fwd: SR-100001", body.replace("{orders}", orders), number=2))
    assert desk.case("SR-100001").participants == (ANNA,)
    assert desk.case("RMA-100001").details.disputed is False


def test_colleagues_get_no_more_than_their_share_of_what_another_causes(desk: DeskAtWork) -> None:
    """P9: forty mails in Anna's name move Bob's return; nobody gets more than thirty letters an hour."""
    with_return(desk, customer=BOB)
    for number in range(40):
        forged = raw(f"From: {ANNA}", "Re: RMA-100001", f"EXTEND {number} days please\n", number=number + 2)
        desk.receive(forged, border="dmarc=none header.from=northwind.example")
    got = [sum(who in (*one.to, *one.cc) for one in desk.all_notices()) for who in (ANNA, BOB)]
    assert max(got) == 30


def test_a_storm_of_alarms_is_none_of_letters(desk: DeskAtWork) -> None:
    """IN8, P9: each is registered, and staff hear of it."""
    names = [f"board {letter}{other} is down" for letter in "abcdefg" for other in "klmnop"][:40]
    for number, name in enumerate(names):
        alarm = f"Alarm name: {name}\nESN: 2102352KLM10L5000456\nSeverity: major\n"
        assert desk.receive(raw("From: callhome@devices.example", "Alarm", alarm, number=number)).state == "opened"
    assert sum(ANNA in one.to for one in desk.all_notices()) == 30
    assert sum(CCR in one.to for one in desk.all_notices()) == 40


def test_a_copied_crowd_does_not_take_part(desk: DeskAtWork) -> None:
    crowd = ", ".join(f"p{number}@northwind.example" for number in range(300))
    desk.receive(raw(f"From: {ANNA}", "Board reboots", REQUEST, head=f"Cc: {crowd}\r\n"))
    assert len(desk.case("SR-100001").participants) == 50


def test_two_customers_never_meet(desk: DeskAtWork) -> None:
    """Carl has a contract of his own, names Anna's serial and contract, and copies her in; staff try to merge."""
    contract = replace(REGISTER.contracts[0], number="HC-2", company="Contoso", domains=("contoso.example",))
    carl = Contact(email=CARL, name="Carl", company="Contoso", contract="HC-2", role="customer", language="en")
    his = Device(serial="2102352KLM10L5000999", part_number="02352KLM", model="S5700", contract="HC-2")
    with desk.services.database.write() as c:
        both = replace(REGISTER, contracts=(*REGISTER.contracts, contract), devices=(*REGISTER.devices, his))
        replace_register(c, replace(both, contacts=(*REGISTER.contacts, carl)))
    before = with_return(desk)
    copied = raw(f"From: {CARL}", "Help", REQUEST, head=f"Cc: {ANNA}\r\n")
    assert desk.receive(copied).case_number == "SR-100002"
    for line in ("/merge SR-100001", "/add tac@tac.example", "/link SR-100001"):
        desk.write(CCR, "Re: SR-100002", line)
    desk.write(CARL, "Re: SR-100002", "STATUS SR-100002")
    desk.write(CARL, "Re: SR-100002 and SR-100001", "ESCALATE SR-100002 nobody has answered my mail")
    assert desk.case("SR-100002").participants == (CARL,)
    assert desk.case("SR-100001").participants == (ANNA,)
    assert desk.case("RMA-100001") == before[1]
    letters = [one for one in desk.all_notices() if CARL in (*one.to, *one.cc)]
    assert len(letters) == 3
    secrets = ("SR-100001", "RMA-100001", "HC-1", "Northwind", "NE40E", ANNA)
    told = [(one.name, secret) for one in letters for secret in secrets if secret in one.text]
    assert told == []


@pytest.mark.parametrize(
    "address", ['"x y"@northwind.example', "zażółć@northwind.example", "a..b@northwind.example", "x\x01y@northwind.example"]
)
@pytest.mark.parametrize("is_sender", [True, False])
def test_an_address_that_no_server_takes_does_not_silence_a_case(desk: DeskAtWork, address: str, is_sender: bool) -> None:
    """P5: anybody can write in such a name, and each later letter would fail for all."""
    with_return(desk)
    if is_sender:
        desk.receive(raw(f"From: {address}", "Re: SR-100001", "Hello, any news?\n"), border="dmarc=none")
    else:
        desk.receive(raw(f"From: {ANNA}", "Re: SR-100001", "Hello, any news?\n", head=f"Cc: {address}\r\n"))
    desk.new_notices()
    assert desk.answer(CCR, "service_request/customer_message", "We come tomorrow.").state == "added"
    assert desk.new_notices() == [("service_request/staff_message", (ANNA,))]
