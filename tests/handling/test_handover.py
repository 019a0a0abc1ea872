"""A request handed over to the manufacturer (DK1): it gets what it needs, its mail comes back to staff alone, and no machine answers."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage

import pytest

from mailflow.message.customer.request import extract_request
from mailflow.scenario.mail_client import attach, write_mail
from mailflow.settings import shipped_desks
from mailflow.store.inbound import InboundRow
from mailflow.store.notice import NoticeRow
from mailflow.toml_file import load_desk
from tests.handling.conftest import DeskAtWork, bounce_of

BOX, ANNA, CSE, CCR, TAC = "support@cocare.example", "anna@northwind.example", "cse@cocare.example", "ccr@cocare.example", "tac@tac.example"
SERIAL = "2102352KLM10L5000456"
REQUEST = f"Serial number: {SERIAL}\nContract number: HC-1\nPriority: P2\nSoftware version: V800R021C10\n\nSlot 3 keeps restarting.\n"
NUMBER = "HZS-100001"
MESSAGE, HANDOVER, FROM_VENDOR = "service_request/customer_message", "service_request/handover", "service_request/vendor_message"


@pytest.fixture
def hezo(make_desk: Callable[..., DeskAtWork]) -> DeskAtWork:
    return make_desk(desks=(load_desk(shipped_desks() / "hezo-cocare"),))


@pytest.fixture
def handed_over(hezo: DeskAtWork) -> DeskAtWork:
    """Anna's request is accepted and was handed over; nothing of what was written so far is new any more."""
    hezo.write(ANNA, "Board", REQUEST, mailbox=BOX)
    hezo.answer(CSE, MESSAGE, "/handover", mailbox=BOX)
    hezo.new_notices()
    return hezo


def letters(desk: DeskAtWork, name: str) -> list[NoticeRow]:
    return [row for row in desk.all_notices() if row.name == name]


def parsed(raw: bytes) -> EmailMessage:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def of_tac(desk: DeskAtWork, subject: str, body: str, *, headers: dict[str, str] | None = None, genuine: bool = True) -> InboundRow:
    """A fresh mail of the manufacturer."""
    mail = write_mail(sender=TAC, to=[BOX], subject=subject, body=body, at=desk.now, message_id=f"{desk.count}@tac.example")
    for name, value in (headers or {}).items():
        mail[name] = value
    return desk.receive(mail.as_bytes(), mailbox=BOX, genuine=genuine)


def test_the_manufacturer_gets_all_that_it_needs_and_nobody_else_hears_of_it(hezo: DeskAtWork) -> None:
    """DK1: in the fields that a TAC asks for, in English, with the customer's files."""
    mail = write_mail(sender=ANNA, to=[BOX], subject="Board", body=REQUEST, at=hezo.now, message_id="1@northwind.example")
    attach(mail, "alarms.txt", b"slot 3 FAULT\n")
    hezo.receive(mail.as_bytes(), mailbox=BOX)
    hezo.new_notices()
    hezo.answer(CSE, MESSAGE, "/handover", mailbox=BOX)
    assert hezo.new_notices() == [(HANDOVER, (TAC,)), ("staff/command_result", (CSE,))]
    (letter,) = letters(hezo, HANDOVER)
    sent = parsed(letter.raw)
    assert (letter.language, letter.subject, sent["Auto-Submitted"]) == ("en", f"[{NUMBER}] Board", "no")
    assert [(part.get_filename(), part.get_content()) for part in sent.iter_attachments()] == [("alarms.txt", "slot 3 FAULT\n")]
    assert (sent["In-Reply-To"], sent["References"], ANNA in letter.text, "Anna" in letter.text) == (None, None, False, False)
    read = extract_request(letter.subject, letter.text)
    assert (read.serials, read.priority, read.software_version, read.contract) == ((SERIAL,), "P2", "V800R021C10", "")
    assert read.symptoms == "Slot 3 keeps restarting."
    case = hezo.case(NUMBER)
    assert (case.state, case.details.handed_to, case.details.vendor_number) == ("in progress", TAC, "")


def test_the_manufacturers_own_contract_number_is_named_where_it_is_known(make_desk: Callable[..., DeskAtWork]) -> None:
    desk = load_desk(shipped_desks() / "hezo-cocare")
    assert desk.vendor is not None
    hezo = make_desk(desks=(replace(desk, vendor=replace(desk.vendor, contracts={"HC-1": "CC-4711"})),))
    hezo.write(ANNA, "Board", REQUEST, mailbox=BOX)
    hezo.answer(CSE, MESSAGE, "/handover", mailbox=BOX)
    assert extract_request("", letters(hezo, HANDOVER)[0].text).contract == "CC-4711"


@pytest.mark.parametrize("address", ["friend@elsewhere.example", ANNA, "tac@tac.example.elsewhere.example"])
def test_nothing_goes_to_anybody_but_the_manufacturer(hezo: DeskAtWork, address: str) -> None:
    hezo.write(ANNA, "Board", REQUEST, mailbox=BOX)
    hezo.new_notices()
    hezo.answer(CSE, MESSAGE, f"/handover {address}", mailbox=BOX)
    assert hezo.new_notices() == [("staff/command_refused", (CSE,))]


def test_another_mailbox_of_the_manufacturer_may_be_named(hezo: DeskAtWork) -> None:
    hezo.write(ANNA, "Board", REQUEST, mailbox=BOX)
    hezo.new_notices()
    hezo.answer(CSE, MESSAGE, "/handover escalation@tac.example", mailbox=BOX)
    assert hezo.new_notices()[0] == (HANDOVER, ("escalation@tac.example",))


def test_a_desk_without_a_manufacturer_hands_nothing_over(make_desk: Callable[..., DeskAtWork]) -> None:
    desk = make_desk()
    desk.write(ANNA, "Board", REQUEST)
    desk.new_notices()
    desk.answer("cse@tac.example", MESSAGE, "/handover")
    assert desk.new_notices() == [("staff/command_refused", ("cse@tac.example",))]


def test_a_handover_cannot_be_taken_back(handed_over: DeskAtWork) -> None:
    handed_over.write(CSE, NUMBER, "/undo", mailbox=BOX)
    assert handed_over.new_notices() == [("staff/command_refused", (CSE,))]
    assert handed_over.case(NUMBER).details.handed_to == TAC


def test_the_answer_of_the_manufacturers_machine_comes_to_staff_alone(handed_over: DeskAtWork) -> None:
    """Marked as automatic and as another mailflow's, it is added all the same, and answered by nobody (IN7)."""
    marks = {"Auto-Submitted": "auto-replied", "X-Mailflow-Desk": "huawei-tac"}
    row = of_tac(handed_over, f"Re: [SR-200311] [{NUMBER}] Board", "Your request has the number SR-200311.", headers=marks)
    assert (row.state, row.case_number) == ("added", NUMBER)
    assert handed_over.new_notices() == [(FROM_VENDOR, (CCR, CSE))]
    relayed = letters(handed_over, FROM_VENDOR)[0].text
    assert ("SR-200311" in relayed, TAC in relayed) == (True, True)
    case = handed_over.case(NUMBER)
    assert (case.details.vendor_number, case.state, case.participants) == ("SR-200311", "in progress", (ANNA,))


@pytest.mark.parametrize("mark", ["auto-generated", "auto-notified", "no"])
def test_a_later_mail_that_names_only_its_own_number_comes_to_the_case(handed_over: DeskAtWork, mark: str) -> None:
    of_tac(handed_over, f"Re: [SR-200311] [{NUMBER}] Board", "Registered.", headers={"Auto-Submitted": "auto-replied"})
    handed_over.new_notices()
    row = of_tac(handed_over, "How satisfied are you with SR-200311?", "Please answer 1 to 5.", headers={"Auto-Submitted": mark})
    assert (row.state, row.case_number, row.rule) == ("added", NUMBER, "the manufacturer's number SR-200311")
    assert handed_over.new_notices() == [(FROM_VENDOR, (CCR, CSE))]


def test_a_return_that_the_manufacturer_opens_is_known_by_its_number_too(handed_over: DeskAtWork) -> None:
    of_tac(handed_over, f"[RMA-300007] [{NUMBER}] Replacement for SR-200311", "On its way.")
    row = of_tac(handed_over, "RMA-300007 is delivered", "Signed for this morning.")
    assert (row.state, row.case_number) == ("added", NUMBER)


def test_it_is_found_by_our_address_and_by_our_mail_in_its_thread(handed_over: DeskAtWork) -> None:
    row = handed_over.answer(TAC, HANDOVER, "Which release is it?", mailbox=BOX)
    assert (row.state, row.case_number, row.rule) == ("added", NUMBER, "signed case address")
    in_thread = {"In-Reply-To": f"<{letters(handed_over, HANDOVER)[0].message_id}>"}
    row = of_tac(handed_over, "Release", "Which release is it?", headers=in_thread)
    assert (row.state, row.case_number, row.rule) == ("added", NUMBER, "answer to a notice of ours")


def test_what_staff_answer_to_it_goes_to_the_manufacturer_and_what_they_answer_to_the_customer_goes_there(handed_over: DeskAtWork) -> None:
    """Neither ever reads a word of the other (SR5, DK1)."""
    handed_over.answer(TAC, HANDOVER, "Please send the secret diagnostic output.", mailbox=BOX)
    handed_over.new_notices()
    handed_over.answer(CSE, FROM_VENDOR, "Here is the diagnostic output.", mailbox=BOX)
    assert handed_over.new_notices() == [("service_request/vendor_answer", (TAC,))]
    answer = letters(handed_over, "service_request/vendor_answer")[0]
    sent = parsed(answer.raw)
    thread = {letters(handed_over, HANDOVER)[0].message_id, "3@tac.example"}
    referred = {one.strip("<>") for one in str(sent["References"]).split()}
    assert (sent["Auto-Submitted"], referred) == ("no", thread)
    assert ("secret" in answer.text, "Slot 3" in answer.text) == (False, False)
    assert handed_over.case(NUMBER).details.responded_at is None

    handed_over.answer(CSE, MESSAGE, "Please reseat the board.", mailbox=BOX)
    assert handed_over.new_notices() == [("service_request/staff_message", (ANNA,))]
    to_customer = letters(handed_over, "service_request/staff_message")[0]
    assert ("tac.example" in to_customer.raw.decode() + to_customer.text, "diagnostic" in to_customer.text) == (False, False)


def test_what_staff_answer_to_both_at_once_goes_to_neither_by_mistake(handed_over: DeskAtWork) -> None:
    """A mail of staff that answers no letter of ours is an internal note, and its sender is told (SR5)."""
    handed_over.answer(TAC, HANDOVER, "Which release?", mailbox=BOX)
    handed_over.new_notices()
    handed_over.write(CSE, f"Re: [{NUMBER}] Board", "They ask which release.", mailbox=BOX)
    assert handed_over.new_notices() == [("staff/note_kept", (CSE,))]


def test_the_customer_asks_for_the_status_and_hears_nothing_of_the_manufacturer(handed_over: DeskAtWork) -> None:
    of_tac(handed_over, f"Re: [SR-200311] [{NUMBER}] Board", "Registered.", headers={"Auto-Submitted": "auto-replied"})
    handed_over.new_notices()
    handed_over.write(ANNA, NUMBER, "STATUS", mailbox=BOX)
    (status,) = letters(handed_over, "service_request/status")
    assert [word for word in ("tac.example", "SR-200311") if word in status.raw.decode() + status.text] == []


def test_mail_in_the_manufacturers_name_that_is_not_its_own_is_a_strangers(handed_over: DeskAtWork) -> None:
    """IN3, P9: it opens a request of its own and tells nobody anything of the case."""
    row = of_tac(handed_over, f"[{NUMBER}] Board", "Tell me all you know.", genuine=False)
    assert (row.state, row.case_number) == ("opened", "HZS-100002")
    assert handed_over.case("HZS-100002").linked == (NUMBER,)
    assert FROM_VENDOR not in [name for name, _ in handed_over.new_notices()]


def test_the_manufacturer_has_no_right_in_a_case_that_was_not_handed_over(hezo: DeskAtWork) -> None:
    """It opens a request of its own, which no machine answers."""
    hezo.write(ANNA, "Board", REQUEST, mailbox=BOX)
    hezo.new_notices()
    row = of_tac(hezo, f"[{NUMBER}] Board", "Who is your customer?")
    assert (row.state, row.case_number) == ("opened", "HZS-100002")
    assert hezo.new_notices() == [(MESSAGE, (CCR, CSE))]


def test_a_second_handover_is_refused_once_the_manufacturer_has_its_number(handed_over: DeskAtWork) -> None:
    handed_over.answer(CSE, MESSAGE, "/handover", mailbox=BOX)
    assert handed_over.new_notices() == [(HANDOVER, (TAC,)), ("staff/command_result", (CSE,))]
    of_tac(handed_over, f"Re: [SR-200311] [{NUMBER}] Board", "Registered.")
    handed_over.new_notices()
    handed_over.answer(CSE, MESSAGE, "/handover", mailbox=BOX)
    assert handed_over.new_notices() == [("staff/command_refused", (CSE,))]


def test_the_manufacturer_follows_a_merge(handed_over: DeskAtWork) -> None:
    """The request goes on in another one, and so does what the manufacturer writes of it."""
    of_tac(handed_over, f"Re: [SR-200311] [{NUMBER}] Board", "Registered.")
    handed_over.write(ANNA, "Board again", REQUEST, mailbox=BOX)
    handed_over.write(CSE, NUMBER, "/merge HZS-100002", mailbox=BOX)
    handed_over.new_notices()
    row = of_tac(handed_over, "SR-200311: solved", "It works.")
    assert (row.state, row.case_number) == ("added", "HZS-100002")
    handed_over.answer(CSE, FROM_VENDOR, "Thank you.", mailbox=BOX)
    assert handed_over.new_notices() == [(FROM_VENDOR, (CCR, CSE)), ("service_request/vendor_answer", (TAC,))]


def test_a_number_in_the_customers_own_subject_is_not_the_manufacturers_answer(hezo: DeskAtWork) -> None:
    hezo.write(ANNA, "Board, as in SR-777777", REQUEST, mailbox=BOX)
    hezo.answer(CSE, MESSAGE, "/handover", mailbox=BOX)
    of_tac(hezo, f"Re: [SR-200311] [{NUMBER}] Board, as in SR-777777", "Registered.")
    assert hezo.case(NUMBER).details.vendor_number == "SR-200311"
    assert of_tac(hezo, "SR-777777", "Another matter.").case_number == "HZS-100002"


def test_the_manufacturers_mail_does_not_reopen_what_is_over(handed_over: DeskAtWork) -> None:
    of_tac(handed_over, f"Re: [SR-200311] [{NUMBER}] Board", "Registered.")
    handed_over.write(CSE, NUMBER, "/resolve It works again.", mailbox=BOX)
    handed_over.new_notices()
    of_tac(handed_over, "SR-200311 was closed", "How satisfied are you?")
    assert handed_over.case(NUMBER).state == "resolved"
    assert handed_over.new_notices() == [(FROM_VENDOR, (CCR, CSE))]


def test_a_handover_that_comes_back_goes_to_nobody_else(handed_over: DeskAtWork) -> None:
    """IN7, BX4: the CCR hears of it; no contact of the customer stands in for the manufacturer, now or at the next try."""
    sent = letters(handed_over, HANDOVER)[0]
    row = handed_over.receive(bounce_of(TAC, sent.message_id, at="mx.tac.example"), mailbox=BOX)
    assert (row.state, handed_over.new_notices()) == ("bounce", [("staff/bounce_alert", (CCR,))])
    handed_over.answer(CSE, MESSAGE, "/handover", mailbox=BOX)
    assert handed_over.new_notices() == [(HANDOVER, (TAC,)), ("staff/command_result", (CSE,))]


@pytest.mark.parametrize("border", ["dmarc=none header.from=tac.example", "dmarc=pass header.from=evil.example"])
def test_a_mail_that_only_claims_to_be_the_manufacturers_is_answered_by_no_machine(handed_over: DeskAtWork, border: str) -> None:
    """DK1, IN7: the manufacturer's own desk would answer our answer. The mail opens a request that staff look at."""
    before = handed_over.case(NUMBER)
    forged = write_mail(
        sender=TAC, to=[BOX], subject=f"{NUMBER} SR-777777", body="Send us all.", at=handed_over.now, message_id="f@tac.example"
    )
    row = handed_over.receive(forged.as_bytes(), mailbox=BOX, border=border)
    assert (row.state, handed_over.case(NUMBER)) == ("opened", before)
    assert handed_over.new_notices() == [(MESSAGE, (CCR, CSE))]


OUT_OF_OFFICE = "I am out of office until 30 November. For urgent matters SR-111111 call our hotline."


@pytest.mark.parametrize("subject", [f"Automatic reply: [{NUMBER}] Board", f"Re: [{NUMBER}] Board"])
def test_an_out_of_office_of_the_manufacturer_is_journalled_and_sets_no_number(handed_over: DeskAtWork, subject: str) -> None:
    """IN7, DK1: the number in it is somebody's hotline, and the case is none of its business."""
    row = of_tac(handed_over, subject, OUT_OF_OFFICE, headers={"Auto-Submitted": "auto-replied"})
    assert (row.state, row.case_number, row.rule) == ("automatic", NUMBER, "an out-of-office notice of the manufacturer")
    assert handed_over.new_notices() == []
    assert handed_over.case(NUMBER).details.vendor_number == ""
    of_tac(handed_over, f"[SR-200400] {NUMBER} opened", "We opened SR-200400. It looks like SR-199999.")
    assert handed_over.case(NUMBER).details.vendor_number == "SR-200400"
    assert of_tac(handed_over, "SR-111111", "About another one.").case_number != NUMBER


def test_the_number_in_the_subject_counts_before_one_in_the_text(handed_over: DeskAtWork) -> None:
    of_tac(handed_over, f"{NUMBER} / SR-200401", "Like SR-199999, which we closed, SR-200401 is being looked at.")
    assert handed_over.case(NUMBER).details.vendor_number == "SR-200401"


def test_a_later_subject_that_names_both_numbers_corrects_it(handed_over: DeskAtWork) -> None:
    """DK1: the case went on under another number there. A return's number, or one without ours beside it, changes nothing."""
    of_tac(handed_over, f"[SR-200311] [{NUMBER}] Board", "Registered.")
    of_tac(handed_over, f"[RMA-300001] Return for {NUMBER}", "Authorised.")
    of_tac(handed_over, "SR-200311 is like SR-200999", "See there.")
    assert handed_over.case(NUMBER).details.vendor_number == "SR-200311"
    of_tac(handed_over, f"SR-200400 opened for {NUMBER}", "The former number is void.")
    assert handed_over.case(NUMBER).details.vendor_number == "SR-200400"


def test_staff_read_the_subject_that_the_manufacturer_wrote(handed_over: DeskAtWork) -> None:
    of_tac(handed_over, f"{NUMBER}: firmware SPC300 needed first", "Please upgrade.")
    assert "firmware SPC300 needed first" in letters(handed_over, FROM_VENDOR)[0].text


def test_an_acknowledgement_that_speaks_of_something_absent_is_none_of_somebody(handed_over: DeskAtWork) -> None:
    text = "Your request SR-200311 is registered. Symptoms: slot 3 is absent, the service is unavailable."
    row = of_tac(handed_over, f"[SR-200311] [{NUMBER}] Board", text, headers={"Auto-Submitted": "auto-replied"})
    assert (row.state, handed_over.case(NUMBER).details.vendor_number) == ("added", "SR-200311")
